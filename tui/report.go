package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"vigil/agent/report"
)

// reportPane shows what happened while the person was away: the same as the
// report command, for spans to step through. It is read anew while it is looked
// at, not more often than reportEvery.
type reportPane struct {
	w, h int
	keys []action[*reportPane]
	look look
	read func(time.Duration) (report.Report, error)

	span    int // of reportSpans
	got     reportRead
	gen     int // of the newest question
	reading bool
	askedAt time.Time // by the screen's clock; zero before the first time

	lines []string
	from  laidOut
	top   int
}

// reportEvery is how often a report that is looked at is read anew.
const reportEvery = 5 * time.Second

// reportSpan is a span that reports are of.
type reportSpan struct {
	name string
	d    time.Duration // 0 is everything
}

func reportSpans() []reportSpan {
	const day = 24 * time.Hour
	return []reportSpan{{"1h", time.Hour}, {"12h", 12 * time.Hour}, {"24h", day}, {"7d", 7 * day}, {"all", 0}}
}

// laidOut is all that the lines depend on.
type laidOut struct {
	gen int
	w   int
	st  *styles
}

// reportRead brings a report that was asked for.
type reportRead struct {
	gen int
	r   report.Report
	err error
}

func newReportPane() reportPane { return reportPane{span: 1} }

// SetSize sets the room inside the border.
func (p *reportPane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys returns what the keys do here.
func (p *reportPane) Keys() []bound { return tie(p.keys, p) }

// Click does nothing: there is nothing to select.
func (p *reportPane) Click(int, int, bool) {}

// Wheel scrolls the report.
func (p *reportPane) Wheel(_, _, lines int) { p.scroll(lines) }

// Show takes the theme and the time over.
func (p *reportPane) Show(l look) {
	p.look = l
	p.draw()
}

// draw lays the report out, where something that it depends on has changed.
func (p *reportPane) draw() {
	want := laidOut{p.got.gen, p.w, p.look.st}
	if p.got.gen == 0 || p.look.st == nil || want == p.from {
		p.scroll(0)
		return
	}
	p.from, p.lines = want, p.lines[:0]
	for _, l := range report.Lines(p.got.r, max(p.w-2, 1)) {
		var b strings.Builder
		b.WriteByte(' ')
		for _, piece := range l {
			b.WriteString(p.look.st.tone(piece.Tone).Render(piece.Text))
		}
		p.lines = append(p.lines, b.String())
	}
	p.scroll(0)
}

// onRead takes a report, unless another was asked for since.
func (p *reportPane) onRead(msg reportRead) {
	if msg.gen == p.gen {
		p.got, p.reading = msg, false
		p.draw()
	}
}

// rows is how many lines of the report are seen: one is the head.
func (p *reportPane) rows() int { return max(p.h-1, 1) }

func (p *reportPane) scroll(n int) {
	p.top = max(min(p.top+n, len(p.lines)-p.rows()), 0)
}

// other asks for a span that is n longer.
func (p *reportPane) other(n int) tea.Cmd {
	span := min(max(p.span+n, 0), len(reportSpans())-1)
	if span == p.span {
		return nil
	}
	p.span, p.top, p.got, p.lines = span, 0, reportRead{}, nil
	return p.ask(p.askedAt)
}

// ask has the report read. An answer to an earlier question is out of date.
func (p *reportPane) ask(now time.Time) tea.Cmd {
	p.gen++
	p.reading, p.askedAt = true, now
	gen, read, d := p.gen, p.read, reportSpans()[p.span].d
	return func() tea.Msg {
		r, err := read(d)
		return reportRead{gen, r, err}
	}
}

// readReport has the report read while it is looked at, if it is time.
func (m *Model) readReport() tea.Cmd {
	p := &m.report
	if m.tabs[m.tab].pane != pane(p) || m.snap == nil || p.reading ||
		!p.askedAt.IsZero() && m.now.Sub(p.askedAt) < reportEvery {
		return nil
	}
	return p.ask(m.now)
}

// Note says where in the report one is.
func (p *reportPane) Note() string {
	if p.got.err != nil || len(p.lines) <= p.rows() {
		return ""
	}
	return p.look.st.muted.Render(fmt.Sprintf("%d–%d of %d", p.top+1, min(p.top+p.rows(), len(p.lines)), len(p.lines)))
}

// View draws the spans and the report.
func (p *reportPane) View() string {
	if p.w <= 0 || p.h <= 0 || p.look.st == nil {
		return ""
	}
	st := p.look.st
	lines := []string{" " + p.head(p.w-2)}
	switch {
	case p.got.err != nil:
		lines = append(lines, wrapText("The report cannot be read: "+line(p.got.err.Error()), p.w, st.bad)...)
	case p.got.gen == 0:
		lines = append(lines, st.muted.Render(cut(" reading the journal", p.w)))
	default:
		lines = append(lines, p.lines[p.top:min(p.top+p.rows(), len(p.lines))]...)
	}
	return strings.Join(lines[:min(len(lines), p.h)], "\n")
}

// head shows the spans, the one that is shown in brackets.
func (p *reportPane) head(w int) string {
	st := p.look.st
	spans := reportSpans()
	var names []string
	for i, s := range spans {
		if i == p.span {
			names = append(names, st.title.Render("["+s.name+"]"))
			continue
		}
		names = append(names, st.muted.Render(" "+s.name+" "))
	}
	hint := ""
	if w >= 60 {
		if hint = p.look.keys.say(" ", "report-shorter", "%", "report-longer", "%"); hint != "" {
			hint = st.muted.Render(hint + " another span")
		}
	}
	return spread(st.muted.Render("the last")+" "+strings.Join(names, ""), hint, w)
}

// tone is the paint of a tone of reports.
func (s *styles) tone(t report.Tone) paint {
	switch t {
	case report.Strong:
		return s.strong
	case report.Muted:
		return s.muted
	case report.Faint:
		return s.faint
	case report.Heading:
		return s.heading
	case report.Good:
		return s.good
	case report.Warn:
		return s.warn
	case report.Bad:
		return s.bad
	case report.Busy:
		return s.busy
	case report.Accent:
		return s.accent
	case report.Record:
		return s.record
	}
	return s.text
}
