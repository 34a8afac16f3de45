package tui

import (
	"errors"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/remote"
)

// night is what the journal holds of the story.
func night() agent.Past {
	ago := func(d time.Duration) time.Time { return clock.Add(-d) }
	var p agent.Past
	for i, v := range story().Agents {
		a := agent.PastAgent{Agent: v.Agent, Goal: story().Goal, First: v.Started, Last: ago(time.Hour)}
		hit := func(run string, at time.Duration, step, loss float64) {
			a.Results = append(a.Results, agent.Result{
				Host: v.Host, Path: run, Run: run, Status: "finished", Metric: "val_loss", Target: 3.28, Least: loss, Reached: step, Hit: step > 0,
				At: ago(at), Ended: ago(at),
			})
		}
		switch i {
		case 0:
			words := []string{"SESSION FINAL", "loop ended; not re-arming wakeup", "v11c terminal", "Stopping the autonomous loop here: every lever is exhausted."}
			for j, w := range words {
				began, ended := 11*time.Hour-time.Duration(j)*160*time.Minute, 9*time.Hour-time.Duration(j)*3*time.Hour
				idle := []time.Duration{time.Minute, 4 * time.Minute, 31 * time.Minute, 8 * time.Second}[j]
				a.Turns = append(a.Turns, agent.PastTurn{
					Turn:    agent.Turn{N: 208 + j, Started: ago(began), Ended: ago(max(ended, 8*time.Second)), EndID: w, Tools: 61 - 9*j, Final: w},
					Verdict: agent.Verdict{Ending: agent.Terminal, Evidence: []agent.Evidence{{Source: "rule:x", Text: w}}},
				})
				a.Idle = append(a.Idle, agent.Stretch{From: ago(max(ended, 8*time.Second)), To: ago(max(ended, 8*time.Second) - idle), Cause: agent.Terminal})
				if j < 3 {
					at := ago(ended - idle)
					a.Nudges = append(a.Nudges, agent.Nudge{EndID: w, Status: agent.Effective, Rung: 1, Text: "Keep going.", PlannedAt: at, SentAt: at, ReceivedAt: at.Add(2 * time.Second)})
				}
			}
			a.Nudges[1].Status = agent.Wasted
			a.Moments = []agent.Moment{{At: ago(3 * time.Hour), Type: agent.MNudge, Text: "held: a person typed 4 s ago"}}
			hit("v4-s1", 38*time.Hour, 2985, 3.2795)
			hit("v11b-s1", 13*time.Hour, 2945, 3.2797)
			hit("v11c-s2", 5*time.Hour, 2930, 3.2791)
			hit("qkvp", 4*time.Hour, 0, 3.2874)
			a.Usage = []agent.UsageAt{{At: ago(13 * time.Hour), Usage: agent.Usage{Input: 9e6, CachedInput: 8e6, Output: 4e5}}, {At: ago(time.Minute), Usage: agent.Usage{Input: 13.1e6, CachedInput: 11e6, Output: 6e5}}}
		case 1:
			a.Open = ago(130 * time.Minute)
			a.Usage = []agent.UsageAt{{Started: v.Started, At: ago(20 * time.Minute), Turn: a.Open, Usage: agent.Usage{Input: 2e6, Output: 1e5}}}
			hit("sweep-118", 20*time.Hour, 2950, 3.2789)
			hit("sweep-301", 2*time.Hour, 2955, 3.2788)
			a.GPUs = []agent.GPUTime{{At: ago(3 * time.Hour), Held: 90 * time.Hour, Busy: 84 * time.Hour, Idle: 6 * time.Hour}}
		case 2:
			a.Turns = []agent.PastTurn{{Turn: v.Turn, Verdict: v.Verdict}}
		}
		p.Agents = append(p.Agents, a)
	}
	return p
}

// The report is of the span that is chosen; an answer to an earlier question
// is dropped.
func TestReport(t *testing.T) {
	src := newFake(story())
	m := start(src, size{200, 60})
	if press(m, "6"); len(src.spans) != 0 {
		t.Fatalf("read %v before anybody looked", src.spans)
	}
	press(m, "7")
	shows(t, m, "the night", "[12h]", "while you were away", "3 agents", "terminal", "best 2930 ▼60 record 2990", "v11c-s2", "held once: a person typed 4 s ago", "90.0 GPU hours held by jobs: 84.0 busy, 6.0 idle")
	press(m, "[")
	shows(t, m, "an hour", "[1h]", "Mon 4 May 02:06")
	press(m, "]", "+", "]")
	shows(t, m, "a week", "[7d]")
	press(m, "]", "]")
	shows(t, m, "all", "[all]", "everything known")
	if got := len(src.spans); got != 6 || src.spans[5] != 0 {
		t.Fatalf("read %v", src.spans)
	}

	_, cmd := m.Update(keyMsg("-"))
	old := m.report.gen
	m.Update(keyMsg("-"))
	m.Update(reportRead{gen: old, err: errors.New("too late")})
	shows(t, m, "while it is read", "[24h]", "reading the journal")
	follow(m, cmd) // of 7 days
	shows(t, m, "an old answer", "reading the journal")
	src.lost = errors.New("journal: the disk is full")
	m.Update(reportRead{gen: m.report.gen, err: src.lost})
	shows(t, m, "a failure", "The report cannot be read: journal: the disk is full")
}

// It is read anew while it is looked at, and no more often than need be.
func TestReportIsReadAnew(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	press(m, "7")
	later := func(d time.Duration) {
		_, cmd := m.Update(changed{clock.Add(d)})
		follow(m, cmd)
	}
	later(time.Second)
	if len(src.spans) != 1 {
		t.Errorf("read %d times within a second", len(src.spans))
	}
	later(6 * time.Second)
	if len(src.spans) != 2 {
		t.Errorf("read %d times in 6 s", len(src.spans))
	}
	press(m, "1")
	later(time.Minute)
	if len(src.spans) != 2 {
		t.Error("read though nobody looks")
	}
}

// What happened before can be read when there is no agent any more.
func TestReportWithoutAgents(t *testing.T) {
	src := newFake(&agent.Snapshot{At: clock})
	m := start(src, size{80, 24})
	press(m, "7")
	shows(t, m, "nothing", "Nothing happened since Sun 3 May 15:06.")
	src.past = night()
	src.cluster = &Cluster{Clusters: []*remote.Cluster{}}
	_, cmd := m.Update(changed{clock.Add(time.Minute)})
	follow(m, cmd)
	shows(t, m, "a night", "opus-v3", "3 agents")
	m.Update(tea.WindowSizeMsg{Width: 10, Height: 3})
	check(t, m.View().Content, size{10, 3})
}
