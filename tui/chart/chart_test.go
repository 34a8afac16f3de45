package chart

import (
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"vigil/remote/curve"
)

var (
	red   = color.RGBA{0xe0, 0x40, 0x40, 0xff}
	green = color.RGBA{0x40, 0xc0, 0x60, 0xff}
	blue  = color.RGBA{0x50, 0x80, 0xf0, 0xff}
	grey  = color.RGBA{0x80, 0x80, 0x80, 0xff}
)

func options() Options { return Options{Axis: grey, Text: grey, Cursor: grey, Bad: red} }

// training is a curve like those of the speedruns.
func training(seed uint64, steps, every int, end float64) *curve.Series {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &curve.Series{}
	for i := 0; i <= steps; i += every {
		x := float64(i) / float64(steps)
		s.Append(int64(i), end+7.5*math.Exp(-x*20)+0.5*(1-x)+r.NormFloat64()*0.01)
	}
	return s
}

// over is a series over its steps.
func over(s *curve.Series) curve.Trace {
	r := curve.Run{Series: []curve.Named{{Name: "y", Series: *s}}}
	t, _ := r.Trace("y", curve.Step)
	return t
}

// example is a chart as the curves pane shows it.
func example() *Chart {
	c := New(options())
	live := training(3, 3000, 125, 3.29)
	cut := &curve.Series{}
	for p := range live.Points() {
		if p.Step < 1500 {
			cut.Append(p.Step, p.Value)
		}
	}
	c.SetLines([]Line{
		{Name: "v11c-s2", Detail: "3.2791 ✓ 2935", Trace: over(training(1, 3000, 125, 3.27)), Color: green},
		{Name: "muoneq-s1", Detail: "3.2812", Trace: over(training(2, 3000, 125, 3.3)), Color: blue},
		{Name: "qkvp", Detail: "3.4874", Trace: over(cut), Color: red, Live: true},
	})
	c.SetRules(Rule{At: 3.28, Label: "target 3.28", Color: grey}, Rule{At: 2990, Vertical: true, Label: "record 2990", Color: grey})
	c.SetTail(0.8)
	return c
}

func TestFrames(t *testing.T) {
	for _, size := range [][2]int{{120, 30}, {80, 16}, {60, 12}, {40, 8}, {24, 5}, {10, 3}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			c := example()
			c.SetSize(size[0], size[1])
			golden.RequireEqual(t, c.View())
		})
	}
	t.Run("log", func(t *testing.T) {
		c := example()
		c.SetSize(90, 20)
		c.SetTail(0)
		c.SetLog(true)
		golden.RequireEqual(t, ansi.Strip(c.View()))
	})
	t.Run("zoom and cursor", func(t *testing.T) {
		c := example()
		c.SetSize(90, 20)
		c.SetX(1000, 2000)
		c.SetY(3.3, 3.8)
		c.SetCursor(40)
		golden.RequireEqual(t, ansi.Strip(c.View()))
	})
	t.Run("log x", func(t *testing.T) {
		c := example()
		c.SetSize(90, 20)
		c.SetTail(0)
		c.SetLogX(true)
		c.SetSmooth(0.5)
		golden.RequireEqual(t, ansi.Strip(c.View()))
	})
	t.Run("time", func(t *testing.T) {
		c := example()
		c.SetSize(90, 20)
		c.SetClock(true)
		golden.RequireEqual(t, ansi.Strip(c.View()))
	})
	t.Run("band cone crowd", func(t *testing.T) {
		c := example()
		c.SetSize(90, 20)
		a, b := training(4, 3000, 25, 3.3), training(5, 3000, 25, 3.5)
		lines := append(c.lines[:0:0], c.lines...)
		lines = append(lines, Line{Name: "seeds", Color: green, Dim: grey, From: 0, To: 3000, Band: band(a, b)})
		c.SetLines(lines)
		c.SetCones(Cone{Line: 2, X0: 1375, Y0: 3.54, X1: 3000, Y: 3.31, Lo: 3.29, Hi: 3.36})
		c.SetCrowd(diagonal{})
		golden.RequireEqual(t, ansi.Strip(c.View()))
	})
	t.Run("empty", func(t *testing.T) {
		c := New(Options{})
		c.SetSize(60, 10)
		golden.RequireEqual(t, c.View())
	})
	t.Run("gap spike restart", func(t *testing.T) {
		s := &curve.Series{}
		for i := range int64(1000) {
			v := 5 - float64(i)/500
			switch {
			case i == 300:
				v = 9 // a spike of one point
			case i >= 500 && i < 600:
				v = math.NaN()
			}
			s.Append(i, v)
		}
		for i := range int64(300) {
			s.Append(800+i, 4)
		}
		c := New(options())
		c.SetSize(90, 20)
		c.SetLines([]Line{{Name: "a", Trace: over(s), Color: green, Dim: grey}})
		golden.RequireEqual(t, ansi.Strip(c.View()))
	})
	t.Run("smooth", func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 9))
		s := &curve.Series{}
		for i := range int64(5000) {
			s.Append(i, 4+2*math.Exp(-float64(i)/800)+r.NormFloat64()*0.2)
		}
		c := New(options())
		c.SetSize(90, 20)
		c.SetSmooth(0.99)
		c.SetLines([]Line{{Name: "a", Trace: over(s), Color: green, Dim: grey}})
		golden.RequireEqual(t, ansi.Strip(c.View()))
	})
}

// band is what two runs span.
func band(a, b *curve.Series) func(log bool, x0, x1 float64, cols int, dst []curve.Column) []curve.Column {
	return func(log bool, x0, x1 float64, cols int, dst []curve.Column) []curve.Column {
		dst = a.Window(x0, x1, cols, dst)
		for i, o := range b.Window(x0, x1, cols, nil) {
			d := &dst[i]
			if d.N == 0 || o.N == 0 {
				*d = curve.Column{}
				continue
			}
			d.Min, d.Max, d.Mean = min(d.Min, o.Min), max(d.Max, o.Max), (d.Mean+o.Mean)/2
		}
		return dst
	}
}

// diagonal is a crowd along a diagonal, thickest in the middle.
type diagonal struct{}

func (diagonal) Count(x, y int) int { return max(9-max(x-2*y, 2*y-x), 0) }

// checkFrame holds that a frame is h lines of w cells, none more.
func checkFrame(t *testing.T, view string, w, h int) {
	t.Helper()
	if w == 0 || h == 0 {
		if view != "" {
			t.Fatalf("%dx%d: %q", w, h, view)
		}
		return
	}
	lines := strings.Split(view, "\n")
	if len(lines) != h {
		t.Fatalf("%dx%d: %d lines", w, h, len(lines))
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got != w {
			t.Fatalf("%dx%d: line %d is %d wide: %q", w, h, i, got, l)
		}
	}
}

// TestNeverExceeds draws whatever may come at whatever size.
func TestNeverExceeds(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	wild := []float64{0, 1, -1, 3.28, 1e-300, 1e30, -1e30, 3e38, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 1e15}
	pick := func() float64 { return wild[r.IntN(len(wild))] }
	c := New(options())
	for i := range 3000 {
		var lines []Line
		for range r.IntN(5) {
			s := &curve.Series{}
			for range r.IntN(60) {
				v := r.NormFloat64()
				if r.IntN(6) == 0 {
					v = pick()
				}
				s.Append(int64(r.IntN(2000)), v)
			}
			name := []string{"run", "学习学习", "a\x1b[31m\nb", strings.Repeat("x", 99), "", "e\u0301\u200d"}[r.IntN(6)]
			lines = append(lines, Line{Name: name, Detail: name, Trace: over(s), Color: red, Dim: grey, Live: r.IntN(2) == 0})
		}
		if r.IntN(4) == 0 {
			lines = append(lines, Line{Name: "none"})
		}
		if r.IntN(4) == 0 {
			lines = append(lines, Line{Name: "band", From: pick(), To: pick(), Dim: grey, Band: band(training(1, 300, 10, 3), training(2, 200, 10, 3))})
		}
		c.SetLines(lines)
		c.SetCones(Cone{Line: r.IntN(4) - 1, X0: pick(), Y0: pick(), X1: pick(), Y: pick(), Lo: pick(), Hi: pick()})
		c.SetCrowd(nil)
		if r.IntN(3) == 0 {
			c.SetCrowd(diagonal{})
		}
		c.SetLogX(r.IntN(3) == 0)
		c.SetClock(r.IntN(3) == 0)
		c.SetRules(Rule{At: pick(), Label: "学 target", Color: blue}, Rule{At: pick(), Vertical: true, Label: "record\x1b"})
		c.SetX(0, 0)
		c.SetY(0, 0)
		if r.IntN(2) == 0 {
			c.SetX(pick(), pick())
		}
		if r.IntN(2) == 0 {
			c.SetY(pick(), pick())
		}
		c.SetLog(r.IntN(2) == 0)
		c.SetSmooth(float64(r.IntN(2)) * 0.9)
		c.SetTail(r.Float64())
		w, h := r.IntN(130), r.IntN(40)
		if i%3 == 0 {
			w, h = r.IntN(12), r.IntN(8)
		}
		c.SetSize(w, h)
		c.SetCursor(r.IntN(140) - 5)
		c.SetBase(r.IntN(8) - 2)
		c.SetBox(r.IntN(3) == 0, r.IntN(140)-5, r.IntN(50)-5, r.IntN(140)-5, r.IntN(50)-5)
		c.SetBare(r.IntN(3) == 0)
		c.SetExtent(pick(), pick())
		c.SetDetails(r.IntN(30))
		c.SetReadout("at 学1", "to best", nil, 0)
		if r.IntN(2) == 0 {
			order := r.Perm(len(lines))
			c.SetReadout("at 学1", "to best", append(order, -1, 99)[:len(order)+r.IntN(3)], r.IntN(7)-1)
		}
		view := c.View()
		checkFrame(t, view, w, h)
		if strings.Contains(view, "\x1b[31m") {
			t.Fatal("an escape sequence of a name came through")
		}
		if a, b, lo, hi := c.Area(r.IntN(140)-5, r.IntN(50)-5, r.IntN(140)-5, r.IntN(50)-5); a > b || lo > hi {
			t.Fatalf("an area from %v to %v and %v to %v", a, b, lo, hi)
		}
		if c.View() != view {
			t.Fatal("the same chart, another frame")
		}
		if col, ok := c.Col(float64(r.IntN(2000))); ok && (col < 0 || col >= w) {
			t.Fatalf("column %d of %d", col, w)
		}
	}
}

// TestSpikeShows: one high point among a million stays on screen, at any place.
func TestSpikeShows(t *testing.T) {
	for _, at := range []int64{1, 12345, 500_000, 999_998} {
		s := &curve.Series{}
		for i := range int64(1_000_000) {
			v := 1.0
			if i == at {
				v = 100
			}
			s.Append(i, v)
		}
		c := New(Options{})
		c.SetSize(100, 20)
		c.SetLines([]Line{{Name: "a", Trace: over(s)}})
		_, _, _, h := c.Plot()
		found := 0
		for _, l := range strings.Split(c.View(), "\n")[:h/2] {
			if strings.ContainsFunc(l, func(r rune) bool { return r > 0x2800 && r <= 0x28ff }) {
				found++
			}
		}
		if found < h/2-1 {
			t.Errorf("spike at %d: %d of %d rows\n%s", at, found, h/2, c.View())
		}
	}
}

func TestLimits(t *testing.T) {
	c := example()
	c.SetSize(120, 30)
	left, _, w, _ := c.Plot()
	for _, col := range []int{left - 1, left + w} {
		if x, ok := c.X(col); ok {
			t.Errorf("column %d, outside of the plot, has step %v", col, x)
		}
	}
	if x, ok := c.X(left); !ok || x < 0 || x > 3000/float64(w) {
		t.Errorf("X = %v, %v", x, ok)
	}
	if x0, x1, y0, y1 := c.Limits(); x0 != 0 || x1 != 3000 || y0 > 3.28 || y1 < y0 {
		t.Errorf("limits %v %v %v %v", x0, x1, y0, y1)
	}
}

// A column of the plot and the step in its middle lead to each other, on
// either scale.
func TestColumns(t *testing.T) {
	for _, log := range []bool{false, true} {
		c := example()
		c.SetSize(120, 30)
		c.SetLogX(log)
		left, _, w, _ := c.Plot()
		for col := left; col < left+w; col++ {
			x, _ := c.X(col)
			if got, ok := c.Col(x); !ok || got != col {
				t.Fatalf("log %v: column %d has step %v, which lies in column %d", log, col, x, got)
			}
		}
		if _, ok := c.Col(3001); ok {
			t.Errorf("log %v: step 3001 is beyond the plot", log)
		}
	}
}

// A logarithmic axis shows each point once, in the column where it lies.
func TestLogColumns(t *testing.T) {
	s := training(1, 3000, 1, 3)
	c := New(options())
	c.SetSize(100, 20)
	c.SetLines([]Line{{Name: "a", Trace: over(s)}})
	c.SetLogX(true)
	p := c.plan()
	n := int32(0)
	for _, col := range c.cols {
		n += col.N
	}
	if n != 3000 {
		t.Errorf("%d of the 3000 points from step 1 on are in %d columns of %v to %v", n, len(c.cols), p.xlo, p.xhi)
	}
}

// A few values far out do not flatten the others, and are seen at the edge.
func TestOutliersDoNotFlatten(t *testing.T) {
	s := &curve.Series{}
	for i := range int64(2000) {
		v := 3 + float64(i%10)/100
		if i == 1500 {
			v = 1000
		}
		s.Append(i, v)
	}
	c := New(options())
	c.SetSize(100, 20)
	c.SetLines([]Line{{Name: "a", Trace: over(s)}})
	c.SetTail(0.9)
	if _, _, lo, hi := c.Limits(); hi > 4 || lo > 3 {
		t.Errorf("y is %v to %v", lo, hi)
	}
	if top := strings.Split(c.View(), "\n")[0]; !strings.ContainsFunc(top, func(r rune) bool { return r > 0x2800 && r <= 0x28ff }) {
		t.Errorf("the outlier does not show in %q", top)
	}
}

func TestAppendTime(t *testing.T) {
	for _, c := range []struct {
		v, step float64
		want    string
	}{
		{0, 60, "0s"},
		{45, 15, "45s"},
		{90, 30, "1m30s"},
		{3600, 1800, "1h"},
		{5400, 1800, "1h30m"},
		{8100, 900, "2h15m"},
		{108000, 21600, "30h"},
		{86400, 86400, "1d"},
		{302400, 43200, "3d12h"},
		{-60, 60, "-1m"},
		{3605, 5, "1h05s"},
		{1e12, 1, "1e+12"},
	} {
		if got := string(appendTime(nil, c.v, c.step)); got != c.want {
			t.Errorf("appendTime(%v, %v) = %q, want %q", c.v, c.step, got, c.want)
		}
	}
}

func TestViewAllocatesOnlyItsText(t *testing.T) {
	for _, log := range []bool{false, true} {
		for _, base := range []int{-1, 1} {
			allocatesOnlyItsText(t, log, base)
		}
	}
}

func allocatesOnlyItsText(t *testing.T, log bool, base int) {
	t.Helper()
	for _, smooth := range []float64{0, 0.5} {
		c := example()
		c.SetSize(200, 50)
		c.SetSmooth(smooth)
		c.SetBase(base)
		c.SetReadout("at 1", "to best", []int{2, 0, 1}, 0)
		c.SetLogX(log)
		c.SetCrowd(diagonal{})
		c.SetCones(Cone{Line: 2, X0: 1375, Y0: 3.54, X1: 3000, Y: 3.31, Lo: 3.29, Hi: 3.36})
		c.View()
		n := testing.AllocsPerRun(20, func() {
			c.SetX(0, 0) // the windows too
			c.View()
		})
		if n > 1 {
			t.Errorf("log %v, base %d: %v allocations", log, base, n)
		}
	}
}

// What another window of 20 lines costs.
func BenchmarkView(b *testing.B) {
	for _, n := range []int{100, 3000, 1_000_000} {
		c := New(options())
		var lines []Line
		for i := range 20 {
			lines = append(lines, Line{Name: fmt.Sprint("run ", i), Trace: over(training(uint64(i), n, 1, 3.2+float64(i)/100)), Color: color.RGBA{uint8(i * 12), 99, 200, 255}})
		}
		c.SetLines(lines)
		c.SetSize(200, 50)
		c.SetTail(0.8)
		for _, log := range []bool{false, true} {
			c.SetLogX(log)
			b.Run(fmt.Sprintf("20x%d log %v", n, log), func(b *testing.B) {
				b.ReportAllocs()
				for k := 0; b.Loop(); k++ {
					c.SetX(1+float64(k%50), float64(n))
					c.View()
				}
			})
		}
	}
}
