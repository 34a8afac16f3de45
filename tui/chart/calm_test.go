package chart

import (
	"math"
	"testing"
)

// A loss that falls for 1,000 points moves the range now and then, which always
// holds the data and never leaves much of it empty.
func TestCalmRange(t *testing.T) {
	var r calmRange
	moves, was := 0, r
	for i := range 1000 {
		hi := 11.0
		lo := 3 + 8*math.Exp(-float64(i)/150)
		a, b := r.keep(lo, hi)
		if a > lo || b < hi || hi-lo < 0.8*(b-a) {
			t.Fatalf("point %d: %g to %g is drawn in %g to %g", i, lo, hi, a, b)
		}
		if r != was {
			moves++
		}
		was = r
	}
	if moves < 5 || moves > 60 {
		t.Errorf("the range moved %d times", moves)
	}
	if a, b := r.keep(20, 30); a != 20 || b != 30 {
		t.Errorf("other data is drawn in %g to %g", a, b)
	}
	if a, b := r.keep(24, 26); a != 24 || b != 26 {
		t.Errorf("less data is drawn in %g to %g", a, b)
	}
}
