package supervise

import (
	"fmt"
	"time"

	"vigil/agent"
)

// Times of a restart.
const (
	restartGrace = 2 * time.Second  // a pane's shell has its prompt back, and a person may be at it
	startWithin  = 60 * time.Second // a CLI that was started again is seen to live
)

// startAgain is what a restart is called where people read it.
const startAgain = "start it again"

// careGone says what an agent needs whose process is gone: to be started again
// in its pane, within the policy's limits, and then the message.
func (s *State) careGone(now time.Time, t *track) care {
	switch t.alive { // it was started again
	case agent.Yes:
		return t.message()
	case agent.Unsure:
		return care{wait: now.Add(time.Second)}
	}
	if turn := t.session.Turn; turn.Aborted || stopWord(t) {
		return care{key: t.key(), hold: "a person stopped it before it ended"}
	}
	if t.Agent.Pane.ID == "" || t.noPane {
		return t.message()
	}
	p := s.rules.Policy(t.Agent)
	last := t.lastRestart()
	switch {
	case last != nil && (last.DryRun || last.Status == agent.Planned):
		return care{key: last.Key, rung: last.Rung, text: last.Text}
	case last != nil && last.Status == agent.Sent:
		return care{wait: last.SentAt.Add(startWithin)}
	}
	c := t.step(agent.StepRestart, "restart", startAgain)
	if n := t.restarts(now.Add(-p.RestartWithin)); n >= p.MaxRestarts && t.gaveUp == "" {
		// For good, as Erlang's supervisors do: more of the same helps nobody.
		t.gaveUp = fmt.Sprintf("it was started again %d times within %s and ended each time: a person is needed", n, p.RestartWithin)
	}
	c.hold = t.gaveUp
	if ready := t.goneAt.Add(restartGrace); now.Before(ready) {
		c.wait = ready
	}
	return c
}

// lastRestart is the newest restart of the agent; nil if there was none.
func (t *track) lastRestart() *agent.Nudge {
	for i := len(t.nudges) - 1; i >= 0; i-- {
		if n := &t.nudges[i]; n.Rung == agent.StepRestart && n.Status != agent.Dropped {
			return n
		}
	}
	return nil
}

// restarts counts the restarts since the time.
func (t *track) restarts(since time.Time) int {
	c := 0
	for _, n := range t.nudges {
		if n.Rung == agent.StepRestart && n.Status != agent.Dropped && !n.DryRun && !n.PlannedAt.Before(since) {
			c++
		}
	}
	return c
}

// settleRestart sees what became of a restart: the process lives, the agent
// works, or it has ended again.
func (s *State) settleRestart(now time.Time, t *track) {
	if t.alive == agent.Yes {
		t.gaveUp, t.noPane, t.left = "", false, agent.Unsure
	}
	n := t.lastRestart()
	if n == nil || n.DryRun {
		return
	}
	switch {
	case n.Status == agent.Sent && t.alive == agent.Yes:
		s.advance(now, t, n, agent.Received, "its process lives")
		t.unsend(n.SentAt)
	case n.Status == agent.Sent && !now.Before(n.SentAt.Add(startWithin)):
		s.advance(now, t, n, agent.Wasted, "its process was not seen within "+startWithin.String())
	case n.Status == agent.Received && t.workedAt.After(n.SentAt):
		s.advance(now, t, n, agent.Effective, "")
	case n.Status == agent.Received && t.alive == agent.No:
		s.advance(now, t, n, agent.Wasted, "its process ended again")
	}
}

// unsend takes back what was sent before the time and never shown: it went to a
// process that is gone.
func (t *track) unsend(before time.Time) {
	for i := range t.nudges {
		if n := &t.nudges[i]; n.Status.Open() && !n.DryRun && !n.Step() && n.PlannedAt.Before(before) {
			n.Status, n.SentAt, n.Pasted, n.Tries = agent.Planned, time.Time{}, 0, max(n.Tries, 1)
			if t.doubt == n.Key {
				t.doubt = ""
			}
		}
	}
}

// restarted is the verdict on the end at which a process was gone that has been
// started again: whatever it waited for inside its CLI ended with it.
func (s *State) restarted(t *track, v agent.Verdict) agent.Verdict {
	n := t.lastRestart()
	if t.alive == agent.No || n == nil || n.DryRun || n.EndID != t.endID() || n.Status != agent.Sent && n.Status != agent.Received {
		return v
	}
	switch v.Ending {
	case agent.Terminal, agent.Question, agent.Waits, agent.Stalled, agent.Empty:
	default: // a limit, an error, a full context or a person's stop is so still
		return v
	}
	if m := t.nudge(t.key()); m != nil && !m.Status.Open() {
		return v
	}
	return agent.Verdict{Ending: agent.Gone, Confidence: 1, Evidence: append([]agent.Evidence{
		{Source: "process", Text: "its process was gone, and was started again", At: n.SentAt},
	}, v.Evidence...)}
}

// restartedIn returns the agent that was started again in the pane and has not
// been seen since: a resume can make a new session file.
func (s *State) restartedIn(now time.Time, p agent.Pane) (agent.ID, bool) {
	for id, t := range s.agents {
		if n := t.lastRestart(); p.ID != "" && t.Agent.Pane.Socket == p.Socket && t.Agent.Pane.ID == p.ID && t.alive == agent.No &&
			n != nil && n.Status == agent.Sent && now.Before(n.SentAt.Add(startWithin)) {
			return id, true
		}
	}
	return "", false
}

// restartFared takes in why a restart could not be tried.
func (s *State) restartFared(now time.Time, t *track, n *agent.Nudge, why refusal) {
	switch why {
	case refusedNoPane:
		t.noPane = true
	case refusedLeft:
		t.left = agent.Yes
	default:
		return
	}
	t.retryAt = time.Time{}
	s.advance(now, t, n, agent.Dropped, string(why))
}

// endedBy says in which way a process was ended, as far as is known.
func endedBy(left agent.Tri) string {
	switch left {
	case agent.Yes:
		return "its process is gone: it was ended in good order"
	case agent.No:
		return "its process is gone: it crashed or was killed"
	}
	return "its process is gone"
}
