package curve

import (
	"iter"
	"math"
	"slices"
)

// Point is a value at a step.
type Point struct {
	Step  int64
	Value float64
}

// maxSegments bounds what a log can cost whose step keeps falling back.
const maxSegments = 256

// Series is one metric of one run over its steps. Append is for one writer;
// a copy (Snapshot) is a value that no writer changes any more. A step that
// goes back starts a new segment, and from there on the new one is the curve:
// what it overlaps is history ([Series.Replaced]). NaN and infinite values are
// kept as gaps. The zero value is an empty series.
type Series struct {
	done  []segment
	cur   segment
	n     int
	last  Point // finite
	least Point // finite
	some  bool  // last and least are set
}

// Append adds a point. It allocates nothing but the room for the points.
func (s *Series) Append(step int64, v float64) {
	if !s.cur.accepts(step) {
		done := s.done
		if len(done) == maxSegments { // the oldest goes; a copy may still hold it
			done = slices.Clone(done[1:])
		}
		if s.cur.n > chunkLen {
			s.cur.freeze()
		}
		s.done = append(done, s.cur)
		s.cur = segment{}
	}
	f := float32(v)
	if math.IsInf(v, 0) || math.IsInf(float64(f), 0) || v != v {
		f = float32(math.NaN())
	} else {
		s.last = Point{step, v}
		if !s.some || v < s.least.Value {
			s.least = s.last
		}
		s.some = true
	}
	s.cur.append(step, f)
	s.n++
}

// freeze gives back room that only a growing series needs. It may grow again.
func (s *Series) freeze() {
	s.cur.freeze()
	s.done = slices.Clip(s.done)
}

// Snapshot returns a copy that stays as it is.
func (s *Series) Snapshot() Series { return *s }

// Len counts the points, gaps too.
func (s *Series) Len() int { return s.n }

// Segments counts the segments.
func (s *Series) Segments() int {
	if s.n == 0 {
		return 0
	}
	return len(s.done) + 1
}

// Last returns the newest finite value, exactly as it was appended.
func (s *Series) Last() (Point, bool) { return s.last, s.some }

// Min returns the least finite value, exactly as it was appended.
func (s *Series) Min() (Point, bool) { return s.least, s.some }

// Bounds returns the first and the last step of the curve.
func (s *Series) Bounds() (lo, hi int64, ok bool) {
	if s.n == 0 {
		return 0, 0, false
	}
	lo, hi = s.cur.firstStep(), s.cur.lastStep()
	for i := range s.done {
		lo = min(lo, s.done[i].firstStep())
	}
	return lo, hi, true
}

// Size is about what the series holds in memory, in bytes.
func (s *Series) Size() int {
	n := s.cur.size()
	for i := range s.done {
		n += s.done[i].size()
	}
	return n
}

func (s *Series) segment(i int) *segment {
	if i < len(s.done) {
		return &s.done[i]
	}
	return &s.cur
}

// live returns the index behind the last point of segment i that no later
// segment replaces.
func (s *Series) live(i int) int {
	cut := int64(math.MaxInt64)
	for j := i + 1; j <= len(s.done); j++ {
		cut = min(cut, s.segment(j).firstStep())
	}
	g := s.segment(i)
	if g.n == 0 || cut > g.lastStep() {
		return g.n
	}
	return g.find(float64(cut))
}

// Points yields the points of the curve in order of their steps, values
// rounded to float32, gaps as NaN.
func (s *Series) Points() iter.Seq[Point] {
	return func(yield func(Point) bool) {
		for i := range s.Segments() {
			g := s.segment(i)
			for j, n := 0, s.live(i); j < n; j++ {
				if step, v := g.at(j); !yield(Point{step, float64(v)}) {
					return
				}
			}
		}
	}
}

// Near returns the point of the curve with the greatest step that is not
// beyond x, or its first point. The value is rounded to float32, and NaN in a
// gap.
func (s *Series) Near(x float64) (Point, bool) {
	for i := len(s.done); i >= 0 && s.n > 0; i-- {
		g := s.segment(i)
		if float64(g.firstStep()) > x {
			continue
		}
		j := g.find(math.Nextafter(x, math.Inf(1)))
		step, v := g.at(j - 1)
		return Point{step, float64(v)}, true
	}
	for i := range s.Segments() { // x lies before all of it
		if s.live(i) > 0 {
			step, v := s.segment(i).at(0)
			return Point{step, float64(v)}, true
		}
	}
	return Point{}, false
}

// At returns where the curve is at x, on the line that joins the points before
// and behind it: not a number in a gap, and the last point before it where a
// restart begins. It is false outside of the curve.
func (s *Series) At(x float64) (v float64, ok bool) {
	for i := len(s.done); i >= 0 && s.n > 0; i-- {
		g := s.segment(i)
		if float64(g.firstStep()) > x {
			continue
		}
		j := g.find(math.Nextafter(x, math.Inf(1)))
		step, a := g.at(j - 1)
		switch {
		case float64(step) == x:
			return float64(a), true
		case j < s.live(i):
			next, b := g.at(j)
			return float64(a) + float64(b-a)*(x-float64(step))/float64(next-step), true
		}
		if i < len(s.done) {
			return float64(a), true
		}
		break
	}
	return 0, false
}

// Crossing returns the step at which the curve first reaches the target from
// above: the first point at or below the target, as far back towards the finite
// point before it, whatever gaps lie between, as the straight line that joins
// the two is below. A curve that starts at or below the target crosses at its
// first step. What a restart replaced does not count.
func Crossing(s *Series, target float64) (step float64, ok bool) {
	v := float32(target)
	for i := range s.Segments() {
		g, n := s.segment(i), s.live(i)
		j := g.below(0, n, v)
		if j == n {
			continue
		}
		at, y := g.at(j)
		px, py, ok := s.before(i, j)
		if !ok || py <= float64(y) {
			return float64(at), true
		}
		f := (py - target) / (py - float64(y))
		return float64(px) + max(min(f, 1), 0)*float64(at-px), true
	}
	return 0, false
}

// before returns the finite point of the curve before point j of segment i.
func (s *Series) before(i, j int) (int64, float64, bool) {
	for ; i >= 0; i-- {
		g := s.segment(i)
		for j--; j >= 0; j-- {
			if step, v := g.at(j); v == v {
				return step, float64(v), true
			}
		}
		if i > 0 {
			j = s.live(i - 1)
		}
	}
	return 0, 0, false
}
