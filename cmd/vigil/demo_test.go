package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/supervise"
	"vigil/cmd/vigil/internal/simcluster"
	"vigil/remote"
)

func ended(name string, e agent.Ending) supervise.Report {
	return supervise.Report{Event: "ending", Agent: name, Ending: e}
}

func nudged(name, key string, s agent.NudgeStatus) supervise.Report {
	return supervise.Report{Event: "nudge", Agent: name, Key: key, Status: s}
}

// The demo's verdict on itself is strict: each part of the story must have
// been seen.
func TestDemoStory(t *testing.T) {
	whole := func() *demoStory {
		d := newDemoStory()
		for _, key := range []string{"1", "2", "3", "4", "5"} {
			d.hear(ended("a", agent.Terminal))
			d.hear(ended("a", agent.Terminal)) // judged anew: the same stop
			for _, s := range []agent.NudgeStatus{agent.Planned, agent.Sent, agent.Received, agent.Effective} {
				d.hear(nudged("a", key, s))
			}
		}
		d.hear(ended("c", agent.Waits))
		d.look(&agent.Snapshot{Agents: []agent.View{
			{Agent: agent.Agent{Name: "b"}, State: agent.Working, Turn: agent.Turn{Tools: grindTools}},
			{Agent: agent.Agent{Name: "a"}, State: agent.Working, Turn: agent.Turn{Tools: 50}, Idle: 3 * time.Second},
		}})
		d.record = "a: run-1 reached it"
		d.head = &headStory{states: map[string]map[remote.JobState]bool{}, gpus: 8, ended: true, written: 5, followed: 5}
		for i := range simcluster.Jobs() {
			d.head.states[strconv.Itoa(i)] = map[remote.JobState]bool{remote.JobPending: true, remote.JobRunning: true}
		}
		return d
	}
	d := whole()
	if m := d.missing(); m != nil || d.grinding() != "b" || len(d.stops) != 5 {
		t.Fatalf("missing %q, %+v", m, d)
	}
	var out bytes.Buffer
	d.report(&out, 40*time.Second, 20)
	for _, want := range []string{"5 effective", "c: 1 ends", "b: 5 tool calls", "3s in real time", "2h42m0s for the same 5 stops", "5 points followed of 5 written"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("report lacks %q:\n%s", want, out.String())
		}
	}
	for name, spoil := range map[string]func(*demoStory){
		"a nudge that was not effective": func(d *demoStory) { d.stops[4].status = agent.Received },
		"no waiting":                     func(d *demoStory) { clear(d.waits) },
		"no record":                      func(d *demoStory) { d.record = "" },
		"no grinding":                    func(d *demoStory) { clear(d.tools) },
		"a waiting agent nudged":         func(d *demoStory) { d.hear(nudged("c", "x", agent.Planned)) },
		"a point of the head node lost":  func(d *demoStory) { d.head.followed-- },
		"a point of it twice":            func(d *demoStory) { d.head.followed++ },
		"a log of it another's":          func(d *demoStory) { d.head.differ = 2 },
		"its jobs still run":             func(d *demoStory) { d.head.ended = false },
		"a job of it not seen":           func(d *demoStory) { delete(d.head.states, "0") },
		"no GPU of it seen":              func(d *demoStory) { d.head.gpus = 0 },
		"the grinder stopped":            func(d *demoStory) { d.hear(ended("b", agent.Terminal)) },
	} {
		d := whole()
		if spoil(d); len(d.missing()) == 0 {
			t.Errorf("%s: the story counts as told", name)
		}
	}
}

// The world of the demo is apart from the person's: nothing of theirs leaks
// into it, and its configuration is valid.
func TestDemoWorldIsPrivate(t *testing.T) {
	e, _, _ := testEnv(t)
	e.Environ = []string{"PATH=/bin", "HOME=/home/p", "XDG_STATE_HOME=/x", "TMUX=/t,1,0", "VIGIL_TMUX=/y", "CODEX_HOME=/c"}
	e.Getenv = func(name string) string {
		for _, kv := range e.Environ {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v
			}
		}
		return ""
	}
	w := &demoWorld{Root: t.TempDir()}
	in := w.private(e)
	if got := strings.Join(in.Environ, " "); got != "PATH=/bin HOME="+w.Root+"/home" {
		t.Errorf("environment %q", got)
	}
	for _, name := range []string{"XDG_STATE_HOME", "TMUX", "VIGIL_TMUX", "CODEX_HOME"} {
		if v := in.Getenv(name); v != "" {
			t.Errorf("%s = %q", name, v)
		}
	}
	if in.Getenv("PATH") != "/bin" {
		t.Error("PATH is gone")
	}
	for _, why := range []string{"", "no tmux"} {
		w.Why, w.Socket, w.env = why, w.Root+"/tmux.sock", in
		c, err := resolve([]layer{{"demo", []byte(w.general() + w.head.entry())}}, identity)
		if err != nil || len(c.Hosts) != 1 || c.Hosts[0].GPUs || len(c.Sockets) != 1 || c.Sockets[0] != w.Socket || !c.Policy.Auto {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

// The headless demo tells its whole story, in tmux and without, and leaves
// nothing behind.
func TestDemoHeadless(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no end-to-end tests")
	}
	bin := buildSelf(t)
	for _, c := range []struct{ name, path string }{
		{"tmux", os.Getenv("PATH")},
		{"no tmux", "/nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "tmux" && !have("tmux") {
				if os.Getenv("VIGIL_E2E") == "require" {
					t.Fatal("tmux is not installed")
				}
				t.Skip("tmux is not installed")
			}
			tmp := t.TempDir()
			out, took, err := runSelf(t, bin, tmp, c.path, "demo", "--headless", "--speed", "20")
			if err != nil || took > time.Minute {
				t.Fatalf("%v after %s\n%s", err, took, out)
			}
			if strings.Contains(out, "without tmux") != (c.name == "no tmux") || !strings.Contains(out, "idle without vigil") || !strings.Contains(out, "head node  ") {
				t.Errorf("output:\n%s", out)
			}
			left, err := os.ReadDir(tmp)
			if err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// A demo that is killed takes its agents with it.
func TestDemoKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no end-to-end tests")
	}
	bin, root := buildSelf(t), t.TempDir()
	cmd := exec.CommandContext(t.Context(), bin, "demo", "--headless", "--dir", root)
	cmd.Env = []string{"PATH=/nowhere", "HOME=" + root, "LANG=C.UTF-8"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Claude Code's registry has an entry for each process that lives, and an
	// orderly end removes it.
	registry := filepath.Join(root, "home", ".claude", "sessions", "*.json")
	entries := func(want func(n int) bool) {
		t.Helper()
		end := time.Now().Add(10 * time.Second)
		for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
			found, err := filepath.Glob(registry)
			if err != nil {
				t.Fatal(err)
			}
			if want(len(found)) {
				tick.Stop()
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%d agents live", len(found))
			}
		}
	}
	entries(func(n int) bool { return n == 2 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	entries(func(n int) bool { return n == 0 })
}
