package tui

import (
	"sort"
	"strings"
)

// Measures of a drawn table, in cells.
const (
	columnGap   = 2
	columnLeast = 8 // a column that is too wide is cut to this, not further
)

// fitted returns the columns' widths in a room: the widest give way, as far as
// they can.
func (g *grid) fitted(room int) []int {
	widest := columnLeast
	for _, w := range g.width {
		widest = max(widest, w)
	}
	total := func(most int) int {
		sum := columnGap * (len(g.width) - 1)
		for _, w := range g.width {
			sum += min(w, most)
		}
		return sum
	}
	most := widest - sort.Search(widest-columnLeast, func(n int) bool { return total(widest-n) <= room })
	out := make([]int, len(g.width))
	for i, w := range g.width {
		out[i] = min(w, most)
	}
	return out
}

// row draws cells under one another, from a cell of the row on.
func (g *grid) row(values []string, look paint, left, w int) string {
	var b strings.Builder
	x := 0
	for c, width := range g.fitted(w) {
		if c > 0 {
			b.WriteString(pad(columnGap))
		}
		s := at(values, c)
		if s != "" && (x+width <= left || x >= left+w) {
			s = "x" // it is not seen: that there is something is enough for the marks of what is cut
		}
		s = cut(s, width)
		x += width + columnGap
		if g.right[c] {
			b.WriteString(padLeft(s, width))
		} else {
			b.WriteString(s + pad(width-cells(s)))
		}
	}
	r := diffRow{text: strings.TrimRight(b.String(), " ")}
	return r.draw(&diffLooks{sign: look, plain: look}, left, w)
}

// pinned draws the head of the table that a line is of.
func (t *table) pinned(st *styles, i, left, w int) string {
	g := &t.grids[t.lines[i].grid]
	return " " + g.row(g.head, st.strong, left, w-1)
}

// line draws a line. A row that is new has the sign of what a diff adds.
func (t *table) line(st *styles, i, left, w int) string {
	l := t.lines[i]
	g := &t.grids[l.grid]
	switch l.row {
	case gapRow:
		return ""
	case titleRow:
		return " " + st.heading.Render(cut(g.title, w-1))
	}
	r := &g.rows[l.row]
	if r.fresh {
		return st.add.Render("+") + g.row(r.cells, st.text, left, w-1)
	}
	return " " + g.row(r.cells, st.muted, left, w-1)
}

// widest is how wide the table is in a room of w cells.
func (t *table) widest(w int) int {
	most := 0
	for i := range t.grids {
		sum := columnGap * (len(t.grids[i].width) - 1)
		for _, n := range t.grids[i].fitted(w - 1) {
			sum += n
		}
		most = max(most, sum+1)
	}
	return most
}

// fresh reports whether a line is a row that is new.
func (t *table) fresh(i int) bool {
	if i < 0 || i >= len(t.lines) || t.lines[i].row < 0 {
		return false
	}
	l := t.lines[i]
	return t.grids[l.grid].rows[l.row].fresh
}
