package report

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// Signs of the strips. Each has a shape of its own: colour alone says nothing.
const (
	signWorked = "━"
	signOpen   = "╍" // a turn of which no end is known
	signIdle   = "┄"
	signNone   = "·" // neither is known
)

// strips draws what each agent did over time: a line of work and idle time with
// the ends of turns, and one of nudges and new bests.
func (p *page) strips() {
	name := 0
	for i := range p.r.Agents {
		name = max(name, ansi.StringWidth(p.r.Agents[i].Name))
	}
	name = min(name, p.w/4)
	w := p.w - name - 2
	if w < 20 {
		return
	}
	p.section("over time", "")
	for i := range p.r.Agents {
		a := &p.r.Agents[i]
		above, cells := p.r.strip(a, w)
		if strings.TrimSpace(above.String()) != "" {
			p.add(append(Line{{" " + fit("", name) + " ", Plain}}, above...)...)
		}
		p.add(append(Line{{" " + fit(a.Name, name) + " ", Strong}}, cells...)...)
	}
	p.axis(name+2, w)
	var legend []Line
	for _, s := range []string{
		signWorked + " worked", signIdle + " idle", signOpen + " no end yet", signNone + " no turn", "■ ended", "○ waits", "↻ nudge", "★ best",
	} {
		legend = append(legend, Line{{" " + s, Muted}})
	}
	p.flow(Piece{" ", Muted}, legend)
}

// axis draws the times under the strips: the first, the last, and as many
// between as have room.
func (p *page) axis(left, w int) {
	layout := "15:04"
	from := p.r.shown()
	span := p.r.To.Sub(from)
	switch {
	case span > 24*time.Hour:
		layout = "2 Jan 15:04"
	case span < 10*time.Minute:
		layout = "15:04:05"
	}
	n := max(w/18, 1)
	line := []rune(strings.Repeat(" ", left+w))
	for i := 0; i <= n; i++ {
		label := from.Add(time.Duration(float64(span) * float64(i) / float64(n))).Format(layout)
		x := left + i*w/n - i*len(label)/n
		copy(line[x:], []rune(label))
	}
	p.add(Piece{string(line), Muted})
}

// strip draws an agent's time in w cells, and its nudges and bests above.
func (r *Report) strip(a *Agent, w int) (above, line Line) {
	cells, marks := make(Line, w), make(Line, w)
	for i := range cells {
		cells[i], marks[i] = Piece{signNone, Faint}, Piece{" ", Plain}
	}
	fill := func(s Span, c Piece) {
		for x := r.col(s.From, w); x <= r.col(s.To, w); x++ {
			cells[x] = c
		}
	}
	if !a.Open.IsZero() {
		fill(Span{From: a.Open, To: r.To}, Piece{signOpen, Busy})
	}
	for _, s := range a.Turns {
		fill(s, Piece{signWorked, Busy})
	}
	for _, s := range a.Idles {
		fill(s, Piece{signIdle, Warn})
	}
	for _, m := range a.Marks {
		x := r.col(m.At, w)
		switch m.Type {
		case agent.MTurnEnd:
			cells[x] = Piece{sign(m.Ending), toneOf(m.Ending)}
		case agent.MNudge:
			if marks[x].Text != "★" {
				marks[x] = Piece{"↻", Accent}
			}
		case agent.MRecord:
			marks[x] = Piece{"★", Record}
		}
	}
	return join(marks), join(cells)
}

// col is the cell of a time among w of the span.
func (r *Report) col(t time.Time, w int) int {
	from := r.shown()
	all := max(r.To.Sub(from), 1)
	return min(max(int(float64(w)*float64(t.Sub(from))/float64(all)), 0), w-1)
}

// sign is the shape of an ending's state, the same as on the screen.
func sign(e agent.Ending) string {
	switch e.State() {
	case agent.Waiting:
		return "○"
	case agent.Stopped:
		return "■"
	case agent.Limited:
		return "◆"
	case agent.Asking:
		return "▲"
	case agent.Exited:
		return "×"
	}
	return "·"
}

// join puts neighbours of one tone together.
func join(cells Line) Line {
	var out Line
	for _, c := range cells {
		if n := len(out); n > 0 && out[n-1].Tone == c.Tone {
			out[n-1].Text += c.Text
			continue
		}
		out = append(out, c)
	}
	return out
}
