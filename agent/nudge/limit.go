package nudge

import (
	"time"

	"vigil/agent"
)

// probeWaits is the ladder on which a usage limit is tried beside its stated
// reset, which can be wrong by weeks: the wait since the limit was last met,
// after 0, 1, 2, ... tries in vain. The last one repeats.
var probeWaits = []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour}

// Limit is a usage limit that holds for an agent, and for all others of its
// account.
type Limit struct {
	Met    time.Time // when it was last met
	Resets time.Time // when it ends, as stated then; zero if not known
	Probes int       // nudges in vain since there was access last
	Probed time.Time // the last nudge of any agent of the account; zero if there was none
}

// Next says when the limit is tried next, by one agent of the account: on the
// ladder or, where that is nearer than its first step, at the reset. Two tries
// are at least that step apart. A CLI that continues by itself at the reset is
// left to it first.
func (l Limit) Next(continues bool) time.Time {
	first := probeWaits[0]
	last := l.Met
	if l.Probed.After(last) {
		last = l.Probed
	}
	at := last.Add(probeWaits[min(max(l.Probes, 0), len(probeWaits)-1)])
	if !l.Resets.After(l.Met) || at.Before(l.Resets.Add(-first)) {
		return at
	}
	grace := resetGrace
	if continues {
		grace = selfGrace
	}
	reset := l.Resets.Add(grace)
	if apart := l.Probed.Add(first); !l.Probed.IsZero() && l.Probed.Before(l.Resets) && reset.Before(apart) {
		return apart
	}
	return reset
}

// Over reports whether the stated reset has passed, so that the agents of the
// account need not wait for one of them to find that out.
func (l Limit) Over(now time.Time) bool {
	return l.Resets.After(l.Met) && !now.Before(l.Resets.Add(resetGrace))
}

// IsUsage reports whether an ending is a usage limit of the account, rather than
// an overload of the service, which passes within minutes.
func IsUsage(e agent.Ending, f *agent.Failure) bool {
	return e == agent.Limit && (f == nil || f.Code != agent.Overloaded)
}
