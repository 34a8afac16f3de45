package supervise

import (
	"context"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// followOn follows the session that goes on with another one's work.
func (s *Supervisor) followOn(a Follow) {
	if f := s.finders[a.Agent.Host]; f != nil && a.Agent.Session != "" {
		f.follower.Add(string(a.Agent.ID), a.Agent.Session, a.Agent.Kind)
	}
	s.desks.add(a.Agent)
	at := time.Now()
	s.write(func(ctx context.Context) error {
		if err := s.o.Journal.RecordAgent(ctx, a.Agent, at); err != nil {
			return err
		}
		return s.o.Journal.Continue(ctx, a.Agent.ID, a.From)
	})
}

// current is the id that the agent has today.
func (s *Supervisor) current(id agent.ID) agent.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.now(id)
}

// seekFor is how long a new session file is looked for closely after something
// was sent that makes one.
const seekFor = 30 * time.Second

// sentTo notes that something was sent to an agent: its file is read now, and
// where it may go on in another one, that is looked for.
func (f *finder) sentTo(id agent.ID, n agent.Nudge) {
	f.follower.Look()
	if n.Rung != agent.StepFresh && n.Rung != nudge.RungHandOver {
		return
	}
	f.seekUntil.Store(time.Now().Add(seekFor).UnixNano())
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// seeks reports whether new session files are looked for closely.
func (f *finder) seeks(now time.Time) bool { return now.UnixNano() < f.seekUntil.Load() }
