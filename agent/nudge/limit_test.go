package nudge

import (
	"testing"
	"time"

	"vigil/agent"
)

func TestNextTryOfALimit(t *testing.T) {
	met := time.Date(2026, 5, 2, 22, 0, 0, 0, time.UTC)
	in := func(m int) time.Time { return met.Add(time.Duration(m) * time.Minute) }
	for _, c := range []struct {
		name      string
		l         Limit
		continues bool
		want      time.Time
	}{
		{"no reset", Limit{Met: met}, false, in(10)},
		{"after one try", Limit{Met: met, Probes: 1}, false, in(20)},
		{"after two", Limit{Met: met, Probes: 2}, false, in(40)},
		{"after many", Limit{Met: met, Probes: 30}, false, in(60)},
		{"reset weeks away", Limit{Met: met, Resets: in(17 * 24 * 60)}, true, in(10)},
		{"reset soon", Limit{Met: met, Resets: in(5)}, false, in(5).Add(resetGrace)},
		{"reset soon, the CLI continues", Limit{Met: met, Resets: in(5)}, true, in(5).Add(selfGrace)},
		{"the try before the reset is too near to it", Limit{Met: met, Probes: 1, Resets: in(25)}, false, in(25).Add(resetGrace)},
		{"the try before the reset", Limit{Met: met, Probes: 1, Resets: in(31)}, false, in(20)},
		{"the reset had passed when it was met again", Limit{Met: met, Probes: 1, Resets: in(-1)}, false, in(20)},
		{"a try without an outcome", Limit{Met: met, Probes: 1, Probed: in(10)}, false, in(30)},
		{"a try just before the reset", Limit{Met: met, Probes: 1, Probed: in(4), Resets: in(5)}, false, in(14)},
		{"tried at the reset", Limit{Met: met, Probes: 1, Probed: in(6), Resets: in(5)}, false, in(5).Add(resetGrace)},
	} {
		if got := c.l.Next(c.continues); !got.Equal(c.want) {
			t.Errorf("%s: after %v, want %v", c.name, got.Sub(met), c.want.Sub(met))
		}
	}
}

// Whatever is met, two tries are never within ten minutes of each other.
func TestTriesAreApart(t *testing.T) {
	start := time.Date(2026, 5, 2, 22, 0, 0, 0, time.UTC)
	for stated := range 200 {
		for _, continues := range []bool{false, true} {
			l := Limit{Met: start, Resets: start.Add(time.Duration(stated) * time.Minute)}
			for range 8 {
				at := l.Next(continues)
				if !l.Probed.IsZero() && at.Sub(l.Probed) < 10*time.Minute {
					t.Fatalf("reset after %d minutes: tried at %v and %v", stated, l.Probed.Sub(start), at.Sub(start))
				}
				l.Met, l.Probed, l.Probes = at.Add(time.Second), at, l.Probes+1
			}
		}
	}
}

func TestUsageLimits(t *testing.T) {
	for _, c := range []struct {
		e    agent.Ending
		f    *agent.Failure
		want bool
	}{
		{agent.Limit, nil, true}, // read from a pane
		{agent.Limit, &agent.Failure{Ending: agent.Limit, Code: "usage_limit_reached"}, true},
		{agent.Limit, &agent.Failure{Ending: agent.Limit, Code: agent.Overloaded}, false},
		{agent.Terminal, nil, false},
	} {
		if got := IsUsage(c.e, c.f); got != c.want {
			t.Errorf("%s, %+v: %v", c.e, c.f, got)
		}
	}
}
