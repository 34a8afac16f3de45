package tui

import (
	"fmt"
	"math"
	"slices"

	"vigil/remote/curve"
	"vigil/tui/chart"
)

// tail and longTail bound the part of the curves that y fits: their fall at the
// start would flatten the rest. It is made longer for the sake of runs that are
// not that far yet, in steps: y would move with each of their points otherwise.
const (
	tail      = 0.5
	longTail  = 0.8
	tailSteps = 10
)

// chartIt hands the chart what it draws.
func (p *curvesPane) chartIt() {
	if p.st != p.look.st {
		p.st, p.chart, p.panels = p.look.st, nil, nil
	}
	p.read()
	p.bands.begin(p.folded())
	defer func() { p.left += p.bands.left }()
	if p.grid && len(p.picked) > 0 {
		p.layGrid()
		return
	}
	if p.chart == nil {
		p.chart = p.newChart()
	}
	c := p.chart
	c.SetBare(false)
	c.SetExtent(0, 0)
	p.dress(c, p.wholePanel())
	p.showReadout()
	c.SetDetails(valueWide + 1 + apartWide)
	c.SetY(p.y0, p.y1)
	c.SetSize(p.w, max(p.h-1-p.panelLines(), 0))
	p.drawCrowd()
	p.cross(c)
}

func (p *curvesPane) newChart() *chart.Chart {
	r := p.look.st.theme.Role
	return chart.New(chart.Options{Axis: ink(r.Border), Text: ink(r.Muted), Cursor: ink(r.Accent), Bad: ink(r.Bad), Crowd: ink(r.Faint), Throng: ink(r.Muted)})
}

// dress hands a chart the lines of a panel and how they are drawn, but for the
// values of y that are seen.
func (p *curvesPane) dress(c *chart.Chart, n panel) {
	base := p.subtracted()
	c.SetLines(p.lines(n))
	c.SetBase(slices.Index(n.lines, base))
	c.SetRules(p.rules(n.metric)...)
	cones := p.cones(n)
	c.SetCones(cones...)
	c.SetLog(p.logY && base < 0)
	c.SetLogX(p.logX)
	c.SetClock(p.axis == curve.Wall)
	c.SetSmooth(smoothings[p.smooth])
	c.SetX(p.x0, p.x1)
	c.SetTail(p.tail(cones))
	c.SetCrowd(nil)
}

// cross puts the cursor, and the box into the chart that has it.
func (p *curvesPane) cross(c *chart.Chart) {
	c.SetCursor(-1)
	if col, ok := c.Col(p.cursor); ok && p.aimed {
		c.SetCursor(col)
	}
	c.SetBox(false, 0, 0, 0, 0)
	if b := &p.box; b.on && c == p.chart {
		b.keep(c.Plot())
		c.SetBox(true, b.x0, b.y0, b.x1, b.y1)
	}
}

func (p *curvesPane) lines(n panel) []chart.Line {
	lines := make([]chart.Line, len(n.lines))
	for k, i := range n.lines {
		q := p.picked[i]
		t := q.trace
		if n.metric != p.shown() {
			t, _ = q.run.Trace(n.metric, p.axis)
		}
		lines[k] = chart.Line{
			Name: p.label(i), Detail: p.detail(i), Trace: t, Live: q.run.Status == curve.Running, Marker: 1 + i,
			Color: p.look.st.series(p.colour(i)), Dim: ink(p.look.st.theme.Role.Faint),
		}
		if q.family != nil {
			lines[k].From, lines[k].To = reach(q.family, n.metric)
			lines[k].Band = p.bands.of(q.family, n.metric)
		}
	}
	return lines
}

// label is what a pick is called, with the signs of what was done to it.
func (p *curvesPane) label(i int) string {
	q := p.picked[i]
	name := p.name(q)
	if q.marked {
		name = "*" + name
	}
	if q.base {
		name = baseSign + name
	}
	if i == p.at && len(p.picked) > 1 {
		name = "▸ " + name
	}
	return name
}

// name is what a pick is called.
func (p *curvesPane) name(q pick) string {
	if q.family != nil {
		return line(q.family.Name) + fmt.Sprintf(" ×%d", len(q.family.Runs))
	}
	return line(q.run.Name)
}

// reach returns the first and the last step of a family.
func reach(f *curve.Family, metric string) (lo, hi float64) {
	first := true
	for _, r := range f.Runs {
		s := r.Metric(metric)
		if s == nil {
			continue
		}
		a, b, ok := s.Bounds()
		if !ok {
			continue
		}
		if first {
			lo, hi, first = float64(a), float64(b), false
		}
		lo, hi = min(lo, float64(a)), max(hi, float64(b))
	}
	return lo, hi
}

// tail is the part of the x axis, from its end, whose values y fits; 0 is all.
// The axis reaches to where curves are expected to end; the part is so long that
// something of those that run is in it.
func (p *curvesPane) tail(cones []chart.Cone) float64 {
	if p.whole {
		return 0
	}
	var end float64
	for _, k := range cones {
		end = max(end, k.X1)
	}
	for _, q := range p.picked {
		if _, hi, ok := q.trace.Bounds(); ok {
			end = max(end, hi)
		}
	}
	part := tail
	for _, q := range p.picked {
		if _, hi, ok := q.trace.Bounds(); ok && q.run.Status == curve.Running && end > 0 {
			part = max(part, math.Ceil((1-0.85*hi/end)*tailSteps)/tailSteps)
		}
	}
	return min(part, longTail)
}

// detail is what stands behind a run's name: what is read at the cursor; else
// where it met the target, or its least value.
func (p *curvesPane) detail(i int) string {
	q, s := p.picked[i], ""
	switch {
	case p.aimed:
		return p.readings.text(i)
	case p.subtracted() >= 0:
		return p.apartAtEnd(i)
	case p.look.snap.Goal.Metric == p.shown() && q.rank.Hit:
		s = fmt.Sprintf("✓ %.0f", q.rank.Crossed)
	default:
		s = fmt.Sprintf("%.5g", q.rank.Best.Value)
	}
	stale := p.look.stale(q.run.Host)
	_, kill := p.study.kill[q.run.ID]
	switch {
	case q.family != nil:
	case stale != "" && q.run.Status == curve.Running:
		s += " " + stale
	case kill:
		s += " kill?"
	}
	return s
}

// rules are the lines of the goal: the target to reach and the record to beat.
func (p *curvesPane) rules(metric string) []chart.Rule {
	g, r := p.look.snap.Goal, p.look.st.theme.Role
	var out []chart.Rule
	base := p.subtracted()
	if base >= 0 {
		out = append(out, chart.Rule{Label: baseSign + p.name(p.picked[base]), Color: ink(r.Accent)})
	}
	if g.Metric != metric {
		return out
	}
	if g.Target != 0 && base < 0 {
		out = append(out, chart.Rule{At: g.Target, Label: "target " + number(g.Target), Color: ink(r.Target)})
	}
	if g.Record != 0 && g.Minimize == "step" && p.axis == curve.Step {
		out = append(out, chart.Rule{At: g.Record, Vertical: true, Label: "record " + number(g.Record), Color: ink(r.Record)})
	}
	return out
}

// cones says where the selected run may lead.
func (p *curvesPane) cones(n panel) []chart.Cone {
	at := slices.Index(n.lines, p.at)
	if n.metric != p.shown() || at < 0 || !p.study.projected || p.at >= len(p.picked) || p.subtracted() >= 0 {
		return nil
	}
	q, end := p.picked[p.at], p.study.end
	last, ok := q.trace.Last()
	if q.run.ID != p.study.run || q.family != nil || !ok || end.Step <= last.Step {
		return nil
	}
	x1 := q.trace.X(float64(end.Step))
	if p.axis == curve.Wall { // its clock stands still behind its last line
		x0 := q.trace.X(float64(last.Step))
		x1 = x0 + x0*float64(end.Step-last.Step)/float64(max(last.Step, 1))
	}
	return []chart.Cone{{
		Line: at, X0: q.trace.X(float64(last.Step)), Y0: last.Value,
		X1: x1, Y: end.Value, Lo: end.Lo, Hi: end.Hi,
	}}
}

// crowdWork is how many runs of the crowd are drawn for a frame: a few
// milliseconds' worth.
const crowdWork = 200

// drawCrowd brings the picture of all runs up to date, as far as one frame
// allows.
func (p *curvesPane) drawCrowd() {
	p.left = 0
	if !p.crowd || len(p.picked) == 0 || p.subtracted() >= 0 {
		return
	}
	_, _, w, h := p.chart.Plot()
	x0, x1, y0, y1 := p.chart.Limits()
	p.left = p.density.Draw(curve.Grid{
		Metric: p.shown(), Axis: p.axis, X0: x0, X1: x1, Y0: y0, Y1: y1,
		LogX: p.logX && x0 > 0, LogY: p.logY && y0 > 0, Cols: 2 * w, Rows: 4 * h,
	}, p.runs, crowdWork)
	p.chart.SetCrowd(&p.density)
}
