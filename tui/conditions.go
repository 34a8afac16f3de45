package tui

import (
	"strings"

	"vigil/agent"
)

// conditionSign is the sign of a condition in a list, where there is no room
// for its word.
func conditionSign(c agent.ConditionType) string {
	if c == agent.IdleCompute {
		return "▱"
	}
	return "∞"
}

// conditionSigns are the signs of all that lies over an agent's state.
func (p *fleetPane) conditionSigns(v *agent.View) string {
	var signs []string
	for _, c := range v.Conditions {
		if s := conditionSign(c.Type); len(signs) == 0 || signs[len(signs)-1] != s {
			signs = append(signs, s)
		}
	}
	return p.look.st.warn.Render(strings.Join(signs, ""))
}

// condition is the first condition in words, with what says most for it.
func (p *fleetPane) condition(v *agent.View) string {
	if len(v.Conditions) == 0 {
		return ""
	}
	c := v.Conditions[0]
	s := p.look.st.warn.Render(conditionSign(c.Type) + " " + string(c.Type))
	if len(c.Evidence) > 0 {
		s += p.look.st.muted.Render(" " + line(c.Evidence[0]))
	}
	return s
}
