package tmux_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
)

// seat is a terminal of a person's: a pane of another server, in which a client
// of the rig's runs.
func (r *rig) seat(session string) *rig {
	r.t.Helper()
	outer := newRig(r.t)
	outer.pane("seat", "env", "TMUX=", "TERM=screen-256color", r.bin, "-u", "-S", r.socket, "attach", "-t", session)
	r.await("the person's client", func() bool { return r.run("list-clients", "-F", "x") != "" })
	return outer
}

// Switching takes the person's client to the pane; outside the pane's server
// nothing is done.
func TestVisitorSwitch(t *testing.T) {
	r := newRig(t)
	r.pane("me", "sh", "-c", "echo mine; cat")
	there := r.pane("agent.s", "sh", "-c", "echo theirs; cat")
	r.run("new-window", "-t", "agent_s", "cat")
	r.seat("me")
	p := agent.Pane{Socket: r.socket, ID: there, Target: "agent_s:0.0"}
	for _, own := range []string{"", r.socket + "x"} {
		if err := (tmux.Visitor{Own: own, Tmux: r.bin}).Switch(context.Background(), p); !errors.Is(err, tmux.ErrOutside) {
			t.Errorf("from %q: %v", own, err)
		}
	}
	v := tmux.Visitor{Own: r.socket, Tmux: r.bin}
	if err := v.Switch(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if got := r.run("list-clients", "-F", "#{session_name} #{pane_id}"); got != "agent_s "+there {
		t.Errorf("the client is at %s, the pane is %s", got, there)
	}
	p.ID = "%999"
	if err := v.Switch(context.Background(), p); err == nil || !strings.Contains(err.Error(), "go to agent_s:0.0: can't find pane") {
		t.Errorf("no such pane: %v", err)
	}
}

// A popup shows the pane live, with its keys, and leaves sizes, other people's
// windows and the list of sessions as they were.
func TestVisitorPopup(t *testing.T) {
	r := newRig(t)
	if !popups(r) {
		t.Skip("this tmux has no popups")
	}
	r.pane("me", "sh", "-c", "echo mine; cat")
	there := r.pane("agent", "sh", "-c", "echo theirs; cat")
	r.run("new-window", "-t", "agent", "sh", "-c", "echo other; cat")
	before := r.run("list-windows", "-a", "-F", "#{session_name} #{window_index} #{window_active} #{window_width}x#{window_height}")
	seat := r.seat("me")
	v := tmux.Visitor{Own: r.socket, Tmux: r.bin}
	ended := make(chan error, 1)
	go func() { // ends when the popup is closed
		ended <- v.Popup(context.Background(), v.Look(agent.Pane{Socket: r.socket, ID: there, Target: "agent:0.0"}))
	}()
	shown := func() string { return seat.run("capture-pane", "-p", "-t", "seat") }
	r.await("the popup", func() bool {
		s := shown()
		return strings.Contains(s, "theirs") && strings.Contains(s, "C-b d: back to vigil")
	})
	seat.run("send-keys", "-t", "seat", "typed here", "Enter")
	r.await("what was typed", func() bool { return strings.Count(shown(), "typed here") == 2 }) // the terminal's echo, and cat's
	seat.run("send-keys", "-t", "seat", "C-b", "d")
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the popup: %v", err)
		}
	case <-time.After(15 * time.Second):
		t.Fatalf("it does not close:\n%s", shown())
	}
	after := func() string {
		return r.run("list-windows", "-a", "-F", "#{session_name} #{window_index} #{window_active} #{window_width}x#{window_height}")
	}
	of := func(s string) string { return s[:strings.Index(s, "me ")] } // the person's own window follows their terminal
	r.await("the popup's session to end", func() bool { return !strings.Contains(after(), "vigil-look") })
	if of(after()) != of(before) {
		t.Errorf("it left\n%s\nof\n%s", after(), before)
	}
}

// Without popups, and outside tmux, the reason is said.
func TestVisitorNoPopup(t *testing.T) {
	if err := (tmux.Visitor{}).Popup(context.Background(), []string{"true", "x"}); !errors.Is(err, tmux.ErrOutside) {
		t.Errorf("outside tmux: %v", err)
	}
	old := filepath.Join(t.TempDir(), "tmux")
	if err := os.WriteFile(old, []byte("#!/bin/sh\necho 'unknown command: display-popup' >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := (tmux.Visitor{Own: "/s", Tmux: old}).Popup(context.Background(), []string{"true", "x"}); !errors.Is(err, tmux.ErrNoPopup) {
		t.Errorf("tmux before 3.2: %v", err)
	}
}

// A client in control mode is not waited for.
func TestVisitorControlled(t *testing.T) {
	r := newRig(t)
	r.pane("me", "cat")
	r.server(tmux.Options{})
	err := tmux.Visitor{Own: r.socket, Tmux: r.bin}.Popup(context.Background(), []string{"true", "x"})
	if !errors.Is(err, tmux.ErrControlled) {
		t.Errorf("%v", err)
	}
}

// popups reports whether this tmux has them.
func popups(r *rig) bool {
	r.pane("probe", "cat")
	defer r.run("kill-session", "-t", "probe")
	return r.command("list-commands", "display-popup").Run() == nil
}

// A command as one types it means itself to a shell.
func TestTyped(t *testing.T) {
	argv := []string{"tmux", "-S", "/my files/s", "attach", "-t", "%3", "=a:1", ";", "#{prefix} d", "it's", "", "$HOME", "~", "*"}
	out, err := exec.Command("sh", "-c", "printf '<%s>' "+tmux.Typed(argv)).Output()
	if want := "<" + strings.Join(argv, "><") + ">"; err != nil || string(out) != want {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
	if got := tmux.Typed(tmux.Attach(agent.Pane{Socket: "/tmp/tmux-1000/default", ID: "%3"})); got != "tmux -S /tmp/tmux-1000/default attach -t %3" {
		t.Error(got)
	}
}
