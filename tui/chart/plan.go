package chart

import (
	"math"
	"slices"
	"strconv"

	"vigil/remote/curve"
)

// plan says where things are and what is shown.
type plan struct {
	left, w, h int // of the plot in cells; it starts at row 0
	right      int // width of the labels; 0 without
	axes       bool

	xlo, xhi, ylo, yhi float64
	log, logX          bool
	ystep              float64
	a, b               float64 // a dot row is (a - y) * b, with y on the axis' scale
	xa, xb             float64 // a dot column is (x - xa) * xb, likewise
}

// The least sizes for axes and labels, in cells.
const (
	minAxesW, minAxesH = 24, 5
	minLabelW          = 60
	maxLabelW          = 40
)

// plan returns where things are. It is worked out once for what is set.
func (c *Chart) plan() plan {
	if !c.ready {
		c.laid, c.ready = c.layOut(), true
	}
	return c.laid
}

// layOut lays the chart out. It fills the columns of all lines on the way,
// since the range of y depends on them.
func (c *Chart) layOut() plan {
	p := plan{w: c.w, h: c.h}
	if p.axes = c.w >= minAxesW && c.h >= minAxesH; p.axes {
		p.h = c.h - 2
	}
	p.xlo, p.xhi = c.xlo, c.xhi
	if !(p.xhi > p.xlo) {
		p.xlo, p.xhi = c.fitX()
	}
	if c.w >= minLabelW && !c.bare {
		for i := range c.styles {
			p.right = max(p.right, c.labelWidth(i))
		}
		p.right = min(p.right, maxLabelW, c.w*2/5)
	}
	const numbers = 7
	p.left = 0
	if p.axes {
		p.left = numbers
	}
	p.w = max(c.w-p.left-p.right, 0)
	c.scaleX(&p)
	c.columns(&p)
	c.fitY(&p)
	return p
}

func (c *Chart) labelWidth(i int) int {
	w := 3 + c.styles[i].name.width // a blank before the marker and one behind it
	if d := max(c.styles[i].detail.width, c.details); d > 0 {
		w += 1 + d
	}
	if c.lines[i].Live {
		w += len(liveMark)
	}
	return w
}

func (c *Chart) fitX() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, l := range c.lines {
		if l.Band != nil {
			lo, hi = min(lo, l.From), max(hi, l.To)
			continue
		}
		if l.Trace.Series == nil {
			continue
		}
		if a, b, ok := l.Trace.Bounds(); ok {
			lo, hi = min(lo, a), max(hi, b)
		}
	}
	for i := range c.cones {
		hi = max(hi, c.cones[i].X1)
	}
	if c.elo != c.ehi {
		lo, hi = min(lo, c.elo), max(hi, c.ehi)
	}
	if !(lo <= hi) {
		return 0, 1
	}
	lo, hi = finite(lo), finite(hi)
	if lo == hi {
		return lo - 0.5, hi + 0.5
	}
	return lo, hi
}

// scaleX sets the scale of x. A logarithmic one begins at the first whole step
// where all is shown, since it has no place for step 0.
func (c *Chart) scaleX(p *plan) {
	if p.logX = c.logX; p.logX && !(p.xlo > 0) {
		if p.logX = p.xhi > 1; p.logX {
			p.xlo = 1
		}
	}
	lo, hi := p.scaleOfX(p.xlo), p.scaleOfX(p.xhi)
	p.xa, p.xb = lo, float64(2*p.w)/(hi-lo)
}

// columns takes the windows of all lines, two columns of dots a cell.
func (c *Chart) columns(p *plan) {
	n := 2 * p.w
	if need := n * len(c.lines); cap(c.cols) < need {
		c.cols = make([]curve.Column, need)
	} else {
		c.cols = c.cols[:need]
	}
	c.raw = slices.Grow(c.raw[:0], 2*n) // what bands and differences need
	base := c.baseline()
	if base != nil {
		c.below = slices.Grow(c.below[:0], n)[:n]
		c.fill(p, base, c.smooth, c.below)
	}
	for i := range c.lines {
		l, dst := &c.lines[i], c.cols[i*n:(i+1)*n]
		switch {
		case base == nil:
			c.fill(p, l, c.smooth, dst)
		case l.single() && base.single():
			copy(dst, l.Trace.Log(p.logX).Minus(base.Trace, p.xlo, p.xhi, n, c.smooth, c.raw))
		default:
			c.fill(p, l, c.smooth, dst)
			curve.Lower(dst, c.below)
		}
	}
}

// baseline is the line that all are compared with, or nil.
func (c *Chart) baseline() *Line {
	if c.base < 0 || c.base >= len(c.lines) {
		return nil
	}
	return &c.lines[c.base]
}

// single reports whether a line is one curve.
func (l *Line) single() bool { return l.Band == nil && l.Trace.Series != nil }

// fill takes the window of a line.
func (c *Chart) fill(p *plan, l *Line, smooth float64, dst []curve.Column) {
	switch {
	case l.Band != nil:
		copy(dst, l.Band(p.logX, p.xlo, p.xhi, len(dst), c.raw))
	case l.Trace.Series == nil:
		clear(dst)
	default:
		l.Trace.Log(p.logX).Smooth(p.xlo, p.xhi, len(dst), smooth, dst)
	}
}

// fitY sets the range of y and the scale.
func (c *Chart) fitY(p *plan) {
	p.ylo, p.yhi, p.log = c.ylo, c.yhi, c.log
	if !(p.yhi > p.ylo) {
		now := asked{c.w, c.h, c.xlo, c.xhi, c.log, c.logX, c.tail, c.smooth}
		if c.fitted != now {
			c.fit, c.fitted = calmRange{}, now
		}
		p.ylo, p.yhi = c.fit.keep(c.extremes(p))
	}
	if p.log && !(p.ylo > 0) {
		if p.ylo = c.leastPositive(p); !(p.ylo > 0) || p.ylo >= p.yhi {
			p.log, p.ylo = false, c.orLow(p)
		}
	}
	lo, hi := p.scale(p.ylo), p.scale(p.yhi)
	p.a, p.b = hi, float64(max(4*p.h-1, 1))/(hi-lo)
	p.ystep = nice((p.yhi - p.ylo) / max(float64(p.h)/4, 2))
}

func (c *Chart) orLow(p *plan) float64 {
	if p.ylo < p.yhi {
		return p.ylo
	}
	return p.yhi - 1
}

// extremes returns the range of y that the lines and the horizontal rules
// take, with a little room.
func (c *Chart) extremes(p *plan) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	n := 2 * p.w
	from := 0
	if c.tail > 0 {
		from = int(float64(n) * (1 - c.tail))
	}
	for i := range c.lines {
		for _, col := range c.cols[i*n+from : (i+1)*n] {
			if col.N > 0 {
				lo, hi = min(lo, float64(col.Min)), max(hi, float64(col.Max))
			}
		}
	}
	switch {
	case c.tail > 0 && c.baseline() != nil: // both ways from 0
		lo, hi = min(lo, 0), max(hi, 0)
		hi = c.robust(n, from, 0, hi, func(col *curve.Column) float64 { return float64(col.Max) })
		lo = -c.robust(n, from, 0, -lo, func(col *curve.Column) float64 { return -float64(col.Min) })
	case c.tail > 0:
		hi = c.robust(n, from, lo, hi, func(col *curve.Column) float64 { return float64(col.Max) })
	}
	for i := range c.cones {
		if k := &c.cones[i]; k.X1 >= p.xlo && k.X0 <= p.xhi && k.Y-k.Y == 0 {
			lo, hi = min(lo, k.Y), max(hi, k.Y)
		}
	}
	for _, r := range c.rules {
		if !r.Vertical {
			lo, hi = min(lo, r.At), max(hi, r.At)
		}
	}
	switch {
	case lo > hi:
		return 0, 1
	case lo == hi:
		d := max(math.Abs(lo)/10, 1e-6)
		return lo - d, hi + d
	}
	const room = 0.03
	d := (hi - lo) * room
	if c.log && lo > 0 {
		return lo / (1 + room), hi * (1 + room)
	}
	return lo - d, hi + d
}

// robust returns a greatest value to fit that a few outliers do not set: they
// would flatten all the rest.
func (c *Chart) robust(n, from int, lo, hi float64, peak func(*curve.Column) float64) float64 {
	const (
		most  = 1024 // samples: sorting is part of a frame
		least = 40   // fewer say nothing of what is usual
		part  = 0.98
		room  = 1.5 // what lies within so many usual ranges is no outlier
	)
	c.peaks = c.peaks[:0]
	stride := max(len(c.lines)*(n-from)/most, 1)
	at := 0
	for i := range c.lines {
		cols := c.cols[i*n+from : (i+1)*n]
		for k := range cols {
			if at++; at%stride == 0 && cols[k].N > 0 {
				c.peaks = append(c.peaks, peak(&cols[k]))
			}
		}
	}
	if len(c.peaks) < least {
		return hi
	}
	slices.Sort(c.peaks)
	usual := c.peaks[int(part*float64(len(c.peaks)-1))]
	if far := lo + room*(usual-lo); usual > lo && hi > far {
		return far
	}
	return hi
}

func (c *Chart) leastPositive(p *plan) float64 {
	least := math.Inf(1)
	for _, col := range c.cols {
		if col.N > 0 && col.Min > 0 {
			least = min(least, float64(col.Min))
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

func (p *plan) scale(y float64) float64 {
	if p.log {
		return math.Log(max(y, math.SmallestNonzeroFloat64))
	}
	return y
}

// row returns the row of dots of a value, which may lie above or below the
// plot: -1 or 4*h at the least.
func (p *plan) row(y float32) int {
	r := (p.a - p.scale(float64(y))) * p.b
	if !(r > -1) {
		return -1
	}
	return int(min(r+0.5, float64(4*p.h)))
}

// value returns what lies at a row of dots.
func (p *plan) value(row float64) float64 {
	y := p.a - row/p.b
	if p.log {
		return math.Exp(y)
	}
	return y
}

func (p *plan) scaleOfX(x float64) float64 {
	if p.logX {
		return math.Log(max(x, math.SmallestNonzeroFloat64))
	}
	return x
}

// col returns the column of dots of a step, which may lie outside.
func (p *plan) col(x float64) int {
	f := (p.scaleOfX(x) - p.xa) * p.xb
	if !(f >= 0) {
		return -1
	}
	return int(min(f, float64(2*p.w)))
}

// edge returns the step at the left edge of a column of dots.
func (p *plan) edge(col int) float64 {
	switch {
	case col == 2*p.w: // without rounding: it takes the last point in
		return p.xhi
	case p.logX:
		return math.Exp(p.xa + float64(col)/p.xb)
	}
	return p.xlo + float64(col)*(p.xhi-p.xlo)/float64(2*p.w)
}

// place returns where so many columns of dots from the left are.
func (p *plan) place(col float64) float64 {
	x := p.xa + col/p.xb
	if p.logX {
		return math.Exp(x)
	}
	return x
}

// nice returns the next 1, 2 or 5 times a power of ten.
func nice(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 1
	}
	e := math.Pow(10, math.Floor(math.Log10(x)))
	switch f := x / e; {
	case f <= 1:
		return e
	case f <= 2:
		return 2 * e
	case f <= 5:
		return 5 * e
	}
	return 10 * e
}

// appendNumber appends a number of an axis whose ticks are step apart, at most
// width bytes wide.
func appendNumber(b []byte, v, step float64, width int) []byte {
	if math.Abs(v) < step/1e6 {
		v = 0
	}
	n := len(b)
	prec := 0
	if step < 1 {
		prec = min(int(math.Ceil(-math.Log10(step)-1e-9)), 9)
	}
	if a := math.Abs(v); a < 1e6 && prec <= 5 {
		b = strconv.AppendFloat(b, v, 'f', prec, 64)
	} else {
		switch {
		case a >= 1e12 || a < 1e-3:
			b = strconv.AppendFloat(b, v, 'e', 1, 64)
		case a >= 1e9:
			b = append(strconv.AppendFloat(b, v/1e9, 'f', -1, 64), 'G')
		case a >= 1e6:
			b = append(strconv.AppendFloat(b, v/1e6, 'f', -1, 64), 'M')
		default:
			b = strconv.AppendFloat(b, v, 'f', prec, 64)
		}
	}
	if len(b)-n > width {
		b = strconv.AppendFloat(b[:n], v, 'e', 0, 64)
	}
	if len(b)-n > width { // no number is better than a part of one
		b = b[:n]
	}
	return b
}
