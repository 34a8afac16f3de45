package tui

import (
	"math"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// near reports whether two numbers are one, but for a cell of the plot.
func near(got, want, cell float64) bool { return math.Abs(got-want) <= cell }

// The keys put one corner, then the other: what is between them is shown.
func TestBoxByKeys(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "B")
	p := &m.curves
	shows(t, m, "the first corner", "┼", "a corner of the box, esc leaves")
	left, _, w, h := p.chart.Plot()
	x0, _, y0, y1 := p.chart.Limits()
	press(m, "ctrl+left", "left", "up", "up", "enter")
	shows(t, m, "the other corner", "the other corner")
	a, b := p.box.x0, p.box.y0
	press(m, "ctrl+right", "down")
	shows(t, m, "the box", "┌", "┘")
	if p.box.x1 != a+10 || p.box.y1 != b+1 {
		t.Fatalf("the corner is at %d, %d", p.box.x1, p.box.y1)
	}
	press(m, "shift+down", "enter")
	cell := (3000 - x0) / float64(w)
	if !near(p.x0, x0+float64(a-left)*cell, cell) || !near(p.x1-p.x0, 11*cell, 1) {
		t.Errorf("x from %v to %v", p.x0, p.x1)
	}
	if row := (y1 - y0) / float64(h); !near(p.y1, y1-float64(b)*row, row) || !near(p.y1-p.y0, 7*row, row/2) {
		t.Errorf("y from %v to %v", p.y0, p.y1)
	}
	if p.box.on || strings.Contains(screenText(m), "┌") {
		t.Error("the box stays")
	}
	press(m, "0")
	if _, _, a, b := p.chart.Limits(); p.x0 != p.x1 || a != y0 || b != y1 {
		t.Error("0 does not show all again")
	}
	press(m, "B", "esc")
	if p.box.on {
		t.Error("esc leaves the box")
	}
}

// A box at the edges of a logarithmic plot shows what it did, and the limits of
// a box are those of its cells.
func TestBoxOfAll(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "F", "X", "y", "B")
	p := &m.curves
	x0, x1, y0, y1 := p.chart.Limits()
	p.boxBy(-many, -many)
	press(m, "enter")
	p.boxBy(many, many)
	press(m, "enter")
	if !near(p.x0/x0, 1, 1e-9) || !near(p.x1/x1, 1, 1e-9) || !near(p.y0/y0, 1, 0.02) || !near(p.y1/y1, 1, 0.02) {
		t.Errorf("from %v to %v and %v to %v, not %v to %v and %v to %v", p.x0, p.x1, p.y0, p.y1, x0, x1, y0, y1)
	}
}

// The right button draws a box, and the left one with ctrl; a click is none.
func TestBoxByMouse(t *testing.T) {
	for _, e := range []tea.Mouse{{Button: tea.MouseRight}, {Button: tea.MouseLeft, Mod: tea.ModCtrl}} {
		for _, grid := range []string{"", "m"} {
			m := start(newFake(story()), size{120, 40})
			press(m, "3")
			if grid != "" {
				press(m, grid)
			}
			p := &m.curves
			in := innerOf(m.layout.Detail)
			e.X, e.Y = in.X+20, in.Y+22
			m.Update(tea.MouseClickMsg(e))
			e.X, e.Y = e.X+10, e.Y+5
			m.Update(tea.MouseMotionMsg(e))
			shows(t, m, "drawn", "┌", "┘")
			m.Update(tea.MouseReleaseMsg(e))
			if p.box.on || p.x0 == p.x1 || p.y0 == p.y1 {
				t.Errorf("%v: x from %v to %v, y from %v to %v", e, p.x0, p.x1, p.y0, p.y1)
			}
			if grid != "" && p.shown() != "train_loss" {
				t.Errorf("the box was drawn in the chart of %s", p.shown())
			}
			a, b := p.x0, p.x1
			m.Update(tea.MouseClickMsg(e))
			m.Update(tea.MouseReleaseMsg(e))
			if p.x0 != a || p.x1 != b || p.box.on {
				t.Error("a click zooms")
			}
		}
	}
}
