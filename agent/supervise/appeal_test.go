package supervise

import (
	"errors"
	"testing"
	"time"

	"vigil/agent"
)

// murky is a final text of which the rules are not sure.
const murky = "The schedule is in place. Probe 9 should tell by morning."

// appealed is an agent that has stopped with a murky text, and what was put to
// the judge.
func appealed(t *testing.T) (*night, AskJudge) {
	t.Helper()
	n := newNight(t, agent.Claude, nil)
	n.s.rules.JudgeBelow = 0.9
	n.prompt("go")
	n.tool()
	n.end(murky)
	if len(n.asks) > 0 {
		return n, n.asks[0]
	}
	t.Fatalf("the judge was not asked; told %+v", n.told)
	return nil, AskJudge{}
}

func TestAppealWaits(t *testing.T) {
	n, q := appealed(t)
	if q.Facts.Text != murky {
		t.Errorf("asked of %q", q.Facts.Text)
	}
	n.pass(10 * time.Second)
	if len(n.sends) > 0 {
		t.Fatal("a nudge was sent on a verdict that may change")
	}
	n.see(Judged{ID: q.ID, N: q.N, Verdict: agent.Verdict{Ending: agent.Limit, Confidence: 0.9, Evidence: []agent.Evidence{{Source: "judge", Text: "a limit"}}}})
	n.pass(5 * time.Second)
	if v := n.view().Verdict; v.Ending != agent.Limit || v.Evidence[0].Source != "judge" || len(n.sends) > 0 {
		t.Errorf("verdict %+v, %d nudges", v, len(n.sends))
	}
	if len(n.asks) > 1 {
		t.Errorf("asked %d times of the same facts", len(n.asks))
	}
}

// The agent of the tests has nothing alive: a judge who is told that it waits
// makes it one that waits in vain.
func TestAppealStalls(t *testing.T) {
	n, q := appealed(t)
	if q.Facts.Background != agent.No {
		t.Fatalf("background %v", q.Facts.Background)
	}
	n.see(Judged{ID: q.ID, N: q.N, Verdict: agent.Verdict{Ending: agent.Waits, Confidence: 1, Evidence: []agent.Evidence{{Source: "judge", Text: "it waits"}}}})
	n.pass(time.Minute)
	n.want(agent.Stopped, agent.Stalled, 1)
}

func TestAppealFails(t *testing.T) {
	for name, answer := range map[string]func(n *night, q AskJudge){
		"error":     func(n *night, q AskJudge) { n.see(Judged{ID: q.ID, N: q.N, Err: errors.New("no answer within 20s")}) },
		"no answer": func(*night, AskJudge) {},
		"of an older end": func(n *night, q AskJudge) {
			n.see(Judged{ID: q.ID, N: q.N - 1, Verdict: agent.Verdict{Ending: agent.Waits, Confidence: 1}})
		},
		"agrees": func(n *night, q AskJudge) {
			n.see(Judged{ID: q.ID, N: q.N, Verdict: agent.Verdict{Ending: agent.Terminal, Confidence: 1}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			n, q := appealed(t)
			answer(n, q)
			n.pass(time.Minute)
			if len(n.sends) != 1 {
				t.Errorf("%d nudges on the rules' verdict %+v", len(n.sends), n.s.Snapshot(n.now).Find(n.id).Verdict)
			}
		})
	}
}

// What structure tells is not put to the judge.
func TestNoAppeal(t *testing.T) {
	n := newNight(t, agent.Claude, nil)
	n.s.rules.JudgeBelow = 1
	n.prompt("go")
	n.event(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{ID: "b1", Kind: agent.Shell, Started: n.now, Wakes: true}})
	n.end(murky)
	n.pass(time.Minute)
	if len(n.asks) > 0 {
		t.Fatal("the judge was asked of an agent whose background task lives")
	}
}
