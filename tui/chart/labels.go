package chart

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

// liveMark follows the name of a line that still grows.
var liveMark = [...]glyph{{' ', 1}, {'…', 1}}

// labelAt is a label and the row of cells at which it would like to be.
type labelAt struct {
	line, row int
}

// drawLabels puts the labels of the first lines to the right of the plot, each
// near the end of its curve, as many as there are rows.
func (c *Chart) drawLabels(p *plan) {
	switch {
	case p.right == 0:
		return
	case c.readout.on:
		c.drawReadout(p)
		return
	}
	n := 2 * p.w
	pos := c.pos[:0]
	for i := range min(len(c.lines), p.h) {
		cols := c.cols[i*n : (i+1)*n]
		row := -1
		for x := n - 1; x >= 0; x-- {
			if cols[x].N > 0 {
				row = min(max(p.row(cols[x].Mean)/4, 0), p.h-1)
				break
			}
		}
		if row < 0 {
			row = p.h - 1 // nothing of it shows here
		}
		pos = append(pos, labelAt{i, row})
	}
	slices.SortStableFunc(pos, func(a, b labelAt) int { return a.row - b.row })
	// Push down what overlaps, then up what fell out at the bottom.
	for i := 1; i < len(pos); i++ {
		pos[i].row = max(pos[i].row, pos[i-1].row+1)
	}
	for i, floor := len(pos)-1, p.h-1; i >= 0; i, floor = i-1, floor-1 {
		pos[i].row = min(pos[i].row, floor)
		floor = pos[i].row
	}
	c.pos = pos
	for _, l := range pos {
		c.drawLabel(p, l, false)
	}
}

// drawLabel draws a line's marker, name and detail; the detail at the right
// edge where it is one of a column.
func (c *Chart) drawLabel(p *plan, l labelAt, aligned bool) {
	st := &c.styles[l.line]
	left := p.left + p.w + 1
	if left+2 > c.w {
		return
	}
	c.cells[l.row*c.w+left] = cell{style: st.on, r: st.marker}
	end := c.w
	if d := st.detail.width; d > 0 && d+6 <= p.right { // the number matters more than the name's end
		end -= d + 1
	}
	x := c.write(left+2, l.row, end, st.name, st.on)
	live := label{glyphs: liveMark[:], width: len(liveMark)}
	if c.lines[l.line].Live && x+2 <= end {
		x = c.write(x, l.row, end, live, st.on)
	}
	if aligned {
		x = max(x, c.w-st.detail.width-1)
	}
	if x+1 < c.w {
		c.write(x+1, l.row, c.w, st.detail, st.on)
	}
}

// drawReadout lists what is read at the cursor: as many lines as there are
// rows, and how many more there are.
func (c *Chart) drawReadout(p *plan) {
	r := &c.readout
	c.pos = c.pos[:0]
	left := p.left + p.w + 1
	x := c.write(left, 0, c.w, r.title, c.text)
	if at := c.w - r.head.width; at > x {
		c.write(at, 0, c.w, r.head, c.text)
	}
	room, from := p.h-1, 0
	if more := len(r.order) > room; more {
		room--
		from = max(min(slices.Index(r.order, r.focus)-room/2, len(r.order)-room), 0)
	}
	for i := range min(room, len(r.order)-from) {
		l := labelAt{r.order[from+i], 1 + i}
		if k := -1 - l.line; k >= 0 && k < len(r.heads) {
			h := &r.heads[k]
			c.write(left, l.row, c.w-h.detail.width-1, h.name, h.on)
			c.write(max(c.w-h.detail.width, left), l.row, c.w, h.detail, h.on)
		}
		if l.line < 0 || l.line >= len(c.lines) {
			continue
		}
		c.pos = append(c.pos, l)
		c.drawLabel(p, l, true)
	}
	if hidden := len(r.order) - room; hidden > 0 && room >= 0 {
		var buf [32]byte
		x := left
		for _, ch := range append(strconv.AppendInt(append(buf[:0], "+ "...), int64(hidden), 10), " more"...) {
			if x < c.w {
				c.cells[(p.h-1)*c.w+x] = cell{style: c.text, r: rune(ch)}
				x++
			}
		}
	}
}

// drawAxes draws the axes with their numbers at round values, and a cross
// wherever a line has values that are not numbers.
func (c *Chart) drawAxes(p *plan) {
	x0 := p.left - 1
	for y := range p.h {
		c.cells[y*c.w+x0] = cell{style: c.axis, r: '│'}
	}
	base := p.h * c.w
	for x := range p.w {
		c.cells[base+p.left+x] = cell{style: c.axis, r: '─'}
	}
	c.cells[base+x0] = cell{style: c.axis, r: '└'}
	c.yTicks(p, x0)
	c.xTicks(p, base)
	for i := range c.lines {
		cols := c.cols[i*2*p.w : (i+1)*2*p.w]
		for x := range cols {
			if cols[x].Gap {
				c.cells[base+p.left+x/2] = cell{style: c.bad, r: '×'}
			}
		}
	}
}

func (c *Chart) yTicks(p *plan, x0 int) {
	var buf, told [32]byte
	last := told[:0] // two values that are written alike would seem to be one
	free := 0        // rows below this one hold no number yet
	tick := func(v, step float64) {
		row := p.row(float32(v))
		if row < 0 || row >= 4*p.h || row/4 < free {
			return
		}
		row /= 4
		c.cells[row*c.w+x0] = cell{style: c.axis, r: '┤'}
		s := appendNumber(buf[:0], v, step, x0)
		if bytes.Equal(s, last) {
			return
		}
		last = append(last[:0], s...)
		for i, ch := range s {
			c.cells[row*c.w+x0-len(s)+i] = cell{style: c.text, r: rune(ch)}
		}
		free = row + 2
	}
	if !p.log {
		const most = 1000 // ranges beyond what a float can step through
		first := math.Floor(p.yhi/p.ystep) * p.ystep
		for i := range most {
			v := first - float64(i)*p.ystep
			if v < p.ylo {
				break
			}
			tick(v, p.ystep)
		}
		return
	}
	span := math.Log10(p.yhi / p.ylo)
	if span < 1 { // round values, though their distance differs
		for i := range 1000 {
			v := math.Floor(p.yhi/p.ystep)*p.ystep - float64(i)*p.ystep
			if v < p.ylo || v <= 0 {
				break
			}
			tick(v, p.ystep)
		}
		return
	}
	top := math.Pow(10, math.Ceil(math.Log10(p.yhi)))
	for d := top; d >= p.ylo/10; d /= 10 { // at most 400 decades: limits are finite
		for _, f := range [...]float64{5, 2, 1} {
			if v := f * d; v >= p.ylo && v <= p.yhi && (f == 1 || span < float64(p.h)/6) {
				tick(v, d)
			}
		}
	}
}
