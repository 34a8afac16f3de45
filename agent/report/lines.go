package report

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// Tone is how a piece of text is meant; a screen has a colour for each.
type Tone uint8

// The tones.
const (
	Plain Tone = iota
	Strong
	Muted
	Faint
	Heading
	Good
	Warn
	Bad
	Busy
	Accent
	Record
)

// Piece is text of one tone. It is clean and has no line break.
type Piece struct {
	Text string
	Tone Tone
}

// Line is one line of a report laid out for a terminal.
type Line []Piece

// String returns the line's text.
func (l Line) String() string {
	var b strings.Builder
	for _, p := range l {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Text lays the report out in plain lines of at most width cells.
func Text(r Report, width int) string {
	var b strings.Builder
	for _, l := range Lines(r, width) {
		b.WriteString(strings.TrimRight(l.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Lines lays the report out in lines of at most width cells.
func Lines(r Report, width int) []Line {
	p := page{r: &r, w: max(width, 1)}
	p.head()
	if r.Empty() {
		p.add(Piece{r.Nothing(), Muted})
		p.wrap("What vigil, vigil auto or an agent's hook sees from now on will be here.", Muted)
		return p.lines
	}
	p.agents()
	p.strips()
	p.causes()
	p.endings()
	p.fared()
	p.bests("new bests", r.Records, true)
	p.bests("best runs of this time", r.Top, false)
	p.compute()
	return p.lines
}

// page is a report on its way to lines.
type page struct {
	r     *Report
	w     int
	lines []Line
}

// add adds a line, cut to the page's width.
func (p *page) add(l ...Piece) {
	room := p.w
	for i := range l {
		n := ansi.StringWidth(l[i].Text)
		if n > room {
			l[i].Text = ansi.Truncate(l[i].Text, room, "…")
			l = l[:i+1]
			break
		}
		room -= n
	}
	p.lines = append(p.lines, l)
}

func (p *page) wrap(s string, t Tone) {
	for l := range strings.SplitSeq(ansi.Wordwrap(s, p.w, ""), "\n") {
		p.add(Piece{l, t})
	}
}

func (p *page) section(title, note string) {
	p.add()
	l := []Piece{{title, Heading}}
	if note != "" {
		l = append(l, Piece{"  " + note, Muted})
	}
	p.add(l...)
}

// head says which time it is about, and what matters most.
func (p *page) head() {
	r := p.r
	span := date(r.From) + " to " + date(r.To) + ", " + whole(r.To.Sub(r.From))
	if r.All {
		span = "everything known, since " + date(r.From)
	}
	p.flow(Piece{"  ", Muted}, []Line{{{"while you were away", Strong}}, {{span, Muted}}})
	if r.Empty() {
		p.add()
		return
	}
	p.flow(Piece{" · ", Muted}, r.headline())
}

// headline is what matters most, in a few parts.
func (r *Report) headline() []Line {
	f := r.Fleet
	all := []Line{
		{{count(len(r.Agents), "agent"), Plain}},
		{{count(f.Turns, "turn"), Plain}},
		{{"idle " + dur(f.Idle), toneIf(f.Idle > 0, Warn, Plain)}},
	}
	if n := f.Nudges; n.Planned > 0 {
		all = append(all, Line{{fmt.Sprintf("%s, %d effective", count(n.Planned, "nudge"), n.Effective), Plain}})
	}
	if n := len(r.Records); n > 0 {
		all = append(all, Line{{count(n, "new best"), Good}})
	}
	if b := r.Best; b != nil {
		l := Line{{"best " + number(b.Value), Good}}
		if b.Record != 0 {
			l = append(l, Piece{" " + b.margin(), toneIf(b.Beats(), Good, Muted)}, Piece{" record " + number(b.Record), Record})
		}
		all = append(all, l)
	}
	return all
}

// Headline says in one line what matters most.
func Headline(r Report) string {
	if r.Empty() {
		return r.Nothing()
	}
	var parts []string
	for _, l := range r.headline() {
		parts = append(parts, l.String())
	}
	return strings.Join(parts, ", ")
}

// flow adds parts one after the other, in as many lines as they need.
func (p *page) flow(between Piece, all []Line) {
	var l Line
	n := 0
	for _, part := range all {
		w := ansi.StringWidth(part.String())
		if n > 0 && n+ansi.StringWidth(between.Text)+w > p.w {
			p.add(l...)
			l, n = nil, 0
		}
		if n > 0 {
			l = append(l, between)
			n += ansi.StringWidth(between.Text)
		}
		l = append(l, part...)
		n += w
	}
	p.add(l...)
}

func toneIf(yes bool, a, b Tone) Tone {
	if yes {
		return a
	}
	return b
}

// column is one of the table of agents.
type column struct {
	title string
	w     int
	cell  func(*Agent) string
	tone  func(*Agent) Tone
}

func plain(*Agent) Tone { return Plain }

func (p *page) columns() []column {
	all := []column{
		{"turns", 6, func(a *Agent) string { return fmt.Sprint(a.Totals.Turns) }, plain},
		{"idle", 8, func(a *Agent) string { return dur(a.Idle) }, func(a *Agent) Tone { return toneIf(a.Idle > 0, Warn, Muted) }},
		{"nudges", 8, func(a *Agent) string { return fmt.Sprint(a.Nudges.Planned) }, plain},
		{"effective", 11, func(a *Agent) string { return fmt.Sprint(a.Nudges.Effective) }, plain},
		{"best", 8, func(a *Agent) string {
			if a.Best == nil {
				return "-"
			}
			return number(a.Best.Value)
		}, func(a *Agent) Tone { return toneIf(a.Best != nil && a.Best.Beats(), Good, Plain) }},
		{"worked", 8, func(a *Agent) string { return dur(a.Worked) }, plain},
		{"tools", 7, func(a *Agent) string { return fmt.Sprint(a.Tools) }, plain},
		{"runs", 6, func(a *Agent) string { return fmt.Sprint(a.Runs.Ended) }, plain},
	}
	if p.r.Fleet.Tokens != nil {
		all = append(all, column{"tokens", 8, func(a *Agent) string {
			if a.Tokens == nil {
				return "-"
			}
			return tokens(a.Tokens.Input + a.Tokens.Output)
		}, plain})
	}
	if p.r.Fleet.GPU != nil {
		all = append(all, column{"GPU h", 8, func(a *Agent) string {
			if a.GPU == nil {
				return "-"
			}
			return hours(a.GPU.Held)
		}, plain})
	}
	return all
}

// agents draws a table of the agents, with as many columns as there is room
// for.
func (p *page) agents() {
	name := 5
	for i := range p.r.Agents {
		name = max(name, ansi.StringWidth(p.r.Agents[i].Name))
	}
	name = min(name, max(p.w/4, 8))
	room := p.w - 1 - name
	var cols []column
	for _, c := range p.columns() {
		if room < c.w {
			break
		}
		room -= c.w
		cols = append(cols, c)
	}
	p.section("agents", "")
	l := []Piece{{" " + fit("", name), Muted}}
	for _, c := range cols {
		l = append(l, Piece{right(c.title, c.w), Muted})
	}
	p.add(l...)
	for i := range p.r.Agents {
		a := &p.r.Agents[i]
		l := []Piece{{" " + fit(a.Name, name), Strong}}
		for _, c := range cols {
			l = append(l, Piece{right(c.cell(a), c.w), c.tone(a)})
		}
		note := "  " + string(a.Kind)
		if a.Sessions > 1 {
			note += ", " + count(a.Sessions, "session")
		}
		if ansi.StringWidth(note) <= room {
			l = append(l, Piece{note, Faint})
		}
		p.add(l...)
	}
}

// bar is how wide the longest bar is.
func (p *page) bar() int { return max(min(p.w/4, 30), 4) }

// causes draws the idle time by its causes.
func (p *page) causes() {
	f := &p.r.Fleet
	if f.Idle == 0 {
		return
	}
	p.section("idle time", dur(f.Idle)+" in all: stopped, with nothing alive that would wake the agent")
	for _, c := range f.Causes {
		n := max(int(float64(p.bar())*float64(c.Total)/float64(f.Causes[0].Total)), 1)
		what := fmt.Sprintf(" %s, the longest %s (%s, %s)", count(c.N, "time"), dur(c.Longest.Len()), c.Agent, p.r.clock(c.Longest.From))
		p.add(Piece{" " + fit(ending(c.Ending), 12), Plain}, Piece{right(dur(c.Total), 7) + " ", Strong},
			Piece{fit(strings.Repeat("▇", n), p.bar()), Warn}, Piece{what, Muted})
	}
}

// endings draws how the turns ended.
func (p *page) endings() {
	f := &p.r.Fleet
	if f.Turns == 0 {
		return
	}
	p.section("endings", "of "+count(f.Turns, "turn")+", with "+count(f.Tools, "tool call")+", "+dur(f.Worked)+" of work")
	for _, c := range f.Endings {
		n := max(p.bar()*c.N/f.Endings[0].N, 1)
		p.add(Piece{" " + fit(ending(c.Ending), 12), Plain}, Piece{right(fmt.Sprint(c.N), 7) + " ", Strong},
			Piece{fit(strings.Repeat("▇", n), p.bar()), toneOf(c.Ending)}, Piece{" " + p.whose(c.Ending), Muted})
	}
	for i := range p.r.Agents {
		if a := &p.r.Agents[i]; !a.Open.IsZero() {
			p.add(Piece{" " + fit("no end", 12), Plain}, Piece{right("1", 7) + " ", Strong},
				Piece{a.Name + ": a turn since " + p.r.clock(a.Open) + " has not ended", Muted})
		}
	}
}

// whose says how the endings of a kind are spread over the agents.
func (p *page) whose(e agent.Ending) string {
	var all []string
	for i := range p.r.Agents {
		for _, c := range p.r.Agents[i].Endings {
			if c.Ending == e {
				all = append(all, fmt.Sprintf("%s %d", p.r.Agents[i].Name, c.N))
			}
		}
	}
	return strings.Join(all, ", ")
}

func toneOf(e agent.Ending) Tone {
	switch e.State() {
	case agent.Waiting:
		return Good
	case agent.Limited, agent.Asking:
		return Warn
	case agent.Stopped, agent.Exited:
		return Bad
	}
	return Muted
}

// fared says what became of the nudges.
func (p *page) fared() {
	n := p.r.Fleet.Nudges
	if n.Planned+n.Steps+n.DryRun+len(n.Held) == 0 {
		return
	}
	note := ""
	if n.After > 0 {
		note = dur(n.After) + " from an end to the nudge, median"
	}
	p.section("nudges", note)
	if s := n.String(); s != "" {
		p.wrap(" "+s, Plain)
	}
	for i, h := range n.Held {
		if i == 3 {
			p.add(Piece{fmt.Sprintf(" and %d other reasons", len(n.Held)-i), Muted})
			break
		}
		p.add(Piece{" held " + times(h.N) + ": ", Warn}, Piece{h.Why, Plain})
	}
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// bests lists results.
func (p *page) bests(title string, all []Best, news bool) {
	if len(all) == 0 {
		return
	}
	const most = 12
	note := ""
	if len(all) > most {
		note = fmt.Sprintf("the last %d of %d", most, len(all))
		all = all[len(all)-most:]
	}
	p.section(title, note)
	run, when := 0, 0
	for _, b := range all {
		when = max(when, len(p.r.clock(b.At)))
		run = max(run, min(ansi.StringWidth(b.Run), 24))
	}
	for _, b := range all {
		sign := Piece{" · ", Muted}
		if b.Beats() {
			sign = Piece{" ★ ", Record}
		}
		value := number(b.Value)
		gain := b.margin()
		l := []Piece{sign, {right(p.r.clock(b.At), when) + "  ", Muted}, {right(value, 6) + " ", toneIf(b.Hit, Good, Plain)}, {fit(gain, 7) + " ", toneIf(b.Beats(), Good, Muted)}}
		if news {
			was := "first"
			if !b.First {
				was = "was " + number(b.Before)
			}
			l = append(l, Piece{fit(was, 9) + " ", Muted})
		} else if b.Hit {
			l = append(l, Piece{fit(number(b.Least), 9) + " ", Muted})
		} else {
			l = append(l, Piece{fit("misses", 9) + " ", Warn})
		}
		l = append(l, Piece{fit(b.Run, run), Plain}, Piece{"  " + b.Agent, Muted})
		if b.Failure != "" {
			l = append(l, Piece{"  " + b.Failure, Bad})
		}
		p.add(l...)
	}
}

// compute says what was used.
func (p *page) compute() {
	f := &p.r.Fleet
	if f.Runs.Ended == 0 && f.Tokens == nil && f.GPU == nil && p.r.Judge.Tokens == 0 {
		return
	}
	p.section("used", "")
	if n := f.Runs; n.Ended > 0 {
		p.wrap(" "+parts(", ", count(n.Ended, "run")+" ended", some(n.Hit, "reached the target"), some(n.Failed, "failed")), Plain)
	}
	if t := f.Tokens; t != nil {
		p.wrap(fmt.Sprintf(" %s tokens in, %s from the cache, %s out", tokens(t.Input), tokens(t.CachedInput), tokens(t.Output)), Plain)
	}
	if g := f.GPU; g != nil {
		p.wrap(" "+g.String(), toneIf(g.Idle > g.Held/10, Warn, Plain))
	}
	if j := p.r.Judge; j.Tokens > 0 {
		s := " judge: " + tokens(int64(j.Tokens)) + " tokens"
		if j.USD > 0 {
			s += fmt.Sprintf(", $%.2f", j.USD)
		}
		p.wrap(s, Plain)
	}
}

// String says GPU time in one line.
func (g GPU) String() string {
	s := hours(g.Held) + " GPU hours held by jobs"
	if g.Busy+g.Idle == 0 {
		return s + "; no look at the GPUs"
	}
	s += ": " + hours(g.Busy) + " busy, " + hours(g.Idle) + " idle"
	if rest := g.Held - g.Busy - g.Idle; rest > g.Held/20 {
		s += ", " + hours(rest) + " not looked at"
	}
	return s
}

// fit returns s exactly w cells wide.
func fit(s string, w int) string {
	s = ansi.Truncate(s, max(w, 0), "…")
	return s + strings.Repeat(" ", max(w-ansi.StringWidth(s), 0))
}

// right returns s at the right of w cells.
func right(s string, w int) string {
	return strings.Repeat(" ", max(w-ansi.StringWidth(s), 0)) + s
}
