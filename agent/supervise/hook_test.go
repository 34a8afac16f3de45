package supervise

import (
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/hook"
	"vigil/agent/liveness"
)

// stopCall is what the CLI tells its hook at the end of a turn.
func stopCall(text string) hook.Call {
	return hook.Call{Event: hook.Stop, Session: "s1", Turn: "p1", Message: text, HasMessage: true}
}

// hookAsks puts a question of the hook and returns the answers given so far.
func (n *night) hookAsks(c hook.Call) []AnswerHook {
	n.t.Helper()
	before := len(n.hookAnswers())
	n.see(HookCalled{N: before + 1, Call: c})
	return n.hookAnswers()[before:]
}

func (n *night) hookAnswers() []AnswerHook {
	var out []AnswerHook
	for _, a := range n.doneA {
		if a, ok := a.(AnswerHook); ok {
			out = append(out, a)
		}
	}
	return out
}

// hookGoesOn has the hook asked, and wants the turn to go on with a nudge,
// which the CLI takes.
func (n *night) hookGoesOn(text string) agent.Nudge {
	n.t.Helper()
	got := n.hookAsks(stopCall(text))
	if len(got) != 1 || got[0].Nudge.Text == "" {
		n.t.Fatalf("answers %+v, want a nudge", got)
	}
	nudge := got[0].Nudge
	n.see(HookTold{ID: n.id, Key: nudge.Key, OK: true})
	n.event(agent.Event{Type: agent.Message, Text: text, Final: true})
	n.event(agent.Event{Type: agent.Prompt, Text: "Stop hook feedback:\n" + nudge.Text, Origin: agent.Hook})
	return nudge
}

// hookLets has the hook asked, and wants the turn to end, at the latest once
// the transcript has had its time.
func (n *night) hookLets(c hook.Call) {
	n.t.Helper()
	before := len(n.hookAnswers())
	n.see(HookCalled{N: before + 1, Call: c})
	end := n.now.Add(hookFacts)
	for len(n.hookAnswers()) == before && n.now.Before(end) {
		n.now = end
		n.see(Tick{})
	}
	got := n.hookAnswers()[before:]
	if len(got) != 1 || got[0].Nudge.Key != "" {
		n.t.Fatalf("answers %+v, want the turn to end", got)
	}
}

func status(t *testing.T, n *night, key string) agent.NudgeStatus {
	t.Helper()
	x := n.s.agents[n.id].nudge(key)
	if x == nil {
		t.Fatalf("no nudge %s", key)
	}
	return x.Status
}

func TestHookGoesOn(t *testing.T) {
	for _, k := range []agent.Kind{agent.Claude, agent.Codex} {
		n := newNight(t, k, nil)
		n.prompt("start")
		n.pass(time.Minute)
		n.tool()
		first := n.hookGoesOn(final)
		if first.Channel != agent.ViaHook || first.Ending != agent.Terminal || first.PlannedAt != n.now {
			t.Errorf("%s: nudge %+v", k, first)
		}
		if s := status(t, n, first.Key); s != agent.Received {
			t.Errorf("%s: status %s, want received", k, s)
		}
		n.tool()
		if s := status(t, n, first.Key); s != agent.Effective {
			t.Errorf("%s: status %s, want effective", k, s)
		}
		n.pass(time.Minute)
		second := n.hookGoesOn(final)
		if second.Key == first.Key || second.Text == first.Text {
			t.Errorf("%s: two stops, one nudge: %+v", k, second)
		}
		n.pass(time.Hour)
		n.want(agent.Working, "", 0)
	}
}

// A CLI tells of an end sooner than its transcript shows what came before.
func TestHookWaitsForTheTranscript(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.pass(time.Minute)
	n.tool()
	n.hookGoesOn(final)
	if got := n.hookAsks(stopCall("Again: " + final)); len(got) != 0 {
		t.Fatalf("answered before the effect of the nudge before was known: %+v", got)
	}
	n.now = n.now.Add(50 * time.Millisecond)
	n.tool()
	if got := n.hookAnswers(); len(got) != 2 || got[1].Nudge.Text == "" {
		t.Fatalf("answers %+v, want a second nudge", got)
	}
}

func TestHookLetsGo(t *testing.T) {
	with := func(change func(*hook.Call)) hook.Call {
		c := stopCall(final)
		change(&c)
		return c
	}
	shell := agent.Task{ID: "b1", Kind: agent.Shell, State: agent.TaskAlive, Wakes: true}
	for _, c := range []struct {
		name   string
		policy func(*agent.Policy)
		before func(*night)
		call   hook.Call
	}{
		{name: "a background task", call: with(func(c *hook.Call) { c.HasTasks, c.Tasks = true, []agent.Task{shell} })},
		{name: "a wake-up", call: with(func(c *hook.Call) {
			c.HasCrons, c.Tasks = true, []agent.Task{{ID: "w", Kind: agent.Wakeup, State: agent.TaskAlive}}
		})},
		{
			name: "a sub-agent that only the transcript knows", call: with(func(c *hook.Call) { c.HasTasks, c.HasCrons = true, true }),
			before: func(n *night) {
				n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "s", Kind: agent.SubAgent, Started: n.now, Wakes: true}})
			},
		},
		{name: "a sub-agent's own stop", call: with(func(c *hook.Call) { c.SubAgent = true })},
		{name: "another session", call: with(func(c *hook.Call) { c.Session = "s2" })},
		{name: "no message told", call: with(func(c *hook.Call) { c.HasMessage = false })},
		{name: "words of a wait", call: stopCall("Heartbeat 3: the sub-agent reports 4 of 8 trials done. Standing by for its report.")},
		{name: "auto off", call: stopCall(final), before: func(n *night) { n.see(Asked{agent.Intent{Type: agent.AutoOff}}) }},
		{name: "another's lease", call: stopCall(final), before: func(n *night) { n.see(Leased{Holder: "x"}) }},
		{name: "held", call: stopCall(final), before: func(n *night) { n.see(Asked{agent.Intent{Type: agent.Hold, Agent: n.id}}) }},
		{name: "policy off", call: stopCall(final), policy: func(p *agent.Policy) { p.Auto = false }},
		{name: "delay", call: stopCall(final), policy: func(p *agent.Policy) { p.Delay = 30 * time.Second }},
		{name: "quiet hours", call: stopCall(final), policy: func(p *agent.Policy) { p.Quiet = []agent.DaySpan{{From: 0, To: 24 * time.Hour}} }},
		{name: "no more this hour", call: stopCall(final), policy: func(p *agent.Policy) { p.MaxPerHour = 1 }, before: func(n *night) {
			n.hookGoesOn(final)
			n.tool()
		}},
		{name: "a question for a person", call: stopCall("Which of the two schedules do you want me to run?"), policy: func(p *agent.Policy) { p.Question = false }},
		{name: "a message waits", call: stopCall(final), before: func(n *night) { n.event(agent.Event{Type: agent.Queued, Text: "look at the loss"}) }},
		{name: "a person spoke just now", call: stopCall(final), before: func(n *night) {
			n.end(final)
			n.now = n.now.Add(100 * time.Millisecond)
			n.prompt("what is the loss?")
			n.now = n.now.Add(2 * time.Second)
		}},
		{name: "a goal of the CLI's own", call: stopCall(final), before: func(n *night) { n.event(agent.Event{Type: agent.GoalActive, Text: "all pass"}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t, agent.Claude, c.policy)
			n.prompt("start")
			n.pass(50 * time.Second)
			n.tool()
			if c.before != nil {
				c.before(n)
			}
			n.hookLets(c.call)
		})
	}
}

// What the hook tells of background tasks beats what the transcript lets one
// think: a shell that ended unseen is no wait.
func TestHookKnowsBetter(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "b1", Kind: agent.Shell, Started: n.now, Wakes: true}})
	n.tool()
	n.pass(time.Minute)
	n.hookLets(stopCall(final))
	c := stopCall("And " + final)
	c.HasTasks, c.HasCrons = true, true
	if got := n.hookAsks(c); len(got) != 1 || got[0].Nudge.Text == "" {
		t.Fatalf("answers %+v, want a nudge", got)
	}
}

// A turn that is made to go on and does nothing ends at last, even under a
// policy that would nudge for ever.
func TestHookLoopGuard(t *testing.T) {
	n := newNight(t, agent.Codex, func(p *agent.Policy) { p.BackOff, p.MaxWasted, p.MaxPerHour = nil, 1000, 1000 })
	n.prompt("start")
	n.pass(time.Minute)
	n.tool()
	var keys []string
	for range hookBlocks {
		keys = append(keys, n.hookGoesOn(final).Key)
		n.now = n.now.Add(time.Second)
	}
	n.hookLets(stopCall(final))
	for i, k := range keys[:len(keys)-1] {
		if s := status(t, n, k); s != agent.Wasted {
			t.Errorf("nudge %d: %s, want wasted", i, s)
		}
	}
	restored := append([]agent.Nudge{}, n.s.agents[n.id].nudges...)

	again := newNight(t, agent.Codex, func(p *agent.Policy) { p.BackOff, p.MaxWasted, p.MaxPerHour = nil, 1000, 1000 })
	again.see(Restored{ID: again.id, Nudges: restored})
	again.prompt("start")
	again.hookLets(stopCall(final))
	again.tool()
	again.hookLets(stopCall(final)) // no nudge of its own had this effect

	n.now = n.now.Add(time.Second)
	n.tool()
	n.hookGoesOn(final)
}

// With the usual back-off, a second stop without any work is left to stand for
// a while.
func TestHookBacksOff(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.pass(time.Minute)
	n.tool()
	n.hookGoesOn(final)
	n.now = n.now.Add(time.Second)
	n.hookLets(stopCall(final))
	n.end(final)
	n.pass(20 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 0)
	n.pass(20 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
}

// Each stop gets one nudge by one channel, however the answer fares.
func TestHookAndTmux(t *testing.T) {
	begin := func() (*night, agent.Nudge) {
		n := newNight(t, agent.Claude, nil)
		n.prompt("start")
		n.pass(time.Minute)
		n.tool()
		got := n.hookAsks(stopCall(final))
		if len(got) != 1 || got[0].Nudge.Text == "" {
			t.Fatalf("answers %+v, want a nudge", got)
		}
		return n, got[0].Nudge
	}
	t.Run("the CLI had gone", func(t *testing.T) {
		n, x := begin()
		n.see(HookTold{ID: n.id, Key: x.Key})
		n.end(final)
		n.pass(2 * time.Second)
		n.want(agent.Stopped, agent.Terminal, 1)
		if s := status(t, n, x.Key); s != agent.Dropped {
			t.Errorf("status %s, want dropped", s)
		}
	})
	t.Run("the CLI did not heed it", func(t *testing.T) {
		n, x := begin()
		n.see(HookTold{ID: n.id, Key: x.Key, OK: true})
		n.end(final)
		n.pass(hookSeen - time.Second)
		n.want(agent.Stopped, agent.Terminal, 0)
		n.pass(3 * time.Second)
		n.want(agent.Stopped, agent.Terminal, 1)
		if s := status(t, n, x.Key); s != agent.Wasted {
			t.Errorf("status %s, want wasted", s)
		}
	})
	t.Run("the answer is on its way", func(t *testing.T) {
		n, _ := begin()
		n.end(final)
		n.pass(time.Minute)
		n.want(agent.Stopped, agent.Terminal, 0)
	})
	t.Run("let go", func(t *testing.T) {
		n := newNight(t, agent.Claude, nil)
		n.prompt("start")
		n.tool()
		n.hookLets(stopCall(final)) // the person spoke just now
		n.end(final)
		n.pass(2 * time.Second)
		n.want(agent.Stopped, agent.Terminal, 1)
	})
	t.Run("installed twice", func(t *testing.T) {
		n, _ := begin()
		n.hookLets(stopCall(final))
	})
}

// A vigil that starts after a crash finds the answer of the one before it.
func TestHookAfterACrash(t *testing.T) {
	planned := agent.Nudge{
		Key: "s1/local/claude/s1/hook/1", Channel: agent.ViaHook, EndID: "hook/1", Text: "Keep going (vigil, nudge 1)",
		Status: agent.Planned, Ending: agent.Terminal,
	}
	for name, taken := range map[string]bool{"taken": true, "not taken": false} {
		t.Run(name, func(t *testing.T) {
			n := newNight(t, agent.Claude, nil)
			x := planned
			x.PlannedAt = n.now
			x.Agent, x.Session = n.id, "s1"
			n.prompt("start")
			n.tool()
			if taken {
				n.event(agent.Event{Type: agent.Message, Text: final, Final: true})
				n.event(agent.Event{Type: agent.Prompt, Text: "Stop hook feedback:\n" + x.Text, Origin: agent.Hook})
				n.see(Restored{ID: n.id, Nudges: []agent.Nudge{x}})
				if s := status(t, n, x.Key); s != agent.Received {
					t.Errorf("status %s, want received", s)
				}
				n.pass(time.Hour)
				n.want(agent.Working, "", 0)
				return
			}
			n.end(final)
			n.see(Restored{ID: n.id, Nudges: []agent.Nudge{x}})
			n.pass(hookSeen + 2*time.Second)
			n.want(agent.Stopped, agent.Terminal, 1)
			if s := status(t, n, x.Key); s != agent.Dropped {
				t.Errorf("status %s, want dropped", s)
			}
		})
	}
}

// A process that was seen at work may have been the last tool: it is looked for
// again before it keeps the agent from going on.
func TestHookLooksForWork(t *testing.T) {
	work := []liveness.Process{{
		Key: "7/1", Command: liveness.ReadCommand([]string{"python3", "train.py"}), Programs: []string{"python3"},
	}}
	begin := func() *night {
		n := newNight(t, agent.Claude, nil)
		n.prompt("start")
		n.pass(time.Minute)
		n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash", Summary: "python3 train.py"}})
		n.see(Process{ID: n.id, Alive: true, Work: work})
		n.now = n.now.Add(time.Second)
		n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}})
		if got := n.hookAsks(stopCall(final)); len(got) != 0 {
			t.Fatalf("answered before the look: %+v", got)
		}
		looks := 0
		for _, a := range n.doneA {
			if _, ok := a.(LookForWork); ok {
				looks++
			}
		}
		if looks != 1 {
			t.Fatalf("%d looks were asked for", looks)
		}
		n.now = n.now.Add(50 * time.Millisecond)
		return n
	}
	t.Run("it has ended", func(t *testing.T) {
		n := begin()
		n.see(Process{ID: n.id, Alive: true, Work: []liveness.Process{}})
		if got := n.hookAnswers(); len(got) != 1 || got[0].Nudge.Text == "" {
			t.Fatalf("answers %+v, want a nudge", got)
		}
	})
	t.Run("it lives", func(t *testing.T) {
		n := begin()
		n.see(Process{ID: n.id, Alive: true, Work: work})
		if got := n.hookAnswers(); len(got) != 1 || got[0].Nudge.Text != "" {
			t.Fatalf("answers %+v, want the turn to end", got)
		}
	})
	t.Run("no look comes", func(t *testing.T) {
		n := begin()
		n.now = n.now.Add(hookFacts)
		n.see(Tick{})
		if got := n.hookAnswers(); len(got) != 1 || got[0].Nudge.Text != "" {
			t.Fatalf("answers %+v, want the turn to end", got)
		}
	})
}
