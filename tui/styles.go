package tui

import (
	"image/color"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
	"vigil/themes"
)

// reset ends every paint. Segments are painted one by one and joined: a paint
// around another would end where the inner one does.
const reset = "\x1b[m"

// paint is a look of text: the SGR sequence that begins it. Frames hold
// hundreds of segments, so it is built once per theme; the program's writer
// takes the colours down to what the terminal has.
type paint string

// Render returns s in the paint. s is one line.
func (p paint) Render(s string) string {
	if s == "" || p == "" {
		return s
	}
	return string(p) + s + reset
}

// styles are the paints of a theme, by role. They are built once per theme and
// passed by pointer.
type styles struct {
	theme themes.Theme

	text, strong, muted, faint paint
	accent, title, tab, chip   paint
	good, warn, bad, busy      paint
	border, focus              paint
	heading, code, link, emph  paint
	add, remove, hunk, mark    paint
	target, record             paint
	selection                  paint // a background only; see [styles.selected]
}

func newStyles(t themes.Theme) *styles {
	r := t.Role
	fg := func(c color.Color) paint { return paint(ansi.NewStyle().ForegroundColor(c).String()) }
	bold := func(c color.Color) paint { return paint(ansi.NewStyle().Bold().ForegroundColor(c).String()) }
	return &styles{
		theme: t,
		text:  fg(r.Text), strong: bold(r.Text), muted: fg(r.Muted), faint: fg(r.Faint),
		accent: fg(r.Accent), title: bold(r.Accent),
		// Underlined, so that it is seen without colour too.
		tab:  paint(ansi.NewStyle().Bold().Underline(true).ForegroundColor(r.Accent).String()),
		chip: paint(ansi.NewStyle().Bold().ForegroundColor(r.OnAccent).BackgroundColor(r.Accent).String()),
		good: fg(r.Good), warn: fg(r.Warn), bad: bold(r.Bad), busy: fg(r.Busy),
		border: fg(r.Border), focus: fg(r.Focus),
		heading: bold(r.Heading), code: fg(r.Code),
		link: paint(ansi.NewStyle().Underline(true).ForegroundColor(r.Link).String()),
		emph: paint(ansi.NewStyle().Italic(true).ForegroundColor(r.Text).String()),
		add:  fg(r.Add), remove: fg(r.Remove), hunk: fg(r.Hunk), mark: fg(r.Mark),
		target: fg(r.Target), record: fg(r.Record),
		selection: paint(ansi.NewStyle().BackgroundColor(r.Selection).String()),
	}
}

// selected lays the selection's background under a line of painted segments.
func (s *styles) selected(line string) string {
	bg := string(s.selection)
	return bg + strings.ReplaceAll(line, reset, reset+bg) + reset
}

// shape returns the sign of a state: each state has a word, a shape and a
// colour of its own, so that no one of them is needed.
func (s *styles) shape(st agent.State) (string, paint) {
	switch st {
	case agent.Working:
		return "●", s.busy
	case agent.Waiting:
		return "○", s.good
	case agent.Stopped:
		return "■", s.bad
	case agent.Limited:
		return "◆", s.warn
	case agent.Asking:
		return "▲", s.warn
	case agent.Exited:
		return "×", s.bad
	}
	return "·", s.muted
}

// word says what an agent does: why it stopped, where it has, else its state.
func word(v *agent.View) string {
	if v.State == agent.Stopped && v.Verdict.Ending != "" {
		return string(v.Verdict.Ending)
	}
	if v.State == "" {
		return string(agent.Unknown)
	}
	return string(v.State)
}
