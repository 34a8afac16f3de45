package supervise

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// gone ends the agent's process.
func (n *night) gone(left agent.Tri) {
	n.t.Helper()
	n.see(Process{ID: n.id, Alive: false, Left: left})
}

// back is the agent's new process.
func (n *night) back(pid int) {
	n.t.Helper()
	a := n.s.agents[n.id].Agent
	a.PID = pid
	n.see(Seen{a})
	n.see(Process{ID: n.id, Alive: true})
}

func onFailure(p *agent.Policy) { p.Restart = agent.RestartOnFailure }

func newCrash(t *testing.T, change func(*agent.Policy)) *night {
	n := newNight(t, agent.Claude, change)
	n.prompt("start the loop")
	n.tool()
	n.pass(time.Minute)
	n.gone(agent.No)
	n.pass(5 * time.Second)
	return n
}

func TestACrashIsStartedAgain(t *testing.T) {
	n := newCrash(t, onFailure)
	n.want(agent.Exited, agent.Gone, 1)
	if s := n.last(); s.Nudge.Rung != agent.StepRestart || s.Nudge.Channel != agent.ViaTmux || s.Always {
		t.Fatalf("sent %+v", s)
	}
	n.typed()
	n.pass(3 * time.Second)
	n.want(agent.Exited, agent.Gone, 1) // it starts
	n.back(43)
	n.want(agent.Stopped, agent.Gone, 2)
	if s := n.last(); s.Nudge.Step() || !strings.Contains(s.Nudge.Text, "started again") || s.Nudge.Channel != agent.ViaTmux {
		t.Fatalf("sent %+v", s.Nudge)
	}
	n.typed()
	n.prompt(n.last().Nudge.Text)
	n.tool()
	if got := n.status(n.sends[0].Nudge.Key); got != agent.Effective {
		t.Errorf("the restart is %q", got)
	}
	if v := n.view(); v.Nudges != 1 {
		t.Errorf("%d nudges", v.Nudges)
	}
}

// A nudge that was on its way when the process died goes out once the process
// is there again, and tells of that: what it said was of another state.
func TestANudgeLostWithItsProcess(t *testing.T) {
	for _, typed := range []bool{true, false} {
		n := newNight(t, agent.Claude, onFailure)
		n.prompt("start the loop")
		n.tool()
		n.end("SESSION FINAL.")
		n.pass(time.Minute)
		n.want(agent.Stopped, agent.Terminal, 1)
		first := n.last().Nudge
		if typed {
			n.typed()
		} else {
			n.see(Fared{ID: n.id, Key: first.Key, Result: nudge.Result{Status: agent.Planned, Note: "its input line is not on the screen"}})
		}
		n.gone(agent.No)
		n.pass(5 * time.Second)
		n.want(agent.Exited, agent.Gone, 2)
		n.typed() // the restart
		n.back(43)
		n.pass(10 * time.Second)
		n.want(agent.Stopped, agent.Gone, 3)
		s := n.last()
		if s.Nudge.Key != first.Key || !s.Anew || !strings.Contains(s.Nudge.Text, "started again") {
			t.Errorf("typed %v: sent %+v", typed, s)
		}
		n.typed()
		n.prompt(s.Nudge.Text)
		n.tool()
		if got := n.status(first.Key); got != agent.Effective {
			t.Errorf("typed %v: the nudge is %q", typed, got)
		}
	}
}

func TestWhoIsNotStartedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*agent.Policy)
		left   agent.Tri
		stop   bool
		held   string
	}{
		{"never", nil, agent.No, false, "not restarted"},
		{"a person ended it", onFailure, agent.Yes, false, "a person ended it"},
		{"a person stopped it before", onFailure, agent.No, true, "a person stopped it"},
		{"none at all", func(p *agent.Policy) { onFailure(p); p.MaxRestarts = 0 }, agent.No, false, "0 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t, agent.Claude, c.change)
			n.prompt("start the loop")
			n.tool()
			if c.stop {
				n.event(agent.Event{Type: agent.TurnAborted})
			}
			n.gone(c.left)
			n.pass(time.Hour)
			n.want(agent.Exited, agent.Gone, 0)
			if next := n.view().Next; next == nil || !strings.Contains(next.Held, c.held) {
				t.Errorf("next %+v", next)
			}
		})
	}
	n := newNight(t, agent.Claude, func(p *agent.Policy) { p.Restart = agent.RestartAlways })
	n.prompt("start the loop")
	n.tool()
	n.gone(agent.Yes)
	n.pass(5 * time.Second)
	n.want(agent.Exited, agent.Gone, 1)
	if !n.last().Always {
		t.Error("the executor is not told that it is wanted always")
	}
}

// A process that ends again and again is left alone after the limit, also in
// the eyes of a vigil that was started meanwhile.
func TestRestartsHaveALimit(t *testing.T) {
	n := newCrash(t, onFailure)
	for i := range 3 {
		if len(n.sends) != i+1 {
			t.Fatalf("%d restarts, want %d", len(n.sends), i+1)
		}
		n.typed()
		n.back(50 + i)
		n.sends = n.sends[:i+1] // the message is on its way still
		n.see(Fared{ID: n.id, Key: n.s.agents[n.id].key(), Result: nudge.Result{Status: agent.Planned, Note: "its input line is not on the screen"}})
		n.gone(agent.No)
		n.pass(5 * time.Second)
	}
	check := func(n *night, sends int) {
		t.Helper()
		n.pass(time.Hour)
		n.want(agent.Exited, agent.Gone, sends)
		if next := n.view().Next; next == nil || !strings.Contains(next.Held, "3 times within 10m0s") {
			t.Errorf("next %+v", next)
		}
	}
	nudges := append([]agent.Nudge(nil), n.s.agents[n.id].nudges...)
	turn := n.s.agents[n.id].session.Turn
	m := n.restart(nudges, []agent.Event{
		{Type: agent.Prompt, At: turn.Started, ID: "e1", Text: turn.Prompt, Origin: agent.Human},
		{Type: agent.ToolCall, At: turn.LastAt, ID: turn.EndID, Call: &agent.Call{ID: "c", Name: "Bash"}},
	})
	m.gone(agent.No)
	check(n, 3)
	check(m, 0)
	// A person sees to it: that begins anew.
	n.back(99)
	if n.s.agents[n.id].gaveUp != "" {
		t.Error("it is given up still")
	}
}

// A restart whose process never comes is tried again, within the limit.
func TestARestartThatNeverComes(t *testing.T) {
	n := newCrash(t, onFailure)
	for i := range 3 {
		if s := n.last(); s.Nudge.Rung != agent.StepRestart || len(n.sends) != i+1 {
			t.Fatalf("try %d: %d sent, the last %+v", i, len(n.sends), s.Nudge)
		}
		n.typed()
		n.pass(2 * time.Minute)
	}
	n.want(agent.Exited, agent.Gone, 3)
}

func TestRestartRefused(t *testing.T) {
	n := newCrash(t, onFailure)
	fared := func(why error) {
		n.see(Fared{ID: n.id, Key: n.last().Nudge.Key, Result: nudge.Result{Status: agent.Planned, Note: why.Error()}, Err: why})
		n.pass(5 * time.Second)
	}
	// An obstacle is looked at again.
	n.see(Fared{ID: n.id, Key: n.last().Nudge.Key, Result: nudge.Result{Status: agent.Planned, Note: "its pane's shell runs something"}})
	n.pass(5 * time.Second)
	n.want(agent.Exited, agent.Gone, 2)
	if n.sends[0].Nudge.Key != n.sends[1].Nudge.Key {
		t.Errorf("keys %q and %q", n.sends[0].Nudge.Key, n.sends[1].Nudge.Key)
	}
	// Without a pane there is the headless resume.
	fared(refusedNoPane)
	n.want(agent.Exited, agent.Gone, 3)
	if s := n.last(); s.Nudge.Channel != agent.ViaExec || s.Nudge.Step() {
		t.Errorf("sent %+v", s.Nudge)
	}
	n = newCrash(t, onFailure)
	fared(refusedLeft)
	n.want(agent.Exited, agent.Gone, 1)
	if next := n.view().Next; next == nil || !strings.Contains(next.Held, "a person ended it") {
		t.Errorf("next %+v", next)
	}
	if refused(errors.Join(errors.New("x"), refusedLeft)) != refusedLeft || refused(nil) != "" {
		t.Error("a refusal is not known")
	}
}

// Older CLIs resume into a new file: the agent in the pane is the same one.
func TestAResumeIntoANewFile(t *testing.T) {
	n := newCrash(t, onFailure)
	n.typed()
	before := n.view()
	a := before.Agent
	a.ID, a.SessionID, a.Session, a.PID, a.Name = "local/claude/s2", "s2", "/s2.jsonl", 77, "w"
	n.see(Seen{a})
	n.id = a.ID
	n.see(Process{ID: n.id, Alive: true})
	n.see(Heard{ID: n.id, First: true, Events: []agent.Event{
		{Type: agent.Prompt, At: n.now.Add(-time.Minute), ID: "p", Text: "start", Origin: agent.Human},
		{Type: agent.ToolCall, At: n.now.Add(-time.Minute), ID: "c", Call: &agent.Call{ID: "c", Name: "Bash"}},
	}})
	if v := n.view(); v.Name != before.Name || len(n.s.Snapshot(n.now).Agents) != 1 {
		t.Errorf("%+v", v)
	}
	if got := n.status(n.sends[0].Nudge.Key); got != agent.Received {
		t.Errorf("the restart is %q", got)
	}
}
