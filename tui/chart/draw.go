package chart

import (
	"unicode/utf8"

	"vigil/remote/curve"
)

// cell is one cell of the chart. Dots and a rune exclude each other when it is
// written: the rune wins.
type cell struct {
	r     rune
	style ink
	dots  uint8
	part  part
	layer layer // of the dots
}

// layer says what lies over what: dots cut out those of a lower layer, to be
// seen without colour too.
type layer uint8

const (
	ground layer = iota // of the crowd
	shade               // of bands, cones, raw and replaced curves
	front               // of the lines
)

// ink is an index into Chart.inks, the escape sequences of the colours: an
// index and not a string, since cells are written tens of thousands of times a
// frame.
type ink uint16

// dotBits are the bits of U+2800 by row and column of the dots in a cell.
var dotBits = [4][2]uint8{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

const reset = "\x1b[m"

// View draws the chart: h lines of w cells each.
func (c *Chart) View() string {
	if c.w == 0 || c.h == 0 {
		return ""
	}
	if n := c.w * c.h; cap(c.cells) < n {
		c.cells = make([]cell, n)
	} else {
		c.cells = c.cells[:n]
		clear(c.cells)
	}
	p := c.plan()
	if p.w > 0 && p.h > 0 {
		c.drawCrowd(&p)
		c.drawRules(&p)
		c.layer = shade
		for i := range c.cones {
			c.drawCone(&p, &c.cones[i])
		}
		for i := len(c.lines) - 1; i >= 0; i-- { // the first one on top
			c.drawUnder(&p, i)
		}
		c.layer = front
		for i := len(c.lines) - 1; i >= 0; i-- {
			cols := c.cols[i*2*p.w : (i+1)*2*p.w]
			c.drawLine(&p, cols, c.styles[i].on)
			if len(c.lines) > 1 {
				c.drawMarkers(&p, cols, i)
			}
		}
		c.drawCursor(&p)
		c.drawBox(&p)
		if p.axes {
			c.drawAxes(&p)
		}
		c.drawLabels(&p)
	}
	return c.encode()
}

// drawUnder draws what lies under a line: its raw curve when it is smoothed,
// and what its restarts replaced.
func (c *Chart) drawUnder(p *plan, i int) {
	l := &c.lines[i]
	if l.Band != nil {
		c.drawBand(p, c.cols[i*2*p.w:(i+1)*2*p.w], c.styles[i].dim)
		return
	}
	if l.Trace.Series == nil || l.Dim == nil {
		return
	}
	base := c.baseline()
	switch {
	case c.smooth > 0 && base == nil:
		c.raw = l.Trace.Log(p.logX).Window(p.xlo, p.xhi, 2*p.w, c.raw)
		c.drawLine(p, c.raw, c.styles[i].dim)
	case c.smooth > 0 && base.single():
		raw := l.Trace.Log(p.logX).Minus(base.Trace, p.xlo, p.xhi, 2*p.w, 0, c.raw)
		c.drawLine(p, raw, c.styles[i].dim)
	}
	if l.Trace.Segments() > 1 && base == nil {
		c.raw = l.Trace.Log(p.logX).Replaced(p.xlo, p.xhi, 2*p.w, c.raw)
		c.drawLine(p, c.raw, c.styles[i].dim)
	}
}

// drawLine draws the columns of a curve: in each, all from the least to the
// greatest value, and lines between the ends of neighbours, however far apart,
// unless there is a gap between them.
func (c *Chart) drawLine(p *plan, cols []curve.Column, style ink) {
	px, py := -1, 0 // the end of the last column with values; px < 0: none to lead from
	for x := range cols {
		col := &cols[x]
		if col.N == 0 {
			if col.Gap {
				px = -1
			}
			continue
		}
		top := p.row(col.Max)
		bottom, first, last := top, top, top
		if col.N > 1 {
			bottom, first, last = p.row(col.Min), p.row(col.First), p.row(col.Last)
		}
		if px >= 0 && !col.Start && col.First == col.First {
			c.join(p, px, py, x, first, style)
		}
		c.vertical(p, x, top, bottom, style)
		px, py = x, last
		if col.Last != col.Last {
			px = -1
		}
	}
}

// vertical draws the dots from one row to another, as far as they lie in the
// plot.
func (c *Chart) vertical(p *plan, x, from, to int, style ink) {
	if from > to {
		from, to = to, from
	}
	from, to = max(from, 0), min(to, 4*p.h-1)
	side := x & 1
	at := (from>>2)*c.w + p.left + x>>1
	for y := from; y <= to; at += c.w {
		var bits uint8
		for end := min(y|3, to); y <= end; y++ {
			bits |= dotBits[y&3][side]
		}
		cl := &c.cells[at]
		if cl.r != 0 || cl.part != whole || cl.layer < c.layer {
			*cl = cell{}
		}
		cl.dots |= bits
		cl.style, cl.layer = style, c.layer
	}
}

// join draws a line between two dots that lie in different columns. The ends
// may lie above or below the plot.
func (c *Chart) join(p *plan, x0, y0, x1, y1 int, style ink) {
	dx := x1 - x0
	prev := y0
	for i := 1; i <= dx; i++ {
		y := y0 + (2*(y1-y0)*i+dx)/(2*dx)
		if y1 < y0 {
			y = y0 - (2*(y0-y1)*i+dx)/(2*dx)
		}
		// Half of the way in the column before, half in this one.
		mid := (prev + y) / 2
		c.vertical(p, x0+i-1, prev, mid, style)
		c.vertical(p, x0+i, mid, y, style)
		prev = y
	}
}

// drawMarkers puts a line's marker on it now and then, and at its end.
func (c *Chart) drawMarkers(p *plan, cols []curve.Column, i int) {
	const every = 24 // cells
	end := -1
	for x := len(cols) - 1; x >= 0 && end < 0; x-- {
		if cols[x].N > 0 {
			end = x
		}
	}
	for x := (2*every*i/max(len(c.lines), 1) + every) &^ 1; x < end; x += 2 * every {
		for k := x; k < min(x+every, end); k++ { // the next column with a value
			if cols[k].N > 0 {
				c.mark(p, k, cols[k].Mean, i)
				break
			}
		}
	}
	if end >= 0 {
		v := cols[end].Last
		if v != v {
			v = cols[end].Mean
		}
		c.mark(p, end, v, i)
	}
}

func (c *Chart) mark(p *plan, x int, v float32, i int) {
	if y := p.row(v); y >= 0 && y < 4*p.h {
		at := &c.cells[(y>>2)*c.w+p.left+x>>1]
		*at = cell{style: c.styles[i].on, r: c.styles[i].marker}
	}
}

// narrow is how many times as wide as its label a plot is in which an upright
// rule has one.
const narrow = 3

// drawRules draws targets and records, under everything else.
func (c *Chart) drawRules(p *plan) {
	for i, r := range c.rules {
		if r.Vertical {
			x := p.col(r.At)
			if r.At == p.xhi {
				x = 2*p.w - 1
			}
			if x < 0 || x >= 2*p.w || r.At < p.xlo {
				continue
			}
			for y := range p.h {
				c.cells[y*c.w+p.left+x/2] = cell{style: c.ruled[i], r: '┊'}
			}
			at := x/2 + 1
			if c.labels[i].width*narrow > p.w {
				continue // it would lie over most of the curves
			}
			if w := c.labels[i].width; at+w > p.w { // no room behind it: before it
				at = max(x/2-w, 0)
			}
			c.write(p.left+at, 0, p.left+p.w, c.labels[i], c.ruled[i])
			continue
		}
		y := p.row(float32(r.At))
		if y < 0 || y >= 4*p.h {
			continue
		}
		for x := range p.w {
			at := &c.cells[(y/4)*c.w+p.left+x]
			*at = cell{style: c.ruled[i], r: '┈'}
		}
		c.write(p.left+1, y/4, p.left+p.w, c.labels[i], c.ruled[i])
	}
}

func (c *Chart) drawCursor(p *plan) {
	if x := c.cursor - p.left; x >= 0 && x < p.w {
		for y := range p.h {
			at := &c.cells[y*c.w+c.cursor]
			if at.dots == 0 && (at.r == 0 || at.r == '┈' || at.r == '┊') {
				*at = cell{style: c.cross, r: '│'}
			}
		}
	}
}

// drawBox draws the rectangle, over all but the axes and labels.
func (c *Chart) drawBox(p *plan) {
	b := c.box
	b.x0, b.x1 = max(b.x0, p.left), min(b.x1, p.left+p.w-1)
	b.y0, b.y1 = max(b.y0, 0), min(b.y1, p.h-1)
	if !b.on || b.x0 > b.x1 || b.y0 > b.y1 {
		return
	}
	put := func(x, y int, r rune) { c.cells[y*c.w+x] = cell{style: c.cross, r: r} }
	if b.x0 == b.x1 && b.y0 == b.y1 {
		put(b.x0, b.y0, '┼')
		return
	}
	for x := b.x0; x <= b.x1; x++ {
		put(x, b.y0, '─')
		put(x, b.y1, '─')
	}
	for y := b.y0; y <= b.y1; y++ {
		put(b.x0, y, '│')
		put(b.x1, y, '│')
	}
	if b.x0 < b.x1 && b.y0 < b.y1 {
		put(b.x0, b.y0, '┌')
		put(b.x1, b.y0, '┐')
		put(b.x0, b.y1, '└')
		put(b.x1, b.y1, '┘')
	}
}

// encode writes the cells as text, with as few changes of colour as can be.
func (c *Chart) encode() string {
	b := c.out[:0]
	for y := range c.h {
		style := ink(0)
		for x := range c.w {
			at := &c.cells[y*c.w+x]
			// Half of a wide rune that was drawn over is a blank.
			if at.part == rest && x > 0 && c.cells[y*c.w+x-1].part == first {
				continue
			}
			if at.part == first && (x+1 == c.w || c.cells[y*c.w+x+1].part != rest) {
				*at = cell{}
			}
			blank := at.r == 0 && at.dots == 0
			if !blank && at.style != style {
				if style != 0 {
					b = append(b, reset...)
				}
				style = at.style
				b = append(b, c.inks[style]...)
			}
			switch {
			case blank:
				b = append(b, ' ')
			case at.r != 0:
				b = utf8.AppendRune(b, at.r)
			default:
				b = utf8.AppendRune(b, 0x2800+rune(at.dots))
			}
		}
		if style != 0 {
			b = append(b, reset...)
		}
		if y < c.h-1 {
			b = append(b, '\n')
		}
	}
	c.out = b
	return string(b)
}
