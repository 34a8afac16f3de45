package curve

import "math"

// Column is what a window of a series has in one column of the screen.
type Column struct {
	Min, Max, Mean float32 // of the finite values
	First, Last    float32 // values at the ends; NaN if the curve has a gap there
	N              int32   // finite values; 0 in a column without any
	Gap            bool    // the column holds values that are not finite
	Start          bool    // the curve starts here anew: no line leads to First
}

// put adds the points [i, j) of a segment to a column; k is the level that
// their borders are rounded to.
func (c *Column) put(g *segment, i, j, k int, start bool) {
	if i >= j {
		return
	}
	b := g.sum(i, j)
	first, last := g.outer(i, j, k)
	if c.N == 0 && !c.Gap {
		c.First, c.Start = first, start
		c.Min, c.Max, c.Mean = b.min, b.max, b.mean
	} else if b.n > 0 {
		old := bucket{c.Min, c.Max, c.Mean, uint32(c.N)}
		old.add(b)
		c.Min, c.Max, c.Mean = old.min, old.max, old.mean
	}
	c.Last = last
	c.N += int32(b.n)
	c.Gap = c.Gap || int(b.n) < j-i
}

// putOne is put for one value.
func (c *Column) putOne(v float32, start bool) {
	if c.N == 0 && !c.Gap {
		c.First, c.Start = v, start
		c.Min, c.Max = float32(math.Inf(1)), float32(math.Inf(-1))
	}
	c.Last = v
	if v != v {
		c.Gap = true
		return
	}
	if v < c.Min {
		c.Min = v
	}
	if v > c.Max {
		c.Max = v
	}
	c.N++
	c.Mean += (v - c.Mean) / float32(c.N)
}

// Window returns the curve between the steps x0 and x1 in cols columns of
// equal width; the last one includes x1. Every point lies in exactly one
// column; where a column holds many, the borders between columns are rounded
// to bucket borders by less than half a column, so that the cost is that of a
// few buckets a column however many points there are. dst is used for the
// result if it has the room: then nothing is allocated.
func (s *Series) Window(x0, x1 float64, cols int, dst []Column) []Column {
	return s.window(ruler{scale: 1}, x0, x1, cols, dst)
}

// Replaced is Window for the parts of the log that a later segment replaces:
// what ran before a restart from an earlier step.
func (s *Series) Replaced(x0, x1 float64, cols int, dst []Column) []Column {
	return s.replaced(ruler{scale: 1}, x0, x1, cols, dst)
}

func (s *Series) window(u ruler, x0, x1 float64, cols int, dst []Column) []Column {
	dst = clearColumns(dst, cols)
	if f, ok := newFrame(u, x0, x1, cols, u.log); ok {
		f.exact = u.log
		s.fill(&f, dst)
	}
	return dst
}

// fill adds the curve to columns that are clear.
func (s *Series) fill(f *frame, dst []Column) {
	var ends [maxSegments + 1]int // on the stack: drawing allocates nothing
	s.ends(&ends)
	for i := range s.Segments() {
		s.segment(i).fill(f, 0, ends[i], dst)
	}
}

// ends sets, for each segment, the index behind its last point that no later
// one replaces.
func (s *Series) ends(to *[maxSegments + 1]int) {
	cut := int64(math.MaxInt64) // of all later segments, the first step
	for i := s.Segments() - 1; i >= 0; i-- {
		g := s.segment(i)
		if to[i] = g.n; cut <= g.lastStep() {
			to[i] = g.find(float64(cut))
		}
		cut = min(cut, g.firstStep())
	}
}

func (s *Series) replaced(u ruler, x0, x1 float64, cols int, dst []Column) []Column {
	dst = clearColumns(dst, cols)
	f, ok := newFrame(u, x0, x1, cols, u.log)
	f.exact = u.log
	if !ok || len(s.done) == 0 {
		return dst
	}
	var ends [maxSegments + 1]int
	s.ends(&ends)
	for i := range s.done {
		s.done[i].fill(&f, ends[i], s.done[i].n, dst)
	}
	return dst
}

func clearColumns(dst []Column, cols int) []Column {
	cols = max(cols, 0)
	if cap(dst) < cols {
		dst = make([]Column, cols)
	}
	dst = dst[:cols]
	clear(dst)
	return dst
}

// frame says which part of an axis the columns of a window show.
type frame struct {
	ruler
	x0, dx float64 // the first column's left border, and the width of each
	x1     float64 // the last column's right border, which belongs to it
	log    bool    // all three are logarithms
	// exact says that the ends are at lo and hi, which logarithms would round, and
	// that the borders of each column are rounded by what it holds itself: in
	// columns of equal ratio the first ones hold far fewer points than the last.
	exact  bool
	lo, hi float64
}

// newFrame returns the frame of a window; false if it shows nothing.
func newFrame(u ruler, x0, x1 float64, cols int, log bool) (frame, bool) {
	f := frame{ruler: u, log: log, lo: x0, hi: x1}
	if log {
		x0, x1 = math.Log(x0), math.Log(x1)
	}
	f.x0, f.dx, f.x1 = x0, (x1-x0)/float64(cols), x1
	return f, cols > 0 && f.dx > 0 && !math.IsInf(f.dx, 1)
}

// edge returns the least step that lies right of column c's left border.
func (f *frame) edge(c int) float64 {
	if c == 0 && f.exact {
		return f.step(f.lo)
	}
	return f.at(f.x0 + float64(c)*f.dx)
}

// place returns where c columns from the left are on the axis.
func (f *frame) place(c float64) float64 {
	x := f.x0 + c*f.dx
	if f.log {
		x = math.Exp(x)
	}
	return x
}

// past returns the least step that lies right of the window.
func (f *frame) past() float64 {
	if f.exact {
		return f.step(math.Nextafter(f.hi, math.Inf(1)))
	}
	return f.at(math.Nextafter(f.x1, math.Inf(1)))
}

func (f *frame) at(x float64) float64 {
	if f.log {
		x = math.Exp(x)
	}
	return f.step(x)
}

// col returns the column of a step in the window.
func (f *frame) col(step float64) int {
	x := f.x(step)
	if f.log {
		x = math.Log(x)
	}
	return int((x - f.x0) / f.dx)
}

// fill adds the points [lo, hi) that lie in the window to the columns.
func (g *segment) fill(f *frame, lo, hi int, dst []Column) {
	head := lo // where the piece starts, in or out of the window
	from, to := g.shown(f)
	if lo, hi = max(lo, from), min(hi, to); lo >= hi {
		return
	}
	cols := len(dst)
	if hi-lo <= 2*cols && !f.log {
		g.scatter(f, lo, hi, head, dst)
		return
	}
	if f.exact && f.log {
		g.fillLog(f, lo, hi, head, dst)
		return
	}
	k := levelOf(hi-lo, cols)
	i := lo
	for c := range dst {
		j := hi
		if c+1 < cols {
			j = g.findFrom(f.edge(c+1), i/chunkLen) &^ mask(k)
			j = min(max(j, i), hi)
		}
		dst[c].put(g, i, j, k, i == head)
		if i = j; i == hi {
			return
		}
	}
}

// fillLog is fill for columns of equal ratio, each with its own level of the
// pyramid. The borders are multiplied up: a logarithm for each would cost more than
// its column.
func (g *segment) fillLog(f *frame, lo, hi, head int, dst []Column) {
	i, edge, ratio := lo, f.lo, math.Exp(f.dx)
	for c := range dst {
		j, k := hi, 0
		if c+1 < len(dst) {
			edge *= ratio
			j = min(max(g.findFrom(f.step(edge), i/chunkLen), i), hi)
			if k = levelOf(j-i, 1); k > 0 {
				j = max(j&^mask(k), i)
			}
		} else {
			k = levelOf(j-i, 1)
		}
		dst[c].put(g, i, j, k, i == head)
		if i = j; i == hi {
			return
		}
	}
}

// shown returns the points that lie in the window.
func (g *segment) shown(f *frame) (lo, hi int) { return g.find(f.edge(0)), g.find(f.past()) }

// levelOf returns the level of the pyramid that the borders of columns are
// rounded to: buckets that are at most half of the average column.
func levelOf(n, cols int) int {
	k := 0
	for per := n / cols / 2; per >= fan && k < levels; per /= fan {
		k++
	}
	return k
}

// mask is the bits of a place that lie within a bucket of level k.
func mask(k int) int { return 1<<(fanBits*k) - 1 }

// scatter fills point by point: for windows with fewer points than a few a
// column.
func (g *segment) scatter(f *frame, lo, hi, head int, dst []Column) {
	for i := lo; i < hi; {
		ch := g.chunk(i / chunkLen)
		for o, end := i%chunkLen, min(i%chunkLen+hi-i, ch.len()); o < end; o, i = o+1, i+1 {
			c := f.col(float64(ch.step(o)))
			dst[min(max(c, 0), len(dst)-1)].putOne(ch.value(o), i == head)
		}
	}
}

// warm is how many columns before a window a smoothed one starts, and
// memory how many time constants of the average they cover.
const (
	warm   = 64
	memory = 8
)

// Smooth is Window with the exponential moving average of the values: weight
// is that of the past, between 0 (no smoothing) and 1, per point and free of
// bias, as TensorBoard's. It is exact where columns hold a point each, and
// takes a column's mean for each of its points where they hold more. Gaps stay
// gaps: they neither count nor end the average.
func (s *Series) Smooth(x0, x1 float64, cols int, weight float64, dst []Column) []Column {
	return s.smooth(ruler{scale: 1}, x0, x1, cols, weight, dst)
}

func (s *Series) smooth(u ruler, x0, x1 float64, cols int, weight float64, dst []Column) []Column {
	dst = s.window(u, x0, x1, cols, dst)
	if !(weight > 0) || len(dst) == 0 {
		return dst
	}
	a := average{weight: min(weight, 1-1e-9)}
	s.warmUp(u.step(x0), &a)
	for i := range dst {
		c := &dst[i]
		if c.N == 0 {
			continue
		}
		v := a.add(c.Mean, c.N)
		c.Min, c.Max, c.Mean = v, v, v
		if c.First == c.First {
			c.First = v
		}
		if c.Last == c.Last {
			c.Last = v
		}
	}
	return dst
}

// average is an exponential moving average free of bias: the sum of what was
// added, over the weight that it has by now.
type average struct{ weight, sum, total float64 }

// add adds n points of a mean and returns the average.
func (a *average) add(mean float32, n int32) float32 {
	w := math.Pow(a.weight, float64(n))
	a.sum = a.sum*w + float64(mean)*(1-w)
	a.total = a.total*w + 1 - w
	return float32(a.sum / a.total)
}

// warmUp adds as many points of the curve before a step as still count there.
func (s *Series) warmUp(step float64, a *average) {
	var ends [maxSegments + 1]int
	s.ends(&ends)
	need := int(math.Min(memory/(1-a.weight), maxLen)) + 1
	per := (need + warm - 1) / warm
	first := s.Segments() // the first segment that counts, and its point
	lo := 0
	for first > 0 && need > 0 {
		first--
		hi := min(s.segment(first).find(step), ends[first])
		lo = max(0, hi-need)
		need -= hi - lo
	}
	for i := first; i < s.Segments(); i++ {
		g := s.segment(i)
		for hi := min(g.find(step), ends[i]); lo < hi; lo += per {
			if b := g.sum(lo, min(lo+per, hi)); b.n > 0 {
				a.add(b.mean, int32(b.n))
			}
		}
		lo = 0
	}
}
