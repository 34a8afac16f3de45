package main

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// cell is one place of the terminal. A wide character is in its first cell;
// the next one has cont set.
type cell struct {
	text string // one grapheme; empty for a blank
	pen  pen
	cont bool
}

// pen is how text is drawn.
type pen struct {
	fg, bg                                            colour
	bold, dim, italic, underline, inverse, strike, no bool
}

// colour is a colour as the terminal was told it.
type colour struct {
	kind    byte // 0: default; 'i': index n; 'c': r, g, b
	n       uint8
	r, g, b uint8
}

// parse reads a capture into cols x rows cells; what lies outside is cut. Only
// the sequences that tmux writes change anything (SGR, and the shift to line
// drawing characters); others are skipped.
func parse(s string, cols, rows int) [][]cell {
	grid := make([][]cell, rows)
	for y := range grid {
		grid[y] = make([]cell, cols)
	}
	var p pen
	x, y, acs := 0, 0, false
	for len(s) > 0 && y < rows {
		seq, width, n, _ := ansi.DecodeSequence(s, 0, nil)
		n = max(n, 1)
		switch {
		case seq == "\n":
			x, y = 0, y+1
		case seq == "\r":
			x = 0
		case seq == "\t":
			x = x/8*8 + 8
		case seq == "\x0e", seq == "\x0f":
			acs = seq == "\x0e"
		case strings.HasPrefix(seq, "\x1b[") && strings.HasSuffix(seq, "m"):
			p.sgr(seq[2 : len(seq)-1])
		case width > 0:
			if acs {
				seq = lineDrawing(seq)
			}
			if x+width <= cols {
				grid[y][x] = cell{text: seq, pen: p}
				for i := x + 1; i < x+width; i++ {
					grid[y][i] = cell{pen: p, cont: true}
				}
			}
			x += width
		}
		s = s[n:]
	}
	return grid
}

// sgr applies the parameters of one SGR sequence. Both forms of the extended
// colours are read: 38;2;r;g;b and 38:2::r:g:b.
func (p *pen) sgr(params string) {
	fields := strings.Split(params, ";")
	for len(fields) > 0 {
		f := fields[0]
		fields = fields[1:]
		if head, rest, ok := strings.Cut(f, ":"); ok {
			p.colon(head, strings.Split(rest, ":"))
			continue
		}
		n, err := strconv.Atoi(f)
		if err != nil && f != "" {
			continue
		}
		switch {
		case n == 0:
			*p = pen{}
		case n == 38 || n == 48:
			c, used := extended(fields)
			fields = fields[used:]
			p.set(n, c)
		case n >= 30 && n <= 37:
			p.fg = colour{kind: 'i', n: uint8(n - 30)}
		case n >= 40 && n <= 47:
			p.bg = colour{kind: 'i', n: uint8(n - 40)}
		case n >= 90 && n <= 97:
			p.fg = colour{kind: 'i', n: uint8(n - 90 + 8)}
		case n >= 100 && n <= 107:
			p.bg = colour{kind: 'i', n: uint8(n - 100 + 8)}
		case n == 39:
			p.fg = colour{}
		case n == 49:
			p.bg = colour{}
		default:
			p.attribute(n)
		}
	}
}

// attribute switches one attribute on or off.
func (p *pen) attribute(n int) {
	switch n {
	case 1:
		p.bold = true
	case 2:
		p.dim = true
	case 3:
		p.italic = true
	case 4, 21:
		p.underline = true
	case 7:
		p.inverse = true
	case 8:
		p.no = true
	case 9:
		p.strike = true
	case 22:
		p.bold, p.dim = false, false
	case 23:
		p.italic = false
	case 24:
		p.underline = false
	case 27:
		p.inverse = false
	case 28:
		p.no = false
	case 29:
		p.strike = false
	}
}

// colon applies a parameter with sub-parameters.
func (p *pen) colon(head string, sub []string) {
	switch head {
	case "4":
		p.underline = sub[0] != "0"
	case "38", "48":
		if sub[0] == "2" && len(sub) == 5 { // a colour space comes first
			sub = append([]string{"2"}, sub[2:]...)
		}
		n := 38
		if head == "48" {
			n = 48
		}
		c, _ := extended(sub)
		p.set(n, c)
	}
}

// set sets the colour that the parameter 38 or 48 stands for.
func (p *pen) set(n int, c colour) {
	if n == 38 {
		p.fg = c
	} else {
		p.bg = c
	}
}

// extended reads "5;n" or "2;r;g;b" and returns how many fields it took.
func extended(f []string) (colour, int) {
	num := func(i int) uint8 {
		n, _ := strconv.Atoi(f[i]) // what is no number is 0, as terminals have it
		return uint8(min(max(n, 0), 255))
	}
	switch {
	case len(f) >= 2 && f[0] == "5":
		return colour{kind: 'i', n: num(1)}, 2
	case len(f) >= 4 && f[0] == "2":
		return colour{kind: 'c', r: num(1), g: num(2), b: num(3)}, 4
	}
	return colour{}, len(f)
}

// lineDrawing maps a character of the DEC line drawing set.
func lineDrawing(s string) string {
	const from, to = "jklmnqtuvwxa~", "┘┐┌└┼─├┤┴┬│▒·"
	if i := strings.Index(from, s); i >= 0 {
		return string([]rune(to)[i])
	}
	return s
}
