package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
)

func (m *Model) nextFocus() { m.onTabs = !m.onTabs || m.layout.Fleet.H == 0 }

func toTab(i int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.tab, m.onTabs = min(i, len(m.tabs)-1), true
		m.show()
		return m.watchPane()
	}
}

// openTab opens the tab of a pane.
func (m *Model) openTab(p pane) tea.Cmd {
	return toTab(slices.IndexFunc(m.tabs, func(t tab) bool { return t.pane == p }))(m)
}

// step selects another agent, whatever has the focus.
func (m *Model) step(n int) tea.Cmd {
	m.fleet.move(n)
	return m.selected()
}

func (m *Model) toggleZoom() {
	m.zoom = !m.zoom
	m.show()
}

// widen moves the edge between the fleet and the detail by n cells.
func (m *Model) widen(n int) {
	if m.layout.Strip || m.layout.Fleet.W == 0 {
		return // there is no edge
	}
	m.split = float64(m.layout.Fleet.W+n) / float64(m.w)
	m.show()
}

// backFrom drops the count that was typed, or goes back.
func (m *Model) backFrom(n int) tea.Cmd {
	if n == 0 {
		m.back()
	}
	return nil
}

// back undoes what narrows the view: the moment that is shown, what the open tab
// has of its own, the focused zone's filter, then the zoom.
func (m *Model) back() {
	f := m.filterable()
	b, own := m.tabs[m.tab].pane.(backer)
	switch {
	case m.past.on():
		m.past.end()
	case own && !m.fleetFocused() && b.Back():
	case f.Filter() != "":
		f.SetFilter("")
	case m.fleet.Filter() != "":
		m.fleet.SetFilter("")
	default:
		m.zoom = false
	}
	m.show()
}

// filterable returns what "/" filters: the focused zone, or the fleet where
// that has nothing to filter.
func (m *Model) filterable() filterable {
	if f, ok := m.tabs[m.tab].pane.(filterable); ok && !m.fleetFocused() {
		return f
	}
	return &m.fleet
}

// noAgent tells why an action has nothing to act on.
func (m *Model) noAgent() tea.Cmd { return m.say(m.st.warn, "no agent is selected") }

func (m *Model) nudgeNow() tea.Cmd {
	v := m.view()
	switch {
	case v == nil:
		return m.noAgent()
	case v.Next == nil:
		return m.say(m.st.muted, "no nudge is planned for "+line(v.Name)+m.named.say("", "nudge-write", "; % writes one by hand"))
	}
	return tea.Batch(m.send(agent.Intent{Type: agent.NudgeNow, Agent: v.ID}),
		m.say(m.st.good, "sending to "+line(v.Name)+m.asNow()))
}

func (m *Model) hold() tea.Cmd {
	v := m.view()
	if v == nil {
		return m.noAgent()
	}
	return tea.Batch(m.send(agent.Intent{Type: agent.Hold, Agent: v.ID}),
		m.say(m.st.warn, "nudges to "+line(v.Name)+" are held"+m.named.say("", "nudges-release", "; % releases them")+m.asNow()))
}

func (m *Model) release() tea.Cmd {
	v := m.view()
	if v == nil {
		return m.noAgent()
	}
	return tea.Batch(m.send(agent.Intent{Type: agent.Release, Agent: v.ID}),
		m.say(m.st.good, "nudges to "+line(v.Name)+" are released"+m.asNow()))
}

func (m *Model) toggleAuto() tea.Cmd {
	if m.snap == nil {
		return m.say(m.st.warn, "nothing is being watched yet")
	}
	if m.snap.Holder != "" {
		return m.say(m.st.warn, "auto-resume is held by "+line(m.snap.Holder)+"; stop it there first")
	}
	if m.snap.Auto {
		return tea.Batch(m.send(agent.Intent{Type: agent.AutoOff}), m.say(m.st.warn, "auto-resume off"+m.asNow()))
	}
	return tea.Batch(m.send(agent.Intent{Type: agent.AutoOn}), m.say(m.st.good, "auto-resume on"+m.asNow()))
}

func (m *Model) writeNudge() tea.Cmd {
	v := m.view()
	if v == nil {
		return m.noAgent()
	}
	m.input.ask(forNudge, "nudge "+line(v.Name)+m.asNow()+" ›", "", v.ID)
	return nil
}

func (m *Model) openFilter() tea.Cmd {
	m.input.ask(forFilter, "filter ›", m.filterable().Filter(), "")
	return nil
}

// live takes over a filter, or what the palette is to find, while it is being
// written.
func (m *Model) live() {
	switch m.input.what {
	case forFilter:
		m.filterable().SetFilter(m.input.value())
		m.show()
	case forPalette:
		m.palette.search(m.input.value())
		m.movePalette(0)
	}
}

func (m *Model) acceptInput() tea.Cmd {
	if m.input.what == forAnswer {
		return m.answer(m.input.text.Value(), false)
	}
	what, text, id := m.input.what, strings.TrimSpace(m.input.value()), m.input.agent
	m.input.close()
	switch {
	case what == forFilter:
		return m.watchPane()
	case what == forPalette:
		return m.choose()
	}
	if text == "" {
		return m.say(m.st.muted, "nothing written, nothing sent")
	}
	return tea.Batch(m.send(agent.Intent{Type: agent.NudgeNow, Agent: id, Text: text}),
		m.say(m.st.good, "sending"+m.asNow()+": "+text))
}

func (m *Model) cancelInput() tea.Cmd {
	switch m.input.what {
	case forAnswer:
		return m.answer("", true)
	case forFilter:
		m.filterable().SetFilter("")
	case forPalette:
		m.closeOverlay()
	}
	m.input.close()
	m.show()
	return nil
}
