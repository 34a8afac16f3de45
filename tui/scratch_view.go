package tui

import (
	"fmt"
	"strings"

	"vigil/agent"
)

// turnWidth is the width from which the list says in which turn a file changed.
const turnWidth = 60

// viewList draws the files that are seen: which one is selected, which the
// agent's latest turn wrote, and how many lines changed.
func (p *scratchPane) viewList() []string {
	st, r := p.look.st, p.listRect()
	base := p.baseTime()
	var lines []string
	for i := p.top; i < len(p.rows) && len(lines) < r.H; i++ {
		f := p.fileAt(i)
		mark, name := " ", st.text
		if i == p.at {
			mark, name = st.accent.Render("▌"), st.strong
		}
		if turn := p.look.v.Turn.N; turn > 0 && f.Turn == turn {
			mark += st.mark.Render("•")
		} else {
			mark += " "
		}
		right := p.counts(f, compare(f, p.base, base))
		if r.W >= turnWidth {
			turn := ""
			if f.Turn > 0 {
				turn = fmt.Sprintf("turn %d", f.Turn)
			}
			right += " " + st.muted.Render(padLeft(turn, 9))
		}
		right += st.muted.Render(" " + padLeft(since(p.look.now, f.At), 6))
		l := cut(mark+spread(name.Render(line(f.Path)), right, r.W-3)+" ", r.W)
		if i == p.at {
			l = st.selected(fit(l, r.W))
		}
		lines = append(lines, l)
	}
	return lines
}

func padLeft(s string, w int) string { return pad(w-cells(s)) + s }

// counts says in figures what happened to a file.
func (p *scratchPane) counts(f *agent.FileChange, c comparison) string {
	st := p.look.st
	switch {
	case f.Binary:
		return st.muted.Render("binary")
	case c.same:
		return st.muted.Render("=")
	case f.Deleted:
		return st.remove.Render("deleted")
	}
	n, fresh := tally{f.Added, f.Removed}, f.New
	switch {
	case unreadable(f):
		return st.bad.Render("unreadable")
	case n == tally{} && f.Note != "":
		return newWord(st, fresh) + st.muted.Render(cut(line(f.Note), 12))
	}
	if p.counted(f, c) {
		fresh = c.key.from == ""
		switch got, ok := p.tallies[c.key]; {
		case !ok:
			return st.muted.Render("…")
		case got == nil:
			return st.muted.Render("?")
		default:
			n = *got
		}
	}
	return newWord(st, fresh) + n.draw(st)
}

func newWord(st *styles, fresh bool) string {
	if !fresh {
		return ""
	}
	return st.accent.Render("new ")
}

// unreadable reports whether a file could not be read when it changed.
func unreadable(f *agent.FileChange) bool { return strings.HasPrefix(f.Note, "cannot be read") }

func (n tally) draw(st *styles) string {
	s := ""
	if n.added > 0 {
		s = st.add.Render("+" + thousands(n.added))
	}
	if n.removed > 0 {
		if s != "" {
			s += " "
		}
		s += st.remove.Render("−" + thousands(n.removed))
	}
	return s
}

// viewDiff draws the head of the selected file, and its diff or table.
func (p *scratchPane) viewDiff() []string {
	st, r, f := p.look.st, p.diffRect(), p.file()
	when := since(p.look.now, f.At) + p.look.ago()
	if f.Turn > 0 {
		when = fmt.Sprintf("turn %d, ", f.Turn) + when
	}
	head := spread(" "+st.strong.Render(line(f.Path)), st.muted.Render(when)+" ", r.W)
	if p.w < besideList { // under the list: the head divides the two
		head = edgeLine(st.border, "─", "─", st.strong.Render(line(f.Path)), st.muted.Render(when), r.W)
	}
	lines := []string{head, " " + p.against(r.W-2)}
	if why := p.nothing(f); why != "" {
		look := st.muted
		if p.doc != nil && p.doc.err != nil || unreadable(f) {
			look = st.bad
		}
		for _, l := range wrapText(why, r.W-2, look) {
			lines = append(lines, " "+l)
		}
		return lines[:min(len(lines), r.H+headRows)]
	}
	w := r.W - 1
	if t := p.table(); t != nil && len(t.lines) > 0 {
		lines = append(lines, " "+t.pinned(st, min(p.diffTop, len(t.lines)-1), p.left, w))
		for i := p.diffTop; i < min(p.diffTop+r.H-1, len(t.lines)); i++ {
			lines = append(lines, " "+t.line(st, i, p.left, w))
		}
		return lines[:min(len(lines), r.H+headRows)]
	}
	d, beside := p.doc.diff, p.sideBySide()
	for i := p.diffTop; i < min(p.diffTop+r.H, d.lines(beside)); i++ {
		if beside {
			lines = append(lines, " "+d.pairRow(st, i, p.left, w))
		} else {
			lines = append(lines, " "+d.line(st, i, p.left, w))
		}
	}
	return lines
}

// against says what the file is compared with, and how much that changed.
func (p *scratchPane) against(w int) string {
	st := p.look.st
	words, look := p.baseWords(), st.accent
	switch c := p.cmp; {
	case c.first:
		words = "as it was found: no version before it is kept"
	case c.same:
		words, look = "unchanged "+words, st.muted
	case !c.oldest.IsZero():
		words, look = "since "+moment(p.look.now, c.oldest)+", the oldest that is kept", st.warn
	case c.kept && p.base != lastChange && !c.same:
		words, look = "its last change: no versions are kept", st.warn
	}
	left := look.Render(words)
	if p.doc != nil && p.doc.err == nil {
		if n := p.doc.tally.draw(st); n != "" {
			left = n + "  " + left
		}
	}
	right := p.look.keys.say("", "scratch-base", "% compares with another time")
	switch {
	case p.table() != nil:
		right = p.look.keys.say("", "scratch-table", "% shows it as text")
	case p.beside && !p.sideBySide():
		right = "too narrow for side by side"
	case p.doc != nil && p.doc.table != nil:
		right = p.look.keys.say("", "scratch-table", "% shows its table")
	}
	return spread(left, st.muted.Render(right), w)
}

// nothing says why there is no difference to see; nothing where there is one.
func (p *scratchPane) nothing(f *agent.FileChange) string {
	switch {
	case p.doc == nil:
		return "comparing"
	case p.doc.err != nil:
		return "A version of it cannot be read: " + line(p.doc.err.Error()) + "." + p.look.keys.say("", "scratch-base", " % compares with another time.")
	case p.cmp.kept && p.cmp.same:
		return "Nothing in it has changed " + p.baseWords() + "."
	case p.doc.diff != nil:
		return ""
	case unreadable(f):
		return "It " + line(f.Note) + "."
	case f.Note == "log":
		return "This is a log: its differences are not kept. What it tells of a training is among the curves."
	case f.Note != "":
		return "No difference is kept: " + line(f.Note) + "."
	case f.Binary:
		return "This is not a text file."
	}
	return "No difference to the version before is kept."
}
