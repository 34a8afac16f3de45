package tui

// plotted returns the column of the chart under a cell of the pane, and how far
// across the plot and up it that is, 0 to 1; ok is false outside of the plot.
func (p *curvesPane) plotted(x, y int) (col int, across, up float64, ok bool) {
	if p.frontier || p.chart == nil || len(p.picked) == 0 {
		return 0, 0, 0, false
	}
	x, y, ok = p.local(x, y)
	left, top, w, h := p.chart.Plot()
	y -= top
	if !ok || x < left || x >= left+w || y < 0 || y >= h {
		return 0, 0, 0, false
	}
	return x, (float64(x-left) + 0.5) / float64(w), 1 - (float64(y)+0.5)/float64(h), true
}

// Click keeps the cursor where the mouse is; there again, it follows the mouse
// anew. At a label it selects the run. On the frontier it selects a milestone.
func (p *curvesPane) Click(x, y int, again bool) {
	if p.frontier {
		p.clickFront(y, again)
		return
	}
	p.focusAt(x, y)
	if col, _, _, ok := p.plotted(x, y); ok {
		at, _ := p.chart.Col(p.cursor)
		p.pinned = !p.pinned || at != col
		p.aim(col)
		return
	}
	if i, ok := p.labelled(x, y); ok {
		p.move(i - p.at)
	}
}

// labelled returns the run whose label is in a cell.
func (p *curvesPane) labelled(x, y int) (int, bool) {
	if p.chart == nil || len(p.picked) == 0 {
		return 0, false
	}
	if p.grid {
		return p.legendAt(x, y-1)
	}
	i, ok := p.chart.LabelAt(x, y-1)
	return i, ok && i < len(p.picked)
}

func (p *curvesPane) clickFront(y int, again bool) {
	f, n := &p.front, p.frontierParts()
	i := f.top + y - n.chart - n.lanes - 2 // the two heads
	if i < f.top || i >= min(f.top+f.room, len(f.rows)) {
		return
	}
	if i == f.at && again {
		p.openMilestone()
		return
	}
	f.move(i - f.at)
}

// Wheel goes through the runs at their labels, and scrolls the milestones.
func (p *curvesPane) Wheel(_, _, lines int) {
	if p.frontier {
		f := &p.front
		f.top, f.loose = scrolled(f.top, f.at, len(f.rows), f.room, lines)
		return
	}
	p.move(lines / wheelLines)
}

// Zoom zooms and pans around the pointer: x, or y where upright is set or the
// pointer is at y's numbers.
func (p *curvesPane) Zoom(x, y, notches, side int, upright bool) bool {
	if p.frontier || p.chart == nil || len(p.picked) == 0 {
		return false
	}
	left, _, w, h := p.chart.Plot()
	lx, _, ok := p.local(x, y)
	if !ok || lx >= left+w || w <= 0 || h <= 0 {
		return false
	}
	_, across, up, in := p.plotted(x+max(left-lx, 0), y)
	switch {
	case !in:
		across, up = -1, -1 // at the head or the axis: around the cursor or the middle
	case lx < left:
		upright = true
	}
	if upright {
		p.focusAt(x, y)
	}
	switch {
	case upright:
		p.moveY(zoomed(notches), float64(side)*panPart, up)
	default:
		p.moveX(zoomed(notches), float64(side)*panPart, across)
	}
	return true
}

// Draggable reports whether a place is in the plot, which can be moved.
func (p *curvesPane) Draggable(x, y int) bool {
	_, _, _, ok := p.plotted(x, y)
	return ok
}

// Drag moves what is seen along with the pointer: y only once it does not fit
// itself to the curves any more.
func (p *curvesPane) Drag(dx, dy int) {
	if p.chart == nil {
		return
	}
	_, _, w, h := p.chart.Plot()
	if w <= 0 || h <= 0 {
		return
	}
	if p.x0 != p.x1 {
		p.moveX(1, -float64(dx)/float64(w), -1)
	}
	if p.y0 != p.y1 {
		p.moveY(1, float64(dy)/float64(h), -1)
	}
}

// Hovers reports whether the cursor follows the mouse: until it is put
// somewhere.
func (p *curvesPane) Hovers() bool {
	return !p.frontier && !p.pinned && p.chart != nil && len(p.picked) > 0
}

// Hover reads the values under the mouse.
func (p *curvesPane) Hover(x, y int) {
	col, _, _, ok := p.plotted(x, y)
	at, seen := p.chart.Col(p.cursor)
	switch {
	case !ok && !p.aimed, ok && p.aimed && seen && at == col:
		return
	case ok:
		p.aim(col)
	default:
		p.aimed = false
		p.again()
	}
}
