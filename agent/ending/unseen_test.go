package ending_test

import (
	"math/bits"
	"testing"

	"vigil/agent"
	"vigil/agent/ending"
)

// unseen scores the rules on runs that they were not gathered from.
type unseen struct {
	rows    []row
	facts   []agent.Facts
	support []ending.Support
	sure    map[float64]*ending.Score // by confidence, where words decided
}

// judge keeps of the rules only the phrases that the runs in training support,
// judges the other runs by their words alone, and adds to all and, for waiting
// and terminal alone, to words. It reports false, and does nothing, where the
// training has too little to learn from.
func (u *unseen) judge(training func(run string) bool, all, words *ending.Score) (phrases int, ok bool) {
	var support []ending.Support
	waits, ends := map[string]bool{}, map[string]bool{}
	for i, r := range u.rows {
		if !training(r.Run) {
			continue
		}
		switch r.want() {
		case agent.Waits:
			waits[r.Run] = true
		case agent.Terminal:
			ends[r.Run] = true
		}
		support = append(support, u.support[i])
	}
	if len(waits) < 2 || len(ends) < 2 {
		return 0, false
	}
	rules := ending.Default().Keep(support)
	for i, r := range u.rows {
		if training(r.Run) {
			continue
		}
		rep := rules.Explain(u.facts[i])
		v, want := rep.Verdict, r.want()
		all.Add(want, v.Ending)
		if want == agent.Waits || want == agent.Terminal {
			words.Add(want, v.Ending)
		}
		if rep.Decided == "words" || rep.Decided == "default" {
			if u.sure[v.Confidence] == nil {
				u.sure[v.Confidence] = &ending.Score{}
			}
			u.sure[v.Confidence].Add(want, v.Ending)
		}
	}
	return rules.Phrases(), true
}

// TestUnseenRuns scores the rules on runs that they were not gathered from: all
// but one run, then half of the runs, decide which phrases are there; the others
// are judged by words alone.
func TestUnseenRuns(t *testing.T) {
	u := &unseen{rows: devRows(t), sure: map[float64]*ending.Score{}}
	runs := map[string]uint{} // run -> its number, in the order of the file
	for _, r := range u.rows {
		if _, ok := runs[r.Run]; !ok {
			runs[r.Run] = uint(len(runs))
		}
		f := r.classify(t, false)
		u.facts = append(u.facts, f)
		u.support = append(u.support, ending.Default().Supports(f, r.want()))
	}
	var all, words ending.Score
	for out := range runs {
		u.judge(func(run string) bool { return run != out }, &all, &words)
	}
	t.Logf("one run left out:  %s", rates(all))
	t.Logf("  waiting/terminal %s", rates(words))
	if all.Nudge().F1() < 0.98 {
		t.Errorf("F1 %.4f with each run left out, want at least 0.98", all.Nudge().F1())
	}
	all, words = ending.Score{}, ending.Score{}
	n, phrases := 0, 0
	for mask := uint(1); mask < 32; mask++ { // the parity of some bits of a run's number halves the runs
		p, ok := u.judge(func(run string) bool { return bits.OnesCount(runs[run]&mask)%2 == 0 }, &all, &words)
		if ok {
			n, phrases = n+1, phrases+p
		}
	}
	t.Logf("half of the runs (%d halvings, %d of %d phrases): %s", n, phrases/max(n, 1), ending.Default().Phrases(), rates(all))
	t.Logf("  waiting/terminal %s", rates(words))
	for c, s := range u.sure {
		r, n := s.Nudge(), s.N
		right := float64(r.TruePos+r.TrueNeg) / float64(n)
		t.Logf("  confidence %.2f: right %.3f of %d", c, right, n)
		if n >= 100 && right < c-0.05 {
			t.Errorf("confidence %.2f is right only %.3f of the time", c, right)
		}
	}
	if all.Nudge().F1() < 0.95 {
		t.Errorf("F1 %.4f with half of the runs left out, want at least 0.95", all.Nudge().F1())
	}
}
