package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
	"vigil/remote/remotetest"
)

// The end-to-end tests run the vigil binary beside real agents (the packages
// clients and modelapi say how); docs/testing.md tells what they need and how
// to make them longer.

// nudgeMark stands in each of vigil's own messages, and in nothing that the
// agents or their CLIs write.
const nudgeMark = "vigil, nudge"

// event is one line of `vigil auto --json`, as far as the tests read it.
type event struct {
	Event  string    // agent, turn, ending, nudge, problem, ...
	Agent  string    // its name or id
	At     time.Time // of what it tells
	Status string    // of a nudge: planned, sent, received, effective, wasted, held, dropped
	Text   string
	Key    string // of a nudge: one for each turn end
	Ending string
	Life   int `json:"-"` // which start of vigil wrote it, from 1
}

// settings are the parts of the configuration in which tests differ.
type settings struct {
	Delay time.Duration    // policy.delay
	Via   *remotetest.SSHD // the agent is reached through it, and not locally
	Judge string           // base URL of the judge's API
	Dir   string           // of its configuration and state; empty: a new one

	Policy string // further lines of [policy]
}

// auto is `vigil auto --json` beside one agent. It can be killed and started
// again; its state outlives that.
type auto struct {
	t      *testing.T
	bin    string
	env    []string
	cmd    *exec.Cmd
	done   chan struct{} // closed when the process has ended and its output is read
	lives  int
	mu     sync.Mutex
	events []event
	stderr strings.Builder
}

// buildVigil builds the binary under test.
func buildVigil(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no end-to-end tests")
	}
	bin := filepath.Join(t.TempDir(), "vigil")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// watch starts vigil beside the client. It sees the client's home folder and
// tmux server, and no other.
func watch(t *testing.T, bin string, c *clients.Client, s settings) *auto {
	t.Helper()
	dir := s.Dir
	if dir == "" {
		dir = t.TempDir()
	}
	config := filepath.Join(dir, "config", "vigil", "config.toml")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	socket := c.Socket
	if s.Via != nil {
		socket = filepath.Join(dir, "none") // vigil finds the agent on the host, not here
	}
	text := fmt.Sprintf("[policy]\ndelay = %q\nbackoff = [%q]\nmax_per_hour = 100000\nmax_wasted = 100000\ntyped = \"1s\"\n%s\n\n[tmux]\nsockets = [%q]\n",
		s.Delay, s.Delay, s.Policy, socket)
	if s.Via != nil {
		text += fmt.Sprintf("\n[[host]]\nname = %q\nssh_config = %q\n", s.Via.Alias, s.Via.Config)
	}
	if s.Judge != "" {
		text += fmt.Sprintf("\n[judge]\nbase_url = %q\nmodel = \"small\"\nbelow = 0.9\n", s.Judge)
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &auto{t: t, bin: bin, env: []string{
		"HOME=" + c.Home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=dumb",
		"XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_STATE_HOME=" + filepath.Join(dir, "state"),
		"XDG_DATA_HOME=" + filepath.Join(dir, "data"), "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"),
		"VIGIL_TMUX=" + socket, "VIGIL_JUDGE_KEY=sk-test",
	}}
	t.Cleanup(func() {
		a.kill()
		if t.Failed() {
			t.Logf("vigil:\n%s", a.dump())
		}
	})
	a.start()
	return a
}

// start starts vigil (again).
func (a *auto) start() {
	a.t.Helper()
	a.lives++
	cmd := exec.Command(a.bin, "auto", "--json")
	cmd.Env = a.env
	out, err := cmd.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	cmd.Stderr = lockedWriter{a}
	if err := cmd.Start(); err != nil {
		a.t.Fatalf("vigil auto: %v", err)
	}
	done := make(chan struct{})
	a.cmd, a.done = cmd, done
	go a.read(out, a.lives, func() { _ = cmd.Wait(); close(done) })
}

// read takes in vigil's lines until it ends, then calls end.
func (a *auto) read(out io.Reader, life int, end func()) {
	defer end()
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var e event
		err := json.Unmarshal(sc.Bytes(), &e)
		if err != nil || e.Event == "" || e.At.IsZero() {
			e = event{Event: "unreadable", Text: sc.Text()}
		}
		e.Life = life
		a.mu.Lock()
		a.events = append(a.events, e)
		a.mu.Unlock()
	}
}

// lockedWriter gathers vigil's complaints.
type lockedWriter struct{ a *auto }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	return w.a.stderr.Write(p)
}

// kill ends vigil as a crash would.
func (a *auto) kill() {
	_ = a.cmd.Process.Signal(syscall.SIGKILL) // it may have ended
	<-a.done
}

// stop ends vigil as a person would, and checks that it ends well.
func (a *auto) stop() {
	a.t.Helper()
	if err := a.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		a.t.Fatalf("vigil auto had ended before it was asked to: %v\n%s", err, a.dump())
	}
	select {
	case <-a.done:
	case <-time.After(10 * time.Second):
		_ = a.cmd.Process.Signal(syscall.SIGQUIT) // it says where it hangs
		<-a.done
		a.t.Fatalf("vigil auto does not end on SIGTERM\n%s", a.dump())
	}
	// A process that has not come to its main yet dies of the signal itself, as any does.
	unborn := a.cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled() && !a.spoke(a.lives)
	if code := a.cmd.ProcessState.ExitCode(); code != 0 && !unborn {
		a.t.Errorf("vigil auto ends with code %d on SIGTERM\n%s", code, a.dump())
	}
}

// spoke reports whether a life of vigil has printed a line.
func (a *auto) spoke(life int) bool {
	return slices.ContainsFunc(a.all(), func(e event) bool { return e.Life == life })
}

// all returns the events so far.
func (a *auto) all() []event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.events)
}

// has reports whether an event like this came: each field that is set counts.
func (a *auto) has(want event) bool {
	return slices.ContainsFunc(a.all(), func(e event) bool {
		return e.Event == want.Event && (want.Status == "" || e.Status == want.Status) &&
			(want.Ending == "" || e.Ending == want.Ending) && (want.Life == 0 || e.Life == want.Life)
	})
}

// sent returns the texts of the nudges that left, by key. The CLIs' own commands
// and restarts are none: no model is told of them.
func (a *auto) sent() map[string]string {
	out := map[string]string{}
	for _, e := range a.all() {
		if e.Event == "nudge" && slices.Contains([]string{"sent", "received", "effective", "wasted"}, e.Status) && strings.Contains(e.Text, nudgeMark) {
			out[e.Key] = e.Text
		}
	}
	return out
}

// dump is what vigil said, for a failed test.
func (a *auto) dump() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var b strings.Builder
	for _, e := range a.events {
		fmt.Fprintf(&b, "%s life %d %s %s %s %s %q %s\n", e.At.Format("15:04:05.000"), e.Life, e.Event, e.Agent, e.Status, e.Ending, e.Text, e.Key)
	}
	return b.String() + a.stderr.String()
}

// nudges returns vigil's messages that reached the model, without what a CLI
// puts around those that come from a hook.
func nudges(c *clients.Client) []modelapi.Prompt {
	out := slices.DeleteFunc(c.API.Prompts(), func(p modelapi.Prompt) bool { return !strings.Contains(p.Text, nudgeMark) })
	for i := range out {
		out[i].Text = unwrapped(out[i].Text)
	}
	return out
}

// words is text on one line, to compare what was sent with what arrived.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// exactlyOnce checks that each nudge that vigil knows of reached the model
// exactly once, that no other did, and that none came while the agent worked.
func exactlyOnce(t *testing.T, c *clients.Client, v *auto) {
	t.Helper()
	// The last one may be with the CLI still, on its way to the model.
	clients.Poll(10*time.Second, func() bool {
		for _, text := range v.sent() {
			if !slices.ContainsFunc(nudges(c), func(p modelapi.Prompt) bool { return words(p.Text) == words(text) }) {
				return false
			}
		}
		return true
	})
	came := map[string]int{}
	for _, p := range nudges(c) {
		came[words(p.Text)]++
		if p.MidTurn {
			t.Errorf("a nudge reached an agent at work: %q", p.Text)
		}
	}
	known := map[string]bool{}
	for key, text := range v.sent() {
		text = words(text)
		if known[text] {
			t.Errorf("two nudges have the same text, so they cannot be told apart: %q", text)
		}
		known[text] = true
		if came[text] != 1 {
			t.Errorf("nudge %s reached the model %d times: %q", key, came[text], text)
		}
	}
	for text, n := range came {
		if n != 1 || !known[text] {
			t.Errorf("the model got %d times, known to vigil %v: %q", n, known[text], text)
		}
		if k := c.API.Times(text); k != 1 {
			t.Errorf("the history holds it %d times: %q", k, text)
		}
	}
	for _, e := range v.all() {
		if e.Event == "unreadable" {
			t.Errorf("not a line of the contract: %s", e.Text)
		}
	}
	if t.Failed() {
		t.Logf("requests:\n%s", c.API.Dump())
	}
}

// together runs tests side by side, at most so many at a time: they mostly
// wait, so that more of them run than there are cores.
func together(t *testing.T, limit int, tests map[string]func(*testing.T)) {
	var wg sync.WaitGroup
	free := make(chan struct{}, limit)
	for name, test := range tests {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			t.Run(name, test)
		})
	}
	wg.Wait()
}

// knob reads a whole number from the environment.
func knob(t *testing.T, name string, usual int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q: want a whole number from 1", name, s)
	}
	return n
}

// report adds a line to the figures: to the test's log, and to the file that
// VIGIL_E2E_REPORT names.
func report(t *testing.T, format string, args ...any) {
	t.Helper()
	line := t.Name() + ": " + fmt.Sprintf(format, args...)
	t.Log(line)
	path := os.Getenv("VIGIL_E2E_REPORT")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, line); err != nil {
		t.Fatal(err)
	}
}

// percentile returns the p-th percentile (nearest rank) of sorted durations.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(p/100*float64(len(sorted)))) - 1
	return sorted[max(i, 0)]
}
