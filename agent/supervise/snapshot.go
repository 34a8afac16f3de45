package supervise

import (
	"slices"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// Snapshot returns all of it for readers. Nothing in it is written to again.
func (s *State) Snapshot(now time.Time) *agent.Snapshot {
	snap := &agent.Snapshot{
		At: now, Auto: s.auto && s.lease.Mine, DryRun: s.dryRun, Problems: slices.Clone(s.problems),
		Goal: s.rules.Goal(agent.Agent{}),
	}
	if s.auto && !s.lease.Mine {
		snap.Holder = s.lease.Holder
	}
	for _, t := range s.ordered() {
		v := t.view(now)
		v.Need, v.Measure = s.need(t), s.rules.Goal(t.Agent)
		snap.Agents = append(snap.Agents, v)
	}
	return snap
}

func (t *track) view(now time.Time) agent.View {
	c := t.session.Clone()
	v := agent.View{
		Agent: t.Agent, State: t.state, Since: t.since, Started: t.started, Verdict: t.verdict,
		Trace: t.trace, Sources: t.sources(),
		Turn: c.Turn, Tasks: t.waitsFor(), Usage: c.Usage, Screen: t.screen,
		Nudges: t.sent(), Wasted: t.wasted, Idle: t.idleTotal,
		Goal: t.work.Goal, Plan: t.work.Plan, Files: t.work.Files,
		Moments: t.moments[:len(t.moments):len(t.moments)],
		Best:    t.best, Problem: t.trouble(), Conditions: t.conditions.held,
	}
	if t.session.Turn.Running() && t.state == agent.Working {
		v.Verdict = agent.Verdict{}
	}
	if t.session.Turn.Running() {
		v.Trace = nil // of the turn before
	}
	if t.away != (away{}) {
		v.Verdict.Evidence = append([]agent.Evidence{{Source: "connection", Text: t.away.String(), At: t.away.since}}, v.Verdict.Evidence...)
	}
	if t.limits.told != "" {
		v.Verdict.Evidence = append(slices.Clone(v.Verdict.Evidence), agent.Evidence{Source: "account", Text: t.limits.told, At: t.now})
	}
	if !t.idleFrom.IsZero() {
		v.Idle += now.Sub(t.idleFrom)
	}
	if n := len(t.nudges); n > 0 {
		last := t.nudges[n-1]
		v.LastNudge = &last
		v.Recent = slices.Clone(t.nudges[max(n-recent, 0):])
	}
	if t.hold != "" || !t.due.IsZero() {
		v.Next = t.next()
	}
	return v
}

// trouble is the first failed source of the agent.
func (t *track) trouble() string {
	switch {
	case t.away != (away{}):
		return t.away.String()
	case t.problem != "":
		return t.problem
	case t.lookErr != "":
		return "pane: " + t.lookErr
	}
	return t.work.Problem
}

// Due reports whether the agent with the id still stands at the end that the
// nudge with the key answers: the last question before anything is typed.
func (s *State) due(key string, id agent.ID) bool {
	t, ok := s.agents[s.now(id)]
	if !ok {
		return false
	}
	n := t.nudge(key)
	same := n != nil && (n.EndID == t.endID() && t.planned() || n.Rung == nudge.RungHandOver)
	return n != nil && n.Status.Open() && (n.Manual || same && !t.session.Turn.Running())
}
