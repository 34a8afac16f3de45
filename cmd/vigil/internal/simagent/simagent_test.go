package simagent

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/transcript"
)

// fast lets a minute of the story pass in some milliseconds.
const fast = 5000

func create(t *testing.T, name string) *Actor {
	t.Helper()
	path, err := Create(t.TempDir(), name, fast)
	if err != nil {
		t.Fatal(err)
	}
	return load(t, path)
}

func load(t *testing.T, path string) *Actor {
	t.Helper()
	a, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fold reads the session file as vigil does.
func fold(t *testing.T, a *Actor) (s agent.Session, prompts []string) {
	t.Helper()
	f, err := os.Open(a.File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stats, err := transcript.Scan(f, func(e agent.Event) {
		if e.Type == agent.Prompt && e.Text != "" {
			prompts = append(prompts, string(e.Origin)+": "+e.Text)
		}
		s.Apply(e)
	})
	if err != nil {
		t.Fatal(err)
	}
	if stats.Kind != a.Kind || s.Info.ID != a.Session || s.Info.Dir != a.Workspace {
		t.Fatalf("read as %s, %+v", stats.Kind, s.Info)
	}
	return s, prompts
}

// The agent that keeps stopping ends a turn for each prompt, by a process of
// its own each time, as headless resumes do; a record comes in the end.
func TestStopper(t *testing.T) {
	a := create(t, "opus-v3")
	for n, want := range attempts() {
		text := "keep going " + strconv.Itoa(n)
		if err := load(t, a.path).Resume(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		s, prompts := fold(t, a)
		if len(prompts) != n+1 || prompts[n] != "human: "+text {
			t.Fatalf("prompts = %q", prompts)
		}
		if v := ending.Default().Judge(agent.FactsOf(&s, s.Turn.Ended)); v.Ending != agent.Terminal {
			t.Errorf("turn %d is judged %s: %v", n, v.Ending, v.Evidence)
		}
		if s.Turn.Running() || s.Turn.Final != want.final || s.Turn.Tools != 3 || len(s.Tasks) != 0 || len(s.Turn.Open) != 0 {
			t.Fatalf("turn %d = %+v, tasks %v", n, s.Turn, s.Tasks)
		}
		log, err := os.ReadFile(a.in("scratchpad/runs/" + want.run.run + ".log"))
		if err != nil || !strings.Contains(string(log), "\nstep:0/") {
			t.Fatalf("training log: %v", err)
		}
	}
	plan, err := os.ReadFile(a.in("plan.md"))
	if err != nil || strings.Count(string(plan), "- [x]") != len(attempts()) {
		t.Fatalf("plan: %v\n%s", err, plan)
	}
	ledger, err := os.ReadFile(a.in("scratchpad/runs.jsonl"))
	if err != nil || strings.Count(string(ledger), "\n") != len(attempts()) || !strings.Contains(string(ledger), `"steps":2930`) {
		t.Fatalf("ledger: %v\n%s", err, ledger)
	}
}

// The agent that waits ends its turns with a task alive, and its notice wakes
// it; nobody prompts it a second time.
func TestProbe(t *testing.T) {
	a := create(t, "opus-nov")
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	w := &watcher{until: 3, stop: stop}
	if err := a.play(ctx, w, kickoff, ""); err != nil {
		t.Fatal(err)
	}
	s, prompts := fold(t, a)
	if len(prompts) < 3 || !strings.HasPrefix(prompts[0], "human: ") {
		t.Fatalf("prompts = %q", prompts)
	}
	for _, p := range prompts[1:] {
		if !strings.HasPrefix(p, "notice: ") {
			t.Fatalf("prompt %q", p)
		}
	}
	if w.waits < 3 || s.Turn.N < 3 {
		t.Fatalf("%d waits, %d turns", w.waits, s.Turn.N)
	}
	if v := ending.Default().Judge(agent.FactsOf(&s, s.Turn.Ended)); v.Ending != agent.Waits || len(s.Tasks) != 1 {
		t.Errorf("judged %s with tasks %v: %v", v.Ending, s.Tasks, v.Evidence)
	}
}

// watcher is a stage that counts the turn ends with a task alive.
type watcher struct {
	blank
	waits, until int
	stop         func()
}

func (w *watcher) state(busy bool, shells int) {
	if !busy && shells > 0 {
		if w.waits++; w.waits == w.until {
			w.stop()
		}
	}
}

// The grinding agent's one turn does not end.
func TestGrind(t *testing.T) {
	a := create(t, "codex-v3")
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if err := a.play(ctx, blank{}, kickoff, ""); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	s, prompts := fold(t, a)
	if !s.Turn.Running() || s.Turn.N != 1 || s.Turn.Tools < 5 || len(prompts) != 1 || s.Usage.Context == 0 {
		t.Fatalf("turn = %+v, prompts %q, usage %+v", s.Turn, prompts, s.Usage)
	}
}

func TestTrainingLog(t *testing.T) {
	re := regexp.MustCompile(`^step:(\d+)/(\d+) val_loss:(\d+\.\d{5}) train_time:[\d.]+s step_avg:(nan|770\.50)ms$`)
	for _, a := range attempts() {
		lines := a.run.lines()
		prev := 11.0
		for i, l := range lines {
			m := re.FindStringSubmatch(l)
			if m == nil {
				t.Fatalf("%s: line %q", a.run.run, l)
			}
			v, err := strconv.ParseFloat(m[3], 64)
			if err != nil || v > prev+0.02 || v < 3.2 {
				t.Fatalf("%s: line %d: loss %v after %v", a.run.run, i, v, prev)
			}
			prev = v
		}
		if prev != a.run.final || len(lines) < 30 {
			t.Fatalf("%s: %d lines, the last loss is %v, want %v", a.run.run, len(lines), prev, a.run.final)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	path := t.TempDir() + "/a.json"
	for _, text := range []string{"", "{", `{"Speed":0}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if _, err := Create(t.TempDir(), "nobody", 1); err == nil {
		t.Error("an agent without a story was made")
	}
}
