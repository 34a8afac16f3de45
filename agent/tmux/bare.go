package tmux

import (
	"fmt"
	"regexp"
	"strings"

	"vigil/agent"
)

// bareRows is how many rows an input line without a frame is taken to have at
// most.
const bareRows = 8

// PromptLook returns the Look of a CLI of which only the prompt is known:
// patterns that match the start of the line in which it takes input, up to
// where the text begins. Dialogs and signs of work are those in the words that
// most CLIs use. The error is one of patterns that do not go together.
func PromptLook(kind agent.Kind, prompts ...*regexp.Regexp) (Look, error) {
	parts := make([]string, len(prompts))
	for i, p := range prompts {
		parts[i] = "(?:" + p.String() + ")"
	}
	if len(prompts) == 0 {
		return Look{}, fmt.Errorf("prompts of %s: there are none", kind)
	}
	all, err := regexp.Compile(strings.Join(parts, "|"))
	if err != nil {
		return Look{}, fmt.Errorf("prompts of %s: %w: give their groups different names", kind, err)
	}
	l := Look(agent.GeneralLook())
	l.Frame, l.Prompt = agent.BareFrame, all
	return l, nil
}

// pad gives each row a blank at its end: tmux cuts them off, and the patterns
// of prompts tend to end in one.
func pad(rows []row) {
	for i := range rows {
		rows[i].text += " "
		rows[i].mark = append(rows[i].mark, 0)
	}
}

// findBare finds an input line that nothing encloses: what is written last on
// the screen, if it begins with the prompt.
func (l Look) findBare(rows []row, lines []string) (area, bool) {
	last := len(lines) - 1
	for last >= 0 && lines[last] == "" {
		last--
	}
	for i := last; i >= 0 && i > last-bareRows; i-- {
		if m := l.Prompt.FindStringIndex(rows[i].text); m != nil && m[0] == 0 {
			return area{first: i, last: last, top: i, bottom: last + 1}, true
		}
	}
	return area{}, false
}
