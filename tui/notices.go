package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
	"vigil/agent/notice"
)

// Desktop says by which sequence a terminal shows a notice on the desktop.
type Desktop uint8

// The sequences.
const (
	NoDesktop Desktop = iota
	OSC9              // iTerm2, WezTerm, Ghostty, foot and others
	OSC777            // VTE (GNOME Terminal) and rxvt
	OSC99             // kitty
)

// Alarm is a notice and how the person at the screen is told.
type Alarm struct {
	notice.Notice
	Bell    bool
	Desktop Desktop
	Tmux    bool // the terminal is tmux's, which passes on what is wrapped
}

// noticed says that a person is to be told something.
type noticed struct{ a Alarm }

// hear waits for the next notice. Update runs it again after each.
func (m *Model) hear() tea.Cmd {
	return await(m.o.Notices, m.o.Done, func(a Alarm) tea.Msg { return noticed{a} })
}

// onNotice tells it in the footer and by the terminal.
func (m *Model) onNotice(a Alarm) tea.Cmd {
	look := m.st.warn
	if a.Good {
		look = m.st.good
	}
	text := a.Title
	if a.Text != "" {
		text += ": " + a.Text
	}
	cmds := []tea.Cmd{m.say(look, line(text)), m.hear()}
	if seq := a.sequence(); seq != "" {
		cmds = append(cmds, tea.Raw(seq))
	}
	return tea.Batch(cmds...)
}

// sequence is what the terminal is sent for it. tmux passes the bell on by
// itself.
func (a Alarm) sequence() string {
	title, text := plainText(a.Title), plainText(a.Text)
	seq := ""
	switch a.Desktop {
	case OSC9:
		seq = ansi.Notify(strings.TrimSuffix(title+": "+text, ": "))
	case OSC777:
		seq = ansi.URxvtExt("notify", title, text)
	case OSC99:
		// Two parts of one notification, which the identifier joins.
		seq = ansi.DesktopNotification(title, "i=vigil", "d=0") + ansi.DesktopNotification(text, "i=vigil", "d=1", "p=body")
	}
	if a.Tmux && seq != "" {
		seq = ansi.TmuxPassthrough(seq)
	}
	if a.Bell {
		seq += "\a"
	}
	return seq
}

// plainText is text for a sequence in which ";" is a mark.
func plainText(s string) string { return strings.ReplaceAll(line(s), ";", ",") }

// programStatus tells the terminal how the fleet stands (OSC 7501), by what a
// person must know first.
func (m *Model) programStatus() *tea.ProgramStatus {
	if m.snap == nil {
		return &tea.ProgramStatus{State: tea.ProgramStateIdle}
	}
	s := tea.ProgramStatus{State: tea.ProgramStateIdle}
	for i := range m.snap.Agents {
		v := &m.snap.Agents[i]
		switch {
		case v.Need != nil && v.Need.Type == agent.NeedPermission:
			return &tea.ProgramStatus{State: tea.ProgramStateBlocked, Kind: tea.ProgramStatusKindPermission}
		case v.Need != nil && v.Need.Type == agent.NeedAnswer:
			s = tea.ProgramStatus{State: tea.ProgramStateBlocked, Kind: tea.ProgramStatusKindQuestion}
		case v.Need != nil && s.Kind == "":
			s.State = tea.ProgramStateBlocked
		case v.State == agent.Working && s.State == tea.ProgramStateIdle:
			s.State = tea.ProgramStateWorking
		}
	}
	return &s
}
