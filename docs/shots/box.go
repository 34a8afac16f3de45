package main

import "strings"

// arms says of a box drawing character how thick its lines to the top, right,
// bottom and left are: 0 none, 1 light, 2 heavy, 3 double.
func arms(r rune) (arm [4]int, ok bool) {
	const table = "─0101 ━0202 │1010 ┃2020 ┌0110 ┏0220 ┐0011 ┓0022 └1100 ┗2200 ┘1001 ┛2002 " +
		"├1110 ┣2220 ┤1011 ┫2022 ┬0111 ┳0222 ┴1101 ┻2202 ┼1111 ╋2222 " +
		"┝1210 ┠2120 ┥1012 ┨2021 ┯0212 ┰0121 ┷1202 ┸2101 ┿1212 ╂2121 " +
		"═0303 ║3030 ╔0330 ╗0033 ╚3300 ╝3003 ╠3330 ╣3033 ╦0333 ╩3303 ╬3333 " +
		"╞1310 ╡1013 ╪1313 ╟3130 ╢3031 ╫3131 ╤0313 ╧1303 ╥0131 ╨3101 " +
		"╴0001 ╵1000 ╶0100 ╷0010 ╸0002 ╹2000 ╺0200 ╻0020 ╼0201 ╽1020 ╾0102 ╿2010 "
	_, rest, found := strings.Cut(table, string(r))
	if !found || len(rest) < 4 {
		return arm, false
	}
	for i := range arm {
		arm[i] = int(rest[i] - '0')
	}
	return arm, true
}

// box draws the box drawing characters, so that their lines meet.
func box(r rune, w, h float64) ([]shape, bool) {
	const light, heavy = 1.5, 3
	cx, cy := w/2, h/2
	switch r {
	case '╭', '╮', '╯', '╰':
		return rounded(r, w, h, light), true
	case '╱':
		return solid(stroke(light, point{0, h}, point{w, 0})...), true
	case '╲':
		return solid(stroke(light, point{0, 0}, point{w, h})...), true
	case '╳':
		return solid(append(stroke(light, point{0, 0}, point{w, h}), stroke(light, point{0, h}, point{w, 0})...)...), true
	}
	// Dashed lines: pieces, whether down, whether heavy.
	for i, set := range []string{"╌╍╎╏", "┄┅┆┇", "┈┉┊┋"} {
		if k := strings.IndexRune(set, r); k >= 0 {
			k /= len("╌")
			return dashes(i+2, k >= 2, []float64{light, heavy}[k%2], w, h), true
		}
	}
	arm, ok := arms(r)
	if !ok {
		return nil, false
	}
	var out []shape
	for i, kind := range arm {
		// Each arm goes a little over the middle, so that corners are filled.
		line := func(off, t float64) {
			a, b := t/2, off
			out = append(out, solid([][]point{
				rect(cx+b-a, 0, cx+b+a, cy+a), rect(cx-a, cy+b-a, w, cy+b+a),
				rect(cx+b-a, cy-a, cx+b+a, h), rect(0, cy+b-a, cx+a, cy+b+a),
			}[i])...)
		}
		switch kind {
		case 1:
			line(0, light)
		case 2:
			line(0, heavy)
		case 3:
			line(-2, 1.2)
			line(2, 1.2)
		}
	}
	return out, true
}

// dashes draws a dashed line through the middle.
func dashes(n int, down bool, t, w, h float64) []shape {
	length := w
	if down {
		length = h
	}
	var out []shape
	for i := range n {
		from := length * (float64(i) + 0.2) / float64(n)
		to := length * (float64(i) + 0.8) / float64(n)
		r := rect(from, h/2-t/2, to, h/2+t/2)
		if down {
			r = rect(w/2-t/2, from, w/2+t/2, to)
		}
		out = append(out, solid(r)...)
	}
	return out
}

// rounded draws a rounded corner: a quarter of a circle, and straight to the
// edge where the cell is higher than wide.
func rounded(r rune, w, h, t float64) []shape {
	cx, cy := w/2, h/2
	rad := w / 2
	right, below := r == '╭' || r == '╰', r == '╭' || r == '╮'
	mx, my := 0.0, cy-rad // the middle of the circle
	if right {
		mx = w
	}
	edge := rect(cx-t/2, 0, cx+t/2, my)
	if below {
		my = cy + rad
		edge = rect(cx-t/2, my, cx+t/2, h)
	}
	from := map[rune]float64{'╭': 0.5, '╮': 0.75, '╯': 0, '╰': 0.25}[r]
	return solid(edge, ring(mx, my, rad, t, from, from+0.25))
}
