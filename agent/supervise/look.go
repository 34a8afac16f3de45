package supervise

import (
	"errors"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
)

// looked takes a look at the pane in.
func (s *State) looked(now time.Time, t *track, o Looked) {
	t.looking = false
	if o.Err != nil {
		t.lookErr = agent.CleanLine(o.Err.Error(), 160)
		if errors.Is(o.Err, tmux.ErrNoPane) {
			t.lookErr = "it is gone"
		}
		return
	}
	t.lookErr = ""
	switch old := t.screen; {
	case old == nil:
		t.looks = 1
	case old.Hash == o.Screen.Hash && !o.Screen.Busy:
		t.looks++
	default:
		t.looks = 1
		t.stirs++
		if t.paneOnly() && t.stirs == 2 {
			s.settleNudges(now, t, agent.Effective)
		}
	}
	t.screen = &o.Screen
}

// paneOnly reports whether the pane is all that tells of the agent: its session
// is not read, on its machine.
func (t *track) paneOnly() bool {
	cli, _ := agent.CLIOf(t.Agent.Kind)
	switch cli.Sessions {
	case agent.SessionFiles:
		return false
	case agent.SessionsInBase:
		return t.Agent.Session == "" && t.Agent.Host != local && t.Agent.Host != ""
	}
	return t.Agent.Session == ""
}

// scheduleLooks says when the pane is looked at next: closely while a person
// watches it, at growing intervals while a tool runs (a dialog may open, which
// some CLIs tell nobody), and steadily where the pane is all there is.
func (s *State) scheduleLooks(now time.Time, t *track) {
	if t.Agent.Pane.ID == "" || t.alive == agent.No || t.looking {
		return
	}
	every := time.Duration(0)
	turn := t.session.Turn
	switch {
	case s.watched == t.Agent.ID:
		every = lookWatched
	case t.paneOnly():
		every = lookIdle
	case turn.Running():
		every = min(max(now.Sub(t.heardAt), lookFirst), lookMost)
	case t.state == agent.Asking:
		every = lookIdle
	}
	if every > 0 {
		at := now
		if t.screen != nil {
			at = t.screen.At.Add(every)
		}
		if turn.Running() && t.Agent.Session != "" && s.watched != t.Agent.ID {
			at = maxTime(at, t.heardAt.Add(lookFirst))
		}
		if t.lookErr != "" {
			at = maxTime(at, now.Add(lookIdle))
		}
		if t.lookAt.IsZero() || at.Before(t.lookAt) {
			t.lookAt = at
		}
	}
	if t.lookAt.IsZero() {
		return
	}
	if !now.Before(t.lookAt) {
		t.lookAt, t.looking = time.Time{}, true
		s.do(LookAt{ID: t.Agent.ID})
		return
	}
	t.wake(t.lookAt)
}
