package tui

import (
	"cmp"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/remote/curve"
)

// past is an earlier moment that the screen shows in place of now: the plan,
// the scratchpad and the curves as they stood then. The zero value is now.
type past struct {
	at   time.Time
	who  agent.ID // whose moment it is
	what string   // what happened then

	of   *agent.View // the view of now that the one of then is made from
	view *agent.View
	lost int // files of which nothing is kept of then

	runs    *curve.Set // of then; nil while they are cut
	from    int        // the version that they are cut from
	cutAt   time.Time
	cutting bool
}

func (p *past) on() bool { return !p.at.IsZero() }

// end goes back to now. What is on its way comes still.
func (p *past) end() { *p = past{cutting: p.cutting} }

// runsCut brings the runs as they stood at a moment.
type runsCut struct {
	at   time.Time
	from int
	runs *curve.Set
}

// cutEvery is how often the runs of an earlier moment are cut anew, for what
// came to be known of it since.
const cutEvery = 5 * time.Second

// ago ends an age: of then, it is not up to now.
func (l look) ago() string {
	if l.past {
		return " before"
	}
	return " ago"
}

// ofThen reports whether the open tab shows what stood then.
func (m *Model) ofThen() bool {
	p := m.tabs[m.tab].pane
	return p == pane(&m.plan) || p == pane(&m.files) || p == pane(&m.curves)
}

// lookThen is what there is to see of the moment that is shown.
func (m *Model) lookThen(l look) look {
	if l.v != nil {
		l.v = m.history.widen(l.v)
	}
	if !m.past.on() || !m.ofThen() || l.v == nil {
		return l
	}
	p := &m.past
	if p.of != l.v {
		p.of = l.v
		p.view, p.lost = viewThen(l.v, p.at)
	}
	l.v, l.now, l.past, l.lost = p.view, p.at, true, p.lost
	if p.runs != nil { // they are cut in a moment, and the view of the curves must not be lost
		l.runs = p.runs
	}
	return l
}

// viewThen returns what an agent's files and documents were at a time, as far
// as their versions are kept, and counts the files of which nothing is.
func viewThen(v *agent.View, at time.Time) (then *agent.View, lost int) {
	c := *v
	c.Plan, c.Goal = documentThen(v.Plan, at), documentThen(v.Goal, at)
	c.Turn, c.Files = agent.Turn{}, nil
	for i := range v.Moments {
		if mo := &v.Moments[i]; mo.Type == agent.MTurnStart && !mo.At.After(at) {
			c.Turn.Started = mo.At
		}
	}
	for _, f := range v.Files {
		switch i := before(f.Versions, at); {
		case i >= 0:
			last := f.Versions[i]
			f.Versions = f.Versions[: i+1 : i+1]
			if f.Deleted = f.Deleted && !f.At.After(at); !f.Deleted {
				f.At, f.Turn = last.At, last.Turn
			}
			f.New, f.Added, f.Removed, f.Diff, f.Note = false, 0, 0, "", ""
		case !f.At.After(at): // it has not changed since
		case len(f.Versions) == 0 || f.Versions[0].Turn == 0:
			lost++
			continue
		default: // it was written later
			continue
		}
		c.Files = append(c.Files, f)
	}
	slices.SortStableFunc(c.Files, func(a, b agent.FileChange) int { return b.At.Compare(a.At) })
	return &c, lost
}

func documentThen(d agent.Document, at time.Time) agent.Document {
	i := before(d.Versions, at)
	out := agent.Document{Path: d.Path, Versions: d.Versions[: i+1 : i+1]}
	if i >= 0 {
		out.At = d.Versions[i].At
	}
	return out
}

// goMoment shows everything as of a moment, or the moment itself: in full, also
// where it is shown already.
func (m *Model) goMoment(a momentAsk) {
	if a.full || a.of.At.IsZero() || a.of.At.Equal(m.past.at) {
		m.openMoment(a.of)
		return
	}
	m.travel(a.of)
}

// travel shows everything as of a moment.
func (m *Model) travel(mo *agent.Moment) {
	was := m.past
	m.past = past{at: mo.At, who: m.fleet.sel, what: momentWord(mo) + " " + said(mo), runs: was.runs, cutting: was.cutting}
	m.show()
}

// leavePast shows what is now.
func (m *Model) leavePast() tea.Cmd {
	m.past.end()
	m.show()
	return m.say(m.st.muted, "back to now")
}

// stepMoment shows everything as of an earlier moment of the timeline, or a
// later one; behind the last one is now.
func (m *Model) stepMoment(n int) tea.Cmd {
	v := m.view()
	if v == nil {
		return m.noAgent()
	}
	p := &m.moment
	p.Show(look{snap: m.snap, runs: m.runs, cluster: m.cluster, v: v, now: m.now, st: m.st, keys: m.named})
	at := m.past.at
	if at.IsZero() {
		at = m.now
	}
	when := func(i int) time.Time { return p.all[p.rows[i]].At }
	i := -1 // the last one before
	for i+1 < len(p.rows) && when(i+1).Before(at) {
		i++
	}
	if n > 0 {
		for i++; i < len(p.rows) && !when(i).After(at); i++ {
		}
	}
	for range max(n, -n) - 1 { // a count steps as far as there are moments
		next := i
		for next >= 0 && next < len(p.rows) && when(next).Equal(when(i)) {
			next += cmp.Compare(n, 0)
		}
		if next < 0 || next == i || next < len(p.rows) && when(next).IsZero() {
			break
		}
		i = next
	}
	none := i < 0 || i < len(p.rows) && when(i).IsZero()
	switch {
	case none && m.past.on():
		return m.say(m.st.muted, "this is the first moment that is known")
	case none:
		return m.say(m.st.muted, "nothing has happened before")
	case i >= len(p.rows) && m.past.on():
		return m.leavePast()
	case i >= len(p.rows):
		return m.say(m.st.muted, "this is now")
	}
	p.move(i - p.at)
	m.travel(&p.all[p.rows[i]])
	return nil
}

// readRuns has the runs cut to the moment that is shown, while the curves are
// looked at.
func (m *Model) readRuns() tea.Cmd {
	p := &m.past
	if !p.on() || p.cutting || m.runs == nil || m.tabs[m.tab].pane != pane(&m.curves) {
		return nil
	}
	if !p.cutAt.IsZero() && (p.from == m.runs.Version || m.now.Sub(p.cutAt) < cutEvery) {
		return nil
	}
	p.cutting, p.cutAt = true, m.now
	m.cuts++
	at, from, version := p.at, m.runs, -m.cuts
	return func() tea.Msg { return runsCut{at, from.Version, from.Until(at, version)} }
}

// onRunsCut takes the runs over, unless another moment is shown by now.
func (m *Model) onRunsCut(msg runsCut) {
	m.past.cutting = false
	if m.past.at.Equal(msg.at) {
		m.past.runs, m.past.from = msg.runs, msg.from
		m.show()
	}
}

// asNow says of an action that it acts on now, while the screen shows then.
func (m *Model) asNow() string {
	if m.past.on() {
		return " (now, not as of then)"
	}
	return ""
}

// viewBanner says which moment the screen shows.
func (m *Model) viewBanner(w int) string {
	st := m.st
	left := " as of " + moment(m.now, m.past.at) + ", " + since(m.now, m.past.at) + " ago"
	step := m.named.say(" ", "moment-before", "%", "moment-after", "%")
	if step != "" {
		step += " step  "
	}
	right := step + m.named.say("", "back", "%: back to now ")
	if !m.ofThen() && m.tabs[m.tab].pane != pane(&m.moment) {
		left += "; this tab shows now"
	} else if m.past.who == m.fleet.sel {
		left += ": " + m.past.what
	}
	if w < 50 {
		right = m.named.say("", "back", "%: now ")
	}
	return st.chip.Render(spread(left, right, w))
}
