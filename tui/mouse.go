package tui

import tea "charm.land/bubbletea/v2"

// What the mouse can do in a pane. Places are cells of the room inside the
// border.

// clickable is a pane in which something can be selected.
type clickable interface {
	// Click selects what is there; again says that the pane had the keys
	// before, so that a click on what is selected opens it.
	Click(x, y int, again bool)
}

// scrollable is a pane that can be scrolled without moving its selection.
type scrollable interface {
	Wheel(x, y, lines int) // scrolls what is there
}

// dragged is a pane that can be moved under the pointer.
type dragged interface {
	Draggable(x, y int) bool
	Drag(dx, dy int) // by so many cells
}

// boxable is a pane in which the mouse draws a box: with the right button, or the
// left one and ctrl.
type boxable interface {
	Box(x, y int) bool // begins one; false where there can be none
	BoxTo(x, y int)    // its other corner
	BoxDone()
}

// hovered is a pane that shows what is under the pointer without a click.
type hovered interface {
	Hovers() bool
	Hover(x, y int) // also of places outside of it
}

// pointer is what the mouse is at.
type pointer struct {
	holds place // what the left button holds and moves; offScreen for nothing
	x, y  int   // where it was last
	moved bool  // since the button was pressed
}

// wheelLines is how many lines a notch of the wheel is.
const wheelLines = 3

// mouse does what the mouse did.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	e := msg.Mouse()
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		if m.beginBox(e) {
			return m.await()
		}
		if e.Button != tea.MouseLeft {
			return nil
		}
		return tea.Batch(m.click(e.X, e.Y), m.await())
	case tea.MouseReleaseMsg:
		return m.letGo(e.X, e.Y)
	case tea.MouseMotionMsg:
		m.moveTo(e.X, e.Y)
	case tea.MouseWheelMsg:
		return tea.Batch(m.wheel(e, 1), m.await())
	case wheeled:
		return tea.Batch(m.wheel(e, msg.notches), m.await())
	}
	return nil
}

// beginBox begins a box, and reports whether it did.
func (m *Model) beginBox(e tea.Mouse) bool {
	b, ok := m.tabs[m.tab].pane.(boxable)
	right := e.Button == tea.MouseRight || e.Button == tea.MouseLeft && e.Mod&tea.ModCtrl != 0
	if !ok || !right || !m.bare() {
		return false
	}
	at, x, y := m.layout.hit(e.X, e.Y)
	if at != onDetail || !b.Box(x, y) {
		return false
	}
	m.note = ""
	m.count.end()
	m.onTabs = true
	m.pointer = pointer{holds: onBox, x: e.X, y: e.Y}
	return true
}

func (m *Model) click(x, y int) tea.Cmd {
	m.pointer = pointer{x: x, y: y}
	switch {
	case m.over.open():
		return m.clickOver(x, y)
	case m.input.open():
		return nil // what is written is not lost by a click
	}
	m.note = ""
	m.count.end()
	at, x, y := m.layout.hit(x, y)
	switch at {
	case onHeader:
		return m.clickHeader(x)
	case onFooter:
		return m.clickFooter(x)
	case onBanner:
		return m.leavePast()
	case onBorder:
		m.pointer.holds = onBorder
	case onFleet:
		if !m.layout.Strip {
			m.onTabs = false
		}
		m.fleet.click(x, y)
		return m.selected()
	case onTabs:
		if i := m.tabAt(x); i >= 0 {
			return toTab(i)(m)
		}
		m.onTabs = true
	case onDetail:
		return m.clickPane(x, y)
	}
	return nil
}

// clickPane gives the keys to the open tab, and the click. What can be dragged
// gets the click only once the button is let go and nothing was dragged.
func (m *Model) clickPane(x, y int) tea.Cmd {
	again := !m.fleetFocused()
	m.onTabs = true
	p := m.tabs[m.tab].pane
	if d, ok := p.(dragged); ok && d.Draggable(x, y) {
		m.pointer.holds = onDetail
		return nil
	}
	if c, ok := p.(clickable); ok {
		c.Click(x, y, again)
	}
	return m.after(nil)
}

func (m *Model) letGo(x, y int) tea.Cmd {
	was := m.pointer
	m.moveTo(x, y)
	was.moved = was.moved || m.pointer.moved
	m.pointer = pointer{x: x, y: y}
	if b, ok := m.tabs[m.tab].pane.(boxable); ok && was.holds == onBox {
		b.BoxDone()
		return m.after(nil)
	}
	if was.holds != onDetail || was.moved {
		return nil
	}
	in := innerOf(m.layout.Detail)
	if c, ok := m.tabs[m.tab].pane.(clickable); ok && m.bare() {
		c.Click(x-in.X, y-in.Y, true)
	}
	return m.after(nil)
}

// bare reports whether nothing floats and nothing is written.
func (m *Model) bare() bool { return !m.over.open() && !m.input.open() }

// moveTo moves what the button holds, or shows what is under the pointer.
func (m *Model) moveTo(x, y int) {
	p := &m.pointer
	dx, dy := x-p.x, y-p.y
	p.x, p.y = x, y
	if dx == 0 && dy == 0 || !m.bare() {
		return
	}
	p.moved = true
	switch p.holds {
	case onBorder:
		m.split = float64(x+1) / float64(max(m.w, 1))
		m.show()
	case onDetail:
		if d, ok := m.tabs[m.tab].pane.(dragged); ok {
			d.Drag(dx, dy)
		}
	case onBox:
		if b, ok := m.tabs[m.tab].pane.(boxable); ok {
			in := innerOf(m.layout.Detail)
			b.BoxTo(x-in.X, y-in.Y)
		}
	default:
		if h, ok := m.tabs[m.tab].pane.(hovered); ok && h.Hovers() {
			in := innerOf(m.layout.Detail)
			h.Hover(x-in.X, y-in.Y)
		}
	}
}

// minds reports whether a move of the mouse changes anything.
func (m *Model) minds() bool {
	if !m.bare() {
		return false
	}
	h, ok := m.tabs[m.tab].pane.(hovered)
	return m.pointer.holds != offScreen || ok && h.Hovers()
}

// wheel scrolls what is under the pointer.
func (m *Model) wheel(e tea.Mouse, notches int) tea.Cmd {
	n, side := notches, 0
	switch e.Button {
	case tea.MouseWheelUp:
		n = -notches
	case tea.MouseWheelDown:
	case tea.MouseWheelLeft:
		n, side = 0, -notches
	case tea.MouseWheelRight:
		n, side = 0, notches
	default:
		return nil
	}
	switch {
	case m.input.open() && m.input.what == forPalette:
		m.movePalette(n)
		return nil
	case m.over.open():
		m.scrollOverlay(n * wheelLines)
		return nil
	case m.input.open():
		return nil
	}
	switch at, x, y := m.layout.hit(e.X, e.Y); at {
	case onFleet:
		if m.layout.Strip {
			return m.step(n)
		}
		m.fleet.wheel(n * wheelLines)
	case onDetail, onTabs:
		m.wheelPane(x, y, n, side, e.Mod)
	}
	return nil
}

// zoomable is a pane in which the wheel zooms.
type zoomable interface {
	// Zoom zooms in by notches (out, where they are negative) around a place,
	// and pans by side; upright zooms the other axis. It reports whether there
	// is something to zoom.
	Zoom(x, y, notches, side int, upright bool) bool
}

func (m *Model) wheelPane(x, y, n, side int, mod tea.KeyMod) {
	p := m.tabs[m.tab].pane
	if z, ok := p.(zoomable); ok && z.Zoom(x, y, -n, side, mod&(tea.ModShift|tea.ModCtrl) != 0) {
		return
	}
	if s, ok := p.(scrollable); ok {
		s.Wheel(x, y, n*wheelLines)
		return
	}
	arrow := tea.KeyPressMsg{Code: tea.KeyDown}
	if n < 0 {
		arrow.Code = tea.KeyUp
	}
	if n != 0 {
		dispatch(p.Keys(), arrow, max(n, -n)*wheelLines)
	}
}

// clickOver clicks into what floats, or beside it, which closes it, unless it
// asks something.
func (m *Model) clickOver(x, y int) tea.Cmd {
	box, in := m.overRects()
	switch {
	case in.has(x, y) && m.over.click != nil:
		return m.over.click(x-in.X-1, m.over.first(m.st, m.w, m.h)+y-in.Y)
	case box.has(x, y) || m.over.keys != nil || m.input.what == forAnswer:
		return nil
	case m.input.open():
		return m.cancelInput()
	}
	m.closeOverlay()
	return nil
}

// clickHeader switches auto-resume by a click on its state.
func (m *Model) clickHeader(x int) tea.Cmd {
	right := m.headerRight()
	from := m.w - cells(right)
	if from > 0 && x >= from && x < from+cells(m.autoPart()) {
		return m.toggleAuto()
	}
	return nil
}

// clickFooter does what a hint names.
func (m *Model) clickFooter(x int) tea.Cmd {
	hints := m.hints(m.w)
	from := m.w
	for _, h := range hints {
		from -= cells(h.text)
	}
	for _, h := range hints {
		if from > 0 && x >= from && x < from+cells(h.text) {
			return m.perform(h.id)
		}
		from += cells(h.text)
	}
	return nil
}

// perform does an action that works everywhere.
func (m *Model) perform(id string) tea.Cmd {
	for _, b := range tie(m.root, m) {
		if b.id == id {
			return b.do(0)
		}
	}
	return nil
}

// moreHelp says what stands in no table: counts, and what the mouse does.
func (m *Model) moreHelp(w int, st *styles) []string {
	counts := "A number before a key does it so often, or goes to the entry of that number" +
		m.named.say(",", "fleet-down", ": 8 %", "fleet-last", " alt+1 2 %") + ". " +
		"The first digit takes alt where it has a key of its own, as those of the tabs do."
	mouse := "Click selects, a click on what is selected opens it. Drag the edge between the zones to move it. The wheel scrolls what is under the pointer; " +
		"in the curves it zooms (with ctrl: y), dragging pans, and with the right button or ctrl it draws a box that is zoomed into. Hold shift to select text as ever; mouse = false in the configuration leaves the mouse to the terminal."
	if m.o.NoMouse {
		mouse = "The configuration leaves the mouse to the terminal (mouse = false)."
	}
	out := append([]string{"", st.heading.Render("numbers")}, wrapText(counts, w, st.text)...)
	return append(append(out, "", st.heading.Render("mouse")), wrapText(mouse, w, st.text)...)
}
