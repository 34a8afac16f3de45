package tui

import (
	"strings"
	"time"

	"vigil/agent"
)

// viewFooter draws the line in which a person sees what is about to happen to
// the selected agent and what they can do about it; or what they write; or a
// note on what they did.
func (m *Model) viewFooter(w int) string {
	if m.input.open() && !m.input.floats() {
		return m.viewInput(w)
	}
	hints := ""
	for _, h := range m.hints(w) {
		hints += h.text
	}
	if m.note != "" {
		return spread(" "+m.noteLook.Render(m.note), hints, w)
	}
	return spread(" "+m.situation(hints), hints, w)
}

// viewInput draws the line that is written and, where that leaves it room, the
// keys that end it.
func (m *Model) viewInput(w int) string {
	const enough = 40
	keys := m.named.say(", ", "input-accept", "% keeps it", "input-cancel", "% clears it")
	if m.input.what == forNudge {
		keys = m.named.say(", ", "input-accept", "% sends it", "input-cancel", "% cancels")
	}
	room := w - cells(keys) - 2
	if keys == "" || room < enough {
		return m.input.View(w)
	}
	return m.input.View(room) + " " + m.st.muted.Render(keys) + " "
}

// heldByPerson begins the supervisor's word for nudges that wait for a person
// to release them.
const heldByPerson = "held by"

// hint is a key that matters now, and a place to click.
type hint struct{ id, text string }

// hints names the keys that matter now.
func (m *Model) hints(w int) []hint {
	var out []hint
	if d := m.count.digits; d != "" {
		out = append(out, hint{"", m.st.strong.Render(d) + " "})
	}
	add := func(id, word string) {
		if text := m.named.hint(m.st, id, word); text != "" {
			out = append(out, hint{id, text})
		}
	}
	if v := m.view(); v != nil && v.Next != nil {
		add("nudge-now", "now")
		if strings.HasPrefix(v.Next.Held, heldByPerson) {
			add("nudges-release", "release")
		} else {
			add("nudges-hold", "hold")
		}
	}
	if w >= 60 {
		add("palette", "do")
	}
	if w >= 40 {
		add("help", "help")
	}
	return out
}

// situation says since when, what, why, and what comes next.
func (m *Model) situation(hints string) string {
	v := m.view()
	if v == nil {
		return ""
	}
	st := m.st
	sign, look := st.shape(v.State)
	s := st.muted.Render(elapsed(v.Started, m.now)) + " " + look.Render(sign+" "+word(v)) + " "
	next := m.nextPart(v)
	// The words that decided are worth the room that the rest leaves.
	room := m.w - 2 - cells(s) - cells(next) - cells(hints) - 1
	if why := m.because(v); why != "" && room >= 8 {
		s += st.text.Render(cut(why, room)) + " "
	}
	return s + next
}

// because says what an agent does or why it stopped, in its own words.
func (m *Model) because(v *agent.View) string {
	if v.Turn.Running() || v.State == agent.Waiting || v.Verdict.Ending == agent.Stalled && lost(v) != nil {
		return doing(m.now, v)
	}
	switch reason, quoted := v.Verdict.Reason(); {
	case quoted:
		return `"` + line(reason) + `"`
	case reason != "":
		return line(reason)
	}
	if v.Turn.Final != "" {
		return `"` + line(v.Turn.Final) + `"`
	}
	return ""
}

func (m *Model) nextPart(v *agent.View) string {
	st := m.st
	switch {
	case v.Next != nil && v.Next.Held != "":
		why := line(v.Next.Held)
		if !strings.HasPrefix(why, heldByPerson) {
			why = "held: " + why
		}
		return st.warn.Render(why)
	case v.Next != nil && !v.Next.At.IsZero():
		what := "nudge"
		if v.Next.Text != "" {
			what = cut(strings.TrimRight(line(v.Next.Text), ". "), 24)
		}
		if v.Next.By == agent.ByJudge {
			what += " (with a line by the judge)"
		}
		when := countdown(m.now, v.Next.At)
		if when != "now" {
			when = "in " + when
		}
		return st.accent.Render("→ "+what) + " " + st.strong.Render(when)
	case v.State == agent.Limited && v.Verdict.Resets.After(m.now):
		return st.muted.Render("resets in " + age(v.Verdict.Resets.Sub(m.now)))
	case v.LastNudge != nil && v.LastNudge.Status.Open():
		return st.accent.Render("nudge " + string(v.LastNudge.Status))
	}
	return ""
}

// viewStatus draws what fails, and what to do about it.
func (m *Model) viewStatus(w int) string {
	return fit(m.st.bad.Render(" ! ")+m.st.warn.Render(m.problem()), w)
}

// problem returns the newest failure in one line, or nothing.
func (m *Model) problem() string {
	texts := m.linkProblems()
	if m.snap == nil {
		return strings.Join(texts[:min(len(texts), 1)], "")
	}
	if v := m.view(); v != nil && v.Problem != "" {
		texts = append(texts, line(v.Name)+": "+line(v.Problem))
	}
	var newest time.Time
	for _, p := range m.snap.Problems {
		s := line(p.Where + ": " + p.What)
		if p.Do != "" {
			s += " → " + line(p.Do)
		}
		if p.At.After(newest) && len(texts) > 0 {
			texts = append([]string{s}, texts...)
			newest = p.At
			continue
		}
		texts = append(texts, s)
	}
	switch len(texts) {
	case 0:
		return ""
	case 1:
		return texts[0]
	}
	return strings.TrimSpace(texts[0]) + " (and " + plural(len(texts)-1, "more problem") + ")"
}
