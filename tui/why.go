package tui

import (
	"fmt"
	"strings"

	"vigil/agent"
)

// facts is a list of named facts under headings.
type facts struct {
	w   int
	st  *styles
	out []string
}

func (f *facts) heading(s string) {
	if len(f.out) > 0 {
		f.out = append(f.out, "")
	}
	f.out = append(f.out, f.st.heading.Render(s))
}

// nameWidth is how wide the names of facts are.
const nameWidth = 20

// add writes a fact, with its lines under one another. An empty one is left out.
func (f *facts) add(name, text string, look paint) {
	if text == "" {
		return
	}
	lead := f.st.muted.Render(fit(line(name), nameWidth)) + " "
	f.out = append(f.out, wrapSpans([]span{{line(text), look}}, f.w, lead, pad(cells(lead)))...)
}

// why tells all that is known about what an agent does: the verdict and its
// evidence, the facts beside it, what it waits for, and what comes next.
func (m *Model) why(v *agent.View, w int, st *styles) []string {
	f := &facts{w: w, st: st}
	sign, look := st.shape(v.State)
	f.heading("now")
	f.add("state", strings.TrimSpace(sign+" "+string(v.State)+" for "+since(m.now, v.Since)), look)
	f.add("problem", v.Problem, st.bad)
	m.conditions(f, v)
	m.verdict(f, v)
	m.turn(f, v)
	m.waits(f, v)
	if s := v.Screen; s != nil {
		f.heading("its screen")
		f.add("input line", [...]string{"not seen", "empty", "half-written: " + s.Draft}[min(int(s.Composer), 2)], st.text)
		f.add("dialog", string(s.Dialog), st.warn)
		if s.Busy {
			f.add("shows", "that a turn runs", st.text)
		}
		if s.Mode {
			f.add("tmux", "in copy mode or another mode", st.warn)
		}
	}
	m.nudges(f, v)
	f.heading("who")
	f.add("workspace", v.Workspace, st.text)
	f.add("session", v.Session, st.text)
	if v.PID > 0 {
		f.add("process", fmt.Sprint(v.PID), st.text)
	}
	f.add("pane", strings.TrimSpace(v.Pane.Target+" "+v.Pane.ID), st.text)
	return f.out
}

func (m *Model) verdict(f *facts, v *agent.View) {
	if v.Verdict.Ending == "" {
		return
	}
	f.heading("why its last turn ended")
	f.add("ending", fmt.Sprintf("%s, confidence %.0f%%", v.Verdict.Ending, v.Verdict.Confidence*100), f.st.strong)
	if !v.Verdict.Resets.IsZero() {
		f.add("resets", v.Verdict.Resets.In(m.now.Location()).Format("Mon 15:04"), f.st.text)
	}
	for _, e := range v.Verdict.Evidence {
		f.add(e.Source, e.Text, f.st.text)
	}
}

func (m *Model) turn(f *facts, v *agent.View) {
	t := v.Turn
	if t.N == 0 {
		return
	}
	f.heading(fmt.Sprintf("turn %d", t.N))
	f.add("prompt", agent.CleanLine(t.Prompt, 400), f.st.text)
	f.add("tool calls", fmt.Sprint(t.Tools), f.st.text)
	for _, c := range t.Tail {
		f.add("", "· "+c, f.st.muted)
	}
	if t.Running() {
		f.add("runs since", since(m.now, t.Started), f.st.text)
	} else {
		f.add("ended", since(m.now, t.Ended)+" ago", f.st.text)
	}
	f.add("last words", agent.CleanLine(t.Final, 800), f.st.text)
	if t.Failure != nil {
		f.add("failure", t.Failure.Code+" "+t.Failure.Text, f.st.bad)
	}
	if t.Aborted {
		f.add("", "a person interrupted it", f.st.warn)
	}
}

func (m *Model) nudges(f *facts, v *agent.View) {
	if v.Next == nil && v.LastNudge == nil && v.Nudges == 0 {
		return
	}
	f.heading("nudges")
	if n := v.Next; n != nil {
		if n.Held != "" {
			f.add("held", n.Held, f.st.warn)
		} else if !n.At.IsZero() {
			f.add("next", countdown(m.now, n.At), f.st.accent)
		}
		f.add("text", n.Text, f.st.text)
		f.add("words", wording(n.Rung, n.Wording, n.By), f.st.muted)
	}
	if n := v.LastNudge; n != nil {
		f.add("last", strings.TrimSpace(fmt.Sprintf("%s by %s, %s", n.Status, n.Channel, n.Text)), f.st.text)
		f.add("", n.Note, f.st.muted)
	}
	f.add("in all", fmt.Sprintf("%d sent, %d wasted in a row", v.Nudges, v.Wasted), f.st.text)
}

// wording says of what a nudge's words were made.
func wording(rung int, template, by string) string {
	if template == "" {
		return ""
	}
	s := fmt.Sprintf("rung %d, %s", rung, template)
	if by == agent.ByJudge {
		s += ", with a line by the judge"
	}
	return s
}
