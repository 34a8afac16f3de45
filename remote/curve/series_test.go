package curve

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var nan = math.NaN()

// model is the slow twin of Series: a list of points, cut where a later
// segment replaces it.
type model struct{ segs [][]Point }

func (m *model) append(step int64, v float64) {
	n := len(m.segs)
	if n == 0 || step < m.segs[n-1][len(m.segs[n-1])-1].Step {
		m.segs = append(m.segs, nil)
		n++
	}
	m.segs[n-1] = append(m.segs[n-1], Point{step, float64(float32(v))})
}

func (m *model) live() []Point {
	var out []Point
	for i, seg := range m.segs {
		cut := int64(math.MaxInt64)
		for _, later := range m.segs[i+1:] {
			cut = min(cut, later[0].Step)
		}
		for _, p := range seg {
			if p.Step < cut {
				out = append(out, p)
			}
		}
	}
	return out
}

func same(a, b Point) bool {
	return a.Step == b.Step && (a.Value == b.Value || a.Value != a.Value && b.Value != b.Value)
}

// random fills a series and its twin in the ways logs do: regular and
// irregular strides, steps told twice, gaps, restarts.
func random(r *rand.Rand, n int) (*Series, *model) {
	s, m := &Series{}, &model{}
	step := int64(r.IntN(3))
	stride := int64(1 + r.IntN(10))
	for range n {
		v := 3 + 8*math.Exp(-float64(step)/500) + r.NormFloat64()/10
		switch r.IntN(200) {
		case 0:
			v = nan
		case 1:
			v = 1000 // a spike
		case 2:
			stride = int64(1 + r.IntN(10))
		case 3:
			if len(m.segs) < 6 {
				step -= int64(r.IntN(1000))
			}
		case 4:
			step -= stride
			if k := len(m.segs); k > 0 {
				step = max(step, m.segs[k-1][len(m.segs[k-1])-1].Step)
			}
		}
		step = max(step, 0)
		s.Append(step, v)
		m.append(step, v)
		step += stride
	}
	return s, m
}

func TestSeriesAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 15, 16, 17, 255, 1023, 1024, 1025, 5000, 20000} {
		s, m := random(r, n)
		want := m.live()
		got := slices.Collect(s.Points())
		if !slices.EqualFunc(got, want, same) {
			t.Fatalf("n %d: %d points, want %d", n, len(got), len(want))
		}
		if s.Len() != n || s.Segments() != len(m.segs) {
			t.Errorf("n %d: Len %d, Segments %d, want %d", n, s.Len(), s.Segments(), len(m.segs))
		}
		for range 50 {
			x := r.Float64() * float64(want[len(want)-1].Step+10)
			i := len(want) - 1
			for i > 0 && float64(want[i].Step) > x {
				i--
			}
			if p, ok := s.Near(x); !ok || !same(p, want[i]) {
				t.Fatalf("n %d: Near(%v) = %v, want %v", n, x, p, want[i])
			}
		}
		checkCrossing(t, s, want)
		for range 20 {
			lo := r.Float64()*float64(want[len(want)-1].Step+20) - 10
			hi := lo + 1 + r.Float64()*float64(want[len(want)-1].Step)
			checkWindow(t, s, want, lo, hi, 1+r.IntN(300))
		}
		checkWindow(t, s, want, -1, float64(want[len(want)-1].Step), 170)
	}
}

func checkCrossing(t *testing.T, s *Series, want []Point) {
	t.Helper()
	for _, target := range []float64{20, 5, 3.3, 3, 2.9, 0} {
		i := slices.IndexFunc(want, func(p Point) bool { return p.Value <= float64(float32(target)) })
		step, ok := Crossing(s, target)
		if ok != (i >= 0) {
			t.Fatalf("Crossing(%v) = %v, %v; first at %d", target, step, ok, i)
		}
		if ok && (step > float64(want[i].Step) || i > 0 && want[i-1].Value == want[i-1].Value && step < float64(want[i-1].Step)) {
			t.Fatalf("Crossing(%v) = %v, want up to %v", target, step, want[i])
		}
	}
}

// checkWindow holds what Window promises: each point in one column, near its
// place; extremes, ends and gaps kept.
func checkWindow(t *testing.T, s *Series, points []Point, lo, hi float64, cols int) {
	t.Helper()
	got := s.Window(lo, hi, cols, nil)
	var in []Point
	for _, p := range points {
		if x := float64(p.Step); x >= lo && x <= hi {
			in = append(in, p)
		}
	}
	all := Column{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}
	gaps := 0
	for _, p := range in {
		if p.Value != p.Value {
			gaps++
			continue
		}
		all.N++
		all.Min, all.Max = min(all.Min, float32(p.Value)), max(all.Max, float32(p.Value))
	}
	sum := Column{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}
	for _, c := range got {
		if c.N > 0 {
			sum.N += c.N
			sum.Min, sum.Max = min(sum.Min, c.Min), max(sum.Max, c.Max)
			if c.Mean < c.Min-1e-3 || c.Mean > c.Max+1e-3 {
				t.Fatalf("mean %v outside [%v, %v]", c.Mean, c.Min, c.Max)
			}
		}
		sum.Gap = sum.Gap || c.Gap
	}
	if sum.N != all.N || sum.Gap != (gaps > 0) || all.N > 0 && (sum.Min != all.Min || sum.Max != all.Max) {
		t.Fatalf("window [%v, %v] in %d: %+v, want %+v and %d gaps", lo, hi, cols, sum, all, gaps)
	}
	// Walk the points through the columns: each within one column of its place.
	dx := (hi - lo) / float64(cols)
	i := 0
	for c, col := range got {
		for n, g := int32(0), false; (n < col.N || col.Gap && !g) && i < len(in); i++ {
			p := in[i]
			if p.Value == p.Value {
				n++
			} else {
				g = true
			}
			if at := (float64(p.Step) - lo) / dx; at < float64(c)-1.01 || at > float64(c)+2.01 {
				t.Fatalf("point %v in column %d of %d, belongs to %.2f", p, c, cols, at)
			}
			if col.Gap { // which of the gaps lie here cannot be told from outside
				break
			}
		}
		if col.Gap {
			return
		}
	}
}

// TestColumnEnds: the ends of columns are points next to each other.
func TestColumnEnds(t *testing.T) {
	var s Series
	const n = 3_000_000
	for i := range n {
		s.Append(int64(i), float64(i)) // exact in float32
	}
	for _, cols := range []int{10, 100, 340, 5000, 100_000} {
		next := float32(0)
		for c, col := range s.Window(0, n, cols, nil) {
			if col.First != next || col.Last != next+float32(col.N)-1 || col.Min != col.First || col.Max != col.Last {
				t.Fatalf("column %d of %d: %+v, want to start at %v", c, cols, col, next)
			}
			next += float32(col.N)
		}
	}
}

func TestRestart(t *testing.T) {
	var s Series
	for i := range int64(10) {
		s.Append(i*10, float64(100-i))
	}
	for i := range int64(10) {
		s.Append(45+i*10, float64(50-i))
	}
	if s.Segments() != 2 {
		t.Fatalf("segments = %d", s.Segments())
	}
	w := s.Window(0, 140, 140, nil)
	for c, col := range w {
		step := c
		switch want := step >= 45 && (step-45)%10 == 0 && step <= 135 || step < 45 && step%10 == 0; {
		case want && col.N != 1, !want && col.N != 0:
			t.Errorf("column %d: %+v", c, col)
		}
	}
	if !w[45].Start || !w[0].Start || w[55].Start {
		t.Error("the restart is not marked")
	}
	old := s.Replaced(0, 140, 140, nil)
	n := 0
	for c, col := range old {
		n += int(col.N)
		if col.N > 0 && c < 45 {
			t.Errorf("column %d is not replaced", c)
		}
	}
	if n != 5 { // 50, 60, 70, 80, 90
		t.Errorf("%d replaced points", n)
	}
}

func TestSeriesKeepsExactEnds(t *testing.T) {
	var s Series
	if _, ok := s.Last(); ok {
		t.Error("an empty series has a last value")
	}
	if _, ok := Crossing(&s, 1); ok {
		t.Error("an empty series crosses")
	}
	if _, ok := s.Near(3); ok {
		t.Error("an empty series has a point")
	}
	for _, c := range s.Window(0, 10, 5, nil) {
		if c != (Column{}) {
			t.Errorf("column %+v", c)
		}
	}
	s.Append(0, 3.123456789012)
	s.Append(1, 4.2)
	s.Append(2, nan)
	s.Append(3, math.Inf(1))
	s.Append(4, 1e300) // beyond float32: a gap too
	if p, _ := s.Min(); p != (Point{0, 3.123456789012}) {
		t.Errorf("Min = %v", p)
	}
	if p, _ := s.Last(); p != (Point{1, 4.2}) {
		t.Errorf("Last = %v", p)
	}
	w := s.Window(0, 5, 5, nil)
	if w[0].Gap || !w[2].Gap || w[2].N != 0 || !w[3].Gap || !w[4].Gap {
		t.Errorf("window = %+v", w)
	}
}

func TestCrossingInterpolates(t *testing.T) {
	var s Series
	for _, p := range []Point{{0, 10}, {100, 4}, {200, nan}, {300, 3}, {400, 3.5}, {500, 2}} {
		s.Append(p.Step, p.Value)
	}
	for target, want := range map[float64]float64{10: 0, 7: 50, 4: 100, 3.5: 200, 3: 300, 2.5: 400 + 100*2.0/3} {
		if got, ok := Crossing(&s, target); !ok || math.Abs(got-want) > 1e-4 {
			t.Errorf("Crossing(%v) = %v, %v, want %v", target, got, ok, want)
		}
	}
	if _, ok := Crossing(&s, 1); ok {
		t.Error("it never reached 1")
	}
}

func TestSmooth(t *testing.T) {
	var s Series
	r := rand.New(rand.NewPCG(3, 4))
	const n, w = 200, 0.9
	var want []float32
	num, den := 0.0, 0.0
	for i := range int64(n) {
		v := 5 + r.NormFloat64()
		s.Append(i, v)
		num = num*w + v*(1-w)
		den = den*w + (1 - w)
		want = append(want, float32(num/den))
	}
	got := s.Smooth(0, n, n, w, nil)
	for i, c := range got {
		if math.Abs(float64(c.Mean-want[i])) > 1e-5 {
			t.Fatalf("column %d: %v, want %v", i, c.Mean, want[i])
		}
	}
	// A window that starts later shows the same curve there.
	for i, c := range s.Smooth(150, n, n-150, w, nil) {
		if math.Abs(float64(c.Mean-want[150+i])) > 0.02 {
			t.Fatalf("column %d: %v, want %v", 150+i, c.Mean, want[150+i])
		}
	}
	if raw := s.Smooth(0, n, n, 0, nil); raw[7] != s.Window(0, n, n, nil)[7] {
		t.Error("weight 0 smooths")
	}
}

// TestSmoothIsTensorBoards holds Smooth against TensorBoard's definition, word
// by word, over gaps and a restart.
func TestSmoothIsTensorBoards(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	var s Series
	for i := range int64(700) {
		step := i
		if i >= 400 {
			step = i - 100
		}
		v := 4 + r.NormFloat64()
		if i%13 < 2 {
			v = nan
		}
		s.Append(step, v)
	}
	for _, weight := range []float64{0.1, 0.6, 0.95, 0.99} {
		want := map[int64]float64{}
		last, accumulated := 0.0, 0
		for p := range s.Points() {
			if p.Value != p.Value {
				continue
			}
			last = last*weight + (1-weight)*p.Value
			accumulated++
			want[p.Step] = last / (1 - math.Pow(weight, float64(accumulated)))
		}
		for step, c := range s.Smooth(0, 600, 600, weight, nil) {
			if v, ok := want[int64(step)]; ok != (c.N > 0) || ok && math.Abs(float64(c.Mean)-v) > 1e-4 {
				t.Fatalf("weight %v, step %d: %v, want %v", weight, step, c.Mean, v)
			}
		}
		// A window that begins behind the restart remembers what was before it.
		for i, c := range s.Smooth(310, 600, 290, weight, nil) {
			if v, ok := want[int64(310+i)]; ok && math.Abs(float64(c.Mean)-v) > 0.03 {
				t.Fatalf("weight %v, step %d of a late window: %v, want %v", weight, 310+i, c.Mean, v)
			}
		}
	}
}

func TestSegmentsAreBounded(t *testing.T) {
	var s Series
	for i := range int64(3000) {
		s.Append(3000-i, 1)
	}
	if s.Segments() > maxSegments+1 {
		t.Errorf("%d segments", s.Segments())
	}
	s.Window(0, 3000, 100, nil)
}

func TestSnapshotStays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var s Series
	var m model
	type shot struct {
		s    Series
		want []Point
	}
	var shots []shot
	step := int64(0)
	for i := range 4000 {
		if i%97 == 0 {
			shots = append(shots, shot{s.Snapshot(), m.live()})
		}
		if r.IntN(500) == 0 {
			step /= 2
		}
		step += int64(1 + r.IntN(2))
		v := r.Float64()
		s.Append(step, v)
		m.append(step, v)
	}
	for i, sh := range shots {
		if got := slices.Collect(sh.s.Points()); !slices.EqualFunc(got, sh.want, same) {
			t.Errorf("snapshot %d changed", i)
		}
	}
}

// filled returns a series with n points, one every step.
func filled(n int) *Series {
	var s Series
	for i := range n {
		s.Append(int64(i), digits(3+math.Sin(float64(i)/1000), 4))
	}
	return &s
}

func TestSizePerPoint(t *testing.T) {
	const n = 3000
	s := filled(n)
	growing := float64(s.Size()) / n
	s.freeze()
	resting := float64(s.Size()) / n
	t.Logf("%.2f bytes a point, %.2f at rest", growing, resting)
	if growing > 5 || resting > 3 {
		t.Errorf("%.2f bytes a point, %.2f at rest", growing, resting)
	}
}

func TestWindowAllocatesNothing(t *testing.T) {
	s := filled(100_000)
	dst := make([]Column, 400)
	if n := testing.AllocsPerRun(20, func() { s.Window(0, 1e5, 400, dst); s.Smooth(10, 9e4, 400, 0.9, dst) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	var s Series
	i := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		s.Append(i, 3.28)
		i++
	}
}

// BenchmarkWindow compares a window with a scan of all points, as it would be
// without a pyramid.
func BenchmarkWindow(b *testing.B) {
	const cols = 400
	for _, n := range []int{100, 10_000, 1_000_000, 30_000_000} {
		s := filled(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dst := make([]Column, cols)
			b.ReportAllocs()
			for b.Loop() {
				dst = s.Window(0, float64(n), cols, dst)
			}
		})
		plain := make([]float32, n)
		for p := range s.Points() {
			plain[p.Step] = float32(p.Value)
		}
		b.Run(fmt.Sprintf("%d-scan", n), func(b *testing.B) {
			dst := make([]Column, cols)
			for b.Loop() {
				clear(dst)
				for i, v := range plain {
					dst[i*cols/n].putOne(v, false)
				}
			}
		})
	}
}

// BenchmarkScreen is a frame of 20 curves in 200 columns each, after each had
// another point.
func BenchmarkScreen(b *testing.B) {
	for _, n := range []int{3000, 1_500_000} {
		var s [20]*Series
		for i := range s {
			s[i] = filled(n)
		}
		b.Run(fmt.Sprintf("20x%d", n), func(b *testing.B) {
			dst := make([]Column, 200)
			step := int64(n)
			b.ReportAllocs()
			for b.Loop() {
				for i := range s {
					s[i].Append(step, 3)
					dst = s[i].Window(0, float64(n), 200, dst)
				}
				step++
			}
		})
	}
}

// BenchmarkAppendAndWindow is a live curve: one more point, drawn again.
func BenchmarkAppendAndWindow(b *testing.B) {
	for _, n := range []int{100, 30_000_000} {
		s := filled(n)
		i := int64(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dst := make([]Column, 400)
			for b.Loop() {
				s.Append(i, 3)
				i++
				dst = s.Window(0, float64(n), 400, dst)
			}
		})
	}
}

func BenchmarkCrossing(b *testing.B) {
	var s Series
	for i := range 1_000_000 {
		s.Append(int64(i), 10-float64(i)/2e5)
	}
	for b.Loop() {
		if _, ok := Crossing(&s, 5.5); !ok {
			b.Fatal("no crossing")
		}
	}
}
