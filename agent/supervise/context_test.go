package supervise

import (
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// full ends a turn because the context is full. The agent has worked in it.
func (n *night) full() {
	n.t.Helper()
	n.pass(time.Second)
	n.event(agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Context, Code: "context_window_exceeded", Text: "prompt is too long"}})
}

// last is the last thing that was sent.
func (n *night) last() Send {
	n.t.Helper()
	if len(n.sends) == 0 {
		n.t.Fatalf("nothing was sent: %+v", n.view().Next)
	}
	return n.sends[len(n.sends)-1]
}

// typed tells that what was sent last was typed.
func (n *night) typed() {
	n.t.Helper()
	key := n.last().Nudge.Key
	n.see(Entered{n.id, key})
	n.see(Fared{ID: n.id, Key: key, Result: nudge.Result{Status: agent.Sent}})
}

func (n *night) status(key string) agent.NudgeStatus {
	n.t.Helper()
	for _, x := range n.s.agents[n.s.now(n.id)].nudges {
		if x.Key == key {
			return x.Status
		}
	}
	return ""
}

func newFull(t *testing.T, kind agent.Kind, change func(*agent.Policy)) *night {
	n := newNight(t, kind, change)
	n.prompt("start the loop")
	n.tool()
	n.full()
	n.pass(5 * time.Second)
	n.want(agent.Stopped, agent.Context, 1)
	if s := n.last(); s.Nudge.Text != "/compact" || !strings.HasSuffix(s.Nudge.Key, "/compact") || !s.Nudge.Step() {
		t.Fatalf("sent %+v", s.Nudge)
	}
	return n
}

func TestFullContextIsCompacted(t *testing.T) {
	n := newFull(t, agent.Claude, nil)
	n.typed()
	n.pass(3 * time.Second)
	n.want(agent.Stopped, agent.Context, 1) // the CLI works on it
	n.event(agent.Event{Type: agent.Compacted, Origin: agent.System})
	n.pass(3 * time.Second)
	n.want(agent.Stopped, agent.Context, 1) // that was the CLI's own
	n.event(agent.Event{Type: agent.Compacted})
	n.pass(5 * time.Second)
	n.want(agent.Stopped, agent.Context, 2)
	s := n.last()
	if s.Nudge.Rung != 1 || !strings.Contains(s.Nudge.Text, "has been compacted") {
		t.Fatalf("sent %+v", s.Nudge)
	}
	if v := n.view(); v.Nudges != 0 { // not handed over yet, and the step is none
		t.Errorf("%d nudges", v.Nudges)
	}
	n.typed()
	n.prompt(s.Nudge.Text)
	n.tool()
	n.want(agent.Working, "", 2)
	// Full again after work: that is a new case.
	n.full()
	n.pass(5 * time.Second)
	n.want(agent.Stopped, agent.Context, 3)
	if s := n.last(); s.Nudge.Text != "/compact" || strings.HasSuffix(s.Nudge.Key, "/2") {
		t.Fatalf("sent %+v", s.Nudge)
	}
}

// Codex makes a turn of its own of the command, in which nothing is said.
func TestCompactingAsATurn(t *testing.T) {
	for _, ok := range []bool{true, false} {
		n := newFull(t, agent.Codex, nil)
		n.typed()
		n.event(agent.Event{Type: agent.Prompt, Origin: agent.Human})
		if ok {
			n.event(agent.Event{Type: agent.Compacted})
			n.event(agent.Event{Type: agent.TurnEnded})
		} else {
			n.event(agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Context, Text: "still too long"}})
		}
		n.pass(40 * time.Second)
		n.want(agent.Stopped, agent.Context, 2)
		s := n.last()
		if ok && !strings.Contains(s.Nudge.Text, "has been compacted") || !ok && (s.Nudge.Text != "/compact" || s.Nudge.Key == n.sends[0].Nudge.Key) {
			t.Fatalf("compacted %v: sent %+v", ok, s.Nudge)
		}
	}
}

// A CLI that takes the command and shows a free input line again has not
// compacted; one that never answers has not either.
func TestCompactingFails(t *testing.T) {
	for _, busy := range []bool{false, true} {
		n := newFull(t, agent.Claude, nil)
		n.typed()
		if busy {
			n.see(Registered{ID: n.id, Status: "busy", At: n.now})
			n.pass(9 * time.Minute)
			n.want(agent.Stopped, agent.Context, 1)
			n.pass(2 * time.Minute)
		} else {
			n.pass(7 * time.Second)
			n.want(agent.Stopped, agent.Context, 1)
			n.pass(20 * time.Second)
		}
		n.want(agent.Stopped, agent.Context, 2)
		if s := n.last(); s.Nudge.Text != "/compact" || n.status(n.sends[0].Nudge.Key) != agent.Wasted {
			t.Fatalf("busy %v: sent %+v", busy, s.Nudge)
		}
		n.typed()
		n.see(Registered{ID: n.id, Status: "idle", At: n.now})
		n.pass(11 * time.Minute)
		n.want(agent.Stopped, agent.Context, 2)
		if next := n.view().Next; next == nil || !strings.Contains(next.Held, "a person is needed") {
			t.Fatalf("busy %v: next %+v", busy, next)
		}
	}
}

// A context that is full again at once was compacted in vain.
func TestCompactedInVain(t *testing.T) {
	n := newFull(t, agent.Claude, func(p *agent.Policy) { p.HandOver = true })
	for i := range maxCompacts {
		n.typed()
		n.event(agent.Event{Type: agent.Compacted})
		n.pass(time.Minute)
		if s := n.last(); s.Nudge.Step() {
			t.Fatalf("round %d: sent %+v", i, s.Nudge)
		}
		n.typed()
		n.prompt(n.last().Nudge.Text)
		n.full()
		n.pass(time.Minute)
	}
	if s := n.last(); s.Nudge.Text != "/clear" || !strings.HasSuffix(s.Nudge.Key, "/fresh") || len(n.sends) != 2*maxCompacts+1 {
		t.Fatalf("%d sent, the last %+v", len(n.sends), s.Nudge)
	}
}

// handedOver is a night in which compacting failed and a fresh session was
// begun.
func handedOver(t *testing.T, kind agent.Kind) *night {
	n := newFull(t, kind, func(p *agent.Policy) { p.HandOver = true })
	for range maxCompacts {
		n.typed()
		n.pass(time.Minute)
	}
	n.typed()
	return n
}

// Claude Code has a file for the fresh session at once.
func TestHandOver(t *testing.T) {
	n := handedOver(t, agent.Claude)
	before := n.view()
	a := before.Agent
	a.ID, a.SessionID, a.Session = "local/claude/s2", "s2", "/s2.jsonl"
	old := n.id
	n.see(Moved{From: old, Agent: a})
	n.id = a.ID
	n.see(Process{ID: n.id, Alive: true})
	n.see(Heard{ID: n.id, First: true})
	n.pass(5 * time.Second)
	s := n.last()
	if s.Nudge.Rung != nudge.RungHandOver || !strings.Contains(s.Nudge.Text, "take over") || s.Agent.ID != n.id {
		t.Fatalf("sent %+v", s)
	}
	if !n.s.due(s.Nudge.Key, n.id) || !n.s.due(s.Nudge.Key, old) {
		t.Error("the hand-over is not due")
	}
	n.typed()
	n.pass(time.Second)
	n.prompt(s.Nudge.Text)
	n.tool()
	if got := n.status(s.Nudge.Key); got != agent.Effective {
		t.Errorf("the hand-over is %q", got)
	}
	n.end(final)
	n.pass(10 * time.Second)
	after := n.view()
	if after.Name != before.Name || after.Started != before.Started || after.Idle < before.Idle || after.Verdict.Ending != agent.Terminal {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	if m := n.last(); m.Nudge.Step() || m.Nudge.Rung != 1 || m.Nudge.Session != "s2" {
		t.Errorf("sent %+v", m.Nudge)
	}
	if len(after.Moments) <= len(before.Moments) || n.s.Snapshot(n.now).Find(old) != nil {
		t.Error("the timeline does not go on, or the old session is still watched")
	}
}

// Codex has a file for the fresh session only when it is told something.
func TestHandOverBeforeTheFile(t *testing.T) {
	n := handedOver(t, agent.Codex)
	n.pass(5 * time.Second)
	s := n.last()
	if s.Nudge.Rung != nudge.RungHandOver || !n.s.due(s.Nudge.Key, n.id) {
		t.Fatalf("sent %+v", s.Nudge)
	}
	n.typed()
	a := n.view().Agent
	a.ID, a.SessionID, a.Session = "local/codex/s2", "s2", "/s2.jsonl"
	at := n.now.Add(-500 * time.Millisecond)
	n.see(Moved{From: n.id, Agent: a})
	n.id = a.ID
	n.see(Heard{ID: n.id, First: true, Events: []agent.Event{
		{Type: agent.Prompt, At: at, ID: "p", Text: s.Nudge.Text, Origin: agent.Human},
		{Type: agent.ToolCall, At: at, ID: "c", Call: &agent.Call{ID: "c", Name: "exec"}},
	}})
	n.pass(time.Minute)
	if got, sends := n.status(s.Nudge.Key), len(n.sends); got != agent.Effective || sends != maxCompacts+2 {
		t.Errorf("the hand-over is %q, %d sent", got, sends)
	}
}

// A fresh session whose context is full before any work is not the first of
// many: a person is told.
func TestHandedOverInVain(t *testing.T) {
	n := handedOver(t, agent.Claude)
	a := n.view().Agent
	a.ID, a.SessionID, a.Session = "local/claude/s2", "s2", "/s2.jsonl"
	n.see(Moved{From: n.id, Agent: a})
	n.id = a.ID
	n.see(Process{ID: n.id, Alive: true})
	n.see(Heard{ID: n.id, First: true})
	n.pass(5 * time.Second)
	n.typed()
	n.pass(time.Second)
	n.prompt(n.last().Nudge.Text)
	n.full()
	sends := len(n.sends)
	n.pass(time.Hour)
	if next := n.view().Next; len(n.sends) != sends || next == nil || !strings.Contains(next.Held, "a person is needed") {
		t.Errorf("%d sent, the last %+v; next %+v", len(n.sends), n.last().Nudge, next)
	}
}

// A session that a person began is not spoken to: the person is there.
func TestAPersonsFreshSession(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.end(final)
	a := n.view().Agent
	a.ID, a.SessionID, a.Session = "local/claude/s2", "s2", "/s2.jsonl"
	n.see(Moved{From: n.id, Agent: a})
	n.id = a.ID
	n.see(Process{ID: n.id, Alive: true})
	n.see(Heard{ID: n.id, First: true})
	n.pass(time.Hour)
	n.want(agent.Unknown, "", 0)
}

func TestNoCompactionByPolicy(t *testing.T) {
	n := newNight(t, agent.Claude, func(p *agent.Policy) { p.Compact = false })
	n.prompt("start")
	n.tool()
	n.full()
	n.pass(time.Hour)
	n.want(agent.Stopped, agent.Context, 0)
	if next := n.view().Next; next == nil || !strings.Contains(next.Held, "compact") {
		t.Errorf("next %+v", next)
	}
}

// Who comes after a crash finds the step in the journal, and does not type it
// again.
func TestCompactingAfterACrash(t *testing.T) {
	n := newFull(t, agent.Claude, nil)
	n.typed()
	var past []agent.Event
	var nudges []agent.Nudge
	nudges = append(nudges, n.s.agents[n.id].nudges...)
	past = append(past,
		agent.Event{Type: agent.Prompt, At: n.now.Add(-time.Minute), ID: "e1", Text: "start", Origin: agent.Human},
		agent.Event{Type: agent.TurnFailed, At: nudges[0].PlannedAt.Add(-time.Second), ID: nudges[0].EndID, Failure: &agent.Failure{Ending: agent.Context}},
	)
	m := n.restart(nudges, past)
	m.pass(5 * time.Second)
	m.want(agent.Stopped, agent.Context, 0)
	m.event(agent.Event{Type: agent.Compacted})
	m.pass(5 * time.Second)
	if s := m.last(); s.Nudge.Step() || len(m.sends) != 1 {
		t.Fatalf("sent %+v", s.Nudge)
	}
}

// A CLI that has compacted by itself finds nothing more to compact: the agent
// is told to go on, once, before anything else is tried.
func TestNothingLeftToCompact(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.idle = true
	n.prompt("start the loop")
	n.tool()
	n.pass(time.Second)
	n.event(agent.Event{Type: agent.Compacted, Origin: agent.System})
	n.full()
	n.pass(5 * time.Second)
	n.want(agent.Stopped, agent.Context, 1)
	n.typed()
	n.pass(time.Minute)
	n.want(agent.Stopped, agent.Context, 2)
	if got := n.status(n.sends[0].Nudge.Key); got != agent.Wasted {
		t.Errorf("the command is %q", got)
	}
	s := n.last()
	if s.Nudge.Step() {
		t.Fatalf("sent %+v", s.Nudge)
	}
	n.typed()
	n.prompt(s.Nudge.Text)
	n.full()
	n.pass(5 * time.Second)
	n.want(agent.Stopped, agent.Context, 3)
	if s := n.last(); s.Nudge.Text != "/compact" {
		t.Errorf("sent %+v", s.Nudge)
	}
}
