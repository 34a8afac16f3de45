package tui

import "strings"

// zoomBox is a rectangle that is drawn over the curves to zoom into, in cells of
// the chart.
type zoomBox struct {
	on      bool
	corners int // that are set: the first one, at x0 and y0
	placed  bool
	x0, y0  int
	x1, y1  int // the corner that moves
}

// says tells what to do next.
func (b zoomBox) says(keys shortcuts) string {
	what := "the other corner"
	if b.corners == 0 {
		what = "a corner of the box"
	}
	how := keys.say(" ", "box-left", "%", "box-right", "%", "box-up", "%", "box-down", "%, then", "box-corner", "%:")
	return strings.TrimSpace(how+" "+what) + keys.say("", "back", ", % leaves")
}

// keep keeps the corners in a plot. One that was put nowhere yet is in its
// middle.
func (b *zoomBox) keep(left, top, w, h int) {
	if !b.placed {
		b.x1, b.y1, b.placed = left+w/2, top+h/2, true
	}
	b.x0, b.x1 = min(max(b.x0, left), left+w-1), min(max(b.x1, left), left+w-1)
	b.y0, b.y1 = min(max(b.y0, top), top+h-1), min(max(b.y1, top), top+h-1)
	if b.corners == 0 {
		b.x0, b.y0 = b.x1, b.y1
	}
}

// startBox begins a box at the cursor, or in the middle.
func (p *curvesPane) startBox() {
	p.box = zoomBox{on: true}
	if p.chart != nil && p.aimed {
		_, top, _, h := p.chart.Plot()
		if col, ok := p.chart.Col(p.cursor); ok {
			p.box.x1, p.box.y1, p.box.placed = col, top+h/2, true
		}
	}
	if p.look.st != nil {
		p.again()
	}
}

func (p *curvesPane) boxAcross(n int) { p.boxBy(n, 0) }
func (p *curvesPane) boxDown(n int)   { p.boxBy(0, n) }

// boxBy moves the corner.
func (p *curvesPane) boxBy(dx, dy int) {
	dx, dy = min(max(dx, -many/2), many/2), min(max(dy, -many/2), many/2)
	p.box.x1, p.box.y1 = p.box.x1+dx, p.box.y1+dy
	p.again()
}

// setCorner sets the corner; the second one zooms.
func (p *curvesPane) setCorner() {
	if p.box.corners == 0 {
		p.box.corners = 1
		p.again()
		return
	}
	p.zoomInto()
}

// zoomInto shows what is in the box. One of a cell's width or height is none:
// the button slipped.
func (p *curvesPane) zoomInto() {
	b := p.box
	p.box = zoomBox{}
	if p.chart != nil && len(p.picked) > 0 && b.x0 != b.x1 && b.y0 != b.y1 {
		x0, x1, y0, y1 := p.chart.Area(b.x0, b.y0, b.x1, b.y1)
		const least = 1e-9 // of the values: closer together they are one
		if x1 > x0 && y1-y0 > least*max(y1, -y0) {
			p.x0, p.x1, p.y0, p.y1 = x0, x1, y0, y1
		}
	}
	p.again()
}

// Box begins a box at a cell of the plot.
func (p *curvesPane) Box(x, y int) bool {
	if _, _, _, ok := p.plotted(x, y); !ok {
		return false
	}
	p.focusAt(x, y)
	cx, cy, _ := p.local(x, y)
	p.box = zoomBox{on: true, corners: 1, placed: true, x0: cx, y0: cy, x1: cx, y1: cy}
	p.again()
	return true
}

// BoxTo moves the other corner of the box, which stays in the plot.
func (p *curvesPane) BoxTo(x, y int) {
	if !p.box.on || p.chart == nil {
		return
	}
	y-- // the head
	if i := p.chartAt(); i >= 0 {
		x, y = x-p.panels[i].at.X, y-p.panels[i].at.Y-1
	}
	p.box.x1, p.box.y1 = x, y
	p.again()
}

// chartAt is the panel of the grid whose chart has the box; -1 without a grid.
func (p *curvesPane) chartAt() int {
	for i := range p.panels {
		if p.grid && p.panels[i].chart == p.chart {
			return i
		}
	}
	return -1
}

// BoxDone zooms into the box.
func (p *curvesPane) BoxDone() {
	if p.box.on {
		p.zoomInto()
	}
}
