package tui

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"vigil/agent/workspace"
	"vigil/tui/syntax"
)

// difference is a unified diff made ready to be drawn. It never changes.
type difference struct {
	rows   []diffRow
	beside []rowPair // the same, side by side
	widest int       // cells of the longest line
	digits int       // of the greatest line number
}

// diffRow is a line of a unified diff.
type diffRow struct {
	kind  byte // ' ', '+' or '-'; '@' at the head of a hunk, '\\' for a remark
	text  string
	spans []syntax.Span // nil for a text of no known language
	hot   []part        // what has changed within the line, if that is not all of it

	old, now int // its numbers in both texts; 0 where it is not in one
}

// part is a part of a line, in bytes.
type part struct{ from, to int }

// rowPair are the rows that stand side by side; -1 for none. A row that goes
// over both sides is on both.
type rowPair struct{ left, right int }

// maxSyntax is the size of a text up to which it is coloured, in bytes.
const maxSyntax = 200 << 10

// texts are the two texts that a diff is of, where they are known.
type texts struct {
	before, after string
	whole         bool
}

// newDifference reads a unified diff of a file. The head that names the file
// is left out.
func newDifference(path, unified string, t texts) *difference {
	d := &difference{}
	d.read(block(unified))
	d.pair()
	if syntax.Known(path) && max(len(t.before), len(t.after)) <= maxSyntax {
		d.colour(path, t)
	}
	return d
}

// asItIs shows a text that has not changed.
func asItIs(path, text string) *difference {
	d := &difference{}
	for i, l := range strings.Split(strings.TrimRight(block(text), "\n"), "\n") {
		l = workspace.CutLine(l)
		d.rows = append(d.rows, diffRow{kind: ' ', text: l, old: i + 1, now: i + 1})
		d.widest = max(d.widest, cells(l))
	}
	d.digits = len(strconv.Itoa(len(d.rows)))
	d.pair()
	if syntax.Known(path) && len(text) <= maxSyntax {
		d.colour(path, texts{text, text, true})
	}
	return d
}

func (d *difference) read(unified string) {
	before, after, head := 0, 0, true
	for l := range strings.SplitSeq(strings.TrimRight(unified, "\n"), "\n") {
		if head && (strings.HasPrefix(l, "--- ") || strings.HasPrefix(l, "+++ ")) {
			continue
		}
		r := diffRow{kind: ' ', text: l}
		switch {
		case strings.HasPrefix(l, "@@"):
			r.kind, head = '@', false
			before, after = hunkStart(l)
		case l != "" && strings.IndexByte(` +-\`, l[0]) >= 0:
			r.kind, r.text = l[0], l[1:]
			head = head && r.kind == '\\'
		}
		switch r.kind {
		case '-':
			r.old = before
			before++
		case '+':
			r.now = after
			after++
		case ' ':
			r.old, r.now = before, after
			before, after = before+1, after+1
		case '\\':
			r.text = strings.TrimPrefix(r.text, " ")
		}
		d.rows = append(d.rows, r)
		if r.kind != '@' && r.kind != '\\' { // those are never scrolled
			d.widest = max(d.widest, cells(r.text))
		}
	}
	d.digits = len(strconv.Itoa(max(before, after, 1) - 1))
}

// hunkStart reads where a hunk begins in both texts: "@@ -40,6 +40,9 @@".
func hunkStart(l string) (before, after int) {
	for word := range strings.FieldsSeq(l) {
		n, _, _ := strings.Cut(word[1:], ",")
		switch v, _ := strconv.Atoi(n); word[0] { // what is no number begins at 0
		case '-':
			before = v
		case '+':
			return before, v
		}
	}
	return before, after
}

// pair sets what was removed beside what was added in its place, and finds
// what changed within these lines.
func (d *difference) pair() {
	for i := 0; i < len(d.rows); {
		if d.rows[i].kind != '-' && d.rows[i].kind != '+' {
			d.beside = append(d.beside, rowPair{i, i})
			i++
			continue
		}
		mid := i
		for mid < len(d.rows) && d.rows[mid].kind == '-' {
			mid++
		}
		end := mid
		for end < len(d.rows) && d.rows[end].kind == '+' {
			end++
		}
		for k := range max(mid-i, end-mid) {
			p := rowPair{-1, -1}
			if i+k < mid {
				p.left = i + k
			}
			if mid+k < end {
				p.right = mid + k
			}
			if p.left >= 0 && p.right >= 0 {
				a, b := &d.rows[p.left], &d.rows[p.right]
				a.hot, b.hot = changedParts(a.text, b.text)
			}
			d.beside = append(d.beside, p)
		}
		i = end
	}
}

// colour finds the parts of speech of each line: in the texts, where they are
// known, else in what the diff shows of them.
func (d *difference) colour(path string, t texts) {
	if !t.whole {
		d.colourHunks(path)
		return
	}
	old, now := strings.Split(block(t.before), "\n"), strings.Split(block(t.after), "\n")
	oldSpans, nowSpans := syntax.Lines(path, block(t.before)), syntax.Lines(path, block(t.after))
	for i := range d.rows {
		r := &d.rows[i]
		lines, spans, n := now, nowSpans, r.now-1
		if r.kind == '-' {
			lines, spans, n = old, oldSpans, r.old-1
		}
		if n >= 0 && n < len(lines) && lines[n] == r.text {
			r.spans = spans[n]
		}
	}
}

func (d *difference) colourHunks(path string) {
	for i := 0; i < len(d.rows); {
		end := i + 1
		for end < len(d.rows) && d.rows[end].kind != '@' {
			end++
		}
		for _, side := range []byte("-+") { // what stays is coloured as the newer text has it
			var at []int
			var lines []string
			for k := i; k < end; k++ {
				if r := &d.rows[k]; r.kind == side || r.kind == ' ' {
					at, lines = append(at, k), append(lines, r.text)
				}
			}
			for n, spans := range syntax.Lines(path, strings.Join(lines, "\n")) {
				if n < len(at) {
					d.rows[at[n]].spans = spans
				}
			}
		}
		i = end
	}
}

// Limits of the search for what changed within a line.
const (
	maxAlike = 1 << 14 // pairs of words that are compared
	alike    = 0.4     // the share that two lines have in common, at least, to be taken for one that changed
)

// changedParts returns what two lines do not have in common, by words; nothing
// where they have too little in common.
func changedParts(a, b string) (x, y []part) {
	x, y = wordParts(a), wordParts(b)
	n := 0
	for n < min(len(x), len(y)) && a[x[n].from:x[n].to] == b[y[n].from:y[n].to] {
		n++
	}
	m := 0
	for m < min(len(x), len(y))-n {
		p, q := x[len(x)-1-m], y[len(y)-1-m]
		if a[p.from:p.to] != b[q.from:q.to] {
			break
		}
		m++
	}
	same := 0
	for _, p := range x[:n] {
		same += p.to - p.from
	}
	for _, p := range x[len(x)-m:] {
		same += p.to - p.from
	}
	x, y = x[n:len(x)-m], y[n:len(y)-m]
	if len(x)*len(y) <= maxAlike {
		var both int
		x, y, both = uncommon(a, b, x, y)
		same += both
	}
	if float64(same) < alike*float64(max(len(a), len(b))) {
		return nil, nil
	}
	return joinParts(a, x), joinParts(b, y)
}

// uncommon leaves out the longest sequence of words that both have, and counts
// its bytes.
func uncommon(a, b string, x, y []part) (p, q []part, same int) {
	w := len(y) + 1
	long := make([]int32, (len(x)+1)*w) // of what is behind a pair of words
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if a[x[i].from:x[i].to] == b[y[j].from:y[j].to] {
				long[i*w+j] = long[(i+1)*w+j+1] + 1
			} else {
				long[i*w+j] = max(long[(i+1)*w+j], long[i*w+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		switch {
		case a[x[i].from:x[i].to] == b[y[j].from:y[j].to]:
			same += x[i].to - x[i].from
			i, j = i+1, j+1
		case long[(i+1)*w+j] >= long[i*w+j+1]:
			p = append(p, x[i])
			i++
		default:
			q = append(q, y[j])
			j++
		}
	}
	return append(p, x[i:]...), append(q, y[j:]...), same
}

// wordParts splits a line into words, spaces, and single characters.
func wordParts(s string) []part {
	var out []part
	for i := 0; i < len(s); {
		from := i
		switch c := s[i]; {
		case c == ' ':
			for i < len(s) && s[i] == ' ' {
				i++
			}
		case wordly(c) && c != '*':
			for i < len(s) && wordly(s[i]) && s[i] != '*' {
				i++
			}
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
		}
		out = append(out, part{from, i})
	}
	return out
}

// joinParts makes one of parts between which there is nothing but space.
func joinParts(s string, parts []part) []part {
	var out []part
	for _, p := range parts {
		if n := len(out); n > 0 && strings.TrimSpace(s[out[n-1].to:p.from]) == "" {
			out[n-1].to = p.to
			continue
		}
		out = append(out, p)
	}
	return out
}
