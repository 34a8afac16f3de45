package tui

import (
	"slices"
	"time"

	"vigil/agent"
)

// Measures of the strip of states over the timeline, in cells.
const (
	stripLines  = 3  // states and endings; nudges and records; the time
	stripWidth  = 40 // in a smaller pane there is none
	stripHeight = 10
)

// timeSpans are the spans of time that the strip can show; 0 is all of it.
var timeSpans = [...]time.Duration{0, 7 * 24 * time.Hour, 24 * time.Hour, 6 * time.Hour, time.Hour, 10 * time.Minute}

// zoom shows a shorter span by n, or a longer one. Spans in which there is all
// of it are left out.
func (p *timelinePane) zoom(n int) {
	if p.look.v == nil {
		return
	}
	from, to := p.whole()
	first := 1 // of the spans that show a part
	for first < len(timeSpans) && timeSpans[first] >= to.Sub(from) {
		first++
	}
	at := 0 // all of it; from 1 on, the parts
	if p.span >= first {
		at = p.span - first + 1
	}
	if at = min(max(at+n, 0), len(timeSpans)-first); at > 0 {
		p.span = first + at - 1
	} else {
		p.span = 0
	}
	p.drawStrip()
}

func (p *timelinePane) showAll() { p.zoom(-len(timeSpans)) }

// whole is all of the time: from the start, or the first moment, up to now.
func (p *timelinePane) whole() (from, to time.Time) {
	now := p.look.now
	from, to = p.look.v.Started, now
	if len(p.all) > 0 && (from.IsZero() || p.all[0].At.Before(from)) {
		from = p.all[0].At
	}
	if !from.Before(to) || to.Sub(from) > maxSpan {
		from = to.Add(-time.Hour)
	}
	return from, to
}

// window is the span of time that the strip shows: up to now, or around the
// selected moment.
func (p *timelinePane) window() (from, to time.Time) {
	from, to = p.whole()
	span := timeSpans[p.span]
	if span == 0 || span >= to.Sub(from) {
		return from, to
	}
	now := to
	if p.away {
		to = p.sel.At.Add(span / 2)
		if first := from.Add(span); to.Before(first) {
			to = first
		}
		if to.After(now) {
			to = now
		}
	}
	return to.Add(-span), to
}

// drawStrip draws the states over the span, with what happened on them.
func (p *timelinePane) drawStrip() {
	p.strip = p.strip[:0]
	if p.look.v == nil || p.listRect().Y == 0 {
		return
	}
	st := p.look.st
	from, to := p.window()
	w := p.w - 2
	cell := func(t time.Time) (int, bool) {
		x := int(float64(t.Sub(from)) / float64(to.Sub(from)) * float64(w))
		return min(x, w-1), !t.Before(from) && !t.After(to)
	}
	ends, marks := lanesOn(st, p.look.v, p.look.now, w, cell)
	p.layStates(ends, from, to, w)
	for i := range p.all {
		if mo := &p.all[i]; mo.Type == agent.MRecord {
			if x, ok := cell(mo.At); ok {
				sign, look := momentSign(st, mo)
				marks[x] = laneCell{sign, look}
			}
		}
	}
	p.strip = append(p.strip, " "+ends.draw()+" ", " "+marks.draw()+" ", " "+p.stripAxis(from, to, w, cell)+" ")
}

// layStates gives the line of a lane the look of what the agent did then.
func (p *timelinePane) layStates(l lane, from, to time.Time, w int) {
	state, x := agent.Unknown, 0
	fill := func(upTo int) {
		for ; x < min(upTo, w); x++ {
			if l[x].sign == laneLine {
				l[x] = p.stateCell(state)
			}
		}
	}
	for i := range p.look.v.Moments {
		mo := &p.look.v.Moments[i]
		next := state
		switch mo.Type {
		case agent.MTurnStart:
			next = agent.Working
		case agent.MTurnEnd:
			next = mo.Ending.State()
		}
		if next != state {
			fill(int(float64(mo.At.Sub(from)) / float64(to.Sub(from)) * float64(w)))
			state = next
		}
	}
	fill(w)
}

// stateCell is how a state is drawn over time: what works is a solid line.
func (p *timelinePane) stateCell(s agent.State) laneCell {
	st := p.look.st
	_, look := st.shape(s)
	switch s {
	case agent.Working:
		return laneCell{"━", look}
	case agent.Waiting:
		return laneCell{"╌", look}
	case agent.Unknown:
		return laneCell{laneLine, st.faint}
	}
	return laneCell{"┄", look}
}

// stripAxis says when the span begins and ends, and points at the selected
// moment.
func (p *timelinePane) stripAxis(from, to time.Time, w int, cell func(time.Time) (int, bool)) string {
	st, now := p.look.st, p.look.now
	begin, end := moment(now, from), moment(now, to)
	if to.Equal(now) {
		end = "now"
	}
	if span := to.Sub(from); span == timeSpans[p.span] {
		end = age(span) + ", to " + end
	} else {
		end = "all, to " + end
	}
	x, ok := cell(p.sel.At)
	if !ok || len(p.rows) == 0 {
		return spread(st.muted.Render(begin), st.muted.Render(end), w)
	}
	// What it points at may stand where the labels do: they give way.
	left, right := " ", " "
	if x > len(begin) {
		left = begin
	}
	if w-x-1 > len(end) {
		right = end
	}
	if left == " " && w-x-1 > len(begin)+len(right)+2 {
		right = spread(" "+begin, right, w-x-1)
	}
	if right == " " && x > len(left)+len(end)+2 {
		left = spread(left, end+" ", x)
	}
	return st.muted.Render(fit(left, x)) + st.accent.Render("▲") + st.muted.Render(spread("", right, w-x-1))
}

// pointAt selects the moment nearest to a column of the strip.
func (p *timelinePane) pointAt(x int) {
	if len(p.rows) == 0 || p.w <= 2 {
		return
	}
	from, to := p.window()
	t := from.Add(time.Duration(float64(to.Sub(from)) * (float64(x-1) + 0.5) / float64(p.w-2)))
	gap := func(i int) time.Duration { return p.all[i].At.Sub(t).Abs() }
	best := slices.MinFunc(p.rows, func(a, b int) int { return int(min(max(gap(a)-gap(b), -1), 1)) })
	p.move(slices.Index(p.rows, best) - p.at)
}

// Zoom zooms the strip where the wheel turns over it.
func (p *timelinePane) Zoom(_, y, notches, _ int, _ bool) bool {
	if y >= p.listRect().Y {
		return false
	}
	p.zoom(notches)
	return true
}
