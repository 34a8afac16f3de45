package supervise

import (
	"time"

	"vigil/agent"
)

// away is why and since when a machine cannot be reached; the zero value is one
// that can.
type away struct {
	host  string
	since time.Time
	why   string
}

func (a away) String() string {
	return "no connection to " + a.host + " since " + a.since.Format("15:04:05") + ": " + a.why
}

// reached takes in whether a machine can be reached.
func (s *State) reached(now time.Time, o Reached) {
	old, was := s.away[o.Host]
	if o.Up {
		delete(s.away, o.Host)
	} else {
		if !was {
			old.since = now
		}
		s.away[o.Host] = away{host: o.Host, since: old.since, why: o.Why}
	}
	for _, t := range s.agents {
		if t.Agent.Host != o.Host {
			continue
		}
		t.away = s.away[o.Host]
		if o.Up && was {
			t.back(now)
		}
	}
}

// back notes that the agent can be seen again. What its pane showed before
// counts no more, and a nudge that was on its way is looked for as after a
// crash.
func (t *track) back(now time.Time) {
	t.backAt = now
	t.screen, t.looks, t.lookErr = nil, 0, ""
	t.lookSoon(now, lookAfterChange)
}

// outOfReach says what holds of an agent whose machine cannot be reached: what
// was known stands, and nothing follows from time alone. An idle stretch goes
// on; what the agent did is told when it is back.
func (s *State) outOfReach(now time.Time, t *track) {
	s.become(now, t, agent.Unknown, t.away.since)
	waits := t.hold != "" || !t.due.IsZero() || t.sending != ""
	t.due, t.hold = time.Time{}, ""
	switch {
	case t.manual != nil: // a person is told, and asks again
		t.manual = nil
		s.held(now, t, t.away.String())
	case waits:
		t.hold = t.away.String()
	}
}
