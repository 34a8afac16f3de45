package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// timelinePane shows what an agent did, why it stopped and who got it going,
// by the time since its start, with its states over a span of time above. Idle
// stretches are gaps. It follows the newest moment until one moves away from
// it.
type timelinePane struct {
	w, h   int
	keys   []action[*timelinePane]
	look   look
	filter string
	kind   momentKind
	span   int // an index of timeSpans

	all     []agent.Moment // of the agent, with its runs and jobs; oldest first
	from    gathered
	ends    runEnds
	owner   jobsPane // knows whose jobs are
	rows    []int    // those that the filters leave
	on      agent.ID
	sel     agent.Moment // the selected one: it stays when others come before it
	away    bool         // one has moved away from the newest
	at, top int
	loose   bool      // scrolled away from the selected one
	strip   []string  // the states over the span
	asked   momentAsk // what is to be shown
}

// momentKind is what the list is narrowed down to.
type momentKind uint8

const (
	anyMoment momentKind = iota
	endingMoments
	nudgeMoments
	runMoments
	fileMoments
	momentKinds
)

// kindWords name the kinds for people.
var kindWords = [...]string{"moments", "endings", "nudges", "runs and jobs", "files"}

// has reports whether a moment is of the kind.
func (k momentKind) has(t agent.MomentType) bool {
	switch k {
	case endingMoments:
		return t == agent.MTurnEnd
	case nudgeMoments:
		return t == agent.MNudge
	case runMoments:
		return t == ofRun || t == ofJob || t == agent.MRecord
	case fileMoments:
		return t == agent.MFile
	}
	return true
}

// SetSize sets the room inside the border.
func (p *timelinePane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys returns what the keys do here.
func (p *timelinePane) Keys() []bound { return tie(p.keys, p) }

// Filter returns the word that narrows the moments down.
func (p *timelinePane) Filter() string { return p.filter }

// SetFilter narrows the moments down to those with the word in their type,
// ending or text.
func (p *timelinePane) SetFilter(s string) { p.filter = s }

// Back shows all kinds of moments again.
func (p *timelinePane) Back() bool {
	was := p.kind
	p.kind = anyMoment
	return was != anyMoment
}

// Show takes a snapshot over.
func (p *timelinePane) Show(l look) {
	p.look = l
	p.rows = p.rows[:0]
	if l.v == nil {
		return
	}
	if l.v.ID != p.on {
		p.on, p.away, p.loose = l.v.ID, false, false
	}
	p.gather()
	for i := range p.all {
		if mo := &p.all[i]; p.kind.has(mo.Type) && matches(p.filter, string(mo.Type), string(mo.Ending), mo.Text) {
			p.rows = append(p.rows, i)
		}
	}
	if !p.away {
		p.at = len(p.rows) - 1
	} else if i := slices.IndexFunc(p.rows, func(i int) bool { return p.all[i] == p.sel }); i >= 0 {
		p.at = i
	}
	p.move(0)
}

func (p *timelinePane) move(n int) {
	last := len(p.rows) - 1
	p.at = max(min(p.at+n, last), 0)
	if n != 0 {
		p.away, p.loose = p.at < last, false
	}
	if last >= 0 {
		p.sel = p.all[p.rows[p.at]]
	}
	p.top = keepTop(p.top, p.at, len(p.rows), max(p.listRect().H, 1), p.loose)
	p.drawStrip()
}

// pages goes on by halves of the screen.
func (p *timelinePane) pages(n int) { p.move(n * max(p.h/2, 1)) }

func (p *timelinePane) nextKind() {
	p.kind = (p.kind + 1) % momentKinds
	p.Show(p.look)
}

// momentAsk is a moment that a person wants to see: in full, or everything as
// it stood then.
type momentAsk struct {
	of   *agent.Moment // nil for none
	full bool
}

func (p *timelinePane) openMoment() { p.ask(true) }
func (p *timelinePane) travel()     { p.ask(false) }

func (p *timelinePane) ask(full bool) {
	if p.at < len(p.rows) {
		p.asked = momentAsk{&p.all[p.rows[p.at]], full}
	}
}

// take hands out what was asked for, once.
func (p *timelinePane) take() (momentAsk, bool) {
	a := p.asked
	p.asked = momentAsk{}
	return a, a.of != nil
}

// Note says where one is, and what is left out.
func (p *timelinePane) Note() string {
	st := p.look.st
	var parts []string
	if p.kind != anyMoment {
		parts = append(parts, st.accent.Render(kindWords[p.kind]))
	}
	if p.filter != "" {
		parts = append(parts, st.accent.Render("/"+cut(p.filter, 20)))
	}
	switch {
	case len(parts) > 0:
		parts = append(parts, st.muted.Render(plural(len(p.rows), "moment")))
	case p.away && len(p.rows) > 0:
		parts = append(parts, st.muted.Render(fmt.Sprintf("%d of %d", p.at+1, len(p.rows))+p.look.keys.say("", "timeline-last", ", % follows")))
	}
	return strings.Join(parts, " ")
}

// listRect is where the moments are, below the strip of states.
func (p *timelinePane) listRect() rect {
	if p.w < stripWidth || p.h < stripHeight {
		return rect{0, 0, p.w, p.h}
	}
	return rect{0, stripLines, p.w, p.h - stripLines}
}

// View draws the moments that are seen.
func (p *timelinePane) View() string {
	if p.look.v == nil || p.w <= 0 || p.h <= 0 {
		return ""
	}
	st, r := p.look.st, p.listRect()
	lines := slices.Clone(p.strip)
	if len(p.rows) == 0 {
		lines = append(lines, wrapText(p.absent(), p.w, st.muted)...)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	for i := p.top; i < min(p.top+r.H, len(p.rows)); i++ {
		mo := &p.all[p.rows[i]]
		mark := " "
		if i == p.at {
			mark = st.accent.Render("▌")
		}
		l := mark + p.row(mo, p.w-2) + " "
		if i == p.at {
			l = st.selected(fit(l, p.w))
		}
		lines = append(lines, l)
	}
	return strings.Join(lines, "\n")
}

// absent explains why there is nothing in the list.
func (p *timelinePane) absent() string {
	switch {
	case p.filter != "":
		return "No " + kindWords[p.kind] + " match " + p.filter + "." + p.look.keys.say("", "back", " % clears the filter.")
	case p.kind != anyMoment:
		return "There are no " + kindWords[p.kind] + " among what has happened." + p.look.keys.say("", "back", " % shows everything.")
	}
	return "Nothing has happened yet since vigil began to watch this agent."
}

// row draws one moment in w cells.
func (p *timelinePane) row(mo *agent.Moment, w int) string {
	st := p.look.st
	when := st.muted.Render(fmt.Sprintf("%-9s", elapsed(p.look.v.Started, mo.At)))
	if w >= 60 {
		when += st.muted.Render(" " + mo.At.In(p.look.now.Location()).Format("02 15:04"))
	}
	if mo.Type == agent.MIdle {
		return fit(when+" "+p.gapLine(mo, w-len("T+000h00m ")-10), w)
	}
	sign, look := momentSign(st, mo)
	text := st.text.Render(said(mo))
	if mo.For >= time.Minute {
		text += st.muted.Render("  " + age(mo.For))
	}
	return fit(when+" "+look.Render(sign+" "+fmt.Sprintf("%-11s", momentWord(mo)))+" "+text, w)
}

// gapLine draws an idle stretch, the longer the wider.
func (p *timelinePane) gapLine(mo *agent.Moment, w int) string {
	label := " idle " + age(mo.For) + " "
	if s := line(mo.Text); s != "" {
		label += s + " "
	}
	n := int(mo.For / (10 * time.Minute))
	n = min(max(n, 2), max(w-len(label), 2))
	return p.look.st.warn.Render(strings.Repeat("┄", n) + label + strings.Repeat("┄", 2))
}

// momentWord names what a moment is.
func momentWord(mo *agent.Moment) string {
	if mo.Type == agent.MTurnEnd && mo.Ending != "" {
		return string(mo.Ending)
	}
	return string(mo.Type)
}

// said is what a moment says, in a line. Of a notice that the CLI itself wrote as
// a prompt that is its summary: the marks before it would fill the line.
func said(mo *agent.Moment) string {
	if rest, ok := strings.CutPrefix(mo.Text, "<task-notification>"); ok {
		if _, summary, ok := strings.Cut(rest, "<summary>"); ok {
			summary, _, _ = strings.Cut(summary, "</summary>")
			return line(summary)
		}
	}
	return line(mo.Text)
}

// momentSign returns the shape and the paint of a moment.
func momentSign(st *styles, mo *agent.Moment) (string, paint) {
	switch mo.Type {
	case agent.MTurnStart:
		return "▸", st.busy
	case agent.MTurnEnd:
		return st.shape(mo.Ending.State())
	case agent.MNudge:
		return "↻", st.accent
	case agent.MFile:
		return "±", st.muted
	case agent.MRecord:
		return "★", st.record
	case agent.MNote:
		return "!", st.warn
	case ofRun, ofJob:
		return "▪", st.muted
	}
	return "·", st.muted
}
