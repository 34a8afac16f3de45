package tui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"vigil/agent"
)

// purpose is what a written line is for.
type purpose uint8

const (
	forNothing purpose = iota
	forNudge
	forFilter
	forAnswer  // to a host's question, in an overlay
	forPalette // what the command palette is to find, in an overlay
)

// maxNudge is how long a nudge may be: a CLI takes a longer one as a paste.
const maxNudge = 500

// input is the line at the foot of the screen while a person writes. The zero
// value is closed.
type input struct {
	what  purpose
	agent agent.ID // for whom a nudge is
	text  textinput.Model
}

func (in *input) open() bool    { return in.what != forNothing }
func (in *input) floats() bool  { return in.what == forAnswer || in.what == forPalette }
func (in *input) value() string { return line(in.text.Value()) }

// close forgets what was written: it may have been a secret.
func (in *input) close() {
	in.what = forNothing
	in.text.Reset()
	in.text.EchoMode = textinput.EchoNormal
}

// style takes over a theme. The cursor is drawn rather than the terminal's
// own, which bubbles places wrongly after wide characters, and does not blink:
// blinking writes to the terminal twice a second.
func (in *input) style(st *styles) {
	if in.text.Prompt == "" {
		in.text = textinput.New()
		in.text.CharLimit = maxNudge
	}
	r := st.theme.Role
	look := textinput.StyleState{
		Text:   lipgloss.NewStyle().Foreground(ink(r.Text)),
		Prompt: lipgloss.NewStyle().Foreground(ink(r.Accent)).Bold(true),
	}
	in.text.SetStyles(textinput.Styles{
		Focused: look, Blurred: look,
		Cursor: textinput.CursorStyle{Color: ink(r.Accent), Blink: false},
	})
}

// ask opens the line.
func (in *input) ask(what purpose, prompt, value string, id agent.ID) {
	in.what, in.agent = what, id
	in.text.Prompt = " " + prompt + " "
	in.text.SetValue(value)
	in.text.CursorEnd()
	in.text.Focus()
}

// update writes. The command that bubbles returns only makes the cursor blink.
func (in *input) update(msg tea.Msg) tea.Cmd {
	in.text, _ = in.text.Update(msg)
	// bubbles lets through what hides or reorders text.
	if v := in.text.Value(); plain(v) != v {
		in.text.SetValue(plain(v))
	}
	return nil
}

// plain makes text fit for a line whose cursor goes from rune to rune: without
// the signs that make the character before them wider, since the cursor would
// stand between the two and each be measured by itself.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 0xfe0e || r == 0xfe0f { // variation selectors 15 and 16
			return -1
		}
		return r
	}, agent.Clean(s))
}

// View draws the line, w cells wide.
func (in *input) View(w int) string {
	t := in.text
	t.SetWidth(max(w-lipgloss.Width(t.Prompt)-1, 1))
	return fit(t.View(), w)
}
