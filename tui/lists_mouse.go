package tui

// scrolled scrolls a list by lines without moving its selection: it returns
// the first entry that is seen, and whether the selected one is out of view.
func scrolled(top, at, n, fits, lines int) (int, bool) {
	top = max(min(top+lines, n-fits), 0)
	return top, at < top || at >= top+fits
}

// keepTop is clampTop for a list that may have been scrolled away from its
// selection.
func keepTop(top, at, n, fits int, loose bool) int {
	if loose {
		return max(min(top, n-fits), 0)
	}
	return clampTop(top, at, n, fits)
}

// click selects the agent at a place of the fleet.
func (p *fleetPane) click(x, y int) {
	if p.strip {
		parts, from := p.stripParts()
		if from > 0 {
			x-- // the sign that there are more
		}
		for i := from; i < len(parts) && x >= 0; i++ {
			if n := cells(parts[i]); x >= n {
				x -= n
				continue
			}
			p.move(i - p.at)
			return
		}
		return
	}
	for _, it := range p.items {
		high := p.per
		if it.group != nil {
			high = 1 // its first agent is meant
		}
		if from := it.y - p.top; y >= 0 && y < p.h && y >= from && y < from+high {
			p.move(it.row - p.at)
			return
		}
	}
}

func (p *fleetPane) wheel(lines int) {
	p.top = max(min(p.top+lines, p.lines-p.h), 0)
	from, to := p.span()
	p.loose = from < p.top || to > p.top+p.h
}

// Click selects the file at a place, or goes on to the next base where it is
// named.
func (p *scratchPane) Click(x, y int, _ bool) {
	if r := p.diffRect(); len(p.rows) > 0 && y == r.Y-1 && x >= r.X {
		p.nextBase()
		return
	}
	if i := p.top + y; p.listRect().has(x, y) && i < len(p.rows) {
		p.move(i - p.at)
	}
}

// Wheel scrolls the list or the difference.
func (p *scratchPane) Wheel(x, y, lines int) {
	if r := p.listRect(); r.has(x, y) {
		p.top, p.loose = scrolled(p.top, p.at, len(p.rows), r.H, lines)
		return
	}
	if len(p.rows) > 0 {
		p.scroll(lines)
	}
}

// Zoom scrolls long lines where the wheel turns to the side.
func (p *scratchPane) Zoom(_, _, _, side int, _ bool) bool {
	p.pan(panStep * side)
	return side != 0
}

// Click selects the moment at a place, or goes there where it is selected. In
// the strip it selects the moment nearest to the time there.
func (p *timelinePane) Click(x, y int, again bool) {
	r := p.listRect()
	i := p.top + y - r.Y
	switch {
	case y >= 0 && y < r.Y:
		p.pointAt(x)
	case !r.has(r.X, y) || i >= len(p.rows):
	case i == p.at && again:
		p.travel()
	default:
		p.move(i - p.at)
	}
}

// Wheel scrolls the moments.
func (p *timelinePane) Wheel(_, _, lines int) {
	p.top, p.loose = scrolled(p.top, p.at, len(p.rows), max(p.listRect().H, 1), lines)
}

// Click selects the job at a place, or shows its run where it is selected.
func (p *jobsPane) Click(_, y int, again bool) {
	n := p.parts()
	y -= n.head + 1
	i := p.top + y
	switch {
	case y < 0 || y >= n.jobs || i >= len(p.jobs):
	case i == p.at && again:
		p.ask(jobRun)
	default:
		p.move(i - p.at)
	}
}

// Wheel scrolls the jobs or the nodes.
func (p *jobsPane) Wheel(_, y, lines int) {
	n := p.parts()
	if n.nodes > 0 && y >= p.h-n.nodes-2 {
		p.nodeTop = max(min(p.nodeTop+lines, len(p.nodes)-n.nodes), 0)
		return
	}
	p.top, p.loose = scrolled(p.top, p.at, len(p.jobs), max(n.jobs, 1), lines)
}

// Wheel scrolls the document.
func (p *planPane) Wheel(_, _, lines int) { p.scroll(lines) }

// Wheel scrolls the terminal.
func (p *screenPane) Wheel(_, _, lines int) { p.scroll(lines) }
