package supervise

import (
	"errors"
	"slices"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// act does what a vigil wants done.
func (w *sim) act(v *simVigil, x Action) {
	life := v.life
	later := func(a, b time.Duration, do func()) {
		w.after(w.between(a, b), func() {
			if v.up && v.life == life {
				do()
			}
		})
	}
	switch x := x.(type) {
	case Restore:
		later(5*time.Millisecond, 80*time.Millisecond, func() {
			w.step(v, Restored{ID: x.Agent.ID, Nudges: w.nudgesOf(x.Agent.ID), Again: x.Again})
		})
	case LookAt:
		a := w.actor(x.ID)
		later(5*time.Millisecond, 60*time.Millisecond, func() {
			if w.away(a.Host) {
				w.step(v, Looked{ID: x.ID, Err: nudge.ErrUnsure})
				return
			}
			w.step(v, Looked{ID: x.ID, Screen: a.screen()})
		})
	case Advance:
		if n := w.journal[x.Key]; n != nil {
			n.advance(x.To, w.now, x.Note)
		}
	case Send:
		a := w.actor(x.Agent.ID)
		fared := func(r nudge.Result, err error) { w.step(v, Fared{ID: a.ID, Key: x.Nudge.Key, Result: r, Err: err}) }
		if why := w.claim(v, x.Nudge); why != "" {
			later(5*time.Millisecond, 20*time.Millisecond, func() { fared(nudge.Result{Status: agent.Planned, Note: why}, nil) })
			return
		}
		later(80*time.Millisecond, 350*time.Millisecond, func() { w.deliver(v, a, x, fared, later) })
	}
}

// advance is as the journal's own: a status only grows.
func (n *simRecord) advance(to agent.NudgeStatus, at time.Time, note string) {
	rank := func(s agent.NudgeStatus) int {
		return slices.Index([]agent.NudgeStatus{agent.Planned, agent.Sent, agent.Received, agent.Wasted, agent.Effective, agent.Dropped}, s)
	}
	if rank(to) <= rank(n.Status) || n.Status == agent.Wasted {
		return
	}
	n.Status, n.Note = to, note
	switch to {
	case agent.Sent:
		n.SentAt = at
	case agent.Received:
		n.ReceivedAt = at
	case agent.Effective, agent.Wasted:
		n.SettledAt = at
	}
}

// claim plans a nudge in the journal and takes the right to deliver it.
func (w *sim) claim(v *simVigil, n agent.Nudge) string {
	old := w.journal[n.Key]
	if old == nil {
		n.Status = agent.Planned
		old = &simRecord{Nudge: n}
		w.journal[n.Key] = old
	}
	if !old.Status.Open() || old.holder != "" && old.holder != v.name && old.until.After(w.now) {
		return "another vigil is sending it"
	}
	old.holder, old.until = v.name, w.now.Add(claimFor)
	return ""
}

// nudgesOf is what the journal knows of an agent's nudges.
func (w *sim) nudgesOf(id agent.ID) []agent.Nudge {
	var out []agent.Nudge
	for _, n := range w.journal {
		if n.Agent == id && w.now.Sub(n.PlannedAt) < nudgesBack {
			x := n.Nudge
			x.Tries, x.Pasted = 0, 0
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b agent.Nudge) int { return a.PlannedAt.Compare(b.PlannedAt) })
	return out
}

// deliver types a nudge into an agent's pane, as the transaction does.
func (w *sim) deliver(v *simVigil, a *actor, x Send, fared func(nudge.Result, error), later func(a, b time.Duration, do func())) {
	held := func(why string, err error) { fared(nudge.Result{Status: agent.Planned, Note: why}, err) }
	switch why := a.obstacle(x); {
	case w.away(a.Host):
		held("its pane cannot be read", errors.Join(nudge.ErrUnsure))
		return
	case why != "":
		later(time.Millisecond, idleWithinSim, func() { held(why, nil) })
		return
	}
	w.poke(v, a) // the file is read before anything is typed
	if !v.s.due(x.Nudge.Key, a.ID) {
		held("it went on by itself", nil)
		return
	}
	if w.chance(0.01) && a.standing == "" { // Enter is lost
		a.standing, a.typed = x.Nudge.Text, w.now
		fared(nudge.Result{Status: agent.Sent, Note: "the text still stands in the input line"}, nudge.ErrUnclear)
		return
	}
	a.standing = ""
	w.step(v, Entered{a.ID, x.Nudge.Key})
	a.receive(x.Nudge)
	later(20*time.Millisecond, 900*time.Millisecond, func() {
		fared(nudge.Result{Status: agent.Sent, Note: "taken by the CLI"}, nil)
	})
}

const idleWithinSim = 3 * time.Second

func (w *sim) actor(id agent.ID) *actor {
	i := slices.IndexFunc(w.actors, func(a *actor) bool { return a.ID == id })
	return w.actors[i]
}
