package curve

import "math"

// Axis is what a curve is drawn over.
type Axis uint8

// The axes.
const (
	Step   Axis = iota
	Wall        // seconds of training, as the log tells them
	Tokens      // as the log counts them, or its header says how many a step has
)

// Trace is a series of a run along an axis. Its methods are those of [Series]
// with x in units of the axis; no point is copied. It is a value of a few
// words, made for a frame.
type Trace struct {
	*Series
	ruler
}

// Trace returns a metric along an axis; false if the run lacks either.
func (r *Run) Trace(metric string, a Axis) (Trace, bool) {
	s := r.Metric(metric)
	if s == nil {
		return Trace{}, false
	}
	t := Trace{Series: s, ruler: ruler{scale: 1}}
	switch a {
	case Wall:
		t.m = &r.wall
	case Tokens:
		if t.m = &r.tokens; !t.m.some() {
			t.m, t.scale = nil, r.perStep
			return t, t.scale > 0
		}
	}
	return t, t.m == nil || t.m.some()
}

// Bounds returns the ends of the curve.
func (t Trace) Bounds() (lo, hi float64, ok bool) {
	a, b, ok := t.Series.Bounds()
	return t.x(float64(a)), t.x(float64(b)), ok
}

// X returns the place of a step.
func (t Trace) X(step float64) float64 { return t.x(step) }

// Log returns the trace for columns of equal ratio instead of equal width, if on
// is set. X0 of their windows must be above zero.
func (t Trace) Log(on bool) Trace {
	t.log = on
	return t
}

// Window is [Series.Window].
func (t Trace) Window(x0, x1 float64, cols int, dst []Column) []Column {
	return t.window(t.ruler, x0, x1, cols, dst)
}

// Replaced is [Series.Replaced].
func (t Trace) Replaced(x0, x1 float64, cols int, dst []Column) []Column {
	return t.replaced(t.ruler, x0, x1, cols, dst)
}

// Smooth is [Series.Smooth].
func (t Trace) Smooth(x0, x1 float64, cols int, weight float64, dst []Column) []Column {
	return t.smooth(t.ruler, x0, x1, cols, weight, dst)
}

// Near is [Series.Near], with the point's place.
func (t Trace) Near(x float64) (at float64, p Point, ok bool) {
	step := t.step(math.Nextafter(x, math.Inf(1)))
	p, ok = t.Series.Near(math.Nextafter(step, math.Inf(-1)))
	return t.x(float64(p.Step)), p, ok
}

// At is [Series.At].
func (t Trace) At(x float64) (v float64, ok bool) {
	lo, hi, ok := t.Bounds()
	if !ok || !(x >= lo && x <= hi) {
		return 0, false
	}
	a, b, _ := t.Series.Bounds()
	return t.Series.At(min(max(t.step(x), float64(a)), float64(b)))
}

// ruler maps steps to places on an axis: by a meter, or by a scale.
type ruler struct {
	m     *meter  // nil without
	scale float64 // units a step has, without a meter
	log   bool    // columns are of equal ratio
}

func (u ruler) x(step float64) float64 {
	if u.m != nil {
		return u.m.at(step)
	}
	return step * u.scale
}

// step returns the least step that lies at x or beyond.
func (u ruler) step(x float64) float64 {
	if u.m != nil {
		return u.m.step(x)
	}
	return x / u.scale
}
