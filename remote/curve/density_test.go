package curve

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"vigil/remote"
)

// growing is a store of runs that grow by themselves: some every step, some
// seldom, some with gaps and restarts.
type growing struct {
	s    *Store
	r    *rand.Rand
	ws   []*Writer
	at   []int64
	kind []int
}

func newGrowing(n int) *growing {
	g := &growing{s: NewStore(), r: rand.New(rand.NewPCG(1, 9))}
	for i := range n {
		g.ws = append(g.ws, g.s.Writer(remote.Source{Host: "h", Path: fmt.Sprint("/", i)}))
		g.at = append(g.at, 0)
		g.kind = append(g.kind, i%5)
	}
	return g
}

func (g *growing) grow(i, n int) {
	for range n {
		v := digits(3+7/(1+float64(g.at[i])/100)+0.2*g.r.Float64(), 4)
		switch g.kind[i] {
		case 1:
			g.at[i] += 36
		case 2:
			if g.r.IntN(20) == 0 {
				v = nan
			}
		case 3:
			if g.r.IntN(200) == 0 {
				g.at[i] = g.at[i] * 2 / 3
			}
		}
		g.ws[i].Add(point(0, g.at[i], 0, float64(g.at[i]), "val_loss", v))
		g.at[i]++
	}
}

// slowCount is what a Density counts, worked out run by run and dot by dot.
func slowCount(g Grid, runs []*Run) []int {
	counts := make([]int, g.Cols*g.Rows)
	d := Density{}
	d.reset(g)
	for _, r := range runs {
		tr, ok := r.Trace(g.Metric, g.Axis)
		if !ok {
			continue
		}
		hit := make([]bool, g.Cols*g.Rows)
		mark := func(x, a, b int) {
			for y := max(min(a, b), 0); y <= min(max(a, b), g.Rows-1); y++ {
				hit[x*g.Rows+y] = true
			}
		}
		px, py := -1, 0
		f, ok := newFrame(tr.ruler, g.X0, g.X1, g.Cols, g.LogX)
		if !ok {
			continue
		}
		cols := make([]Column, g.Cols)
		tr.fill(&f, cols)
		for x, c := range cols {
			if c.N == 0 {
				if c.Gap {
					px = -1
				}
				continue
			}
			first, last := d.row(c.First), d.row(c.Last)
			if c.N == 1 {
				first, last = d.row(c.Max), d.row(c.Max)
			}
			if px >= 0 && !c.Start && c.First == c.First {
				prev := py
				for i := 1; i <= x-px; i++ {
					num := 2*(first-py)*i + (x - px)
					y := py + num/(2*(x-px))
					if first < py {
						y = py - (2*(py-first)*i+(x-px))/(2*(x-px))
					}
					mark(px+i-1, prev, (prev+y)/2)
					mark(px+i, (prev+y)/2, y)
					prev = y
				}
			}
			mark(x, d.row(c.Min), d.row(c.Max))
			if px, py = x, last; c.Last != c.Last {
				px = -1
			}
		}
		for i, h := range hit {
			if h {
				counts[i]++
			}
		}
	}
	return counts
}

func checkCounts(t *testing.T, d *Density, g Grid, runs []*Run) {
	t.Helper()
	want := slowCount(g, runs)
	for x := range g.Cols {
		for y := range g.Rows {
			if got := d.Count(x, y); got != want[x*g.Rows+y] {
				t.Fatalf("%d curves at (%d, %d) of %d runs, want %d", got, x, y, len(runs), want[x*g.Rows+y])
			}
		}
	}
}

// TestDensityAgainstSlow lets runs grow, come and go, and grids change.
func TestDensityAgainstSlow(t *testing.T) {
	w := newGrowing(40)
	var d Density
	grids := []Grid{
		{Metric: "val_loss", X0: 0, X1: 3000, Y0: 2.5, Y1: 8, Cols: 120, Rows: 60},
		{Metric: "val_loss", X0: 100, X1: 700, Y0: 3, Y1: 4, Cols: 50, Rows: 40},
		{Metric: "val_loss", X0: 1, X1: 4000, Y0: 2.5, Y1: 12, Cols: 90, Rows: 50, LogX: true, LogY: true},
		{Metric: "val_loss", X0: 0, X1: 3000, Y0: 2.5, Y1: 8, Cols: 130, Rows: 60, Axis: Wall},
		{Metric: "none", X0: 0, X1: 3000, Y0: 2.5, Y1: 8, Cols: 10, Rows: 10},
	}
	var runs []*Run
	for round := range 60 {
		for i := range w.ws {
			if round < i { // they come one by one
				break
			}
			if w.r.IntN(3) > 0 {
				w.grow(i, w.r.IntN(60))
			}
		}
		runs = runs[:0]
		for _, r := range w.s.Snapshot().All() {
			if round%7 != 6 || w.r.IntN(2) == 0 { // a filter
				runs = append(runs, r)
			}
		}
		if round%9 == 8 {
			slices.Reverse(runs)
		}
		g := grids[round/12]
		if round%4 == 0 {
			d.Draw(g, runs, 5)
		}
		if left := d.Draw(g, runs, len(runs)); left != 0 {
			t.Fatalf("%d left", left)
		}
		checkCounts(t, &d, g, runs)
	}
}

func TestDensityWorksInParts(t *testing.T) {
	w := newGrowing(200)
	for i := range w.ws {
		w.grow(i, 50)
	}
	runs := w.s.Snapshot().Filter(nil, "", "")
	g := Grid{Metric: "val_loss", X0: 0, X1: 300, Y0: 2, Y1: 12, Cols: 40, Rows: 40}
	var d Density
	if d.Count(0, 0) != 0 {
		t.Error("an empty density counts")
	}
	calls := 1
	for d.Draw(g, runs, 30) > 0 {
		calls++
	}
	if calls != 7 {
		t.Errorf("%d calls", calls)
	}
	checkCounts(t, &d, g, runs)
	for _, bad := range []Grid{{}, {Metric: "val_loss", Cols: -3, Rows: 5}, {Metric: "val_loss", X0: 3, X1: nan, Cols: 5, Rows: 5, Y1: nan}, {Metric: "val_loss", LogX: true, X1: 5, Cols: 5, Rows: 5}} {
		d.Draw(bad, runs, len(runs))
	}
}

// fleetGrid shows the fleet as a screen of 200 by 50 cells does.
var fleetGrid = Grid{Metric: "train_loss", X0: 0, X1: 3300, Y0: 2.8, Y1: 4.5, Cols: 400, Rows: 200}

func BenchmarkDensity(b *testing.B) {
	s := NewStore()
	fleet(s, 10_000, 3000)
	runs := s.Snapshot().Filter(nil, "", "")
	// grown returns the runs as they are after every nth had another point.
	step := int64(3000)
	grown := func(nth int) []*Run {
		for i := 0; i < len(runs); i += nth {
			r := runs[i]
			s.Writer(remote.Source{Host: r.Host, Path: r.Path}).Add(point(0, step, 3300, 0.7*float64(step), "train_loss", 3.3))
		}
		step++
		return s.Snapshot().Filter(nil, "", "")
	}
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			var d Density
			d.Draw(fleetGrid, runs, len(runs))
		}
	})
	var d Density
	d.Draw(fleetGrid, runs, len(runs))
	b.Run("same", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.Draw(fleetGrid, runs, 0)
		}
	})
	for _, nth := range []int{1000, 100, 1} {
		b.Run(fmt.Sprintf("grown-%d", len(runs)/nth), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				now := grown(nth)
				b.StartTimer()
				if d.Draw(fleetGrid, now, 0) != 0 {
					b.Fatal("not all could be extended")
				}
			}
		})
	}
}
