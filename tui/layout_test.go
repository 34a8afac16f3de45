package tui

import (
	"math/rand/v2"
	"testing"
)

func TestArrange(t *testing.T) {
	both := open{Fleet: true}
	for _, c := range []struct {
		w, h int
		o    open
		want layout
	}{
		{0, 0, both, layout{}},
		{-1, 5, both, layout{}},
		{20, 1, both, layout{Detail: rect{0, 0, 20, 1}}},
		{20, 5, both, layout{Header: rect{0, 0, 20, 1}, Detail: rect{0, 1, 20, 3}, Footer: rect{0, 4, 20, 1}}},
		{80, 24, both, layout{
			Header: rect{0, 0, 80, 1}, Fleet: rect{0, 1, 80, 1}, Strip: true,
			Detail: rect{0, 2, 80, 21}, Footer: rect{0, 23, 80, 1},
		}},
		{120, 40, both, layout{
			Header: rect{0, 0, 120, 1}, Fleet: rect{0, 1, 33, 38},
			Detail: rect{33, 1, 87, 38}, Footer: rect{0, 39, 120, 1},
		}},
		{120, 40, open{Fleet: true, Status: true}, layout{
			Header: rect{0, 0, 120, 1}, Fleet: rect{0, 1, 33, 37},
			Detail: rect{33, 1, 87, 37}, Status: rect{0, 38, 120, 1}, Footer: rect{0, 39, 120, 1},
		}},
		{80, 24, open{Fleet: true, Banner: true}, layout{
			Header: rect{0, 0, 80, 1}, Fleet: rect{0, 1, 80, 1}, Strip: true, Banner: rect{0, 2, 80, 1},
			Detail: rect{0, 3, 80, 20}, Footer: rect{0, 23, 80, 1},
		}},
		{120, 40, open{Fleet: true, Banner: true}, layout{
			Header: rect{0, 0, 120, 1}, Banner: rect{0, 1, 120, 1}, Fleet: rect{0, 2, 33, 37},
			Detail: rect{33, 2, 87, 37}, Footer: rect{0, 39, 120, 1},
		}},
		{120, 40, open{Fleet: true, Zoom: true}, layout{
			Header: rect{0, 0, 120, 1}, Detail: rect{0, 1, 120, 38}, Footer: rect{0, 39, 120, 1},
		}},
		{200, 60, both, layout{
			Header: rect{0, 0, 200, 1}, Fleet: rect{0, 1, 44, 58},
			Detail: rect{44, 1, 156, 58}, Footer: rect{0, 59, 200, 1},
		}},
		{300, 100, open{}, layout{
			Header: rect{0, 0, 300, 1}, Detail: rect{0, 1, 300, 98}, Footer: rect{0, 99, 300, 1},
		}},
	} {
		if got := arrange(c.w, c.h, c.o); got != c.want {
			t.Errorf("arrange(%d, %d, %+v)\n got %+v\nwant %+v", c.w, c.h, c.o, got, c.want)
		}
	}
}

// Whatever the size, the zones cover the screen without lying over one another.
func TestArrangeCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		w, h := rng.IntN(320), rng.IntN(110)
		o := open{Zoom: rng.IntN(2) == 0, Fleet: rng.IntN(2) == 0, Status: rng.IntN(2) == 0, Banner: rng.IntN(2) == 0}
		l := arrange(w, h, o)
		area := 0
		for _, r := range []rect{l.Header, l.Fleet, l.Banner, l.Detail, l.Status, l.Footer} {
			if r.X < 0 || r.Y < 0 || r.W < 0 || r.H < 0 || r.X+r.W > w || r.Y+r.H > h {
				t.Fatalf("%dx%d %+v: %+v is off the screen", w, h, o, r)
			}
			area += r.W * r.H
		}
		if area != w*h {
			t.Fatalf("%dx%d %+v: the zones cover %d cells of %d: %+v", w, h, o, area, w*h, l)
		}
	}
}
