package chart

import "vigil/remote/curve"

// stipple is which dots of a shade are drawn: every other one, so that it is
// seen as a shade without colour too.
func stipple(x, y int) bool { return (x+y)&1 == 0 }

// dot draws one dot, if it lies in the plot.
func (c *Chart) dot(p *plan, x, y int, style ink) {
	if x >= 0 && x < 2*p.w && y >= 0 && y < 4*p.h {
		c.vertical(p, x, y, y, style)
	}
}

// drawShade draws a shade from one row to another in a column of dots.
func (c *Chart) drawShade(p *plan, x, from, to int, style ink) {
	if from > to {
		from, to = to, from
	}
	for y := max(from, 0); y <= min(to, 4*p.h-1); y++ {
		if stipple(x, y) {
			c.dot(p, x, y, style)
		}
	}
}

// drawBand draws the shade of a band, and leaves in the columns what its line
// needs: the mean alone.
func (c *Chart) drawBand(p *plan, cols []curve.Column, style ink) {
	c.ready = false // the next plan needs the columns as they were
	for x := range cols {
		col := &cols[x]
		if col.N == 0 {
			continue
		}
		c.drawShade(p, x, p.row(col.Max), p.row(col.Min), style)
		col.Min, col.Max = col.Mean, col.Mean
		col.First, col.Last = col.Mean, col.Mean
	}
}

// drawCone draws where a line may lead: the shade between the bounds, dashes
// along the middle, and a ring where it ends.
func (c *Chart) drawCone(p *plan, k *Cone) {
	if k.Line < 0 || k.Line >= len(c.styles) || !(k.X1 > k.X0) {
		return
	}
	st := &c.styles[k.Line]
	x0, x1 := p.col(k.X0), min(p.col(k.X1), 2*p.w-1)
	for x := max(x0, 0); x <= x1; x++ {
		f := min(max((p.edge(x)-k.X0)/(k.X1-k.X0), 0), 1)
		at := func(y float64) int { return p.row(float32(k.Y0 + f*(y-k.Y0))) }
		c.drawShade(p, x, at(k.Hi), at(k.Lo), st.dim)
		if x&3 < 2 {
			c.dot(p, x, at(k.Y), st.on)
		}
	}
	if y := p.row(float32(k.Y)); x1 >= 0 && k.X1 <= p.xhi && y >= 0 && y < 4*p.h {
		c.cells[(y>>2)*c.w+p.left+x1>>1] = cell{style: st.on, r: '◌'}
	}
}

// Crowd counts many runs that are drawn as one picture behind the lines: how
// many of them touch each dot of the plot.
type Crowd interface {
	// Count is how many runs touch a dot, from the left and from the top.
	Count(x, y int) int
}

// SetCrowd puts many runs behind the lines; nil for none. Two dots of it to a
// cell across and four down make the plot ([Chart.Plot], [Chart.Limits]).
func (c *Chart) SetCrowd(crowd Crowd) { c.crowd = crowd }

// crowded is how many times fewer runs than the most make a dot a throng.
const crowded = 3

// drawCrowd draws the dots that any run touches.
func (c *Chart) drawCrowd(p *plan) {
	if c.crowd == nil {
		return
	}
	most := 0
	for y := range 4 * p.h {
		for x := range 2 * p.w {
			most = max(most, c.crowd.Count(x, y))
		}
	}
	for y := range p.h {
		for x := range p.w {
			var bits uint8
			top := 0
			for dy := range 4 {
				for dx := range 2 {
					if n := c.crowd.Count(2*x+dx, 4*y+dy); n > 0 {
						bits |= dotBits[dy][dx]
						top = max(top, n)
					}
				}
			}
			style := c.few
			if top*crowded > most {
				style = c.many
			}
			if bits != 0 {
				c.cells[y*c.w+p.left+x] = cell{style: style, dots: bits}
			}
		}
	}
}
