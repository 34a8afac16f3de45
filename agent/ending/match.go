package ending

import (
	"strings"
	"unicode/utf8"

	"vigil/agent"
)

// How much of a final message is read: what it opens with and what it ends
// with. Between them long messages hold tables and results, which tell nothing
// about the end.
const (
	headBytes = 2 << 10
	tailBytes = 6 << 10
)

// How many sentences, and for patterns how many bytes, are the start and the
// end of a text.
const (
	headSentences = 2
	tailSentences = 3
	placeBytes    = 400
)

// evidenceBytes bounds a sentence that is kept as evidence.
const evidenceBytes = 240

// Match is one rule that matched.
type Match struct {
	Rule      string
	Ending    agent.Ending
	Weight    float64
	Sentence  string // clean, one line; empty for a rule about the size of a text
	Delegated bool
}

// excerpt cuts a text to its head and tail, at runes.
func excerpt(s string) string {
	if len(s) <= headBytes+tailBytes {
		return s
	}
	h, t := headBytes, len(s)-tailBytes
	for h > 0 && !utf8.RuneStart(s[h]) {
		h--
	}
	for t < len(s) && !utf8.RuneStart(s[t]) {
		t++
	}
	return s[:h] + "\n" + s[t:]
}

// match applies every rule to the text of one source. Each rule matches at most
// once: at its last sentence, since what is said last says best how it ended.
func (r *Rules) match(kind agent.Kind, on source, full string) []Match {
	text := strings.TrimSpace(agent.Clean(excerpt(full)))
	sents := split(text)
	state := make([]int, len(r.rules)) // index of the sentence that matched, from 1
	var tried []int                    // candidates tried at this sentence
	seen := make([]int, len(r.cands))
	for s := len(sents) - 1; s >= 0; s-- {
		tried = r.candidates(sents[s].words, seen, s+1, tried[:0])
		for _, c := range tried {
			k := r.cands[c].rule
			ru := &r.rules[k]
			if state[k] != 0 || ru.on != on || !ru.in(s, len(sents)) || !ru.fits(kind, len(full)) {
				continue
			}
			if r.cands[c].p.in(sents[s].words) && !ru.voided(sents[s].words) {
				state[k] = s + 1
			}
		}
	}
	var out []Match
	for k := range r.rules {
		ru := &r.rules[k]
		if ru.weight == 0 || ru.on != on {
			continue
		}
		m := Match{Rule: ru.name, Ending: ru.ending, Weight: ru.weight, Delegated: ru.delegated}
		switch {
		case state[k] > 0:
			s := sents[state[k]-1]
			m.Sentence = agent.CleanLine(text[s.start:min(s.end, len(text))], evidenceBytes)
		case len(ru.patterns) > 0 && ru.fits(kind, len(full)):
			found, ok := ru.find(text)
			if !ok {
				continue
			}
			m.Sentence = agent.CleanLine(found, evidenceBytes)
		case ru.sizeOnly() && len(full) > 0 && ru.fits(kind, len(full)):
		default:
			continue
		}
		out = append(out, m)
	}
	return out
}

// candidates appends the phrases of which a word stands in the sentence, each
// once: seen holds the mark of the last sentence that had it.
func (r *Rules) candidates(words []string, seen []int, mark int, out []int) []int {
	for _, w := range words {
		for _, c := range r.index[w] {
			if seen[c] != mark {
				seen[c] = mark
				out = append(out, c)
			}
		}
		if len(w) < prefixLength {
			continue
		}
		for _, c := range r.heads[w[:prefixLength]] {
			if seen[c] != mark {
				seen[c] = mark
				out = append(out, c)
			}
		}
	}
	return out
}

func (r *rule) in(s, n int) bool {
	switch r.where {
	case atHead:
		return s < headSentences
	case atTail:
		return s >= n-tailSentences
	}
	return true
}

func (r *rule) voided(words []string) bool {
	for _, p := range r.unless {
		if p.in(words) {
			return true
		}
	}
	return false
}

// find applies the patterns, within the bytes of their place; the evidence is
// the line of the first match.
func (r *rule) find(text string) (string, bool) {
	switch {
	case len(text) <= placeBytes:
	case r.where == atHead:
		text = strings.ToValidUTF8(text[:placeBytes], "")
	case r.where == atTail:
		text = strings.ToValidUTF8(text[len(text)-placeBytes:], "")
	}
	for _, re := range r.patterns {
		if m := re.FindStringIndex(text); m != nil {
			from := strings.LastIndexByte(text[:m[0]], '\n') + 1
			to := len(text)
			if i := strings.IndexByte(text[m[1]:], '\n'); i >= 0 {
				to = m[1] + i
			}
			return text[from:to], true
		}
	}
	return "", false
}

func (r *rule) sizeOnly() bool {
	return len(r.patterns) == 0 && !r.hasPhrases && (r.minChars > 0 || r.maxChars > 0)
}
