package tui

import (
	"math"
	"slices"

	"vigil/remote/curve"
)

// again takes over what one has chosen.
func (p *curvesPane) again() { p.Show(p.look) }

func (p *curvesPane) move(n int) {
	if len(p.picked) > 0 {
		p.at = min(max(p.at+n, 0), len(p.picked)-1)
		p.sel = p.picked[p.at].run.ID
		p.again()
	}
}

// mark keeps the selected run drawn whatever its rank is, or no longer.
func (p *curvesPane) mark() {
	if p.at >= len(p.picked) {
		return
	}
	id := p.picked[p.at].run.ID
	p.sel = id
	if i := slices.Index(p.marked, id); i >= 0 {
		p.marked = slices.Delete(p.marked, i, i+1)
	} else {
		p.marked = append(p.marked, id)
	}
	p.from = picking{agent: p.from.agent}
	p.again()
}

func (p *curvesPane) unmark() {
	p.marked = nil
	p.from = picking{agent: p.from.agent}
	p.again()
}

// open selects a run and sees to it that it is drawn.
func (p *curvesPane) open(r *curve.Run) {
	if !slices.Contains(p.marked, r.ID) {
		p.marked = append(p.marked, r.ID)
	}
	p.sel, p.frontier, p.filter = r.ID, false, ""
	p.from = picking{agent: p.from.agent}
}

// nextKill selects the next run that may be killed.
func (p *curvesPane) nextKill() {
	for i := 1; i <= len(p.picked); i++ {
		at := (p.at + i) % len(p.picked)
		if _, ok := p.study.kill[p.picked[at].run.ID]; ok {
			p.move(at - p.at)
			return
		}
	}
}

func (p *curvesPane) nextMetric() {
	if i := slices.Index(p.metrics, p.shown()); i >= 0 {
		p.metric = p.metrics[(i+1)%len(p.metrics)]
		p.fit()
		p.again()
	}
}

// nextAxis goes on to the next axis that the runs tell of.
func (p *curvesPane) nextAxis() {
	const axes = 3
	for range axes {
		p.axis = (p.axis + 1) % axes
		if slices.ContainsFunc(p.picked, func(q pick) bool { _, ok := q.run.Trace(p.shown(), p.axis); return ok }) {
			break
		}
	}
	p.fit()
	p.again()
}

// axisWord is what an axis counts.
func axisWord(a curve.Axis) string {
	switch a {
	case curve.Wall:
		return "training time"
	case curve.Tokens:
		return "tokens"
	}
	return "step"
}

func (p *curvesPane) nextBest()    { p.best = (p.best + 1) % len(bests); p.again() }
func (p *curvesPane) nextSmooth()  { p.smooth = (p.smooth + 1) % len(smoothings); p.again() }
func (p *curvesPane) toggleAll()   { p.all = !p.all; p.fit(); p.again() }
func (p *curvesPane) toggleLogX()  { p.logX = !p.logX; p.again() }
func (p *curvesPane) toggleLogY()  { p.logY = !p.logY; p.again() }
func (p *curvesPane) toggleSeeds() { p.seeds = !p.seeds; p.again() }
func (p *curvesPane) toggleCrowd() { p.crowd = !p.crowd; p.again() }
func (p *curvesPane) toggleFront() { p.frontier = !p.frontier; p.again() }
func (p *curvesPane) toggleFit()   { p.whole, p.y0, p.y1 = !p.whole, 0, 0; p.again() }

// fit shows all there is, without a cursor.
func (p *curvesPane) fit() {
	p.x0, p.x1, p.y0, p.y1 = 0, 0, 0, 0
	p.aimed, p.pinned, p.box = false, false, zoomBox{}
}

func (p *curvesPane) showAll() {
	p.x0, p.x1, p.y0, p.y1 = 0, 0, 0, 0
	p.again()
}

// Back undoes what is open over the curves: the frontier, a box, the cursor, then the
// difference.
func (p *curvesPane) Back() bool {
	switch {
	case p.frontier:
		p.frontier = false
	case p.box.on:
		p.box = zoomBox{}
		p.again()
	case p.aimed:
		p.aimed, p.pinned = false, false
	case p.minus:
		p.toggleDifference()
	default:
		return false
	}
	return true
}

// point moves the cursor by cells. It appears at the end from which it comes.
func (p *curvesPane) point(n int) {
	if p.chart == nil || len(p.picked) == 0 {
		return
	}
	left, _, w, _ := p.chart.Plot()
	if w <= 0 {
		return
	}
	col, ok := p.chart.Col(p.cursor)
	switch {
	case p.aimed && ok:
		col = min(max(col+n, left), left+w-1)
	case n < 0:
		col = left + w - 1
	default:
		col = left
	}
	p.pinned = true
	p.aim(col)
}

// aim puts the cursor into a column. The labels tell other values then, which
// may take other room.
func (p *curvesPane) aim(col int) {
	for range 2 {
		left, _, w, _ := p.chart.Plot()
		p.cursor, p.aimed = p.chart.X(min(col, left+w-1)) // the plot may be narrower by now
		p.again()
		if at, ok := p.chart.Col(p.cursor); !ok || at == col {
			return
		}
	}
}

// zoomX shows n times less of the x axis around the cursor or the middle, or
// more where n is negative; panX moves by n parts of it. Neither leaves what
// there is.
func (p *curvesPane) zoomX(n int) { p.moveX(zoomed(n), 0, -1) }
func (p *curvesPane) panX(n int)  { p.moveX(1, float64(n)*panPart, -1) }

// panPart is by how much of what is seen one pans.
const panPart = 0.2

// zoomed is the share of what is seen that is left after zooming in n times.
func zoomed(n int) float64 {
	const once, most = 0.6, 1000
	return math.Pow(once, float64(min(max(n, -most), most)))
}

// moveX zooms around the share at of what is seen; negative: around the cursor
// or the middle.
func (p *curvesPane) moveX(zoom, pan, at float64) {
	if p.chart == nil || len(p.picked) == 0 {
		return
	}
	p.chart.SetX(0, 0)
	lo, hi, _, _ := p.chart.Limits()
	x0, x1 := p.x0, p.x1
	if x0 == x1 {
		x0, x1 = lo, hi
	}
	to, from := func(x float64) float64 { return x }, func(x float64) float64 { return x }
	least := 1.0 // a zoom ends where it would show less than a step
	if p.logX && lo > 0 {
		to, from, least = math.Log, math.Exp, 1e-3
		x0 = max(x0, lo)
	}
	switch {
	case at >= 0:
	case p.aimed && p.cursor > x0 && p.cursor < x1:
		at = (to(p.cursor) - to(x0)) / (to(x1) - to(x0))
	default:
		at = 0.5
	}
	a, b := shift(to(x0), to(x1), zoom, pan, at, to(lo), to(hi), least)
	if p.x0, p.x1 = from(a), from(b); b-a >= to(hi)-to(lo) {
		p.x0, p.x1 = 0, 0
	}
	p.again()
}

// shift zooms the range a to b around the share at of it, and moves it by a
// share of itself, within lo to hi.
func shift(a, b, zoom, pan, at, lo, hi, least float64) (float64, float64) {
	w := min(max((b-a)*zoom, min(least, hi-lo)), hi-lo)
	a += (b-a-w)*at + pan*w
	a = min(max(a, lo), hi-w)
	return a, a + w
}

// zoomY and panY do the same for y, which has no end.
func (p *curvesPane) zoomY(n int) { p.moveY(zoomed(n), 0, -1) }
func (p *curvesPane) panY(n int)  { p.moveY(1, float64(n)*panPart, -1) }

func (p *curvesPane) moveY(zoom, pan, at float64) {
	if p.chart == nil || len(p.picked) == 0 {
		return
	}
	_, _, y0, y1 := p.chart.Limits()
	to, from := func(y float64) float64 { return y }, func(y float64) float64 { return y }
	if p.logY && y0 > 0 {
		to, from = math.Log, math.Exp
	}
	const far, near = 1e30, 1e-6 // where float32 ends, and where all values are one
	a, b := to(y0), to(y1)
	w := (b - a) * zoom
	if w > far || w < near*max(math.Abs(a), math.Abs(b)) {
		return
	}
	if at < 0 {
		at = 0.5
	}
	a += (b-a-w)*at + pan*w
	p.y0, p.y1 = from(a), from(a+w)
	p.again()
}
