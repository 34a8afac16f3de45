package tui

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"vigil/tui/syntax"
)

// diffLooks are the paints of a kind of row of a diff. The sign before a row
// says the same without colour.
type diffLooks struct {
	sign, plain, ground paint
	class               [syntax.Name + 1]paint
}

// hot is laid over what changed within a line: it is seen without colours.
const hot = paint("\x1b[1;4m")

// newDiffLooks makes the paints of diffs. What is added and removed has a
// background of its own and the colours of its language. Where the terminal
// alone knows its colours, or has too few to tell such backgrounds apart, it has
// the colour of what is added or removed throughout.
func newDiffLooks(s *styles, tinted bool) map[byte]*diffLooks {
	class := [...]paint{s.text, s.muted, s.code, s.accent, s.link, s.heading}
	class[syntax.Number] = s.code
	class[syntax.Name] = s.heading
	same := &diffLooks{sign: s.muted, plain: s.muted, class: class}
	same.class[syntax.Plain] = s.muted
	add, remove := &diffLooks{sign: s.add, plain: s.add}, &diffLooks{sign: s.remove, plain: s.remove}
	onAdd, onRemove, ok := s.theme.Tints()
	ok = ok && tinted
	for _, d := range []*diffLooks{add, remove} {
		on := onAdd
		if d == remove {
			on = onRemove
		}
		if ok {
			d.ground = ground(on)
			d.sign, d.plain = d.ground+d.sign, d.ground+d.plain
		}
		for c := range d.class {
			d.class[c] = d.plain
			if ok {
				d.class[c] = d.ground + class[c]
			}
		}
	}
	return map[byte]*diffLooks{
		' ': same, '+': add, '-': remove,
		'@': {sign: s.hunk, plain: s.hunk}, '\\': {sign: s.muted, plain: s.muted},
	}
}

// row draws a row in w cells, from a cell of its text on, after a number of the
// line.
func (d *difference) row(st *styles, i, left, w, number int) string {
	r := &d.rows[i]
	look := st.diff[r.kind]
	if r.kind == '@' || r.kind == '\\' {
		return fit(look.sign.Render(cut(r.text, w)), w)
	}
	head := ""
	if w >= numbered {
		head = st.muted.Render(padLeft(strconv.Itoa(number), d.digits)) + " "
	}
	sign := string(r.kind)
	if r.kind == ' ' {
		sign = " "
	}
	head += look.sign.Render(sign)
	return fit(head+r.draw(look, left, w-cells(head)), w)
}

// numbered is the width from which lines have their numbers.
const numbered = 30

// line draws a line of the unified diff.
func (d *difference) line(st *styles, i, left, w int) string {
	r := &d.rows[i]
	return d.row(st, i, left, w, cmp.Or(r.now, r.old))
}

// draw draws a row's text in w cells. What does not fit is cut, with a mark.
func (r *diffRow) draw(look *diffLooks, left, w int) string {
	if w <= 0 {
		return ""
	}
	n := cells(r.text)
	s := r.painted(look)
	room := w
	begin, end := "", ""
	if left > 0 && n > 0 {
		begin, room = look.sign.Render("‹"), room-1
	}
	if n-left > room {
		end, room = look.sign.Render("›"), room-1
	}
	if begin != "" || end != "" {
		if room <= 0 {
			return cut(begin+end, w)
		}
		if left >= n {
			s = ""
		} else {
			s = ansi.Truncate(ansi.Cut(s, left, left+room), room, "") // a wide character may hang over
		}
	}
	s = begin + s + end
	if look.ground != "" {
		s += look.ground.Render(pad(w - cells(s)))
	}
	return s
}

// painted is a row's text in its colours.
func (r *diffRow) painted(look *diffLooks) string {
	if r.spans == nil && len(r.hot) == 0 {
		return look.plain.Render(r.text)
	}
	var b strings.Builder
	from, k, h := 0, 0, 0
	for from < len(r.text) {
		to, p := len(r.text), look.plain
		for k < len(r.spans) && r.spans[k].End <= from {
			k++
		}
		if k < len(r.spans) {
			to, p = min(to, r.spans[k].End), look.class[r.spans[k].Class]
		}
		for h < len(r.hot) && r.hot[h].to <= from {
			h++
		}
		if h < len(r.hot) {
			if r.hot[h].from <= from {
				to, p = min(to, r.hot[h].to), p+hot
			} else {
				to = min(to, r.hot[h].from)
			}
		}
		b.WriteString(p.Render(r.text[from:to]))
		from = to
	}
	return b.String()
}

// sideMin is the width from which a diff is drawn side by side.
const sideMin = 76

// halves are the widths of both sides.
func halves(w int) (int, int) { return (w - 1) / 2, w - 1 - (w-1)/2 }

// pairRow draws a line of the side by side diff.
func (d *difference) pairRow(st *styles, i, left, w int) string {
	p := d.beside[i]
	if p.left == p.right && d.rows[p.left].kind != ' ' {
		return d.row(st, p.left, left, w, 0)
	}
	a, b := halves(w)
	before, after := pad(a), pad(b)
	if p.left >= 0 {
		before = d.row(st, p.left, left, a, d.rows[p.left].old)
	}
	if p.right >= 0 {
		after = d.row(st, p.right, left, b, d.rows[p.right].now)
	}
	return before + st.border.Render("│") + after
}

// lines counts the lines of a diff as it is drawn.
func (d *difference) lines(beside bool) int {
	if beside {
		return len(d.beside)
	}
	return len(d.rows)
}

// begins reports whether a line begins a run of changed ones.
func (d *difference) begins(i int, beside bool) bool {
	changed := func(i int) bool {
		if i < 0 || i >= d.lines(beside) {
			return false
		}
		if !beside {
			return d.rows[i].kind == '+' || d.rows[i].kind == '-'
		}
		p := d.beside[i]
		return p.left != p.right
	}
	return changed(i) && !changed(i-1)
}
