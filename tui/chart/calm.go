package chart

// asked is what a person asks of a chart that changes which range fits: it fits
// anew then.
type asked struct {
	w, h         int
	xlo, xhi     float64
	log, logX    bool
	tail, smooth float64
}

// calmRange is a range that follows the data in strides: a run that grows
// would otherwise move every line of the chart with each of its points, which
// is restless to look at and much to send over a thin line.
type calmRange struct{ lo, hi float64 }

const (
	calmSlack  = 0.85 // a range that the data fills this far still fits
	calmStride = 0.06 // of the range, on the side to which the data goes
)

// keep returns the range to draw data of this range in.
func (r *calmRange) keep(lo, hi float64) (float64, float64) {
	switch was := *r; {
	case was.lo <= lo && hi <= was.hi && hi-lo >= calmSlack*(was.hi-was.lo):
		return was.lo, was.hi
	case lo < was.lo && hi <= was.hi && hi > was.lo:
		r.lo, r.hi = lo-calmStride*(hi-lo), hi
	case hi > was.hi && lo >= was.lo && lo < was.hi:
		r.lo, r.hi = lo, hi+calmStride*(hi-lo)
	default:
		r.lo, r.hi = lo, hi
	}
	return r.lo, r.hi
}
