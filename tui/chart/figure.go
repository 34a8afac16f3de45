package chart

import (
	"vigil/agent/report/figure"
	"vigil/remote/curve"
)

// figureCols is in how many columns a figure has its curves: about one a pixel of
// its plot.
const figureCols = figure.PlotW

// Figure returns what the chart shows as a figure without texts: the same
// curves, part of the axes, smoothing and differences, in finer columns. The
// details of the lines are not in it.
func (c *Chart) Figure() figure.Figure {
	p := c.plan()
	fine := *c // without the buffers that the chart draws from
	fine.cols, fine.raw, fine.below = nil, nil, nil
	p.w = figureCols / 2
	lo, hi := p.scaleOfX(p.xlo), p.scaleOfX(p.xhi)
	p.xa, p.xb = lo, float64(2*p.w)/(hi-lo)
	fine.columns(&p)
	f := figure.Figure{
		X: figure.Axis{Lo: p.xlo, Hi: p.xhi, Log: p.logX},
		Y: figure.Axis{Lo: p.ylo, Hi: p.yhi, Log: p.log},
	}
	at := func(col float64) float64 { return p.place(col) }
	for i := range c.lines {
		l, cols := &c.lines[i], fine.cols[i*2*p.w:(i+1)*2*p.w]
		out := figure.Line{Name: l.Name, Color: l.Color, Live: l.Live}
		if l.Band != nil {
			out.Band = bandOf(cols, at)
			for k := range cols {
				m := cols[k].Mean
				cols[k].Min, cols[k].Max, cols[k].First, cols[k].Last = m, m, m, m
			}
		}
		out.Pieces = Pieces(cols, at)
		f.Lines = append(f.Lines, out)
	}
	for i := range c.rules {
		f.Rules = append(f.Rules, figure.Rule(c.rules[i]))
	}
	return f
}

// Pieces are the lines that columns stand for, through the first, least, greatest
// and last value of each; a gap breaks them. at tells where on the x axis so many
// columns from the left are.
func Pieces(cols []curve.Column, at func(col float64) float64) [][]figure.Point {
	var out [][]figure.Point
	on := false
	for i := range cols {
		c := &cols[i]
		if c.N == 0 {
			on = on && !c.Gap
			continue
		}
		x := at(float64(i) + 0.5)
		on = on && !c.Start && c.First == c.First
		for k, v := range [...]float32{c.First, c.Min, c.Max, c.Last} {
			if v != v || k > 0 && c.N == 1 {
				continue
			}
			if !on {
				out = append(out, nil)
			}
			n, to := len(out)-1, figure.Point{X: x, Y: float64(v)}
			if k := len(out[n]); k > 0 && out[n][k-1] == to {
				continue
			}
			out[n], on = append(out[n], to), true
		}
		on = c.Last == c.Last
	}
	return out
}

// bandOf are the areas between the least and the greatest values.
func bandOf(cols []curve.Column, at func(col float64) float64) [][]figure.Point {
	var out [][]figure.Point
	for i := 0; i < len(cols); i++ {
		from := i
		for i < len(cols) && cols[i].N > 0 {
			i++
		}
		if i == from {
			continue
		}
		var area []figure.Point
		for k := from; k < i; k++ {
			area = append(area, figure.Point{X: at(float64(k) + 0.5), Y: float64(cols[k].Max)})
		}
		for k := i - 1; k >= from; k-- {
			area = append(area, figure.Point{X: at(float64(k) + 0.5), Y: float64(cols[k].Min)})
		}
		out = append(out, area)
	}
	return out
}
