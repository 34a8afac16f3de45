package supervise

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
	"vigil/agent/tmux"
)

// What only a person can do is told, with what it is about, and nothing else is.
func TestNeeds(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy func(*agent.Policy)
		do     func(*night)
		want   agent.NeedType
		text   string
	}{
		{"at work", nil, func(n *night) { n.tool() }, "", ""},
		{"stopped, and nudged by vigil", nil, func(n *night) { n.end(final) }, "", ""},
		{"a permission prompt", nil, func(n *night) {
			n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash", Summary: "rm -r out"}})
			n.see(Registered{ID: n.id, Status: "waiting", WaitingFor: "permission prompt", At: n.now})
		}, agent.NeedPermission, "Bash rm -r out"},
		{"a question dialog", nil, func(n *night) {
			n.see(Registered{ID: n.id, Status: "waiting", WaitingFor: "input needed", At: n.now})
		}, agent.NeedAnswer, "it asks"},
		{"a question that vigil answers", nil, func(n *night) { n.end("Which of the two should I run? Please decide.") }, "", ""},
		{
			"a question that it leaves", func(p *agent.Policy) { p.Question = false },
			func(n *night) { n.end("Which of the two should I run? Please decide.") }, agent.NeedAnswer, "Which of the two",
		},
		{"an account that must be paid", nil, func(n *night) {
			n.event(agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Failed, Code: "billing", Text: "Your credit is used up", Person: true}})
		}, agent.NeedHelp, "Your credit is used up"},
		{"interrupted by a person", nil, func(n *night) { n.event(agent.Event{Type: agent.TurnAborted}) }, "", ""},
		{"crashed", nil, func(n *night) { n.see(Process{ID: n.id, Left: agent.No}) }, agent.NeedRestart, "crashed or was killed"},
		{"ended by a person", nil, func(n *night) { n.see(Process{ID: n.id, Left: agent.Yes}) }, "", ""},
		{"crashed, and started again by vigil", func(p *agent.Policy) { p.Restart = agent.RestartOnFailure }, func(n *night) {
			n.see(Process{ID: n.id, Left: agent.No})
		}, "", ""},
		{"out of reach", nil, func(n *night) {
			n.end(final)
			n.see(Reached{Host: "local", Why: "no route"})
		}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t, agent.Claude, c.policy)
			n.prompt("start")
			n.tool()
			c.do(n)
			n.pass(500 * time.Millisecond)
			got := n.view().Need
			if got == nil {
				got = &agent.Need{}
			}
			if got.Type != c.want || !strings.Contains(got.Text, c.text) || (c.want != "") != (got.Mark != "") {
				t.Errorf("%+v, want %q with %q", got, c.want, c.text)
			}
		})
	}
}

// Nudges without effect end with a person, and the mark of that stays the same
// as long as the agent stands there.
func TestNeedsHelpAfterWastedNudges(t *testing.T) {
	n := newNight(t, agent.Claude, func(p *agent.Policy) { p.MaxWasted = 2 })
	n.prompt("start")
	n.end(final)
	for range 2 {
		n.pass(time.Hour)
		if got := n.view().Need; got != nil {
			t.Fatalf("too early: %+v", got)
		}
		s := n.sends[len(n.sends)-1].Nudge
		n.see(Entered{ID: n.id, Key: s.Key})
		n.prompt(s.Text)
		n.see(Fared{ID: n.id, Key: s.Key, Result: nudge.Result{Status: agent.Received}})
		n.end(final)
	}
	n.pass(time.Minute)
	first := n.view().Need
	n.pass(3 * time.Hour)
	if got := n.view().Need; first == nil || got == nil || first.Type != agent.NeedHelp || *got != *first || !strings.Contains(got.Text, "2 nudges in a row") {
		t.Errorf("%+v, then %+v", first, got)
	}
}

// Each source tells what it saw, the most trusted first.
func TestSources(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.see(Registered{ID: n.id, Status: "waiting", WaitingFor: "permission prompt", At: n.now})
	n.see(Backed{ID: n.id, Source: "scheduler", Tasks: []agent.Task{{ID: "7", Kind: agent.Job, State: agent.TaskAlive}, {ID: "6", Kind: agent.Job, State: agent.TaskDead}}})
	n.see(Looked{ID: n.id, Screen: agent.Screen{At: n.now, Dialog: agent.PermissionDialog}})
	want := map[string]string{
		"hook": "has not asked this vigil", "registry": "says waiting for permission prompt",
		"transcript": "turn 1 runs; last event: a tool call, and a result after it", "process": "42 lives",
		"pane": "shows a permission dialog, no input line", "workspace": "not read yet", "scheduler": "2 jobs of it, 1 alive",
	}
	got := n.view().Sources
	if len(got) != len(want) || got[0].Source != "hook" {
		t.Fatalf("%+v", got)
	}
	for _, s := range got {
		if s.Text != want[s.Source] {
			t.Errorf("%s: %q, want %q", s.Source, s.Text, want[s.Source])
		}
	}
	if tr := n.view().Trace; tr != nil {
		t.Errorf("of a turn that runs: %+v", tr)
	}
	n.end(final)
	n.see(Backed{ID: n.id, Source: "scheduler"})
	n.see(Registered{ID: n.id, Status: "idle", At: n.now})
	n.pass(2 * time.Second)
	tr := n.view().Trace
	if tr == nil || tr.Ending != agent.Terminal || len(tr.Rules) == 0 || tr.Rules[0].Weight <= 0 || tr.Rules[0].Sentence == "" {
		t.Errorf("trace %+v", tr)
	}
}

// A pane that is gone is said to be so, and not how that was asked.
func TestPaneGone(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.see(Looked{ID: n.id, Err: fmt.Errorf("capture pane %%2 on tmux server /tmp/x: %w", tmux.ErrNoPane)})
	if got := n.view().Problem; got != "pane: it is gone" {
		t.Errorf("%q", got)
	}
}
