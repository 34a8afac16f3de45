package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
)

// overlay is a box of text over the screen. The zero value is closed.
type overlay struct {
	title string
	body  func(w int, st *styles) []string // nil while closed
	keys  []action[*Model]                 // instead of overlayKeys
	click func(x, line int) tea.Cmd        // at a place of the text; nil: nothing
	note  string                           // at its lower edge, instead of how to close it
	top   int
}

func (o *overlay) open() bool { return o.body != nil }

// fill returns the box's size on a terminal of w by h cells, its text, and how
// many lines of it are seen at once.
func (o *overlay) fill(st *styles, w, h int) (box rect, lines []string, rows int) {
	box.W = min(max(w-8, min(w, bareW)), 92)
	lines = o.body(max(innerOf(rect{W: box.W, H: h}).W-2, 1), st)
	box.H = min(len(lines)+2, max(h-2, min(h, bareH)))
	return box, lines, innerOf(box).H
}

// first is the first line of the text that is seen.
func (o *overlay) first(st *styles, w, h int) int {
	_, lines, rows := o.fill(st, w, h)
	return max(min(o.top, len(lines)-rows), 0)
}

// overRects returns where the box is, and where the text in it.
func (m *Model) overRects() (box, inner rect) {
	box, _, _ = m.over.fill(m.st, m.w, m.h)
	box.X, box.Y = max((m.w-box.W)/2, 0), max((m.h-box.H)/2, 0)
	return box, innerOf(box)
}

// View draws the box for a terminal of w by h cells.
func (o *overlay) View(st *styles, keys shortcuts, w, h int) string {
	box, lines, rows := o.fill(st, w, h)
	top := max(min(o.top, len(lines)-rows), 0)
	end := min(top+rows, len(lines))
	note := keys.say("", "overlay-close", "% closes")
	switch {
	case o.note != "":
		note = o.note
	case len(lines) > rows:
		scroll := keys.say(" ", "overlay-down", "%", "overlay-up", "%")
		if scroll != "" {
			scroll = ", " + scroll + " scroll"
		}
		note = fmt.Sprintf("%d–%d of %d%s%s", top+1, end, len(lines), scroll, keys.say("", "overlay-close", ", % closes"))
	}
	seen := make([]string, 0, rows)
	for _, l := range lines[top:end] {
		seen = append(seen, " "+l)
	}
	return strings.Join(boxed(st, box.W, box.H, st.title.Render(o.title), st.muted.Render(note), true, seen), "\n")
}

func (m *Model) scrollOverlay(n int) {
	_, lines, rows := m.over.fill(m.st, m.w, m.h)
	m.over.top = max(min(m.over.top+n, len(lines)-rows), 0)
}

func (m *Model) closeOverlay() { m.over = overlay{} }

// openHelp shows the keys of where one is, from the tables that dispatch them.
func (m *Model) openHelp() {
	parts := []zone{{"agents", m.fleet.Keys(), nil}, {everywhere, tie(m.root, m), nil}}
	if !m.fleetFocused() {
		t := m.tabs[m.tab]
		parts[0] = zone{t.title, t.pane.Keys(), nil}
	}
	var rows []bound // by line; one of no action has none
	for i, p := range parts {
		if i > 0 {
			rows = append(rows, bound{})
		}
		rows = append(append(rows, bound{}), p.keys...)
	}
	body := func(w int, st *styles) []string {
		var out []string
		for i, p := range parts {
			if i > 0 {
				out = append(out, "")
			}
			out = append(out, st.heading.Render(p.name))
			for _, k := range p.keys {
				h := k.Help()
				out = append(out, cut(st.accent.Render(fit(h.Key, 18))+" "+st.text.Render(h.Desc), w))
			}
		}
		return append(out, m.moreHelp(w, st)...)
	}
	click := func(_, line int) tea.Cmd {
		if line >= len(rows) || rows[line].do == nil {
			return nil
		}
		m.closeOverlay()
		return m.after(rows[line].do(0))
	}
	m.over = overlay{title: "keys", body: body, click: click}
}

// openWhy shows what every source said of the selected agent, and what that
// decided. It follows the agent while it is open.
func (m *Model) openWhy() {
	v := m.view()
	if v == nil {
		return
	}
	id := v.ID
	m.over = overlay{title: line(v.Name) + ": why?", body: func(w int, st *styles) []string {
		v := m.snap.Find(id)
		if v == nil {
			return []string{st.muted.Render("this agent is gone")}
		}
		return m.why(v, w, st)
	}}
}

// openMoment shows a moment in full.
func (m *Model) openMoment(mo *agent.Moment) {
	start := m.view().Started
	title := strings.TrimSpace(elapsed(start, mo.At) + " " + string(mo.Type) + " " + string(mo.Ending))
	m.over = overlay{title: title, body: func(w int, st *styles) []string {
		out := []string{st.muted.Render(mo.At.In(m.now.Location()).Format("Monday, 2 January 2006, 15:04:05"))}
		if mo.For > 0 {
			out = append(out, st.muted.Render("for "+age(mo.For)))
		}
		return append(append(out, ""), wrapText(mo.Text, w, st.text)...)
	}}
}
