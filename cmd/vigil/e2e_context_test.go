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

// steps returns the texts of the steps that left, in order: the CLIs' own
// commands and the restarts.
func steps(v *auto) []string {
	var out []string
	for _, e := range v.all() {
		if e.Event == "nudge" && e.Status == "sent" && !strings.Contains(e.Text, nudgeMark) {
			out = append(out, e.Text)
		}
	}
	return out
}

// A full context is compacted by the CLI's own command, typed once; then the
// agent is nudged, and works on. So it is where Claude Code has compacted by
// itself before, and finds nothing more to compact.
func TestE2ECompact(t *testing.T) {
	t.Parallel() // they wait, most of the time
	bin := buildVigil(t)
	work := []modelapi.Turn{
		{{Say: "Two.", Run: "echo step"}, {Text: finals()[0]}},
		{{Say: "Three.", Run: "echo step"}, {Text: finals()[1]}},
	}
	full := modelapi.Turn{{Say: "One.", Run: "echo step"}, {Fault: modelapi.TooLong, Times: 1}, {Text: "Summary: one step was measured."}}
	type compaction struct {
		clients.Options
		turns []modelapi.Turn // before the work
	}
	tests := map[string]func(*testing.T){}
	for name, o := range map[string]compaction{
		"codex": {clients.Options{Kind: agent.Codex}, []modelapi.Turn{
			{{Say: "One.", Run: "echo step"}, {Fault: modelapi.TooLong}}, {{Text: "Summary: one step was measured."}},
		}},
		"claude":           {clients.Options{Kind: agent.Claude, ByHand: true}, []modelapi.Turn{full}},
		"claude by itself": {clients.Options{Kind: agent.Claude}, []modelapi.Turn{full, {{Fault: modelapi.TooLong}}}},
	} {
		tests[name] = func(t *testing.T) {
			o.Script = modelapi.Script{Turns: append(o.turns, work...)}
			c := clients.Start(t, o.Options)
			v := watch(t, bin, c, settings{Delay: 100 * time.Millisecond})
			c.Until(90*time.Second, "work after the compaction", func() bool { return v.has(event{Event: "nudge", Status: "effective"}) && len(nudges(c)) > 1 })
			v.stop()
			if got := steps(v); len(got) != 1 || got[0] != "/compact" {
				t.Errorf("steps %q\n%s\n%s", got, v.dump(), c.API.Dump())
			}
			for _, p := range c.API.Prompts() {
				if strings.TrimSpace(p.Text) == "/compact" {
					t.Error("the model was told /compact")
				}
			}
		}
	}
	together(t, 2, tests)
}

// A context that compacting does not help is left behind: the CLI begins a
// fresh session in the same pane, which is told, once, what the work is and how
// it stands, works on, and is nudged like any other.
func TestE2EHandOver(t *testing.T) {
	t.Parallel() // they wait, most of the time
	bin := buildVigil(t)
	tests := map[string]func(*testing.T){}
	for _, k := range clients.Kinds() {
		tests[string(k)] = func(t *testing.T) {
			c := clients.Start(t, clients.Options{Kind: k, Script: modelapi.Script{
				Turns: []modelapi.Turn{
					{{Say: "One.", Run: "echo step"}, {Fault: modelapi.TooLong}},
					{{Fault: modelapi.TooLong}}, // and so is each try to compact it
				},
				LoopFrom: 1,
				Threads:  []modelapi.Thread{{Name: "fresh", Fresh: true, Match: "You take over", Turns: modelapi.Cycles(finals()...).Turns}},
			}})
			v := watch(t, bin, c, settings{Delay: 100 * time.Millisecond, Policy: "hand_over = true"})
			c.Until(3*time.Minute, "a nudge in the fresh session that works", func() bool { return len(nudges(c)) > 1 && count(v, "effective") > 2 })
			v.stop()
			if got, want := steps(v), []string{"/compact", "/compact", "/clear"}; !slices.Equal(got, want) {
				t.Errorf("steps %q, want %q", got, want)
			}
			first := nudges(c)[0].Text
			for _, want := range []string{"You take over", "Reach a validation loss of 3.28", `"sweep the cooldown"; "try the other optimiser"`, `"goal.md", "plan.md"`} {
				if !strings.Contains(first, want) {
					t.Errorf("the hand-over lacks %q: %q", want, first)
				}
			}
			exactlyOnce(t, c, v)
		}
	}
	together(t, 2, tests)
}

// A killed CLI is started again in its pane, once, with the flags it had; then
// the agent is nudged, and works on. Killed once more it is left alone, since
// the limit is reached, and a person is told.
func TestE2ERestart(t *testing.T) {
	t.Parallel() // they wait, most of the time
	bin := buildVigil(t)
	tests := map[string]func(*testing.T){}
	for _, k := range clients.Kinds() {
		tests[string(k)] = func(t *testing.T) {
			c := clients.Start(t, clients.Options{Kind: k, Script: modelapi.Cycles(finals()...)})
			v := watch(t, bin, c, settings{Delay: 100 * time.Millisecond, Policy: "restart = true\nmax_restarts = 1"})
			c.Until(60*time.Second, "a nudge that works", func() bool { return v.has(event{Event: "nudge", Status: "effective"}) })
			c.Kill9()
			again := func() []modelapi.Prompt {
				return slices.DeleteFunc(nudges(c), func(p modelapi.Prompt) bool { return !strings.Contains(p.Text, "started again") })
			}
			c.Until(60*time.Second, "the message after the restart", func() bool { return len(again()) > 0 })
			n := len(nudges(c))
			c.Until(30*time.Second, "a whole turn after the restart", func() bool { return len(nudges(c)) > n })
			c.Kill9()
			c.Until(30*time.Second, "word for a person", func() bool {
				return slices.ContainsFunc(v.all(), func(e event) bool {
					return e.Status == "held" && strings.Contains(e.Text, "started again 1 times") && strings.Contains(e.Text, "a person is needed")
				})
			})
			v.stop()
			if got := steps(v); len(got) != 1 || len(again()) != 1 {
				t.Errorf("steps %q, messages %+v\n%s", got, again(), v.dump())
			}
			exactlyOnce(t, c, v)
		}
	}
	together(t, 2, tests)
}
