package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"vigil/agent/report/figure"
)

// canvas is an image that figures are drawn on with smooth lines and text.
type canvas struct {
	img   *image.RGBA
	room  image.Rectangle // what is drawn on
	faces map[float64]font.Face
}

var _ figure.Canvas = (*canvas)(nil)

func newCanvas(w, h int) (*canvas, error) {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), faces: map[float64]font.Face{}}
	c.Unclip()
	for _, f := range []struct {
		ttf  []byte
		size float64
	}{{goregular.TTF, figure.SmallText}, {gobold.TTF, figure.BigText}} {
		parsed, err := opentype.Parse(f.ttf)
		if err != nil {
			return nil, fmt.Errorf("read the font: %w", err)
		}
		if c.faces[f.size], err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return nil, fmt.Errorf("read the font: %w", err)
		}
	}
	return c, nil
}

// Clip is of [figure.Canvas].
func (c *canvas) Clip(from, to figure.Point) {
	c.room = image.Rect(int(from.X), int(from.Y), int(to.X), int(to.Y))
}

// Unclip is of [figure.Canvas].
func (c *canvas) Unclip() { c.room = c.img.Bounds() }

// Rect is of [figure.Canvas].
func (c *canvas) Rect(from, to figure.Point, col color.Color) {
	r := image.Rect(int(from.X), int(from.Y), int(to.X), int(to.Y))
	draw.Draw(c.img, r, image.NewUniform(col), image.Point{}, draw.Src)
}

// Text is of [figure.Canvas].
func (c *canvas) Text(at figure.Point, s string, size float64, align figure.Align, col color.Color) {
	w := c.Width(s, size)
	x := at.X - [...]float64{figure.Left: 0, figure.Middle: w / 2, figure.Right: w}[align]
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(col), Face: c.faces[size], Dot: fixed.P(int(x), int(at.Y))}
	d.DrawString(s)
}

// Width is of [figure.Canvas].
func (c *canvas) Width(s string, size float64) float64 {
	return float64(font.MeasureString(c.faces[size], s).Ceil())
}

// Stroke is of [figure.Canvas]. All parts of a line turn the same way round, so
// that where they overlap they fill and do not cancel.
func (c *canvas) Stroke(pieces [][]figure.Point, width float64, dashed bool, col color.Color) {
	r := vector.NewRasterizer(c.room.Dx(), c.room.Dy())
	for _, p := range pieces {
		for i, to := range p {
			from := p[max(i-1, 0)]
			switch {
			case i == 0 && len(p) > 1:
			case dashed:
				c.dashes(r, from, to, width)
			default:
				c.segment(r, from, to, width)
			}
		}
	}
	r.Draw(c.img, c.room, image.NewUniform(col), image.Point{})
}

// segment adds a line to what is drawn.
func (c *canvas) segment(r *vector.Rasterizer, from, to figure.Point, width float64) {
	dx, dy := to.X-from.X, to.Y-from.Y
	n := math.Hypot(dx, dy)
	if n < width { // a dot, as wide as the line
		dx, dy, n = width, 0, width
		from.X -= width / 2
		to = figure.Point{X: from.X + width, Y: from.Y}
	}
	nx, ny := -dy/n*width/2, dx/n*width/2
	c.corner(r.MoveTo, from.X+nx, from.Y+ny)
	c.corner(r.LineTo, to.X+nx, to.Y+ny)
	c.corner(r.LineTo, to.X-nx, to.Y-ny)
	c.corner(r.LineTo, from.X-nx, from.Y-ny)
	r.ClosePath()
}

// corner goes to a place of the picture, on what is drawn on.
func (c *canvas) corner(goTo func(x, y float32), x, y float64) {
	goTo(float32(x)-float32(c.room.Min.X), float32(y)-float32(c.room.Min.Y))
}

// dashes adds a broken line.
func (c *canvas) dashes(r *vector.Rasterizer, a, b figure.Point, width float64) {
	const on, off = 9, 7
	n := math.Hypot(b.X-a.X, b.Y-a.Y)
	at := func(d float64) figure.Point { return figure.Point{X: a.X + (b.X-a.X)*d/n, Y: a.Y + (b.Y-a.Y)*d/n} }
	for d := 0.0; d < n; d += on + off {
		c.segment(r, at(d), at(min(d+on, n)), width)
	}
}

// Area is of [figure.Canvas].
func (c *canvas) Area(outline []figure.Point, col color.Color) {
	r := vector.NewRasterizer(c.room.Dx(), c.room.Dy())
	for i, p := range outline {
		goTo := r.LineTo
		if i == 0 {
			goTo = r.MoveTo
		}
		c.corner(goTo, p.X, p.Y)
	}
	r.ClosePath()
	r.Draw(c.img, c.room, image.NewUniform(col), image.Point{})
}

// Ring is of [figure.Canvas].
func (c *canvas) Ring(at figure.Point, radius, width float64, col color.Color) {
	const corners = 24
	ring := make([]figure.Point, corners+1)
	for i := range ring {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		ring[i] = figure.Point{X: at.X + radius*cos, Y: at.Y + radius*sin}
	}
	c.Stroke([][]figure.Point{ring}, width, false, col)
}
