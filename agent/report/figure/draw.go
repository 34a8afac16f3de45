package figure

import (
	"fmt"
	"image/color"
	"math"
)

// Canvas is what a figure is drawn on, in pixels from the upper left corner.
type Canvas interface {
	Rect(from, to Point, c color.Color)
	// Text writes s; at is where its letters stand, at their left, middle or right
	// end.
	Text(at Point, s string, size float64, align Align, c color.Color)
	Width(s string, size float64) float64
	// Stroke draws lines through the points of each piece.
	Stroke(pieces [][]Point, width float64, dashed bool, c color.Color)
	// Area fills what the points lead around.
	Area(outline []Point, c color.Color)
	Ring(at Point, radius, width float64, c color.Color)
	// Clip bounds what is drawn until Unclip.
	Clip(from, to Point)
	Unclip()
}

// Align says which end of a text is at its place.
type Align uint8

// The ends.
const (
	Left Align = iota
	Middle
	Right
)

// Draw draws the figure.
func Draw(c Canvas, f Figure) {
	d := drawing{c, f}
	d.Rect(Point{}, Point{W, H}, f.Look.Ground)
	d.Text(Point{PlotX, 46}, f.Title, BigText, Left, f.Look.Text)
	d.Text(Point{PlotX, 72}, f.Note, SmallText, Left, f.Look.Muted)
	d.axes()
	d.Clip(Point{PlotX, PlotY}, Point{PlotX + PlotW, PlotY + PlotH})
	for _, l := range f.Lines {
		if l.Back {
			d.line(l, thinLine)
		}
	}
	d.rules()
	for i := len(f.Lines) - 1; i >= 0; i-- { // the first one on top
		if l := f.Lines[i]; !l.Back {
			d.shades(l)
			d.line(l, fatLine)
		}
	}
	d.Unclip()
	d.legend()
}

type drawing struct {
	Canvas
	f Figure
}

// place is where a point of the axes is in the picture. Far out is far enough.
func (d *drawing) place(p Point) Point {
	far := func(v float64) float64 { return min(max(v, -1), 2) }
	return Point{PlotX + far(d.f.X.share(p.X))*PlotW, PlotY + (1-far(d.f.Y.share(p.Y)))*PlotH}
}

func (d *drawing) places(points []Point) []Point {
	out := make([]Point, 0, len(points))
	for _, p := range points {
		if p = d.place(p); p.X == p.X && p.Y == p.Y {
			out = append(out, p)
		}
	}
	return out
}

func (d *drawing) line(l Line, width float64) {
	pieces := make([][]Point, len(l.Pieces))
	for i := range l.Pieces {
		pieces[i] = d.places(l.Pieces[i])
	}
	d.Stroke(pieces, width, false, l.Color)
	if n := len(pieces); l.Live && n > 0 && len(pieces[n-1]) > 0 {
		const radius, thick = 6, 3
		d.Ring(pieces[n-1][len(pieces[n-1])-1], radius, thick, l.Color)
	}
}

// shades draws the band of a line.
func (d *drawing) shades(l Line) {
	const opacity = 40
	r, g, b, _ := l.Color.RGBA()
	for _, a := range l.Band {
		d.Area(d.places(a), color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), opacity})
	}
}

func (d *drawing) rules() {
	for _, r := range d.f.Rules {
		const apart = 10
		if r.Vertical {
			if s := d.f.X.share(r.At); s >= 0 && s <= 1 {
				x := d.place(Point{X: r.At}).X
				d.Stroke([][]Point{{{x, PlotY}, {x, PlotY + PlotH}}}, 1.8, true, r.Color)
				d.Text(Point{x - apart, PlotY + 22}, r.Label, SmallText, Right, r.Color)
			}
			continue
		}
		if s := d.f.Y.share(r.At); s >= 0 && s <= 1 {
			y := d.place(Point{Y: r.At}).Y
			d.Stroke([][]Point{{{PlotX, y}, {PlotX + PlotW, y}}}, 1.8, true, r.Color)
			d.Text(Point{PlotX + apart, y - 8}, r.Label, SmallText, Left, r.Color)
		}
	}
}

// axes draws the frame, a grid at round values and their numbers.
func (d *drawing) axes() {
	k := d.f.Look
	for _, t := range d.f.Y.ticks() {
		y := d.place(Point{d.f.X.Lo, t.At}).Y
		d.Stroke([][]Point{{{PlotX, y}, {PlotX + PlotW, y}}}, 1, false, k.Grid)
		d.Text(Point{PlotX - labelGap, y + 6}, t.Label, SmallText, Right, k.Muted)
	}
	for _, t := range d.f.X.ticks() {
		x := d.place(Point{t.At, d.f.Y.Lo}).X
		d.Stroke([][]Point{{{x, PlotY}, {x, PlotY + PlotH}}}, 1, false, k.Grid)
		d.Text(Point{x, PlotY + PlotH + 28}, t.Label, SmallText, Middle, k.Muted)
	}
	d.Stroke([][]Point{{{PlotX, PlotY}, {PlotX, PlotY + PlotH}, {PlotX + PlotW, PlotY + PlotH}}}, 1.5, false, k.Border)
	d.Text(Point{PlotX + PlotW, PlotY + PlotH + 58}, d.f.X.Label, SmallText, Right, k.Text)
	d.Text(Point{PlotX - 90, PlotY - 10}, d.fitted(d.f.Y.Label, 300), SmallText, Left, k.Text)
}

// legend names the lines, and counts those that it does not name.
func (d *drawing) legend() {
	const textX, room = LegendX + 46, W - LegendX - 60
	k := d.f.Look
	row, more, live := 0, 0, 0
	for _, l := range d.f.Lines {
		if l.Back || row == legendMost {
			more++
			if l.Live {
				live++
			}
			continue
		}
		y := float64(PlotY + 14 + row*legendRow)
		row++
		d.Rect(Point{LegendX, y - 8}, Point{LegendX + 34, y - 2}, l.Color)
		if l.Live {
			d.Ring(Point{LegendX + 17, y - 5}, 6.5, 3, l.Color)
		}
		d.Text(Point{textX, y + 1}, d.fitted(l.Name, room), SmallText, Left, k.Text)
		look := l.DetailColor
		if look == nil {
			look = k.Muted
		}
		d.Text(Point{textX, y + 25}, d.fitted(l.Detail, room), SmallText, Left, look)
	}
	if more > 0 {
		s := fmt.Sprintf("%d more", more)
		if live > 0 {
			s += fmt.Sprintf(", %d running", live)
		}
		y := float64(PlotY + 14 + row*legendRow)
		d.Rect(Point{LegendX, y - 7}, Point{LegendX + 34, y - 4}, k.Faint)
		d.Text(Point{textX, y + 1}, s, SmallText, Left, k.Muted)
	}
}

// fitted cuts a text to w pixels.
func (d *drawing) fitted(s string, w float64) string {
	if d.Width(s, SmallText) <= w {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && d.Width(string(r)+"…", SmallText) > w {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// Valid reports whether the axes can be drawn.
func (f Figure) Valid() bool {
	ok := func(a Axis) bool {
		return a.Hi > a.Lo && !math.IsInf(a.Hi-a.Lo, 0) && (!a.Log || a.Lo > 0)
	}
	return ok(f.X) && ok(f.Y)
}
