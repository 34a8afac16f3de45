package ending

import (
	"slices"
	"strings"

	"vigil/agent"
)

// Report is a verdict with all that went into it.
type Report struct {
	Verdict agent.Verdict
	Facts   []Finding
	Matches []Match // strongest first
	Decided string  // "structure", "failure", "liveness", "words" or "default"
	Scores  map[agent.Ending]float64
}

// What a report says decided.
const (
	byStructure = "structure" // the shape of the turn
	byFailure   = "failure"   // the CLI's own line
	byLiveness  = "liveness"  // what is alive or dead, with the words
	byWords     = "words"     // the words alone
	byDefault   = "default"   // nothing spoke
)

// Judge says why a turn ended. It is pure: it reads nothing but f.
func (r *Rules) Judge(f agent.Facts) agent.Verdict { return r.Explain(f).Verdict }

// Explain is Judge with every fact and every rule that matched.
func (r *Rules) Explain(f agent.Facts) Report {
	rep := Report{Facts: findings(f)}
	if f.Last == agent.LastToolUse && f.Failure == nil && !f.Aborted && f.Dialog == agent.NoDialog {
		// A call can be an end: some CLIs have a tool that declares the goal complete.
		rep.Matches = r.match(f.Kind, onCall, lastCall(f))
		if rep.score(); rep.Scores[agent.Terminal] >= outright {
			return rep.conclude(f, agent.Terminal, likely, byWords, "")
		}
	}
	if d, ok := structure(f); ok {
		rep.Facts = append(rep.Facts, Finding{Fact: d.fact, Ending: d.ending, Decided: true})
		rep = rep.conclude(f, d.ending, d.confidence, byStructure, d.fact)
		if f.Failure != nil {
			rep.Verdict.Resets = f.Failure.Resets
		}
		return rep
	}
	rep.Matches = r.match(f.Kind, onText, f.Text)
	rep.score()
	return rep.weigh(f)
}

// lastCall is the text of the call a turn ended with: its summary and, where
// the tail ends with that same call, the tool's name.
func lastCall(f agent.Facts) string {
	text := strings.TrimSpace(f.Text)
	if n := len(f.Tail); n > 0 && (text == "" || strings.HasSuffix(f.Tail[n-1], text)) {
		return f.Tail[n-1]
	}
	return text
}

// outright is the weight from which a rule says an ending outright; below it a
// rule is a hint.
const outright = 2.5

// How the rules of one ending add up: the strongest in full, each other with
// this share, all others together with this much at most.
const (
	otherShare = 0.2
	othersMost = 1.0
)

// score sums the matches by ending and sorts them.
func (rep *Report) score() {
	slices.SortStableFunc(rep.Matches, func(a, b Match) int {
		switch {
		case a.Weight > b.Weight:
			return -1
		case a.Weight < b.Weight:
			return 1
		}
		return 0
	})
	best, rest := map[agent.Ending]float64{}, map[agent.Ending]float64{}
	for _, m := range rep.Matches {
		if _, ok := best[m.Ending]; !ok {
			best[m.Ending] = m.Weight
			continue
		}
		rest[m.Ending] = min(othersMost, rest[m.Ending]+otherShare*m.Weight)
	}
	for e := range best {
		best[e] += rest[e]
	}
	rep.Scores = best
}

// top returns the best of the given endings, in doubt the first, and its lead
// over the second.
func (rep *Report) top(among ...agent.Ending) (agent.Ending, float64) {
	best, first, second := among[0], 0.0, 0.0
	for _, e := range among {
		switch s := rep.Scores[e]; {
		case s > first:
			best, first, second = e, s, first
		case s > second:
			second = s
		}
	}
	return best, first - second
}

// weigh decides by liveness and words.
func (rep Report) weigh(f agent.Facts) Report {
	if e, lead := rep.top(agent.Limit, agent.Context, agent.Failed); rep.Scores[e] >= outright {
		return rep.conclude(f, e, sure(lead), byFailure, "")
	}
	e, lead := rep.top(agent.Terminal, agent.Waits, agent.Question, agent.Empty) // the agent's own words
	gone := len(f.Died)+len(f.Overdue) > 0
	switch f.Background {
	case agent.Yes:
		c := certain
		if e != agent.Waits && lead >= outright {
			c = strong
		}
		if gone {
			c = likely // something else of it is dead
		}
		return rep.conclude(f, agent.Waits, c, byLiveness, rep.fact(agent.Waits))
	case agent.No:
		return rep.unwoken(f, e, lead, gone)
	}
	switch {
	case e == agent.Waits && gone:
		return rep.conclude(f, agent.Stalled, strong, byLiveness, rep.fact(agent.Stalled))
	case e == agent.Waits && f.Process == agent.No:
		return rep.conclude(f, agent.Gone, likely, byLiveness, rep.fact(agent.Gone))
	case len(rep.Matches) == 0 && len(f.Waits) > 0:
		return rep.conclude(f, agent.Waits, halfSure, byLiveness, "what its words do not tell of shows signs of life"+names(f.Waits))
	case len(rep.Matches) == 0:
		return rep.conclude(f, agent.Terminal, 0.5, byDefault, "the turn ended with a text in which no rule matches")
	}
	return rep.conclude(f, e, sure(lead), byWords, "")
}

// unwoken judges a text with nothing alive that would wake the agent.
func (rep Report) unwoken(f agent.Facts, e agent.Ending, lead float64, gone bool) Report {
	switch {
	case e == agent.Waits && gone:
		return rep.conclude(f, agent.Stalled, certain, byLiveness, rep.fact(agent.Stalled))
	case e == agent.Waits && f.Process != agent.No && rep.delegated():
		return rep.conclude(f, agent.Waits, halfSure, byWords, "a sub-agent's own work is in no list of background tasks")
	case e == agent.Waits:
		return rep.conclude(f, agent.Stalled, likely, byLiveness, rep.fact(agent.Terminal))
	case len(rep.Matches) == 0 && gone:
		return rep.conclude(f, agent.Stalled, likely, byLiveness, rep.fact(agent.Stalled))
	case len(rep.Matches) == 0:
		return rep.conclude(f, agent.Terminal, likely, byLiveness, rep.fact(agent.Terminal))
	}
	return rep.conclude(f, e, max(likely, sure(lead)), byLiveness, rep.fact(agent.Terminal))
}

// delegated reports whether the words tell of work that a sub-agent started.
func (rep *Report) delegated() bool {
	return slices.ContainsFunc(rep.Matches, func(m Match) bool { return m.Delegated && m.Weight >= outright })
}

// fact marks the finding that speaks for e as decisive and returns it.
func (rep *Report) fact(e agent.Ending) string {
	rep.Facts = slices.Clone(rep.Facts)
	for i := range rep.Facts {
		if rep.Facts[i].Ending == e {
			rep.Facts[i].Decided = true
			return rep.Facts[i].Fact
		}
	}
	return ""
}

// sure turns the lead of the best ending over the second into a confidence. On
// runs whose own phrases were taken out of the rules, the steps were right in
// 1.00, 0.93, 0.96 and 0.89 of the turn ends (TestUnseenRuns); they say less,
// since agents will find words that no rule has seen.
func sure(lead float64) float64 {
	switch {
	case lead >= 3:
		return 0.97
	case lead >= 2:
		return 0.93
	case lead >= 1:
		return 0.8
	case lead >= 0.5:
		return 0.65
	}
	return 0.55
}

// evidenceRules is how many matched rules a verdict names.
const evidenceRules = 3

// conclude writes the verdict: the deciding fact, then the sentences of the
// strongest rules that speak for it (for stalled, those of waiting).
func (rep Report) conclude(f agent.Facts, e agent.Ending, confidence float64, by, fact string) Report {
	rep.Decided = by
	v := agent.Verdict{Ending: e, Confidence: confidence}
	if fact != "" {
		v.Evidence = append(v.Evidence, agent.Evidence{Source: "fact", Text: fact, At: f.Now})
	}
	said := e
	if e == agent.Stalled {
		said = agent.Waits
	}
	n := 0
	for _, m := range rep.Matches {
		hint := n > 0 && m.Weight < outright // hints are evidence only where nothing stronger is
		if m.Ending != said || m.Sentence == "" || n == evidenceRules || hint {
			continue
		}
		n++
		v.Evidence = append(v.Evidence, agent.Evidence{Source: "rule:" + m.Rule, Text: m.Sentence, At: f.Now})
	}
	if len(v.Evidence) == 0 {
		v.Evidence = append(v.Evidence, agent.Evidence{Source: "text", Text: agent.CleanLine(lastLine(f.Text), evidenceBytes), At: f.Now})
	}
	if e == agent.Limit {
		v.Resets = agent.Reset(f.Text[:min(len(f.Text), headBytes)], f.Now, nil)
	}
	rep.Verdict = v
	return rep
}

// lastLine returns the last line of a text that is not blank.
func lastLine(s string) string {
	s = strings.TrimSpace(s[max(0, len(s)-tailBytes):])
	return s[strings.LastIndexByte(s, '\n')+1:]
}
