package curve

import (
	"math"
	"testing"
)

// A curve is on the lines between its points, and nowhere else.
func TestAt(t *testing.T) {
	s := &Series{}
	for _, p := range []Point{{0, 4}, {100, 2}, {200, nan}, {300, 1}, {400, 3}, {350, 5}, {450, 7}} {
		s.Append(p.Step, p.Value)
	}
	for _, c := range []struct {
		x, want float64
		ok      bool
	}{
		{-1, 0, false},
		{0, 4, true},
		{25, 3.5, true},
		{100, 2, true},
		{150, nan, true},
		{200, nan, true},
		{250, nan, true},
		{300, 1, true},
		{325, 1, true},
		{350, 5, true},
		{400, 6, true},
		{450, 7, true},
		{451, 0, false},
	} {
		v, ok := s.At(c.x)
		if ok != c.ok || v != c.want && !(v != v && c.want != c.want) {
			t.Errorf("at %v: %v, %v, want %v, %v", c.x, v, ok, c.want, c.ok)
		}
	}
	if _, ok := new(Series).At(0); ok {
		t.Error("an empty series is somewhere")
	}
	if p, ok := s.Near(0); !ok || p.Step != 0 { // the next number above 0 is not far from it
		t.Errorf("near 0 is %v, %v", p, ok)
	}
	r := uneven()
	for _, a := range []Axis{Step, Wall, Tokens} {
		tr, _ := r.Trace("val_loss", a)
		lo, hi, _ := tr.Bounds()
		for i := range 100 {
			x := lo + (hi-lo)*float64(i)/99
			if v, ok := tr.At(x); !ok || math.Abs(tr.X(v)-x) > 2*fine(x) { // its values are its steps
				t.Errorf("axis %d: %v at %v, %v", a, v, x, ok)
			}
		}
	}
}
