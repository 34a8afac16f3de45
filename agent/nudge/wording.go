package nudge

import (
	"errors"
	"math"
	"strings"
	"unicode"

	"vigil/agent"
)

// topRung is the last rung on which an agent is spoken to: plain words, the
// plan, a change of direction. The rung after it is the hand-over.
const topRung = 3

// RungHandOver is the message to a fresh session, which knows nothing of the
// one before it.
const RungHandOver = topRung + 1

// ErrSpent says that an agent was told all there is, to no effect.
var ErrSpent = errors.New("every wording of its nudges was wasted: a person is needed")

// Choice is the wording that is due, and the message in it.
type Choice struct {
	Rung    int
	Wording string // name of its template
	Text    string
	By      string // agent.ByJudge if it holds Fields.Line
}

// History is what became of earlier nudges.
type History struct {
	Session string // the one that is nudged
	// Settled are those to the same agent, of this session and of earlier ones,
	// oldest first. Only the effective and the wasted count.
	Settled []agent.Nudge
}

// Unread is the note of a wasted nudge whose turn failed: the agent never got
// to its words, which may be used again.
const Unread = "its turn failed"

// Choose composes the message that is due. The ladder is climbed while nudges
// are wasted; the first one stands on the rung that worked best for this agent.
// On a rung, the wording that worked best is taken, of those whose text was not
// wasted in this session. ErrSpent tells that none is left on any rung. The
// same history gives the same choice.
func (t *Templates) Choose(f Fields, h History) (Choice, error) {
	line := f.Line
	f.Line = "" // the words are chosen without it
	spent, judged := h.spent()
	for _, rung := range h.climb(f) {
		name := onRung(rung, f.Ending)
		best, found := Choice{}, false
		most := math.Inf(-1)
		for _, w := range t.wordings[name] {
			text, err := t.compose(w, f)
			if err != nil {
				return Choice{}, err
			}
			score := h.score(func(n agent.Nudge) bool { return n.Wording == w })
			if !spent[mask(text)] && !judged[w] && score > most {
				best, most, found = Choice{Rung: rung, Wording: w, Text: text}, score, true
			}
		}
		if found {
			return t.withLine(best, f, line)
		}
	}
	return Choice{}, ErrSpent
}

// HandOver composes the message to a fresh session.
func (t *Templates) HandOver(f Fields) (Choice, error) {
	w := t.wordings["handover"][0]
	f.Line = ""
	text, err := t.compose(w, f)
	return Choice{Rung: RungHandOver, Wording: w, Text: text}, err
}

// withLine adds the judge's line where the template has room for it.
func (t *Templates) withLine(c Choice, f Fields, line string) (Choice, error) {
	if line == "" {
		return c, nil
	}
	f.Line = line
	text, err := t.compose(c.Wording, f)
	if err == nil && strings.Contains(text, quoted(line, maxLine)) {
		c.Text, c.By = text, agent.ByJudge
	}
	return c, nil
}

// TakesLine reports whether the judge may write a line of the message: of those
// in which an agent is told more than to go on.
func (c Choice) TakesLine() bool {
	f, _ := family(c.Wording)
	return f == "plan" || f == "change"
}

// onRung returns the family of the messages on a rung. A failure of the service
// is no fault of the agent, which need not be told more each time.
func onRung(rung int, e agent.Ending) string {
	switch {
	case e == agent.Failed || e == agent.Limit:
		return string(e)
	case rung >= topRung:
		return "change"
	case rung == 2:
		return "plan"
	case e == agent.Question, e == agent.Stalled, e == agent.Empty, e == agent.Gone, e == agent.Context:
		return string(e)
	}
	return "plain"
}

// climb lists the rungs in the order in which they are tried: from where the
// agent stands upwards, then back down.
func (h History) climb(f Fields) []int {
	if f.Ending == agent.Failed || f.Ending == agent.Limit {
		return []int{1}
	}
	from := 1
	if f.Change {
		from = topRung
	} else if f.Wasted > 0 {
		from = min(max(1+f.Wasted, h.last()+1), topRung)
	} else {
		most := h.onRung(from)
		for r := 2; r <= topRung; r++ {
			if s := h.onRung(r); s > most {
				from, most = r, s
			}
		}
	}
	var out []int
	for r := from; r <= topRung; r++ {
		out = append(out, r)
	}
	for r := from - 1; r >= 1; r-- {
		out = append(out, r)
	}
	return out
}

// last is the rung of the session's last settled nudge, if that was wasted.
func (h History) last() int {
	for i := len(h.Settled) - 1; i >= 0; i-- {
		if n := h.Settled[i]; n.Session == h.Session && !n.Manual && settled(n) {
			if n.Status == agent.Wasted {
				return n.Rung
			}
			return 0
		}
	}
	return 0
}

func (h History) onRung(r int) float64 {
	return h.score(func(n agent.Nudge) bool { return n.Rung == r })
}

// fading is what a nudge counts against the one after it.
const fading = 0.85

// score is how likely nudges of one sort are to work, by those before: 0 to 1,
// and one half where none tells. What it did last counts most, however long ago
// that is: an agent may rest for days.
func (h History) score(sort func(agent.Nudge) bool) float64 {
	good, all, weight := 1.0, 2.0, 1.0 // as if one had worked and one had not
	for i := len(h.Settled) - 1; i >= 0; i-- {
		n := h.Settled[i]
		if !settled(n) || n.Manual || n.Note == Unread {
			continue
		}
		if sort(n) {
			all += weight
			if n.Status == agent.Effective {
				good += weight
			}
		}
		weight *= fading
	}
	return good / all
}

func settled(n agent.Nudge) bool {
	return !n.DryRun && !n.Step() && (n.Status == agent.Effective || n.Status == agent.Wasted)
}

// spent returns the words that were wasted in this session, and the templates
// of those that the judge had a line in: what remains of them is the same.
func (h History) spent() (words, judged map[string]bool) {
	words, judged = map[string]bool{}, map[string]bool{}
	for _, n := range h.Settled {
		if n.Session == h.Session && n.Status == agent.Wasted && settled(n) && n.Note != Unread {
			words[mask(n.Text)] = true
			judged[n.Wording] = judged[n.Wording] || n.By == agent.ByJudge
		}
	}
	return words, judged
}

// mask returns a text's words as they are compared: numbers, case, spaces and
// marks make no others of them.
func mask(text string) string {
	var b strings.Builder
	gap, number := false, false
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			if !number {
				b.WriteString(" #")
			}
			number, gap = true, true
			continue
		case unicode.IsLetter(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteRune(unicode.ToLower(r))
			gap = false
		case number && (r == '.' || r == ','):
			continue // within a number, or behind it
		default:
			gap = true
		}
		number = false
	}
	return b.String()
}
