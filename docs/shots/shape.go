package main

import "math"

// point is a place in a cell, in pixels from its upper left corner.
type point struct{ x, y float64 }

// shape is a filled polygon. Holes are cut by points that run the other way
// round (non-zero winding).
type shape struct {
	alpha  float64 // 0 to 1
	points []point
}

func solid(ps ...[]point) []shape {
	var out []shape
	for _, p := range ps {
		out = append(out, shape{1, p})
	}
	return out
}

// rect is a rectangle.
func rect(x0, y0, x1, y1 float64) []point {
	return []point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// arc is a piece of a circle as points, angles in turns, clockwise from the
// right.
func arc(cx, cy, r, from, to float64) []point {
	const steps = 40
	var out []point
	for i := range steps + 1 {
		a := 2 * math.Pi * (from + (to-from)*float64(i)/steps)
		out = append(out, point{cx + r*math.Cos(a), cy + r*math.Sin(a)})
	}
	return out
}

// disc is a whole circle.
func disc(cx, cy, r float64) []point { return arc(cx, cy, r, 0, 1) }

// ring is a circle's line of the thickness t from a piece of the circle; it is
// one polygon, there and back.
func ring(cx, cy, r, t, from, to float64) []point {
	out := arc(cx, cy, r+t/2, from, to)
	return append(out, arc(cx, cy, r-t/2, to, from)...)
}

// stroke is a line of the thickness t.
func stroke(t float64, ps ...point) [][]point {
	var out [][]point
	for i := 1; i < len(ps); i++ {
		a, b := ps[i-1], ps[i]
		l := math.Hypot(b.x-a.x, b.y-a.y)
		nx, ny := -(b.y-a.y)/l*t/2, (b.x-a.x)/l*t/2
		out = append(out, []point{{a.x + nx, a.y + ny}, {a.x - nx, a.y - ny}, {b.x - nx, b.y - ny}, {b.x + nx, b.y + ny}})
		if i > 1 {
			out = append(out, disc(a.x, a.y, t/2))
		}
	}
	return out
}

// frame stands for a character that can't be drawn.
func frame(w, h float64) []shape {
	const t = 1
	x0, y0, x1, y1 := 2.0, h*0.2, w-2, h*0.8
	return solid(rect(x0, y0, x1, y0+t), rect(x0, y1-t, x1, y1), rect(x0, y0+t, x0+t, y1-t), rect(x1-t, y0+t, x1, y1-t))
}

// drawing returns our own drawing of a character in a cell of w x h.
func drawing(r rune, w, h float64) ([]shape, bool) {
	switch {
	case r >= 0x2800 && r <= 0x28ff:
		return braille(r, w, h), true
	case r >= 0x2500 && r <= 0x257f:
		return box(r, w, h)
	case r >= 0x2580 && r <= 0x259f:
		return block(r, w, h), true
	}
	return symbol(r, w, h)
}

// braille draws the dots of a pattern. The bits go down the left column, then
// down the right one, with the fourth row last, for history's sake.
func braille(r rune, w, h float64) []shape {
	var out []shape
	for bit, at := range [8][2]float64{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		if r>>bit&1 == 1 {
			out = append(out, solid(disc(w*(0.25+0.5*at[0]), h*(0.125+0.25*at[1]), w*0.14))...)
		}
	}
	return out
}

// block draws the block elements.
func block(r rune, w, h float64) []shape {
	switch {
	case r == 0x2580:
		return solid(rect(0, 0, w, h/2))
	case r <= 0x2588: // lower eighths
		return solid(rect(0, h-h*float64(r-0x2580)/8, w, h))
	case r <= 0x258f: // left eighths, falling
		return solid(rect(0, 0, w*float64(0x2590-r)/8, h))
	case r == 0x2590:
		return solid(rect(w/2, 0, w, h))
	case r <= 0x2593: // shades
		return []shape{{0.25 * float64(r-0x2590), rect(0, 0, w, h)}}
	case r == 0x2594:
		return solid(rect(0, 0, w, h/8))
	case r == 0x2595:
		return solid(rect(w*7/8, 0, w, h))
	}
	// Quadrants: upper left 1, upper right 2, lower left 4, lower right 8.
	var out []shape
	set := [...]int{4, 8, 1, 13, 9, 7, 11, 2, 6, 14}[r-0x2596]
	for i := range 4 {
		if set>>i&1 == 1 {
			x, y := float64(i%2)*w/2, float64(i/2)*h/2
			out = append(out, solid(rect(x, y, x+w/2, y+h/2))...)
		}
	}
	return out
}
