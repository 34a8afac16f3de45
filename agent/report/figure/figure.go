// Package figure draws charts of curves for files: a [Figure] says what is seen,
// [Draw] lays it out, and a [Canvas] makes it a picture. [SVG] is one; the command
// has another for PNG. So a picture is the same in each format. It imports nothing
// of ours: whoever has curves can draw them.
package figure

import (
	"image/color"
	"math"
	"strconv"
)

// The measures of a figure, in pixels.
const (
	W, H         = 1600, 1000
	PlotX, PlotY = 110, 90
	PlotW, PlotH = 1080, 800
	LegendX      = PlotX + PlotW + 30

	SmallText, BigText = 19.0, 28.0 // the sizes of text

	legendRow           = 62
	fatLine, thinLine   = 2.6, 1.2
	legendMost          = 13 // lines that are named
	labelGap, tickCount = 12, 9
)

// Figure is a chart.
type Figure struct {
	Title string
	Note  string // under it
	X, Y  Axis
	Lines []Line // the first one is named first and lies on top
	Rules []Rule
	Look  Look
}

// Axis is what is seen of one.
type Axis struct {
	Label  string
	Lo, Hi float64
	Log    bool // both ends are above zero
}

// Line is a curve.
type Line struct {
	Name, Detail string
	Color        color.Color
	DetailColor  color.Color // nil: the muted one
	Pieces       [][]Point   // of the curve; it is broken between two
	Band         [][]Point   // shades around it, each the way round an area
	Live         bool        // it still grows: a ring stands at its end
	Back         bool        // it is thin, behind the others, and counted instead of named
}

// Point is a place: of the axes in a [Figure], of the picture for a [Canvas].
type Point struct{ X, Y float64 }

// Rule is a line at a value, across the plot or, at an x, upright.
type Rule struct {
	At       float64
	Vertical bool
	Label    string
	Color    color.Color
}

// Look are the colours of what is no line.
type Look struct {
	Ground, Text, Muted, Border, Grid, Faint color.Color
}

// NewLook returns the colours; the grid lies between the ground and what is faint.
func NewLook(ground, text, muted, border, faint color.Color) Look {
	r, g, b, _ := ground.RGBA()
	fr, fg, fb, _ := faint.RGBA()
	mid := func(x, y uint32) uint8 { return uint8((x + y) >> 9) }
	return Look{ground, text, muted, border, color.RGBA{mid(r, fr), mid(g, fg), mid(b, fb), 0xff}, faint}
}

// share is how far along the axis a value is, 0 to 1 for what is seen.
func (a Axis) share(v float64) float64 {
	if a.Log {
		const least = 1e-300
		return (math.Log(max(v, least)) - math.Log(a.Lo)) / (math.Log(a.Hi) - math.Log(a.Lo))
	}
	return (v - a.Lo) / (a.Hi - a.Lo)
}

// Tick is a round value on an axis.
type Tick struct {
	At    float64
	Label string
}

// ticks are the values told at the axis.
func (a Axis) ticks() []Tick {
	if !a.Log || a.Hi < 10*a.Lo {
		return Ticks(a.Lo, a.Hi, tickCount)
	}
	var out []Tick
	first, last := math.Floor(math.Log10(a.Lo)), math.Ceil(math.Log10(a.Hi))
	parts := []float64{1, 2, 5}
	if last-first > 4 {
		parts = parts[:1]
	}
	for e := first; e <= last; e++ {
		for _, f := range parts {
			if v := f * math.Pow(10, e); v >= a.Lo && v <= a.Hi && len(out) < 4*tickCount {
				out = append(out, Tick{v, strconv.FormatFloat(v, 'g', 4, 64)})
			}
		}
	}
	return out
}

// Ticks returns about n round values between lo and hi.
func Ticks(lo, hi float64, n int) []Tick {
	raw := (hi - lo) / float64(n)
	if !(raw > 0) || math.IsInf(raw, 0) {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 5, 10} {
		if step*f >= raw {
			step *= f
			break
		}
	}
	decimals := max(int(math.Ceil(-math.Log10(step)-1e-9)), 0)
	var out []Tick
	for v := math.Ceil(lo/step) * step; v <= hi+step/1e6 && len(out) < 4*n; v += step {
		if math.Abs(v) < step/1e6 {
			v = 0
		}
		out = append(out, Tick{v, strconv.FormatFloat(v, 'f', min(decimals, 9), 64)})
	}
	return out
}
