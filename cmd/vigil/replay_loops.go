package main

import (
	"time"

	"vigil/agent"
	"vigil/agent/grind"
	"vigil/agent/nudge"
)

// replayCondition is a stretch in which a condition held.
type replayCondition struct {
	Type     agent.ConditionType `json:"type"`
	Since    string              `json:"since"`
	Until    string              `json:"until"` // the end of the session if it held there
	Evidence []string            `json:"evidence"`
	hours    float64
}

// loops finds the conditions of a session as it is read.
type loops struct {
	limits grind.Limits
	watch  grind.Watch
	now    time.Time
	open   []agent.Condition
	out    []replayCondition
}

// event takes an event of the session in.
func (l *loops) event(e agent.Event) {
	for { // what time alone changed before it
		next := l.watch.Next(l.limits, l.now)
		if next.IsZero() || !next.Before(e.At) {
			break
		}
		l.now = next
		l.watch.Pass(l.limits, next)
		l.compare()
	}
	l.watch.Event(l.limits, e)
	if e.At.After(l.now) {
		l.now = e.At
	}
	l.compare()
}

// declared takes in what a turn ended with.
func (l *loops) declared(at time.Time, v agent.Verdict, t agent.Turn) {
	if v.Ending == agent.Terminal {
		l.watch.Declared(l.limits, at, grind.Result(t.Final))
	}
}

// compare notes the conditions that have ended.
func (l *loops) compare() {
	now := l.watch.Conditions(l.limits, l.now)
	for _, old := range l.open {
		held := false
		for _, c := range now {
			held = held || c.Type == old.Type && c.Since.Equal(old.Since)
		}
		if !held {
			l.close(old)
		}
	}
	l.open = now
}

func (l *loops) close(c agent.Condition) {
	l.out = append(l.out, replayCondition{
		Type: c.Type, Since: instant(c.Since), Until: instant(l.now), Evidence: c.Evidence, hours: l.now.Sub(c.Since).Hours(),
	})
}

// finish returns all conditions, those that held at the end last.
func (l *loops) finish() []replayCondition {
	for _, c := range l.open {
		l.close(c)
	}
	l.open = nil
	if l.out == nil {
		return []replayCondition{}
	}
	return l.out
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// nights is what vigil's nudges would have been worth over a session: each is
// sent as the policy says, and has the effect that the prompt had which really
// came next.
type nights struct {
	policy agent.Policy
	sent   []time.Time
	last   bool // a nudge would have been sent at the last end
	row    int  // wasted in a row
	saved  time.Duration
	wasted int
}

// end takes in an end of a turn, and the time of the next prompt.
func (n *nights) end(s *agent.Session, v agent.Verdict, at, next time.Time) {
	if s.Turn.Tools > 0 {
		n.row = 0
	} else if n.last {
		n.wasted++
		n.row++
	}
	n.last = false
	if next.IsZero() || !v.Ending.WantsNudge() && v.Ending != agent.Limit {
		return
	}
	due, hold := nudge.When(n.policy, nudge.Case{
		Now: at, Kind: s.Info.Kind, Ended: at, Verdict: v, Failure: s.Turn.Failure, Failed: s.Failed,
		Wasted: n.row, Sent: n.hour(at), Channel: agent.ViaTmux,
	})
	if hold != "" || due.IsZero() || !due.Before(next) {
		return
	}
	n.last = true
	n.sent = append(n.sent, due)
	n.saved += next.Sub(due)
}

// hour returns the nudges of the hour before at.
func (n *nights) hour(at time.Time) []time.Time {
	i := 0
	for i < len(n.sent) && at.Sub(n.sent[i]) >= time.Hour {
		i++
	}
	n.sent = n.sent[i:]
	return n.sent
}
