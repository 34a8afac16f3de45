package main

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/gomonobolditalic"
	"golang.org/x/image/font/gofont/gomonoitalic"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// baseline is where the font's letters stand, from the top of a cell.
const baseline = 18

// inFont reports whether the font has a character.
func inFont(r rune) bool {
	f, err := sfnt.Parse(gomono.TTF)
	if err != nil {
		return false
	}
	i, err := f.GlyphIndex(nil, r)
	return err == nil && i != 0
}

// faces loads the font: regular, bold, italic, bold italic.
func faces() ([4]font.Face, error) {
	var out [4]font.Face
	for i, ttf := range [][]byte{gomono.TTF, gomonobold.TTF, gomonoitalic.TTF, gomonobolditalic.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			return out, err
		}
		out[i], err = opentype.NewFace(f, &opentype.FaceOptions{Size: fontSize, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// writePNG writes the picture as a PNG.
func writePNG(w io.Writer, p picture) error {
	img, err := rasterize(p)
	if err != nil {
		return err
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, img)
}

// rasterize draws the picture.
func rasterize(p picture) (*image.RGBA, error) {
	fs, err := faces()
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rect(0, 0, p.w, p.h))
	draw.Draw(img, img.Bounds(), image.NewUniform(p.bg), image.Point{}, draw.Src)
	for _, m := range p.marks {
		switch {
		case m.fill:
			draw.Draw(img, image.Rect(m.x, m.y, m.x+m.w, m.y+cellH), image.NewUniform(m.colour), image.Point{}, draw.Src)
		case m.text != 0:
			i := 0
			if m.bold {
				i |= 1
			}
			if m.italic {
				i |= 2
			}
			d := font.Drawer{Dst: img, Src: image.NewUniform(m.colour), Face: fs[i], Dot: fixed.P(m.x, m.y+baseline)}
			d.DrawString(string(m.text))
		default:
			for _, s := range m.shape {
				drawShape(img, m, s)
			}
		}
	}
	return img, nil
}

// drawShape fills one polygon in the cell of m, cut at the cell's edges but
// for a pixel, so that a shape can't paint over its neighbours.
func drawShape(img *image.RGBA, m mark, s shape) {
	const over = 1
	r := vector.NewRasterizer(m.w+2*over, cellH+2*over)
	for i, pt := range s.points {
		x, y := float32(pt.x+over), float32(pt.y+over)
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	c := color.NRGBA{m.colour.R, m.colour.G, m.colour.B, uint8(s.alpha*255 + 0.5)}
	r.Draw(img, image.Rect(m.x-over, m.y-over, m.x+m.w+over, m.y+cellH+over), image.NewUniform(c), image.Point{})
}
