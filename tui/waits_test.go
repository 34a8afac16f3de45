package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// What an agent waits for is said with its age and its latest end, and what is
// dead is called so, in the list, in the footer and under "why".
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
	m := &Model{now: clock}
	for _, c := range []struct {
		task agent.Task
		want string
	}{
		{alive, "alive, by the process, for 25m, last sign of life 2m ago, until 03:14 at most"},
		{hollow, "hollow: what it watches is dead, by the process, for 3h00m"},
		{unsure, "not seen to live, by the transcript, for 1m"},
	} {
		if got := m.stands(c.task); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := clockTime(clock, clock.Add(24*time.Hour)); !strings.HasPrefix(got, "Tue ") {
		t.Errorf("another day: %q", got)
	}
}

// What "why" says of background tasks is right for what the agent does: one
// that works waits for nothing, and is told what its work goes on with when its
// turn is over.
func TestWaitsUnderWhy(t *testing.T) {
	tasks := []agent.Task{
		{Kind: agent.Shell, Summary: "tail -F a.log", State: agent.TaskAlive, Source: "process", Wakes: true},
		{Kind: agent.Child, Summary: "train.py", State: agent.TaskAlive, Source: "process"},
		{Kind: agent.Monitor, Summary: "until grep b.log", State: agent.TaskDead, Source: "process"},
	}
	for _, c := range []struct {
		state agent.State
		want  []string
	}{
		{agent.Waiting, []string{
			"what it waits for",
			"process              train.py",
			"                     alive, by the process; nothing but a nudge wakes the agent at its end",
			"shell                tail -F a.log",
			"                     alive, by the process",
			"monitor              until grep b.log",
			"                     dead, by the process",
		}},
		{agent.Working, []string{
			"beside its turn",
			"process              train.py",
			"                     alive, by the process; once the turn is over, nothing but a nudge wakes the agent at its end",
			"shell                tail -F a.log",
			"                     alive, by the process; once the turn is over, its end wakes the agent",
			"monitor              until grep b.log",
			"                     dead, by the process",
		}},
	} {
		m := start(newFake(nil), size{140, 40})
		f := &facts{w: 120, st: m.st}
		m.waits(f, &agent.View{State: c.state, Tasks: tasks})
		if got, want := ansi.Strip(strings.Join(f.out, "\n")), strings.Join(c.want, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", c.state, got, want)
		}
	}
}
