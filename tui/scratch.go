package tui

import (
	"fmt"
	"strings"
	"time"

	"vigil/agent"
)

// scratchPane lists the files of an agent's scratchpad, newest first, and
// shows how the selected one differs from what it was: as a diff, or where it
// is one, as a table with its new rows marked.
type scratchPane struct {
	w, h   int
	keys   []action[*scratchPane]
	read   func(hash string) (string, error)
	look   look
	filter string

	rows    []int // the files that the filter leaves
	on      agent.ID
	sel     string // the selected file's path: it stays when others come before it
	at, top int
	loose   bool // scrolled away from the selected one

	base    base
	seen    map[agent.ID]time.Time // when the person last marked all as seen, or first looked
	marked  map[agent.ID]bool      // they did mark
	beside  bool                   // the diff is side by side, where there is room
	raw     bool                   // tables are shown as diffs
	tables  bool                   // only the tables of other texts are shown
	diffTop int
	left    int  // cells by which long lines are scrolled
	begun   bool // the file is shown from where it is begun to be read

	cmp     comparison // of the selected file
	doc     *paired    // ... and what came of it; nil while it is read
	kept    keptDoc
	pairs   map[pairKey]*paired
	tallies map[pairKey]*tally // nil for one that cannot be read
	reading bool
}

// keptDoc is what a snapshot told of one file.
type keptDoc struct {
	path, diff string
	doc        *paired
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
		p.on, p.sel, p.at, p.top, p.loose = l.v.ID, "", 0, 0, false
		p.home()
	}
	if p.seen == nil {
		p.seen, p.marked = map[agent.ID]time.Time{}, map[agent.ID]bool{}
	}
	if _, ok := p.seen[l.v.ID]; !ok && !l.past {
		p.seen[l.v.ID] = l.now
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
		p.doc, p.cmp = nil, comparison{}
		return
	}
	p.at = min(max(i, 0), len(p.rows)-1)
	f := p.file()
	if f.Path != p.sel {
		p.sel = f.Path
		p.home()
	}
	was := p.doc
	p.cmp = compare(f, p.base, p.baseTime())
	p.doc = p.pairs[p.cmp.key]
	told := p.base == lastChange && f.Diff != "" // by the snapshot
	if p.cmp.kept || told && (p.doc == nil || p.doc.err != nil) {
		p.doc = p.keptDoc(f)
	}
	if p.doc == nil {
		p.doc = was // until the other one is read
	}
	if whole := p.cmp.kept || p.doc != p.kept.doc; !p.begun && p.doc != nil && whole {
		p.begun = true
		p.begin()
	}
	p.top = keepTop(p.top, p.at, len(p.rows), p.listRect().H, p.loose)
	p.scroll(0)
}

// keptDoc returns what the snapshot itself tells of a file.
func (p *scratchPane) keptDoc(f *agent.FileChange) *paired {
	if k := &p.kept; k.doc == nil || k.path != f.Path || k.diff != f.Diff {
		*k = keptDoc{f.Path, f.Diff, keptPair(f)}
	}
	return p.kept.doc
}

// home forgets where in a file one was.
func (p *scratchPane) home() { p.diffTop, p.left, p.doc, p.begun = 0, 0, nil, false }

// begin goes to where a file is begun to be read: a table at its first new
// row, or else at its end.
func (p *scratchPane) begin() {
	if t := p.table(); t != nil {
		p.diffTop = len(t.lines)
		if t.first >= 0 {
			p.diffTop = max(t.first-2, 0)
		}
	}
}

func (p *scratchPane) file() *agent.FileChange          { return p.fileAt(p.at) }
func (p *scratchPane) fileAt(row int) *agent.FileChange { return &p.look.v.Files[p.rows[row]] }

func (p *scratchPane) move(n int) {
	if len(p.rows) > 0 {
		p.loose = false
		p.pick(min(max(p.at+n, 0), len(p.rows)-1))
	}
}

// table is the table that is shown instead of a diff, or nil.
func (p *scratchPane) table() *table {
	if p.doc == nil || p.doc.table == nil {
		return nil
	}
	t := p.doc.table
	if t.prose && !p.tables || !t.prose && p.raw {
		return nil
	}
	return t
}

// sideBySide reports whether a diff is drawn so.
func (p *scratchPane) sideBySide() bool { return p.beside && p.diffRect().W-1 >= sideMin }

// lines counts what there is to scroll through.
func (p *scratchPane) lines() int {
	switch t := p.table(); {
	case t != nil:
		return len(t.lines)
	case p.doc != nil && p.doc.diff != nil:
		return p.doc.diff.lines(p.sideBySide())
	}
	return 0
}

func (p *scratchPane) scroll(n int) {
	rows := p.diffRect().H
	if p.table() != nil {
		rows-- // its head stays
	}
	p.diffTop = max(min(p.diffTop+n, p.lines()-rows), 0)
}

// pages goes on by halves of the screen.
func (p *scratchPane) pages(n int) { p.scroll(n * max(p.h/2, 1)) }

// panStep is by how many cells long lines are scrolled.
const panStep = 8

// pan scrolls long lines to the side.
func (p *scratchPane) pan(n int) {
	w, wide := p.diffRect().W-1, 0
	switch t := p.table(); {
	case t != nil:
		wide = t.widest(w)
	case p.doc != nil && p.doc.diff != nil:
		d := p.doc.diff
		wide = d.widest + d.digits + 2
		if p.sideBySide() {
			w, _ = halves(w)
		}
	}
	p.left = max(min(p.left+n, wide-w+2), 0)
}

// nextChange scrolls to the next run of changed lines, or else to the first.
func (p *scratchPane) nextChange() {
	first, n := -1, p.lines()
	for i := range n {
		if !p.changeAt(i) {
			continue
		}
		if first < 0 {
			first = i
		}
		if i > p.diffTop {
			first = i
			break
		}
	}
	if first >= 0 {
		p.diffTop = first
		p.scroll(0)
	}
}

func (p *scratchPane) changeAt(i int) bool {
	if t := p.table(); t != nil {
		return t.fresh(i) && !t.fresh(i-1)
	}
	return p.doc.diff.begins(i, p.sideBySide())
}

// nextBase compares with something else.
func (p *scratchPane) nextBase() {
	p.base = (p.base + 1) % bases
	p.again()
}

// again shows the selected file anew.
func (p *scratchPane) again() {
	p.home()
	p.pick(p.at)
}

// markSeen takes all files as seen from now on.
func (p *scratchPane) markSeen() {
	if p.look.v != nil && !p.look.past {
		p.seen[p.on], p.marked[p.on] = p.look.now, true
		p.again()
	}
}

func (p *scratchPane) toggleSide() {
	p.beside = !p.beside
	p.diffTop = 0
	p.scroll(0)
}

// toggleTable shows a table as a diff, or the other way round.
func (p *scratchPane) toggleTable() {
	if p.doc == nil || p.doc.table == nil {
		return
	}
	if p.doc.table.prose {
		p.tables = !p.tables
	} else {
		p.raw = !p.raw
	}
	p.diffTop, p.left = 0, 0
	p.begin()
	p.scroll(0)
}

// besideList is the width from which the diff stands beside the list.
const besideList = 90

// headRows are the lines over a diff: what it is of, and against what.
const headRows = 2

// listRect is where the files are.
func (p *scratchPane) listRect() rect {
	if p.w >= besideList {
		return rect{0, 0, min(max(p.w*2/5, 36), 64), p.h}
	}
	return rect{0, 0, p.w, min(max(p.h/3, 1), len(p.rows))}
}

// diffRect is where the diff is, below its head.
func (p *scratchPane) diffRect() rect {
	l := p.listRect()
	if p.w >= besideList {
		return rect{l.W + 1, headRows, p.w - l.W - 1, max(p.h-headRows, 0)}
	}
	return rect{0, l.H + headRows, p.w, max(p.h-l.H-headRows, 0)}
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
	s := fmt.Sprintf("%d of %s", p.at+1, plural(len(p.rows), "file"))
	if n := p.look.v.Turn.N; n > 0 {
		s += fmt.Sprintf(", • in turn %d", n)
	}
	if n := p.look.lost; n > 0 {
		s = fmt.Sprintf("of %s nothing is kept of then, ", plural(n, "more file")) + s
	}
	return st.muted.Render(s)
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
			text = "No file matches " + p.filter + "." + p.look.keys.say("", "back", " % clears the filter.")
		}
		lines := wrapText(text, p.w, st.muted)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	list, diff := p.viewList(), p.viewDiff()
	if p.w < besideList {
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
