package appserver

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigil/agent"
)

// soon bounds what a test waits for.
const soon = 20 * time.Second

// run runs a client until the test ends, and returns what it tells.
func run(t *testing.T, socket string) (*Client, chan Thread) {
	t.Helper()
	told := make(chan Thread, 64)
	c := New(socket, Options{Told: func(th Thread) { told <- th }})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { c.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return c, told
}

func next(t *testing.T, told <-chan Thread) Thread {
	t.Helper()
	select {
	case th := <-told:
		if th.At.IsZero() {
			t.Errorf("%+v has no time", th)
		}
		th.At = time.Time{}
		return th
	case <-time.After(soon):
		t.Fatal("nothing was told")
	}
	return Thread{}
}

const a = "01a206f6-0883-7881-abc0-df00aa25687f"

func TestTellsOfThreads(t *testing.T) {
	socket := home(t)
	f := newFake(t, a, "title")
	f.is(`{"type":"idle"}`)
	own := f.answers["thread/read"]
	f.set("thread/read", func(p json.RawMessage) any {
		if strings.Contains(string(p), "title") {
			return json.RawMessage(`{"thread":{"id":"title","ephemeral":true,"threadSource":"thread_title","status":{"type":"idle"}}}`)
		}
		if strings.Contains(string(p), "child") {
			return json.RawMessage(`{"thread":{"id":"child","parentThreadId":"` + a + `","threadSource":"subagent","status":{"type":"active","activeFlags":[]}}}`)
		}
		return own(p)
	})
	f.set("thread/turns/list", gives(`{"data":[{"id":"t","error":{"message":"You\u2019ve hit your usage limit\u001b[2J","codexErrorInfo":"usageLimitExceeded"}}]}`))
	f.listen(socket)
	_, told := run(t, socket)
	if got, want := next(t, told), (Thread{ID: a, State: Idle}); got != want {
		t.Fatalf("at first %+v, want %+v", got, want)
	}
	change := func(id, status string) string {
		return `{"method":"thread/status/changed","params":{"threadId":"` + id + `","status":` + status + `},"emittedAtMs":1}`
	}
	for _, c := range []struct {
		push string
		want Thread
	}{
		{change("title", `{"type":"active","activeFlags":[]}`) + "", Thread{}},
		{change("child", `{"type":"active","activeFlags":["waitingOnApproval"]}`), Thread{}},
		{`{"id":9,"method":"item/commandExecution/requestApproval","params":{}}`, Thread{}},
		{`{"method":"of/a/later/version","params":[1,2]}`, Thread{}},
		{"not json", Thread{}},
		{`{"id":"x","result":{}}`, Thread{}},
		{change(a, `{"type":"active","activeFlags":["waitingOnApproval","later"]}`), Thread{ID: a, State: Active, Approval: true}},
		{change(a, `{"type":"active","activeFlags":["waitingOnUserInput"]}`), Thread{ID: a, State: Active, Input: true}},
		{change(a, `{"type":"active","activeFlags":[]}`), Thread{ID: a, State: Active}},
		{change(a, `{"type":"of a later version"}`), Thread{ID: a}},
		{change(a, `{"type":"notLoaded"}`), Thread{ID: a, State: NotLoaded}},
		{change(a, `{"type":"idle"}`), Thread{ID: a, State: Idle}},
		{change("b", `{"type":"idle"}`), Thread{ID: "b", State: Idle}},
		{`{"method":"thread/closed","params":{"threadId":"b"}}`, Thread{ID: "b", State: NotLoaded}},
	} {
		f.push(c.push)
		if c.want == (Thread{}) {
			continue // what comes next shows that nothing came
		}
		if got := next(t, told); got != c.want {
			t.Fatalf("%s\ntold %+v, want %+v", c.push, got, c.want)
		}
	}
	f.push(change(a, `{"type":"systemError"}`))
	got := next(t, told)
	if got.State != Failed || got.Failure == nil || got.Failure.Ending != agent.Limit || got.Failure.Text != "You’ve hit your usage limit" {
		t.Fatalf("%+v %+v", got, got.Failure)
	}
	if n := f.asked("thread/resume"); n > 0 {
		t.Errorf("it subscribed %d times", n)
	}
}

func TestStartTurn(t *testing.T) {
	socket := home(t)
	f := newFake(t, a)
	f.is(`{"type":"idle"}`)
	f.listen(socket)
	c, told := run(t, socket)
	if _, err := New(socket, Options{}).StartTurn(t.Context(), a, "k", "go on"); !errors.Is(err, ErrNotConnected) {
		t.Errorf("without a connection: %v", err)
	}
	next(t, told)
	started := gives(`{"turn":{"id":"turn-1","items":[],"status":"inProgress"}}`)
	for _, x := range []struct {
		name   string
		status string
		answer func(json.RawMessage) any
		sent   bool // turn/start was asked for
		ok     func(error) bool
	}{
		{"idle", `{"type":"idle"}`, started, true, func(err error) bool { return err == nil }},
		{"after a failed turn", `{"type":"systemError"}`, started, true, func(err error) bool { return err == nil }},
		{"at work", `{"type":"active","activeFlags":[]}`, started, false, is(ErrActive)},
		{"approval", `{"type":"active","activeFlags":["waitingOnApproval"]}`, started, false, is(ErrAsks)},
		{"question", `{"type":"active","activeFlags":["waitingOnUserInput"]}`, started, false, is(ErrAsks)},
		{"not loaded", `{"type":"notLoaded"}`, started, false, is(ErrNotLoaded)},
		{"a later status", `{"type":"dreaming"}`, started, false, is(ErrNotLoaded)},
		{"refused", `{"type":"idle"}`, refuse("thread not found: x\x1b[31m"), true, func(err error) bool {
			var r *Refusal
			return errors.As(err, &r) && !errors.Is(err, ErrUnsure) && !strings.Contains(err.Error(), "\x1b")
		}},
		{"another answer", `{"type":"idle"}`, gives(`[]`), true, is(ErrUnsure)},
	} {
		t.Run(x.name, func(t *testing.T) {
			f.is(x.status)
			var text string
			before := f.asked("turn/start")
			f.set("turn/start", func(p json.RawMessage) any {
				text = string(p)
				return x.answer(p)
			})
			turn, err := c.StartTurn(t.Context(), a, "k1", "!go on\nwith it")
			if !x.ok(err) {
				t.Errorf("error %v", err)
			}
			if sent := f.asked("turn/start") > before; sent != x.sent {
				t.Errorf("sent %v", sent)
			}
			if err == nil && (turn != "turn-1" || text != `{"clientUserMessageId":"k1","input":[{"text":"!go on\nwith it","type":"text"}],"threadId":"`+a+`"}`) {
				t.Errorf("turn %q, sent %s", turn, text)
			}
		})
	}
	t.Run("the answer is lost", func(t *testing.T) {
		f.is(`{"type":"idle"}`)
		f.set("turn/start", func(json.RawMessage) any { return dropped{} })
		if _, err := c.StartTurn(t.Context(), a, "k1", "go on"); !errors.Is(err, ErrUnsure) {
			t.Errorf("error %v", err)
		}
	})
}

func is(want error) func(error) bool {
	return func(err error) bool {
		return errors.Is(err, want) && !errors.Is(err, ErrUnsure) || want == ErrUnsure && errors.Is(err, want)
	}
}

func TestPromptedAndCompact(t *testing.T) {
	socket := home(t)
	f := newFake(t, a)
	f.is(`{"type":"idle"}`)
	f.set("thread/turns/list", gives(`{"data":[{"items":[{"type":"agentMessage"},{"type":"userMessage","clientId":"k1"}]}],"nextCursor":null}`))
	f.set("thread/compact/start", gives(`{}`))
	f.listen(socket)
	c, told := run(t, socket)
	next(t, told)
	for key, want := range map[string]bool{"k1": true, "k2": false} {
		if got, err := c.Prompted(t.Context(), a, key); err != nil || got != want {
			t.Errorf("key %s: %v, %v", key, got, err)
		}
	}
	if err := c.Compact(t.Context(), a); err != nil {
		t.Error(err)
	}
	f.is(`{"type":"active","activeFlags":[]}`)
	if err := c.Compact(t.Context(), a); !errors.Is(err, ErrActive) || f.asked("thread/compact/start") != 1 {
		t.Errorf("a thread that works is compacted: %v", err)
	}
	f.set("thread/turns/list", refuse("unknown variant"))
	if _, err := c.Prompted(t.Context(), a, "k1"); err == nil {
		t.Error("a server without a list of turns says that there are none")
	}
}

// A server that goes and comes back is connected to again; what it lost
// meanwhile is told of.
func TestReconnects(t *testing.T) {
	socket := home(t)
	f := newFake(t, a, "b")
	f.is(`{"type":"idle"}`)
	stop := f.listen(socket)
	c, told := run(t, socket)
	want := func(states map[string]State) {
		t.Helper()
		for len(states) > 0 {
			th := next(t, told)
			if s, ok := states[th.ID]; ok && s == th.State {
				delete(states, th.ID)
			} else if th.State != Untold { // between a lost connection and a refused one
				t.Fatalf("told %+v; still want %v", th, states)
			}
		}
	}
	want(map[string]State{a: Idle, "b": Idle})
	stop()
	want(map[string]State{a: Ended, "b": Ended})
	if _, err := c.StartTurn(t.Context(), a, "k", "x"); !errors.Is(err, ErrNotConnected) {
		t.Errorf("with no server: %v", err)
	}
	g := newFake(t, a)
	g.is(`{"type":"active","activeFlags":[]}`)
	g.listen(socket)
	want(map[string]State{a: Active, "b": NotLoaded})
}

// Tries to connect come slower and slower, and end with the context.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var tries []time.Duration
		c := New("/none", Options{Dial: func(context.Context) (net.Conn, error) {
			tries = append(tries, time.Since(begun))
			return nil, fs.ErrNotExist
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c.Run(ctx)
		if time.Since(begun) != time.Minute {
			t.Errorf("ended after %v", time.Since(begun))
		}
		if len(tries) != 11 || tries[1] != firstRetry || tries[10]-tries[9] != lastRetry {
			t.Errorf("tried at %v", tries)
		}
	})
}

// A server that takes the connection and never says a word is given up.
func TestSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		defer wg.Wait()
		begun, dials := time.Now(), []time.Duration{}
		c := New("/none", Options{Dial: func(context.Context) (net.Conn, error) {
			dials = append(dials, time.Since(begun))
			ours, theirs := net.Pipe()
			wg.Go(func() { // swallows all, ends when we close
				buf := make([]byte, 1024)
				for {
					if _, err := theirs.Read(buf); err != nil {
						return
					}
				}
			})
			return ours, nil
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		c.Run(ctx)
		if len(dials) < 3 || dials[1] != dialWithin+firstRetry {
			t.Errorf("dialled at %v", dials)
		}
	})
}

// A frame that is too large ends the connection; it costs no more memory.
func TestLargeFrame(t *testing.T) {
	socket := home(t)
	f := newFake(t, a)
	f.is(`{"type":"idle"}`)
	f.set("thread/turns/list", gives(`{"data":"`+strings.Repeat("x", maxFrame)+`"}`))
	f.listen(socket)
	c, told := run(t, socket)
	next(t, told)
	if _, err := c.Prompted(t.Context(), a, "k"); !errors.Is(err, ErrUnsure) {
		t.Errorf("error %v", err)
	}
	if th := next(t, told); th.State != Untold {
		t.Errorf("told %+v", th)
	}
	if th := next(t, told); th.State != Idle { // connected again
		t.Errorf("told %+v", th)
	}
}

func TestCheck(t *testing.T) {
	socket := home(t)
	if err := Check(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no socket: %v", err)
	}
	f := &fake{t: t}
	f.listen(socket)
	if err := Check(socket); err != nil {
		t.Errorf("a socket as Codex makes it: %v", err)
	}
	real, err := filepath.EvalSymlinks(socket)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		path string
		mode fs.FileMode
		back fs.FileMode
	}{{filepath.Dir(socket), 0o770, 0o700}, {filepath.Dir(real), 0o777, 0o700}, {real, 0o622, 0o600}} {
		if err := os.Chmod(x.path, x.mode); err != nil {
			t.Fatal(err)
		}
		if err := Check(socket); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%s with mode %v: %v", x.path, x.mode, err)
		}
		if err := os.Chmod(x.path, x.back); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(filepath.Dir(socket), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Check(file); !errors.Is(err, ErrUnsafe) {
		t.Errorf("a plain file: %v", err)
	}
}

func TestFailure(t *testing.T) {
	for _, x := range []struct {
		info string
		want agent.Failure
	}{
		{`"other"`, agent.Failure{Ending: agent.Failed, Code: "other"}},
		{`"contextWindowExceeded"`, agent.Failure{Ending: agent.Context, Code: "contextWindowExceeded"}},
		{`"usageLimitExceeded"`, agent.Failure{Ending: agent.Limit, Code: "usageLimitExceeded"}},
		{`"serverOverloaded"`, agent.Failure{Ending: agent.Limit, Code: agent.Overloaded}},
		{`"unauthorized"`, agent.Failure{Ending: agent.Failed, Code: "unauthorized", Person: true}},
		{`{"httpConnectionFailed":{"httpStatusCode":401}}`, agent.Failure{Ending: agent.Failed, Code: "httpConnectionFailed", Person: true}},
		{`{"responseTooManyFailedAttempts":{"httpStatusCode":429}}`, agent.Failure{Ending: agent.Limit, Code: "responseTooManyFailedAttempts"}},
		{`{"httpConnectionFailed":{"httpStatusCode":null}}`, agent.Failure{Ending: agent.Failed, Code: "httpConnectionFailed"}},
		{`null`, agent.Failure{Ending: agent.Failed}},
		{`[3]`, agent.Failure{Ending: agent.Failed}},
	} {
		if got := (turnError{Info: json.RawMessage(x.info)}).failure(); *got != x.want {
			t.Errorf("%s: %+v, want %+v", x.info, *got, x.want)
		}
	}
}

// Whatever comes in, it is read without harm, and nothing hostile is kept.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{
		`{"id":1,"result":{}}`, `{"id":1,"error":{"code":-32600,"message":"thread not found"}}`,
		`{"method":"thread/status/changed","params":{"threadId":"a","status":{"type":"active","activeFlags":["waitingOnApproval"]}}}`,
		`{"method":"thread/closed","params":{"threadId":"a"}}`, `{"id":"s","method":"applyPatchApproval","params":null}`, `[]`, `{`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parse(data)
		if err != nil {
			return
		}
		if m.Method == "" && m.ID == nil || m.Method != "" && m.ID != nil {
			t.Fatalf("%+v", m)
		}
		c := &conn{woken: make(chan struct{}, 1), waiting: map[int64]chan frame{}, changed: map[string]status{}}
		c.take(m)
		c.take(m)
		for id, s := range c.changes() {
			if !plain(id) {
				t.Fatalf("id %q", id)
			}
			th := s.thread(id, time.Now())
			if th.State != Active && (th.Approval || th.Input) {
				t.Fatalf("%+v", th)
			}
		}
		if m.Error != nil && agent.Clean(m.Error.Error()) != m.Error.Error() {
			t.Fatalf("%q", m.Error.Error())
		}
	})
}

var _ http.Handler = (*fake)(nil)
