package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/journal"
	"vigil/agent/nudge"
	"vigil/agent/tmux"
)

// otherHost is this machine as another one, over a line that takes time and
// can be lost at any moment.
type otherHost struct {
	name  string
	delay time.Duration

	mu    sync.Mutex
	down  bool
	pipes map[*pipe]bool
	trap  trap
	lost  int // times
}

// trap is a command at which the line is lost.
type trap struct {
	command string // empty: none
	arrives bool   // the command does, and its answer does not
}

var _ agent.Host = (*otherHost)(nil)

var errLine = errors.New("the connection is lost")

func (h *otherHost) Name() string { return h.name }

// pass lets the line's time go by.
func (h *otherHost) pass(ctx context.Context) error {
	if h.delay > 0 {
		t := time.NewTimer(h.delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return errLine
	}
	return nil
}

// pipe is a command on the host. What was written before a loss may arrive;
// what is answered after it does not.
type pipe struct {
	h     *otherHost
	under io.ReadWriteCloser
	dead  chan struct{}
	once  sync.Once
}

func (h *otherHost) Start(ctx context.Context, argv ...string) (io.ReadWriteCloser, error) {
	if err := h.pass(ctx); err != nil {
		return nil, err
	}
	rw, err := tmux.Local{}.Start(ctx, argv...)
	if err != nil {
		return nil, err
	}
	p := &pipe{h: h, under: rw, dead: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		_ = rw.Close()
		return nil, errLine
	}
	h.pipes[p] = true
	return p, nil
}

func (p *pipe) Read(b []byte) (int, error) {
	n, err := p.under.Read(b)
	if e := p.h.pass(context.Background()); e != nil {
		return 0, e
	}
	select {
	case <-p.dead:
		return 0, errLine
	default:
	}
	return n, err
}

func (p *pipe) Write(b []byte) (int, error) {
	if err := p.h.pass(context.Background()); err != nil {
		return 0, err
	}
	p.h.mu.Lock()
	trap := p.h.trap
	p.h.mu.Unlock()
	if trap.command == "" || !strings.Contains(string(b), trap.command) {
		return p.under.Write(b)
	}
	if trap.arrives {
		_, _ = p.under.Write(b)
	}
	p.h.cut()
	return 0, errLine
}

func (p *pipe) Close() error {
	p.h.mu.Lock()
	delete(p.h.pipes, p)
	p.h.mu.Unlock()
	p.end()
	return nil
}

func (p *pipe) end() {
	p.once.Do(func() {
		close(p.dead)
		go func() { _ = p.under.Close() }() // lets what was written be carried out
	})
}

// cut loses the line.
func (h *otherHost) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down, h.trap = true, trap{}
	h.lost++
	for p := range h.pipes {
		p.end()
	}
	clear(h.pipes)
}

// mend brings it back, with a trap set.
func (h *otherHost) mend(t trap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down, h.trap = false, t
}

func (h *otherHost) isDown() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.down
}

func (h *otherHost) Run(ctx context.Context, stdin string, argv ...string) ([]byte, error) {
	if err := h.pass(ctx); err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Stdin = strings.NewReader(stdin)
	return c.Output()
}

func (h *otherHost) Open(name string) (agent.File, error) {
	if err := h.pass(context.Background()); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return otherFile{f, h}, nil
}

func (h *otherHost) Stat(name string) (fs.FileInfo, error) {
	if err := h.pass(context.Background()); err != nil {
		return nil, err
	}
	return os.Stat(name)
}

func (h *otherHost) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := h.pass(context.Background()); err != nil {
		return nil, err
	}
	return os.ReadDir(name)
}

type otherFile struct {
	*os.File
	h *otherHost
}

func (f otherFile) ReadAt(b []byte, off int64) (int, error) {
	if err := f.h.pass(context.Background()); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, off)
}

// world is an agent in a pane of another machine, and vigil beside it.
type world struct {
	t      *testing.T
	host   *otherHost
	dir    string
	socket string
	s      *Supervisor

	mu   sync.Mutex
	told []Report
}

func newWorld(t *testing.T, delay time.Duration, noPane bool) *world {
	t.Helper()
	bin, err := exec.LookPath("tmux")
	if err != nil {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatal(err)
		}
		t.Skip("no tmux")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "vgl") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, dir: dir, socket: filepath.Join(dir, "s"),
		host: &otherHost{name: "head", delay: delay, pipes: map[*pipe]bool{}},
	}
	work := filepath.Join(dir, "work")
	if err := os.MkdirAll(filepath.Join(work, "scratchpad"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "plan.md"), []byte("- [ ] one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if noPane {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return w
	}
	do := exec.Command(bin, "-u", "-S", w.socket, "-f", os.DevNull, "new-session", "-d", "-x", "100", "-y", "30", "-c", work,
		"sh", "-c", `stty raw -echo; exec "$0" --test-cli`, self)
	do.Env = append(os.Environ(), "TMUX=", cliVar+"="+filepath.Join(dir, "claude"), "CLAUDE_CONFIG_DIR="+filepath.Join(dir, "claude"), "LC_ALL=C.UTF-8")
	if out, err := do.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v: %s", err, out)
	}
	t.Cleanup(func() {
		_ = exec.Command(bin, "-S", w.socket, "kill-server").Run()
		_ = os.RemoveAll(dir)
	})
	return w
}

// watch starts vigil, with agents that it cannot find by itself.
func (w *world) watch(fixed ...Fixed) {
	w.t.Helper()
	j, err := journal.Open(w.t.Context(), filepath.Join(w.dir, "journal.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	tm, err := nudge.NewTemplates(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	p := agent.DefaultPolicy()
	p.Delay, p.BackOff, p.MaxPerHour, p.MaxWasted, p.Typed = 0, []time.Duration{0}, 1000, 1000, 0
	w.s, err = New(Options{
		Rules: Rules{
			Endings: ending.Default(), Templates: tm,
			Policy: func(agent.Agent) agent.Policy { return p },
			Goal:   func(agent.Agent) agent.GoalLine { return agent.GoalLine{} },
		},
		Auto: true, Journal: j, Holder: journal.Holder("test", os.Getpid(), time.Now()),
		Sockets: func() []string { return nil }, NoLoose: true, Env: os.Getenv,
		Fixed: fixed, Hosts: []agent.Host{w.host}, HostSockets: func(string) []string { return []string{w.socket} },
		Kinds: []KindRule{{Kind: agent.Claude, Host: "head", Match: func(p tmux.Process) bool {
			return len(p.Args) == 2 && p.Args[1] == "--test-cli"
		}}},
		Report: func(r Report) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, r)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.s.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				w.t.Errorf("Run: %v", err)
			}
		case <-time.After(30 * time.Second):
			w.t.Error("Run did not end with its context")
		}
		_ = j.Close()
		if w.t.Failed() {
			for _, r := range w.told {
				w.t.Logf("%s %s %s %s %q", r.At.Format("05.000"), r.Event, r.Status, r.State, r.Text)
			}
		}
	})
}

// prompts are what the CLI was given, by its own session file.
func (w *world) prompts() []string {
	paths, _ := filepath.Glob(filepath.Join(w.dir, "claude", "projects", "*", "*.jsonl"))
	if len(paths) != 1 {
		return nil
	}
	b, _ := os.ReadFile(paths[0])
	var out []string
	for line := range strings.Lines(string(b)) {
		var l struct {
			Origin  *struct{} `json:"origin"`
			Message struct{ Content any }
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Origin != nil {
			out = append(out, fmt.Sprint(l.Message.Content))
		}
	}
	return out
}

func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	limit := time.After(90 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			w.t.Fatalf("waited in vain for %s: %q", what, w.prompts())
		}
	}
}

func (w *world) view() agent.View {
	for _, v := range w.s.Snapshot().Agents {
		return v
	}
	return agent.View{}
}

// once checks that each nudge came once, and none joined to another.
func (w *world) once() {
	w.t.Helper()
	seen := map[string]bool{}
	for i, p := range w.prompts() {
		if i == 0 {
			continue
		}
		if seen[p] || strings.Count(p, "vigil, nudge") != 1 {
			w.t.Errorf("prompt %d of %q", i, w.prompts())
		}
		seen[p] = true
	}
}

// An agent on another machine is found, read and got going.
func TestAgentOnAHost(t *testing.T) {
	w := newWorld(t, 10*time.Millisecond, false)
	w.watch()
	w.await("five nudges", func() bool { return len(w.prompts()) > 5 })
	w.await("the workspace", func() bool { return w.view().Plan.Text != "" })
	v := w.view()
	if v.Agent.ID != "head/claude/"+cliSession || v.Agent.Host != "head" || v.Agent.Workspace != filepath.Join(w.dir, "work") || v.Agent.Pane.ID == "" {
		t.Errorf("agent: %+v", v.Agent)
	}
	w.once()
}

// The connection is lost again and again, at the very moments when something is
// typed and at others: every ending is answered, once.
func TestAgentOverALossyLine(t *testing.T) {
	traps := []trap{
		{"paste-buffer", true}, {"paste-buffer", false}, {"send-keys", true}, {"send-keys", false}, {"capture-pane", true}, {"/stat'", true},
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	rnd.Shuffle(len(traps), func(i, j int) { traps[i], traps[j] = traps[j], traps[i] })
	if os.Getenv("VIGIL_E2E") != "require" { // each takes some ten seconds
		traps = traps[:2]
	}
	w := newWorld(t, 2*time.Millisecond, false)
	w.watch()
	w.await("the agent", func() bool { return w.view().Session != "" })
	for _, tr := range traps {
		n := len(w.prompts())
		w.host.mend(tr)
		w.await("a loss at "+tr.command, w.host.isDown)
		w.await("its notice", func() bool { v := w.view(); return v.State == agent.Unknown && v.Problem != "" })
		if rnd.IntN(2) == 0 { // and once more, at any moment
			w.host.mend(trap{})
			pause(t, time.Duration(rnd.Int64N(int64(5*time.Second))))
			w.host.cut()
			w.await("its notice", func() bool { v := w.view(); return v.State == agent.Unknown && v.Problem != "" })
		}
		w.host.mend(trap{})
		w.await("the next nudges after "+tr.command, func() bool { return len(w.prompts()) >= n+2 })
	}
	w.once()
	t.Logf("%d losses, %d nudges", w.host.lost, len(w.prompts())-1)
}

// pause lets time go by in which nothing is awaited.
func pause(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// A host that hangs or cannot be reached is told, and holds up no other.
func TestAHostThatCannotBeReached(t *testing.T) {
	w := newWorld(t, 0, false)
	w.host.cut()
	w.watch()
	w.await("a problem", func() bool {
		for _, p := range w.s.Snapshot().Problems {
			if p.Where == "head" && p.Do != "" && strings.Contains(p.What, errLine.Error()) {
				return true
			}
		}
		return false
	})
	w.host.mend(trap{})
	w.await("a nudge", func() bool { return len(w.prompts()) > 1 })
	w.await("no problem", func() bool { return len(w.s.Snapshot().Problems) == 0 })
}

// An agent that no process shows goes on by its resume command, on its machine.
func TestAgentWithoutAPaneOnAHost(t *testing.T) {
	w := newWorld(t, 0, true)
	claude, work := filepath.Join(w.dir, "claude"), filepath.Join(w.dir, "work")
	t.Setenv("CLAUDE_CONFIG_DIR", claude)
	t.Setenv("XDG_STATE_HOME", filepath.Join(w.dir, "state"))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	first := exec.Command(self, "--test-resume", "start")
	first.Dir = work
	if out, err := first.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.watch(
		Fixed{Name: "opus", Host: "head", Kind: agent.Claude, Workspace: work, Resume: []string{self, "--test-resume", "{text}"}},
		Fixed{Name: "elsewhere", Kind: agent.Claude, Workspace: filepath.Join(w.dir, "none")},
	)
	w.await("nudges", func() bool { return len(w.prompts()) > 2 })
	if v := w.view(); v.Agent.ID != "head/claude/"+cliSession || v.Name != "opus" || v.Agent.Pane.ID != "" {
		t.Errorf("agent: %+v", v.Agent)
	}
	w.once()
}
