package supervise

import (
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// waste has the last nudge reach the agent, which answers and does nothing.
func (n *night) waste() {
	n.t.Helper()
	send := n.sends[len(n.sends)-1]
	n.see(Entered{ID: n.id, Key: send.Nudge.Key})
	n.prompt(send.Nudge.Text)
	n.see(Fared{ID: n.id, Key: send.Nudge.Key, Result: nudge.Result{Status: agent.Received}})
	n.end(final)
}

// Who takes the lease over does not begin to count anew what the other sent.
func TestTheLeaseComesWithWhatWasSent(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.see(Leased{Holder: "head/7/x"})
	n.prompt("start")
	n.end(final)
	n.pass(time.Minute)
	n.want(agent.Stopped, agent.Terminal, 0)
	var sent []agent.Nudge
	for i := range 4 {
		at := n.now.Add(time.Duration(i-10) * time.Second)
		sent = append(sent, agent.Nudge{
			Key: string(rune('a' + i)), Status: agent.Wasted, Text: "x", Ending: agent.Terminal, PlannedAt: at, SentAt: at, ReceivedAt: at,
		})
	}
	asked := 0
	for _, a := range n.s.Step(n.now, Leased{Mine: true}) {
		if r, ok := a.(Restore); ok && r.Again {
			asked++
		}
	}
	n.see(Leased{Mine: true}) // told again: nothing new
	n.pass(time.Minute)
	if len(n.sends) != 0 || asked != 1 {
		t.Fatalf("%d sent before the journal was asked; it was asked %d times", len(n.sends), asked)
	}
	n.see(Restored{ID: n.id, Nudges: sent, Again: true})
	n.pass(time.Hour)
	if v := n.view(); len(n.sends) != 0 || v.Wasted != 4 || v.Nudges != 4 {
		t.Fatalf("%d sent, %d wasted, %d nudges", len(n.sends), v.Wasted, v.Nudges)
	}
}

// What this process knows of a nudge is not lost to an older word of the
// journal.
func TestRecallKeepsWhatHasComeFurther(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.end(final)
	n.pass(2 * time.Second)
	send := n.sends[0]
	n.see(Entered{ID: n.id, Key: send.Nudge.Key})
	n.prompt(send.Nudge.Text)
	n.see(Fared{ID: n.id, Key: send.Nudge.Key, Result: nudge.Result{Status: agent.Received}})
	n.see(Leased{Holder: "head/7/x"})
	n.see(Leased{Mine: true})
	old := send.Nudge
	old.Tries = 0
	n.see(Restored{ID: n.id, Nudges: []agent.Nudge{old}, Again: true})
	n.pass(time.Minute)
	if v := n.view(); len(n.sends) != 1 || v.LastNudge.Status != agent.Received {
		t.Fatalf("%d sent, last %+v", len(n.sends), v.LastNudge)
	}
}

// An agent that works, whoever got it going, has wasted nothing in a row.
func TestWorkEndsTheRowOfWastedNudges(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.end(final)
	for range 3 {
		n.pass(11 * time.Minute)
		n.waste()
	}
	if v := n.view(); v.Wasted != 3 {
		t.Fatalf("%d wasted", v.Wasted)
	}
	n.event(agent.Event{Type: agent.Prompt, Text: "<task-notification>", Origin: agent.Notice})
	n.tool()
	if v := n.view(); v.Wasted != 0 {
		t.Fatalf("%d wasted after it worked", v.Wasted)
	}
}

// A pane that shows nothing tells nothing.
func TestABlankPaneIsNoEnd(t *testing.T) {
	n := newNight(t, "repl", nil)
	a := n.view().Agent
	a.Session = ""
	n.see(Seen{a})
	n.pass(time.Minute)
	if len(n.sends) != 0 || n.view().Verdict.Ending != "" {
		t.Fatalf("%d sent, %+v", len(n.sends), n.view().Verdict)
	}
}
