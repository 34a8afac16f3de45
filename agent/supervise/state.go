// Package supervise watches agents: observations go in, snapshots and actions
// come out. Start with [State.Step], where every decision is made: it is pure
// (no I/O, no clock), so that a night can be replayed from its observations.
// [Supervisor] is the loop around it, with the sources that observe and the
// executors that act.
package supervise

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/grind"
	"vigil/agent/nudge"
)

// Rules is what decides, as data: it may be replaced while running.
type Rules struct {
	Endings   *ending.Rules
	Templates *nudge.Templates
	Policy    func(agent.Agent) agent.Policy
	Goal      func(agent.Agent) agent.GoalLine
	// JudgeBelow is the confidence under which a verdict of the rules is put to
	// the judge; 0 where there is none.
	JudgeBelow float64
	// JudgeWrites has the judge write a line of the second and third rung.
	JudgeWrites bool
	// Grinding is what makes a loop; the zero value means grind.Defaults.
	Grinding grind.Limits
	// Commands are the CLIs' own commands; nil means nudge.CommandsOf.
	Commands func(agent.Kind) nudge.Commands
}

func (r Rules) commands(k agent.Kind) nudge.Commands {
	if r.Commands == nil {
		return nudge.CommandsOf(k)
	}
	return r.Commands(k)
}

// State is what the supervisor knows. Make it with NewState.
type State struct {
	rules    Rules
	auto     bool
	dryRun   bool
	lease    Leased
	agents   map[agent.ID]*track
	away     map[string]away // machines that cannot be reached
	problems []agent.Problem
	watched  agent.ID              // whose pane is watched closely
	moves    map[agent.ID]agent.ID // sessions that others go on with
	signs    map[string]sign       // of the accounts, as their agents were last settled by
	out      []Action              // of the step that runs
}

// NewState returns a state that knows no agent. With auto, nudges are sent as
// long as the lease is this process's; with dryRun they are only recorded.
func NewState(r Rules, auto, dryRun bool) *State {
	return &State{
		rules: r, auto: auto, dryRun: dryRun, agents: map[agent.ID]*track{}, away: map[string]away{},
		moves: map[agent.ID]agent.ID{}, signs: map[string]sign{},
	}
}

// Step takes one observation in at the time now and returns what is to be
// done. It is pure but for the state itself.
func (s *State) Step(now time.Time, o Observation) []Action {
	s.out = nil
	if t := s.take(now, o); t != nil {
		s.settle(now, t)
		s.settleAccount(now, t)
		return s.out
	}
	for _, t := range s.ordered() {
		if _, tick := o.(Tick); tick && now.Before(t.deadline) {
			continue
		}
		s.settle(now, t)
		s.settleAccount(now, t)
	}
	return s.out
}

// take notes the observation. It returns the one agent that it concerns, or
// nil if it may concern any.
func (s *State) take(now time.Time, o Observation) *track {
	switch o := o.(type) {
	case Seen:
		return s.seen(now, o.Agent)
	case Lost:
		delete(s.agents, o.ID)
	case Moved:
		return s.moved(now, o)
	case Leased:
		s.leased(o)
	case Asked:
		return s.asked(now, o.Intent)
	case Failing:
		s.problem(now, o.Problem)
	case Configured:
		s.rules = o.Rules
		for _, t := range s.agents {
			t.words.of = ""
		}
	case Restored:
		return s.with(o.ID, func(t *track) { s.restore(now, t, o) })
	case Heard:
		return s.exactly(o.ID, func(t *track) { s.heard(now, t, o) })
	case Process:
		return s.exactly(o.ID, func(t *track) { t.process(now, o) })
	case Backed:
		return s.with(o.ID, func(t *track) { t.live.Tell(now, o.Source, o.Tasks) })
	case Registered:
		return s.exactly(o.ID, func(t *track) { t.registry = o })
	case Reported:
		return s.exactly(o.ID, func(t *track) { t.reported(o) })
	case Judged:
		return s.with(o.ID, func(t *track) { s.second(now, t, o) })
	case Wrote:
		return s.with(o.ID, func(t *track) { s.wrote(now, t, o) })
	case Informed:
		return s.with(o.ID, func(t *track) { t.informed(o) })
	case Reached:
		s.reached(now, o)
	case HookCalled:
		return s.hookCalled(now, o)
	case HookTold:
		return s.with(o.ID, func(t *track) { s.hookTold(now, t, o) })
	case Looked:
		return s.exactly(o.ID, func(t *track) { s.looked(now, t, o) })
	case Fared:
		return s.with(o.ID, func(t *track) { s.fared(now, t, o) })
	case Entered:
		return s.with(o.ID, func(t *track) { s.entered(now, t, o.Key) })
	case Worked:
		return s.with(o.ID, func(t *track) { s.worked(now, t, o.State) })
	case Recalled:
		return s.with(o.ID, func(t *track) { s.recalled(t, o) })
	case Finished:
		return s.with(o.ID, func(t *track) { s.finished(t, o) })
	case Idling:
		return s.with(o.ID, func(t *track) { t.conditions.compute = o })
	case Ranked:
		return s.with(o.ID, func(t *track) { s.ranked(now, t, o.Best) })
	}
	return nil
}

// with runs f on the agent with the id, or on the one that goes on with its
// work.
func (s *State) with(id agent.ID, f func(*track)) *track { return s.exactly(s.now(id), f) }

// exactly runs f on the agent with the id. An observation of an agent that is
// gone concerns nobody: the track returned then is an empty one.
func (s *State) exactly(id agent.ID, f func(*track)) *track {
	t, ok := s.agents[id]
	if !ok {
		return &track{lost: true}
	}
	f(t)
	return t
}

// NextDeadline is when a Tick is due next; zero if time alone changes nothing.
func (s *State) NextDeadline() time.Time {
	var next time.Time
	for _, t := range s.agents {
		if !t.deadline.IsZero() && (next.IsZero() || t.deadline.Before(next)) {
			next = t.deadline
		}
	}
	return next
}

// ordered returns the agents in a stable order.
func (s *State) ordered() []*track {
	out := make([]*track, 0, len(s.agents))
	for _, t := range s.agents {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *track) int {
		return cmp.Or(cmp.Compare(a.Agent.Name, b.Agent.Name), cmp.Compare(a.Agent.ID, b.Agent.ID))
	})
	return out
}

func (s *State) seen(now time.Time, a agent.Agent) *track {
	t, ok := s.agents[a.ID]
	if from, again := s.restartedIn(now, a.Pane); !ok && again {
		return s.moved(now, Moved{From: from, Agent: a})
	}
	if !ok {
		a.Name = s.freeName(a)
		t = &track{Agent: a, since: now, state: agent.Unknown, firstSeen: now, away: s.away[a.Host]}
		s.agents[a.ID] = t
		s.do(Restore{Agent: a})
		s.tell(now, t, Report{Event: "agent", Text: where(a)})
		return t
	}
	a.Name = t.Agent.Name
	if a.PID != t.Agent.PID && a.PID != 0 {
		t.alive, t.registry = agent.Unsure, Registered{}
		t.live.Restart()
	}
	t.Agent = a
	return t
}

// freeName keeps names unique: people and commands call agents by them.
func (s *State) freeName(a agent.Agent) string {
	taken := func(name string) bool {
		for id, t := range s.agents {
			if id != a.ID && t.Agent.Name == name {
				return true
			}
		}
		return false
	}
	name := a.Name
	for n := 2; taken(name); n++ {
		name = fmt.Sprintf("%s-%d", a.Name, n)
	}
	return name
}

func (s *State) asked(now time.Time, in agent.Intent) *track {
	switch in.Type {
	case agent.AutoOn, agent.AutoOff:
		s.auto = in.Type == agent.AutoOn
		return nil
	case agent.WatchPane:
		s.watched = in.Agent
		return nil
	}
	return s.with(in.Agent, func(t *track) {
		switch in.Type {
		case agent.Hold:
			t.heldByPerson = true
		case agent.Release:
			t.heldByPerson = false
		case agent.NudgeNow:
			t.heldByPerson = false
			t.manual = &manual{text: in.Text, at: now}
		}
	})
}

// problem keeps the newest problem of each place; an empty What clears it.
func (s *State) problem(now time.Time, p agent.Problem) {
	old := slices.IndexFunc(s.problems, func(q agent.Problem) bool { return q.Where == p.Where })
	if p.What == "" {
		if old >= 0 {
			s.problems = slices.Delete(slices.Clone(s.problems), old, old+1)
		}
		return
	}
	if old >= 0 && s.problems[old].What == p.What {
		return
	}
	p.At = now
	s.problems = slices.Clone(s.problems) // snapshots share the old one
	if old >= 0 {
		s.problems[old] = p
	} else {
		s.problems = append(s.problems, p)
	}
	s.do(Tell{Report{At: now, Event: "problem", Text: p.Where + ": " + p.What + "; " + p.Do}})
}

func (s *State) do(a Action) { s.out = append(s.out, a) }

// tell reports something of an agent and puts it on its timeline.
func (s *State) tell(now time.Time, t *track, r Report) {
	if r.At.IsZero() {
		r.At = now
	}
	r.ID, r.Agent, r.Kind, r.Session = t.Agent.ID, t.Agent.Name, t.Agent.Kind, t.Agent.SessionID
	if r.State == "" {
		r.State = t.state
	}
	s.do(Tell{r})
	t.note(r)
}

func where(a agent.Agent) string {
	if a.Pane.Target != "" {
		return fmt.Sprintf("found %s in tmux %s, %s", a.Kind, a.Pane.Target, a.Workspace)
	}
	return fmt.Sprintf("found %s in %s", a.Kind, a.Workspace)
}
