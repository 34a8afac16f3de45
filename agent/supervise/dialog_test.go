package supervise

import (
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// A person answers a question, the agent goes on, starts something and ends its
// turn, all before the registry is read again. That it waited for a person then
// is no news of the end.
func TestAnAnsweredQuestionIsNoEnd(t *testing.T) {
	for _, kind := range []agent.TaskKind{agent.Wakeup, agent.Shell} {
		t.Run(string(kind), func(t *testing.T) {
			n := newNight(t, agent.Claude, nil)
			n.prompt("start")
			n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "AskUserQuestion"}})
			n.see(Registered{ID: n.id, Status: "waiting", WaitingFor: "input needed", At: n.now})
			n.pass(16 * time.Minute)
			n.want(agent.Asking, agent.Question, 0)
			n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}})
			n.now = n.now.Add(time.Second)
			k := &agent.Task{ID: "b1", Kind: kind, Started: n.now, Wakes: true}
			if kind == agent.Wakeup {
				k.Due = n.now.Add(time.Hour)
			}
			n.event(agent.Event{Type: agent.TaskStarted, Task: k})
			n.end("The trial is under way; I look at it when it has ended.")
			n.want(agent.Waiting, agent.Waits, 0)
			n.pass(10 * time.Minute)
			n.want(agent.Waiting, agent.Waits, 0)
		})
	}
}

// A nudge is on its way as it is found that the agent waits: it is not typed, and
// goes out if what the agent waits for has ended in vain.
func TestANudgeOnItsWayToOneThatWaits(t *testing.T) {
	n := newNight(t, agent.Codex, nil)
	n.prompt("start")
	n.tool()
	n.end(final)
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
	s := n.sends[0].Nudge
	if !n.s.due(s.Key, n.id) {
		t.Fatal("the agent stopped, and the nudge is not due")
	}
	job := agent.Task{ID: "7", Kind: agent.Job, Summary: "job", Started: n.now, State: agent.TaskAlive}
	n.see(Backed{ID: n.id, Source: "scheduler", Tasks: []agent.Task{job}})
	n.want(agent.Waiting, agent.Waits, 1)
	if n.s.due(s.Key, n.id) {
		t.Fatal("the agent waits, and the nudge is due")
	}
	n.see(Fared{ID: n.id, Key: s.Key, Result: nudge.Result{Status: agent.Planned, Note: "it waits"}})
	n.pass(5 * time.Minute)
	n.want(agent.Waiting, agent.Waits, 1)
	job.State, job.Sign = agent.TaskDead, n.now
	n.see(Backed{ID: n.id, Source: "scheduler", Tasks: []agent.Task{job}})
	n.pass(10 * time.Second)
	if len(n.sends) != 2 || n.sends[1].Nudge.Key != s.Key {
		t.Fatalf("%d sent: %+v", len(n.sends), n.sends)
	}
}

// A dialog of a sub-agent outlives the turn, and the registry has no newer word.
func TestADialogThatOutlivesItsTurn(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.see(Registered{ID: n.id, Status: "waiting", WaitingFor: "permission prompt", At: n.now})
	n.now = n.now.Add(time.Second)
	n.end(final)
	for i := 0; n.view().State != agent.Asking; i++ {
		if i > 100 {
			t.Fatalf("nobody looked: %+v", n.view())
		}
		done := n.doneA
		n.doneA = nil
		for _, a := range done {
			if l, ok := a.(LookAt); ok {
				sc := n.screen()
				sc.Composer, sc.Dialog = agent.NoComposer, agent.PermissionDialog
				n.see(Looked{ID: l.ID, Screen: sc})
			}
		}
		n.now = maxTime(n.s.NextDeadline(), n.now)
		n.see(Tick{})
	}
	n.want(agent.Asking, agent.Permission, 0)
}
