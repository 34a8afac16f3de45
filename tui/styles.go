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

	diff map[byte]*diffLooks // by the kind of a diff's row
}

// ink returns a theme's colour as the terminal is told it: nil is its own, and
// of its sixteen it gets the number.
func ink(c themes.Color) color.Color {
	if n, ok := c.Index(); ok {
		return ansi.BasicColor(n)
	}
	if c.Exact() {
		return c
	}
	return nil
}

// ground is the paint of a background.
func ground(c themes.Color) paint {
	if k := ink(c); k != nil {
		return paint(ansi.NewStyle().BackgroundColor(k).String())
	}
	return ""
}

// series returns the colour of the i-th curve.
func (s *styles) series(i int) color.Color { return ink(s.theme.Series[i%len(s.theme.Series)]) }

func newStyles(t themes.Theme) *styles {
	r := t.Role
	in := func(s ansi.Style, c themes.Color) paint {
		if k := ink(c); k != nil {
			s = s.ForegroundColor(k)
		}
		if len(s) == 0 {
			return ""
		}
		return paint(s.String())
	}
	fg := func(c themes.Color) paint { return in(ansi.NewStyle(), c) }
	bold := func(c themes.Color) paint { return in(ansi.NewStyle().Bold(), c) }
	muted := fg(r.Muted)
	if r.Muted.IsDefault() {
		muted = paint(ansi.NewStyle().Faint().String())
	}
	chip := in(ansi.NewStyle().Bold(), r.OnAccent) + ground(r.Accent)
	st := &styles{
		theme: t,
		text:  fg(r.Text), strong: bold(r.Text), muted: muted, faint: fg(r.Faint),
		accent: fg(r.Accent), title: bold(r.Accent),
		// Underlined, so that it is seen without colour too.
		tab:  in(ansi.NewStyle().Bold().Underline(true), r.Accent),
		chip: chip,
		good: fg(r.Good), warn: fg(r.Warn), bad: bold(r.Bad), busy: fg(r.Busy),
		border: fg(r.Border), focus: fg(r.Focus),
		heading: bold(r.Heading), code: fg(r.Code),
		link: in(ansi.NewStyle().Underline(true), r.Link),
		emph: in(ansi.NewStyle().Italic(true), r.Text),
		add:  fg(r.Add), remove: fg(r.Remove), hunk: fg(r.Hunk), mark: fg(r.Mark),
		target: fg(r.Target), record: fg(r.Record),
		selection: ground(r.Selection),
	}
	st.diff = newDiffLooks(st, true)
	return st
}

// selected lays the selection's background under a line of painted segments.
func (s *styles) selected(line string) string {
	bg := string(s.selection)
	if bg == "" {
		return line
	}
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
