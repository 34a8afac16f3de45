package main_test

import (
	"slices"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// Over and over, the agent works, declares itself finished, and is got going
// again: each nudge reaches the model exactly once, soon.
func TestE2ECycles(t *testing.T) {
	bin := buildVigil(t)
	n := knob(t, "VIGIL_E2E_CYCLES", 3)
	script := modelapi.Cycles(timelineFinals(t)...)
	for _, c := range []struct {
		name string
		o    clients.Options
	}{
		{"codex", clients.Options{Kind: agent.Codex, Script: script}},
		{"codex with its daemon", clients.Options{Kind: agent.Codex, Daemon: true, Script: script}},
		{"claude", clients.Options{Kind: agent.Claude, Script: script}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := clients.Start(t, c.o)
			v := watch(t, bin, cl, settings{})
			for i := 1; i <= n; i++ {
				cl.Until(90*time.Second, "the next nudge", func() bool { return len(nudges(cl)) >= i })
			}
			// The last one must have had its effect before vigil is stopped;
			// more may have come until then.
			cl.Until(30*time.Second, "the effect of the nudges", func() bool {
				return count(v, "effective") >= n
			})
			v.stop()
			exactlyOnce(t, cl, v)
			if n := count(v, "wasted"); n > 0 {
				t.Errorf("%d nudges counted as wasted, though the agent worked after each", n)
			}
			reportLatency(t, cl)
		})
	}
}

// count returns how many nudges have come to a status.
func count(v *auto, status string) int {
	keys := map[string]bool{}
	for _, e := range v.all() {
		if e.Event == "nudge" && e.Status == status {
			keys[e.Key] = true
		}
	}
	return len(keys)
}

// reportLatency tells how long the agent stood still: from the end of its
// turn (the CLI's own time stamp) to the next request. The first nudge is left
// out: the turn may have ended before vigil was there.
func reportLatency(t *testing.T, c *clients.Client) {
	t.Helper()
	ends, err := c.TurnEnds()
	if err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	for _, p := range nudges(c)[1:] {
		i := -1
		for j, e := range ends {
			if e.Before(p.At) {
				i = j
			}
		}
		if i < 0 {
			t.Errorf("no turn had ended before the nudge at %v", p.At)
			continue
		}
		took = append(took, p.At.Sub(ends[i]))
	}
	slices.Sort(took)
	if len(took) == 0 {
		return
	}
	round := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	report(t, "%d nudges, each received once; turn end to request p50 %v, p95 %v, max %v", len(took)+1,
		round(percentile(took, 50)), round(percentile(took, 95)), round(took[len(took)-1]))
}
