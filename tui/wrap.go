package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// wrap draws spans in lines broken between words: the first one after lead,
// the others after rest (as wide as lead where it is empty).
func (d *mdDrawer) wrap(spans []span, lead, rest string) {
	if rest == "" {
		rest = lead
	}
	for _, l := range wrapSpans(spans, d.w, lead, rest) {
		d.emit(d.i, l)
	}
}

// wrapSpans breaks painted text into lines of at most w cells, between words
// where it can. Each line is painted by itself, since others are drawn beside
// it.
func wrapSpans(spans []span, w int, lead, rest string) []string {
	room := max(w-cells(lead), 1)
	var lines []string
	var b strings.Builder
	b.WriteString(lead)
	used := 0
	flush := func() {
		lines = append(lines, cut(b.String(), w))
		b.Reset()
		b.WriteString(rest)
		used = 0
	}
	for _, s := range spans {
		for word := range words(s.text) {
			n := cells(word)
			if used+n > room && used > 0 {
				flush()
				if word = strings.TrimLeft(word, " "); word == "" {
					continue
				}
				n = cells(word)
			}
			for n > room { // a word longer than a line
				head := ansi.Truncate(word, room, "")
				if head == "" {
					break // not even one character fits
				}
				b.WriteString(s.look.Render(head))
				flush()
				word = word[len(head):]
				n = cells(word)
			}
			b.WriteString(s.look.Render(word))
			used += n
		}
	}
	return append(lines, cut(b.String(), w))
}

// words yields the words of a text, each with the spaces before it.
func words(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		from, in := 0, false
		for i := range len(s) {
			space := s[i] == ' '
			if space && in {
				if !yield(s[from:i]) {
					return
				}
				from = i
			}
			in = !space
		}
		if from < len(s) {
			yield(s[from:])
		}
	}
}

// wrapText breaks text from outside into lines of at most w cells.
func wrapText(s string, w int, look paint) []string {
	var out []string
	for l := range strings.SplitSeq(block(s), "\n") {
		out = append(out, wrapSpans([]span{{l, look}}, w, "", "")...)
	}
	return out
}
