package supervise

import (
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

// conditions returns the agent's conditions in the snapshot, by type.
func (n *night) conditions() map[agent.ConditionType]string {
	out := map[agent.ConditionType]string{}
	for _, c := range n.s.Snapshot(n.now).Agents[0].Conditions {
		out[c.Type] = strings.Join(c.Evidence, "; ")
	}
	return out
}

// reports returns the texts of what was told of conditions.
func (n *night) reports() []string {
	var out []string
	for _, r := range n.told {
		if r.Event == "condition" {
			out = append(out, r.Text)
		}
	}
	return out
}

// probes finishes n trials of one length, a quarter of an hour apart, that
// improve on nothing.
func (n *night) probes(count int) {
	n.t.Helper()
	for i := range count {
		n.pass(15 * time.Minute)
		n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}, Signs: &agent.Signs{
			Trials: []agent.Trial{{Horizon: 3000, Loss: 3.281 + float64(i%9)*1e-4, Took: 400 + float64(n.n)}},
		}})
	}
}

func TestGrindingIsTold(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("go")
	n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash", Summary: "bash run.sh"}})
	n.probes(50)
	if got := n.conditions()[agent.Grinding]; !strings.Contains(got, "50 trials since the first one") {
		t.Fatalf("grinding: %q", got)
	}
	if got := n.reports(); len(got) != 1 || !strings.HasPrefix(got[0], "grinding: no new best for ") {
		t.Fatalf("told %q", got)
	}
	n.probes(26) // 6 hours on, it is said again, once
	if got := n.reports(); len(got) != 2 || !strings.HasPrefix(got[1], "grinding still: ") {
		t.Fatalf("told %q", got)
	}
	n.see(Ranked{ID: n.id, Best: agent.Best{Run: "r", Value: 2950, At: n.now}})
	if got := n.conditions(); len(got) != 0 {
		t.Errorf("after a new best: %v", got)
	}
	if got := n.reports(); len(got) != 3 || !strings.HasPrefix(got[2], "grinding is over after ") {
		t.Errorf("told %q", got)
	}
	if len(n.sends) > 0 {
		t.Errorf("a nudge was sent to a working agent: %+v", n.sends)
	}
}

// What the training logs tell counts, also from before vigil looked; what the
// session tells of the same trials counts once.
func TestTrialsOfLogsCount(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	var past []agent.Trial
	for i := range 60 {
		past = append(past, agent.Trial{At: n.now.Add(time.Duration(i-60) * 15 * time.Minute), Horizon: 3000, Loss: 3.281 + float64(i%9)*1e-4, Took: float64(i + 1)})
	}
	n.see(Ranked{ID: n.id, Best: agent.Best{Run: "r", Value: 2950, At: past[0].At.Add(-time.Minute)}})
	n.see(Finished{ID: n.id, Trials: past[:30]})
	if got := n.conditions(); len(got) != 0 {
		t.Fatalf("after 30 trials: %v", got)
	}
	n.see(Finished{ID: n.id, Trials: past})
	n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}, Signs: &agent.Signs{Trials: past[50:]}})
	if got := n.conditions()[agent.Grinding]; !strings.Contains(got, "60 trials since 2950") {
		t.Errorf("grinding: %q", got)
	}
}

func TestABurstEndsByItself(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.prompt("go")
	for range 6 {
		n.pass(3 * time.Second)
		n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash", Summary: "echo idle"}})
	}
	if got := n.conditions()[agent.KeepAlive]; !strings.Contains(got, "6 commands that do nothing") {
		t.Fatalf("keep-alive: %q", got)
	}
	n.pass(11 * time.Minute)
	if got := n.conditions(); len(got) != 0 {
		t.Errorf("11 minutes later: %v", got)
	}
	if got := n.reports(); len(got) != 2 {
		t.Errorf("told %q", got)
	}
}

func TestTheSameResultAgainAndAgain(t *testing.T) {
	n := newNight(t, agent.Claude, func(p *agent.Policy) { p.Auto = false })
	for range 4 {
		n.prompt("go on")
		n.event(agent.Event{Type: agent.Message, Text: "The record stands at 3045 steps. All directions are exhausted; stopping here.", Final: true})
		n.event(agent.Event{Type: agent.TurnEnded})
		n.pass(time.Minute)
	}
	if got := n.conditions()[agent.Reproposing]; !strings.Contains(got, "declared 3045 4 times") {
		t.Errorf("reproposing: %q", got)
	}
}

// A session that is read anew tells nothing twice.
func TestReadingAnewCountsOnce(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	var events []agent.Event
	for i := range 4 {
		events = append(events, agent.Event{Type: agent.ToolCall, ID: "x", At: n.now.Add(time.Duration(i) * time.Second), Call: &agent.Call{ID: "c", Name: "Bash", Summary: "sleep 5"}})
	}
	n.now = n.now.Add(time.Minute)
	n.see(Heard{ID: n.id, Events: events})
	n.see(Heard{ID: n.id, Events: events, First: true})
	if got := n.conditions(); len(got) != 0 {
		t.Errorf("four commands, read twice: %v", got)
	}
}

func TestIdleComputeIsTold(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	since := n.now.Add(-4 * time.Minute)
	n.see(Idling{ID: n.id, Since: since, Evidence: []string{"8 of the 8 GPUs of its job 7 do nothing"}})
	c := n.s.Snapshot(n.now).Agents[0].Conditions
	if len(c) != 1 || c[0].Type != agent.IdleCompute || !c[0].Since.Equal(since) {
		t.Fatalf("conditions %+v", c)
	}
	n.see(Idling{ID: n.id})
	if got := n.conditions(); len(got) != 0 {
		t.Errorf("conditions %v", got)
	}
	if got := n.reports(); len(got) != 2 || !strings.HasPrefix(got[0], "idle compute: 8 of the 8") || got[1] != "idle compute is over after 4m0s" {
		t.Errorf("told %q", got)
	}
}

// An agent that grinds is told to change direction at its next end where the
// policy says so, and else gets the nudge that it would have got.
func TestGrindingEarnsItsNudge(t *testing.T) {
	for _, on := range []bool{false, true} {
		n := newNight(t, agent.Claude, func(p *agent.Policy) { p.Grinding = on })
		n.prompt("go")
		n.event(agent.Event{Type: agent.ToolCall, Call: &agent.Call{ID: "c", Name: "Bash", Summary: "bash run.sh"}})
		n.event(agent.Event{Type: agent.ToolResult, Call: &agent.Call{ID: "c"}})
		n.probes(50)
		n.event(agent.Event{Type: agent.Message, Text: "All directions are exhausted. Stopping here.", Final: true})
		n.event(agent.Event{Type: agent.TurnEnded})
		n.pass(time.Minute)
		if len(n.sends) != 1 {
			t.Fatalf("grinding = %v: %d nudges", on, len(n.sends))
		}
		x := n.sends[0].Nudge
		if told := strings.Contains(x.Text, "no new best for 12h"); told != on || (x.Rung == 3) != on {
			t.Errorf("grinding = %v: rung %d, %q", on, x.Rung, x.Text)
		}
	}
}
