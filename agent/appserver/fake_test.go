package appserver

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// fake is an app-server at the edge: real WebSocket, answers by a table.
type fake struct {
	t       *testing.T
	answers map[string]func(params json.RawMessage) any // by method; an error is a Refusal

	mu    sync.Mutex
	calls []string // methods, in order
	conns []*websocket.Conn
}

// refuse is an answer that is an error.
func refuse(text string) func(json.RawMessage) any {
	return func(json.RawMessage) any { return &Refusal{-32600, text} }
}

// gives answers with JSON.
func gives(doc string) func(json.RawMessage) any {
	return func(json.RawMessage) any { return json.RawMessage(doc) }
}

// silent never answers; dropped ends the connection instead.
type (
	silent  struct{}
	dropped struct{}
)

func newFake(t *testing.T, threads ...string) *fake {
	f := &fake{t: t, answers: map[string]func(json.RawMessage) any{}}
	f.answers["initialize"] = gives(`{"userAgent":"codex"}`)
	f.loaded(threads...)
	return f
}

func (f *fake) loaded(ids ...string) {
	data, _ := json.Marshal(map[string]any{"data": append([]string{}, ids...), "nextCursor": nil})
	f.set("thread/loaded/list", gives(string(data)))
}

func (f *fake) set(method string, answer func(json.RawMessage) any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[method] = answer
}

// is answers thread/read of every thread with a status.
func (f *fake) is(status string) {
	f.set("thread/read", func(p json.RawMessage) any {
		var in struct{ ThreadID string }
		_ = json.Unmarshal(p, &in)
		return json.RawMessage(`{"thread":{"id":"` + in.ThreadID + `","ephemeral":false,"parentThreadId":null,"threadSource":"user","status":` + status + `}}`)
	})
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	f.mu.Lock()
	f.conns = append(f.conns, c)
	f.mu.Unlock()
	for {
		_, data, err := c.Read(r.Context())
		if err != nil {
			return
		}
		var in struct {
			ID     *int64
			Method string
			Params json.RawMessage
		}
		if err := json.Unmarshal(data, &in); err != nil {
			f.t.Errorf("the client sent %q", data)
			return
		}
		f.mu.Lock()
		f.calls = append(f.calls, in.Method)
		answer := f.answers[in.Method]
		f.mu.Unlock()
		if in.ID == nil {
			continue
		}
		out := map[string]any{"id": *in.ID}
		if answer == nil {
			answer = refuse("Invalid request: unknown variant `" + in.Method + "`")
		}
		switch a := answer(in.Params).(type) {
		case *Refusal:
			out["error"] = a
		case silent:
			continue
		case dropped:
			_ = c.CloseNow()
			return
		default:
			out["result"] = a
		}
		raw, _ := json.Marshal(out)
		if c.Write(r.Context(), websocket.MessageText, raw) != nil {
			return
		}
	}
}

// push sends a text to all that are connected.
func (f *fake) push(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		_ = c.Write(context.Background(), websocket.MessageText, []byte(text)) // some have left
	}
}

// drop ends every connection.
func (f *fake) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		_ = c.CloseNow()
	}
	f.conns = nil
}

// asked counts the calls of a method.
func (f *fake) asked(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, m := range f.calls {
		if m == method {
			n++
		}
	}
	return n
}

// listen serves on a socket as Codex makes it: a link to one in a folder of
// its own.
func (f *fake) listen(socket string) (stop func()) {
	f.t.Helper()
	target, err := os.MkdirTemp("", "srv")
	if err != nil {
		f.t.Fatal(err)
	}
	real := filepath.Join(target, "s")
	l, err := net.Listen("unix", real)
	if err != nil {
		f.t.Fatal(err)
	}
	_ = os.Remove(socket)
	if err := os.Chmod(real, 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Symlink(real, socket); err != nil {
		f.t.Fatal(err)
	}
	srv := &http.Server{Handler: f}
	var wg sync.WaitGroup
	wg.Go(func() { _ = srv.Serve(l) })
	var once sync.Once
	stop = func() {
		once.Do(func() {
			f.drop()
			_ = srv.Close()
			wg.Wait()
			_ = os.RemoveAll(target)
		})
	}
	f.t.Cleanup(stop)
	return stop
}

// home is a folder with a short path, for sockets, and the socket in it.
func home(t *testing.T) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "cxh")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = Socket(dir)
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		t.Fatal(err)
	}
	return socket
}
