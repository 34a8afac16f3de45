package supervise

import (
	"slices"
	"testing"
	"time"

	"vigil/agent"
)

// jobs has a poller tell of jobs.
func (n *night) jobs(jobs ...agent.Task) {
	n.t.Helper()
	n.see(Backed{ID: n.id, Source: "scheduler", Tasks: jobs})
}

// A job in the queue is a wait, and its end is told to the agent by nobody but
// vigil: once.
func TestJobsAreWaitedFor(t *testing.T) {
	for _, kind := range []agent.Kind{agent.Claude, agent.Codex} {
		n := newNight(t, kind, nil)
		n.prompt("start")
		n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash", Summary: "sbatch run.sh"}})
		n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}, Text: "Submitted batch job 4711"})
		if v := n.view(); len(v.Tasks) != 1 || v.Tasks[0].ID != "4711" || v.Tasks[0].State != agent.TaskUnsure {
			t.Fatalf("tasks: %+v", v.Tasks)
		}
		job := agent.Task{ID: "4711", Kind: agent.Job, Summary: "4711 probe PENDING", State: agent.TaskAlive, Sign: n.now}
		n.jobs(job)
		n.end("Job 4711 is submitted: 8 trials at 2790 steps.")
		for range 30 {
			n.pass(time.Minute)
			n.jobs(job)
		}
		n.want(agent.Waiting, agent.Waits, 0)
		job.State, job.Sign, job.Summary = agent.TaskDead, n.now, "4711 probe FAILED"
		n.jobs(job)
		n.pass(2 * time.Second)
		if v := n.view(); v.State != agent.Stopped || len(n.sends) != 1 {
			t.Fatalf("%s: %s %s, %d sent", kind, v.State, v.Verdict.Ending, len(n.sends))
		}
		n.pass(time.Hour)
		if len(n.sends) > 2 { // the second looks whether the first arrived
			t.Errorf("%d sent", len(n.sends))
		}
	}
}

// A scheduler that tells nothing any more vouches for nothing for ever.
func TestAJobOfWhichNothingIsToldAnyMore(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.jobs(agent.Task{ID: "1", Kind: agent.Job, Summary: "1 RUNNING", State: agent.TaskAlive, Sign: n.now})
	n.end("The search is over. " + final)
	n.pass(9 * time.Minute)
	n.want(agent.Waiting, agent.Waits, 0)
	n.pass(5 * time.Minute)
	n.see(Backed{ID: n.id, Source: "log"})
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
}

// A log that grows vouches for words: for as long as it does, and against no
// declaration that the work is over.
func TestLogsVouchForWords(t *testing.T) {
	grow := func(n *night, d time.Duration) {
		for end := n.now.Add(d); n.now.Before(end); n.pass(time.Minute) {
			n.see(Backed{ID: n.id, Source: "log", Tasks: []agent.Task{{ID: "/w/a.log", Kind: agent.Log, Summary: "a", Sign: n.now}}})
		}
	}
	for text, waits := range map[string]bool{
		"Probe 8 is running. Waiting for it to finish.": true,
		"Trial 3: 3.2791. Mean so far 3.2790. 5 to go.": true,
		final: false,
	} {
		n := newNight(t, agent.Claude, nil)
		n.see(Backed{ID: n.id, Source: "log", Tasks: []agent.Task{{ID: "/w/a.log", Kind: agent.Log, Summary: "a", Sign: n.now}}})
		n.prompt("start")
		n.tool()
		n.end(text)
		if !waits {
			n.pass(2 * time.Second)
			n.want(agent.Stopped, agent.Terminal, 1)
			continue
		}
		grow(n, 2*time.Hour)
		n.want(agent.Waiting, agent.Waits, 0)
		v := n.view()
		if !slices.ContainsFunc(v.Tasks, func(k agent.Task) bool {
			return k.Kind == agent.Log && k.State == agent.TaskAlive && k.Until.After(n.now)
		}) {
			t.Errorf("tasks: %+v", v.Tasks)
		}
		n.pass(15 * time.Minute)
		if v := n.view(); v.State != agent.Stopped || len(n.sends) != 1 {
			t.Fatalf("%s %s, %d sent", v.State, v.Verdict.Ending, len(n.sends))
		}
	}
}

// A wait that only words vouch for says until when.
func TestWordsAreShownWithTheirEnd(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.end("Heartbeat 3: the sub-agent reports 4 of 8 trials done. Standing by for its report.")
	n.pass(time.Minute)
	v := n.view()
	if len(v.Tasks) != 1 || v.Tasks[0].Source != "text" || !v.Tasks[0].Until.Equal(v.Turn.Ended.Add(wordsOnly)) {
		t.Errorf("tasks: %+v", v.Tasks)
	}
}

// A wake-up that does not come is overdue, also when a process lives beside it.
func TestAWakeUpThatDoesNotCome(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	due := n.now.Add(20 * time.Minute)
	n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "wake-up", Kind: agent.Wakeup, Summary: "look at the run", Started: n.now, Due: due, Wakes: true}})
	n.end("I look again in 20 minutes.")
	n.pass(21 * time.Minute)
	n.want(agent.Waiting, agent.Waits, 0)
	if k := n.view().Tasks[0]; k.State != agent.TaskAlive || !k.Until.Equal(due.Add(2*time.Minute)) {
		t.Errorf("task: %+v", k)
	}
	n.pass(3 * time.Minute)
	n.want(agent.Stopped, agent.Stalled, 1)
	if k := n.view().Tasks[0]; k.State != agent.TaskOverdue {
		t.Errorf("task: %+v", k)
	}
}

// Shells of an earlier process are dead, whatever the transcript forgot to tell.
func TestAnotherProcessHasNoneOfTheOldShells(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "b1", Kind: agent.Shell, Summary: "train", Started: n.now, Wakes: true}})
	n.end("Waiting for the run.")
	n.want(agent.Waiting, agent.Waits, 0)
	n.now = n.now.Add(time.Minute)
	a := n.view().Agent
	a.PID++
	n.see(Seen{a})
	n.see(Process{ID: n.id, Alive: true, Began: n.now})
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Stalled, 1)
}
