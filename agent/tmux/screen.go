package tmux

import (
	"hash/fnv"
	"regexp"
	"strings"

	"vigil/agent"
)

// maxDraft is the longest draft that a Screen tells, in bytes.
const maxDraft = 8 << 10

// Rows at the foot of a screen in which a dialog is looked for, blank ones not
// counted, and above an input line in which a sign of work or a menu is.
const (
	dialogRows = 25
	busyRows   = 9
	menuRows   = 3
)

// ReadScreen says what a CLI's screen shows, by the kind's own Looks (the first
// that finds an input line counts), or a general one for other kinds. It is careful: an input line is told only where its frame
// is whole and, as far as the cursor is seen, the cursor stands in it.
func ReadScreen(kind agent.Kind, c Capture) agent.Screen {
	cli, _ := agent.CLIOf(kind)
	var first *agent.Screen
	for _, l := range cli.Looks {
		s := Look(l).Read(c)
		if s.Composer != agent.NoComposer {
			return s
		}
		if first == nil {
			first = &s
		}
	}
	if first != nil {
		return *first
	}
	return Look(agent.GeneralLook()).Read(c)
}

// Look is how one CLI's screen is read.
type Look agent.Look

// Read says what the screen shows.
func (l Look) Read(c Capture) agent.Screen {
	rows, styled := grid(c.Text)
	if l.Frame == agent.BareFrame {
		pad(rows)
	}
	s := agent.Screen{At: c.At, Styled: styled, Mode: c.Mode, Lines: make([]string, len(rows))}
	h := fnv.New64a()
	for i, r := range rows {
		s.Lines[i] = strings.TrimRight(r.text, " \u00a0")
		_, _ = h.Write([]byte(s.Lines[i])) // never fails
		_, _ = h.Write([]byte{'\n'})
	}
	s.Hash = h.Sum64()
	title := agent.CleanLine(c.Title, 200)

	area, ok := l.find(rows, s.Lines)
	if ok && (c.Dead || c.Cursor && c.CursorVisible && (c.Y < area.first || c.Y > area.last)) {
		ok = false // it is what an ended program left behind
	}
	if !ok {
		s.Dialog = l.dialog(s.Lines)
		if s.Dialog == agent.NoDialog && matches(l.AskTitle, title) {
			s.Dialog = agent.OtherDialog
		}
		s.Busy = matches(l.BusyTitle, title)
		return s
	}
	s.Composer = agent.EmptyComposer
	if text := l.draft(rows, area); text != "" {
		s.Composer, s.Draft = agent.DraftComposer, agent.CleanLine(text, maxDraft)
		s.Pasted = matches(l.Pasted, s.Draft)
	}
	if s.Draft != "" && l.menuOpen(s.Lines, area) || matches(l.AskTitle, title) {
		s.Dialog = agent.OtherDialog
	}
	s.Busy = l.busy(s.Lines, area) || matches(l.BusyTitle, title)
	s.Idle = !s.Busy && matches(l.IdleTitle, title)
	return s
}

// area is where an input line stands: its rows, and the rows of its frame.
type area struct {
	first, last int
	top, bottom int // of the frame; what lies outside is not the input line's
}

// dialog finds the first kind of dialog that the foot of the screen shows.
func (l Look) dialog(lines []string) agent.Dialog {
	foot := make([]string, 0, dialogRows)
	for i := len(lines) - 1; i >= 0 && len(foot) < dialogRows; i-- {
		if lines[i] != "" {
			foot = append(foot, lines[i])
		}
	}
	for _, d := range l.Dialogs {
		for _, line := range foot {
			if d.Pattern.MatchString(line) {
				return d.Dialog
			}
		}
	}
	return agent.NoDialog
}

func (l Look) menuOpen(lines []string, a area) bool {
	above := max(a.top-menuRows, 0)
	for _, near := range [][]string{lines[above:a.top], lines[a.bottom:]} {
		for _, line := range near {
			if matches(l.Menu, line) {
				return true
			}
		}
	}
	return false
}

func (l Look) busy(lines []string, a area) bool {
	from := max(a.top-busyRows, 0)
	for i, line := range lines[from:] {
		if i += from; (i < a.top || i >= a.bottom) && matches(l.Busy, line) {
			return true
		}
	}
	return false
}

// draft returns the text in the input line, rows joined by newlines; empty if it
// holds nothing or a placeholder.
func (l Look) draft(rows []row, a area) string {
	var parts []string
	special := ""
	empty := true // nothing but dim text and a drawn cursor so far
	for i := a.first; i <= a.last; i++ {
		r := rows[i]
		from := 0
		if i == a.first {
			if m := l.Prompt.FindStringIndex(r.text); m != nil {
				from = m[1]
			}
			if l.Special != nil {
				special = strings.TrimSpace(l.Special.FindString(r.text))
			}
		}
		text := strings.Trim(inside(r.text[from:], l.Frame), " \u00a0\t")
		parts = append(parts, text)
		empty = empty && onlyDim(r, from)
	}
	text := strings.TrimSpace(strings.Join(parts, "\n"))
	if special != "" {
		return special + text
	}
	if empty || text == "" || matches(l.Placeholder, text) {
		return ""
	}
	return text
}

// onlyDim reports whether what a row shows from a byte on is dim, but for one
// inverse cell before it: the cursor that a CLI draws over a placeholder. Such a
// cell alone is a draft of one letter.
func onlyDim(r row, from int) bool {
	dims, cursors := 0, 0
	for i, c := range r.text {
		if i < from || c == ' ' || c == '\u00a0' || strings.ContainsRune("│┃", c) {
			continue
		}
		switch m := r.mark[i]; {
		case m&dim != 0:
			dims++
		case m&inverse != 0 && dims == 0 && cursors == 0:
			cursors++
		default:
			return false
		}
	}
	return cursors == 0 || dims > 0
}

func matches(re *regexp.Regexp, s string) bool { return re != nil && re.MatchString(s) }
