package ending

import (
	"cmp"
	"slices"

	"vigil/agent"
)

// Left is how the rules fare on the turn ends of one run, with all of them and
// with those alone that other runs speak for.
type Left struct {
	Run      string
	Fit, Out Score
	Alone    []Single // what no other run speaks for
}

// Single is a phrase of a rule, or all its patterns together, that tell rightly
// in one run alone.
type Single struct{ Rule, Phrase string }

const patternsOf = "(its patterns)"

// LeaveOneOut scores the rules on each run as if they had been gathered from
// the other runs: every phrase that tells an ending rightly in this run alone
// is taken out before its turn ends are judged. So is every phrase that tells
// rightly nowhere. The CLIs' own lines, which are known from their
// documentation, and the hints by size stay. Runs come in the order in which
// they are first met.
func (r *Rules) LeaveOneOut(all []Labelled) []Left {
	var out []Left
	byRun := map[string][]int{}
	support := make([]Support, len(all))
	for i, l := range all {
		if _, ok := byRun[l.Run]; !ok {
			out = append(out, Left{Run: l.Run})
		}
		byRun[l.Run] = append(byRun[l.Run], i)
		support[i] = r.Supports(l.Facts, l.Want)
	}
	runs := map[Single]map[string]bool{} // the runs that speak for a phrase
	speak := func(s Single, run string) {
		if runs[s] == nil {
			runs[s] = map[string]bool{}
		}
		runs[s][run] = true
	}
	for i, s := range support {
		for _, c := range s.cands {
			if ru := &r.rules[r.cands[c].rule]; ru.words() {
				speak(Single{ru.name, r.cands[c].text}, all[i].Run)
			}
		}
		for _, k := range s.patterns {
			if ru := &r.rules[k]; ru.words() {
				speak(Single{ru.name, patternsOf}, all[i].Run)
			}
		}
	}
	for k := range out {
		left := &out[k]
		var others []Support
		for run, rows := range byRun {
			for _, i := range rows {
				if run != left.Run {
					others = append(others, support[i])
				}
			}
		}
		fewer := r.Keep(others)
		for _, i := range byRun[left.Run] {
			left.Fit.Add(all[i].Want, r.Judge(all[i].Facts).Ending)
			left.Out.Add(all[i].Want, fewer.Judge(all[i].Facts).Ending)
		}
		for s, in := range runs {
			if len(in) == 1 && in[left.Run] {
				left.Alone = append(left.Alone, s)
			}
		}
		slices.SortFunc(left.Alone, func(a, b Single) int {
			return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Phrase, b.Phrase))
		})
	}
	return out
}

// Support is which phrases and patterns tell the right ending of one labelled
// turn.
type Support struct {
	cands, patterns []int
}

// Supports returns what speaks rightly for a labelled turn.
func (r *Rules) Supports(f agent.Facts, label agent.Ending) Support {
	var out Support
	text := excerpt(f.Text)
	sents := split(text)
	for c := range r.cands {
		ru := &r.rules[r.cands[c].rule]
		if ru.ending != label || ru.on != onText || !ru.fits(f.Kind, len(f.Text)) {
			continue
		}
		for s := range sents {
			if ru.in(s, len(sents)) && r.cands[c].p.in(sents[s].words) && !ru.voided(sents[s].words) {
				out.cands = append(out.cands, c)
				break
			}
		}
	}
	for k := range r.rules {
		ru := &r.rules[k]
		if ru.ending != label || !ru.fits(f.Kind, len(f.Text)) {
			continue
		}
		if _, ok := ru.find(text); ok {
			out.patterns = append(out.patterns, k)
		}
	}
	return out
}

// Keep returns the rules with those phrases and patterns of waiting and terminal
// taken out that nothing in the support speaks for, as if these had been
// gathered from it alone. The CLIs' own lines, which come from their
// documentation, and the hints by size stay.
func (r *Rules) Keep(support []Support) *Rules {
	b := builder{rules: append([]rule(nil), r.rules...)}
	cands, patterns := map[int]bool{}, map[int]bool{}
	for _, s := range support {
		for _, c := range s.cands {
			cands[c] = true
		}
		for _, k := range s.patterns {
			patterns[k] = true
		}
	}
	for c := range r.cands {
		if cands[c] || !r.rules[r.cands[c].rule].words() {
			b.cands = append(b.cands, r.cands[c])
		}
	}
	for k := range b.rules {
		ru := &b.rules[k]
		if ru.words() && len(ru.patterns) > 0 && !patterns[k] {
			ru.patterns = nil
			if !ru.hasPhrases {
				ru.weight = 0
			}
		}
	}
	return b.build()
}

// words reports whether a rule is about an agent's own words.
func (r *rule) words() bool {
	return (r.ending == agent.Waits || r.ending == agent.Terminal) && r.on == onText
}
