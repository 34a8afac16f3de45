package notice

import (
	"slices"
	"testing"
	"time"

	"vigil/agent"
)

var began = time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)

// seen lets a watch see snapshots and gathers what it tells.
type seen struct {
	w     Watch
	rules Rules
	told  []Notice
	next  time.Time
}

func (s *seen) at(after time.Duration, views ...agent.View) {
	var out []Notice
	out, s.next = s.w.See(began.Add(after), &agent.Snapshot{Agents: views}, s.rules)
	s.told = append(s.told, out...)
}

func (s *seen) kinds() []Kind {
	var out []Kind
	for _, n := range s.told {
		out = append(out, n.Kind)
	}
	return out
}

func needing(t agent.NeedType, mark string) agent.View {
	return agent.View{
		Agent: agent.Agent{ID: "local/claude/s1", Name: "opus", Host: "local", Workspace: "/w"},
		Need:  &agent.Need{Type: t, Text: "it asks for permission: Bash rm", Mark: mark},
	}
}

// A need is told once it has stood for a while, once for its moment, and again
// for another moment.
func TestNeed(t *testing.T) {
	s := seen{rules: Rules{After: 10 * time.Second}}
	v := needing(agent.NeedPermission, "permission/e1")
	s.at(0, v)
	if len(s.told) != 0 || !s.next.Equal(began.Add(10*time.Second)) {
		t.Fatalf("told %v, next %v", s.told, s.next)
	}
	s.at(10*time.Second, v)
	s.at(20*time.Second, v)
	if len(s.told) != 1 {
		t.Fatalf("told %v", s.told)
	}
	n := s.told[0]
	if n.Kind != Permission || n.Key != "permission/local/claude/s1/permission/e1" || n.Title != "opus: asks for permission" || n.Text != v.Need.Text || n.Good {
		t.Errorf("%+v", n)
	}
	s.at(30*time.Second, needing(agent.NeedPermission, "permission/e2"))
	s.at(40*time.Second, needing(agent.NeedPermission, "permission/e2"))
	if len(s.told) != 2 || s.told[1].Key == n.Key {
		t.Errorf("another prompt: %v", s.told)
	}
}

// A person who answers at once is told nothing.
func TestAnswered(t *testing.T) {
	s := seen{rules: Rules{After: 10 * time.Second}}
	s.at(0, needing(agent.NeedAnswer, "q"))
	s.at(5*time.Second, agent.View{})
	s.at(11*time.Second, needing(agent.NeedAnswer, "q2"))
	if len(s.told) != 0 {
		t.Errorf("told %v", s.told)
	}
}

// In quiet hours nothing is told; what still stands at their end is.
func TestQuiet(t *testing.T) {
	s := seen{rules: Rules{Quiet: []agent.DaySpan{{From: 23 * time.Hour, To: 7 * time.Hour}}}}
	stays, goes := needing(agent.NeedHelp, "a"), needing(agent.NeedHelp, "b")
	goes.ID = "other"
	s.at(0, stays, goes)
	if len(s.told) != 0 || s.next.IsZero() {
		t.Fatalf("told %v, next %v", s.told, s.next)
	}
	s.at(time.Hour, stays)
	s.at(4*time.Hour, stays)
	if !slices.Equal(s.kinds(), []Kind{Stuck}) {
		t.Errorf("told %v", s.told)
	}
}

func TestKindsChosen(t *testing.T) {
	s := seen{rules: Rules{Kinds: []Kind{Exited}}}
	s.at(0, needing(agent.NeedHelp, "a"), needing(agent.NeedRestart, "b"))
	if !slices.Equal(s.kinds(), []Kind{Exited}) {
		t.Errorf("told %v", s.told)
	}
}

// A condition is told once for its beginning, and only if a person can do
// something about it.
func TestConditions(t *testing.T) {
	v := agent.View{Agent: agent.Agent{Name: "codex"}, Conditions: []agent.Condition{
		{Type: agent.Grinding, Since: began.Add(-time.Hour), Evidence: []string{"no new best for 11h"}},
		{Type: agent.KeepAlive, Since: began},
		{Type: agent.IdleCompute, Since: began},
	}}
	var s seen
	s.at(0, v)
	s.at(time.Minute, v)
	if !slices.Equal(s.kinds(), []Kind{Grinding, IdleCompute}) || s.told[0].Text != "no new best for 11h" {
		t.Errorf("told %+v", s.told)
	}
}

// Only what was reached while somebody watched is news: the target once, and
// each result beyond the record.
func TestResults(t *testing.T) {
	goal := agent.GoalLine{Metric: "val_loss", Target: 3.28, Minimize: "step", Record: 2990}
	best := func(name string, value float64, after time.Duration) agent.View {
		return agent.View{Agent: agent.Agent{ID: agent.ID(name), Name: name}, Measure: goal, Best: &agent.Best{Run: "r", Value: value, At: began.Add(after)}}
	}
	var s seen
	s.at(0, best("old", 3040, -time.Hour), best("gone", 2950, -time.Hour))
	if len(s.told) != 0 {
		t.Fatalf("old results: %+v", s.told)
	}
	s.at(time.Hour, best("old", 3030, time.Hour), best("new", 3060, time.Hour))
	s.at(2*time.Hour, best("old", 2985, 2*time.Hour), best("new", 3050, 2*time.Hour))
	s.at(3*time.Hour, best("old", 2985, 2*time.Hour), best("new", 2990, 3*time.Hour))
	if !slices.Equal(s.kinds(), []Kind{Goal, Record}) || !s.told[0].Good || s.told[0].Agent != "new" || s.told[1].Title != "old: new record: 2985 steps" {
		t.Errorf("told %+v", s.told)
	}
}

// A failed source is told after it has failed for long, once a day, however its
// words change.
func TestBroken(t *testing.T) {
	s := seen{rules: Rules{Broken: 10 * time.Minute}}
	for i := range 30 {
		v := agent.View{Agent: agent.Agent{ID: "a", Name: "a"}, Problem: "stale for " + time.Duration(i).String()}
		s.at(time.Duration(i)*time.Minute, v)
	}
	if !slices.Equal(s.kinds(), []Kind{Broken}) {
		t.Errorf("told %+v", s.told)
	}
	out, _ := s.w.See(began.Add(time.Hour), &agent.Snapshot{Problems: []agent.Problem{{Where: "journal", What: "full", Do: "free some"}}}, Rules{})
	if len(out) != 1 || out[0].Text != "full; free some" || out[0].Agent != "" {
		t.Errorf("vigil's own: %+v", out)
	}
}

// A machine that cannot be reached is one event, however many agents are on it.
func TestAway(t *testing.T) {
	on := func(id agent.ID) agent.View {
		return agent.View{
			Agent: agent.Agent{ID: id, Name: string(id), Host: "head"}, Problem: "no connection to head",
			Verdict: agent.Verdict{Evidence: []agent.Evidence{{Source: "connection"}}},
		}
	}
	s := seen{rules: Rules{Broken: 10 * time.Minute}}
	s.at(0, on("a"), on("b"))
	s.at(11*time.Minute, on("a"), on("b"))
	s.at(12*time.Minute, on("b"), on("c"))
	if len(s.told) != 1 || s.told[0].Title != "head cannot be reached" {
		t.Errorf("told %+v", s.told)
	}
}

// What did not get through is told again while it stands.
func TestForget(t *testing.T) {
	var s seen
	v := needing(agent.NeedHelp, "a")
	s.at(0, v)
	s.w.Forget(s.told[0].Key)
	s.at(time.Minute, v)
	s.at(2*time.Minute, v)
	if len(s.told) != 2 {
		t.Errorf("told %v", s.told)
	}
}
