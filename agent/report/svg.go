package report

import (
	"math"
	"time"

	"vigil/agent"
	"vigil/agent/report/figure"
)

// Measures of the drawings, in their own units; a page scales them.
const (
	drawW    = 1000.0
	leftW    = 110.0 // of names and values
	rightW   = 14.0
	laneH    = 44.0
	curveH   = 170.0
	axisH    = 24.0
	maxTicks = 8
)

// lanes is the drawing of what the agents did over time.
type lanes struct {
	W, H  float64
	Plot  float64 // where the axis is
	Left  float64
	Ticks []tick
	Rows  []laneRow
}

type laneRow struct {
	Name  string
	Y     float64
	Bars  []laneBar
	Marks []laneMark
}

type laneBar struct {
	X, W, Y, H float64
	Class      string // "worked", "open", "idle"
	Title      string
}

type laneMark struct {
	X, Y  float64
	Class string // a tone
	Sign  string
	Title string
}

type tick struct {
	X     float64
	Label string
}

// timeX is where a time is on the axis of a drawing.
func (r *Report) timeX(t time.Time) float64 {
	from := r.shown()
	all := max(r.To.Sub(from), 1)
	x := float64(t.Sub(from)) / float64(all)
	return leftW + (drawW-leftW-rightW)*min(max(x, 0), 1)
}

// shown is when a time axis begins: with the span, unless nothing is known of
// its first part.
func (r *Report) shown() time.Time {
	first := r.To
	look := func(t time.Time) {
		if t.Before(first) {
			first = t
		}
	}
	for i := range r.Agents {
		a := &r.Agents[i]
		for _, s := range [][]Span{a.Turns, a.Idles} {
			if len(s) > 0 {
				look(s[0].From)
			}
		}
		if len(a.Marks) > 0 {
			look(a.Marks[0].At)
		}
		if !a.Open.IsZero() {
			look(a.Open)
		}
	}
	if first.Sub(r.From) < r.To.Sub(r.From)/8 || first.Equal(r.To) {
		return r.From
	}
	return first.In(r.To.Location())
}

// ticks are the times told on an axis, at round ones.
func (r *Report) ticks() []tick {
	from := r.shown()
	span := r.To.Sub(from)
	steps := []time.Duration{
		time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
		10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	}
	step := steps[0]
	for _, s := range steps {
		if step = s; span/s < maxTicks {
			break
		}
	}
	for span/step >= maxTicks {
		step *= 2
	}
	layout := "15:04"
	switch {
	case step < time.Minute:
		layout = "15:04:05"
	case span > 36*time.Hour:
		layout = "2 Jan 15:04"
	}
	_, offset := from.Zone()
	zone := time.Duration(offset) * time.Second
	var out []tick
	for t := from.Add(zone).Truncate(step).Add(-zone); !t.After(r.To); t = t.Add(step) {
		if !t.Before(from) {
			out = append(out, tick{r.timeX(t), t.Format(layout)})
		}
	}
	return out
}

func (r *Report) lanes() lanes {
	l := lanes{W: drawW, Left: leftW, Plot: laneH * float64(len(r.Agents)), Ticks: r.ticks()}
	l.H = l.Plot + axisH
	for i := range r.Agents {
		l.Rows = append(l.Rows, r.lane(&r.Agents[i], laneH*float64(i)))
	}
	return l
}

func (r *Report) lane(a *Agent, y float64) laneRow {
	row := laneRow{Name: a.Name, Y: y + 30}
	bar := func(s Span, class, title string, h float64) {
		x := r.timeX(s.From)
		row.Bars = append(row.Bars, laneBar{x, max(r.timeX(s.To)-x, 1), y + 30 - h/2, h, class, title})
	}
	for _, s := range a.Turns {
		bar(s, "worked", "worked "+dur(s.Len())+" from "+r.clock(s.From), 10)
	}
	if !a.Open.IsZero() {
		bar(Span{From: a.Open, To: r.To}, "open", "a turn since "+r.clock(a.Open)+" has not ended", 10)
	}
	for _, s := range a.Idles {
		bar(s, "idle", "idle "+dur(s.Len())+" after "+ending(s.Ending)+" from "+r.clock(s.From), 16)
	}
	for _, m := range a.Marks {
		k := laneMark{X: r.timeX(m.At), Y: y + 34.5, Title: r.clock(m.At) + " " + m.word() + ": " + m.Text}
		switch m.Type {
		case agent.MTurnEnd:
			k.Sign, k.Class = sign(m.Ending), toneOf(m.Ending).class()
		case agent.MNudge:
			k.Sign, k.Class, k.Y = "↻", Accent.class(), y+15
		case agent.MRecord:
			k.Sign, k.Class, k.Y = "★", Record.class(), y+15
		}
		row.Marks = append(row.Marks, k)
	}
	return row
}

// class is the tone's class in a page's style sheet.
func (t Tone) class() string {
	return [...]string{"plain", "strong", "muted", "faint", "heading", "good", "warn", "bad", "busy", "accent", "record"}[t]
}

// curve is the drawing of an agent's best result over time.
type curve struct {
	W, H, Left, Right float64
	Plot              float64
	Path              string // of the line of steps
	Dots              []dot
	Ticks             []tick
	Values            []valueTick
	Record            *valueTick
}

type dot struct {
	X, Y  float64
	Title string
}

type valueTick struct {
	Y     float64
	Label string
}

// curve draws the agent's best over time; nil without one.
func (r *Report) curve(a *Agent) *curve {
	if len(a.Trace) == 0 {
		return nil
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	see := func(v float64) { lo, hi = min(lo, v), max(hi, v) }
	from := r.shown()
	var seen []Best // in the picture: what was best at its start, and after
	for i, b := range a.Trace {
		if b.At.Before(from) && i+1 < len(a.Trace) && !a.Trace[i+1].At.After(from) {
			continue
		}
		seen = append(seen, b)
		see(b.Value)
	}
	record := seen[0].Record
	if record != 0 {
		see(record)
	}
	if hi == lo {
		lo, hi = lo-1, hi+1
	}
	lo, hi = lo-(hi-lo)*0.12, hi+(hi-lo)*0.12
	c := &curve{W: drawW, H: curveH + axisH, Left: leftW, Right: drawW - rightW, Plot: curveH, Ticks: r.ticks()}
	y := func(v float64) float64 { return curveH * (hi - v) / (hi - lo) }
	var path []figure.Point
	for i, b := range seen {
		x := r.timeX(b.At)
		if i > 0 { // a line of steps: it was the one before until then
			path = append(path, figure.Point{X: x, Y: path[len(path)-1].Y})
		}
		path = append(path, figure.Point{X: x, Y: y(b.Value)})
		c.Dots = append(c.Dots, dot{x, y(b.Value), r.clock(b.At) + " " + b.Text()})
	}
	path = append(path, figure.Point{X: r.timeX(r.To), Y: path[len(path)-1].Y})
	c.Path = string(figure.AppendPath(nil, path))
	for _, v := range []float64{seen[0].Value, seen[len(seen)-1].Value} {
		if n := len(c.Values); n > 0 && math.Abs(y(v)-c.Values[n-1].Y) < 14 {
			continue
		}
		c.Values = append(c.Values, valueTick{y(v), number(v)})
	}
	if record != 0 {
		c.Record = &valueTick{y(record), "record " + number(record)}
	}
	return c
}
