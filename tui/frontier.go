package tui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/remote/curve"
	"vigil/tui/chart"
)

// frontier is the best result so far over wall time against the record, agent
// by agent, with what became of the agents on the same axis.
type frontier struct {
	of     fronted
	chart  *chart.Chart
	st     *styles // of the chart's colours
	start  time.Time
	tracks []track
	rows   []milestone // newest first
	at     int
	top    int
	loose  bool // scrolled away from the selected one
	room   int  // rows that are seen
}

// track is one agent's part of the frontier.
type track struct {
	id    agent.ID
	name  string
	trace curve.Trace
}

// milestone is a step of the frontier, and whose it is.
type milestone struct {
	curve.Milestone
	track int
	value float64 // of what is minimised
	gain  float64 // on the agent's result before; 0 for its first
}

// fronted is all that the frontier's steps depend on.
type fronted struct {
	set    int
	agent  agent.ID
	all    bool
	filter string
	goal   agent.GoalLine
	minute time.Time
}

// showFrontier brings the frontier up to date.
func (p *curvesPane) showFrontier() {
	f, l := &p.front, p.look
	want := fronted{l.runs.Version, l.v.ID, p.all, p.filter, l.snap.Goal, l.now.Truncate(time.Minute)}
	if want != f.of {
		f.of = want
		p.trackFrontier()
	}
	if f.st != l.st {
		f.st = l.st
		r := l.st.theme.Role
		f.chart = chart.New(chart.Options{Axis: ink(r.Border), Text: ink(r.Muted), Cursor: ink(r.Accent), Bad: ink(r.Bad)})
		f.chart.SetClock(true)
	}
	var lines []chart.Line
	for i, t := range f.tracks {
		detail := "none yet"
		if last, ok := t.trace.Last(); ok {
			detail = number(round(last.Value))
		}
		lines = append(lines, chart.Line{Name: t.name, Detail: detail, Trace: t.trace, Color: l.st.series(i)})
	}
	f.chart.SetLines(lines)
	f.chart.SetRules(p.frontierRules()...)
	f.chart.SetX(0, max(l.now.Sub(f.start).Seconds(), 1))
	f.chart.SetSize(p.w, p.frontierParts().chart)
	if len(f.rows) > 0 {
		f.chart.SetCursor(-1)
		if col, ok := f.chart.Col(f.rows[f.at].At.Sub(f.start).Seconds()); ok {
			f.chart.SetCursor(col)
		}
	}
	f.room = max(p.frontierParts().list-1, 0)
	f.move(0)
}

// trackFrontier works the agents' steps out.
func (p *curvesPane) trackFrontier() {
	f, l := &p.front, p.look
	goal := l.snap.Goal
	metric, target := cmp.Or(goal.Metric, p.shown()), goal.Target
	if goal.Minimize != "step" {
		target = 0
	}
	f.tracks, f.rows = f.tracks[:0], f.rows[:0]
	f.start = l.v.Started
	found := map[agent.ID][]curve.Milestone{}
	for i := range l.snap.Agents {
		const most = 10 // agents whose lines can be told apart
		v := &l.snap.Agents[i]
		if !p.all && v.ID != l.v.ID || len(f.tracks) == most {
			continue
		}
		steps := curve.Frontier(l.runs.Filter(nil, string(v.ID), p.filter), metric, target)
		if p.all && len(steps) == 0 {
			continue
		}
		found[v.ID] = steps
		f.tracks = append(f.tracks, track{id: v.ID, name: line(v.Name)})
		for _, at := range []time.Time{v.Started, earliest(steps)} {
			if !at.IsZero() && (f.start.IsZero() || at.Before(f.start)) {
				f.start = at
			}
		}
	}
	if f.start.IsZero() || l.now.Sub(f.start) > maxSpan {
		f.start = l.now.Add(-min(max(l.now.Sub(f.start), time.Hour), maxSpan))
	}
	for i := range f.tracks {
		t := &f.tracks[i]
		t.trace = f.steps(i, found[t.id], target != 0, l.now)
	}
	slices.SortStableFunc(f.rows, func(a, b milestone) int { return b.At.Compare(a.At) })
	f.at = min(f.at, max(len(f.rows)-1, 0))
}

// maxSpan bounds the time that the frontier shows: a clock that is wrong does
// not hide the rest.
const maxSpan = 400 * 24 * time.Hour

func earliest(steps []curve.Milestone) time.Time {
	if len(steps) == 0 {
		return time.Time{}
	}
	return steps[0].At
}

// steps makes the agent's milestones a line of steps up to now, and lists
// them.
func (f *frontier) steps(track int, all []curve.Milestone, bySteps bool, now time.Time) curve.Trace {
	var s curve.Series
	second := func(t time.Time) int64 { return int64(t.Sub(f.start) / time.Second) }
	before := 0.0
	for i, m := range all {
		v := m.Value
		if bySteps {
			v = math.Ceil(m.Step)
		}
		row := milestone{Milestone: m, track: track, value: v}
		at := max(second(m.At), 0)
		if i > 0 {
			row.gain = before - v
			if last, _ := s.Last(); at-1 > last.Step {
				s.Append(at-1, before) // a step, not a slope
			}
		}
		if last, ok := s.Last(); !ok || at > last.Step {
			s.Append(at, v)
		}
		before = v
		f.rows = append(f.rows, row)
	}
	if last, ok := s.Last(); ok && second(now) > last.Step {
		s.Append(second(now), last.Value)
	}
	r := curve.Run{Series: []curve.Named{{Name: "best", Series: s}}}
	t, _ := r.Trace("best", curve.Step)
	return t
}

func (p *curvesPane) frontierRules() []chart.Rule {
	g, r := p.look.snap.Goal, p.look.st.theme.Role
	if g.Record == 0 || len(p.front.tracks) == 0 {
		return nil
	}
	return []chart.Rule{{At: g.Record, Label: "record " + number(g.Record), Color: ink(r.Record)}}
}

// round keeps what is told of a result.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

func (f *frontier) move(n int) {
	f.at = max(min(f.at+n, len(f.rows)-1), 0)
	f.loose = f.loose && n == 0
	f.top = keepTop(f.top, f.at, len(f.rows), max(f.room, 1), f.loose)
}

func (p *curvesPane) moveFront(n int) { p.front.move(n) }

func (f *frontier) note(st *styles, keys shortcuts) string {
	return st.muted.Render(plural(len(f.rows), "milestone") + keys.say("", "frontier-curves", ", % goes back to the curves"))
}

// openMilestone shows the selected milestone's run among the curves.
func (p *curvesPane) openMilestone() {
	if p.front.at < len(p.front.rows) {
		p.open(p.front.rows[p.front.at].Run)
		p.again()
	}
}

// frontParts are the heights of the parts of the frontier, in lines.
type frontParts struct{ chart, lanes, list int }

func (p *curvesPane) frontierParts() frontParts {
	var n frontParts
	rest := p.h - 1
	if rest >= 9 {
		n.lanes = min(2*len(p.front.tracks), max(rest/5, 2))
		rest -= n.lanes
	}
	if rest >= 9 && len(p.front.rows) > 0 {
		n.list = min(len(p.front.rows)+1, rest*2/5)
		rest -= n.list
	}
	n.chart = max(rest, 0)
	return n
}

// viewFrontier draws the head, the chart, the agents' lanes and the
// milestones.
func (p *curvesPane) viewFrontier() string {
	f, st := &p.front, p.look.st
	if len(p.runs) == 0 {
		lines := wrapText(p.absent(), p.w, st.muted)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	g := p.look.snap.Goal
	what := "least " + cmp.Or(line(g.Metric), "value")
	if g.Minimize == "step" && g.Target != 0 {
		what = fmt.Sprintf("least step with %s %s", line(g.Metric), number(g.Target))
	}
	head := " " + st.strong.Render("frontier") + st.muted.Render(": "+what+", over time")
	if p.all {
		head += st.accent.Render(" · every agent")
	}
	n := p.frontierParts()
	lines := []string{fit(head, p.w)}
	if n.chart > 0 {
		lines = append(lines, f.chart.View())
	}
	lines = append(lines, p.lanes(n.lanes)...)
	lines = append(lines, p.milestones(n.list)...)
	return strings.Join(lines, "\n")
}

// milestones draws the list of the steps, newest first.
func (p *curvesPane) milestones(rows int) []string {
	f, st := &p.front, p.look.st
	if rows <= 0 {
		return nil
	}
	record := p.look.snap.Goal.Record
	out := []string{st.muted.Render(cut(fmt.Sprintf(" %-9s %-12s %10s %9s %9s  run", "", "when", "best", "gain", "record"), p.w))}
	for i := f.top; i < len(f.rows) && len(out) < rows; i++ {
		m := f.rows[i]
		mark := " "
		if i == f.at {
			mark = st.accent.Render("▌")
		}
		gain, ahead := "", ""
		if m.gain > 0 {
			gain = "▼" + number(round(m.gain))
		}
		look := st.muted
		if record != 0 {
			ahead = number(round(m.value - record))
			if look = st.good; m.value >= record {
				look, ahead = st.muted, "+"+ahead
			}
		}
		l := mark + st.muted.Render(fmt.Sprintf("%-9s %-12s", elapsed(f.start, m.At), m.At.In(p.look.now.Location()).Format("02 Jan 15:04"))) +
			st.strong.Render(padLeft(number(round(m.value)), 11)) + st.good.Render(padLeft(gain, 10)) + look.Render(padLeft(ahead, 10)) +
			"  " + st.text.Render(line(m.Run.Name))
		if len(f.tracks) > 1 {
			l += st.muted.Render("  " + f.tracks[m.track].name)
		}
		l = fit(l, p.w)
		if i == f.at {
			l = st.selected(l)
		}
		out = append(out, l)
	}
	return out
}
