package main_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// refused is a turn that is turned away.
func refused(f modelapi.Step) modelapi.Script {
	return modelapi.Script{Turns: []modelapi.Turn{{f}, done(stops)}, LoopFrom: 1}
}

// TestE2ELimits has the service, or a dialog, stop the agent: the right ending
// is told, and nothing is sent that cannot help.
func TestE2ELimits(t *testing.T) {
	t.Parallel() // they wait, most of the time
	bin := buildVigil(t)
	tests := map[string]func(*testing.T){}
	for _, k := range clients.Kinds() {
		tests["usage limit, "+string(k)] = func(t *testing.T) { limitResets(t, bin, k) }
		tests["bad key, "+string(k)] = func(t *testing.T) { needsPerson(t, bin, k) }
		if k == agent.Codex || os.Getenv("VIGIL_E2E_LONG") != "" { // its back-off alone takes half a minute
			tests["overload, "+string(k)] = func(t *testing.T) { overloaded(t, bin, k) }
		}
		tests["permission, "+string(k)] = func(t *testing.T) { permissionTold(t, bin, k) }
	}
	together(t, knob(t, "VIGIL_E2E_TOGETHER", 3), tests)
}

// refusedAt is when a request was turned away first; zero before that.
func refusedAt(c *clients.Client) time.Time {
	for _, r := range c.API.Requests() {
		if r.Thread == modelapi.MainThread && r.Answer.Fault != "" && !r.Done.IsZero() {
			return r.Done
		}
	}
	return time.Time{}
}

// A limit that resets soon: Claude Code goes on by itself and gets nothing,
// Codex gets one nudge after the reset.
func limitResets(t *testing.T, bin string, k agent.Kind) {
	const in = 10 * time.Second
	c := clients.Start(t, clients.Options{Kind: k, Subscriber: true, Script: refused(modelapi.Step{Fault: modelapi.UsageLimit, LimitReset: in})})
	v := watch(t, bin, c, settings{Delay: 100 * time.Millisecond})
	c.Until(60*time.Second, "the limit", func() bool { return v.has(event{Event: "ending", Ending: "limit"}) })
	at := refusedAt(c)
	if k == agent.Claude {
		goesOnAlone(t, c, v, at)
		return
	}
	c.Until(2*time.Minute, "the nudge", func() bool { return v.has(event{Event: "nudge", Status: "effective"}) })
	first := nudges(c)[0]
	if gap := first.At.Sub(at); gap < in {
		t.Errorf("nudged %v after the limit, which holds for %v", gap, in)
	} else {
		report(t, "nudged %v after a limit of %v", gap.Round(time.Second), in)
	}
	v.stop()
	if n := c.API.Times(words(first.Text)); n != 1 {
		t.Errorf("the nudge reached the agent %d times\n%s", n, c.API.Dump())
	}
}

// goesOnAlone leaves a Claude Code alone that will go on by itself. It takes two
// minutes to do so, which are waited for where VIGIL_E2E_LONG is set.
func goesOnAlone(t *testing.T, c *clients.Client, v *auto, limited time.Time) {
	if os.Getenv("VIGIL_E2E_LONG") == "" {
		none(t, c, v, 15*time.Second, never)
		v.stop()
		return
	}
	goesOn := func() time.Time {
		for _, r := range c.API.Requests() {
			if r.Thread == modelapi.MainThread && r.Answer.Fault == "" && r.At.After(limited) {
				return r.At
			}
		}
		return time.Time{}
	}
	if !none(t, c, v, 4*time.Minute, goesOn) {
		t.Fatalf("Claude Code did not go on by itself; its screen:\n%s", c.Screen())
	}
	report(t, "went on by itself %v after the limit", goesOn().Sub(limited).Round(time.Second))
	v.stop()
}

// An overload that outlasts the CLI's own tries is waited out for a while.
func overloaded(t *testing.T, bin string, k agent.Kind) {
	c := clients.Start(t, clients.Options{Kind: k, Script: refused(modelapi.Step{Fault: modelapi.Overloaded})})
	v := watch(t, bin, c, settings{Delay: 100 * time.Millisecond})
	c.Until(90*time.Second, "the overload's end of the turn", func() bool {
		return v.has(event{Event: "ending", Ending: "limit"}) || v.has(event{Event: "ending", Ending: "error"})
	})
	var ended time.Time
	for _, e := range v.all() {
		if e.Event == "ending" && (e.Ending == "limit" || e.Ending == "error") {
			ended = e.At
			break
		}
	}
	c.Until(2*time.Minute, "the nudge", func() bool { return v.has(event{Event: "nudge", Status: "effective"}) })
	first := nudges(c)[0]
	if gap := first.At.Sub(ended); gap < 29*time.Second {
		t.Errorf("nudged %v after an overload", gap)
	}
	v.stop()
	if n := c.API.Times(words(first.Text)); n != 1 {
		t.Errorf("the nudge reached the agent %d times\n%s", n, c.API.Dump())
	}
}

// A key that is refused is for a person: that is told, and nothing is sent.
func needsPerson(t *testing.T, bin string, k agent.Kind) {
	c := clients.Start(t, clients.Options{Kind: k, Script: refused(modelapi.Step{Fault: modelapi.BadKey})})
	v := watch(t, bin, c, settings{Delay: 100 * time.Millisecond})
	c.Until(90*time.Second, "a word for a person", func() bool { return heldFor(v, "a person is needed") })
	if !v.has(event{Event: "ending", Ending: "error"}) {
		t.Errorf("the ending is not told as an error\n%s", v.dump())
	}
	none(t, c, v, 5*time.Second, never)
	v.stop()
}

// heldFor reports whether a nudge was held back for the reason.
func heldFor(v *auto, why string) bool {
	return slices.ContainsFunc(v.all(), func(e event) bool { return e.Event == "nudge" && e.Status == "held" && strings.Contains(e.Text, why) })
}

// A permission prompt is told to a person, and nothing is typed.
func permissionTold(t *testing.T, bin string, k agent.Kind) {
	c := clients.Start(t, clients.Options{Kind: k, Ask: true, Script: modelapi.Script{Turns: []modelapi.Turn{
		{{Permission: "touch made-by-agent"}, {Text: stops}},
	}}})
	v := watch(t, bin, c, settings{Delay: 100 * time.Millisecond})
	c.Until(60*time.Second, "the ending", func() bool { return v.has(event{Event: "ending", Ending: "permission"}) })
	none(t, c, v, 3*time.Second, never)
	v.stop()
}
