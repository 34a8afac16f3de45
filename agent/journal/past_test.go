package journal

import (
	"math"
	"testing"
	"time"

	"vigil/agent"
)

func TestPast(t *testing.T) {
	j := fresh(t)
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	m := func(n int) time.Time { return at(time.Duration(n) * time.Minute) }
	ok(j.RecordAgent(ctx, agent.Agent{ID: "a1", Name: "opus", Kind: agent.Claude, Host: "local", Workspace: "/w"}, m(0)))
	ok(j.RecordAgent(ctx, agent.Agent{ID: "a2", Name: "codex"}, m(0)))
	for i, end := range []string{"e1", "e2", "e3"} {
		turn := agent.Turn{N: i + 1, Started: m(100 * i), Ended: m(100*i + 50), EndID: end, Final: end}
		ok(j.RecordEnding(ctx, "a1", "s1", turn, agent.Verdict{Ending: agent.Terminal}))
	}
	ok(j.RecordIdle(ctx, "a1", "s1", "e1", agent.Terminal, m(50), m(110)))
	ok(j.RecordIdle(ctx, "a1", "s1", "e2", agent.Terminal, m(290), m(400)))
	ok(j.AddMoments(ctx, []agent.Moment{{At: m(90), Agent: "a1", Type: agent.MTurnStart}, {At: m(101), Agent: "a1", Type: agent.MTurnStart}, {At: m(101), Agent: "nobody"}}))
	for _, key := range []string{"k1", "k2"} {
		_, err := j.Plan(ctx, agent.Nudge{Key: key, Agent: "a1", PlannedAt: m(map[string]int{"k1": 99, "k2": 160}[key])})
		ok(err)
	}
	ok(j.Spend(ctx, m(120), 100, 0.5))
	ok(j.Spend(ctx, m(20), 7, 0.1))

	got, err := j.Past(ctx, m(100), m(300))
	ok(err)
	if len(got.Agents) != 1 || got.JudgeTokens != 100 || got.JudgeUSD != 0.5 {
		t.Fatalf("%+v", got)
	}
	a := got.Agents[0]
	if a.Name != "opus" || len(a.Turns) != 2 || a.Turns[0].EndID != "e2" || a.Turns[0].Verdict.Ending != agent.Terminal ||
		len(a.Idle) != 2 || !a.Idle[0].To.Equal(m(110)) || len(a.Moments) != 1 || len(a.Nudges) != 1 || a.Nudges[0].Key != "k2" {
		t.Errorf("%+v", a)
	}
	if !a.Open.IsZero() {
		t.Errorf("open since %v", a.Open)
	}
	ok(j.AddMoments(ctx, []agent.Moment{{At: m(290), Agent: "a1", Type: agent.MTurnStart}}))
	if got, err = j.Past(ctx, m(295), m(300)); err != nil || len(got.Agents) != 1 || !got.Agents[0].Open.Equal(m(290)) {
		t.Errorf("in an open turn: %+v, %v", got, err)
	}
	ok(j.RecordUsage(ctx, "a2", agent.UsageAt{At: m(280), Turn: m(7), Usage: agent.Usage{Input: 1}}))
	if got, err = j.Past(ctx, m(270), m(300)); err != nil || len(got.Agents) != 2 || !got.Agents[1].Open.Equal(m(7)) {
		t.Errorf("in a turn that ran when vigil first looked: %+v, %v", got, err)
	}
	all, err := j.Past(ctx, time.Time{}, m(1000))
	ok(err)
	if len(all.Agents) != 2 || len(all.Agents[0].Turns) != 3 {
		t.Errorf("of all time: %+v", all)
	}
}

func TestResults(t *testing.T) {
	j := fresh(t)
	if err := j.RecordAgent(t.Context(), agent.Agent{ID: "a1", Name: "opus"}, at(0)); err != nil {
		t.Fatal(err)
	}
	r := agent.Result{
		Agent: "a1", Host: "head", Path: "/w/r.log", Index: 2, Run: "r\x1b[1m", Status: "running", Metric: "val_loss", Target: 3.28,
		Least: 3.28, Reached: 2934.5, Hit: true, At: at(time.Hour), Ended: at(time.Hour),
	}
	bad := r
	bad.Path, bad.Least = "/w/bad.log", math.NaN()
	miss := r
	miss.Path, miss.Hit, miss.Reached = "/w/miss.log", false, 0
	ended := r
	ended.Status, ended.Least, ended.Ended = "finished", 3.27, at(2*time.Hour)
	for _, all := range [][]agent.Result{{r, bad, miss}, {ended}} {
		if err := j.RecordResults(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	ended.Run, miss.Run = "r", "r"
	got := must[agent.Past](t)(j.Past(t.Context(), at(30*time.Hour), at(40*time.Hour)))
	same(t, "results", got.Agents[0].Results, []agent.Result{miss, ended})
}

// Of a session's tokens the last count before the span is told too; counts do
// not shrink.
func TestUsage(t *testing.T) {
	j := fresh(t)
	if err := j.RecordAgent(t.Context(), agent.Agent{ID: "a1", Name: "opus"}, at(0)); err != nil {
		t.Fatal(err)
	}
	count := func(min int, n int64) agent.UsageAt {
		return agent.UsageAt{Started: at(0), At: at(time.Duration(min) * time.Minute), Usage: agent.Usage{Input: n, CachedInput: n / 2, Output: n / 10}}
	}
	for _, u := range []agent.UsageAt{count(1, 10), count(31, 100), count(61, 200), count(62, 300), count(63, 20)} {
		if err := j.RecordUsage(t.Context(), "a1", u); err != nil {
			t.Fatal(err)
		}
	}
	last := count(63, 300)
	got := must[agent.Past](t)(j.Past(t.Context(), at(time.Hour), at(2*time.Hour)))
	same(t, "in the second hour", got.Agents[0].Usage, []agent.UsageAt{count(31, 100), last})
	got = must[agent.Past](t)(j.Past(t.Context(), time.Time{}, at(2*time.Hour)))
	same(t, "in all", got.Agents[0].Usage, []agent.UsageAt{count(1, 10), count(31, 100), last})
	if got = must[agent.Past](t)(j.Past(t.Context(), at(2*time.Hour), at(3*time.Hour))); len(got.Agents) != 0 {
		t.Errorf("after it: %+v", got.Agents)
	}
}

// GPU time that two processes have seen is not twice as much.
func TestGPUTime(t *testing.T) {
	j := fresh(t)
	if err := j.RecordAgent(t.Context(), agent.Agent{ID: "a1", Name: "opus"}, at(0)); err != nil {
		t.Fatal(err)
	}
	start := at(0).Truncate(ledgerStep)
	add := func(holder string, after, held, idle time.Duration) {
		t.Helper()
		g := agent.GPUTime{At: start.Add(after), Held: held, Busy: held - idle, Idle: idle}
		if err := j.RecordGPUs(t.Context(), "a1", holder, g); err != nil {
			t.Fatal(err)
		}
	}
	add("p1", time.Second, time.Minute, 0)
	add("p1", 2*time.Second, time.Minute, time.Minute)
	add("p2", 2*time.Second, time.Minute, 0)
	add("p2", 6*time.Minute, time.Hour, 0)
	got := must[agent.Past](t)(j.Past(t.Context(), start, start.Add(time.Hour)))
	same(t, "GPU time", got.Agents[0].GPUs, []agent.GPUTime{
		{At: start, Held: 2 * time.Minute, Busy: time.Minute, Idle: time.Minute},
		{At: start.Add(ledgerStep), Held: time.Hour, Busy: time.Hour},
	})
}
