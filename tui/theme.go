package tui

import (
	tea "charm.land/bubbletea/v2"

	"vigil/themes"
)

// restyled says that the person's theme is another one now; nil: by the
// terminal's background.
type restyled struct{ theme *themes.Theme }

// watchTheme waits for another theme. Update runs it again after each, so that
// one is in flight at most.
func (m *Model) watchTheme() tea.Cmd {
	return await(m.o.Restyle, m.o.Done, func(t *themes.Theme) tea.Msg { return restyled{t} })
}

func (m *Model) onRestyled(msg restyled) tea.Cmd {
	m.o.Theme = msg.theme
	for i := range m.o.Themes { // the key shall find it as it is now
		if msg.theme != nil && m.o.Themes[i].Name == msg.theme.Name {
			m.o.Themes[i] = *msg.theme
		}
	}
	m.setTheme(m.dark)
	m.show()
	cmds := []tea.Cmd{m.watchTheme()}
	if msg.theme == nil {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// nextTheme tries the theme after the one in use, until the program ends or
// the person's own changes.
func (m *Model) nextTheme() tea.Cmd {
	all := m.o.Themes
	if all == nil {
		all = themes.Builtin()
	}
	at := 0
	for i := range all {
		if all[i].Name == m.st.theme.Name {
			at = i + 1
		}
	}
	next := all[at%len(all)]
	m.o.Theme = &next
	m.setTheme(m.dark)
	m.show()
	return m.say(m.st.accent, `theme `+line(next.Name)+`; to keep it, write theme = "`+line(next.Name)+`" in the configuration`)
}
