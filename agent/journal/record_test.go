package journal

import (
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

func TestEndings(t *testing.T) {
	j := fresh(t)
	clock := at(time.Hour)
	j.now = func() time.Time { return clock }
	turn := agent.Turn{
		N: 3, ID: "t3", Started: at(0), Ended: at(time.Minute), EndID: "e3", Final: "SESSION FINAL\x1b[0m",
		Last: agent.LastText, Tools: 7,
	}
	first := agent.Verdict{Ending: agent.Waits, Confidence: 0.5, Evidence: []agent.Evidence{
		{Source: "rule:x", Text: "a\x1b[1mb\nc", At: at(time.Minute).In(time.FixedZone("", 3600))},
	}}
	record := func(v agent.Verdict) {
		t.Helper()
		if err := j.RecordEnding(t.Context(), "a1", "s1", turn, v); err != nil {
			t.Fatal(err)
		}
	}
	record(first)
	clock = at(2 * time.Hour)
	record(first) // the same again: nothing changes
	want := Ended{
		Agent: "a1", Session: "s1", First: agent.Waits, FirstAt: at(time.Hour), JudgedAt: at(time.Hour),
		Turn: turn, Verdict: agent.Verdict{Ending: agent.Waits, Confidence: 0.5, Evidence: []agent.Evidence{
			{Source: "rule:x", Text: "ab c", At: at(time.Minute)},
		}},
	}
	want.Turn.Final = "SESSION FINAL"
	same(t, "after the first verdict", must[[]Ended](t)(j.Endings(t.Context(), "a1", time.Time{})), []Ended{want})

	clock = at(3 * time.Hour)
	record(agent.Verdict{Ending: agent.Stalled, Confidence: 0.9, Resets: at(time.Minute)})
	want.Verdict, want.JudgedAt = agent.Verdict{Ending: agent.Stalled, Confidence: 0.9, Resets: at(time.Minute)}, clock
	same(t, "after the second verdict", must[[]Ended](t)(j.Endings(t.Context(), "a1", at(0))), []Ended{want})
	if got := must[[]Ended](t)(j.Endings(t.Context(), "a1", at(time.Hour))); len(got) != 0 {
		t.Errorf("endings after it: %v", got)
	}
	if err := j.RecordEnding(t.Context(), "a1", "s1", agent.Turn{}, first); err == nil {
		t.Error("a turn that runs was recorded as ended")
	}
}

func TestCut(t *testing.T) {
	long := "start" + strings.Repeat("é", maxFinal) + "the end"
	got := cut(long, maxFinal)
	if len(got) > maxFinal+8 || !strings.HasPrefix(got, "start") || !strings.HasSuffix(got, "the end") {
		t.Errorf("%d bytes, %q ... %q", len(got), got[:10], got[len(got)-10:])
	}
}

func TestIdle(t *testing.T) {
	j := fresh(t)
	m := func(n int) time.Time { return at(time.Duration(n) * time.Minute) }
	record := func(end string, cause agent.Ending, from, to int) {
		t.Helper()
		if err := j.RecordIdle(t.Context(), "a1", "s1", end, cause, m(from), m(to)); err != nil {
			t.Fatal(err)
		}
	}
	record("e1", agent.Terminal, 0, 5)
	record("e1", agent.Terminal, 0, 10) // extends
	record("e1", agent.Terminal, 0, 7)  // does not shrink
	record("e1", agent.Terminal, 4, 12) // a second watcher came later: counts once
	record("e2", agent.Waits, 20, 30)
	record("e2", agent.Stalled, 20, 30) // judged anew
	record("e3", agent.Limit, 40, 40)   // empty
	record("e4", agent.Limit, 50, 45)   // backwards
	got := must[map[agent.Ending]time.Duration](t)(j.Idle(t.Context(), "a1", time.Time{}))
	same(t, "idle", got, map[agent.Ending]time.Duration{agent.Terminal: 12 * time.Minute, agent.Stalled: 10 * time.Minute})
	got = must[map[agent.Ending]time.Duration](t)(j.Idle(t.Context(), "a1", m(11)))
	same(t, "idle since", got, map[agent.Ending]time.Duration{agent.Terminal: time.Minute, agent.Stalled: 10 * time.Minute})
	got = must[map[agent.Ending]time.Duration](t)(j.Idle(t.Context(), "a2", time.Time{}))
	same(t, "another's", got, map[agent.Ending]time.Duration{})
}

func TestMoments(t *testing.T) {
	j := fresh(t)
	m := func(n int, text string) agent.Moment {
		return agent.Moment{At: at(time.Duration(n) * time.Second), Agent: "a1", Type: agent.MNote, Text: text}
	}
	add := func(ms ...agent.Moment) {
		t.Helper()
		if err := j.AddMoments(t.Context(), ms); err != nil {
			t.Fatal(err)
		}
	}
	idle := agent.Moment{At: at(5 * time.Second), Agent: "a1", Type: agent.MIdle, Text: "idle", Ending: agent.Terminal, For: time.Minute}
	add(m(1, "one"), m(2, "two\x1b[1m!"), idle)
	idle.For = time.Hour
	add(m(1, "one"), m(3, "three"), idle)
	add()
	add(agent.Moment{At: at(0), Agent: "a2", Type: agent.MNote, Text: "other"})
	all := []agent.Moment{m(1, "one"), m(2, "two!"), m(3, "three"), idle}
	same(t, "all", must[[]agent.Moment](t)(j.Moments(t.Context(), "a1", time.Time{}, 0)), all)
	same(t, "newest", must[[]agent.Moment](t)(j.Moments(t.Context(), "a1", time.Time{}, 2)), all[2:])
	same(t, "since", must[[]agent.Moment](t)(j.Moments(t.Context(), "a1", at(2*time.Second), 10)), all[1:])
}

func TestAgents(t *testing.T) {
	j := fresh(t)
	a := agent.Agent{
		ID: "a1", Name: "opus", Kind: agent.Claude, Host: "local", Workspace: "/w", SessionID: "s", Session: "/s.jsonl",
		Resume: []string{"claude", "--resume", "s"}, PID: 42, Pane: agent.Pane{ID: "%1"},
	}
	b := agent.Agent{ID: "b", Name: "codex", Kind: agent.Codex, Host: "local"}
	for _, c := range []struct {
		a  agent.Agent
		at time.Time
	}{{a, at(time.Minute)}, {b, at(time.Hour)}, {a, at(2 * time.Hour)}, {a, at(0)}} {
		if err := j.RecordAgent(t.Context(), c.a, c.at); err != nil {
			t.Fatal(err)
		}
	}
	a.PID, a.Pane = 0, agent.Pane{}
	same(t, "agents", must[[]Seen](t)(j.Agents(t.Context())), []Seen{
		{Agent: a, First: at(0), Last: at(2 * time.Hour)}, {Agent: b, First: at(time.Hour), Last: at(time.Hour)},
	})
}
