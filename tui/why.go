package tui

import (
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

// add writes a fact, with its lines under one another.
func (f *facts) add(name, text string, look paint) {
	lead := f.st.muted.Render(fit(line(name), nameWidth)) + " "
	f.out = append(f.out, wrapSpans([]span{{line(text), look}}, f.w, lead, pad(cells(lead)))...)
}

// why tells all that is known about what an agent does: what the explain command
// tells, in colour.
func (m *Model) why(v *agent.View, w int, st *styles) []string {
	f := &facts{w: w, st: st}
	for _, s := range v.Why(m.now) {
		f.heading(s.Title)
		for _, x := range s.Facts {
			text, look := x.Text, st.text
			switch x.Tone {
			case agent.Strong:
				look = st.strong
			case agent.Quiet:
				look = st.muted
			case agent.Coming:
				look = st.accent
			case agent.Warning:
				look = st.warn
			case agent.Bad:
				look = st.bad
			case agent.OfState:
				sign, of := st.shape(v.State)
				text, look = sign+" "+text, of
			case agent.OfCondition:
				text, look = conditionSign(agent.ConditionType(x.Name))+" "+text, st.warn
			}
			f.add(x.Name, text, look)
		}
	}
	return f.out
}
