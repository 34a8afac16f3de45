package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/remote"
)

// playEnv makes the test binary the program itself, with made-up agents, so
// that a person can look at it in a terminal of their own:
//
//	go test -c -o tui.test ./tui && VIGIL_TUI_PLAY=story ./tui.test
//
// Other values are empty, failing, huge, crowd, sweep, cluster, offline and asking.
const playEnv = "VIGIL_TUI_PLAY"

func TestMain(m *testing.M) {
	if what := os.Getenv(playEnv); what != "" {
		if err := play(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// play runs the screen over made-up agents until it is quit.
func play(what string) error {
	var s *agent.Snapshot
	switch what {
	case "empty":
		s = &agent.Snapshot{At: clock}
	case "failing":
		s = failing()
	case "huge":
		s = huge(200)
	default:
		s = story()
		s.Agents[0].Next = &agent.Next{At: clock.Add(time.Minute), Text: "Keep going."}
	}
	src := newFake(s)
	switch what {
	case "cluster", "huge":
		src.cluster = cluster()
	case "crowd":
		src.runs = runs(2000, "a1")
	case "sweep":
		src.runs = sweep(200)
	case "offline":
		src.cluster = offline()
	case "asking":
		src.cluster = cluster()
		src.cluster.Questions = []remote.Question{passphrase}
		src.changed <- struct{}{}
	}
	began := time.Now()
	o := Options{
		Now:  func() time.Time { return clock.Add(time.Since(began)) },
		GoTo: func(a agent.Agent) error { return fmt.Errorf("there is no pane %s here", a.Pane.ID) },
	}
	_, err := tea.NewProgram(New(src, o), ProgramOptions()...).Run()
	return err
}

// tmux is a private tmux server with the program in its only pane.
type tmux struct {
	t      *testing.T
	socket string
}

func (x tmux) run(args ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", x.socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

// wait waits until the pane shows a text, and returns what it shows.
func (x tmux) wait(want string) string {
	x.t.Helper()
	return x.until(holds(want), want, "capture-pane", "-p", "-t", "p")
}

// holds reports whether an answer has a text.
func holds(want string) func(string) bool {
	return func(got string) bool { return strings.Contains(got, want) }
}

// until repeats a tmux command until its answer is as it should be.
func (x tmux) until(ok func(string) bool, what string, args ...string) string {
	x.t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		got := x.run(args...)
		if ok(got) {
			return got
		}
		select {
		case <-deadline:
			x.t.Fatalf("%q never came:\n%s\nthe screen:\n%s", what, got, x.run("capture-pane", "-p", "-t", "p"))
		case <-tick.C:
		}
	}
}

// A person walks through the program in a real terminal.
func TestInTmux(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatal("tmux is not installed, and VIGIL_E2E requires it")
		}
		t.Skip("tmux is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := tmux{t, filepath.Join(t.TempDir(), "s")}
	x.run("new-session", "-d", "-s", "p", "-x", "120", "-y", "40", "-e", playEnv+"=story", self)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", x.socket, "kill-server").Run() })
	for _, step := range []struct{ key, want, gone string }{
		{"", "opus-v3", ""},
		{"2", "Verdict: a lottery", ""},
		{"4", "SESSION FINAL", ""},
		{"5", "bypass permissions on", ""},
		{"Enter", "there is no pane %3 here", ""},
		{"?", "go to the pane", ""},
		{"Escape", "bypass permissions on", "go to the pane"},
		{"w", "why its last turn ended", ""},
		{"Escape", "bypass permissions on", "why its last turn ended"},
		{"h", "nudges to opus-v3 are held", ""},
		{"N", "nudge opus-v3 ›", ""},
		{"x", "› x", ""},
		{"Enter", "sending: x", ""},
		{"J", "codex-v3", ""},
		{"z", "╭▸ 1 plan", ""},
	} {
		if step.key != "" {
			x.run("send-keys", "-t", "p", step.key)
		}
		// What a key takes away must be gone before the next one is pressed: an
		// Escape with a key right behind it is another key.
		x.until(func(got string) bool {
			return strings.Contains(got, step.want) && (step.gone == "" || !strings.Contains(got, step.gone))
		}, step.want, "capture-pane", "-p", "-t", "p")
	}
	x.run("resize-window", "-t", "p", "-x", "80", "-y", "24")
	x.run("send-keys", "-t", "p", "z", "1")
	got := x.wait("▌● codex-v3")
	for l := range strings.Lines(got) {
		if n := len([]rune(strings.TrimRight(l, "\n"))); n > 80 {
			t.Errorf("line of %d cells: %q", n, l)
		}
	}
	x.run("set-option", "-t", "p", "remain-on-exit", "on")
	x.run("send-keys", "-t", "p", "q")
	// tmux does not always learn the exit status.
	x.until(holds("dead 1"), "its end", "display-message", "-p", "-t", "p", "dead #{pane_dead}")
}
