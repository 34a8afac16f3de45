package supervise

import (
	"slices"
	"time"

	"vigil/agent"
	"vigil/agent/liveness"
)

// Jobs tells what the scheduler knows of an agent's jobs: those that run or
// wait, and those that have ended since (dead, with Sign as the time of it). It
// replaces what was told before.
func (s *Supervisor) Jobs(id agent.ID, jobs []agent.Task) {
	s.observe(Backed{ID: id, Source: "scheduler", Tasks: jobs})
}

// Logs tells which training logs of an agent's workspace there are, with Sign
// as the time of their last growth. It replaces what was told before.
func (s *Supervisor) Logs(id agent.ID, logs []agent.Task) {
	s.observe(Backed{ID: id, Source: "log", Tasks: logs})
}

// labour takes in what was seen of the processes under an agent.
func (t *track) labour(now time.Time, o Process) {
	if !o.Began.IsZero() {
		t.began = o.Began
	}
	switch {
	case !o.Alive:
		t.live.Restart() // nobody looks at what it left behind
	case o.Work != nil:
		t.live.Processes(now, o.Work)
		t.workAt = now
	}
	if o.Signs != nil {
		t.live.Signs(o.Signs)
	}
}

// fold asks the register what is alive now.
func (t *track) fold(now time.Time) {
	turn := t.session.Turn
	t.known = t.live.Fold(now, liveness.Session{
		Kind: t.Agent.Kind, Tasks: t.session.Tasks, Goal: t.session.Goal != "", GoalTurn: turn.Origin == agent.Goal,
		Turn: turn, Alive: t.alive, Began: t.began, Status: t.registry.Status, StatusAt: t.registry.At,
	})
	t.wake(t.known.Next)
}

// facts gathers what every source tells about the turn.
func (s *State) facts(now time.Time, t *track) agent.Facts {
	f := agent.FactsOf(&t.session, now)
	f.Background, f.Waits, f.Overdue, f.Died = t.known.Background, t.known.Waits, t.known.Overdue, t.known.Died
	f.Process = t.alive
	f.Dialog, _ = t.dialog()
	return f
}

// hollow is the evidence that something lives and will wake nobody.
func (t *track) hollow(now time.Time) []agent.Evidence {
	var out []agent.Evidence
	for _, note := range t.known.Notes {
		out = append(out, agent.Evidence{Source: "process", Text: note, At: now})
	}
	return out
}

// died is what the agent waits for in vain, for a message to it.
func (t *track) died() []string {
	var out []string
	for _, k := range t.known.Died {
		s := k.Summary
		if k.State == agent.TaskHollow {
			s += " (it still runs, but what it watches is dead)"
		}
		out = append(out, s)
	}
	return out
}

// waitsFor is what the agent waits for, for readers. Of a wait that only its
// words vouch for, that is what they speak of.
func (t *track) waitsFor() []agent.Task {
	tasks := slices.Clone(t.known.Tasks)
	if t.state != agent.Waiting || t.known.Background == agent.Yes {
		return tasks
	}
	ended := t.session.Turn.Ended
	return append(tasks, agent.Task{
		ID: "words", Kind: agent.SubAgent, Summary: spokenOf, Started: ended, Source: "text",
		Until: maxTime(ended, t.known.Sign).Add(wordsOnly),
	})
}

// spokenOf stands for work that only an agent's words tell of.
const spokenOf = "the work that it speaks of"
