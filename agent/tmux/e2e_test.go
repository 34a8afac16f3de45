package tmux_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vigil/agent/tmux"
)

const hostile = `it's "quoted" \n \\ $HOME $(touch pwned) ` + "`id`" + ` ; kill-server ; #{pane_id} %if ~ {a} ` +
	"\n\tsecond line: 学习 🚀 é\n\n -- last'; \\"

func TestPaste(t *testing.T) {
	r := newRig(t)
	plain, plainFile := r.sink("plain", false)
	bracket, bracketFile := r.sink("bracket", true)
	s := r.server(tmux.Options{})
	for _, c := range []struct{ name, text string }{
		{"hostile", hostile},
		{"dash", "-b x"},
		{"long", strings.Repeat("0123456789abcdef '\"\\;\n", 500)},
		{"quote", "'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, beforeB := contents(plainFile), contents(bracketFile)
			if err := s.Paste(t.Context(), plain, c.text); err != nil {
				t.Fatal(err)
			}
			if err := s.Paste(t.Context(), bracket, c.text); err != nil {
				t.Fatal(err)
			}
			want, wantB := before+c.text, beforeB+"\x1b[200~"+c.text+"\x1b[201~"
			await(t, "the plain paste", func() bool { return len(contents(plainFile)) >= len(want) })
			await(t, "the bracketed paste", func() bool { return len(contents(bracketFile)) >= len(wantB) })
			if got := contents(plainFile); got != want {
				t.Errorf("plain: got %q, want %q", got, want)
			}
			if got := contents(bracketFile); got != wantB {
				t.Errorf("bracketed: got %q, want %q", got, wantB)
			}
		})
	}
	if got := r.run("list-buffers"); got != "" {
		t.Errorf("buffers are left: %s", got)
	}
	before := contents(plainFile)
	if err := s.Enter(t.Context(), plain); err != nil {
		t.Fatal(err)
	}
	await(t, "Enter", func() bool { return contents(plainFile) == before+"\r" })
	for _, bad := range []string{"", "a\x1b[201~b", "a\x00b", "a\rb", "\xff", strings.Repeat("x", 70000)} {
		if err := s.Paste(t.Context(), plain, bad); !errors.Is(err, tmux.ErrText) {
			t.Errorf("paste of %.20q: %v", bad, err)
		}
	}
}

func TestNothingIsTypedWhereItMustNot(t *testing.T) {
	r := newRig(t)
	pane, file := r.sink("a", false)
	other := r.run("split-window", "-d", "-P", "-F", "#{pane_id}", "-t", pane, "cat")
	s := r.server(tmux.Options{})
	try := func(name string, want error) {
		t.Helper()
		if err := s.Paste(t.Context(), pane, "x"); !errors.Is(err, want) {
			t.Errorf("%s: paste: %v, want %v", name, err, want)
		}
		if err := s.Enter(t.Context(), pane); !errors.Is(err, want) {
			t.Errorf("%s: Enter: %v, want %v", name, err, want)
		}
	}
	r.run("copy-mode", "-t", pane)
	if c, err := s.Capture(t.Context(), pane); err != nil || !c.Mode {
		t.Errorf("copy mode: %+v, %v", c, err)
	}
	try("copy mode", tmux.ErrMode)
	for range 2 { // the second time there is nothing to end
		if err := s.CancelMode(t.Context(), pane); err != nil {
			t.Error(err)
		}
	}
	if c, err := s.Capture(t.Context(), pane); err != nil || c.Mode {
		t.Errorf("after copy mode: %+v, %v", c, err)
	}
	r.run("set-option", "-w", "-t", pane, "synchronize-panes", "on")
	try("synchronized", tmux.ErrSynchronized)
	r.run("set-option", "-w", "-t", pane, "synchronize-panes", "off")
	r.run("select-pane", "-d", "-t", pane)
	try("input off", tmux.ErrInputOff)
	r.run("select-pane", "-e", "-t", pane)
	if got := contents(file); got != "" {
		t.Errorf("%q was typed", got)
	}
	if err := s.Paste(t.Context(), pane, "y"); err != nil {
		t.Error(err)
	}
	await(t, "a paste", func() bool { return contents(file) == "y" })
	r.run("set-option", "-w", "-t", pane, "remain-on-exit", "on")
	r.run("respawn-pane", "-k", "-t", pane, "true")
	await(t, "the end of the pane's process", func() bool {
		c, err := s.Capture(t.Context(), pane)
		return err == nil && c.Dead
	})
	try("dead", tmux.ErrDead)
	r.run("kill-pane", "-t", pane)
	try("gone", tmux.ErrNoPane)
	pane = "%3 ; kill-server"
	try("no pane id", tmux.ErrNoPane)
	if _, err := s.Capture(t.Context(), pane); !errors.Is(err, tmux.ErrNoPane) {
		t.Errorf("capture of no pane id: %v", err)
	}
	if _, err := s.Capture(t.Context(), "%99"); !errors.Is(err, tmux.ErrNoPane) {
		t.Errorf("capture of no pane: %v", err)
	}
	if got := r.run("list-buffers"); got != "" {
		t.Errorf("buffers are left: %s", got)
	}
	if _, err := s.Capture(t.Context(), other); err != nil {
		t.Error(err)
	}
}

func TestPanesAndCapture(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	a := r.pane("my work;{}", "-c", dir, "sh", "-c", `printf '\033]2;the title\007\033[2mdim\033[0m \033[7minv\033[0m 学\n%%end 1 2 1\nlast'; exec sleep 600`)
	b := r.run("split-window", "-d", "-P", "-F", "#{pane_id}", "-t", a, "sleep", "601")
	r.run("new-session", "-d", "-x", "100", "-y", "30", "-t", "=my work;{}") // a second session shows the same window
	size := r.run("display-message", "-p", "-t", a, "#{pane_width} #{pane_height}")
	s := r.server(tmux.Options{})
	var ps []tmux.Pane
	r.await("the programs", func() bool {
		var err error
		if ps, err = s.Panes(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(ps) == 2 && ps[0].Command == "sleep" && ps[1].Command == "sleep"
	})
	p := ps[0]
	if p.ID != a || ps[1].ID != b || p.Target != "my work;{}:0.0" || p.PID == 0 || !strings.HasPrefix(p.TTY, "/dev/") ||
		p.Path != dir || p.Title != "the title" || p.Dead || p.Mode || fmt.Sprint(p.Width, p.Height) != size || p.SessionAttached != 0 {
		t.Errorf("pane: %+v", p)
	}
	c, err := s.Capture(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Cursor || c.X != 4 || c.Y != 2 || !c.CursorVisible || c.Title != "the title" || c.TTY != p.TTY || c.Width != p.Width || c.Height != p.Height {
		t.Errorf("capture: %+v", c)
	}
	// Versions differ in what else they reset.
	text := strings.NewReplacer("\x1b[39m", "", "\x1b[49m", "").Replace(c.Text)
	if !strings.HasPrefix(text, "\x1b[2mdim\x1b[0m \x1b[7minv\x1b[0m 学\n%end 1 2 1\nlast") {
		t.Errorf("text: %q", c.Text)
	}
	at, err := s.LastTyped(t.Context(), a)
	if err != nil || !at.IsZero() {
		t.Errorf("somebody typed: %v, %v", at, err)
	}
}

// A person's client is seen, its keys are told from ours, and neither its
// window's size nor what it would attach to changes.
func TestDisturbsNobody(t *testing.T) {
	r := newRig(t)
	old := r.pane("old", "cat")
	used := r.run("list-sessions", "-F", "#{session_activity}")
	r.await("the next second", func() bool { return fmt.Sprint(time.Now().Unix()) > used })
	mine := r.pane("mine", "cat")
	outer := newRig(t)
	seat := outer.pane("seat", r.bin, "-S", r.socket, "attach-session", "-t", "mine")
	outer.run("set-option", "-g", "status", "off")
	r.await("the person", func() bool { return r.run("list-clients", "-F", "#{client_session}") == "mine" })
	sizes := func() string {
		return r.run("list-windows", "-a", "-F", "#{session_name} #{window_width}x#{window_height}")
	}
	before := sizes()
	s := r.server(tmux.Options{})
	if got := sizes(); got != before {
		t.Errorf("windows were resized: %q, before %q", got, before)
	}
	if got := r.run("list-clients", "-t", "old", "-F", "#{client_control_mode}"); got != "1" {
		t.Errorf("the client is not on the session used least recently: %q of %q and sessions %q", got,
			r.run("list-clients", "-F", "#{client_session} #{client_control_mode}"), r.run("list-sessions", "-F", "#{session_id} #{session_name} #{session_activity}"))
	}
	ps, err := s.Panes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if want := map[string]int{old: 0, mine: 1}[p.ID]; p.SessionAttached != want {
			t.Errorf("%s has %d people, want %d", p.Target, p.SessionAttached, want)
		}
	}
	first, err := s.LastTyped(t.Context(), mine)
	if err != nil || first.IsZero() {
		t.Fatalf("last typed: %v, %v", first, err)
	}
	if at, err := s.LastTyped(t.Context(), old); err != nil || !at.IsZero() {
		t.Errorf("somebody typed into the other session: %v, %v", at, err)
	}
	if err := s.Paste(t.Context(), mine, "ours"); err != nil {
		t.Fatal(err)
	}
	r.await("a second", func() bool { return time.Since(first) > 2*time.Second })
	if at, _ := s.LastTyped(t.Context(), mine); !at.Equal(first) {
		t.Errorf("our own paste counts as typing: %v, before %v", at, first)
	}
	outer.run("send-keys", "-t", seat, "x")
	r.await("the key", func() bool {
		at, err := s.LastTyped(t.Context(), mine)
		return err == nil && at.After(first) && time.Since(at) < 5*time.Second
	})
}

func TestReconnects(t *testing.T) {
	r := newRig(t)
	r.pane("a", "cat")
	s := r.server(tmux.Options{})
	drain(s)
	r.run("kill-server")
	r.await("the end", func() bool { return !s.Connected() })
	if _, err := s.Panes(t.Context()); !errors.Is(err, tmux.ErrNotConnected) {
		t.Errorf("panes without a server: %v", err)
	}
	r.await("a problem", func() bool { return s.Problem() != nil })
	// A server started while the old one still goes away may go with it.
	r.await("a new server", func() bool { return r.command("new-session", "-d", "-s", "b", "cat").Run() == nil })
	r.await("the new server", func() bool { return s.Connected() })
	if ps, err := s.Panes(t.Context()); err != nil || len(ps) != 1 || ps[0].Target != "b:0.0" {
		t.Errorf("panes of the new server: %+v, %v", ps, err)
	}
	// The session that the client is on goes; the server stays.
	r.pane("c", "cat")
	on := r.run("list-clients", "-F", "#{client_session}")
	r.run("kill-session", "-t", on)
	r.await("another session", func() bool {
		ps, err := s.Panes(t.Context())
		return err == nil && len(ps) == 1
	})
}

func TestWaitsForASession(t *testing.T) {
	r := newRig(t)
	r.pane("a", "cat")
	r.run("set-option", "-s", "exit-empty", "off")
	r.run("kill-session", "-t", "a")
	s := tmux.NewServer(r.socket, tmux.Options{Tmux: r.bin})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r.await("a try", func() bool { return s.Problem() != nil })
	r.pane("b", "cat")
	r.await("the session", func() bool { return s.Connected() })
	if s.Problem() != nil {
		t.Errorf("problem while connected: %v", s.Problem())
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	r.await("the client's end", func() bool { return r.run("list-clients") == "" })
}

func TestChanges(t *testing.T) {
	r := newRig(t)
	r.pane("a", "cat")
	other := r.pane("b", "env", "sh")
	s := r.server(tmux.Options{Poll: 100 * time.Millisecond})
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"new window elsewhere", func() { r.run("new-window", "-d", "-t", "b:", "cat") }},
		{"program starts in a pane elsewhere", func() { r.run("send-keys", "-t", other, "exec sleep 600", "Enter") }},
		{"pane dies elsewhere", func() { r.run("kill-pane", "-t", other) }},
		{"new session", func() { r.pane("c", "cat") }},
	} {
		settle(t, s)
		c.do()
		select {
		case <-s.Changes():
		case <-time.After(10 * time.Second):
			t.Errorf("%s: nothing was told", c.name)
		}
	}
}

func drain(s *tmux.Server) {
	select {
	case <-s.Changes():
	default:
	}
}

// settle waits until nothing has changed for longer than tmux takes to notice.
func settle(t *testing.T, s *tmux.Server) {
	t.Helper()
	quiet := time.NewTimer(1500 * time.Millisecond)
	for {
		select {
		case <-s.Changes():
			quiet.Reset(1500 * time.Millisecond)
		case <-quiet.C:
			return
		}
	}
}
