package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"vigil/agent"
)

// View implements tea.Model. The same model gives the same bytes.
func (m *Model) View() tea.View {
	v := tea.NewView(m.frame())
	v.AltScreen = true
	v.WindowTitle = m.windowTitle()
	if !m.o.NoMouse {
		v.MouseMode = tea.MouseModeCellMotion
		if h, ok := m.tabs[m.tab].pane.(hovered); ok && h.Hovers() {
			v.MouseMode = tea.MouseModeAllMotion
		}
	}
	v.ProgramStatus = m.programStatus()
	return v
}

// windowTitle names what a person must know when the screen is not in front.
func (m *Model) windowTitle() string {
	if m.snap == nil {
		return "vigil"
	}
	n := 0
	for i := range m.snap.Agents {
		switch m.snap.Agents[i].State {
		case agent.Stopped, agent.Asking, agent.Exited:
			n++
		}
	}
	if n > 0 {
		return fmt.Sprintf("vigil · %d of %d stopped", n, len(m.snap.Agents))
	}
	return "vigil · " + plural(len(m.snap.Agents), "agent")
}

// frame draws the screen: one line under the other, each as wide as the
// terminal, and what floats over them.
func (m *Model) frame() string {
	if m.w <= 0 || m.h <= 0 {
		return ""
	}
	l := m.layout
	lines := make([]string, 0, m.h)
	if l.Header.H > 0 {
		lines = append(lines, m.viewHeader(m.w))
	}
	if l.Strip {
		lines = append(lines, fit(m.fleet.View(), m.w))
	}
	if l.Banner.H > 0 {
		lines = append(lines, m.viewBanner(m.w))
	}
	detail := m.viewDetail()
	if l.Fleet.H > 0 && !l.Strip {
		fleet := boxed(m.st, l.Fleet.W, l.Fleet.H, m.st.title.Render("agents"), m.fleet.Note(),
			m.fleetFocused(), strings.Split(m.fleet.View(), "\n"))
		for i := range detail {
			detail[i] = fleet[i] + detail[i]
		}
	}
	lines = append(lines, detail...)
	if l.Status.H > 0 {
		lines = append(lines, m.viewStatus(m.w))
	}
	if l.Footer.H > 0 {
		lines = append(lines, m.viewFooter(m.w))
	}
	base := strings.Join(lines, "\n")
	if !m.over.open() {
		return base
	}
	// Cutting a frame into cells costs many times what drawing it does, so
	// there are layers only while something floats.
	box, _ := m.overRects()
	return lipgloss.NewCompositor(
		lipgloss.NewLayer(base).ID("base").Z(0),
		lipgloss.NewLayer(m.over.View(m.st, m.named, m.w, m.h)).ID("overlay").X(box.X).Y(box.Y).Z(1),
	).Render()
}

// viewDetail draws the tab that is open, with all tabs in the upper edge.
func (m *Model) viewDetail() []string {
	r := m.layout.Detail
	if m.deserted() && !m.alone() {
		tabs := ""
		if m.others() > 0 {
			tabs = m.tabLine(r.W - 6)
		}
		return boxed(m.st, r.W, r.H, tabs, "", false, m.viewEmpty(innerOf(r).W, innerOf(r).H))
	}
	p := m.tabs[m.tab].pane
	note, lines := p.Note(), strings.Split(p.View(), "\n")
	if m.view() == nil && m.fleet.filter != "" && !m.alone() {
		text := "No agent matches " + m.fleet.filter + "." + m.named.say("", "back", " % clears the filter.")
		note, lines = "", wrapText(text, innerOf(r).W, m.st.muted)
	}
	return boxed(m.st, r.W, r.H, m.tabLine(r.W-6), note, !m.fleetFocused(), lines)
}

// tabLine draws the tabs' titles; where there is no room for all, the others
// shrink to their numbers.
func (m *Model) tabLine(w int) string {
	return strings.Join(m.tabTitles(w), m.st.border.Render(tabGap))
}

// tabGap stands between the titles of two tabs.
const tabGap = "  "

func (m *Model) tabTitles(w int) []string {
	st := m.st
	out := make([]string, len(m.tabs))
	for _, short := range []bool{false, true} {
		all := (len(m.tabs) - 1) * len(tabGap)
		for i, t := range m.tabs {
			n := fmt.Sprint(i + 1)
			switch {
			case i == m.tab:
				out[i] = st.title.Render(n+" ") + st.tab.Render(t.title)
			case short:
				out[i] = st.muted.Render(n)
			default:
				out[i] = st.muted.Render(n + " " + t.title)
			}
			all += cells(out[i])
		}
		if all <= w {
			break
		}
	}
	return out
}

// tabAt returns the tab whose title is x cells behind where the first one
// begins, or -1.
func (m *Model) tabAt(x int) int {
	if m.deserted() && !m.alone() && m.others() == 0 {
		return -1 // there are none
	}
	for i, t := range m.tabTitles(m.layout.Detail.W - 6) {
		if n := cells(t); x >= 0 && x < n {
			return i
		} else {
			x -= n + len(tabGap)
		}
	}
	return -1
}

// viewEmpty explains what is looked for, and what to do while there is nothing.
func (m *Model) viewEmpty(w, h int) []string {
	st := m.st
	text := []string{
		"## No agent yet",
		"",
		"vigil looks for Claude Code and Codex in every tmux server of yours, and reads the session files that they write. It found none so far, and goes on looking.",
		"",
		"**What to do next**",
		"",
		"- start an agent in tmux: `tmux new -s opus claude`",
		"- see how this looks with agents in it: `vigil demo`",
		"- an agent runs and is not found: `vigil doctor` checks tmux, session files and hosts, and says what to do",
		"- an agent of another kind, on another host or outside tmux: name it in the configuration; `vigil config --init` writes one to fill in",
		"",
		m.named.say(", ", "help", "`%` shows the keys", "tab-report", "`%` what happened before", "quit", "`%` quits") + ".",
	}
	if m.others() > 0 {
		text[2] += " There are runs or jobs to see without one: " + m.named.say(", ", "tab-curves", "`%` shows the curves", "tab-jobs", "`%` the jobs and GPUs") + "."
	}
	if m.snap == nil {
		text = []string{"## Looking for agents", "", "The first look takes a moment. " + m.named.say(", ", "help", "`%` shows the keys", "quit", "`%` quits") + "."}
	}
	width := min(w-4, 76)
	if width < 10 || h < 1 {
		return []string{st.muted.Render("no agent yet")}
	}
	body := markdown(strings.Join(text, "\n"), width, st)
	lines := make([]string, max((h-len(body))/3, 0), h)
	left := pad((w - width) / 2)
	for _, b := range body {
		lines = append(lines, left+b.text)
	}
	return lines
}
