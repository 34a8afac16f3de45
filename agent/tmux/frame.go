package tmux

import (
	"strings"

	"vigil/agent"
)

// find finds the input line: the lowest place where the frame is whole and
// begins with the prompt.
func (l Look) find(rows []row, lines []string) (area, bool) {
	var a area
	var ok bool
	switch l.Frame {
	case agent.RulesFrame:
		a, ok = l.findRules(lines)
	case agent.BoxFrame:
		a, ok = l.findBox(lines)
	case agent.FooterFrame:
		a, ok = l.findFooter(rows, lines)
	case agent.BarFrame:
		a, ok = l.findBar(lines)
	case agent.BareFrame:
		a, ok = l.findBare(rows, lines)
	}
	if !ok || l.Footer == nil || l.Frame == agent.FooterFrame {
		return a, ok
	}
	for _, line := range lines[a.bottom:] {
		if l.Footer.MatchString(line) {
			return a, true
		}
	}
	return a, false
}

// footerRows is how many rows, blank ones not counted, may stand below an input
// line: its footer and a menu, or a message wrapped into a narrow column.
const footerRows = 20

// footer reports whether rows can be what stands below an input line; a box there
// is a dialog's.
func footer(lines []string) bool {
	n := 0
	for _, l := range lines {
		if corner(l, "╭┌╰└") {
			return false
		}
		if l != "" {
			n++
		}
	}
	return n <= footerRows
}

// findRules finds the last two horizontal lines with a prompt behind the first.
func (l Look) findRules(lines []string) (area, bool) {
	for below := len(lines) - 1; below > 1; below-- {
		if !rule(lines[below], false) {
			continue
		}
		for above := below - 2; above >= 0; above-- {
			if !rule(lines[above], true) {
				continue
			}
			a := area{first: above + 1, last: below - 1, top: above, bottom: below + 1}
			// Between two rules without a prompt is something else, and what
			// stands above it is no longer what takes the keys.
			return a, l.Prompt.MatchString(lines[a.first]) && footer(lines[a.bottom:])
		}
		return area{}, false
	}
	return area{}, false
}

// rule reports whether a line is a horizontal line from the left edge. The upper
// one of a frame may bear a name.
func rule(line string, named bool) bool {
	lead, all, runes := 0, 0, 0
	for _, r := range line {
		if strings.ContainsRune("─━▄▀▔▁", r) {
			if lead == runes {
				lead++
			}
			all++
		}
		runes++
	}
	return all >= 10 && (all == runes || named && lead >= 3)
}

// findBox finds the last box that holds a prompt and nothing but footer below.
func (l Look) findBox(lines []string) (area, bool) {
	for below := len(lines) - 1; below > 1; below-- {
		if !corner(lines[below], "╰└") {
			continue
		}
		for above := below - 1; above >= 0; above-- {
			if corner(lines[above], "╭┌") {
				a := area{first: above + 1, last: below - 1, top: above, bottom: below + 1}
				return a, a.first <= a.last && l.Prompt.MatchString(lines[a.first]) && footer(lines[a.bottom:])
			}
			if !strings.HasPrefix(strings.TrimSpace(lines[above]), "│") {
				break
			}
		}
		return area{}, false
	}
	return area{}, false
}

func corner(line, corners string) bool {
	line = strings.TrimSpace(line)
	for _, c := range corners {
		if strings.HasPrefix(line, string(c)) {
			return strings.Count(line, "─") >= 10
		}
	}
	return false
}

// findFooter finds the footer, and above it a prompt whose rows are indented.
// The same prompt, dim, marks what was said before.
func (l Look) findFooter(rows []row, lines []string) (area, bool) {
	end := len(lines)
	for end > 0 && lines[end-1] == "" {
		end--
	}
	foot := -1
	for i := end - 1; i >= max(end-3, 0); i-- {
		if matches(l.Footer, lines[i]) {
			foot = i
		}
	}
	if foot < 2 || lines[foot-1] != "" {
		return area{}, false
	}
	for i := foot - 2; i >= 0; i-- {
		if m := l.Prompt.FindStringIndex(rows[i].text); m != nil && rows[i].mark[0]&dim == 0 {
			last := foot - 2
			return area{first: i, last: last, top: i, bottom: foot}, true
		}
		if lines[i] != "" && !strings.HasPrefix(lines[i], "  ") {
			break // no row of an input line
		}
	}
	return area{}, false
}

// findBar finds the last block with a bar to its left that a closing row ends;
// the last row in it tells the model.
func (l Look) findBar(lines []string) (area, bool) {
	for end := len(lines) - 1; end > 1; end-- {
		if !strings.HasPrefix(strings.TrimSpace(lines[end]), "╹▀▀▀") {
			continue
		}
		first := end
		for first > 0 && strings.HasPrefix(strings.TrimSpace(lines[first-1]), "┃") {
			first--
		}
		a := area{first: first, last: end - 2, top: first, bottom: end}
		return a, a.first <= a.last && l.Prompt.MatchString(lines[a.first]) && footer(lines[a.bottom:])
	}
	return area{}, false
}

// inside returns the text of a row of an input line without its frame.
func inside(text string, f agent.Frame) string {
	switch f {
	case agent.BoxFrame:
		text = strings.TrimSpace(text)
		return strings.TrimSuffix(strings.TrimPrefix(text, "│"), "│")
	case agent.BarFrame:
		return strings.TrimPrefix(strings.TrimSpace(text), "┃")
	}
	return text
}
