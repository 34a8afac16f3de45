package supervise

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/nudge"
)

// night drives a State through observations on a clock of its own.
type night struct {
	t     *testing.T
	s     *State
	now   time.Time
	id    agent.ID
	n     int // numbers events
	busy  bool
	idle  bool // its title says so whenever it is not busy
	sends []Send
	told  []Report
	doneA []Action
	asks  []AskJudge
}

func newNight(t *testing.T, kind agent.Kind, change func(*agent.Policy)) *night {
	t.Helper()
	p := agent.DefaultPolicy()
	if change != nil {
		change(&p)
	}
	tm, err := nudge.NewTemplates(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := &night{t: t, now: time.Date(2026, 5, 2, 3, 0, 0, 0, time.UTC), id: agent.ID("local/" + string(kind) + "/s1")}
	n.s = NewState(Rules{
		Endings: ending.Default(), Templates: tm,
		Policy: func(agent.Agent) agent.Policy { return p },
		Goal:   func(agent.Agent) agent.GoalLine { return agent.GoalLine{} },
	}, true, false)
	n.see(Leased{Mine: true})
	n.see(Seen{agent.Agent{
		ID: n.id, Name: "opus", Kind: kind, Host: "local", SessionID: "s1", Session: "/s1.jsonl",
		Pane: agent.Pane{Socket: "/s", ID: "%1", Target: "a:0.0"}, PID: 42, Workspace: "/w",
		Resume: []string{"claude", "-p"},
	}})
	n.see(Restored{ID: n.id})
	n.see(Process{ID: n.id, Alive: true})
	n.see(Heard{ID: n.id, First: true})
	return n
}

func (n *night) see(o Observation) {
	n.t.Helper()
	n.take(n.s.Step(n.now, o))
}

func (n *night) take(actions []Action) {
	n.doneA = append(n.doneA, actions...)
	for _, a := range actions {
		switch a := a.(type) {
		case Send:
			n.sends = append(n.sends, a)
		case AskJudge:
			n.asks = append(n.asks, a)
		case Tell:
			n.told = append(n.told, a.Report)
		}
	}
}

// pass lets time go by, step by step, as the loop does.
func (n *night) pass(d time.Duration) {
	n.t.Helper()
	end := n.now.Add(d)
	for i := 0; ; i++ {
		at := n.s.NextDeadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if i > 10000 {
			n.t.Fatalf("the deadline %v does not move on", at)
		}
		if at.After(n.now) {
			n.now = at
		} else {
			n.now = n.now.Add(time.Millisecond)
		}
		n.see(Tick{})
		done := n.doneA
		n.doneA = nil
		for _, a := range done {
			if l, ok := a.(LookAt); ok {
				n.see(Looked{ID: l.ID, Screen: n.screen()})
			}
		}
	}
	n.now = end
}

// screen is what the CLI shows.
func (n *night) screen() agent.Screen {
	return agent.Screen{At: n.now, Composer: agent.EmptyComposer, Hash: 7, Busy: n.busy, Idle: n.idle && !n.busy}
}

func (n *night) event(e agent.Event) {
	n.t.Helper()
	n.n++
	e.At, e.ID = n.now, fmt.Sprint("e", n.n)
	n.busy = e.Type == agent.Prompt || e.Type == agent.ToolCall || e.Type == agent.ToolResult
	n.see(Heard{ID: n.id, Events: []agent.Event{e}})
}

func (n *night) prompt(text string) {
	n.event(agent.Event{Type: agent.Prompt, Text: text, Origin: agent.Human})
}

func (n *night) tool() {
	n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash", Summary: "sbatch run.sh"}})
	n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}})
}

func (n *night) end(text string) {
	n.event(agent.Event{Type: agent.Message, Text: text, Final: true})
	n.event(agent.Event{Type: agent.TurnEnded})
}

func (n *night) view() agent.View {
	n.t.Helper()
	v := n.s.Snapshot(n.now).Find(n.id)
	if v == nil {
		n.t.Fatal("the agent is gone")
	}
	return *v
}

func (n *night) want(state agent.State, e agent.Ending, sends int) {
	n.t.Helper()
	v := n.view()
	if v.State != state || v.Verdict.Ending != e || len(n.sends) != sends {
		n.t.Fatalf("state %q, ending %q, %d sent; want %q, %q, %d (next %+v, evidence %+v)",
			v.State, v.Verdict.Ending, len(n.sends), state, e, sends, v.Next, v.Verdict.Evidence)
	}
}

const final = "SESSION FINAL: every marginal lever is exhausted. Stopping the autonomous loop here."

func TestNudgesAStop(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.want(agent.Working, "", 0)
	n.end(final)
	n.want(agent.Stopped, agent.Terminal, 0)
	if next := n.view().Next; next == nil || next.At.Sub(n.now) != time.Second || next.Held != "" {
		t.Fatalf("next = %+v", next)
	}
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
	send := n.sends[0]
	if send.Nudge.Channel != agent.ViaTmux || send.Again || send.Nudge.Key == "" {
		t.Fatalf("send = %+v", send)
	}
	n.see(Entered{ID: n.id, Key: send.Nudge.Key})
	n.prompt(send.Nudge.Text)
	n.see(Fared{ID: n.id, Key: send.Nudge.Key, Result: nudge.Result{Status: agent.Received}})
	if got := n.view().LastNudge.Status; got != agent.Received {
		t.Fatalf("status = %s", got)
	}
	n.tool()
	if v := n.view(); v.LastNudge.Status != agent.Effective || v.State != agent.Working || v.Idle == 0 {
		t.Fatalf("view = %+v", v)
	}
	idle := RecordIdle{}
	for _, a := range n.doneA {
		if i, ok := a.(RecordIdle); ok {
			idle = i
		}
	}
	if idle.Cause != agent.Terminal || idle.To.Sub(idle.From) != 2*time.Second {
		t.Fatalf("idle = %+v", idle)
	}
	n.pass(time.Hour)
	n.want(agent.Working, "", 1)
}

func TestLeavesAWaitAlone(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "b1", Kind: agent.Shell, Started: n.now, Wakes: true}})
	n.end("The record stands; probe 8 is running.")
	n.pass(time.Hour)
	n.want(agent.Waiting, agent.Waits, 0)
	n.event(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: "b1"}})
	n.pass(2 * time.Second)
	n.event(agent.Event{Type: agent.Prompt, Text: "<task-notification>", Origin: agent.Notice})
	n.want(agent.Working, "", 0)
}

func TestNudgesAPhantomWait(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.end("Probe 8 is running. Waiting for the completion notification.")
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Stalled, 1)
}

func TestAWaitThatOnlyWordsVouchForIsBounded(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.end("Heartbeat 3: the sub-agent reports 4 of 8 trials done. Standing by for its report.")
	n.pass(wordsOnly - time.Minute)
	n.want(agent.Waiting, agent.Waits, 0)
	n.pass(2 * time.Minute)
	n.want(agent.Stopped, agent.Stalled, 1)
}

func TestCodexIsToldWhenItsJobEnds(t *testing.T) {
	n := newNight(t, agent.Codex, nil)
	n.prompt("start")
	n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "7", Kind: agent.Shell, Started: n.now}})
	n.end("Training runs in the background.")
	n.pass(time.Minute)
	n.see(Process{ID: n.id, Alive: true}) // it runs under the CLI's server
	n.pass(time.Minute)
	n.want(agent.Waiting, agent.Waits, 0)
	n.event(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: "7"}})
	n.pass(2 * time.Second)
	if len(n.sends) != 1 {
		t.Fatalf("%d sent after the job ended", len(n.sends))
	}
}

func TestRegistryDeniesABackgroundShell(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "b1", Kind: agent.Shell, Started: n.now, Wakes: true}})
	n.end("Waiting for the run to finish.")
	n.want(agent.Waiting, agent.Waits, 0)
	n.now = n.now.Add(time.Second)
	n.see(Registered{ID: n.id, Status: "shell", At: n.now})
	n.pass(time.Hour)
	n.want(agent.Waiting, agent.Waits, 0)
	n.see(Registered{ID: n.id, Status: "idle", At: n.now})
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Stalled, 1)
}

func TestAnOldWordOfTheRegistryDoesNotCount(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.see(Registered{ID: n.id, Status: "shell", At: n.now})
	n.now = n.now.Add(time.Second)
	n.event(agent.Event{Type: agent.Prompt, Text: "<task-notification>", Origin: agent.Notice})
	n.end("The job has ended. " + final)
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
}

func TestNoGraceOnceItWasWoken(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "b1", Kind: agent.Shell, Started: n.now, Wakes: true}})
	n.end("Waiting for the run.")
	n.event(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: "b1"}})
	n.event(agent.Event{Type: agent.Prompt, Text: "<task-notification>", Origin: agent.Notice})
	n.end("The job has ended. " + final)
	n.pass(1100 * time.Millisecond)
	n.want(agent.Stopped, agent.Terminal, 1)
}

func TestDialogs(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash", Summary: "rm -r out"}})
	n.see(Registered{ID: n.id, Status: "waiting", WaitingFor: "permission prompt", At: n.now})
	n.pass(time.Hour)
	n.want(agent.Asking, agent.Permission, 0)
	n.see(Registered{ID: n.id, Status: "busy", At: n.now})
	n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}})
	n.want(agent.Working, "", 0)
}

func TestAPersonsStopIsRespected(t *testing.T) {
	for name, stop := range map[string]func(*night){
		"esc": func(n *night) { n.event(agent.Event{Type: agent.TurnAborted}) },
		"word": func(n *night) {
			n.end("Done.")
			n.now = n.now.Add(100 * time.Millisecond)
			n.prompt("Stop.")
			n.end("Stopped.")
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNight(t, agent.Claude, nil)
			n.prompt("start")
			n.tool()
			stop(n)
			n.pass(10 * time.Hour)
			n.want(agent.Stopped, agent.Interrupted, 0)
			n.prompt("go on")
			n.end(final)
			n.pass(2 * time.Second)
			n.want(agent.Stopped, agent.Terminal, 1)
		})
	}
}

func TestHeldBack(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*night)
		why  string
	}{
		{"auto off", func(n *night) { n.see(Asked{agent.Intent{Type: agent.AutoOff}}) }, "auto-resume is off"},
		{"lease", func(n *night) { n.see(Leased{Holder: "head/7/x"}) }, "head/7/x"},
		{"person", func(n *night) { n.see(Asked{agent.Intent{Type: agent.Hold, Agent: n.id}}) }, "held by you"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t, agent.Claude, nil)
			c.do(n)
			n.prompt("start")
			n.end(final)
			n.pass(time.Hour)
			n.want(agent.Stopped, agent.Terminal, 0)
			if next := n.view().Next; next == nil || !strings.Contains(next.Held, c.why) || next.Text == "" {
				t.Fatalf("next = %+v", next)
			}
			n.see(Asked{agent.Intent{Type: agent.NudgeNow, Agent: n.id}})
			n.want(agent.Stopped, agent.Terminal, 1)
		})
	}
}

func TestAnObstacleIsRetried(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.end(final)
	n.pass(1500 * time.Millisecond)
	key := n.sends[0].Nudge.Key
	for i := 2; i < 5; i++ {
		n.see(Fared{ID: n.id, Key: key, Result: nudge.Result{Status: agent.Planned, Note: "the pane is in copy mode"}})
		if next := n.view().Next; next == nil || next.Held != "the pane is in copy mode" {
			t.Fatalf("next = %+v", next)
		}
		n.pass(retryHeld + 10*time.Millisecond)
		if len(n.sends) != i || n.sends[i-1].Nudge.Key != key || !n.sends[i-1].Again {
			t.Fatalf("sends = %+v", n.sends)
		}
	}
	held := 0
	for _, r := range n.told {
		if r.Status == Held {
			held++
		}
	}
	if held != 1 {
		t.Errorf("the same obstacle was told %d times", held)
	}
}

// restart makes a second process's state from the same past.
func (n *night) restart(nudges []agent.Nudge, past []agent.Event) *night {
	m := newNight(n.t, agent.Claude, nil)
	m.now, m.n = n.now, n.n
	a := n.view().Agent
	m.s.agents = map[agent.ID]*track{}
	m.see(Seen{a})
	m.see(Restored{ID: a.ID, Nudges: nudges})
	m.see(Process{ID: a.ID, Alive: true})
	m.see(Heard{ID: a.ID, Events: past, First: true})
	return m
}

func TestAfterACrash(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	past := func(extra ...agent.Event) []agent.Event {
		return append([]agent.Event{
			{Type: agent.Prompt, ID: "p", At: n.now, Text: "start", Origin: agent.Human},
			{Type: agent.Message, ID: "m", At: n.now, Text: final, Final: true},
			{Type: agent.TurnEnded, ID: "x", At: n.now},
		}, extra...)
	}
	for _, e := range past() {
		n.see(Heard{ID: n.id, Events: []agent.Event{e}})
	}
	n.pass(1100 * time.Millisecond)
	sent := n.sends[0].Nudge
	sent.Tries = 0 // the journal keeps none

	t.Run("it had arrived", func(t *testing.T) {
		m := n.restart([]agent.Nudge{sent}, past(agent.Event{Type: agent.Prompt, ID: "q", At: n.now, Text: sent.Text, Origin: agent.Human}))
		m.pass(time.Minute)
		if len(m.sends) != 0 || m.view().LastNudge.Status != agent.Received {
			t.Fatalf("sends %+v, last %+v", m.sends, m.view().LastNudge)
		}
	})
	t.Run("it had arrived, told by the journal late", func(t *testing.T) {
		m := n.restart(nil, past(agent.Event{Type: agent.Prompt, ID: "q", At: n.now, Text: sent.Text, Origin: agent.Human}))
		m.see(Restored{ID: n.id, Nudges: []agent.Nudge{sent}})
		m.pass(time.Minute)
		if len(m.sends) != 0 || m.view().LastNudge.Status != agent.Received {
			t.Fatalf("sends %+v, last %+v", m.sends, m.view().LastNudge)
		}
	})
	t.Run("it had not", func(t *testing.T) {
		m := n.restart([]agent.Nudge{sent}, past())
		m.pass(settleFor - 100*time.Millisecond)
		if len(m.sends) != 0 {
			t.Fatal("sent before it was looked for")
		}
		m.pass(200 * time.Millisecond)
		if len(m.sends) != 1 || m.sends[0].Nudge.Key != sent.Key || !m.sends[0].Again {
			t.Fatalf("sends = %+v", m.sends)
		}
	})
	t.Run("it had arrived long ago", func(t *testing.T) {
		sent := sent
		sent.Status = agent.Effective
		m := n.restart([]agent.Nudge{sent}, past())
		m.pass(time.Hour)
		if len(m.sends) != 0 {
			t.Fatalf("sends = %+v", m.sends)
		}
	})
}

func TestWastedNudgesBackOff(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.end(final)
	for i, wait := range []time.Duration{time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute} {
		n.pass(wait - 10*time.Millisecond)
		if len(n.sends) != i {
			t.Fatalf("nudge %d came early", i+1)
		}
		n.pass(20 * time.Millisecond)
		if len(n.sends) != i+1 {
			t.Fatalf("nudge %d did not come after %v: %+v", i+1, wait, n.view().Next)
		}
		send := n.sends[i]
		n.see(Entered{ID: n.id, Key: send.Nudge.Key})
		n.prompt(send.Nudge.Text)
		n.see(Fared{ID: n.id, Key: send.Nudge.Key, Result: nudge.Result{Status: agent.Received}})
		n.end("Record stands. " + final)
		if got := n.view().LastNudge.Status; got != agent.Wasted {
			t.Fatalf("nudge %d is %s", i+1, got)
		}
	}
	if n.sends[0].Nudge.Rung != 1 || n.sends[1].Nudge.Rung != 2 {
		t.Errorf("rungs %d, %d", n.sends[0].Nudge.Rung, n.sends[1].Nudge.Rung)
	}
	n.pass(24 * time.Hour)
	if len(n.sends) != 4 || !strings.Contains(n.view().Next.Held, "a person is needed") {
		t.Fatalf("%d sent, next %+v", len(n.sends), n.view().Next)
	}
}

func TestLimitWaitsForItsReset(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	resets := n.now.Add(20 * time.Minute)
	n.event(agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Limit, Code: "rate_limit", Text: "You've hit your 5-hour limit", Resets: resets}})
	n.pass(24 * time.Minute)
	n.want(agent.Limited, agent.Limit, 0)
	n.pass(2 * time.Minute)
	n.want(agent.Limited, agent.Limit, 1)
}

func TestAnExitIsNotTypedInto(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.see(Process{ID: n.id, Alive: false})
	n.pass(time.Hour)
	n.want(agent.Exited, agent.Gone, 0)

	m := newNight(t, agent.Claude, func(p *agent.Policy) { p.Restart = agent.RestartOnFailure })
	m.prompt("start")
	m.tool()
	m.see(Process{ID: m.id, Alive: false})
	m.pass(time.Minute)
	if len(m.sends) != 1 || !m.sends[0].Nudge.Step() || m.sends[0].Nudge.Text != startAgain { // no message
		t.Fatalf("sends = %+v", m.sends)
	}
}

func TestAnOpenSessionIsNotResumedBeside(t *testing.T) {
	n := newNight(t, agent.Claude, func(p *agent.Policy) { p.Restart = agent.RestartOnFailure })
	a := n.view().Agent
	a.Pane = agent.Pane{} // it runs outside tmux
	n.see(Seen{a})
	n.prompt("start")
	n.end(final)
	n.pass(time.Hour)
	n.want(agent.Stopped, agent.Terminal, 0)
	if next := n.view().Next; next == nil || next.Held != nudge.NoWayIn {
		t.Fatalf("next = %+v", next)
	}
}

func TestEndWithoutAMark(t *testing.T) {
	n := newNight(t, agent.Codex, nil)
	n.prompt("start")
	n.tool()
	n.event(agent.Event{Type: agent.Message, Text: final})
	n.pass(1500 * time.Millisecond)
	n.want(agent.Working, "", 0)
	n.pass(3 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
}

func TestEscWithoutALine(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash"}})
	n.now = n.now.Add(5 * time.Second)
	n.see(Registered{ID: n.id, Status: "idle", At: n.now})
	n.pass(time.Hour)
	n.want(agent.Stopped, agent.Interrupted, 0)
}

func TestDryRunSendsNothing(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.s.dryRun = true
	n.prompt("start")
	n.end(final)
	n.pass(time.Hour)
	n.want(agent.Stopped, agent.Terminal, 0)
	planned := 0
	for _, r := range n.told {
		if r.Status == agent.Planned {
			planned++
		}
	}
	if planned != 1 {
		t.Errorf("%d nudges were planned", planned)
	}
}

// TestRandomNights holds the invariants over arbitrary orders of events: one
// nudge for one end, none while a turn runs, a dialog is open, something alive
// will wake the agent or a person has it.
func TestRandomNights(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := newNight(t, agent.Claude, nil)
		keys := map[string]int{}
		checked := 0
		for range 200 {
			n.now = n.now.Add(time.Duration(r.IntN(2000)) * time.Millisecond)
			switch r.IntN(14) {
			case 0, 1:
				n.prompt("on")
			case 2, 3:
				n.tool()
			case 4, 5, 6:
				n.end(final)
			case 7:
				n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "b", Kind: agent.SubAgent, Started: n.now, Wakes: true}})
			case 8:
				n.event(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: "b"}})
			case 9:
				n.see(Registered{ID: n.id, Status: []string{"busy", "idle", "waiting", "shell"}[r.IntN(4)], WaitingFor: "permission prompt", At: n.now})
			case 10:
				n.event(agent.Event{Type: agent.TurnAborted})
			case 11:
				n.pass(time.Duration(r.IntN(5000)) * time.Millisecond)
			case 12:
				n.see(Asked{agent.Intent{Type: []agent.IntentType{agent.Hold, agent.Release}[r.IntN(2)], Agent: n.id}})
			case 13:
				if len(n.sends) > 0 {
					s := n.sends[len(n.sends)-1]
					st := []agent.NudgeStatus{agent.Planned, agent.Sent}[r.IntN(2)]
					if st == agent.Sent {
						n.see(Entered{ID: n.id, Key: s.Nudge.Key})
					}
					n.see(Fared{ID: n.id, Key: s.Nudge.Key, Result: nudge.Result{Status: st, Note: "x"}})
				}
			}
			for ; checked < len(n.sends); checked++ {
				s := n.sends[checked]
				if keys[s.Nudge.Key]++; keys[s.Nudge.Key] > 1 && !s.Again {
					t.Fatalf("seed %d: %s was planned twice", seed, s.Nudge.Key)
				}
			}
			v := n.view()
			if tr := n.s.agents[n.id]; tr.sending == "" && v.Next != nil && v.Next.Held == "" {
				if v.Turn.Running() || v.State == agent.Asking || v.State == agent.Waiting || tr.heldByPerson {
					t.Fatalf("seed %d: a nudge is planned for %+v", seed, v)
				}
			}
		}
	}
}
