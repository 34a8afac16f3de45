package tui

import (
	"fmt"
	"strings"
	"time"

	"vigil/agent"
)

// timelinePane shows what an agent did, why it stopped and who got it going,
// by the time since its start. Idle stretches are gaps. It follows the newest
// moment until one moves away from it.
type timelinePane struct {
	w, h   int
	keys   []action[*timelinePane]
	look   look
	filter string

	rows    []int // the moments that the filter leaves
	on      agent.ID
	away    bool // one has moved away from the newest
	at, top int
	loose   bool          // scrolled away from the selected one
	opened  *agent.Moment // asked to be opened
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
	for i := range l.v.Moments {
		mo := &l.v.Moments[i]
		if matches(p.filter, string(mo.Type), string(mo.Ending), mo.Text) {
			p.rows = append(p.rows, i)
		}
	}
	if !p.away {
		p.at = len(p.rows) - 1
	}
	p.move(0)
}

func (p *timelinePane) move(n int) {
	last := len(p.rows) - 1
	p.at = max(min(p.at+n, last), 0)
	if n != 0 {
		p.away, p.loose = p.at < last, false
	}
	p.top = keepTop(p.top, p.at, len(p.rows), max(p.h, 1), p.loose)
}

// pages goes on by halves of the screen.
func (p *timelinePane) pages(n int) { p.move(n * max(p.h/2, 1)) }

func (p *timelinePane) openMoment() {
	if p.at < len(p.rows) {
		p.opened = &p.look.v.Moments[p.rows[p.at]]
	}
}

// take hands out the moment that was asked to be opened, once.
func (p *timelinePane) take() (*agent.Moment, bool) {
	mo := p.opened
	p.opened = nil
	return mo, mo != nil
}

// Note says where one is.
func (p *timelinePane) Note() string {
	st := p.look.st
	if p.filter != "" {
		return st.accent.Render("/"+cut(p.filter, 20)) + st.muted.Render(" "+plural(len(p.rows), "moment"))
	}
	if !p.away || len(p.rows) == 0 {
		return ""
	}
	return st.muted.Render(fmt.Sprintf("%d of %d, G follows", p.at+1, len(p.rows)))
}

// View draws the moments that are seen.
func (p *timelinePane) View() string {
	if p.look.v == nil || p.w <= 0 || p.h <= 0 {
		return ""
	}
	st := p.look.st
	if len(p.rows) == 0 {
		text := "Nothing has happened yet since vigil began to watch this agent."
		if p.filter != "" {
			text = "No moment matches " + p.filter + ". Esc clears the filter."
		}
		lines := wrapText(text, p.w, st.muted)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	var lines []string
	for i := p.top; i < len(p.rows) && len(lines) < p.h; i++ {
		mo := &p.look.v.Moments[p.rows[i]]
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
	kind := string(mo.Type)
	if mo.Type == agent.MTurnEnd && mo.Ending != "" {
		kind = string(mo.Ending)
	}
	text := st.text.Render(line(mo.Text))
	if mo.For >= time.Minute {
		text += st.muted.Render("  " + age(mo.For))
	}
	return fit(when+" "+look.Render(sign+" "+fmt.Sprintf("%-11s", kind))+" "+text, w)
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
	}
	return "·", st.muted
}
