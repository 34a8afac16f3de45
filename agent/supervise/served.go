package supervise

import (
	"time"

	"vigil/agent"
	"vigil/agent/appserver"
	"vigil/agent/nudge"
)

// What a CLI's own server says of its sessions (Codex's app-server). It is
// used like the registry of Claude Code, goes before what the pane shows, and
// is never needed.

const (
	// serverAhead is how much sooner than the server's word a turn may have
	// begun that it still knows of. A turn that it calls idle for longer runs
	// somewhere else: the session was resumed without the server.
	serverAhead = 3 * time.Second
	// orphanAfter is what a server that has ended is given to come back: it is
	// exchanged when the CLI is updated.
	orphanAfter = 5 * time.Second
)

// hosted is what is known of an agent by its CLI's server.
type hosted struct {
	thread  appserver.Thread
	was     bool       // the server has held the session
	refused bool       // it refused a nudge, and has said nothing since
	lone    bool       // the screen was closed while a turn ran: the server goes on
	pane    agent.Pane // where the screen was
	orphan  bool       // the server has ended, whatever its screen shows
	native  bool       // the policy lets nudges go through it
}

// reported takes the server's word in.
func (t *track) reported(o Reported) {
	t.server.refused = false
	t.server.thread = o.Thread
	if o.Thread.State.Loaded() {
		t.server.was, t.server.orphan = true, false
	}
}

// served brings what follows from the server's word up to date: whether the
// agent lives, and how its turn failed.
func (s *State) served(now time.Time, t *track) {
	h := &t.server
	h.native = s.rules.Policy(t.Agent).Native
	if !h.was {
		return
	}
	switch state := h.thread.State; {
	case state == appserver.Ended:
		if at := h.thread.At.Add(orphanAfter); now.Before(at) {
			t.wake(at)
			return
		}
		if !h.orphan {
			t.goneAt = h.thread.At
		}
		h.orphan = true
		t.alive = agent.No
		t.alone(false)
	case state == appserver.NotLoaded && h.lone:
		t.alive, t.goneAt = agent.No, h.thread.At
		t.alone(false)
	case state.Loaded() && t.alive == agent.No && (h.lone || t.session.Turn.Running() || state == appserver.Active):
		t.alive = agent.Yes
		t.alone(true)
	}
	t.mendFailure()
}

// alone notes whether the server works without a screen: what the pane of the
// last one shows then is something else's.
func (t *track) alone(yes bool) {
	h := &t.server
	if h.lone == yes {
		return
	}
	h.lone = yes
	if yes {
		h.pane, t.Agent.Pane, t.screen = t.Agent.Pane, agent.Pane{}, nil
	} else {
		t.Agent.Pane = h.pane
	}
}

// mendFailure tells how a turn failed where the transcript does not.
func (t *track) mendFailure() {
	th, turn := t.server.thread, &t.session.Turn
	if th.Failure == nil || t.elsewhere() || turn.Running() || turn.N == 0 || turn.Failure != nil || turn.Aborted || th.At.Before(turn.Started) {
		return
	}
	turn.Failure = th.Failure
	t.session.Failed++
}

// elsewhere reports whether the session goes on without the server that says
// that it holds it.
func (t *track) elsewhere() bool {
	th := t.server.thread
	return th.State != appserver.Active && t.session.Turn.Started.After(th.At.Add(serverAhead))
}

// held reports whether the server holds the session, as far as can be seen.
func (t *track) held() bool { return t.server.thread.State.Loaded() && !t.elsewhere() }

// word is what the CLI itself says of the session: its registry, or its server
// in the registry's words.
func (t *track) word() (w Registered, source string) {
	if !t.held() {
		return t.registry, "registry"
	}
	th := t.server.thread
	w = Registered{ID: t.Agent.ID, Status: "busy", At: th.At}
	switch {
	case th.Approval:
		w.Status, w.WaitingFor = "waiting", "permission prompt"
	case th.Input:
		w.Status, w.WaitingFor = "waiting", "input needed"
	case th.State != appserver.Active:
		w.Status = "idle"
	}
	return w, "app-server"
}

// serverSaid is the server's word on an ended turn, as evidence.
func (t *track) serverSaid() []agent.Evidence {
	th := t.server.thread
	switch {
	case t.server.orphan:
		return []agent.Evidence{{Source: "app-server", Text: "the server of its CLI has ended; a screen that is left cannot reach it", At: th.At}}
	case !t.held() || th.State == appserver.Active:
		return nil
	case t.server.lone:
		return []agent.Evidence{{Source: "app-server", Text: "its screen is closed; the server holds it, " + string(th.State), At: th.At}}
	}
	return []agent.Evidence{{Source: "app-server", Text: string(th.State), At: th.At}}
}

// takesNative reports whether a nudge can go through the server.
func (t *track) takesNative() bool {
	return t.server.native && !t.server.refused && t.held()
}

// channelFor is how a message or step can travel to the agent. Only its screen
// can begin a fresh session and be spoken to in it: the server would give the
// text to the old one.
func (t *track) channelFor(rung int) agent.Channel {
	if rung == agent.StepRestart {
		return agent.ViaTmux // its pane is all there is
	}
	ch := t.channel()
	if ch != agent.ViaNative || rung != agent.StepFresh && rung != nudge.RungHandOver {
		return ch
	}
	if t.Agent.Pane.ID != "" && t.alive != agent.No {
		return agent.ViaTmux
	}
	return ""
}

// reroute gives a nudge another way if this one is closed and nothing of it can
// have arrived. It reports false while that is not known.
func (t *track) reroute(n *agent.Nudge) bool {
	switch {
	case n.Channel == agent.ViaTmux && n.Tries > 0 && n.Pasted == 0 && n.SentAt.IsZero() && t.doubt != n.Key && t.channelFor(n.Rung) == agent.ViaNative:
		n.Channel = agent.ViaNative // it was only ever held
	case n.Channel == agent.ViaNative && !t.takesNative():
		// What a server has taken it has written down. One that only cannot be
		// reached may still be at it.
		if t.alive == agent.No || t.server.was && t.server.thread.State == appserver.Untold {
			return false
		}
		if w := t.channel(); w != "" {
			n.Channel = w
		}
	}
	return true
}
