package curve

import (
	"math"
	"slices"
)

// Projection is where a run is thought to end.
type Projection struct {
	Step   int64   // the last planned one
	Value  float64 // there, as likely below as above
	Lo, Hi float64 // four of five runs end between them
	Peers  int     // finished runs that it is drawn from; 0 if only from its own curve
}

const (
	planShare = 0.05 // plans that differ by no more are of the same schedule
	manyPeers = 9    // enough that a tenth of them lies beyond the last but one
	maxPeers  = 256  // the newest ones; the cost of a projection
	levelPart = 0.02 // of a plan: over so much the noise is averaged
)

// Project predicts the value of a metric at the run's last planned step. Each
// peer, a run that finished a plan of the same length or one that differs
// little, tells how far a value still falls from this part of the plan on; the
// median of these falls, and the part that the middle four of five take, make
// the prediction. Without peers a power law is fitted to the run's own curve,
// with a wide band, since nothing tells how its learning rate will fall. False
// if the run has no plan, or too little of a curve.
func Project(r *Run, metric string, peers []*Run) (Projection, bool) {
	s := r.Metric(metric)
	if s == nil || r.Plan <= 0 {
		return Projection{}, false
	}
	_, step, ok := s.Bounds()
	last, some := s.Last()
	if !ok || !some || step < 0 {
		return Projection{}, false
	}
	if step >= r.Plan {
		return Projection{Step: r.Plan, Value: last.Value, Lo: last.Value, Hi: last.Value}, true
	}
	at := float64(step) / float64(r.Plan)
	now, dense, ok := s.level(float64(step), levelPart*float64(r.Plan))
	if f := r.fallsOf(metric, at, dense, peers); ok && len(f.usual) > 0 {
		lo, mid, hi := spread(f.usual)
		return Projection{r.Plan, now - mid, now - hi, now - lo, len(f.usual)}, true
	}
	return s.powerLaw(r.Plan)
}

// falls is how far peers fell from a part of their plan to its end.
type falls struct {
	usual []float64 // of those that tell most
	most  float64   // of any
}

// fallsOf returns how far the peers fell from a part of their plan to its end.
// Those that tell most are the other seeds of the run's own candidate, if there
// are some, else one of each candidate: seeds are alike, and say little of what
// another candidate does.
func (r *Run) fallsOf(metric string, at float64, dense bool, peers []*Run) falls {
	const some = 3
	var own, each []float64
	most := math.Inf(-1)
	seen := map[string]bool{}
	looked := 0
	for i := len(peers) - 1; i >= 0 && looked < maxPeers; i-- {
		q := peers[i]
		if q.ID == r.ID || !q.sameSchedule(r.Plan) {
			continue
		}
		looked++
		f, ok := q.fall(metric, at, dense)
		if !ok {
			continue
		}
		most = max(most, f)
		if r.seedOf(q) {
			own = append(own, f)
		}
		if q.kin == "" || !seen[q.kin] {
			each = append(each, f)
		}
		seen[q.kin] = true
	}
	if len(own) >= some {
		each = own
	}
	return falls{each, most}
}

// seedOf reports whether the names of two runs differ in their seeds only.
func (r *Run) seedOf(q *Run) bool { return r.named && q.named && r.kin == q.kin && r.Key == q.Key }

// sameSchedule reports whether the run came to the end of a plan that is about
// as long.
func (r *Run) sameSchedule(plan int64) bool {
	return r.Status == Finished && r.Plan > 0 && math.Abs(float64(r.Plan-plan)) <= planShare*float64(plan)
}

// fall returns how far a metric of a finished run fell from a part of its plan
// to its end.
func (r *Run) fall(metric string, at float64, dense bool) (float64, bool) {
	s := r.Metric(metric)
	if s == nil {
		return 0, false
	}
	plan := float64(r.Plan)
	_, end, ok := s.Bounds()
	if !ok || float64(end) < (1-levelPart)*plan {
		return 0, false
	}
	if dense {
		a, _, oka := s.level(at*plan, levelPart*plan)
		b, _, okb := s.level(float64(end), levelPart*plan)
		return a - b, oka && okb
	}
	a, ok := s.between(at * plan)
	b, some := s.Last()
	return a - b.Value, ok && some
}

// level returns the value at a step: the mean of what lies in the width before
// it if that is many points (dense), else that of the curve.
func (s *Series) level(step, width float64) (v float64, dense, ok bool) {
	const many = 8
	if b := s.sum(step-width, step); b.n >= many {
		return float64(b.mean), true, true
	}
	v, ok = s.between(step)
	return v, false, ok
}

// sum sums up the points of the curve in (x0, x1].
func (s *Series) sum(x0, x1 float64) (b bucket) {
	for i := range s.Segments() {
		g, n := s.segment(i), s.live(i)
		lo := min(g.find(math.Nextafter(x0, math.Inf(1))), n)
		hi := min(g.find(math.Nextafter(x1, math.Inf(1))), n)
		if o := g.sum(lo, hi); b.n == 0 {
			b = o
		} else {
			b.add(o)
		}
	}
	return b
}

// spread returns the median of a sample and the band in which another value
// of its kind lies four times in five.
func spread(v []float64) (lo, mid, hi float64) {
	// The factors by which the deviation of so few samples misses that of all
	// (Student's t at 0.9), for one degree of freedom and more.
	t := [...]float64{3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397}
	slices.Sort(v)
	n := len(v)
	mid = quantile(v, 0.5)
	switch {
	case n >= manyPeers:
		return quantile(v, 0.1), mid, quantile(v, 0.9)
	case n == 1: // one says nothing of how they differ
		d := math.Abs(mid) / 2
		return mid - d, mid, mid + d
	}
	mean, dev := moments(v)
	d := t[n-2] * dev * math.Sqrt(1+1/float64(n))
	return min(mean-d, mid), mid, max(mean+d, mid)
}

// quantile returns the value below which a share of what a sorted sample stands
// for lies.
func quantile(v []float64, p float64) float64 {
	at := p*float64(len(v)+1) - 1
	i := int(math.Floor(at))
	switch {
	case i < 0:
		return v[0]
	case i >= len(v)-1:
		return v[len(v)-1]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}

// moments returns the mean and the deviation of a sample.
func moments(v []float64) (mean, dev float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		dev += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(dev / float64(max(len(v)-1, 1)))
}

// powerLaw continues the curve as a + b·step^-k. The exponent and the start of
// what is fitted are not known, so it tries some of each: their predictions
// make the band.
func (s *Series) powerLaw(plan int64) (Projection, bool) {
	const (
		cols      = 64
		least     = 8   // columns with values
		leastPart = 0.2 // of the plan
	)
	_, step, _ := s.Bounds()
	if float64(step) < leastPart*float64(plan) {
		return Projection{}, false
	}
	w := s.Window(0, float64(step), cols, nil)
	var ends []float64
	var now float64
	for _, from := range []int{cols / 8, cols / 4, cols / 2} {
		var x, y []float64
		for c := from; c < cols; c++ {
			if w[c].N > 0 {
				x = append(x, (float64(c)+0.5)*float64(step)/cols)
				y = append(y, float64(w[c].Mean))
			}
		}
		if len(x) < least {
			continue
		}
		now = y[len(y)-1]
		for _, k := range []float64{0.25, 0.5, 1, 1.5} {
			if end, ok := fitPower(x, y, k, float64(plan)); ok && end < now {
				ends = append(ends, end)
			}
		}
	}
	if len(ends) == 0 {
		return Projection{}, false
	}
	slices.Sort(ends)
	v := quantile(ends, 0.5)
	// A learning rate that falls to its end makes a curve fall twice as far
	// and more; one that does not, or noise, may leave it where it is.
	return Projection{plan, v, min(ends[0], v-1.5*(now-v)), now, 0}, true
}

// fitPower fits y = a + b·x^-k by least squares and returns it at end.
func fitPower(x, y []float64, k, end float64) (float64, bool) {
	var n, su, sy, suu, suy float64
	for i := range x {
		u := math.Pow(x[i], -k)
		n++
		su += u
		sy += y[i]
		suu += u * u
		suy += u * y[i]
	}
	d := n*suu - su*su
	if !(d > 0) {
		return 0, false
	}
	b := (n*suy - su*sy) / d
	if !(b > 0) { // it does not fall
		return 0, false
	}
	return (sy-b*su)/n + b*math.Pow(end, -k), true
}
