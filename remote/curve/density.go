package curve

import "math"

// Grid is the part of a plot that a [Density] counts in: columns of equal
// width from X0 to X1 as in [Series.Window] (of equal ratio, if LogX), and rows
// of dots, of which the middle of the first lies at Y1 and that of the last at
// Y0.
type Grid struct {
	Metric     string
	Axis       Axis
	X0, X1     float64
	Y0, Y1     float64
	LogX, LogY bool
	Cols, Rows int
}

// Density is many curves as one picture: how many of them touch each dot. It
// keeps what every curve touches, so that a frame costs what has changed, and a
// curve that has only grown is drawn from its last column on. The zero value
// is ready. It is for one goroutine.
type Density struct {
	grid   Grid
	a, b   float64   // a row is (a - y) * b, with y on the axis' scale
	steps  frame     // of the grid, if it is over steps
	past   float64   // the first step beyond it
	counts []uint32  // by column, then row
	traces []outline // of the runs, in their order
	cols   []Column  // of the curve that is drawn
}

// Draw brings the picture up to date with the runs as the grid shows them,
// which may be in any order but have to be unlike. Curves that have to be drawn
// whole wait for later calls once work of them are, evenly spread over the
// list; it returns how many still wait. Until then they are as they were.
func (d *Density) Draw(g Grid, runs []*Run, work int) (waiting int) {
	if g != d.grid || d.counts == nil {
		d.reset(g)
	}
	d.match(runs)
	for i, r := range runs {
		if t := &d.traces[i]; t.run != r && !d.extend(t, r) {
			waiting++
		}
	}
	const apart = 64
	for first := 0; first < apart && waiting > 0 && work > 0; first++ {
		for i := first; i < len(runs) && waiting > 0 && work > 0; i += apart {
			if t := &d.traces[i]; t.run != runs[i] {
				d.erase(t)
				d.draw(t, runs[i])
				waiting--
				work--
			}
		}
	}
	return waiting
}

// Count is how many curves touch a dot, from the left and from the top.
func (d *Density) Count(x, y int) int {
	if x < 0 || y < 0 || x >= d.grid.Cols || y >= d.grid.Rows {
		return 0
	}
	return int(d.counts[x*d.grid.Rows+y])
}

// reset begins an empty picture.
func (d *Density) reset(g Grid) {
	const most = 1 << 12 // columns, rows
	d.grid = g
	d.grid.Cols, d.grid.Rows = min(max(g.Cols, 0), most), min(max(g.Rows, 0), most)
	n := d.grid.Cols * d.grid.Rows
	if cap(d.counts) < n {
		d.counts = make([]uint32, n)
	}
	d.counts = d.counts[:n]
	clear(d.counts)
	lo, hi := d.scale(g.Y0), d.scale(g.Y1)
	d.steps, _ = newFrame(ruler{scale: 1}, g.X0, g.X1, d.grid.Cols, g.LogX)
	d.past = d.steps.past()
	d.a, d.b = hi, float64(max(d.grid.Rows-1, 1))/(hi-lo)
	for i := range d.traces {
		t := &d.traces[i]
		t.run = nil
		clear(t.spans)
	}
}

// match gives each run its outline, and erases those of runs that are gone.
func (d *Density) match(runs []*Run) {
	n := 0
	for n < len(runs) && n < len(d.traces) && d.traces[n].is(runs[n]) {
		n++
	}
	if n < len(d.traces) {
		d.sort(runs, n)
	}
	for _, r := range runs[len(d.traces):] {
		d.traces = append(d.traces, outline{id: r.ID})
	}
}

// sort is match where the lists differ from place n on.
func (d *Density) sort(runs []*Run, n int) {
	old := make(map[ID]outline, len(d.traces)-n)
	for _, t := range d.traces[n:] {
		old[t.id] = t
	}
	d.traces = d.traces[:n:n]
	for _, r := range runs[n:] {
		t, ok := old[r.ID]
		if !ok {
			t = outline{id: r.ID}
		}
		delete(old, r.ID)
		d.traces = append(d.traces, t)
	}
	for _, t := range old {
		d.erase(&t)
	}
}

func (d *Density) scale(y float64) float64 {
	if d.grid.LogY {
		return math.Log(max(y, math.SmallestNonzeroFloat64))
	}
	return y
}

// row returns the row of a value: -1 above and Rows below the grid.
func (d *Density) row(y float32) int {
	r := (d.a - d.scale(float64(y))) * d.b
	if !(r > -1) {
		return -1
	}
	return int(min(r+0.5, float64(d.grid.Rows)))
}
