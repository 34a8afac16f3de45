package appserver

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Times of a connection.
const (
	dialWithin = 5 * time.Second
	callWithin = 10 * time.Second // a busy machine's server takes a second
	firstRetry = 250 * time.Millisecond
	lastRetry  = 10 * time.Second // between tries to connect
)

// Options of a Client.
type Options struct {
	// Told is called for each change of a thread, from Run, one at a time. It
	// may block.
	Told func(Thread)
	// Dial opens a stream to the server; nil: to the socket, once Check has
	// passed it.
	Dial func(ctx context.Context) (net.Conn, error)
	Log  *slog.Logger
}

// Client keeps a connection to one server while Run runs. Its methods may be
// called from several goroutines.
type Client struct {
	socket string
	o      Options

	mu      sync.Mutex
	conn    *conn // nil while there is none
	threads map[string]Thread
	side    map[string]bool // threads that are nobody's own
}

// New returns a client of the server that listens on the socket, or may some
// time.
func New(socket string, o Options) *Client {
	if o.Dial == nil {
		o.Dial = func(ctx context.Context) (net.Conn, error) {
			if err := Check(socket); err != nil {
				return nil, err
			}
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		}
	}
	if o.Told == nil {
		o.Told = func(Thread) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{socket: socket, o: o, threads: map[string]Thread{}, side: map[string]bool{}}
}

// Thread returns what was told last of a thread; the zero Thread if nothing
// was.
func (c *Client) Thread(id string) Thread {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.threads[id]
}

// Run keeps the connection, and connects again when it is lost, until ctx
// ends.
func (c *Client) Run(ctx context.Context) {
	retry := firstRetry
	last := ""
	for ctx.Err() == nil {
		up, err := c.serve(ctx)
		if up {
			retry = firstRetry
		}
		if ctx.Err() != nil {
			return
		}
		if s := err.Error(); s != last {
			last = s
			c.o.Log.Info("app-server", "socket", c.socket, "err", err)
		}
		c.drop(gone(err))
		t := time.NewTimer(retry)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
		retry = min(2*retry, lastRetry)
	}
}

// gone reports whether an error says that nothing listens.
func gone(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist)
}

// serve holds one connection until it ends. It reports whether there was one.
func (c *Client) serve(ctx context.Context) (up bool, err error) {
	dctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	cn, err := dial(dctx, c.o.Dial)
	if err != nil {
		return false, err
	}
	rctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { cn.read(rctx) }) // ends with rctx or the connection
	defer wg.Wait()
	defer stop()
	if err := hello(ctx, cn); err != nil {
		return false, err
	}
	c.mu.Lock()
	c.conn = cn
	c.mu.Unlock()
	if err := c.list(ctx, cn); err != nil {
		return false, err
	}
	for {
		select {
		case <-cn.woken:
			for id, s := range cn.changes() {
				c.changed(ctx, cn, id, s)
			}
		case <-cn.ended:
			return true, cn.why()
		case <-ctx.Done():
			return true, ctx.Err()
		}
	}
}

// drop forgets the connection, and tells so of every thread.
func (c *Client) drop(ended bool) {
	state := Untold
	if ended {
		state = Ended
	}
	c.mu.Lock()
	c.conn = nil
	var told []Thread
	for id, t := range c.threads {
		if t.State != state && (t.State != Ended || ended) {
			t = Thread{ID: id, State: state, At: time.Now()}
			c.threads[id] = t
			told = append(told, t)
		}
	}
	c.mu.Unlock()
	for _, t := range told {
		c.o.Told(t)
	}
}

// hello introduces us. Methods that are not wanted are left out by name; a
// server that knows no such wish sends them, and they are passed over.
func hello(ctx context.Context, cn *conn) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	err := cn.call(ctx, "initialize", map[string]any{
		"clientInfo":   map[string]any{"name": "vigil", "title": "vigil", "version": "1"},
		"capabilities": map[string]any{"optOutNotificationMethods": []string{"thread/started", "remoteControl/status/changed"}},
	}, nil)
	if err != nil {
		return err
	}
	return cn.send(ctx, map[string]any{"method": "initialized"})
}

// list tells of the threads that the server holds, and of those that it held
// and does not any more.
func (c *Client) list(ctx context.Context, cn *conn) error {
	lctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var loaded struct {
		Data []string `json:"data"`
	}
	if err := cn.call(lctx, "thread/loaded/list", struct{}{}, &loaded); err != nil {
		return err
	}
	if len(loaded.Data) > maxThreads {
		loaded.Data = loaded.Data[:maxThreads]
	}
	for _, id := range loaded.Data {
		if plain(id) {
			c.changed(ctx, cn, id, status{})
		}
	}
	c.mu.Lock()
	var left []string
	for id, t := range c.threads {
		if !t.State.Loaded() && !slices.Contains(loaded.Data, id) {
			left = append(left, id)
		}
	}
	c.mu.Unlock()
	for _, id := range left {
		c.tell(Thread{ID: id, State: NotLoaded, At: time.Now()})
	}
	return nil
}

// changed tells of a change. A thread of which nothing is known is asked
// about, and so is one whose new status is not given.
func (c *Client) changed(ctx context.Context, cn *conn, id string, s status) {
	c.mu.Lock()
	_, known := c.threads[id]
	side, full := c.side[id], len(c.threads) >= maxThreads
	c.mu.Unlock()
	if side || full && !known {
		return
	}
	at := time.Now()
	if !known || s.Type == "" {
		m, err := c.about(ctx, cn, id)
		switch {
		case err != nil:
			return // closed meanwhile, or the connection is lost: the next change tells
		case !m.own():
			c.aside(id)
			return
		case s.Type == "":
			s = m.Status
		}
	}
	t := s.thread(id, at)
	if t.State == Failed {
		t.Failure = c.lastError(ctx, cn, id)
	}
	c.tell(t)
}

// aside notes that a thread is of no interest.
func (c *Client) aside(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.side) >= maxThreads { // titles come with each turn, and never again
		clear(c.side)
	}
	c.side[id] = true
}

func (c *Client) tell(t Thread) {
	c.mu.Lock()
	c.threads[t.ID] = t
	c.mu.Unlock()
	c.o.Told(t)
}
