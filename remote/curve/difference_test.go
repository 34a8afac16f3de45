package curve

import (
	"math"
	"math/rand/v2"
	"testing"
)

// stepped is a curve over steps, as a trace.
func stepped(n, every int, at func(step float64) float64) Trace {
	s := Series{}
	for i := 0; i < n; i += every {
		s.Append(int64(i), at(float64(i)))
	}
	r := &Run{Series: []Named{{Name: "y", Series: s}}}
	t, _ := r.Trace("y", Step)
	return t
}

// The difference is taken at equal steps, whatever steps the two have points at.
func TestMinus(t *testing.T) {
	base := stepped(1001, 100, func(x float64) float64 { return 5 - x/500 })
	for name, tr := range map[string]Trace{
		"the same steps":  stepped(1001, 100, func(x float64) float64 { return 5.5 - x/500 }),
		"finer steps":     stepped(1001, 10, func(x float64) float64 { return 5.5 - x/500 }),
		"unlike steps":    stepped(1001, 130, func(x float64) float64 { return 5.5 - x/500 }),
		"one a column":    stepped(1001, 25, func(x float64) float64 { return 5.5 - x/500 }),
		"many in columns": stepped(1001, 1, func(x float64) float64 { return 5.5 - x/500 }),
	} {
		for _, log := range []bool{false, true} {
			got := tr.Log(log).Minus(base, 1, 1000, 40, 0, nil)
			n := 0
			for c, d := range got {
				if d.N == 0 {
					continue
				}
				n++
				for _, v := range []float32{d.Min, d.Mean, d.Max, d.First, d.Last} {
					if math.Abs(float64(v)-0.5) > 0.06 { // within a column of the plot
						t.Errorf("%s, log %v: column %d is %+v", name, log, c, d)
						break
					}
				}
			}
			if n < 5 {
				t.Errorf("%s: %d columns", name, n)
			}
		}
	}
}

// It is where both are; a gap of either is a gap, and a curve minus itself is 0.
func TestMinusEnds(t *testing.T) {
	long := stepped(1001, 1, func(x float64) float64 { return x / 100 })
	short := stepped(501, 1, func(float64) float64 { return 1 })
	for name, d := range map[string][]Column{
		"long minus short": long.Minus(short, 0, 1000, 20, 0, nil),
		"short minus long": short.Minus(long, 0, 1000, 20, 0, nil),
		"smoothed":         long.Minus(short, 0, 1000, 20, 0.5, nil),
	} {
		for c := range d {
			if got := d[c].N > 0; got != (c <= 10) {
				t.Errorf("%s: column %d has %d", name, c, d[c].N)
			}
		}
	}
	for _, c := range long.Minus(long, 0, 1000, 20, 0, nil) {
		if c.Min != 0 || c.Max != 0 || c.Mean != 0 || c.First != 0 || c.Last != 0 {
			t.Errorf("minus itself: %+v", c)
		}
	}
	hole := stepped(1001, 10, func(x float64) float64 {
		if x >= 400 && x < 600 {
			return nan
		}
		return 1
	})
	d := long.Minus(hole, 0, 1000, 20, 0, nil)
	if d[9].N > 0 || d[10].N > 0 || d[5].N == 0 || d[15].N == 0 {
		t.Errorf("around a gap: %+v", d)
	}
	if d := short.Minus(hole, 450, 550, 400, 0, nil); d[200].N > 0 || !d[200].Gap {
		t.Errorf("in a gap: %+v", d[200])
	}
}

// TestMinusAgainstPoints holds what the pyramid tells of many points against the
// differences of all of them.
func TestMinusAgainstPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	noisy := func(end float64) func(float64) float64 {
		return func(x float64) float64 { return end + 5*math.Exp(-x/20_000) + r.NormFloat64()*0.01 }
	}
	a, b := stepped(200_000, 1, noisy(3)), stepped(200_000, 2, noisy(3.1))
	const cols = 300
	got := a.Minus(b, 0, 199_998, cols, 0, nil)
	sum, n := make([]float64, cols), make([]float64, cols)
	for p := range a.Points() {
		if v, ok := b.Series.At(float64(p.Step)); ok {
			c := min(int(float64(p.Step)/199_998*cols), cols-1)
			sum[c] += p.Value - v
			n[c]++
		}
	}
	for c := range got {
		if want := sum[c] / n[c]; math.Abs(float64(got[c].Mean)-want) > 0.02 || got[c].Min > got[c].Mean || got[c].Max < got[c].Mean {
			t.Errorf("column %d: %+v, mean %v", c, got[c], want)
		}
	}
}

// A spike of either shows, though columns hold many points.
func TestMinusShowsSpikes(t *testing.T) {
	flat := stepped(100_000, 1, func(float64) float64 { return 1 })
	spike := stepped(100_000, 1, func(x float64) float64 {
		if x == 50_000 {
			return 9
		}
		return 1
	})
	for _, c := range []struct {
		name     string
		d        []Column
		min, max float32
	}{{"its", spike.Minus(flat, 0, 99_999, 100, 0, nil), 0, 8}, {"the other's", flat.Minus(spike, 0, 99_999, 100, 0, nil), -8, 0}} {
		lo, hi := float32(0), float32(0)
		for _, col := range c.d {
			lo, hi = min(lo, col.Min), max(hi, col.Max)
		}
		if math.Abs(float64(lo-c.min)) > 0.02 || math.Abs(float64(hi-c.max)) > 0.02 {
			t.Errorf("%s spike: %v to %v", c.name, lo, hi)
		}
	}
}

func TestLower(t *testing.T) {
	base := []Column{{Min: 1, Mean: 1, Max: 1, First: 1, Last: 1, N: 1}, {}, {Min: 3, Mean: 3, Max: 3, First: 3, Last: 3, N: 1}, {}}
	band := []Column{{Min: 2, Mean: 3, Max: 4, N: 2}, {Min: 2, Mean: 3, Max: 4, N: 2}, {Min: 2, Mean: 3, Max: 4, N: 2}, {Min: 2, Mean: 3, Max: 4, N: 2}}
	Lower(band, base)
	for c, want := range []Column{{Min: 1, Mean: 2, Max: 3, N: 2}, {Min: 0, Mean: 1, Max: 2, N: 2}, {Min: -1, Mean: 0, Max: 1, N: 2}, {}} {
		if got := band[c]; got.Min != want.Min || got.Mean != want.Mean || got.Max != want.Max || got.N != want.N {
			t.Errorf("column %d: %+v, want %+v", c, got, want)
		}
	}
}

func TestMinusAllocatesNothing(t *testing.T) {
	a, b := stepped(100_000, 1, math.Sqrt), stepped(100_000, 3, math.Sqrt)
	dst := make([]Column, 800)
	for _, weight := range []float64{0, 0.9} {
		for _, hi := range []float64{300, 99_999} {
			if n := testing.AllocsPerRun(10, func() { a.Minus(b, 0, hi, 400, weight, dst) }); n != 0 {
				t.Errorf("to %v, weight %v: %v allocations", hi, weight, n)
			}
		}
	}
}

func BenchmarkMinus(b *testing.B) {
	for _, n := range []int{3000, 1_000_000} {
		x, y := stepped(n, 1, math.Sqrt), stepped(n, 1, math.Sqrt)
		dst := make([]Column, 800)
		for _, log := range []bool{false, true} {
			b.Run(map[bool]string{false: "linear", true: "log"}[log], func(b *testing.B) {
				for b.Loop() {
					x.Log(log).Minus(y, 1, float64(n), 400, 0, dst)
				}
			})
		}
	}
}

// BenchmarkBand is a family of a thousand runs that a log tells a few points of.
func BenchmarkBand(b *testing.B) {
	f := Family{}
	for i := range 1000 {
		f.Runs = append(f.Runs, &Run{Series: []Named{{Name: "y", Series: *stepped(3001, 25, func(x float64) float64 { return float64(i%7) + math.Exp(-x/300) }).Series}}})
	}
	dst := make([]Column, 800)
	b.ReportAllocs()
	for b.Loop() {
		f.Band("y", false, 0, 3000, 400, dst)
	}
}
