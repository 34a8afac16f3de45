package tui

import (
	"testing"
)

func TestGridOf(t *testing.T) {
	for _, c := range []struct{ w, h, n, cols, rows int }{
		{78, 17, 2, 2, 1},
		{78, 17, 6, 3, 2},
		{78, 17, 64, 3, 2},
		{54, 34, 2, 1, 2},
		{120, 50, 4, 2, 2},
		{265, 90, 64, 3, 4},
		{10, 3, 5, 1, 1},
		{0, 0, 0, 1, 1},
	} {
		if cols, rows := gridOf(c.w, c.h, c.n); cols != c.cols || rows != c.rows {
			t.Errorf("%d charts in %dx%d: %d by %d, want %d by %d", c.n, c.w, c.h, cols, rows, c.cols, c.rows)
		}
	}
}

// The small charts share the x axis and the cursor; each has its own y.
func TestGrid(t *testing.T) {
	for _, s := range []size{{80, 24}, {120, 40}, {200, 60}} {
		m := start(newFake(story()), s)
		press(m, "3", "m", "left", "ctrl+left", "+")
		p := &m.curves
		if len(p.panels) != 2 {
			t.Fatalf("%v: %d charts", s, len(p.panels))
		}
		x0, x1, y0, _ := p.panels[0].chart.Limits()
		a0, a1, b0, _ := p.panels[1].chart.Limits()
		if x0 != a0 || x1 != a1 || x1-x0 > 2000 || y0 == b0 {
			t.Errorf("%v: from %v to %v and from %v to %v, y from %v and %v", s, x0, x1, a0, a1, y0, b0)
		}
		c0, _ := p.panels[0].chart.Col(p.cursor)
		if c1, ok := p.panels[1].chart.Col(p.cursor); !ok || c0 != c1 {
			t.Errorf("%v: the cursor is in columns %d and %d", s, c0, c1)
		}
		shows(t, m, "titles", "▸ val_loss", "  train_loss", "2 of 2 metrics")
		press(m, "v")
		shows(t, m, "the next one", "▸ train_loss", "train_loss over step")
		press(m, "m")
		if _, _, w, _ := p.chart.Plot(); p.grid || w < 40 {
			t.Errorf("%v: one chart again, %d cells wide", s, w)
		}
	}
}

// A click in a small chart turns to it and puts the cursor there; the names
// beside the charts select runs.
func TestGridMouse(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "m")
	p := &m.curves
	in := innerOf(m.layout.Detail)
	second := p.panels[1].at
	clickAt(m, in.X+second.X+20, in.Y+1+second.Y+4)
	if p.shown() != "train_loss" || !p.aimed || !p.pinned {
		t.Errorf("%s is shown, the cursor %v", p.shown(), p.aimed)
	}
	if col, _ := p.chart.Col(p.cursor); col != 20 {
		t.Errorf("the cursor is in column %d", col)
	}
	want := p.legendRows(10)[3]
	clickAt(m, in.X+in.W-20, in.Y+1+3)
	if p.at != want {
		t.Errorf("run %d is selected, not %d", p.at, want)
	}
}
