package report

import (
	"fmt"
	"strings"

	"vigil/agent"
)

// Markdown writes the report as Markdown (with GitHub's tables). Text from
// agents is escaped: it makes no heading, link, table cell or HTML.
func Markdown(r Report) string {
	m := &markdown{r: &r}
	span := date(r.From) + " to " + date(r.To) + ", " + whole(r.To.Sub(r.From))
	if r.All {
		span = "everything known, since " + date(r.From)
	}
	m.line("# While you were away", "", span)
	if r.Empty() {
		m.line("", r.Nothing())
		return m.b.String()
	}
	f := &r.Fleet
	m.agents()
	if f.Idle > 0 {
		m.table("Idle time", []string{"after", "idle", "times", "the longest", "of", "at"})
		for _, c := range f.Causes {
			m.row(ending(c.Ending), dur(c.Total), fmt.Sprint(c.N), dur(c.Longest.Len()), c.Agent, r.clock(c.Longest.From))
		}
	}
	if f.Turns > 0 {
		m.table("Endings", []string{"ending", "turns"})
		for _, c := range f.Endings {
			m.row(ending(c.Ending), fmt.Sprint(c.N))
		}
	}
	if s := f.Nudges.String(); s != "" || len(f.Nudges.Held) > 0 {
		m.line("", "## Nudges", "")
		if s != "" {
			m.line("- " + escape(s))
		}
		for _, h := range f.Nudges.Held {
			m.line(fmt.Sprintf("- held %s: %s", times(h.N), escape(h.Why)))
		}
	}
	m.bests("New bests", r.Records)
	m.bests("Best runs of this time", r.Top)
	m.used()
	m.events()
	return m.b.String()
}

type markdown struct {
	r *Report
	b strings.Builder
}

func (m *markdown) line(all ...string) {
	for _, s := range all {
		m.b.WriteString(s)
		m.b.WriteByte('\n')
	}
}

// table begins a table under a heading.
func (m *markdown) table(title string, columns []string) {
	m.line("", "## "+title, "", "| "+strings.Join(columns, " | ")+" |", "|"+strings.Repeat("---|", len(columns)))
}

func (m *markdown) row(cells ...string) {
	for i := range cells {
		cells[i] = escape(cells[i])
	}
	m.line("| " + strings.Join(cells, " | ") + " |")
}

func (m *markdown) agents() {
	m.table("Agents", []string{"agent", "kind", "turns", "worked", "idle", "nudges", "effective", "wasted", "best", "runs", "tokens", "GPU hours"})
	for i := range m.r.Agents {
		a := &m.r.Agents[i]
		best, toks, gpu := "", "", ""
		if a.Best != nil {
			best = parts(" ", number(a.Best.Value), a.Best.margin())
		}
		if a.Tokens != nil {
			toks = tokens(a.Tokens.Input + a.Tokens.Output)
		}
		if a.GPU != nil {
			gpu = hours(a.GPU.Held)
		}
		m.row(a.Name, string(a.Kind), fmt.Sprint(a.Totals.Turns), dur(a.Worked), dur(a.Idle), fmt.Sprint(a.Nudges.Planned),
			fmt.Sprint(a.Nudges.Effective), fmt.Sprint(a.Nudges.Wasted), best, fmt.Sprint(a.Runs.Ended), toks, gpu)
	}
}

func (m *markdown) bests(title string, all []Best) {
	if len(all) == 0 {
		return
	}
	m.table(title, []string{"at", "agent", "run", "result", "before", "record"})
	for _, b := range all {
		value, before := number(b.Value), ""
		if !b.Hit {
			value += " (misses the target)"
		}
		if b.Before != 0 {
			before = number(b.Before)
		}
		m.row(m.r.clock(b.At), b.Agent, b.Run, value, before, b.margin())
	}
}

func (m *markdown) used() {
	f := &m.r.Fleet
	if f.Runs.Ended == 0 && f.Tokens == nil && f.GPU == nil && m.r.Judge.Tokens == 0 {
		return
	}
	m.line("", "## Used", "", "- "+parts(", ", count(f.Runs.Ended, "run")+" ended", some(f.Runs.Hit, "reached the target"), some(f.Runs.Failed, "failed")))
	if t := f.Tokens; t != nil {
		m.line(fmt.Sprintf("- %d tokens in, %d from the cache, %d out", t.Input, t.CachedInput, t.Output))
	}
	if f.GPU != nil {
		m.line("- " + f.GPU.String())
	}
	if j := m.r.Judge; j.Tokens > 0 {
		m.line(fmt.Sprintf("- judge: %d tokens, $%.2f", j.Tokens, j.USD))
	}
}

// listed is how much of what happened is listed for one agent: the newest.
const listed = 100

// events lists what happened to each agent, in its own words.
func (m *markdown) events() {
	for i := range m.r.Agents {
		a := &m.r.Agents[i]
		all := a.Marks
		if len(all) == 0 {
			continue
		}
		m.line("", "## "+escape(a.Name), "")
		if n := len(all); n > listed {
			m.line(fmt.Sprintf("The last %d of %d.", listed, n), "")
			all = all[n-listed:]
		}
		for _, e := range all {
			m.line(fmt.Sprintf("- %s **%s** %s", m.r.clock(e.At), escape(e.word()), escape(e.Text)))
		}
	}
}

// word says what a mark is.
func (m Mark) word() string {
	switch m.Type {
	case agent.MTurnEnd:
		return ending(m.Ending)
	case agent.MNudge:
		return "nudge " + string(m.Status)
	case agent.MRecord:
		return "new best"
	}
	return string(m.Type)
}

// escape takes the meaning that Markdown and HTML give to characters.
func escape(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch c {
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		case '\\', '`', '*', '_', '{', '}', '[', ']', '#', '|', '!', '~', '$', '@':
			b.WriteByte('\\')
			b.WriteRune(c)
		case '\n', '\r':
			b.WriteByte(' ')
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
