package main

import "image/color"

// Sizes of a picture in pixels. The font's advance is 0.6 of its size.
const (
	fontSize = 20
	cellW    = 12
	cellH    = 24
	margin   = 14
)

// palette gives colours to what a terminal leaves open.
type palette struct {
	fg, bg color.RGBA
	basic  [16]color.RGBA
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
}

func newPalette(fg, bg uint32, basic [16]uint32) palette {
	p := palette{fg: rgb(fg), bg: rgb(bg)}
	for i, v := range basic {
		p.basic[i] = rgb(v)
	}
	return p
}

// dark is a palette of light text on a dark ground.
func dark() palette {
	return newPalette(0xd8dee9, 0x15181e, [16]uint32{
		0x2b303b, 0xe06c75, 0x98c379, 0xe5c07b, 0x61afef, 0xc678dd, 0x56b6c2, 0xc8ccd4,
		0x5c6370, 0xf08a93, 0xb2dd94, 0xf2d599, 0x86c5f9, 0xd9a0ea, 0x7fd0da, 0xf5f7fa,
	})
}

// bright is a palette of dark text on a light ground.
func bright() palette {
	return newPalette(0x24292f, 0xfbfbfa, [16]uint32{
		0x24292f, 0xc0392b, 0x2e7d32, 0x9a6700, 0x0b5cad, 0x8e3aa8, 0x0b7285, 0x8c959f,
		0x57606a, 0xd64535, 0x3b8f40, 0xb07a00, 0x1a6fc4, 0xa34dbd, 0x14879b, 0xd0d7de,
	})
}

// of returns what a colour looks like; open is for the default one. The 256
// colours are those of xterm.
func (p palette) of(c colour, open color.RGBA) color.RGBA {
	switch {
	case c.kind == 0:
		return open
	case c.kind == 'c':
		return color.RGBA{c.r, c.g, c.b, 255}
	case c.n < 16:
		return p.basic[c.n]
	case c.n < 232:
		level := func(i uint8) uint8 {
			if i == 0 {
				return 0
			}
			return 55 + 40*i
		}
		n := c.n - 16
		return color.RGBA{level(n / 36), level(n / 6 % 6), level(n % 6), 255}
	}
	v := 8 + 10*(c.n-232)
	return color.RGBA{v, v, v, 255}
}

// mark is one thing to draw. Its place and size are in pixels.
type mark struct {
	x, y, w int
	fill    bool    // the background of w pixels
	text    rune    // a character of the font, or 0
	shape   []shape // a drawing of our own
	colour  color.RGBA
	bold    bool
	italic  bool
}

// picture is everything to be drawn, in order.
type picture struct {
	w, h  int
	bg    color.RGBA
	marks []mark
}

// layout turns cells into marks: first the backgrounds, then what stands on
// them.
func layout(grid [][]cell, pal palette) picture {
	pic := picture{bg: pal.bg, h: 2*margin + cellH*len(grid)}
	var front []mark
	for y, row := range grid {
		pic.w = 2*margin + cellW*len(row)
		for x, c := range row {
			fg, bg := c.pen.colours(pal)
			px, py := margin+x*cellW, margin+y*cellH
			if bg != pal.bg {
				pic.fill(px, py, bg)
			}
			if c.cont || c.pen.no {
				continue
			}
			m := mark{x: px, y: py, w: cellW, colour: fg, bold: c.pen.bold, italic: c.pen.italic}
			if x+1 < len(row) && row[x+1].cont {
				m.w = 2 * cellW
			}
			front = append(front, m.lines(c.pen)...)
			if r := first(c.text); r > ' ' && r != 0xa0 {
				front = append(front, m.glyph(r))
			}
		}
	}
	pic.marks = append(pic.marks, front...)
	return pic
}

// fill adds a cell's background, or lengthens the one to its left.
func (p *picture) fill(x, y int, c color.RGBA) {
	if n := len(p.marks); n > 0 {
		if last := &p.marks[n-1]; last.y == y && last.x+last.w == x && last.colour == c {
			last.w += cellW
			return
		}
	}
	p.marks = append(p.marks, mark{x: x, y: y, w: cellW, fill: true, colour: c})
}

// colours are those of the text and of the ground below it.
func (p pen) colours(pal palette) (fg, bg color.RGBA) {
	fg, bg = pal.of(p.fg, pal.fg), pal.of(p.bg, pal.bg)
	if p.inverse {
		fg, bg = bg, fg
	}
	if p.dim {
		fg = blend(fg, bg, 0.45)
	}
	return fg, bg
}

// blend mixes b into a.
func blend(a, b color.RGBA, part float64) color.RGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x)*(1-part) + float64(y)*part + 0.5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// lines returns what is drawn under or through the text.
func (m mark) lines(p pen) []mark {
	var out []mark
	add := func(on bool, at float64) {
		if on {
			l := m
			l.shape = []shape{{alpha: 1, points: rect(0, at, float64(m.w), at+1.5)}}
			out = append(out, l)
		}
	}
	add(p.underline, cellH-3.5)
	add(p.strike, cellH*0.55)
	return out
}

// glyph returns the mark for a character: a drawing of our own where there is
// one (the font's lines would not meet), else the font's, else a frame.
func (m mark) glyph(r rune) mark {
	if s, ok := drawing(r, float64(m.w), cellH); ok {
		m.shape = s
		return m
	}
	if inFont(r) {
		m.text = r
		return m
	}
	m.shape = frame(float64(m.w), cellH)
	return m
}

// first is the first character of a grapheme; what combines with it is left
// out.
func first(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}
