package main_test

import (
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// The other CLIs that vigil knows stop, are nudged through tmux, and go on; the
// one nudge is received once. Before they may run a command, nothing is typed.
func TestE2EOthers(t *testing.T) {
	t.Parallel() // they wait, most of the time
	bin := buildVigil(t)
	tests := map[string]func(*testing.T){}
	for _, k := range clients.Others() {
		tests[string(k)] = func(t *testing.T) {
			c := clients.Start(t, clients.Options{Kind: k, Script: modelapi.Cycles(stops)})
			v := watch(t, bin, c, settings{})
			c.Until(nudgeSoon, "the first nudge", func() bool { return len(nudges(c)) >= 1 })
			c.Until(30*time.Second, "its effect", func() bool { return count(v, "effective") >= 1 })
			v.stop()
			exactlyOnce(t, c, v)
			if !v.has(event{Event: "ending", Ending: "terminal"}) {
				t.Error("no ending was told as terminal")
			}
		}
		tests[string(k)+" asks"] = func(t *testing.T) {
			c := clients.Start(t, clients.Options{Kind: k, Ask: true, Script: modelapi.Script{Turns: []modelapi.Turn{
				{{Permission: "touch asked"}, {Text: stops}},
			}}})
			v := watch(t, bin, c, settings{})
			c.Until(nudgeSoon, "vigil to see the question", func() bool { return v.has(event{Event: "ending", Ending: "permission"}) })
			untouched(t, c, v)
			v.stop()
		}
	}
	together(t, knob(t, "VIGIL_E2E_TOGETHER", 3), tests)
}
