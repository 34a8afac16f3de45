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
)

var paper = color.White

// canvas is an image that is drawn on with smooth lines and text.
type canvas struct {
	img   *image.RGBA
	room  image.Rectangle // what is drawn on
	fonts [2]font.Face
}

// fontSize names one of the canvas' fonts.
type fontSize int

const (
	smallFont fontSize = iota
	bigFont
)

func newCanvas(w, h int) (canvas, error) {
	c := canvas{img: image.NewRGBA(image.Rect(0, 0, w, h))}
	c.clip(c.img.Bounds())
	c.fill(c.img.Bounds(), paper)
	for i, f := range []struct {
		ttf  []byte
		size float64
	}{{goregular.TTF, 19}, {gobold.TTF, 28}} {
		parsed, err := opentype.Parse(f.ttf)
		if err != nil {
			return canvas{}, fmt.Errorf("read the font: %w", err)
		}
		if c.fonts[i], err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return canvas{}, fmt.Errorf("read the font: %w", err)
		}
	}
	return c, nil
}

// clip bounds what smooth lines are drawn on.
func (c *canvas) clip(r image.Rectangle) { c.room = r }

// fill fills a rectangle.
func (c *canvas) fill(r image.Rectangle, col color.Color) {
	draw.Draw(c.img, r, image.NewUniform(col), image.Point{}, draw.Src)
}

// text writes s from x on; y is where its letters stand.
func (c *canvas) text(x, y int, s string, size fontSize, col color.Color) {
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(col), Face: c.fonts[size], Dot: fixed.P(x, y)}
	d.DrawString(s)
}

// width is that of a text in pixels.
func (c *canvas) width(s string, size fontSize) int {
	return font.MeasureString(c.fonts[size], s).Ceil()
}

// fitted cuts a text to w pixels.
func (c *canvas) fitted(s string, size fontSize, w int) string {
	if c.width(s, size) <= w {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && c.width(string(r)+"…", size) > w {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// spot is a place on a canvas, in pixels.
type spot struct{ x, y float32 }

// outline is lines from spot to spot.
type outline []segment

type segment struct{ from, to spot }

// add leads the outline to a spot, or begins anew there.
func (p *outline) add(to spot, joined bool) {
	from := to
	if n := len(*p); joined && n > 0 {
		from = (*p)[n-1].to
	}
	*p = append(*p, segment{from, to})
}

// stroke draws an outline. All its parts turn the same way round, so that where
// they overlap they fill and do not cancel.
func (c *canvas) stroke(p outline, width float32, col color.Color) {
	r := vector.NewRasterizer(c.room.Dx(), c.room.Dy())
	ox, oy := float32(c.room.Min.X), float32(c.room.Min.Y)
	for _, s := range p {
		dx, dy := s.to.x-s.from.x, s.to.y-s.from.y
		n := float32(math.Hypot(float64(dx), float64(dy)))
		if n < width { // a dot, as wide as the line
			dx, dy, n = width, 0, width
			s.from.x -= width / 2
			s.to = spot{s.from.x + width, s.from.y}
		}
		nx, ny := -dy/n*width/2, dx/n*width/2
		r.MoveTo(s.from.x+nx-ox, s.from.y+ny-oy)
		r.LineTo(s.to.x+nx-ox, s.to.y+ny-oy)
		r.LineTo(s.to.x-nx-ox, s.to.y-ny-oy)
		r.LineTo(s.from.x-nx-ox, s.from.y-ny-oy)
		r.ClosePath()
	}
	r.Draw(c.img, c.room, image.NewUniform(col), image.Point{})
}

// line draws one line.
func (c *canvas) line(a, b spot, width float32, col color.Color) {
	c.stroke(outline{{a, b}}, width, col)
}

// dashes draws a broken line.
func (c *canvas) dashes(a, b spot, col color.Color) {
	const on, off = 9, 7
	n := float32(math.Hypot(float64(b.x-a.x), float64(b.y-a.y)))
	at := func(d float32) spot { return spot{a.x + (b.x-a.x)*d/n, a.y + (b.y-a.y)*d/n} }
	var p outline
	for d := float32(0); d < n; d += on + off {
		p = append(p, segment{at(d), at(min(d+on, n))})
	}
	c.stroke(p, 1.8, col)
}

// disc fills a circle.
func (c *canvas) disc(at spot, radius float32, col color.Color) {
	const corners = 24
	r := vector.NewRasterizer(c.room.Dx(), c.room.Dy())
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		x := at.x + radius*float32(cos) - float32(c.room.Min.X)
		y := at.y + radius*float32(sin) - float32(c.room.Min.Y)
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	r.Draw(c.img, c.room, image.NewUniform(col), image.Point{})
}
