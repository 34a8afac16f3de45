package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/color"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0, 3000, "0 500 1000 1500 2000 2500 3000"},
		{3.26, 3.52, "3.30 3.35 3.40 3.45 3.50"},
		{1, 1, ""},
		{-0.1, 0.1, "-0.10 -0.05 0.00 0.05 0.10"},
	} {
		var got []string
		for _, v := range Ticks(c.lo, c.hi, 7) {
			got = append(got, v.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("ticks(%v, %v) are %q, want %q", c.lo, c.hi, s, c.want)
		}
	}
}

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		a    Axis
		want string
	}{
		{Axis{Lo: 1, Hi: 1000, Log: true}, "1 2 5 10 20 50 100 200 500 1000"},
		{Axis{Lo: 1e-6, Hi: 1, Log: true}, "1e-06 1e-05 0.0001 0.001 0.01 0.1 1"},
	} {
		var got []string
		for _, v := range c.a.ticks() {
			got = append(got, v.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("ticks of %+v are %q, want %q", c.a, s, c.want)
		}
	}
}

var (
	red, grey = color.RGBA{0xe0, 0x40, 0x40, 0xff}, color.RGBA{0x80, 0x80, 0x80, 0xff}
	look      = Look{Ground: color.White, Text: color.Black, Muted: grey, Border: grey, Grid: grey, Faint: grey}
)

// example is a figure of all that there can be.
func example() Figure {
	return Figure{
		Title: "val_loss over step", Note: "by <b>&", Look: look,
		X: Axis{Label: "step", Lo: 0, Hi: 100}, Y: Axis{Label: "val_loss", Lo: 3, Hi: 4},
		Lines: []Line{
			{Name: "a", Detail: "best 3.2", Color: red, Live: true, Pieces: [][]Point{{{0, 4}, {40, 3.5}}, {{60, 3.4}, {100, 3.2}}}},
			{
				Name: "band", Detail: "x3", Color: grey, DetailColor: red, Pieces: [][]Point{{{0, 3.9}, {100, 3.3}}},
				Band: [][]Point{{{0, 4}, {100, 3.4}, {100, 3.2}, {0, 3.8}}},
			},
			{Color: grey, Back: true, Live: true, Pieces: [][]Point{{{50, 3.5}}}},
		},
		Rules: []Rule{{At: 3.28, Label: "target 3.28", Color: red}, {At: 80, Vertical: true, Label: "record 80", Color: grey}, {At: 9, Label: "far"}},
	}
}

func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := SVG(&b, example()); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b.String())
	golden.RequireEqual(t, b.String())
}

// wellFormed holds a drawing to be XML of the elements that are meant.
func wellFormed(t *testing.T, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		tok, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			t.Fatalf("%v in %s", err, s)
		}
		if e, ok := tok.(xml.StartElement); ok {
			switch e.Name.Local {
			case "svg", "title", "rect", "text", "path", "circle":
			default:
				t.Fatalf("element %s", e.Name.Local)
			}
		}
	}
}

// Whatever runs are called and however far out they are, the drawing is one.
func TestSVGIsSafe(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, name := range []string{"</svg><script>alert(1)</script>", "a\x00\x1b[31m\u202e", "\xff", strings.Repeat("long", 99), "学习"} {
		for _, v := range []float64{0, -1e300, 1e300, nan, inf} {
			f := example()
			f.Title, f.Note, f.Lines[0].Name, f.Lines[0].Detail, f.Rules[0].Label = name, name, name, name, name
			f.Lines[0].Pieces[0][0] = Point{v, v}
			f.X.Log, f.X.Lo = v == 0, 1
			var b bytes.Buffer
			if err := SVG(&b, f); err != nil {
				t.Fatal(err)
			}
			wellFormed(t, b.String())
			if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
				t.Errorf("%v is written", v)
			}
		}
	}
	for _, a := range []Axis{{}, {Lo: 1, Hi: 1}, {Lo: nan, Hi: 1}, {Lo: 0, Hi: 1, Log: true}, {Lo: 0, Hi: inf}} {
		f := example()
		if f.Y = a; SVG(io.Discard, f) == nil {
			t.Errorf("%+v is drawn", a)
		}
	}
}
