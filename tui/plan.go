package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/agent/workspace"
)

// planPane shows an agent's plan, or its goal, as Markdown. Lines that changed
// since the person last looked have a mark in the gutter; older revisions can
// be stepped through, each marked against the one before it.
type planPane struct {
	w, h int
	keys []action[*planPane]
	read func(hash string) (string, error)
	look look
	goal bool // the goal is shown, not the plan

	seen map[docID]string // the text as the person last saw it
	on   docID            // what is shown

	back  int // revisions before the newest; 0 is the newest
	old   revision
	asked bool // the old one is being read
	lines []mdLine
	marks map[int]bool // the source lines that changed
	items int          // what the plan says is to be done
	done  int          // ... and how many of them are
	from  drawn        // what lines were drawn from
	memo  mdMemo
	top   int
}

// docID names a document of an agent.
type docID struct {
	agent agent.ID
	goal  bool
}

// revision is an older version of a document, and what was before it.
type revision struct {
	of           versionPair
	text, before string
	err          error
	ready        bool
}

// drawn is all that the drawn lines depend on.
type drawn struct {
	text, before string
	w            int
	st           *styles
}

// versionRead brings the text of a version that was asked for.
type versionRead struct{ rev revision }

// SetSize sets the room inside the border.
func (p *planPane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys returns what the keys do here.
func (p *planPane) Keys() []bound { return tie(p.keys, p) }

// Show takes a snapshot over.
func (p *planPane) Show(l look) {
	if p.seen == nil {
		p.seen = map[docID]string{}
	}
	other := l.v != nil && p.on != docID{l.v.ID, p.goal}
	if other {
		p.leave()
	}
	if other || l.past != p.look.past {
		p.top, p.back = 0, 0
	}
	p.look = l
	if l.v == nil {
		return
	}
	p.on = docID{l.v.ID, p.goal}
	if _, ok := p.seen[p.on]; !ok && !l.past {
		p.seen[p.on] = p.doc().Text // the first look: nothing has changed yet
	}
	p.draw()
}

// leave takes what was shown as seen.
func (p *planPane) leave() {
	if p.on.agent != "" && !p.older() {
		p.seen[p.on] = p.from.text
	}
}

func (p *planPane) doc() *agent.Document {
	if p.goal {
		return &p.look.v.Goal
	}
	return &p.look.v.Plan
}

// draw makes the lines, where something that they depend on has changed.
func (p *planPane) draw() {
	want := drawn{text: p.doc().Text, before: p.seen[p.on], w: p.w - gutter, st: p.look.st}
	if p.older() {
		if of := p.revisionNow(); p.old.of != of {
			p.old = revision{of: of}
		}
		want.text, want.before = p.old.text, p.old.before
	}
	if want != p.from {
		if want.text != p.from.text {
			p.items, p.done = count(want.text)
		}
		p.from = want
		p.lines = p.memo.draw(want.text, want.w, want.st)
		p.marks = changes(want.before, want.text)
	}
	p.scroll(0)
}

// gutter is the room for a mark before each line.
const gutter = 2

// changes returns which lines of now are not in before. A line that only
// moved has not changed.
func changes(before, now string) map[int]bool {
	if before == now {
		return nil
	}
	had := map[string]int{}
	for l := range strings.SplitSeq(before, "\n") {
		had[strings.TrimSpace(l)]++
	}
	out := map[int]bool{}
	for i, l := range strings.Split(now, "\n") {
		l = strings.TrimSpace(l)
		if had[l] > 0 {
			had[l]--
		} else if l != "" {
			out[i] = true
		}
	}
	return out
}

// onVersion takes the text of a version over, if it is still asked for.
func (p *planPane) onVersion(msg versionRead) {
	p.asked = false
	if p.older() && msg.rev.of == p.old.of {
		p.old = msg.rev
		p.draw()
	}
}

// rows is how many lines of the document are seen: two are the head.
func (p *planPane) rows() int { return max(p.h-2, 1) }

func (p *planPane) scroll(n int) {
	p.top = max(min(p.top+n, len(p.lines)-p.rows()), 0)
}

// pages goes on by halves of the screen.
func (p *planPane) pages(n int) { p.scroll(n * max(p.h/2, 1)) }

func (p *planPane) toggleGoal() {
	p.goal = !p.goal
	p.Show(p.look)
}

func (p *planPane) markSeen() {
	if p.look.v != nil && !p.older() {
		p.seen[p.on] = p.from.text
		p.draw()
	}
}

// nextChange scrolls to the next changed line below the first one drawn, or
// else to the first one of all.
func (p *planPane) nextChange() {
	first := -1
	for i, l := range p.lines {
		if !p.marks[l.src] || i > 0 && p.lines[i-1].src == l.src {
			continue
		}
		if first < 0 {
			first = i
		}
		if i > p.top {
			first = i
			break
		}
	}
	if first >= 0 {
		p.top = first
		p.scroll(0)
	}
}

// older reports whether another version is shown than the newest there is: one
// that has to be read.
func (p *planPane) older() bool { return p.look.v != nil && (p.back > 0 || p.look.past) }

// versionPair names a version and the one before it; empty for none.
type versionPair struct{ hash, before string }

// revisionNow is the version that is shown, if one is kept.
func (p *planPane) revisionNow() versionPair {
	vs := p.doc().Versions
	i := len(vs) - 1 - p.back
	switch {
	case i < 0:
		return versionPair{}
	case i == 0:
		return versionPair{vs[0].Hash, ""}
	}
	return versionPair{vs[i].Hash, vs[i-1].Hash}
}

// revision steps n revisions on.
func (p *planPane) revision(n int) {
	if p.look.v == nil {
		return
	}
	if back := min(max(p.back-n, 0), max(len(p.doc().Versions)-1, 0)); back != p.back {
		p.back, p.top = back, 0
		p.draw()
	}
}

// readPlan has the version read that is shown, and the one before it.
func (m *Model) readPlan() tea.Cmd {
	p := &m.plan
	if m.tabs[m.tab].pane != pane(p) || !p.older() || p.asked || p.old.ready || p.old.of.hash == "" {
		return nil
	}
	p.asked = true
	of, read := p.old.of, p.read
	return func() tea.Msg {
		rev := revision{of: of, ready: true}
		rev.text, rev.err = read(of.hash)
		if rev.err == nil && of.before != "" {
			rev.before, rev.err = read(of.before)
		}
		return versionRead{rev}
	}
}

// Note says where in the document one is.
func (p *planPane) Note() string {
	if p.look.v == nil || len(p.lines) <= p.rows() {
		return ""
	}
	return p.look.st.muted.Render(fmt.Sprintf("%d–%d of %d", p.top+1, min(p.top+p.rows(), len(p.lines)), len(p.lines)))
}

// View draws the document.
func (p *planPane) View() string {
	if p.look.v == nil || p.w <= 0 || p.h <= 0 {
		return ""
	}
	st := p.look.st
	lines := []string{" " + p.head(p.w-2), st.faint.Render(strings.Repeat("─", p.w))}
	switch d := p.doc(); {
	case p.older() && p.old.of.hash == "":
		lines = append(lines, wrapText(p.unkept(), p.w, st.warn)...)
	case p.older() && !p.old.ready:
		lines = append(lines, st.muted.Render(cut("reading that revision", p.w)))
	case p.older() && p.old.err != nil:
		lines = append(lines, wrapText("That revision cannot be read: "+p.old.err.Error(), p.w, st.bad)...)
	case d.Text == "" && !p.older():
		lines = append(lines, p.absent(d)...)
	default:
		lines = append(lines, p.body()...)
	}
	return strings.Join(lines[:min(len(lines), p.h)], "\n")
}

func (p *planPane) body() []string {
	st := p.look.st
	var out []string
	for _, l := range p.lines[p.top:min(p.top+p.rows(), len(p.lines))] {
		mark := pad(gutter)
		if p.marks[l.src] {
			mark = st.mark.Render("▌") + " "
		}
		out = append(out, mark+l.text)
	}
	return out
}

// absent explains why there is nothing to read.
func (p *planPane) absent(d *agent.Document) []string {
	what, name := "plan", "plan.md"
	if p.goal {
		what, name = "goal", "goal.md"
	}
	if d.Problem != "" {
		return wrapText("The "+what+" cannot be read: "+line(d.Problem), p.w, p.look.st.bad)
	}
	where := ""
	if p.look.v.Workspace != "" {
		where = " in " + line(p.look.v.Workspace)
	}
	return wrapText("This agent has no "+what+": there is no "+name+where+". It is shown here as soon as there is one.",
		p.w, p.look.st.muted)
}

// unkept says that there is nothing to show of then.
func (p *planPane) unkept() string {
	what := map[bool]string{false: "plan", true: "goal"}[p.goal]
	return "No version of the " + what + " is kept that is so old." +
		p.look.keys.say("", "moment-after", " % goes on to later moments.", "back", " % goes back to now.")
}

// head names the document, how far it is done and which revision it is.
func (p *planPane) head(w int) string {
	st, d := p.look.st, p.doc()
	name := d.Path
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	if name == "" {
		name = map[bool]string{false: "plan", true: "goal"}[p.goal]
	}
	left := st.strong.Render(line(name))
	if p.items > 0 {
		left += "  " + progress(st, p.done, p.items, 10) +
			st.muted.Render(fmt.Sprintf(" %d open, %d done", p.items-p.done, p.done))
	}
	if n := len(p.marks); n > 0 {
		left += "  " + st.mark.Render("▌") + st.muted.Render(plural(n, "changed line"))
	}
	n := len(d.Versions)
	at, when := d.At, ""
	if p.older() && p.back < n {
		at = d.Versions[n-1-p.back].At
	}
	if s := since(p.look.now, at); s != "" {
		when = s + p.look.ago()
	}
	right := st.muted.Render(when)
	if n > 1 {
		look := st.muted
		if p.older() {
			look = st.warn
		}
		right = look.Render(fmt.Sprintf("revision %d of %d", n-p.back, n)) + st.muted.Render("  "+when)
	}
	return spread(left, right, w)
}

// progress draws a bar of w cells.
func progress(st *styles, done, all, w int) string {
	n := done * w / max(all, 1)
	return st.good.Render(strings.Repeat("━", n)) + st.faint.Render(strings.Repeat("━", w-n))
}

// count counts what a plan says is to be done, and how much of it is.
func count(plan string) (items, done int) {
	for _, it := range workspace.Items(plan) {
		items++
		if it.Done {
			done++
		}
	}
	return items, done
}
