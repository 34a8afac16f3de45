package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageHTML string

// HTML writes the report as one page that needs nothing else: no script, no
// font, no picture, no connection. It is light or dark as its reader's system
// is. All text goes through html/template, and the page's own policy forbids
// scripts and requests, so that nothing that an agent said can do anything.
func HTML(w io.Writer, r Report) error {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	if err := t.Execute(w, r.page()); err != nil {
		return fmt.Errorf("write the report page: %w", err)
	}
	return nil
}

// htmlPage is what the page's template shows.
type htmlPage struct {
	Span    string
	Nothing string // there is nothing to report
	Tiles   []tile
	Lanes   lanes
	Columns []string
	Agents  []htmlAgent
	Idle    []htmlBar
	Endings []htmlBar
	Nudges  []string
	Records []htmlBest
	Top     []htmlBest
	Used    []string
}

type tile struct{ Value, Label, Class string }

type htmlAgent struct {
	Name, Kind string
	Cells      []string
	Curve      *curve
	Events     []htmlEvent
	More       int // events that are not listed
}

type htmlEvent struct {
	At, Sign, Class, What, Text string
	Quoted                      bool
}

type htmlBar struct {
	Label, Value, Note, Class string
	Percent                   int
}

type htmlBest struct {
	At, Agent, Run, Value, Before, Margin, Failure string
	Beats, Hit                                     bool
}

func (r *Report) page() htmlPage {
	p := htmlPage{Span: date(r.From) + " to " + date(r.To) + ", " + whole(r.To.Sub(r.From))}
	if r.All {
		p.Span = "everything known, since " + date(r.From)
	}
	if r.Empty() {
		p.Nothing = r.Nothing()
		return p
	}
	f := &r.Fleet
	p.Tiles, p.Lanes = r.tiles(), r.lanes()
	for _, c := range f.Causes {
		p.Idle = append(p.Idle, htmlBar{
			ending(c.Ending), dur(c.Total), fmt.Sprintf("%s, the longest %s (%s, %s)", count(c.N, "time"), dur(c.Longest.Len()), c.Agent, r.clock(c.Longest.From)),
			Warn.class(), int(100 * c.Total / max(f.Causes[0].Total, 1)),
		})
	}
	for _, c := range f.Endings {
		p.Endings = append(p.Endings, htmlBar{ending(c.Ending), fmt.Sprint(c.N), "", toneOf(c.Ending).class(), 100 * c.N / max(f.Endings[0].N, 1)})
	}
	if s := f.Nudges.String(); s != "" {
		p.Nudges = append(p.Nudges, s)
	}
	if f.Nudges.After > 0 {
		p.Nudges = append(p.Nudges, dur(f.Nudges.After)+" from an end to the nudge, median")
	}
	for _, h := range f.Nudges.Held {
		p.Nudges = append(p.Nudges, "held "+times(h.N)+": "+h.Why)
	}
	p.Records, p.Top = r.htmlBests(r.Records), r.htmlBests(r.Top)
	r.htmlAgents(&p)
	if n := f.Runs; n.Ended > 0 {
		p.Used = append(p.Used, parts(", ", count(n.Ended, "run")+" ended", some(n.Hit, "reached the target"), some(n.Failed, "failed")))
	}
	if t := f.Tokens; t != nil {
		p.Used = append(p.Used, fmt.Sprintf("%s tokens in, %s from the cache, %s out", tokens(t.Input), tokens(t.CachedInput), tokens(t.Output)))
	}
	if f.GPU != nil {
		p.Used = append(p.Used, f.GPU.String())
	}
	if j := r.Judge; j.Tokens > 0 {
		p.Used = append(p.Used, fmt.Sprintf("judge: %s tokens, $%.2f", tokens(int64(j.Tokens)), j.USD))
	}
	return p
}

// tiles are the figures that matter most.
func (r *Report) tiles() []tile {
	f := &r.Fleet
	all := []tile{
		{fmt.Sprint(len(r.Agents)), "agents", ""},
		{fmt.Sprint(f.Turns), "turns", ""},
		{dur(f.Worked), "worked", ""},
		{dur(f.Idle), "idle", toneIf(f.Idle > 0, Warn, Plain).class()},
		{fmt.Sprintf("%d of %d", f.Nudges.Effective, f.Nudges.Planned), "nudges effective", ""},
		{fmt.Sprint(len(r.Records)), "new bests", ""},
	}
	if b := r.Best; b != nil {
		label := "best"
		if b.Record != 0 {
			label += " " + b.margin() + " record " + number(b.Record)
		}
		all = append(all, tile{number(b.Value), label, toneIf(b.Beats(), Good, Plain).class()})
	}
	return all
}

func (r *Report) htmlBests(all []Best) []htmlBest {
	var out []htmlBest
	for _, b := range all {
		h := htmlBest{r.clock(b.At), b.Agent, b.Run, number(b.Value), "", b.margin(), b.Failure, b.Beats(), b.Hit}
		if b.Before != 0 {
			h.Before = number(b.Before)
		}
		out = append(out, h)
	}
	return out
}

func (r *Report) htmlAgents(p *htmlPage) {
	cols := (&page{r: r}).columns()
	for _, c := range cols {
		p.Columns = append(p.Columns, c.title)
	}
	for i := range r.Agents {
		a := &r.Agents[i]
		h := htmlAgent{Name: a.Name, Kind: parts(", ", string(a.Kind), some(max(a.Sessions-1, 0), "more sessions")), Curve: r.curve(a)}
		for _, c := range cols {
			h.Cells = append(h.Cells, c.cell(a))
		}
		marks := a.Marks
		if n := len(marks); n > listed {
			h.More, marks = n-listed, marks[n-listed:]
		}
		for _, m := range marks {
			e := htmlEvent{r.clock(m.At), "★", Record.class(), m.word(), m.Text, m.Quoted}
			switch m.Type {
			case "ending":
				e.Sign, e.Class = sign(m.Ending), toneOf(m.Ending).class()
			case "nudge":
				e.Sign, e.Class = "↻", Accent.class()
			}
			h.Events = append(h.Events, e)
		}
		p.Agents = append(p.Agents, h)
	}
}
