package supervise

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/grind"
	"vigil/agent/nudge"
)

// Finished gives finished trials of an agent's runs, as its training logs tell
// them: some may be long past, or told by the session too.
type Finished struct {
	ID     agent.ID
	Trials []agent.Trial // oldest first
}

// Idling tells that GPUs of an agent's allocation do nothing, or with no
// evidence that they do something again.
type Idling struct {
	ID       agent.ID
	Since    time.Time
	Evidence []string // clean, one line each
}

func (Finished) observation() {}
func (Idling) observation()   {}

// Finished tells of finished trials of an agent's runs.
func (s *Supervisor) Finished(o Finished) { s.observe(o) }

// Idling tells of idle GPUs of an agent's allocation.
func (s *Supervisor) Idling(o Idling) { s.observe(o) }

// conditions is what lies over an agent's state.
type conditions struct {
	watch    grind.Watch
	seen     time.Time // of the newest event that watch has had
	from     time.Time // of the first one that was heard
	declared string    // the last end that declared a result
	compute  Idling
	held     []agent.Condition
	again    bool // that it grinds was said a second time
}

// grinding are the limits in force.
func (r Rules) grinding() grind.Limits {
	if r.Grinding == (grind.Limits{}) {
		return grind.Defaults()
	}
	return r.Grinding
}

// watch takes events of an agent's session in. What was read before, and is
// read anew, counts once.
func (s *State) watch(t *track, o Heard) {
	c := &t.conditions
	known := time.Time{}
	if o.First {
		known = c.seen
	}
	for _, e := range o.Events {
		if !known.IsZero() && !e.At.After(known) {
			continue
		}
		if c.from.IsZero() {
			c.from = e.At
		}
		c.watch.Event(s.rules.grinding(), e)
		c.seen = maxTime(c.seen, e.At)
	}
}

// finished takes trials of training logs in.
func (s *State) finished(t *track, o Finished) {
	for _, x := range o.Trials {
		t.conditions.watch.Trial(s.rules.grinding(), x)
	}
}

// conditions works out what lies over the agent's state, and reports what began
// or ended.
func (s *State) conditions(now time.Time, t *track) {
	c, l := &t.conditions, s.rules.grinding()
	if end := t.session.Turn.EndID; end != "" && t.judged == end && c.declared != end && t.verdict.Ending == agent.Terminal {
		c.declared = end
		c.watch.Declared(l, t.session.Turn.Ended, grind.Result(t.session.Turn.Final))
	}
	c.watch.Pass(l, now)
	t.wake(c.watch.Next(l, now))
	next := c.watch.Conditions(l, now)
	if len(c.compute.Evidence) > 0 {
		next = append(next, agent.Condition{Type: agent.IdleCompute, Since: c.compute.Since, Evidence: c.compute.Evidence})
	}
	slices.SortStableFunc(next, func(a, b agent.Condition) int { return cmp.Compare(a.Since.Unix(), b.Since.Unix()) })
	old := c.held
	c.held = next
	for _, x := range old {
		if conditionOf(next, x.Type) == nil {
			t.words.news++
			s.tell(now, t, Report{Event: "condition", Condition: x.Type, Text: string(x.Type) + " is over after " + short(now.Sub(x.Since))})
		}
	}
	for _, x := range next {
		was := conditionOf(old, x.Type)
		long := x.Type == agent.Grinding && now.Sub(x.Since) >= l.Escalate
		switch {
		case was == nil:
			s.begun(now, t, x, "")
		case long && !c.again:
			s.begun(now, t, x, " still")
		}
		if x.Type == agent.Grinding {
			c.again = long
		}
	}
}

// begun reports a condition that began or goes on for long.
func (s *State) begun(now time.Time, t *track, c agent.Condition, still string) {
	t.words.news++
	s.tell(now, t, Report{
		Event: "condition", Condition: c.Type, Evidence: c.Evidence,
		Text: string(c.Type) + still + ": " + strings.Join(c.Evidence, "; "),
	})
}

func conditionOf(all []agent.Condition, typ agent.ConditionType) *agent.Condition {
	if i := slices.IndexFunc(all, func(c agent.Condition) bool { return c.Type == typ }); i >= 0 {
		return &all[i]
	}
	return nil
}

// short writes a time span without what does not matter of it.
func short(d time.Duration) string {
	if d >= time.Hour {
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return d.Round(time.Second).String()
}

// grindingFields has an agent that grinds change direction at its next end, if
// the policy says so.
func (s *State) grindingFields(t *track, f *nudge.Fields) {
	c := conditionOf(t.conditions.held, agent.Grinding)
	if c == nil || !s.rules.Policy(t.Agent).Grinding {
		return
	}
	f.Change, f.Conditions = true, c.Evidence[:1]
	knobs := t.conditions.watch.Knobs()
	f.Tried = slices.Concat(knobs[:min(len(knobs), knobsTold)], f.Tried)
}

// knobsTold is how many of the knobs that an agent keeps turning are named
// before the families of its runs.
const knobsTold = 3
