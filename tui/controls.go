package tui

import tea "charm.land/bubbletea/v2"

// Controls are how a person steers the screen, by their configuration.
type Controls struct {
	Keys    map[string][]string // see [Options]
	NoMouse bool
}

// rebinding says that the person's keys, or whether they use the mouse, have
// changed.
type rebinding struct{ Controls }

// watchControls waits for other keys. Update runs it again after each, so that
// one is in flight at most.
func (m *Model) watchControls() tea.Cmd {
	return await(m.o.Rebind, m.o.Done, func(c Controls) tea.Msg { return rebinding{c} })
}

// await waits for what comes by a channel, and makes a message of it. By one that
// is nil or closed nothing comes any more.
func await[T any](from <-chan T, done <-chan struct{}, message func(T) tea.Msg) tea.Cmd {
	if from == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case <-done:
			return nil
		case v, ok := <-from:
			if !ok {
				return nil
			}
			return message(v)
		}
	}
}

// onRebound takes other keys over. What floats is closed where it names keys
// that may do nothing any more; a line that is being written stays.
func (m *Model) onRebound(c Controls) tea.Cmd {
	m.o.Keys, m.o.NoMouse = c.Keys, c.NoMouse
	m.bindKeys(c.Keys)
	m.count = repeat{}
	if m.over.open() && !m.input.open() {
		m.closeOverlay()
	}
	m.show()
	return tea.Batch(m.watchControls(), m.say(m.st.accent, "keys and mouse are now as the configuration has them"))
}

// bindKeys makes the tables of keys, with a person's own ones (by action) in
// place of the usual ones.
func (m *Model) bindKeys(own map[string][]string) {
	m.root, m.above, m.confirm = rebound(rootKeys(), own), rebound(overlayKeys(), own), rebound(confirmKeys(), own)
	m.typed, m.picking = rebound(inputKeys(), own), rebound(paletteKeys(), own)
	m.fleet.keys = rebound(fleetKeys(), own)
	m.plan.keys = rebound(planKeys(), own)
	m.files.keys = rebound(scratchKeys(), own)
	m.curves.keys, m.curves.onFront, m.curves.onBox = rebound(curvesKeys(), own), rebound(frontierKeys(), own), rebound(boxKeys(), own)
	m.moment.keys = rebound(timelineKeys(), own)
	m.screen.keys = rebound(screenKeys(), own)
	m.jobs.keys = rebound(jobsKeys(), own)
	m.report.keys = rebound(reportKeys(), own)
	m.named = named(append(m.zones(), m.floating()...))
}
