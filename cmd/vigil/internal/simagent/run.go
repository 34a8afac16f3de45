package simagent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"

	"vigil/agent"
)

// Run plays the actor as an interactive CLI: on a terminal it draws a composer
// and takes prompts; on anything else it starts off by itself and ends when
// nothing can wake it any more. The actor's first prompt is the person's; a
// resumed actor waits for one. pane is the id of the tmux pane it runs in, if
// any.
func (a *Actor) Run(ctx context.Context, in *os.File, out io.Writer, pane string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	first := kickoff
	if a.Turn > 0 {
		first = ""
	}
	if in == nil || !term.IsTerminal(in.Fd()) {
		return a.play(ctx, blank{}, first, "")
	}
	old, err := term.MakeRaw(in.Fd())
	if err != nil {
		return fmt.Errorf("simulated agent: terminal: %w", err)
	}
	defer func() { _ = term.Restore(in.Fd(), old) }()
	s := newScreen(a, in, out, stop)
	defer s.leave()
	return a.play(ctx, s, first, pane)
}

// Resume plays one prompt to the end of its turn, as a headless resume does.
func (a *Actor) Resume(ctx context.Context, text string) error {
	return a.play(ctx, blank{}, text, "")
}

func (a *Actor) play(ctx context.Context, s stage, first, pane string) error {
	rec, err := openRecord(a)
	if err != nil {
		return err
	}
	defer rec.close()
	p := player{a: a, rec: rec, stage: s, reg: newRegistry(ctx, a, pane)}
	defer p.reg.remove()
	p.reg.set("idle")
	s.state(false, 0)
	if err := p.play(ctx, first); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// blank is the stage of an actor without a terminal.
type blank struct{}

func (blank) show(string)            {}
func (blank) state(bool, int)        {}
func (blank) prompts() <-chan string { return nil }

func promptMark(k agent.Kind) string {
	if k == agent.Codex {
		return "› "
	}
	return "❯ "
}

func sayMark(k agent.Kind) string {
	if k == agent.Codex {
		return "• "
	}
	return "● "
}

// registry is the file in which Claude Code tells what its process does. The
// zero value, for a CLI that has none, does nothing.
type registry struct {
	path string
	base line
}

func newRegistry(ctx context.Context, a *Actor, pane string) registry {
	if a.Kind != agent.Claude {
		return registry{}
	}
	pid := os.Getpid()
	return registry{filepath.Join(a.Home, ".claude", "sessions", fmt.Sprintf("%d.json", pid)), line{
		"pid": pid, "sessionId": a.Session, "cwd": a.Workspace, "version": claudeVersion, "kind": "interactive",
		"procStart": procStart(), "startedAt": time.Now().UnixMilli(), "tmux": paneOf(ctx, pane),
	}}
}

// set writes the status; a registry that cannot be written is a CLI without
// one, which vigil must do without as well.
func (r registry) set(status string) {
	if r.path == "" {
		return
	}
	now := time.Now().UnixMilli()
	r.base["status"], r.base["updatedAt"], r.base["statusUpdatedAt"] = status, now, now
	b, err := json.Marshal(r.base)
	if err == nil && os.MkdirAll(filepath.Dir(r.path), 0o700) == nil {
		_ = replaceFile(r.path, b)
	}
}

func (r registry) remove() {
	if r.path != "" {
		_ = os.Remove(r.path)
	}
}

// procStart is when this process started, as /proc tells it (field 22 of
// stat); empty on other systems.
func procStart() string {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name may hold spaces
	if f := strings.Fields(rest); len(f) > 19 {
		return f[19]
	}
	return ""
}

// paneOf is "session:@window.%pane", or empty outside tmux.
func paneOf(ctx context.Context, pane string) string {
	if pane == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tmux", "display-message", "-p", "-t", pane,
		"#{session_name}:#{window_id}.#{pane_id}").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
