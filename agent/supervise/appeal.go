package supervise

import (
	"reflect"
	"time"

	"vigil/agent"
)

// judgeWithin is how long a nudge waits for the judge. Then the rules' verdict
// is acted on; a later word still counts, for what was not sent.
const judgeWithin = 25 * time.Second

// appeal is what was put to the judge of an agent's last end.
type appeal struct {
	n     int         // questions so far
	of    agent.Facts // of the last one, without its time
	until time.Time   // when its answer is waited for no longer
	word  *agent.Verdict
}

// appeal puts a verdict that only words decided, and not clearly, to the judge,
// and returns the judge's own once it is there. What structure tells is not in
// question: no word can make a dead task live.
func (s *State) appeal(now time.Time, t *track, f agent.Facts, v agent.Verdict) agent.Verdict {
	if s.rules.JudgeBelow <= 0 || v.Confidence >= s.rules.JudgeBelow || f.Background == agent.Yes ||
		f.Dialog != agent.NoDialog || f.Failure != nil || f.Aborted || f.Last != agent.LastText || t.alive == agent.No {
		t.appeal.until = time.Time{}
		return v
	}
	q := f
	q.Now = time.Time{}
	if a := &t.appeal; a.n == 0 || !reflect.DeepEqual(a.of, q) {
		*a = appeal{n: a.n + 1, of: q, until: now.Add(judgeWithin)}
		s.do(AskJudge{ID: t.Agent.ID, N: a.n, Facts: f})
	}
	if w := t.appeal.word; w != nil {
		own := *w
		if own.Ending == agent.Waits && f.Background == agent.No {
			own.Ending = agent.Stalled // it may say that it waits; nothing will wake it
		}
		own.Evidence = append(append([]agent.Evidence{}, w.Evidence...), v.Evidence...)
		return own
	}
	return v
}

// second takes the judge's word.
func (s *State) second(now time.Time, t *track, o Judged) {
	if t.appeal.n != o.N {
		return // of an end that is over
	}
	t.appeal.until = time.Time{}
	if o.Err != nil {
		s.problem(now, agent.Problem{At: now, Where: "judge", What: agent.CleanLine(o.Err.Error(), 160), Do: "the rules' verdicts stand; see [judge] in the configuration"})
		return
	}
	s.problem(now, agent.Problem{Where: "judge"})
	t.appeal.word = &o.Verdict
}
