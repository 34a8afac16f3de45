package main

import "math"

// symbol draws the signs that screens like ours use and the font lacks or has
// too small.
func symbol(r rune, w, h float64) ([]shape, bool) {
	cx, cy := w/2, h/2
	rad := w * 0.40
	poly := func(ps ...point) ([]shape, bool) { return solid(ps), true }
	all := func(ps ...[]point) ([]shape, bool) { return solid(ps...), true }
	line := func(ps ...point) ([]shape, bool) { return solid(stroke(1.4, append(ps, ps[0])...)...), true }
	switch r {
	case '■':
		return all(rect(cx-rad, cy-rad, cx+rad, cy+rad))
	case '▪':
		return all(rect(cx-rad/2, cy-rad/2, cx+rad/2, cy+rad/2))
	case '□', '☐', '☑':
		s := frameAt(cx, cy, rad)
		if r == '☑' {
			s = append(s, check(cx, cy, rad*0.7)...)
		}
		return s, true
	case '●', '⏺':
		return all(disc(cx, cy, rad))
	case '○', '◯':
		return all(ring(cx, cy, rad-0.6, 1.4, 0, 1))
	case '◉', '◎':
		inner := map[rune]float64{'◉': rad * 0.5, '◎': rad * 0.28}[r]
		return all(ring(cx, cy, rad-0.6, 1.3, 0, 1), disc(cx, cy, inner))
	case '◌':
		var out []shape
		for i := range 8 {
			a := float64(i) / 8
			out = append(out, solid(ring(cx, cy, rad-0.6, 1.6, a-0.03, a+0.03))...)
		}
		return out, true
	case '◐', '◑', '◒', '◓':
		from := map[rune]float64{'◐': 0.25, '◑': 0.75, '◒': 0, '◓': 0.5}[r]
		return all(ring(cx, cy, rad-0.6, 1.3, 0, 1), arc(cx, cy, rad-0.6, from, from+0.5))
	case '△':
		return line(point{cx, cy - rad}, point{cx + rad, cy + rad*0.8}, point{cx - rad, cy + rad*0.8})
	case '◇':
		return line(point{cx, cy - rad*1.2}, point{cx + rad, cy}, point{cx, cy + rad*1.2}, point{cx - rad, cy})
	case '✚':
		return all(rect(cx-rad, cy-rad*0.35, cx+rad, cy+rad*0.35), rect(cx-rad*0.35, cy-rad, cx+rad*0.35, cy+rad))
	case '✖':
		return solid(append(stroke(3, point{cx - rad*0.8, cy - rad*0.8}, point{cx + rad*0.8, cy + rad*0.8}),
			stroke(3, point{cx - rad*0.8, cy + rad*0.8}, point{cx + rad*0.8, cy - rad*0.8})...)...), true
	case '▲', '▴':
		return poly(point{cx, cy - rad}, point{cx + rad, cy + rad*0.8}, point{cx - rad, cy + rad*0.8})
	case '▼', '▽', '▾':
		return poly(point{cx, cy + rad}, point{cx - rad, cy - rad*0.8}, point{cx + rad, cy - rad*0.8})
	case '▶', '▸', '▷', '⏵', '►':
		return poly(point{cx + rad, cy}, point{cx - rad*0.8, cy + rad}, point{cx - rad*0.8, cy - rad})
	case '◀', '◂', '◁', '◄':
		return poly(point{cx - rad, cy}, point{cx + rad*0.8, cy - rad}, point{cx + rad*0.8, cy + rad})
	case '◆':
		return poly(point{cx, cy - rad*1.2}, point{cx + rad, cy}, point{cx, cy + rad*1.2}, point{cx - rad, cy})
	case '★', '☆', '✻', '✳', '✶', '✢':
		return star(r, cx, cy, rad), true
	case '⏸':
		return all(rect(cx-rad, cy-rad, cx-rad*0.25, cy+rad), rect(cx+rad*0.25, cy-rad, cx+rad, cy+rad))
	case '✓', '✔':
		return check(cx, cy, rad), true
	case '✗', '✘':
		return solid(append(stroke(1.8, point{cx - rad, cy - rad}, point{cx + rad, cy + rad}),
			stroke(1.8, point{cx - rad, cy + rad}, point{cx + rad, cy - rad})...)...), true
	case '⎿': // where Claude Code hangs a tool's output
		return solid(stroke(1.5, point{cx - rad*0.3, 0}, point{cx - rad*0.3, cy}, point{w, cy})...), true
	case '❯':
		return solid(stroke(2, point{cx - rad*0.6, cy - rad*1.2}, point{cx + rad*0.6, cy}, point{cx - rad*0.6, cy + rad*1.2})...), true
	case '⟳', '↻':
		return all(ring(cx, cy, rad-0.5, 1.4, 0.05, 0.85),
			[]point{{cx + rad*0.2, cy - rad*0.3}, {cx + rad*1.25, cy - rad*0.3}, {cx + rad*0.95, cy - rad*1.25}})
	case '⚠':
		tri := stroke(1.4, point{cx, cy - rad}, point{cx + rad, cy + rad*0.8}, point{cx - rad, cy + rad*0.8}, point{cx, cy - rad})
		return solid(append(tri, rect(cx-0.6, cy-rad*0.4, cx+0.6, cy+rad*0.3), rect(cx-0.6, cy+rad*0.4, cx+0.6, cy+rad*0.65))...), true
	}
	return nil, false
}

// frameAt is the outline of a square.
func frameAt(cx, cy, r float64) []shape {
	const t = 1.3
	return solid(rect(cx-r, cy-r, cx+r, cy-r+t), rect(cx-r, cy+r-t, cx+r, cy+r),
		rect(cx-r, cy-r, cx-r+t, cy+r), rect(cx+r-t, cy-r, cx+r, cy+r))
}

// check is a tick.
func check(cx, cy, r float64) []shape {
	return solid(stroke(1.8, point{cx - r, cy + r*0.1}, point{cx - r*0.3, cy + r*0.9}, point{cx + r, cy - r})...)
}

// star is a five-pointed star, or six strokes for the flower-like ones.
func star(r rune, cx, cy, rad float64) []shape {
	at := func(turn, r float64) point {
		a := 2 * math.Pi * (turn - 0.25)
		return point{cx + r*math.Cos(a), cy + r*math.Sin(a)}
	}
	if r != '★' && r != '☆' {
		var out []shape
		for i := range 6 {
			out = append(out, solid(stroke(1.4, at(float64(i)/6, rad*0.15), at(float64(i)/6, rad))...)...)
		}
		return out
	}
	var ps []point
	for i := range 10 {
		ps = append(ps, at(float64(i)/10, []float64{rad * 1.15, rad * 0.5}[i%2]))
	}
	return solid(ps)
}
