package tui

import (
	"strings"
	"time"

	"vigil/agent"
)

// lane is a row of cells on the time axis of the frontier's chart.
type lane []laneCell

type laneCell struct {
	sign string
	look paint
}

// lanes draws what became of the agents under the chart, on its time axis: for
// each agent a row with its endings and idle stretches, and one with its
// nudges; where there is no room for both, they share one.
func (p *curvesPane) lanes(rows int) []string {
	f, st := &p.front, p.look.st
	if rows <= 0 || f.chart == nil {
		return nil
	}
	left, _, w, _ := f.chart.Plot()
	both := rows < 2*len(f.tracks)
	var out []string
	add := func(l lane, label string) {
		if len(out) == rows {
			return
		}
		out = append(out, fit(pad(left)+l.draw()+st.muted.Render(" "+label), p.w))
	}
	for _, t := range f.tracks {
		v := p.look.snap.Find(t.id)
		if v == nil {
			continue
		}
		ends, nudges := p.lanesOf(v, w)
		if both {
			for x, c := range nudges {
				if c.sign != " " {
					ends[x] = c
				}
			}
			add(ends, t.name)
			continue
		}
		label := "endings, idle"
		if len(f.tracks) > 1 {
			label = t.name
		}
		add(ends, label)
		add(nudges, "  nudges")
	}
	return out
}

// draw joins the cells.
func (l lane) draw() string {
	var b strings.Builder
	for _, c := range l {
		b.WriteString(c.look.Render(c.sign))
	}
	return b.String()
}

// lanesOf returns an agent's endings with its idle stretches, and its nudges.
func (p *curvesPane) lanesOf(v *agent.View, w int) (ends, nudges lane) {
	f := &p.front
	left, _, _, _ := f.chart.Plot()
	return lanesOn(p.look.st, v, p.look.now, w, func(t time.Time) (int, bool) {
		col, ok := f.chart.Col(t.Sub(f.start).Seconds())
		return col - left, ok
	})
}

// laneLine is the sign of a lane where nothing happened.
const laneLine = "─"

// lanesOn lays an agent's endings with its idle stretches, and its nudges, on
// a time axis of w cells.
func lanesOn(st *styles, v *agent.View, now time.Time, w int, cell func(time.Time) (int, bool)) (ends, nudges lane) {
	ends, nudges = make(lane, w), make(lane, w)
	from, began := cell(v.Started)
	for x := range ends {
		ends[x], nudges[x] = laneCell{" ", st.faint}, laneCell{" ", st.faint}
		if !began || x >= from {
			ends[x] = laneCell{laneLine, st.faint}
		}
	}
	for i := range v.Moments {
		if mo := &v.Moments[i]; mo.Type == agent.MIdle {
			a, b := mo.At, mo.At.Add(mo.For)
			if b.After(now) {
				b = now
			}
			x0, ok0 := cell(a)
			x1, ok1 := cell(b)
			for x := x0; ok0 && ok1 && x <= x1; x++ {
				ends[x] = laneCell{"┄", st.warn}
			}
		}
	}
	for i := range v.Moments {
		mo := &v.Moments[i]
		x, ok := cell(mo.At)
		if !ok {
			continue
		}
		switch mo.Type {
		case agent.MTurnEnd:
			sign, look := st.shape(mo.Ending.State())
			ends[x] = laneCell{sign, look}
		case agent.MNudge:
			nudges[x] = laneCell{"↻", st.accent}
		}
	}
	return ends, nudges
}
