package supervise

import (
	"testing"
	"time"

	"vigil/agent"
)

// A turn that ends with a tool and no text has no mark in some formats: the
// title tells, and looks that agree.
func TestTheTitleEndsATurn(t *testing.T) {
	n := newNight(t, agent.Gemini, nil)
	n.idle = true
	n.prompt("start the loop")
	n.tool()
	n.busy = true
	n.pass(5 * time.Minute)
	n.want(agent.Working, "", 0)
	n.busy = false // the title says "Ready"
	n.pass(50 * time.Second)
	if v := n.view(); v.Turn.Running() || len(n.sends) != 1 {
		t.Fatalf("running %t, %d sent, ending %q", v.Turn.Running(), len(n.sends), v.Verdict.Ending)
	}
	// Without a title a minute of quiet is waited for.
	n = newNight(t, agent.Gemini, nil)
	n.prompt("start the loop")
	n.tool()
	n.busy = false
	n.pass(50 * time.Second)
	n.want(agent.Working, "", 0)
}

// A CLI on a busy machine sets its title late: one look is no end.
func TestATitleThatIsLate(t *testing.T) {
	n := newNight(t, agent.Qwen, nil)
	n.idle = true
	n.prompt("start the loop")
	n.busy = false
	n.pass(8 * time.Second)
	n.want(agent.Working, "", 0)
	n.busy = true
	n.pass(5 * time.Minute)
	n.want(agent.Working, "", 0)
}

// Esc in the middle of a call leaves it open for ever.
func TestATitleTellsOfEsc(t *testing.T) {
	n := newNight(t, agent.Qwen, nil)
	n.idle = true
	n.prompt("start the loop")
	n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "run_shell_command", Summary: "sleep 100"}})
	n.busy = false
	n.pass(time.Minute)
	n.want(agent.Stopped, agent.Interrupted, 0)
}

// Qwen Code ends a turn by its goal tool with no text, and says so.
func TestGoalEndsByTool(t *testing.T) {
	n := newNight(t, agent.Qwen, nil)
	n.event(agent.Event{Type: agent.GoalActive, Text: "beat 3.28"})
	n.event(agent.Event{Type: agent.Prompt, Text: "Continue working toward the active goal.", Origin: agent.Goal})
	n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "update_goal", Summary: "3.27 in run 4"}})
	n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}})
	n.event(agent.Event{Type: agent.TurnEnded})
	n.busy = false
	n.pass(time.Minute)
	n.want(agent.Waiting, agent.Waits, 0) // the loop goes on by itself
	n.event(agent.Event{Type: agent.GoalDone})
	n.pass(5 * time.Minute)
	if v := n.view(); v.State != agent.Stopped || len(n.sends) != 1 {
		t.Fatalf("state %q, ending %q, %d sent", v.State, v.Verdict.Ending, len(n.sends))
	}
}

// The session of some CLIs tells of each failed request: as long as the screen
// shows work the CLI tries again.
func TestTheCLITriesAgain(t *testing.T) {
	fail := agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Failed, Code: "server_error", Text: "500"}}
	n := newNight(t, agent.Qwen, nil)
	n.prompt("start the loop")
	for range 3 {
		n.event(fail)
		n.busy = true
		n.pass(20 * time.Second)
		n.want(agent.Working, "", 0)
	}
	n.busy = false
	n.pass(5 * time.Second)
	if v := n.view(); v.State != agent.Stopped || v.Verdict.Ending != agent.Failed {
		t.Fatalf("state %q, ending %q", v.State, v.Verdict.Ending)
	}
}

// What a CLI has no reader for on a machine is known by its pane there.
func TestPaneOnly(t *testing.T) {
	for _, c := range []struct {
		a    agent.Agent
		want bool
	}{
		{agent.Agent{Kind: agent.Gemini, Host: local}, false}, // its session comes with the first message
		{agent.Agent{Kind: agent.OpenCode, Host: local}, false},
		{agent.Agent{Kind: agent.OpenCode, Host: "head"}, true},
		{agent.Agent{Kind: "mycli", Host: local}, true},
	} {
		if got := (&track{Agent: c.a}).paneOnly(); got != c.want {
			t.Errorf("%s on %s: %t", c.a.Kind, c.a.Host, got)
		}
	}
}
