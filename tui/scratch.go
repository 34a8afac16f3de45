package tui

import (
	"fmt"
	"strings"

	"vigil/agent"
)

// scratchPane lists the files of an agent's scratchpad, newest first, and
// shows what the last change of the selected one was.
type scratchPane struct {
	w, h   int
	keys   []action[*scratchPane]
	look   look
	filter string

	rows    []int // the files that the filter leaves
	on      agent.ID
	sel     string // the selected file's path: it stays when others come before it
	at, top int
	loose   bool // scrolled away from the selected one

	diff    []string // of the selected file
	shown   string   // what diff was split from
	diffTop int
}

// SetSize sets the room inside the border.
func (p *scratchPane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys returns what the keys do here.
func (p *scratchPane) Keys() []bound { return tie(p.keys, p) }

// Filter returns the word that narrows the files down.
func (p *scratchPane) Filter() string { return p.filter }

// SetFilter narrows the files down to paths with the word.
func (p *scratchPane) SetFilter(s string) { p.filter = s }

// Show takes a snapshot over.
func (p *scratchPane) Show(l look) {
	p.look = l
	p.rows = p.rows[:0]
	if l.v == nil {
		return
	}
	if l.v.ID != p.on {
		p.on, p.sel, p.at, p.top, p.diffTop, p.loose = l.v.ID, "", 0, 0, 0, false
	}
	found := -1
	for i := range l.v.Files {
		f := &l.v.Files[i]
		if !matches(p.filter, f.Path) {
			continue
		}
		if f.Path == p.sel {
			found = len(p.rows)
		}
		p.rows = append(p.rows, i)
	}
	if found < 0 {
		found = min(p.at, max(len(p.rows)-1, 0))
	}
	p.pick(found)
}

// pick selects the file in row i.
func (p *scratchPane) pick(i int) {
	if len(p.rows) == 0 {
		p.diff, p.shown = nil, ""
		return
	}
	p.at = min(max(i, 0), len(p.rows)-1)
	f := p.file()
	if f.Path != p.sel {
		p.sel, p.diffTop = f.Path, 0
	}
	if f.Diff != p.shown || p.diff == nil {
		p.shown = f.Diff
		p.diff = hunks(f.Diff)
	}
	p.top = keepTop(p.top, p.at, len(p.rows), p.listRect().H, p.loose)
	p.scroll(0)
}

// hunks returns the lines of a unified diff below its head, which names the
// file once more.
func hunks(diff string) []string {
	lines := strings.Split(strings.TrimRight(block(diff), "\n"), "\n")
	for len(lines) > 1 && (strings.HasPrefix(lines[0], "--- ") || strings.HasPrefix(lines[0], "+++ ")) {
		lines = lines[1:]
	}
	return lines
}

func (p *scratchPane) file() *agent.FileChange { return &p.look.v.Files[p.rows[p.at]] }

func (p *scratchPane) move(n int) {
	if len(p.rows) > 0 {
		p.loose = false
		p.pick(min(max(p.at+n, 0), len(p.rows)-1))
	}
}

func (p *scratchPane) scroll(n int) {
	p.diffTop = max(min(p.diffTop+n, len(p.diff)-p.diffRect().H), 0)
}

// pages goes on by halves of the screen.
func (p *scratchPane) pages(n int) { p.scroll(n * max(p.h/2, 1)) }

// beside is the width from which the diff stands beside the list.
const beside = 90

// listRect is where the files are.
func (p *scratchPane) listRect() rect {
	if p.w >= beside {
		return rect{0, 0, min(max(p.w/3, 36), 56), p.h}
	}
	return rect{0, 0, p.w, min(max(p.h/3, 1), len(p.rows))}
}

// diffRect is where the diff is, below its head.
func (p *scratchPane) diffRect() rect {
	l := p.listRect()
	if p.w >= beside {
		return rect{l.W + 1, 1, p.w - l.W - 1, max(p.h-1, 0)}
	}
	return rect{0, l.H + 1, p.w, max(p.h-l.H-1, 0)}
}

// Note says how many files there are.
func (p *scratchPane) Note() string {
	st := p.look.st
	if p.filter != "" {
		return st.accent.Render("/"+cut(p.filter, 20)) + st.muted.Render(" "+plural(len(p.rows), "file"))
	}
	if len(p.rows) == 0 {
		return ""
	}
	return st.muted.Render(fmt.Sprintf("%d of %s", p.at+1, plural(len(p.rows), "file")))
}

// View draws the list and the diff.
func (p *scratchPane) View() string {
	if p.look.v == nil || p.w <= 0 || p.h <= 0 {
		return ""
	}
	st := p.look.st
	if len(p.rows) == 0 {
		text := "Nothing in this agent's scratchpad has changed since vigil began to watch it. Changed files appear here with their diffs."
		if p.filter != "" {
			text = "No file matches " + p.filter + ". Esc clears the filter."
		}
		lines := wrapText(text, p.w, st.muted)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	list, diff := p.viewList(), p.viewDiff()
	if p.w < beside {
		lines := append(list, diff...)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	bar := st.border.Render("│")
	lines := make([]string, p.h)
	for i := range lines {
		lines[i] = fit(at(list, i), p.listRect().W) + bar + at(diff, i)
	}
	return strings.Join(lines, "\n")
}

func (p *scratchPane) viewList() []string {
	st, r := p.look.st, p.listRect()
	var lines []string
	for i := p.top; i < len(p.rows) && len(lines) < r.H; i++ {
		f := &p.look.v.Files[p.rows[i]]
		mark, name := " ", st.text
		if i == p.at {
			mark, name = st.accent.Render("▌"), st.strong
		}
		right := counts(st, f) + st.muted.Render(" "+padLeft(since(p.look.now, f.At), 6))
		l := cut(mark+spread(name.Render(line(f.Path)), right, r.W-2)+" ", r.W)
		if i == p.at {
			l = st.selected(fit(l, r.W))
		}
		lines = append(lines, l)
	}
	return lines
}

func padLeft(s string, w int) string { return pad(w-cells(s)) + s }

// counts says in figures what happened to a file.
func counts(st *styles, f *agent.FileChange) string {
	switch {
	case f.Deleted:
		return st.remove.Render("deleted")
	case f.Binary:
		return st.muted.Render("binary")
	}
	s := ""
	if f.New {
		s = st.accent.Render("new ")
	}
	if f.Added > 0 {
		s += st.add.Render("+" + number(float64(f.Added)))
	}
	if f.Removed > 0 {
		s += st.remove.Render(" −" + number(float64(f.Removed)))
	}
	return s
}

func (p *scratchPane) viewDiff() []string {
	st, r, f := p.look.st, p.diffRect(), p.file()
	when := since(p.look.now, f.At) + " ago"
	if f.Turn > 0 {
		when = fmt.Sprintf("turn %d, ", f.Turn) + when
	}
	head := spread(" "+st.strong.Render(line(f.Path)), st.muted.Render(when)+" ", r.W)
	if p.w < beside { // under the list: the head divides the two
		head = edgeLine(st.border, "─", "─", st.strong.Render(line(f.Path)), st.muted.Render(when), r.W)
	}
	lines := []string{head}
	if f.Diff == "" {
		why := "No difference to the version before is kept."
		switch {
		case f.Note != "":
			why = "No difference is kept: " + line(f.Note) + "."
		case f.Binary:
			why = "This is not a text file."
		}
		return append(lines, " "+st.muted.Render(cut(why, r.W-1)))
	}
	for _, l := range p.diff[min(p.diffTop, len(p.diff)):min(p.diffTop+r.H, len(p.diff))] {
		lines = append(lines, " "+cut(diffLook(st, l).Render(l), r.W-1))
	}
	return lines
}

// diffLook returns the paint of a line of a unified diff. The sign at its
// start says the same without colour.
func diffLook(st *styles, l string) paint {
	switch {
	case strings.HasPrefix(l, `\`):
		return st.muted
	case strings.HasPrefix(l, "@@"):
		return st.hunk
	case strings.HasPrefix(l, "+"):
		return st.add
	case strings.HasPrefix(l, "-"):
		return st.remove
	}
	return st.muted
}
