package supervise

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/appserver"
	"vigil/agent/nudge"
)

// says has the CLI's server tell of the session.
func (n *night) says(t appserver.Thread) {
	n.t.Helper()
	t.ID, t.At = "s1", n.now
	n.see(Reported{ID: n.id, Thread: t})
}

// screen shut and open again, as the finder tells it.
func (n *night) process(alive bool) {
	n.t.Helper()
	n.see(Process{ID: n.id, Alive: alive})
}

// cited reports whether the verdict has evidence of a source.
func cited(v agent.View, source string) bool {
	return slices.ContainsFunc(v.Verdict.Evidence, func(e agent.Evidence) bool { return e.Source == source })
}

func TestGoesThroughTheServer(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy bool
		state  appserver.State
		want   agent.Channel
	}{
		{"idle", true, appserver.Idle, agent.ViaNative},
		{"after a failed turn", true, appserver.Failed, agent.ViaNative},
		{"not loaded", true, appserver.NotLoaded, agent.ViaTmux},
		{"lost", true, appserver.Untold, agent.ViaTmux},
		{"not by the policy", false, appserver.Idle, agent.ViaTmux},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t, agent.Codex, func(p *agent.Policy) { p.Native = c.policy })
			n.says(appserver.Thread{State: appserver.Active})
			n.prompt("start")
			n.tool()
			n.end(final)
			n.says(appserver.Thread{State: c.state})
			n.pass(2 * time.Second)
			n.want(agent.Stopped, agent.Terminal, 1)
			if got := n.sends[0].Nudge.Channel; got != c.want {
				t.Errorf("channel %q, want %q", got, c.want)
			}
			if held := c.state == appserver.Idle || c.state == appserver.Failed; cited(n.view(), "app-server") != held {
				t.Errorf("evidence %+v", n.view().Verdict.Evidence)
			}
		})
	}
}

func TestTheServerTellsOfDialogs(t *testing.T) {
	for _, c := range []struct {
		name   string
		thread appserver.Thread
		ending agent.Ending
	}{
		{"approval", appserver.Thread{State: appserver.Active, Approval: true}, agent.Permission},
		{"question", appserver.Thread{State: appserver.Active, Input: true}, agent.Question},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t, agent.Codex, nil)
			n.prompt("start")
			n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "shell", Summary: "rm -r out"}})
			n.says(c.thread)
			n.want(agent.Asking, c.ending, 0)
			if !cited(n.view(), "app-server") {
				t.Errorf("evidence %+v", n.view().Verdict.Evidence)
			}
			n.pass(10 * time.Hour)
			n.want(agent.Asking, c.ending, 0)
			n.says(appserver.Thread{State: appserver.Active})
			n.want(agent.Working, "", 0)
		})
	}
}

// A turn that the server says runs is not ended by silence, nor by what a menu
// on the screen looks like.
func TestTheServerSaysThatItWorks(t *testing.T) {
	n := newNight(t, agent.Codex, nil)
	n.prompt("start")
	n.says(appserver.Thread{State: appserver.Active})
	n.event(agent.Event{Type: agent.Message, Text: final, Final: true})
	n.see(Looked{ID: n.id, Screen: agent.Screen{At: n.now.Add(time.Second), Dialog: agent.OtherDialog}})
	n.pass(time.Hour)
	n.want(agent.Working, "", 0)
	n.says(appserver.Thread{State: appserver.Idle})
	n.pass(5 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
}

// The transcript of some versions does not tell how a turn failed.
func TestTheServerTellsOfAFailure(t *testing.T) {
	for name, marked := range map[string]bool{"the end is marked": true, "the end is not marked": false} {
		t.Run(name, func(t *testing.T) {
			n := newNight(t, agent.Codex, nil)
			n.prompt("start")
			n.says(appserver.Thread{State: appserver.Active})
			n.tool()
			if marked {
				n.event(agent.Event{Type: agent.TurnEnded})
			}
			n.now = n.now.Add(50 * time.Millisecond)
			n.says(appserver.Thread{State: appserver.Failed, Failure: &agent.Failure{Ending: agent.Limit, Code: "usageLimitExceeded", Text: "You've hit your usage limit."}})
			n.pass(3 * time.Second)
			n.want(agent.Limited, agent.Limit, 0)
			if n.s.agents[n.id].session.Failed != 1 {
				t.Errorf("%d failed turns", n.s.agents[n.id].session.Failed)
			}
		})
	}
}

func TestGoesOnWithoutItsScreen(t *testing.T) {
	n := newNight(t, agent.Codex, nil)
	n.says(appserver.Thread{State: appserver.Active})
	n.prompt("start")
	n.tool()
	n.process(false)
	n.want(agent.Working, "", 0)
	n.pass(time.Minute)
	n.end(final)
	n.says(appserver.Thread{State: appserver.Idle})
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
	if s := n.sends[0]; s.Nudge.Channel != agent.ViaNative || n.view().Pane.ID != "" {
		t.Errorf("sent %+v to pane %+v", s.Nudge, n.view().Pane)
	}
	n.see(Entered{ID: n.id, Key: n.sends[0].Nudge.Key})
	n.see(Fared{ID: n.id, Key: n.sends[0].Nudge.Key, Result: nudge.Result{Status: agent.Received}})
	n.says(appserver.Thread{State: appserver.Active})
	n.prompt(n.sends[0].Nudge.Text)
	n.tool()
	n.end(final)
	n.says(appserver.Thread{State: appserver.NotLoaded})
	n.pass(time.Hour)
	n.want(agent.Exited, agent.Gone, 1)
}

// Who closes the screen of an agent at rest has ended it.
func TestAScreenClosedAtRest(t *testing.T) {
	n := newNight(t, agent.Codex, nil)
	n.says(appserver.Thread{State: appserver.Active})
	n.prompt("start")
	n.end(final)
	n.says(appserver.Thread{State: appserver.Idle})
	n.process(false)
	n.pass(time.Hour)
	n.want(agent.Exited, agent.Gone, 0)
}

func TestAServerThatEnds(t *testing.T) {
	n := newNight(t, agent.Codex, nil)
	n.says(appserver.Thread{State: appserver.Active})
	n.prompt("start")
	n.tool()
	n.says(appserver.Thread{State: appserver.Ended})
	n.want(agent.Working, "", 0) // it may come back
	n.pass(orphanAfter + time.Second)
	n.process(true) // its screen stays
	n.want(agent.Exited, agent.Gone, 0)
	if !cited(n.view(), "app-server") {
		t.Errorf("evidence %+v", n.view().Verdict.Evidence)
	}
	n.pass(time.Hour)
	n.want(agent.Exited, agent.Gone, 0)
	n.says(appserver.Thread{State: appserver.Idle}) // a person has started it anew
	n.process(true)
	n.pass(5 * time.Second)
	n.want(agent.Stopped, n.view().Verdict.Ending, len(n.sends))
	if n.view().State == agent.Exited {
		t.Error("it is back")
	}
}

// A server can hold a session that goes on elsewhere: what it says of it then
// is no news.
func TestASessionThatGoesOnElsewhere(t *testing.T) {
	n := newNight(t, agent.Codex, nil)
	n.says(appserver.Thread{State: appserver.Idle})
	n.pass(time.Minute)
	n.prompt("start")
	n.tool()
	n.pass(20 * time.Second)
	n.want(agent.Working, "", 0)
	n.end(final)
	n.pass(2 * time.Second)
	n.want(agent.Stopped, agent.Terminal, 1)
	if got := n.sends[0].Nudge.Channel; got != agent.ViaTmux {
		t.Errorf("channel %q", got)
	}
}

func TestOtherWays(t *testing.T) {
	stopped := func(t *testing.T, at appserver.State) *night {
		n := newNight(t, agent.Codex, nil)
		n.says(appserver.Thread{State: appserver.Active})
		n.prompt("start")
		n.tool()
		n.end(final)
		n.says(appserver.Thread{State: at})
		n.pass(2 * time.Second)
		n.want(agent.Stopped, agent.Terminal, 1)
		return n
	}
	fared := func(n *night, r nudge.Result, err error) {
		n.t.Helper()
		n.see(Fared{ID: n.id, Key: n.sends[len(n.sends)-1].Nudge.Key, Result: r, Err: err})
	}
	last := func(n *night) Send { return n.sends[len(n.sends)-1] }
	planned := nudge.Result{Status: agent.Planned, Note: "no"}
	t.Run("refused: it is typed", func(t *testing.T) {
		n := stopped(t, appserver.Idle)
		fared(n, planned, nudge.ErrRefused)
		n.pass(3 * time.Second)
		if s := last(n); len(n.sends) != 2 || s.Nudge.Channel != agent.ViaTmux {
			t.Errorf("%d sent, the last %+v", len(n.sends), s.Nudge)
		}
	})
	t.Run("held: it is tried again, and not looked for", func(t *testing.T) {
		n := stopped(t, appserver.Idle)
		fared(n, planned, nil)
		n.pass(3 * time.Second)
		if s := last(n); len(n.sends) != 2 || s.Nudge.Channel != agent.ViaNative || s.Again {
			t.Errorf("%d sent, the last %+v", len(n.sends), s)
		}
	})
	t.Run("unsure: it is looked for", func(t *testing.T) {
		n := stopped(t, appserver.Idle)
		fared(n, nudge.Result{Status: agent.Sent, Note: "lost"}, nudge.ErrUnsure)
		n.says(appserver.Thread{State: appserver.Untold})
		n.pass(unseenFor + 10*time.Second)
		if v := n.view(); len(n.sends) != 1 || v.Next == nil || !strings.Contains(v.Next.Held, "does not answer") {
			t.Fatalf("%d sent, next %+v", len(n.sends), v.Next)
		}
		n.says(appserver.Thread{State: appserver.Idle})
		n.pass(time.Second)
		if s := last(n); len(n.sends) != 2 || s.Nudge.Channel != agent.ViaNative || !s.Again {
			t.Fatalf("%d sent, the last %+v", len(n.sends), s)
		}
		fared(n, nudge.Result{Status: agent.Received}, nil)
		if got := n.view().LastNudge.Status; got != agent.Received {
			t.Errorf("status %s", got)
		}
		n.pass(time.Hour)
		n.want(agent.Stopped, agent.Terminal, 2)
	})
	t.Run("a draft held it: it goes through the server once there is one", func(t *testing.T) {
		n := stopped(t, appserver.NotLoaded)
		fared(n, planned, nil)
		n.says(appserver.Thread{State: appserver.Idle})
		n.pass(3 * time.Second)
		if s := last(n); len(n.sends) != 2 || s.Nudge.Channel != agent.ViaNative {
			t.Errorf("%d sent, the last %+v", len(n.sends), s.Nudge)
		}
	})
	t.Run("something may stand in the pane: it stays there", func(t *testing.T) {
		n := stopped(t, appserver.NotLoaded)
		fared(n, planned, nudge.ErrUnsure)
		n.says(appserver.Thread{State: appserver.Idle})
		n.pass(retryUnsure + time.Second)
		if s := last(n); len(n.sends) != 2 || s.Nudge.Channel != agent.ViaTmux {
			t.Errorf("%d sent, the last %+v", len(n.sends), s.Nudge)
		}
	})
}

// The server compacts, too; a fresh session is begun, and spoken to, on the
// screen: the server would give the words to the old one.
func TestAFullContextAndTheServer(t *testing.T) {
	n := newNight(t, agent.Codex, func(p *agent.Policy) { p.HandOver = true })
	n.says(appserver.Thread{State: appserver.Active})
	n.prompt("start the loop")
	n.tool()
	n.full()
	n.says(appserver.Thread{State: appserver.Failed})
	for i := range maxCompacts {
		n.pass(5 * time.Second)
		if s := n.last(); s.Nudge.Rung != agent.StepCompact || s.Nudge.Channel != agent.ViaNative || len(n.sends) != i+1 {
			t.Fatalf("%d sent, the last %+v", len(n.sends), s.Nudge)
		}
		n.typed()
		n.pass(time.Minute)
	}
	if s := n.last(); s.Nudge.Rung != agent.StepFresh || s.Nudge.Channel != agent.ViaTmux {
		t.Fatalf("sent %+v", s.Nudge)
	}
	n.typed()
	n.pass(10 * time.Second)
	if s := n.last(); s.Nudge.Rung != nudge.RungHandOver || s.Nudge.Channel != agent.ViaTmux {
		t.Fatalf("sent %+v", s.Nudge)
	}
}
