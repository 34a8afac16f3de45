package chart

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// glyph is a rune and its width in cells.
type glyph struct {
	r rune
	w uint8
}

// label is text made ready to be put into cells, so that drawing it costs
// nothing.
type label struct {
	glyphs []glyph
	width  int
}

// newLabel takes out of s what would move the cursor or join with its
// neighbour. Where what is left still does not add up to what a terminal
// shows, only ASCII is kept.
func newLabel(s string) label {
	l := glyphs(s)
	if l.width != ansi.StringWidth(l.String()) {
		l = glyphs(strings.Map(func(r rune) rune {
			if r > unicode.MaxASCII {
				return '?'
			}
			return r
		}, s))
	}
	return l
}

func glyphs(s string) label {
	var l label
	for _, r := range s {
		if !unicode.IsPrint(r) {
			continue
		}
		if w := ansi.StringWidth(string(r)); w > 0 {
			l.glyphs = append(l.glyphs, glyph{r, uint8(w)})
			l.width += w
		}
	}
	return l
}

func (l label) String() string {
	var b strings.Builder
	for _, g := range l.glyphs {
		b.WriteRune(g.r)
	}
	return b.String()
}

// write puts a label into a row of cells, cut at the column end, and returns
// the column behind it.
func (c *Chart) write(x, y, end int, l label, style ink) (next int) {
	end = min(end, c.w)
	for _, g := range l.glyphs {
		w := int(g.w)
		if x+w > end {
			break
		}
		at := y*c.w + x
		c.cells[at] = cell{style: style, r: g.r, part: head(w)}
		for k := 1; k < w; k++ {
			c.cells[at+k] = cell{style: style, part: rest}
		}
		x += w
	}
	return x
}

// part says which part of a wide rune a cell is.
type part uint8

const (
	whole part = iota
	first      // of a rune two cells wide
	rest
)

func head(w int) part {
	if w > 1 {
		return first
	}
	return whole
}
