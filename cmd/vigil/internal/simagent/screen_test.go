package simagent

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

// asAgent makes the test binary play the agent of the file that it names.
const asAgent = "SIMAGENT_TEST_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(asAgent); path != "" {
		a, err := Load(path)
		if err == nil {
			err = a.Run(context.Background(), os.Stdin, os.Stdout, os.Getenv("TMUX_PANE"))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// server is a private tmux server with one pane in which an actor plays.
type server struct {
	t      *testing.T
	socket string
}

func (s server) do(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket, "-f", os.DevNull}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

func (s server) until(what string, ok func(screen string) bool) {
	s.t.Helper()
	end := time.Now().Add(10 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		screen := s.do("capture-pane", "-p", "-e", "-t", "%0")
		if ok(screen) {
			tick.Stop()
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s: not within 10 s; the pane shows\n%s", what, screen)
		}
	}
}

func play(t *testing.T, name string) (server, *Actor) {
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatal("tmux is not installed")
		}
		t.Skip("tmux is not installed")
	}
	dir, err := os.MkdirTemp("", "simagent") // short, for the socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path, err := Create(dir, name, 400)
	if err != nil {
		t.Fatal(err)
	}
	s := server{t, filepath.Join(dir, "s")}
	a := load(t, path)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	s.do("new-session", "-d", "-x", "120", "-y", "40", "-c", a.Workspace, "env", asAgent+"="+path, os.Args[0])
	return s, a
}

// A text that is pasted and submitted by Enter starts exactly one turn, with
// the text as it was; a paste alone starts none.
func TestPasteAndEnter(t *testing.T) {
	s, a := play(t, "opus-v3")
	s.until("the first stop", func(scr string) bool {
		return strings.Contains(scr, "SESSION FINAL") && !strings.Contains(scr, "esc to interrupt")
	})
	registry, err := filepath.Glob(filepath.Join(a.Home, ".claude", "sessions", "*.json"))
	if err != nil || len(registry) != 1 {
		t.Fatalf("registry %v, %v", registry, err)
	}
	text := "Keep going: the plan has open items.\nStart on the first one now."
	s.do("set-buffer", "-b", "n", text)
	s.do("paste-buffer", "-p", "-r", "-d", "-b", "n", "-t", "%0")
	s.until("the draft", func(scr string) bool { return strings.Contains(scr, "❯\u00a0Keep going: the plan") })
	if _, prompts := fold(t, a); len(prompts) != 1 {
		t.Fatalf("a paste without Enter was submitted: %q", prompts)
	}
	s.do("send-keys", "-t", "%0", "Enter")
	s.until("the second stop", func(scr string) bool {
		return strings.Contains(scr, "marginal levers") && !strings.Contains(scr, "esc to interrupt")
	})
	se, prompts := fold(t, a)
	if len(prompts) != 2 || prompts[1] != "human: "+text {
		t.Fatalf("prompts = %q", prompts)
	}
	if se.Turn.Running() || se.Turn.N != 2 {
		t.Fatalf("turn = %+v", se.Turn)
	}
	s.until("an empty composer", func(scr string) bool { return strings.Contains(scr, "❯\u00a0\x1b[7m ") })
}

// Codex's composer shows its dim placeholder, and its title a spinner while it
// works.
func TestCodexScreen(t *testing.T) {
	s, a := play(t, "codex-v3")
	if a.Kind != agent.Codex {
		t.Fatalf("kind %s", a.Kind)
	}
	s.until("work", func(scr string) bool {
		return strings.Contains(scr, "to interrupt") && strings.Contains(scr, "\x1b[2mAsk Codex to do anything")
	})
	if title := s.do("display-message", "-p", "-t", "%0", "#{pane_title}"); title != "⠋ codex-v3\n" {
		t.Fatalf("title %q", title)
	}
	s.do("send-keys", "-t", "%0", "-l", "try something else")
	s.until("the draft", func(scr string) bool { return strings.Contains(scr, "try something else") })
	s.do("send-keys", "-t", "%0", "Enter")
	end := time.Now().Add(10 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		b, err := os.ReadFile(a.File)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), `"text":"try something else"`); n > 0 {
			if tick.Stop(); n != 2 { // the response item and the completed item
				t.Fatalf("the message stands in %d lines", n)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("the queued message was not taken in")
		}
	}
}
