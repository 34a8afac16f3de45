package supervise

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/nudge"
)

// fleet is several agents of one account, on a clock of the test's own. A nudge
// reaches its agent at once, and reply says what the agent makes of it.
type fleet struct {
	t     *testing.T
	s     *State
	now   time.Time
	n     int
	sent  []sentTo
	told  []Report
	reply func(f *fleet, id agent.ID)
	lose  func(agent.ID) bool // the Enter behind the nudge that is sent now
}

type sentTo struct {
	id agent.ID
	at time.Time
}

func newFleet(t *testing.T, kind agent.Kind, names ...string) *fleet {
	t.Helper()
	tm, err := nudge.NewTemplates(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := agent.DefaultPolicy()
	f := &fleet{t: t, now: time.Date(2026, 5, 2, 22, 0, 0, 0, time.UTC), reply: func(*fleet, agent.ID) {}}
	f.s = NewState(Rules{
		Endings: ending.Default(), Templates: tm,
		Policy: func(agent.Agent) agent.Policy { return p },
		Goal:   func(agent.Agent) agent.GoalLine { return agent.GoalLine{} },
	}, true, false)
	f.see(Leased{Mine: true})
	for i, name := range names {
		id := agent.ID(name)
		f.see(Seen{agent.Agent{
			ID: id, Name: name, Kind: kind, Host: "local", SessionID: name, Session: "/" + name, Account: "one", PID: i + 1,
			Pane: agent.Pane{Socket: "/s", ID: fmt.Sprint("%", i)},
		}})
		f.see(Restored{ID: id})
		f.see(Process{ID: id, Alive: true})
		f.see(Heard{ID: id, First: true})
		f.event(id, agent.Event{Type: agent.Prompt, Text: "start", Origin: agent.Human})
	}
	return f
}

func (f *fleet) see(o Observation) {
	f.t.Helper()
	for _, a := range f.s.Step(f.now, o) {
		switch a := a.(type) {
		case Tell:
			f.told = append(f.told, a.Report)
		case Send:
			f.sent = append(f.sent, sentTo{a.Agent.ID, f.now})
			if f.lose != nil && f.lose(a.Agent.ID) {
				f.see(Fared{ID: a.Agent.ID, Key: a.Nudge.Key, Result: nudge.Result{Status: agent.Sent}, Err: nudge.ErrUnclear})
				continue
			}
			f.see(Entered{a.Agent.ID, a.Nudge.Key})
			f.event(a.Agent.ID, agent.Event{Type: agent.Prompt, Text: a.Nudge.Text, Origin: agent.Human})
			f.see(Fared{ID: a.Agent.ID, Key: a.Nudge.Key, Result: nudge.Result{Status: agent.Received}})
			f.reply(f, a.Agent.ID)
		}
	}
}

func (f *fleet) event(id agent.ID, e agent.Event) {
	f.t.Helper()
	f.n++
	e.ID, e.At = fmt.Sprint("e", f.n), f.now
	f.see(Heard{ID: id, Events: []agent.Event{e}})
}

func (f *fleet) tool(id agent.ID) {
	f.event(id, agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash"}})
	f.event(id, agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}})
}

func (f *fleet) end(id agent.ID) {
	f.event(id, agent.Event{Type: agent.Message, Text: final, Final: true})
	f.event(id, agent.Event{Type: agent.TurnEnded})
}

func (f *fleet) limit(id agent.ID, in time.Duration) {
	x := &agent.Failure{Ending: agent.Limit, Code: "usage_limit_reached", Text: "You've hit your limit"}
	if in != 0 {
		x.Resets = f.now.Add(in)
	}
	f.event(id, agent.Event{Type: agent.TurnFailed, Failure: x})
}

// pass lets time go by.
func (f *fleet) pass(d time.Duration) {
	f.t.Helper()
	end := f.now.Add(d)
	for i := 0; ; i++ {
		at := f.s.NextDeadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if i > 20000 {
			f.t.Fatalf("the deadline %v does not move on", at)
		}
		f.now = maxTime(at, f.now.Add(time.Millisecond))
		f.see(Tick{})
	}
	f.now = end
}

func (f *fleet) view(id agent.ID) *agent.View { return f.s.Snapshot(f.now).Find(id) }

// when lists the nudges: the agent, and the minutes since the beginning.
func (f *fleet) when(since time.Time) string {
	var out []string
	for _, s := range f.sent {
		out = append(out, fmt.Sprintf("%s+%s", s.id, s.at.Sub(since).Round(time.Second)))
	}
	return strings.Join(out, " ")
}

func TestOneAgentTriesForItsAccount(t *testing.T) {
	for _, c := range []struct {
		name  string
		back  time.Duration // when there is access again
		reset time.Duration // as stated
		want  string
	}{
		{"no reset, access after half an hour", 28 * time.Minute, 0, "a+10m0s a+30m0s b+30m10s c+30m20s"},
		{"a reset weeks away, access after half an hour", 28 * time.Minute, 17 * 24 * time.Hour, "a+10m0s a+30m0s b+30m10s c+30m20s"},
		{"a right reset", 25 * time.Minute, 25 * time.Minute, "a+10m0s a+25m30s b+25m40s c+25m50s"},
		{"a reset that is soon", 5 * time.Minute, 5 * time.Minute, "a+5m30s b+5m40s c+5m50s"},
		{"a reset that is too early", 50 * time.Minute, 5 * time.Minute, "a+5m30s a+25m30s a+1h5m30s b+1h5m40s c+1h5m50s"},
		{"a whole night", 9 * time.Hour, 0, "a+10m0s a+30m0s a+1h10m0s a+2h10m0s a+3h10m0s a+4h10m0s a+5h10m0s a+6h10m0s a+7h10m0s a+8h10m0s a+9h10m0s b+9h10m10s c+9h10m20s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, agent.Codex, "a", "b", "c")
			start := f.now
			f.reply = func(f *fleet, id agent.ID) {
				if f.now.Sub(start) < c.back {
					reset := time.Duration(0)
					if c.reset != 0 && start.Add(c.reset).After(f.now) {
						reset = start.Add(c.reset).Sub(f.now)
					}
					f.limit(id, reset)
				} else {
					f.tool(id)
				}
			}
			for _, id := range []agent.ID{"a", "b"} {
				f.tool(id)
				f.limit(id, c.reset)
			}
			f.now = f.now.Add(100 * time.Millisecond)
			f.end("c") // it stops by itself, and could not go on
			f.pass(12 * time.Hour)
			if got := f.when(start); got != c.want {
				t.Fatalf("sent: %s\nwant: %s", got, c.want)
			}
			for _, id := range []agent.ID{"a", "b", "c"} {
				if v := f.view(id); v.State != agent.Working || v.Wasted != 0 {
					t.Errorf("%s: %s, %d wasted", id, v.State, v.Wasted)
				}
			}
		})
	}
}

func TestHeldWithAnother(t *testing.T) {
	f := newFleet(t, agent.Codex, "opus", "other")
	f.tool("opus")
	f.limit("opus", 2*time.Hour)
	f.end("other")
	f.pass(time.Minute)
	v := f.view("other")
	if v.Next == nil || v.Next.Held != "limited with opus until 00:00" || v.State != agent.Stopped {
		t.Fatalf("next: %+v", v.Next)
	}
	if last := v.Verdict.Evidence[len(v.Verdict.Evidence)-1]; last.Source != "account" || last.Text != "the account's limit was met by opus at 22:00" {
		t.Errorf("evidence: %+v", last)
	}
	if v := f.view("opus"); v.Next == nil || v.Next.Held != "" || v.Next.At.Sub(f.now) != 9*time.Minute || v.State != agent.Limited {
		t.Errorf("who met it: %+v", v.Next)
	}
	// The one that met it goes on by a person's hand: that shows access.
	f.event("opus", agent.Event{Type: agent.Prompt, Text: "go on", Origin: agent.Human})
	f.pass(time.Minute)
	if len(f.sent) != 0 {
		t.Fatal("sent before anything was known")
	}
	f.tool("opus")
	f.pass(time.Second)
	if len(f.sent) != 1 || f.sent[0].id != "other" {
		t.Fatalf("sent: %v", f.sent)
	}
}

// An agent that works on shows access only by what it did after its requests of
// before are over.
func TestWhatWasInFlightShowsNothing(t *testing.T) {
	f := newFleet(t, agent.Codex, "a", "b", "c")
	f.limit("a", 0)
	f.end("c")
	f.pass(30 * time.Second)
	f.tool("b")
	f.pass(time.Minute)
	if len(f.sent) != 0 {
		t.Fatalf("sent: %v", f.sent)
	}
	f.pass(time.Minute)
	f.tool("b")
	f.pass(time.Second)
	if len(f.sent) != 1 || f.sent[0].id != "a" { // its end it is, and c comes after it
		t.Fatalf("sent: %v", f.sent)
	}
}

func TestALimitOfAnotherModelOrAccount(t *testing.T) {
	f := newFleet(t, agent.Claude, "a", "b", "c")
	for id, model := range map[agent.ID]string{"a": "opus", "b": "sonnet", "c": "opus"} {
		f.event(id, agent.Event{Type: agent.SessionMeta, Session: &agent.SessionInfo{Model: model}})
	}
	far := *f.view("c")
	far.Agent.ID, far.Agent.Name, far.Account, far.SessionID = "d", "d", "two", "d"
	f.see(Seen{far.Agent})
	f.see(Restored{ID: "d"})
	f.see(Heard{ID: "d", First: true})
	f.event("d", agent.Event{Type: agent.Prompt, Text: "start", Origin: agent.Human})
	f.limit("a", 72*time.Hour)
	f.end("c")
	f.pass(5 * time.Minute)
	f.tool("b") // has access to another model
	f.end("b")
	f.end("d")
	f.pass(2 * time.Second)
	if len(f.sent) != 2 || f.sent[0].id == "c" || f.sent[1].id == "c" {
		t.Fatalf("sent: %v", f.sent)
	}
	if v := f.view("c"); v.Next == nil || !strings.Contains(v.Next.Held, "limited with a until 2026-05-05 22:00") {
		t.Errorf("c: %+v", v.Next)
	}
}

// An overload concerns the agent alone.
func TestAnOverloadHoldsNobodyElse(t *testing.T) {
	f := newFleet(t, agent.Codex, "a", "b")
	f.event("a", agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Limit, Code: agent.Overloaded}})
	f.end("b")
	f.pass(2 * time.Second)
	if len(f.sent) != 1 || f.sent[0].id != "b" {
		t.Fatalf("sent: %v", f.sent)
	}
	f.pass(30 * time.Second)
	if len(f.sent) != 2 {
		t.Fatalf("sent: %v", f.sent)
	}
}

// An outage of the service is no fault of the agent, and no reason to give up.
func TestAnOutageWastesNothing(t *testing.T) {
	f := newFleet(t, agent.Codex, "a")
	start := f.now
	f.reply = func(f *fleet, id agent.ID) {
		if f.now.Sub(start) < 2*time.Hour {
			f.event(id, agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Failed, Code: "server_error"}})
		} else {
			f.tool(id)
		}
	}
	f.event("a", agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Failed, Code: "server_error"}})
	f.pass(3 * time.Hour)
	if v := f.view("a"); v.State != agent.Working || v.Wasted != 0 || len(f.sent) > 12 {
		t.Fatalf("%s, %d wasted, %d sent", v.State, v.Wasted, len(f.sent))
	}
}

// Something stands in the way of the agent whose turn it is: another tries.
func TestAnotherTriesWhereOneCannot(t *testing.T) {
	f := newFleet(t, agent.Codex, "a", "b")
	f.limit("a", 0)
	f.limit("b", 0)
	f.see(Asked{agent.Intent{Type: agent.Hold, Agent: "a"}})
	f.reply = func(f *fleet, id agent.ID) { f.tool(id) }
	f.pass(11 * time.Minute)
	if len(f.sent) != 1 || f.sent[0].id != "b" {
		t.Fatalf("sent: %v", f.sent)
	}
}

// The journal's nudges tell how often a limit was tried, so that vigil's own
// start does not begin anew.
func TestTriesAreRemembered(t *testing.T) {
	f := newFleet(t, agent.Codex, "a")
	var past []agent.Nudge
	for i := range 3 {
		at := f.now.Add(-time.Duration(3-i) * time.Hour)
		past = append(past, agent.Nudge{
			Key: fmt.Sprint("k", i), Ending: agent.Limit, Status: agent.Wasted, Note: nudge.Unread, Text: "x", PlannedAt: at, SentAt: at,
		})
	}
	f.see(Restored{ID: "a", Nudges: past})
	f.limit("a", 0)
	if v := f.view("a"); v.Next == nil || v.Next.At.Sub(f.now) != time.Hour || v.Wasted != 0 {
		t.Fatalf("next %+v, %d wasted", v.Next, v.Wasted)
	}
}

// The loop's clock is the same as the table's: a limit that resets is waited for
// by a deadline, not by looking again and again.
func TestALimitIsWaitedForByADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, agent.Codex, "a", "b")
		f.now = time.Now()
		f.limit("a", 25*time.Hour)
		f.limit("b", 25*time.Hour)
		steps := 0
		f.reply = func(f *fleet, id agent.ID) { f.limit(id, 0) }
		for end := f.now.Add(24 * time.Hour); time.Now().Before(end); steps++ {
			time.Sleep(max(time.Until(f.s.NextDeadline()), time.Millisecond))
			f.now = time.Now()
			f.see(Tick{})
		}
		if steps > 2000 || len(f.sent) < 24 || len(f.sent) > 26 {
			t.Errorf("%d steps, %d tries in a day", steps, len(f.sent))
		}
		for i := 1; i < len(f.sent); i++ {
			if gap := f.sent[i].at.Sub(f.sent[i-1].at); gap < 10*time.Minute {
				t.Errorf("two tries within %v", gap)
			}
		}
	})
}

// What comes between a try and its answer says nothing of the limit: the one that
// tried tries again as after any outage, and the others wait for what it finds.
func TestATryThatAnOutageAnswers(t *testing.T) {
	f := newFleet(t, agent.Codex, "a", "b", "c")
	start := f.now
	f.reply = func(f *fleet, id agent.ID) {
		switch in := f.now.Sub(start); {
		case in < time.Hour:
			f.limit(id, 0)
		case in < 75*time.Minute:
			f.event(id, agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{Ending: agent.Failed, Code: "server_error"}})
		default:
			f.tool(id)
		}
	}
	for _, id := range []agent.ID{"a", "b", "c"} {
		f.tool(id)
		f.limit(id, 0)
	}
	f.pass(4 * time.Hour)
	// a's third try meets the outage, and its own back-off brings the fourth.
	if got, want := f.when(start), "a+10m0s a+30m0s a+1h10m0s a+1h15m0s b+1h15m10s c+1h15m20s"; got != want {
		t.Fatalf("sent: %s\nwant: %s", got, want)
	}
}

// The stated reset has passed: one finds out whether it was right before the next
// one is nudged.
func TestAResetIsTriedByOneFirst(t *testing.T) {
	f := newFleet(t, agent.Codex, "a", "b", "c")
	start := f.now
	for _, id := range []agent.ID{"a", "b", "c"} {
		f.tool(id)
		f.limit(id, 5*time.Minute)
	}
	f.pass(5*time.Minute + 50*time.Second) // a is asked, and thinks
	if got, want := f.when(start), "a+5m30s"; got != want {
		t.Fatalf("sent: %s\nwant: %s", got, want)
	}
	f.limit("a", 0)
	f.pass(9 * time.Minute)
	if got, want := f.when(start), "a+5m30s"; got != want {
		t.Fatalf("sent: %s\nwant: %s", got, want)
	}
}

// A nudge whose Enter was lost is a try of the limit like another: it is not
// brought to its end while the limit has just been met by another agent.
func TestALostEnterWaitsForTheLimit(t *testing.T) {
	f := newFleet(t, agent.Codex, "a", "b")
	f.limit("a", 5*time.Minute)
	f.limit("b", 5*time.Minute)
	lost := map[agent.ID]bool{}
	f.lose = func(id agent.ID) bool {
		first := !lost[id]
		lost[id] = true
		return first
	}
	start := f.now
	f.pass(7 * time.Minute)
	f.limit("a", 0) // it took long to find out
	f.pass(9 * time.Minute)
	want := "a+5m30s a+5m50s b+6m50s"
	if got := f.when(start); got != want {
		t.Fatalf("sent: %s\nwant: %s", got, want)
	}
	f.reply = func(f *fleet, id agent.ID) { f.tool(id) }
	f.pass(time.Hour)
	if got := f.when(start); len(f.sent) != 5 || f.sent[3].id != "a" || f.sent[4].id != "b" {
		t.Fatalf("sent: %s", got)
	}
}
