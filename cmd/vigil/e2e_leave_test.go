package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// still is how long vigil is watched while it must do nothing.
const still = 8 * time.Second

// nudgeSoon bounds how long a nudge may take once nothing is in its way:
// vigil looks again at a pane that held it back after some seconds.
const nudgeSoon = 60 * time.Second

// done is a turn that works and stops, to follow what a test is about.
func done(text string) modelapi.Turn {
	return modelapi.Turn{{Run: "echo step"}, {Text: text}}
}

const stops = "SESSION FINAL: every lever is exhausted. Stopping the loop here."

// TestE2ELeaveAlone has an agent that must not be nudged, for one reason
// after another. Once the reason is gone, the nudge comes.
func TestE2ELeaveAlone(t *testing.T) {
	bin := buildVigil(t)
	for _, k := range clients.Kinds() {
		t.Run(string(k), func(t *testing.T) {
			clients.Find(t, k) // one skip, not eleven
			tests := map[string]func(*testing.T){}
			for name, test := range map[string]func(*testing.T, string, agent.Kind){
				"background shell": leaveBackground, "sub-agent": leaveSubAgent, "slow work": leaveSlow,
				"permission": leavePermission, "question dialog": leaveAsk, "copy mode": leaveCopyMode,
				"draft": leaveDraft, "shell": leaveShell, "interrupted": leaveInterrupted, "wake-up": leaveWakeUp,
			} {
				if k == agent.Codex && name == "wake-up" {
					continue // Codex has none that outlives a turn
				}
				tests[name] = func(t *testing.T) { test(t, bin, k) }
			}
			together(t, knob(t, "VIGIL_E2E_TOGETHER", 3), tests)
		})
	}
}

// none checks that no nudge reaches the model while the time runs or until
// over tells when the reason to leave the agent alone ended (the zero time
// while it holds), and reports whether it ended. The order is by time stamps:
// vigil can be quicker with its nudge than this test with its look.
func none(t *testing.T, c *clients.Client, v *auto, limit time.Duration, over func() time.Time) bool {
	t.Helper()
	sent := func() bool { return len(nudges(c)) > 0 || v.has(event{Event: "nudge", Status: "sent"}) }
	clients.Poll(limit, func() bool { return sent() || !over().IsZero() })
	at := over()
	early := at.IsZero() && sent()
	for _, n := range nudges(c) {
		early = early || n.At.Before(at)
	}
	if early {
		t.Fatalf("nudged an agent that was to be left alone (until %v); its screen:\n%s\n%s", at, c.Screen(), c.API.Dump())
	}
	return !at.IsZero()
}

func never() time.Time { return time.Time{} }

// untouched checks that not one byte is typed: nothing new comes on the screen
// and no request is made.
func untouched(t *testing.T, c *clients.Client, v *auto) {
	t.Helper()
	c.Settle(time.Second, 30*time.Second)
	before, requests := c.Still(), c.API.Main()
	none(t, c, v, still, never)
	after := c.Still()
	if fresh := clients.Fresh(before, after); len(fresh) > 0 {
		t.Fatalf("new on the screen: %q; it was\n%s\nand is\n%s", fresh, strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	if n := c.API.Main(); n != requests {
		t.Fatalf("%d requests came while the agent was to be left alone\n%s", n-requests, c.API.Dump())
	}
}

// nudged waits for the nudge that comes when nothing is in its way any more.
func nudged(t *testing.T, c *clients.Client, v *auto) {
	t.Helper()
	c.Until(nudgeSoon, "the nudge", func() bool { return len(nudges(c)) > 0 })
	c.Until(30*time.Second, "the effect of the nudge", func() bool { return v.has(event{Event: "nudge", Status: "effective"}) })
	v.stop()
	exactlyOnce(t, c, v)
}

// sees waits until vigil knows the agent: what is left alone unseen proves
// nothing.
func sees(c *clients.Client, v *auto) {
	c.Until(30*time.Second, "vigil to see the agent", func() bool { return v.has(event{Event: "agent"}) })
}

// endedAt is when the main conversation's turn n, from 0, was over: the
// model's answer of its last step was out. It is zero before that.
func endedAt(c *clients.Client, n int) time.Time {
	for _, r := range c.API.Requests() {
		if r.Thread == modelapi.MainThread && r.Turn == n && r.Answer.Text != "" && !r.Done.IsZero() {
			return r.Done
		}
	}
	return time.Time{}
}

func ended(c *clients.Client, n int) bool { return !endedAt(c, n).IsZero() }

func leaveBackground(t *testing.T, bin string, k agent.Kind) {
	script := modelapi.Script{Turns: []modelapi.Turn{{
		{Background: "sleep 20; touch job-ended"},
		{Text: "The run goes on in the background; I continue when it ends."},
	}, done(stops)}, LoopFrom: 1}
	if k == agent.Claude { // it wakes by itself, and stops again
		script.Turns = append([]modelapi.Turn{script.Turns[0], {{Text: "The run in the background has ended. " + stops}}}, script.Turns[1:]...)
	}
	c, set := launch(t, bin, clients.Options{Kind: k, Script: script})
	v := watch(t, bin, c, set)
	sees(c, v)
	over := func() time.Time {
		info, err := os.Stat(filepath.Join(c.Work, "job-ended"))
		if err != nil {
			return time.Time{}
		}
		return info.ModTime()
	}
	if !none(t, c, v, 60*time.Second, over) {
		t.Fatalf("the job never ended; the screen:\n%s", c.Screen())
	}
	nudged(t, c, v)
}

func leaveWakeUp(t *testing.T, bin string, k agent.Kind) {
	c, set := launch(t, bin, clients.Options{Kind: k, Script: modelapi.Script{Turns: []modelapi.Turn{
		{{WakeUp: 60 * time.Second}, {Text: "The run needs a minute. I have armed a wake-up and look again then."}},
		done("I woke up and the run is fine. " + stops),
	}, LoopFrom: 1}})
	v := watch(t, bin, c, set)
	sees(c, v)
	// It fires on the full minute after the one asked for.
	if !none(t, c, v, 3*time.Minute, func() time.Time { return endedAt(c, 1) }) {
		t.Fatalf("the wake-up never came; the screen:\n%s\n%s", c.Screen(), c.API.Dump())
	}
	nudged(t, c, v)
}

func leaveSubAgent(t *testing.T, bin string, k agent.Kind) {
	const task = "SIDE TASK: count the runs"
	c, set := launch(t, bin, clients.Options{Kind: k, Script: modelapi.Script{
		Turns: []modelapi.Turn{
			{{SubAgent: task}, {Text: "A helper counts the runs; I go on with its answer."}},
			done("The helper has answered. " + stops), // Claude Code goes on by itself, Codex by a nudge
			done(stops),
		},
		LoopFrom: 1,
		Threads: []modelapi.Thread{{Name: "helper", Match: task, Turns: []modelapi.Turn{
			{{Delay: 12 * time.Second, Run: "echo counting"}, {Text: "There are 12 runs."}},
		}}},
	}})
	v := watch(t, bin, c, set)
	sees(c, v)
	helper := func() time.Time {
		for _, r := range c.API.Requests() {
			if r.Thread == "helper" && r.Answer.Text != "" && !r.Done.IsZero() {
				return r.Done
			}
		}
		return time.Time{}
	}
	if !none(t, c, v, 60*time.Second, helper) {
		t.Fatalf("the sub-agent never ended; the screen:\n%s\n%s", c.Screen(), c.API.Dump())
	}
	nudged(t, c, v)
}

func leaveSlow(t *testing.T, bin string, k agent.Kind) {
	c, set := launch(t, bin, clients.Options{Kind: k, Script: modelapi.Script{Turns: []modelapi.Turn{
		{
			{Delay: 12 * time.Second, Run: "for i in 1 2 3 4 5 6 7 8; do sleep 1; done"},
			{Pace: time.Second, Text: "This answer comes word by word, and whoever breaks in is wrong. SESSION FINAL: no lever is left."},
		},
		done(stops),
	}, LoopFrom: 1}})
	v := watch(t, bin, c, set)
	sees(c, v)
	if !none(t, c, v, 90*time.Second, func() time.Time { return endedAt(c, 0) }) {
		t.Fatalf("the slow turn never ended\n%s", c.API.Dump())
	}
	nudged(t, c, v)
}

// leaveDialog runs an agent whose CLI asks a person: mark stands on its screen
// meanwhile, and key chooses the first answer.
func leaveDialog(t *testing.T, bin string, o clients.Options, mark, key string) *clients.Client {
	c, set := launch(t, bin, o)
	v := watch(t, bin, c, set)
	sees(c, v)
	c.Until(30*time.Second, "the dialog", func() bool { return strings.Contains(c.Screen(), mark) })
	untouched(t, c, v)
	if !strings.Contains(c.Screen(), mark) {
		t.Fatalf("the dialog is gone:\n%s", c.Screen())
	}
	if _, err := os.Stat(filepath.Join(c.Work, "made-by-agent")); err == nil {
		t.Fatal("the command ran without a person's word")
	}
	c.Key(key)
	nudged(t, c, v)
	return c
}

func leavePermission(t *testing.T, bin string, k agent.Kind) {
	mark, key := "Do you want to proceed", "1"
	if k == agent.Codex {
		mark, key = "Would you like to run", "y"
	}
	c := leaveDialog(t, bin, clients.Options{Kind: k, Ask: true, Script: modelapi.Script{Turns: []modelapi.Turn{
		{{Permission: "touch made-by-agent"}, {Text: "The file is there. " + stops}},
		done(stops),
	}, LoopFrom: 1}}, mark, key)
	if _, err := os.Stat(filepath.Join(c.Work, "made-by-agent")); err != nil {
		t.Errorf("the command did not run though a person agreed: %v", err)
	}
}

func leaveAsk(t *testing.T, bin string, k agent.Kind) {
	mark := "to navigate"
	if k == agent.Codex {
		mark = "to submit answer"
	}
	leaveDialog(t, bin, clients.Options{Kind: k, Ask: true, Script: modelapi.Script{Turns: []modelapi.Turn{
		{{Ask: "Which schedule shall I take?", Options: []string{"Linear", "Cosine"}}, {Text: "I take that one. " + stops}},
		done(stops),
	}, LoopFrom: 1}}, mark, "Enter")
}

// busyTurn is a first turn that leaves time to put something in vigil's way.
func busyTurn() modelapi.Script {
	return modelapi.Script{Turns: []modelapi.Turn{{{Run: "sleep 6"}, {Text: stops}}, done(stops)}, LoopFrom: 1}
}

func leaveCopyMode(t *testing.T, bin string, k agent.Kind) {
	c, set := launch(t, bin, clients.Options{Kind: k, Script: busyTurn()})
	c.CopyMode(true)
	v := watch(t, bin, c, set)
	sees(c, v)
	c.Until(60*time.Second, "the turn's end", func() bool { return ended(c, 0) })
	untouched(t, c, v)
	c.CopyMode(false)
	nudged(t, c, v)
}

func leaveDraft(t *testing.T, bin string, k agent.Kind) {
	const draft = "half a thought of a person"
	c, set := launch(t, bin, clients.Options{Kind: k, Script: busyTurn()})
	c.Type(draft)
	v := watch(t, bin, c, set)
	sees(c, v)
	c.Until(60*time.Second, "the turn's end", func() bool { return ended(c, 0) })
	untouched(t, c, v)
	if !strings.Contains(c.Screen(), draft) {
		t.Fatalf("the draft is gone:\n%s", c.Screen())
	}
	c.Key("C-u")
	c.Until(10*time.Second, "an empty input line", func() bool { return !strings.Contains(c.Screen(), draft) })
	nudged(t, c, v)
}

// The CLI dies while a nudge is being counted down to: the shell below it must
// not get the text.
func leaveShell(t *testing.T, bin string, k agent.Kind) {
	c, set := launch(t, bin, clients.Options{Kind: k, Script: busyTurn()})
	set.Delay = 5 * time.Second
	v := watch(t, bin, c, set)
	c.Until(60*time.Second, "the ending", func() bool { return v.has(event{Event: "ending", Ending: "terminal"}) })
	c.Kill9()
	untouched(t, c, v)
	v.stop()
}

func leaveInterrupted(t *testing.T, bin string, k agent.Kind) {
	c, set := launch(t, bin, clients.Options{Kind: k, Script: modelapi.Script{Turns: []modelapi.Turn{
		{{Pace: time.Second, Text: strings.Repeat("I write a long report.\n\n", 50)}}, done(stops),
	}, LoopFrom: 1}})
	v := watch(t, bin, c, set)
	sees(c, v)
	c.Until(30*time.Second, "the text", func() bool { return strings.Contains(c.Screen(), "I write a long report.") })
	c.Key("Escape")
	c.Until(30*time.Second, "the interruption", func() bool { return strings.Contains(c.Screen(), "nterrupted") })
	untouched(t, c, v)
	v.stop()
}
