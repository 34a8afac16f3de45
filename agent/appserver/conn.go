package appserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

// maxFrame bounds a message from the server, in bytes. What a Client asks for
// is answered in a few kilobytes.
const maxFrame = 8 << 20

// ErrNotConnected tells that there is no connection to the server: nothing was
// sent.
var ErrNotConnected = errors.New("no connection to the app-server")

// ErrUnsure is wrapped by the errors of a request whose answer was lost: the
// server may have done what it was asked for.
var ErrUnsure = errors.New("the app-server did not answer")

// conn is one connection. Its read loop never waits for anybody: changes are
// gathered, the newest of each thread.
type conn struct {
	ws    *websocket.Conn
	ended chan struct{} // closed when the connection is over
	woken chan struct{} // something changed

	mu      sync.Mutex
	err     error // why it ended
	next    int64
	waiting map[int64]chan frame
	changed map[string]status // by thread
}

// dial connects over a stream made by dial.
func dial(ctx context.Context, stream func(context.Context) (net.Conn, error)) (*conn, error) {
	client := &http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return stream(ctx) },
		DisableKeepAlives: true,
	}}
	ws, _, err := websocket.Dial(ctx, "ws://localhost/", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(maxFrame)
	return &conn{
		ws: ws, ended: make(chan struct{}), woken: make(chan struct{}, 1),
		waiting: map[int64]chan frame{}, changed: map[string]status{},
	}, nil
}

// read takes messages in until the connection ends or ctx does.
func (c *conn) read(ctx context.Context) {
	var err error
	for {
		var data []byte
		if _, data, err = c.ws.Read(ctx); err != nil {
			break
		}
		if f, perr := parse(data); perr == nil {
			c.take(f)
		}
	}
	_ = c.ws.CloseNow() // it has ended
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	close(c.ended)
}

func (c *conn) take(f frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.Method == "" {
		if w, ok := c.waiting[*f.ID]; ok {
			delete(c.waiting, *f.ID)
			w <- f // has room for it
		}
		return
	}
	id, s, ok := "", status{}, false
	switch f.Method {
	case "thread/status/changed":
		id, s, ok = change(f.Params)
	case "thread/closed":
		if id, s, ok = change(withStatus(f.Params)); ok {
			s = status{Type: string(NotLoaded)}
		}
	}
	if _, known := c.changed[id]; !ok || !known && len(c.changed) >= maxThreads {
		return
	}
	c.changed[id] = s
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// withStatus gives params that tell no status an empty one.
func withStatus(params json.RawMessage) json.RawMessage {
	var p map[string]json.RawMessage
	if json.Unmarshal(params, &p) != nil || p == nil {
		return nil
	}
	p["status"] = json.RawMessage("{}")
	out, _ := json.Marshal(p) // of what was just read
	return out
}

// changes returns what has changed since it was last asked.
func (c *conn) changes() map[string]status {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.changed
	c.changed = map[string]status{}
	return out
}

// send sends a message without waiting for anything.
func (c *conn) send(ctx context.Context, m any) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.ws.Write(ctx, websocket.MessageText, data)
}

// request is a message that is answered.
type request struct {
	ID     int64  `json:"id"`
	Method string `json:"method"`
	Params any    `json:"params"`
}

// call asks and waits for the answer, which is decoded into out unless that is
// nil. The error is a *Refusal, or wraps ErrUnsure.
func (c *conn) call(ctx context.Context, method string, params, out any) error {
	got := make(chan frame, 1)
	c.mu.Lock()
	c.next++
	id := c.next
	c.waiting[id] = got
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
	}()
	if err := c.send(ctx, request{id, method, params}); err != nil {
		return fmt.Errorf("%s: %w: %w", method, ErrUnsure, err)
	}
	var f frame
	select {
	case f = <-got:
	case <-c.ended:
		select { // the answer may have been the last message
		case f = <-got:
		default:
			return fmt.Errorf("%s: %w: %w", method, ErrUnsure, c.why())
		}
	case <-ctx.Done():
		return fmt.Errorf("%s: %w: %w", method, ErrUnsure, ctx.Err())
	}
	if f.Error != nil {
		return f.Error
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(f.Result, out); err != nil {
		return fmt.Errorf("%s: %w: it answered in a way that is not known", method, ErrUnsure)
	}
	return nil
}

func (c *conn) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
