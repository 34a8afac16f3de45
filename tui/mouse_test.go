package tui

import (
	"math/rand/v2"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// The hit test agrees with the layout: each cell is of the zone whose rectangle
// it is in.
func TestHit(t *testing.T) {
	l := arrange(120, 40, open{Fleet: true, Status: true})
	for _, c := range []struct {
		x, y int
		at   place
		px   int
		py   int
	}{
		{0, 0, onHeader, 0, 0},
		{119, 0, onHeader, 119, 0},
		{0, 39, onFooter, 0, 0},
		{5, 38, onStatus, 5, 0},
		{1, 2, onFleet, 0, 0},
		{31, 5, onFleet, 30, 3},
		{32, 5, onBorder, 0, 5},
		{33, 37, onBorder, 0, 37},
		{33, 1, onBorder, 0, 1},
		{36, 1, onTabs, 0, 0},
		{40, 1, onTabs, 4, 0},
		{34, 1, onTabs, -2, 0},
		{34, 2, onDetail, 0, 0},
		{118, 36, onDetail, 84, 34},
		{-1, 5, offScreen, 0, 0},
		{120, 5, offScreen, 0, 0},
		{5, 40, offScreen, 0, 0},
	} {
		at, px, py := l.hit(c.x, c.y)
		if at != c.at || px != c.px || py != c.py {
			t.Errorf("(%d, %d) is %d at (%d, %d), want %d at (%d, %d)", c.x, c.y, at, px, py, c.at, c.px, c.py)
		}
	}
	l = arrange(80, 24, open{Fleet: true})
	if at, x, y := l.hit(7, 1); at != onFleet || x != 7 || y != 0 {
		t.Errorf("the strip is %d at (%d, %d)", at, x, y)
	}
	if at, _, _ := l.hit(0, 10); at != onDetail {
		t.Errorf("a strip has a border: %d", at)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		w, h := rng.IntN(320), rng.IntN(110)
		l := arrange(w, h, open{Zoom: rng.IntN(2) == 0, Fleet: rng.IntN(2) == 0, Status: rng.IntN(2) == 0, Split: rng.Float64()})
		x, y := rng.IntN(max(w, 1)), rng.IntN(max(h, 1))
		at, _, _ := l.hit(x, y)
		in := map[place]bool{
			onHeader: l.Header.has(x, y), onFooter: l.Footer.has(x, y), onStatus: l.Status.has(x, y), onFleet: l.Fleet.has(x, y),
			onBorder: l.Fleet.has(x, y) || l.Detail.has(x, y), onTabs: l.Detail.has(x, y), onDetail: l.Detail.has(x, y), offScreen: w <= 0 || h <= 0,
		}
		if !in[at] {
			t.Fatalf("(%d, %d) of %dx%d is %d: %+v", x, y, w, h, at, l)
		}
	}
}

// find returns the cell at which a text begins.
func find(t *testing.T, m *Model, text string) (x, y int) {
	t.Helper()
	for y, l := range strings.Split(screenText(m), "\n") {
		if i := strings.Index(l, text); i >= 0 {
			return cells(l[:i]), y
		}
	}
	t.Fatalf("%q is not on the screen:\n%s", text, screenText(m))
	return 0, 0
}

// clickAt presses and lets go of the left button.
func clickAt(m *Model, x, y int) {
	for _, msg := range []tea.Msg{tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}, tea.MouseReleaseMsg{X: x, Y: y, Button: tea.MouseLeft}} {
		_, cmd := m.Update(msg)
		follow(m, cmd)
	}
}

func wheelAt(m *Model, x, y int, b tea.MouseButton, n int) {
	for range n {
		_, cmd := m.Update(tea.MouseWheelMsg{X: x, Y: y, Button: b})
		follow(m, cmd)
	}
}

func dragFrom(m *Model, x, y, dx, dy int) {
	m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	m.Update(tea.MouseMotionMsg{X: x + dx/2, Y: y + dy/2, Button: tea.MouseLeft})
	m.Update(tea.MouseMotionMsg{X: x + dx, Y: y + dy, Button: tea.MouseLeft})
	_, cmd := m.Update(tea.MouseReleaseMsg{X: x + dx, Y: y + dy, Button: tea.MouseLeft})
	follow(m, cmd)
}

// What is clicked is what is seen there.
func TestClick(t *testing.T) {
	for _, c := range []struct {
		name string
		size size
		keys []string // before
		on   string   // the text that is clicked
		want func(*Model) bool
	}{
		{"a tab", size{120, 40}, nil, "3 curves", func(m *Model) bool { return m.tab == 2 && m.onTabs }},
		{"a tab's end", size{120, 40}, nil, "meline", func(m *Model) bool { return m.tab == 3 }},
		{"a tab on a small screen", size{80, 24}, nil, "6 jobs", func(m *Model) bool { return m.tab == 5 }},
		{"a tab that is a number", size{50, 24}, nil, "4", func(m *Model) bool { return m.tab == 3 }},
		{"an agent", size{120, 40}, []string{"1"}, "codex-v3", func(m *Model) bool { return m.fleet.sel == "a2" && m.fleetFocused() }},
		{"an agent's third line", size{120, 40}, nil, "for shell", func(m *Model) bool { return m.fleet.sel == "a3" }},
		{"an agent in the strip", size{80, 24}, []string{"1"}, "codex-v3", func(m *Model) bool { return m.fleet.sel == "a2" && m.onTabs }},
		{"the detail", size{120, 40}, nil, "Results so far", func(m *Model) bool { return m.onTabs }},
		{"a file", size{120, 40}, []string{"2"}, "scratchpad/old.md", func(m *Model) bool { return m.files.file().Path == "scratchpad/old.md" }},
		{"a file of a small screen", size{80, 24}, []string{"2"}, "scratchpad/ckpt", func(m *Model) bool { return m.files.file().Path == "scratchpad/ckpt.pt" }},
		{"the base", size{120, 40}, []string{"2"}, "its last change", func(m *Model) bool { return m.files.base == lastLook }},
		{"a moment", size{120, 40}, []string{"4"}, "SESSION FINAL", func(m *Model) bool { return strings.Contains(m.moment.sel.Text, "SESSION FINAL") && !m.over.open() }},
		{"the selected moment", size{120, 40}, []string{"4", "g"}, "Read AGENTS.md", func(m *Model) bool { return m.past.on() && !m.over.open() }},
		{"the banner", size{120, 40}, []string{"1", "("}, "back to now", func(m *Model) bool { return !m.past.on() }},
		{"a job", size{120, 40}, []string{"J", "6"}, "4714", func(m *Model) bool { return m.jobs.sel.id == "4714" }},
		{"a run's label", size{120, 40}, []string{"3"}, "ts3025-s2", func(m *Model) bool { return m.curves.picked[m.curves.at].run.Name == "ts3025-s2" }},
		{"a milestone", size{120, 40}, []string{"3", "f", "e", "G"}, "03 May", func(m *Model) bool { return m.curves.frontier && m.curves.front.at == 0 }},
		{"help", size{80, 24}, nil, "[?]", func(m *Model) bool { return m.over.title == "keys" }},
		{"the palette", size{80, 24}, nil, "[:]", func(m *Model) bool { return m.input.what == forPalette }},
		{"auto", size{80, 24}, nil, "auto", func(m *Model) bool { return strings.Contains(m.note, "auto-resume off") }},
		{"now", size{120, 40}, nil, "[n]ow", func(m *Model) bool { return strings.Contains(m.note, "sending to opus-v3") }},
		{"hold", size{120, 40}, nil, "[h]old", func(m *Model) bool { return strings.Contains(m.note, "are held") }},
		{"a line of the help", size{120, 60}, []string{"?"}, "zoom the detail", func(m *Model) bool { return m.zoom && !m.over.open() }},
		{"a line of the palette", size{80, 24}, []string{":", "w", "h", "y"}, "why? what", func(m *Model) bool { return strings.HasSuffix(m.over.title, "why?") }},
		{"beside the palette", size{80, 24}, []string{":"}, "vigil", func(m *Model) bool { return !m.over.open() && !m.input.open() }},
		{"beside a box", size{80, 24}, []string{"w"}, "vigil", func(m *Model) bool { return !m.over.open() }},
		{"beside a cancellation", size{120, 40}, []string{"J", "6", "x"}, "vigil", func(m *Model) bool { return m.over.open() }},
		{"no to a cancellation", size{120, 40}, []string{"J", "6", "x"}, "leave it ", func(m *Model) bool { return !m.over.open() && m.note == "" }},
		{"yes to it", size{120, 40}, []string{"J", "6", "x"}, "cancel it ", func(m *Model) bool { return strings.Contains(m.note, "is cancelled") }},
		{"while one writes", size{120, 40}, []string{"N", "x"}, "2 scratchpad", func(m *Model) bool { return m.input.open() && m.tab == 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := newFake(story())
			src.cluster = cluster()
			m := start(src, c.size)
			press(m, c.keys...)
			x, y := find(t, m, c.on)
			clickAt(m, x, y)
			if !c.want(m) {
				t.Errorf("a click on %q at (%d, %d) made of the screen\n%s", c.on, x, y, screenText(m))
			}
			check(t, m.View().Content, c.size)
		})
	}
}

// The wheel scrolls what is under the pointer, and leaves the selection; in the
// curves it zooms there.
func TestWheel(t *testing.T) {
	src := newFake(huge(60))
	src.cluster = cluster()
	m := start(src, size{120, 40})
	wheelAt(m, 5, 5, tea.MouseWheelDown, 4)
	if m.fleet.top == 0 || m.fleet.sel != "a1" {
		t.Errorf("the fleet is at %d, %s is selected", m.fleet.top, m.fleet.sel)
	}
	m.Update(changed{clock})
	if m.fleet.top == 0 {
		t.Error("a change scrolls back")
	}
	press(m, "j")
	if m.fleet.top > 1 || m.fleet.sel != "a2" {
		t.Errorf("a key does not bring the selection back: %d, %s", m.fleet.top, m.fleet.sel)
	}
	press(m, "K", "1")
	wheelAt(m, 80, 20, tea.MouseWheelDown, 2)
	if m.plan.top != 2*wheelLines {
		t.Errorf("the plan is at %d", m.plan.top)
	}
	press(m, "2")
	wheelAt(m, 45, 5, tea.MouseWheelDown, 2)
	if m.files.top != 2*wheelLines || m.files.at != 0 {
		t.Errorf("the files are at %d, %d is selected", m.files.top, m.files.at)
	}
	press(m, "4")
	top := m.moment.top
	wheelAt(m, 80, 20, tea.MouseWheelUp, 3)
	if m.moment.top != top-3*wheelLines || m.moment.away {
		t.Errorf("the timeline is at %d, was at %d", m.moment.top, top)
	}
	wheelAt(m, 80, 20, tea.MouseWheelDown, 3)
	if m.moment.loose {
		t.Error("back at the end it does not follow")
	}
	press(m, "?")
	wheelAt(m, 60, 20, tea.MouseWheelDown, 1)
	if m.over.top == 0 {
		t.Error("the help does not scroll")
	}
}

func TestCurvesMouse(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	press(m, "3")
	p := &m.curves
	if m.View().MouseMode != tea.MouseModeAllMotion {
		t.Error("moves are not asked for")
	}
	in := innerOf(m.layout.Detail)
	left, _, w, _ := p.chart.Plot()
	x, y := in.X+left+w*3/4, in.Y+8
	m.Update(tea.MouseMotionMsg{X: x, Y: y})
	if col, _ := p.chart.Col(p.cursor); !p.aimed || col != x-in.X {
		t.Errorf("the cursor is at %d (%v), the mouse at %d", col, p.aimed, x-in.X)
	}
	shows(t, m, "hover", "cursor at")
	m.Update(tea.MouseMotionMsg{X: 3, Y: 3})
	if p.aimed {
		t.Error("the cursor stays behind")
	}
	clickAt(m, x, y)
	m.Update(tea.MouseMotionMsg{X: x - 9, Y: y})
	if col, _ := p.chart.Col(p.cursor); !p.aimed || col != x-in.X {
		t.Errorf("the cursor that was put at %d is at %d (%v)", x-in.X, col, p.aimed)
	}
	if m.View().MouseMode != tea.MouseModeCellMotion {
		t.Error("moves are still asked for")
	}
	at := p.cursor
	wheelAt(m, x, y, tea.MouseWheelUp, 2)
	if col, ok := p.chart.Col(at); !ok || col < x-in.X-1 || col > x-in.X+1 || p.x0 == p.x1 {
		t.Errorf("what was under the mouse at %d is at %d, from %g to %g", x-in.X, col, p.x0, p.x1)
	}
	x0, x1 := p.x0, p.x1
	dragFrom(m, x, y, -10, 0)
	if want := x0 + 10*(x1-x0)/float64(w); p.x0 < want-1 || p.x0 > want+1 || p.y0 != p.y1 {
		t.Errorf("dragged by 10 of %d cells, x begins at %g, not at %g", w, p.x0, want)
	}
	wheelAt(m, x, y, tea.MouseWheelDown, 9)
	if p.x0 != p.x1 {
		t.Errorf("it shows %g to %g", p.x0, p.x1)
	}
	wheelAt(m, in.X+2, y, tea.MouseWheelUp, 1)
	if p.y0 == p.y1 {
		t.Error("the wheel at y's numbers does not zoom y")
	}
	press(m, "esc")
	if p.aimed || p.pinned {
		t.Error("esc leaves the cursor")
	}
}

func TestDragBorder(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	dragFrom(m, 32, 20, 17, 3)
	if w := m.layout.Fleet.W; w != 50 {
		t.Errorf("the fleet is %d cells wide", w)
	}
	m.Update(tea.WindowSizeMsg{Width: 240, Height: 40})
	if w := m.layout.Fleet.W; w != 100 {
		t.Errorf("on twice the width it is %d cells wide", w)
	}
	dragFrom(m, 99, 20, -99, 0)
	if w := m.layout.Fleet.W; w != splitMin {
		t.Errorf("dragged to the edge it is %d cells wide", w)
	}
	dragFrom(m, splitMin, 20, 300, 0)
	if w := m.layout.Detail.W; w != detailMin {
		t.Errorf("dragged to the other edge the detail is %d cells wide", w)
	}
	press(m, "alt+left")
	if w := m.layout.Detail.W; w != detailMin+1 {
		t.Errorf("by key the detail is %d cells wide", w)
	}
	check(t, m.View().Content, size{240, 40})
}

// With the mouse left to the terminal, nothing is asked of it.
func TestNoMouse(t *testing.T) {
	m := New(newFake(story()), Options{Now: at0, NoMouse: true})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	press(m, "3")
	if got := m.View().MouseMode; got != tea.MouseModeNone {
		t.Errorf("mouse mode %v", got)
	}
}

// A flood of moves is a few frames, and loses neither the last place nor a
// notch of the wheel.
func TestCoalesce(t *testing.T) {
	m := start(newFake(huge(60)), size{120, 40})
	press(m, "1")
	filter := new(calm).filter
	passed := 0
	send := func(msg tea.Msg) {
		if msg = filter(m, msg); msg != nil {
			passed++
			m.Update(msg)
		}
	}
	for i := range 100 {
		send(tea.MouseMotionMsg{X: 50 + i%20, Y: 20})
	}
	if passed != 0 {
		t.Errorf("%d moves that change nothing pass", passed)
	}
	for range 40 {
		send(tea.MouseWheelMsg{X: 80, Y: 20, Button: tea.MouseWheelDown})
	}
	if passed != 1 || m.plan.top != wheelLines {
		t.Errorf("%d pass at once, the plan is at %d", passed, m.plan.top)
	}
	send(settled{})
	send(settled{})
	if passed != 2 || m.plan.top != 40*wheelLines {
		t.Errorf("%d pass, the plan is at %d", passed, m.plan.top)
	}
	send(tea.MouseClickMsg{X: 32, Y: 20, Button: tea.MouseLeft})
	for i := range 20 {
		send(tea.MouseMotionMsg{X: 33 + i, Y: 20, Button: tea.MouseLeft})
	}
	if w := m.layout.Fleet.W; w != 34 {
		t.Errorf("after the first move the fleet is %d cells wide", w)
	}
	send(settled{})
	if w := m.layout.Fleet.W; w != 53 {
		t.Errorf("after the last one it is %d cells wide", w)
	}
	send(tea.MouseMotionMsg{X: 60, Y: 20, Button: tea.MouseLeft})
	send(tea.MouseReleaseMsg{X: 61, Y: 20, Button: tea.MouseLeft})
	send(settled{})
	if w := m.layout.Fleet.W; w != 62 || m.pointer.holds != offScreen {
		t.Errorf("let go at 61, it is %d cells wide", w)
	}
}

// A click beside a host's question neither answers nor refuses it.
func TestClickBesideQuestion(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	ask(m, src, passphrase)
	m.Update(paused{m.asking.gen})
	if m.asking.id == "" {
		t.Fatal("it does not ask")
	}
	clickAt(m, 0, 0)
	if len(src.answers) != 0 || m.asking.id == "" {
		t.Errorf("answers %q", src.answers)
	}
}

// plainPane is a pane that knows of no mouse.
type plainPane struct{ lines int }

func (p *plainPane) SetSize(int, int) {}
func (p *plainPane) Show(look)        {}
func (p *plainPane) View() string     { return "" }
func (p *plainPane) Note() string     { return "" }
func (p *plainPane) scroll(n int)     { p.lines += n }
func (p *plainPane) Keys() []bound {
	return tie([]action[*plainPane]{
		steps("plain-down", (*plainPane).scroll, 1, "down", "down"),
		steps("plain-up", (*plainPane).scroll, -1, "up", "up"),
	}, p)
}

// In a pane that knows of no mouse, the wheel is its arrows.
func TestWheelOfAnyPane(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	p := &plainPane{}
	m.tabs = append(m.tabs, tab{"plain", p})
	m.openTab(p)
	wheelAt(m, 80, 20, tea.MouseWheelDown, 3)
	wheelAt(m, 80, 20, tea.MouseWheelUp, 1)
	if p.lines != 2*wheelLines {
		t.Errorf("it is at %d", p.lines)
	}
}
