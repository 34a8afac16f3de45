package main_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// Codex is nudged through its own server: a draft in its input line is no
// obstacle and stays as it is, an approval is nobody's but a person's, and the
// agent goes on when its screen is closed. When the server ends, so does it.
func TestE2ENative(t *testing.T) {
	t.Parallel() // they wait, most of the time
	const cycles, draft = 5, "a thought that is not finished"
	bin := buildVigil(t)
	var s modelapi.Script
	finals := timelineFinals(t)
	for i := range cycles + 1 {
		s.Turns = append(s.Turns, modelapi.Turn{{Say: "One more measurement.", Run: "echo step"}, {Text: finals[i%len(finals)]}})
	}
	s.Turns = append(s.Turns,
		modelapi.Turn{{Permission: "touch measured"}, {Say: "A longer one.", Run: "sleep 3; echo step"}, {Text: finals[0]}},
		modelapi.Turn{{Say: "One more measurement.", Run: "echo step"}, {Text: finals[1%len(finals)]}},
		modelapi.Turn{{Delay: 5 * time.Minute, Text: "Never said."}})
	cl := clients.Start(t, clients.Options{Kind: agent.Codex, Daemon: true, Ask: true, Script: s})
	cl.Type(draft)
	cl.Until(20*time.Second, "the draft on screen", func() bool { return strings.Contains(cl.Screen(), "› "+draft) })

	v := watch(t, bin, cl, settings{})
	arrived := func(n int) {
		t.Helper()
		cl.Until(60*time.Second, "the next nudge", func() bool { return len(nudges(cl)) >= n })
	}
	arrived(cycles)
	if !strings.Contains(cl.Screen(), "› "+draft) {
		t.Errorf("the draft is gone:\n%s", cl.Screen())
	}
	arrived(cycles + 1)
	reportLatency(t, cl)

	// A dialog is open: vigil tells, and keeps its hands off.
	cl.Until(60*time.Second, "word of the approval", func() bool {
		return slices.ContainsFunc(v.all(), func(e event) bool { return e.Event == "ending" && e.Ending == "permission" })
	})
	cl.Until(20*time.Second, "the dialog", func() bool { return strings.Contains(cl.Screen(), "Would you like to run") })
	before := cl.Still()
	quiet(t, cl, 2*time.Second, func() bool { return len(nudges(cl)) == cycles+1 })
	if new := clients.Fresh(before, cl.Still()); len(new) > 0 {
		t.Errorf("the screen changed under the dialog: %q", new)
	}
	cl.Key("y")

	// The screen is closed in the middle of the turn.
	cl.Until(60*time.Second, "the longer command", func() bool {
		return slices.ContainsFunc(cl.API.Requests(), func(r modelapi.Request) bool { return r.Answer.Say == "A longer one." && !r.Done.IsZero() })
	})
	cl.CloseScreen()
	arrived(cycles + 3)
	exactlyOnce(t, cl, v)
	if v.has(event{Event: "ending", Ending: "exited"}) {
		t.Error("the agent counted as exited while its server went on")
	}

	cl.KillDaemon()
	cl.Until(60*time.Second, "word of the end", func() bool { return v.has(event{Event: "ending", Ending: "exited"}) })
	v.stop()
	if n := len(nudges(cl)); n != cycles+3 {
		t.Errorf("%d nudges came, want %d", n, cycles+3)
	}
}

// quiet checks that a condition holds all the time given.
func quiet(t *testing.T, c *clients.Client, d time.Duration, ok func() bool) {
	t.Helper()
	if clients.Poll(d, func() bool { return !ok() }) {
		t.Errorf("it did not stay quiet:\n%s", c.API.Dump())
	}
}
