package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
	"vigil/cmd/vigil/internal/simagent"
)

// demoWorld is the private place that the demo plays in: a home folder, a
// workspace for each simulated agent, and a tmux server where there is one.
// Nothing in it touches the person's own files or agents.
type demoWorld struct {
	Root   string
	Socket string // of the private tmux server
	Why    string // why there is no tmux; empty with it
	NoHead string // why there is no head node; empty with it

	head *demoHead // nil without one

	leash    net.Listener // the agents hold a connection to it, and end with it
	env      env          // the person's, with the private home
	tmux     string
	children sync.WaitGroup
	stop     context.CancelFunc
	keep     bool
}

const (
	demoWidth, demoHeight = "120", "40"
	maxSocketPath         = 100 // bytes; systems allow 104 to 108
	tmuxTimeout           = 5 * time.Second
)

// newDemoWorld makes the world and starts the agents in it. They end with
// Close, or when this process dies. dir may name a folder to use and keep.
// endless, the head node gets new jobs for as long as it lives.
func newDemoWorld(ctx context.Context, e env, speed float64, dir string, endless bool) (*demoWorld, error) {
	w := &demoWorld{keep: dir != ""}
	var err error
	if dir == "" {
		dir, err = os.MkdirTemp("", "vigil-demo-")
	} else {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("make the demo's folder: %w: set TMPDIR to a folder that can be written", err)
	}
	// The folder of an open file is told without symbolic links (macOS).
	if w.Root, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("demo folder: %w", err)
	}
	w.env = w.private(e)
	ctx, w.stop = context.WithCancel(ctx)
	if err := w.fill(ctx, speed, endless); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// private is the environment of everything in the world: its home is the
// demo's, and so are the XDG folders below it.
func (w *demoWorld) private(e env) env {
	home := filepath.Join(w.Root, "home")
	drop := []string{"HOME=", "XDG_", "VIGIL_", "TMUX=", "TMUX_PANE=", "TMUX_TMPDIR=", "CLAUDE_CONFIG_DIR=", "CODEX_HOME="}
	var environ []string
	for _, kv := range e.Environ {
		ours := true
		for _, p := range drop {
			ours = ours && !strings.HasPrefix(kv, p)
		}
		if ours {
			environ = append(environ, kv)
		}
	}
	outer := e.Getenv
	e.Getenv = func(name string) string {
		for _, p := range drop {
			if strings.HasPrefix(name+"=", p) {
				return ""
			}
		}
		return outer(name)
	}
	e.Home, e.Environ = home, append(environ, "HOME="+home)
	return e
}

// fill makes the agents and starts them.
func (w *demoWorld) fill(ctx context.Context, speed float64, endless bool) (err error) {
	if err := os.MkdirAll(w.env.Home, 0o700); err != nil {
		return fmt.Errorf("make the demo's home: %w", err)
	}
	if err := w.hold(ctx); err != nil {
		return err
	}
	w.findTmux()
	if w.head, w.NoHead, err = openHead(ctx, w.env, w.Root, speed, endless); err != nil {
		return err
	}
	config := w.general() + w.head.entry()
	for _, name := range simagent.Names() {
		path, err := simagent.Create(w.Root, name, speed)
		if err != nil {
			return err
		}
		a, err := simagent.Load(path)
		if err != nil {
			return err
		}
		if err := w.start(ctx, a, path); err != nil {
			return fmt.Errorf("start the simulated agent %s: %w", name, err)
		}
		config += w.entry(a, path)
	}
	path, err := w.env.configPath()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("demo configuration: %w", err)
	}
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return fmt.Errorf("demo configuration: %w", err)
	}
	return nil
}

// leashPath is the socket whose end tells the agents that this process is
// gone, however it went.
func (w *demoWorld) leashPath() string { return filepath.Join(w.Root, "leash") }

// hold opens the leash.
func (w *demoWorld) hold(ctx context.Context) error {
	if len(w.leashPath()) > maxSocketPath {
		return nil // the agents then end with Close only
	}
	_ = os.Remove(w.leashPath()) // of an earlier demo in a kept folder
	var err error
	if w.leash, err = (&net.ListenConfig{}).Listen(ctx, "unix", w.leashPath()); err != nil {
		return fmt.Errorf("demo folder: %w", err)
	}
	w.children.Go(func() { // ends when the leash is closed
		var held []net.Conn
		for {
			c, err := w.leash.Accept()
			if err != nil {
				for _, c := range held {
					c.Close()
				}
				return
			}
			held = append(held, c)
		}
	})
	return nil
}

// general is the head of the world's configuration file: it looks at the
// private tmux server only, so that no agent of the person's is found, and the
// limits on nudges are for fast motion, in which an hour is minutes.
func (w *demoWorld) general() string {
	return "[policy]\ndelay = \"1s\"\nmax_per_hour = 10000\n\n[tmux]\nsockets = [" + quote(w.Socket) + "]\n"
}

// entry configures vigil to find one agent: by the command line of its process
// in its pane, or without tmux as an agent that is resumed.
func (w *demoWorld) entry(a *simagent.Actor, path string) string {
	s := fmt.Sprintf("\n[[agent]]\nname = %s\nkind = %s\nworkspace = %s\n", quote(a.Name), quote(string(a.Kind)), quote(a.Workspace))
	if w.Why == "" {
		return s + "command = " + quote(regexp.QuoteMeta("simagent run --agent "+path)) + "\n"
	}
	return s + fmt.Sprintf("resume = [%s, \"simagent\", \"resume\", \"--agent\", %s, %s]\n",
		quote(w.env.Exe), quote(path), quote(nudge.Placeholder))
}

// findTmux decides whether the agents run in a private tmux server.
func (w *demoWorld) findTmux() {
	w.Socket = filepath.Join(w.Root, "tmux.sock")
	path, err := exec.LookPath("tmux")
	switch {
	case err != nil:
		w.Why = "tmux is not installed"
	case len(w.Socket) > maxSocketPath:
		w.Why = "the path of the temporary folder is too long for a socket"
	}
	w.tmux = path
}

// start starts one agent: in a pane of the private server, or as a child that
// is nudged by its resume command.
func (w *demoWorld) start(ctx context.Context, a *simagent.Actor, path string) error {
	argv := []string{w.env.Exe, "simagent", "run", "--agent", path}
	if w.leash != nil {
		argv = append(argv, "--leash", w.leashPath())
	}
	if w.Why == "" {
		place := []string{"new-window", "-d", "-t", "demo:"}
		if _, err := os.Stat(w.Socket); err != nil {
			place = []string{"new-session", "-d", "-s", "demo", "-x", demoWidth, "-y", demoHeight}
		}
		return w.tmuxDo(ctx, append(append(place, "-n", a.Name, "-c", a.Workspace), argv...)...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = a.Workspace, w.env.Environ, time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	w.children.Go(func() { _ = cmd.Wait() }) // ends with the child, which ends with ctx
	return nil
}

func (w *demoWorld) tmuxDo(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, tmuxTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.tmux, append([]string{"-S", w.Socket, "-f", os.DevNull}, args...)...)
	cmd.Env = w.env.Environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("tmux %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}

// Close ends the agents and removes the world, unless it was to be kept.
func (w *demoWorld) Close() error {
	var errs []error
	if w.head != nil {
		errs = append(errs, w.head.close())
	}
	w.stop()
	if w.leash != nil {
		errs = append(errs, w.leash.Close())
	}
	if w.Why == "" {
		// It fails where the server has ended by itself, with its last agent.
		_ = w.tmuxDo(context.Background(), "kill-server")
	}
	w.children.Wait()
	if !w.keep {
		errs = append(errs, removeBusy(w.Root))
	}
	return errors.Join(errs...)
}

// removeBusy removes a folder in which an agent that is just ending may still
// write a file: one more try is made for each that it does.
func removeBusy(dir string) error {
	var err error
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
	}
	return fmt.Errorf("remove the demo's folder: %w: remove it yourself", err)
}

// record tells of the run that beat the record, from the agents' ledgers;
// empty before there is one.
func (w *demoWorld) record(goal agent.GoalLine) string {
	for _, name := range simagent.Names() {
		b, err := os.ReadFile(filepath.Join(w.Root, "agents", name, "scratchpad", "runs.jsonl"))
		if err != nil {
			continue // no run of this agent has ended yet
		}
		for line := range bytes.Lines(b) {
			var r struct {
				Run   string  `json:"run"`
				Steps float64 `json:"steps"`
				Loss  float64 `json:"val_loss"`
			}
			if json.Unmarshal(line, &r) == nil && r.Loss <= goal.Target && r.Steps < goal.Record {
				return fmt.Sprintf("%s: %s reached %s %.5f at step %g (before: %g)", name, r.Run, goal.Metric, r.Loss, r.Steps, goal.Record)
			}
		}
	}
	return ""
}

// describe tells where the demo plays.
func (w *demoWorld) describe(out io.Writer) {
	where := "in a private tmux server (look: tmux -S " + w.Socket + " attach -r)"
	if w.Why != "" {
		where = "without tmux (" + w.Why + "): nudges go through the resume command"
	}
	fmt.Fprintf(out, "demo: 3 simulated agents %s\n", where)
	head := "a simulated cluster behind a real SSH server on loopback"
	if w.NoHead != "" {
		head = "none: " + w.NoHead
	}
	fmt.Fprintf(out, "demo: head node: %s\n", head)
}
