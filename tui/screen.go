package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// screenPane shows an agent's terminal as it is, in its own colours. It stays
// at the foot, where a CLI has its input line, until one scrolls up.
type screenPane struct {
	w, h  int
	keys  []action[*screenPane]
	goTo  func(agent.Agent) error
	popup func(agent.Agent) error
	look  look

	on    agent.ID
	shown *agent.Screen
	lines []string // each by itself: it begins with the colours in force
	up    int      // lines scrolled up from the foot
	left  int      // cells scrolled to the right
}

// wentTo says how going to a pane went.
type wentTo struct{ err error }

// SetSize sets the room inside the border.
func (p *screenPane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys returns what the keys do here.
func (p *screenPane) Keys() []bound { return tie(p.keys, p) }

// Show takes a snapshot over.
func (p *screenPane) Show(l look) {
	p.look = l
	if l.v == nil {
		return
	}
	if l.v.ID != p.on {
		p.on, p.up, p.left = l.v.ID, 0, 0
	}
	if l.v.Screen != p.shown {
		p.shown = l.v.Screen
		p.lines = nil
		if s := l.v.Screen; s != nil {
			p.lines = sgrLines(s.Styled)
			if s.Styled == "" {
				p.lines = sgrLines(strings.Join(s.Lines, "\n"))
			}
		}
	}
	p.scroll(0)
}

func (p *screenPane) rows() int { return max(p.h-1, 1) }

func (p *screenPane) scroll(n int) {
	p.up = max(min(p.up-n, len(p.lines)-p.rows()), 0)
}

// pages goes on by halves of the screen.
func (p *screenPane) pages(n int) { p.scroll(n * max(p.h/2, 1)) }

func (p *screenPane) pan(n int) {
	widest := 0
	for _, l := range p.lines {
		widest = max(widest, cells(l))
	}
	p.left = max(min(p.left+n, widest-p.w), 0)
}

// visit takes the person to the agent's pane, and float shows it over what
// they see.
func (p *screenPane) visit() tea.Cmd { return p.by(p.goTo) }
func (p *screenPane) float() tea.Cmd { return p.by(p.popup) }

func (p *screenPane) by(way func(agent.Agent) error) tea.Cmd {
	v := p.look.v
	return func() tea.Msg {
		switch {
		case v == nil || v.Pane.ID == "":
			return wentTo{fmt.Errorf("this agent has no tmux pane to go to")}
		case way == nil:
			return wentTo{fmt.Errorf("cannot go to pane %s from here; run vigil inside tmux", v.Pane.Target)}
		}
		return wentTo{way(v.Agent)}
	}
}

// Note says what part of the pane is seen.
func (p *screenPane) Note() string {
	st := p.look.st
	if p.up == 0 && p.left == 0 {
		return ""
	}
	return st.muted.Render(fmt.Sprintf("%d lines below, %d cells left", p.up, p.left))
}

// View draws the pane.
func (p *screenPane) View() string {
	v, st := p.look.v, p.look.st
	if v == nil || p.w <= 0 || p.h <= 0 {
		return ""
	}
	if p.shown == nil {
		text := "vigil has not looked at this agent's pane yet."
		if v.Pane.ID == "" {
			text = p.paneless() + " Its plan, scratchpad and timeline come from its files."
		}
		lines := wrapText(text, p.w, st.muted)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	lines := []string{p.head()}
	from := max(len(p.lines)-p.rows()-p.up, 0)
	for _, l := range p.lines[from:min(from+p.rows(), len(p.lines))] {
		if p.left > 0 {
			l = ansi.Cut(l, p.left, p.left+p.w)
		}
		lines = append(lines, ansi.Truncate(l, p.w, "")+reset)
	}
	return strings.Join(lines[:min(len(lines), p.h)], "\n")
}

// paneless says why an agent has no pane: the server may only be silent.
func (p *screenPane) paneless() string {
	where := "tmux server "
	if host := p.look.v.Host; host != "" && host != "local" {
		where = host + ": " + where
	}
	for _, f := range p.look.snap.Problems {
		if strings.HasPrefix(f.Where, where) {
			return "There is no pane to show: " + line(f.Where) + " does not answer (" + line(f.What) + ")."
		}
	}
	return "This agent runs outside tmux: there is no pane to show."
}

// head says which pane that is, and what in it forbids typing.
func (p *screenPane) head() string {
	st, s := p.look.st, p.shown
	left := " " + st.strong.Render(line(p.look.v.Pane.Target)) + st.muted.Render(" "+line(p.look.v.Pane.ID))
	var why []string
	if s.Mode {
		why = append(why, "in copy mode")
	}
	if s.Dialog != agent.NoDialog {
		why = append(why, line(string(s.Dialog))+" dialog")
	}
	if s.Composer == agent.DraftComposer {
		why = append(why, "half-written: "+line(s.Draft))
	}
	if len(why) > 0 {
		left += "  " + st.warn.Render(strings.Join(why, ", "))
	}
	right := p.look.keys.hint(st, "pane-go", "go there") + p.look.keys.hint(st, "pane-popup", "popup") +
		p.look.keys.hint(st, "nudge-write", "Nudge")
	return spread(left, right, p.w)
}
