package tui

import (
	"testing"
	"time"

	"vigil/agent"
)

// What an agent waits for is said with its age and its latest end, and what is
// dead is called so, in the list and in the footer.
func TestWaits(t *testing.T) {
	alive := agent.Task{
		Kind: agent.Shell, Summary: "tail -F a.log", Started: clock.Add(-25 * time.Minute), State: agent.TaskAlive, Source: "process",
		Sign: clock.Add(-2 * time.Minute), Until: clock.Add(8 * time.Minute), Wakes: true,
	}
	hollow := agent.Task{Kind: agent.Monitor, Summary: "until grep b.log", Started: clock.Add(-3 * time.Hour), State: agent.TaskHollow, Source: "process"}
	unsure := agent.Task{Kind: agent.SubAgent, Summary: "reads", Started: clock.Add(-time.Minute), Source: "transcript"}
	for _, c := range []struct {
		state  agent.State
		ending agent.Ending
		tasks  []agent.Task
		want   string
	}{
		{agent.Waiting, agent.Waits, []agent.Task{unsure, alive, hollow}, "for shell 25m to 03:14: tail -F a.log"},
		{agent.Waiting, agent.Waits, []agent.Task{alive, unsure}, "for shell 25m to 03:14: tail -F a.log"},
		{agent.Waiting, agent.Waits, []agent.Task{unsure}, "for sub-agent 1m: reads"},
		{agent.Stopped, agent.Stalled, []agent.Task{hollow}, "hollow monitor 3h00m: until grep b.log"},
		{agent.Stopped, agent.Terminal, []agent.Task{hollow}, ""},
	} {
		v := agent.View{State: c.state, Verdict: agent.Verdict{Ending: c.ending}, Tasks: c.tasks}
		if got := waited(clock, &v); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
