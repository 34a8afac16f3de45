package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// line is text from outside made fit for one line of the screen.
func line(s string) string { return agent.CleanLine(s, 2000) }

// tabWidth is how many cells a tab in a text takes.
const tabWidth = 4

// block is text from outside made fit for the screen, with its line breaks.
func block(s string) string {
	return strings.ReplaceAll(agent.Clean(s), "\t", strings.Repeat(" ", tabWidth))
}

// fit returns s exactly w cells wide: cut with an ellipsis, or padded.
func fit(s string, w int) string {
	if w <= 0 {
		return ""
	}
	n := cells(s)
	if n > w {
		s = ansi.Truncate(s, w, "…")
		n = cells(s)
	}
	return s + pad(w-n)
}

// cut returns s at most w cells wide.
func cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	return ansi.Truncate(s, w, "…")
}

// cells is the width of a text. Most text is plain, and then need not be taken
// apart.
func cells(s string) int {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

func pad(n int) string {
	const spaces = "                                                                                "
	if n <= 0 {
		return ""
	}
	if n <= len(spaces) {
		return spaces[:n]
	}
	return strings.Repeat(" ", n)
}

// spread puts left and right at the ends of w cells. What does not fit is cut
// from the left part: the right one holds what a person looks for.
func spread(left, right string, w int) string {
	r := cells(right)
	if r == 0 || r >= w {
		return fit(left+right, w)
	}
	if left == "" {
		return pad(w-r) + right
	}
	return fit(left, w-r-1) + " " + right
}

// boxed draws lines in a border of w by h cells, with a painted title in its
// upper edge and a painted note in its lower one. Where there is no room for a
// border it draws the lines alone. It returns exactly h lines of w cells.
func boxed(st *styles, w, h int, title, note string, focused bool, lines []string) []string {
	if w <= 0 || h <= 0 {
		return nil
	}
	out := make([]string, 0, h)
	inner := innerOf(rect{W: w, H: h})
	if inner.H == h {
		for i := range h {
			out = append(out, fit(at(lines, i), w))
		}
		return out
	}
	edge, top := st.border, edgeLine(st.border, "╭", "╮", title, "", w)
	if focused { // told by a sign too, for eyes and terminals without colour
		edge, top = st.focus, strings.Replace(edgeLine(st.focus, "╭", "╮", title, "", w), "╭─", "╭▸", 1)
	}
	side := edge.Render("│")
	out = append(out, top)
	for i := range inner.H {
		out = append(out, side+fit(at(lines, i), inner.W)+side)
	}
	return append(out, edgeLine(edge, "╰", "╯", "", note, w))
}

// edgeLine draws a border's upper or lower edge with text at its left or right.
func edgeLine(edge paint, from, to, left, right string, w int) string {
	room := w - 4
	if left != "" {
		left = " " + cut(left, room-2) + " "
	}
	if right != "" {
		if right = cut(right, room-2-cells(left)); right != "" {
			right = " " + right + " "
		}
	}
	n := max(room-cells(left)-cells(right), 0)
	return cut(edge.Render(from+"─")+left+edge.Render(strings.Repeat("─", n))+right+edge.Render("─"+to), w)
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// age says a duration in at most six cells, minutes at the finest: a screen
// that told seconds would have to be drawn each second.
func age(d time.Duration) string { return agent.Age(d) }

// since is the age of t, or nothing where t is not known.
func since(now, t time.Time) string { return agent.Ago(now, t) }

// elapsed says how long after an agent's start t is: "T+47h06m".
func elapsed(start, t time.Time) string {
	if start.IsZero() || t.IsZero() {
		return ""
	}
	d := max(t.Sub(start), 0)
	return fmt.Sprintf("T+%dh%02dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
}

// countdown says the time that is left, in seconds. A moment that has come is
// "now".
func countdown(now, t time.Time) string { return agent.Countdown(t.Sub(now)) }

// seconds says a short time: "40 s".
func seconds(d time.Duration) string { return strconv.Itoa(int(d/time.Second)) + " s" }

// thousands writes a whole number with its thousands set apart: "3,412".
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// number writes a result: whole where it is whole.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// plural counts things: "1 run", "2 runs".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// counted is plural for many things: "3,412 runs".
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + one + "s"
}

// spark draws values as a row of at most w bars, low values as low bars. More
// values than bars are taken together by their last one.
func spark(values []float64, w int) string {
	const bars = "▁▂▃▄▅▆▇█"
	if len(values) == 0 || w <= 0 {
		return ""
	}
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	n := min(w, len(values))
	glyphs := []rune(bars)
	out := make([]rune, n)
	for i := range out {
		v := values[(i+1)*len(values)/n-1]
		k := 0
		if hi > lo {
			k = int((v - lo) / (hi - lo) * float64(len(glyphs)-1))
		}
		out[i] = glyphs[min(max(k, 0), len(glyphs)-1)]
	}
	return string(out)
}

// fiveDigits writes a value with five digits, noughts at its end too: values of
// one size stand in columns.
func fiveDigits(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%#.5g", v), ".") }
