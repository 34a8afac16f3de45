package chart

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent/report/figure"
	"vigil/remote/curve"
)

// A figure has the window, scales and lines of the chart; a gap breaks a line, and
// a spike of one point is in it.
func TestFigure(t *testing.T) {
	s := &curve.Series{}
	for i := range int64(20_000) {
		v := 5 - float64(i)/10_000
		switch {
		case i == 7000:
			v = 9
		case i >= 10_000 && i < 12_000:
			v = math.NaN()
		}
		s.Append(i, v)
	}
	c := New(options())
	c.SetSize(90, 20)
	a, b := training(4, 3000, 25, 3.3), training(5, 3000, 25, 3.5)
	c.SetLines([]Line{{Name: "a", Trace: over(s), Color: green}, {Name: "band", From: 0, To: 3000, Color: red, Band: band(a, b)}})
	c.SetRules(Rule{At: 3.28, Label: "target"})
	before := c.View()
	f := c.Figure()
	x0, x1, y0, y1 := c.Limits()
	if f.X.Lo != x0 || f.X.Hi != x1 || f.Y.Lo != y0 || f.Y.Hi != y1 || f.X.Log || f.Y.Log || len(f.Lines) != 2 || len(f.Rules) != 1 {
		t.Errorf("%d lines, %d rules, axes %+v and %+v", len(f.Lines), len(f.Rules), f.X, f.Y)
	}
	if n := len(f.Lines[0].Pieces); n != 2 {
		t.Fatalf("%d pieces of a line with a gap", n)
	}
	if !slices.ContainsFunc(f.Lines[0].Pieces[0], func(p figure.Point) bool { return p.Y == 9 && math.Abs(p.X-7000) < 40 }) {
		t.Error("the spike is not in the figure")
	}
	for _, p := range slices.Concat(f.Lines[0].Pieces...) {
		if p.X >= 10_040 && p.X < 11_960 {
			t.Fatalf("a point in the gap: %v", p)
		}
	}
	if l := f.Lines[1]; len(l.Band) == 0 || len(l.Pieces) == 0 {
		t.Errorf("%d areas and %d pieces of a band", len(l.Band), len(l.Pieces))
	}
	if c.View() != before {
		t.Error("the chart is another one after its figure was made")
	}
	c.SetLogX(true)
	c.SetLog(true)
	if f = c.Figure(); !f.X.Log || !f.Y.Log || !f.Valid() || len(f.Lines[0].Pieces) != 2 {
		t.Errorf("over logarithmic axes: %+v, %+v", f.X, f.Y)
	}
	c.SetBase(0)
	c.SetLog(false)
	for _, p := range slices.Concat(c.Figure().Lines[0].Pieces...) {
		if p.Y != 0 {
			t.Fatalf("a curve minus itself: %v", p)
		}
	}
}

// Values that would be written alike have one number.
func TestAlikeNumbers(t *testing.T) {
	c := New(Options{})
	c.SetSize(60, 20)
	c.SetY(1234.5, 1234.5001)
	seen := map[string]bool{}
	for _, l := range strings.Split(ansi.Strip(c.View()), "\n") {
		if n, _, ok := strings.Cut(l, "┤"); ok && strings.TrimSpace(n) != "" {
			if seen[n] {
				t.Errorf("two values are called %q", n)
			}
			seen[n] = true
		}
	}
}
