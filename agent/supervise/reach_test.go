package supervise

import (
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// newFarNight makes the night's agent one of another machine.
func newFarNight(t *testing.T, kind agent.Kind) *night {
	t.Helper()
	n := newNight(t, kind, nil)
	a := n.view().Agent
	a.ID, a.Host = agent.ID("head/"+string(kind)+"/s1"), "head"
	n.s.agents = map[agent.ID]*track{}
	n.id = a.ID
	n.see(Seen{a})
	n.see(Restored{ID: n.id})
	n.see(Process{ID: n.id, Alive: true})
	n.see(Heard{ID: n.id, First: true})
	return n
}

func (n *night) lose()     { n.see(Reached{Host: "head", Why: "connection reset"}) }
func (n *night) comeBack() { n.see(Reached{Host: "head", Up: true}) }

func TestAwayIsNotExited(t *testing.T) {
	n := newFarNight(t, agent.Claude)
	n.prompt("start")
	n.tool()
	n.lose()
	since := n.now
	n.pass(time.Hour)
	v := n.view()
	if v.State != agent.Unknown || !v.Since.Equal(since) || !strings.Contains(v.Problem, "no connection to head since") ||
		len(v.Verdict.Evidence) == 0 || v.Verdict.Evidence[0].Source != "connection" || v.Idle != 0 {
		t.Fatalf("view: %+v", v)
	}
	n.comeBack()
	n.want(agent.Working, "", 0)
	if v := n.view(); v.Problem != "" {
		t.Errorf("problem: %s", v.Problem)
	}
}

func TestAnEndWhileAwayIsNotLost(t *testing.T) {
	n := newFarNight(t, agent.Claude)
	n.prompt("start")
	n.lose()
	n.pass(time.Minute)
	n.end(final) // read as the connection comes back, before it counts as back
	n.pass(time.Minute)
	n.want(agent.Unknown, "", 0)
	n.comeBack()
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
}

func TestNothingIsSentWhileAway(t *testing.T) {
	n := newFarNight(t, agent.Claude)
	n.prompt("start")
	n.end(final)
	n.lose() // within the delay before the nudge
	n.pass(time.Hour)
	if v := n.view(); len(n.sends) != 0 || v.Next == nil || !strings.Contains(v.Next.Held, "no connection") {
		t.Fatalf("%d sent, next %+v", len(n.sends), v.Next)
	}
	n.see(Asked{agent.Intent{Type: agent.NudgeNow, Agent: n.id}})
	n.pass(time.Minute)
	if len(n.sends) != 0 || n.told[len(n.told)-1].Status != Held {
		t.Fatalf("a person's nudge: %d sent, %+v", len(n.sends), n.told[len(n.told)-1])
	}
	n.comeBack()
	n.pass(time.Second)
	if len(n.sends) != 1 {
		t.Fatalf("%d sent after the return", len(n.sends))
	}
}

// A delivery that a lost connection broke off, at each of its steps.
func TestBrokenDeliveries(t *testing.T) {
	for _, c := range []struct {
		name    string
		entered bool // Enter was pressed for sure
		result  nudge.Result
		arrived bool // the transcript has it when the connection is back
		sends   int  // in all
	}{
		{"nothing typed", false, nudge.Result{Status: agent.Planned, Note: "its pane cannot be read"}, false, 2},
		{"paste unsure", false, nudge.Result{Status: agent.Planned, Note: "the paste failed"}, false, 2},
		{"paste unsure, a person pressed Enter", false, nudge.Result{Status: agent.Planned, Note: "the paste failed"}, true, 1},
		{"Enter unsure, not arrived", false, nudge.Result{Status: agent.Sent, Note: "Enter failed"}, false, 2},
		{"Enter unsure, arrived", false, nudge.Result{Status: agent.Sent, Note: "Enter failed"}, true, 1},
		{"entered, arrived", true, nudge.Result{Status: agent.Sent}, true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newFarNight(t, agent.Claude)
			n.prompt("start")
			n.end(final)
			n.pass(1100 * time.Millisecond)
			send := n.sends[0]
			if c.entered {
				n.see(Entered{ID: n.id, Key: send.Nudge.Key})
			}
			n.lose()
			n.pass(100 * time.Millisecond)
			n.see(Fared{ID: n.id, Key: send.Nudge.Key, Result: c.result, Err: nudge.ErrUnsure})
			n.pass(time.Minute)
			if len(n.sends) != 1 {
				t.Fatal("sent while away")
			}
			if c.arrived {
				n.prompt(send.Nudge.Text)
				n.tool()
			}
			n.comeBack()
			n.pass(settleFor - 100*time.Millisecond)
			if len(n.sends) != 1 {
				t.Fatal("sent before it was looked for")
			}
			n.pass(time.Minute)
			if len(n.sends) != c.sends {
				t.Fatalf("%d sends, want %d", len(n.sends), c.sends)
			}
			if c.sends == 2 && (n.sends[1].Nudge.Key != send.Nudge.Key || !n.sends[1].Again || n.sends[1].Nudge.Pasted != 0) {
				t.Errorf("sent again: %+v", n.sends[1])
			}
			if c.arrived && n.view().LastNudge.Status != agent.Effective {
				t.Errorf("nudge: %+v", n.view().LastNudge)
			}
		})
	}
}

// A connection that is back at once does not bring a nudge forward.
func TestAQuickReturn(t *testing.T) {
	n := newFarNight(t, agent.Claude)
	n.prompt("start")
	n.end(final)
	n.pass(1100 * time.Millisecond)
	key := n.sends[0].Nudge.Key
	n.see(Fared{ID: n.id, Key: key, Result: nudge.Result{Status: agent.Planned, Note: "the paste failed"}, Err: nudge.ErrUnsure})
	n.lose()
	n.comeBack()
	n.pass(retryUnsure - 100*time.Millisecond)
	if len(n.sends) != 1 {
		t.Fatal("typed again while the first paste may still be on its way")
	}
	n.pass(200 * time.Millisecond)
	if len(n.sends) != 2 {
		t.Fatalf("%d sends", len(n.sends))
	}
}

// Idle time is counted once, whatever the connection does.
func TestIdleTimeOverALoss(t *testing.T) {
	n := newFarNight(t, agent.Claude)
	n.s.auto = false
	n.prompt("start")
	n.end(final)
	n.pass(time.Minute)
	n.lose()
	n.pass(time.Hour)
	n.comeBack()
	n.pass(time.Minute)
	if got := n.view().Idle; got != time.Hour+2*time.Minute {
		t.Errorf("idle %v", got)
	}
	n.lose()
	n.prompt("on")
	n.pass(time.Minute)
	n.end(final)
	n.pass(time.Minute)
	n.comeBack()
	if got := n.view().Idle; got != time.Hour+3*time.Minute {
		t.Errorf("idle %v after another turn", got)
	}
}

// Other machines' agents go on as ever.
func TestALossConcernsItsMachineOnly(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("start")
	n.lose()
	n.end(final)
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
}

func TestPartOfAReadStands(t *testing.T) {
	n := newFarNight(t, agent.Claude)
	n.see(Heard{ID: n.id, Events: []agent.Event{{Type: agent.Prompt, ID: "p", At: n.now, Text: "start"}}, Err: nudge.ErrUnsure})
	if v := n.view(); v.Turn.Prompt != "start" || v.Problem == "" {
		t.Errorf("view: %+v", v)
	}
	n.end(final)
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
	if v := n.view(); v.Problem != "" {
		t.Errorf("problem: %s", v.Problem)
	}
}
