package tui

import (
	"strings"
	"unicode"
)

// mdLine is a drawn line of a Markdown text, and the line of the source that
// it comes from: the gutter marks source lines. That is why vigil draws
// Markdown itself: a full renderer forgets which line was which.
type mdLine struct {
	text string
	src  int
}

// maxMarkdown is how many source lines are drawn; a plan is read, not a log.
const maxMarkdown = 20_000

// markdown draws a text in lines of at most w cells: headings, lists, tick
// boxes, quotes, code, tables and emphasis. What it does not know, it shows as
// it stands.
func markdown(text string, w int, st *styles) []mdLine { return new(mdMemo).draw(text, w, st) }

// mdMemo keeps how the lines of the last text were drawn: the next revision of
// a long plan shares most of them, and to break a line costs far more than to
// find it. The zero value is empty.
type mdMemo struct {
	w     int
	st    *styles
	drawn map[string][]string // by source line
}

// draw is markdown with what it knows of the text before.
func (m *mdMemo) draw(text string, w int, st *styles) []mdLine {
	if w <= 0 {
		return nil
	}
	if m.w != w || m.st != st {
		*m = mdMemo{w: w, st: st}
	}
	d := mdDrawer{w: w, st: st, src: strings.Split(strings.TrimRight(block(text), "\n"), "\n"), was: m.drawn, now: map[string][]string{}}
	if len(d.src) > maxMarkdown {
		d.src = d.src[:maxMarkdown]
	}
	for d.i < len(d.src) {
		d.block()
	}
	m.drawn = d.now
	return d.out
}

type mdDrawer struct {
	w   int
	st  *styles
	src []string
	i   int // the source line that is next
	out []mdLine

	was, now map[string][]string // lists and paragraphs by source line: the text before's, and this one's
}

func (d *mdDrawer) emit(i int, s string) { d.out = append(d.out, mdLine{s, i}) }

// block draws the source line that is next, and those that belong to it.
func (d *mdDrawer) block() {
	raw := d.src[d.i]
	s := strings.TrimSpace(raw)
	indent := len(raw) - len(strings.TrimLeft(raw, " "))
	switch {
	case s == "":
		if n := len(d.out); n > 0 && d.out[n-1].text != "" {
			d.emit(d.i, "")
		}
	case strings.HasPrefix(s, "```") || strings.HasPrefix(s, "~~~"):
		d.fence(s[:3])
		return
	case strings.HasPrefix(s, "|") && d.i+1 < len(d.src) && isRule(d.src[d.i+1], "|-: "):
		d.table()
		return
	case len(s) >= 3 && (isRule(s, "-") || isRule(s, "*") || isRule(s, "_")):
		d.emit(d.i, d.st.faint.Render(strings.Repeat("─", d.w)))
	case heading(s) > 0:
		d.heading(s)
	case strings.HasPrefix(s, ">"):
		d.wrap(inline(strings.TrimSpace(strings.TrimLeft(s, "> ")), d.st, d.st.muted), d.st.faint.Render("▎ "), "")
	default:
		lines, ok := d.was[raw]
		if !ok {
			lines = d.item(s, indent)
		}
		d.now[raw] = lines
		for _, l := range lines {
			d.emit(d.i, l)
		}
	}
	d.i++
}

// isRule reports whether a line consists of nothing but the characters.
func isRule(s, chars string) bool {
	s = strings.TrimSpace(s)
	return len(s) > 2 && strings.Trim(s, chars) == ""
}

// heading returns a heading's level, or 0.
func heading(s string) int {
	n := len(s) - len(strings.TrimLeft(s, "#"))
	if n == 0 || n > 6 || len(s) == n || s[n] != ' ' {
		return 0
	}
	return n
}

func (d *mdDrawer) heading(s string) {
	n := heading(s)
	text := strings.TrimSpace(strings.TrimRight(s[n:], "# "))
	look := d.st.heading
	if n > 2 {
		look = d.st.strong
	}
	d.wrap(inline(text, d.st, look), "", "")
	if n == 1 {
		width := min(cells(d.out[len(d.out)-1].text), d.w)
		d.emit(d.i, d.st.faint.Render(strings.Repeat("━", width)))
	}
}

// item draws a list's entry or a paragraph's line, indented as it stands.
func (d *mdDrawer) item(s string, indent int) []string {
	lead := pad(min(indent, d.w/3))
	mark, rest, ok := bullet(s)
	if !ok {
		return wrapSpans(inline(s, d.st, d.st.text), d.w, lead, lead)
	}
	look := d.st.text
	sign := d.st.accent.Render(mark)
	if len(rest) >= 4 && rest[0] == '[' && rest[2] == ']' && rest[3] == ' ' {
		switch rest[1] {
		case ' ':
			sign, rest = d.st.warn.Render("☐"), rest[4:]
		case 'x', 'X':
			sign, rest, look = d.st.good.Render("☑"), rest[4:], d.st.muted
		}
	}
	return wrapSpans(inline(strings.TrimSpace(rest), d.st, look), d.w, lead+sign+" ", lead+pad(cells(sign)+1))
}

// bullet splits a list's entry into its mark and its text.
func bullet(s string) (mark, rest string, ok bool) {
	if len(s) > 2 && strings.ContainsRune("-*+", rune(s[0])) && s[1] == ' ' {
		return "•", strings.TrimSpace(s[2:]), true
	}
	n := 0
	for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 0 && n+1 < len(s) && (s[n] == '.' || s[n] == ')') && s[n+1] == ' ' {
		return s[:n+1], strings.TrimSpace(s[n+1:]), true
	}
	return "", "", false
}

func (d *mdDrawer) fence(mark string) {
	bar := d.st.faint.Render("│ ")
	for d.i++; d.i < len(d.src); d.i++ {
		if strings.HasPrefix(strings.TrimSpace(d.src[d.i]), mark) {
			d.i++
			return
		}
		d.emit(d.i, cut(bar+d.st.code.Render(d.src[d.i]), d.w))
	}
}

// table draws a table's rows under one another. The widest columns give way
// where the table is too wide.
func (d *mdDrawer) table() {
	var rows [][]string
	first := d.i
	for ; d.i < len(d.src) && strings.HasPrefix(strings.TrimSpace(d.src[d.i]), "|"); d.i++ {
		rows = append(rows, strings.Split(strings.Trim(strings.TrimSpace(d.src[d.i]), "|"), "|"))
	}
	var widths []int
	for r, row := range rows {
		for c := range row {
			row[c] = strings.TrimSpace(row[c])
			if c == len(widths) {
				widths = append(widths, 1)
			}
			if r != 1 { // the rule under the head
				widths[c] = max(widths[c], cells(row[c]))
			}
		}
	}
	shrink(widths, d.w-2*(len(widths)-1))
	for r, row := range rows {
		var b strings.Builder
		for c, width := range widths {
			if c > 0 {
				b.WriteString("  ")
			}
			switch cell := at(row, c); r {
			case 0:
				b.WriteString(d.st.strong.Render(fit(cell, width)))
			case 1:
				b.WriteString(d.st.faint.Render(strings.Repeat("─", width)))
			default:
				b.WriteString(fit(joined(inline(cell, d.st, d.st.text)), width))
			}
		}
		d.emit(first+r, cut(b.String(), d.w))
	}
}

// shrink takes from the widest column until the columns fit into room.
func shrink(widths []int, room int) {
	sum := 0
	for _, w := range widths {
		sum += w
	}
	for sum > room {
		widest := 0
		for c, w := range widths {
			if w > widths[widest] {
				widest = c
			}
		}
		if len(widths) == 0 || widths[widest] <= 3 {
			return
		}
		take := min(sum-room, max((widths[widest]-3)/2, 1))
		widths[widest] -= take
		sum -= take
	}
}

// span is a piece of a line in one paint.
type span struct {
	text string
	look paint
}

func joined(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.look.Render(s.text))
	}
	return b.String()
}

// inline splits a line into spans at `code`, **bold**, *emphasis* and
// [links](address). Marks that are not closed stand for themselves.
func inline(s string, st *styles, base paint) []span {
	var out []span
	plain := 0
	add := func(upTo int, text string, look paint, next int) int {
		if upTo > plain {
			out = append(out, span{s[plain:upTo], base})
		}
		out = append(out, span{text, look})
		plain = next
		return next
	}
	for i := 0; i < len(s); {
		switch {
		case s[i] == '`':
			if n := strings.IndexByte(s[i+1:], '`'); n > 0 {
				i = add(i, s[i+1:i+1+n], st.code, i+n+2)
				continue
			}
		case strings.HasPrefix(s[i:], "**") || strings.HasPrefix(s[i:], "__"):
			if n := strings.Index(s[i+2:], s[i:i+2]); n > 0 {
				i = add(i, s[i+2:i+2+n], st.strong, i+n+4)
				continue
			}
		case s[i] == '*' || s[i] == '_':
			if n := closes(s, i); n > 0 {
				i = add(i, s[i+1:n], st.emph, n+1)
				continue
			}
		case s[i] == '[':
			if n := strings.Index(s[i:], "]("); n > 1 {
				if e := strings.IndexByte(s[i+n:], ')'); e > 0 {
					i = add(i, s[i+1:i+n], st.link, i+n+e+1)
					continue
				}
			}
		}
		i++
	}
	if plain < len(s) {
		out = append(out, span{s[plain:], base})
	}
	return out
}

// closes returns where emphasis that opens at i closes, or 0. Underscores and
// asterisks inside words (val_loss, 2*3) open and close nothing.
func closes(s string, i int) int {
	if i > 0 && wordly(s[i-1]) || i+1 >= len(s) || s[i+1] == ' ' {
		return 0
	}
	for j := i + 2; j < len(s); j++ {
		if s[j] == s[i] && s[j-1] != ' ' && (j+1 == len(s) || !wordly(s[j+1])) {
			return j
		}
	}
	return 0
}

func wordly(c byte) bool {
	return c == '_' || c == '*' || c >= 0x80 || unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))
}
