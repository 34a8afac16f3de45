package supervise

import (
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// A nudge that was typed and never seen, and one in the same words for a later
// end: the prompt that shows them is one nudge, and no effect is one without.
func TestANudgeThatWasNeverSeenIsOvertaken(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.tool()
	n.end(final)
	n.pass(2 * time.Second)
	lost := n.last().Nudge
	n.see(Fared{ID: n.id, Key: lost.Key, Result: nudge.Result{Status: agent.Planned, Note: "the line broke"}, Err: nudge.ErrUnsure})
	n.prompt("a wake-up") // before the line is back
	n.tool()
	n.end(final)
	n.pass(15 * time.Second)
	next := n.last().Nudge
	if next.Key == lost.Key || next.Text != lost.Text {
		t.Fatalf("sent %+v after %+v", next, lost)
	}
	if got := n.status(lost.Key); got != agent.Dropped {
		t.Errorf("the lost one is %q", got)
	}
	n.typed()
	n.prompt(next.Text)
	n.end(final)
	if got := n.s.agents[n.id].wasted; got != 1 {
		t.Errorf("%d wasted", got)
	}
}
