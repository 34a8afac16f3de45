package tui

import (
	"fmt"
	"strings"
	"time"

	"vigil/agent/report/figure"
	"vigil/remote/curve"
	"vigil/tui/chart"
)

// curvesPane draws the runs of an agent over one another: the ones that a
// person marked, those that run, and the best ones. The chart labels them; the
// panel under it tells more of the one that is selected. It has a second face,
// the frontier.
type curvesPane struct {
	w, h     int
	keys     []action[*curvesPane]
	onFront  []action[*curvesPane] // while the frontier is shown
	onBox    []action[*curvesPane] // while a box is drawn
	look     look
	export   func(string, figure.Figure) ([]string, error)
	filter   string
	frontier bool
	front    frontier

	all    bool // the runs of every agent
	best   int  // an index of bests
	metric string
	axis   curve.Axis
	seeds  bool // families are drawn as one
	crowd  bool // all runs lie in the background
	whole  bool // y fits the whole curves, not only their last part
	logX   bool
	logY   bool
	smooth int // an index of smoothings

	x0, x1 float64 // the part of the x axis that is seen; equal: all of it
	y0, y1 float64 // ... of the y axis; equal: what fits
	box    zoomBox
	cursor float64 // where values are read
	aimed  bool    // the cursor is shown
	pinned bool    // ... and does not follow the mouse

	at     int      // the run that is selected
	sel    curve.ID // ... which stays when the ranks change
	marked []curve.ID
	base   curve.ID // the run that others are compared with; zero for none
	minus  bool     // the differences to it are drawn
	grid   bool     // small charts
	group  string   // what the runs are grouped by; empty: nothing

	mine     curve.Query // the runs that are looked at
	every    curve.Query // those that a projection may be drawn from
	runs     []*curve.Run
	picked   []pick
	groups   []group // of what is picked, in its order
	metrics  []string
	from     picking
	ranked   time.Time // when the runs were picked
	late     bool      // there are runs that are not ranked or studied yet
	study    study
	readings readings
	density  curve.Density
	bands    bands
	left     int          // runs that the density or a band has not drawn yet
	chart    *chart.Chart // in a grid, that of the metric that is shown
	panels   []panel      // of the grid
	st       *styles      // of the chart's colours
}

// SetSize sets the room inside the border.
func (p *curvesPane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys returns what the keys do here.
func (p *curvesPane) Keys() []bound { return tie(p.actions(), p) }

// Faces returns the keys of the curves, of a box and of the frontier.
func (p *curvesPane) Faces() []zone {
	return []zone{
		{"curves", tie(p.keys, p), func() { p.frontier, p.box = false, zoomBox{} }},
		{"box", tie(p.onBox, p), func() { p.frontier = false; p.startBox() }},
		{"frontier", tie(p.onFront, p), func() { p.frontier = true }},
	}
}

func (p *curvesPane) actions() []action[*curvesPane] {
	switch {
	case p.frontier:
		return p.onFront
	case p.box.on:
		return p.onBox
	}
	return p.keys
}

// Filter returns the word that narrows the runs down.
func (p *curvesPane) Filter() string { return p.filter }

// SetFilter narrows the runs down to those with the word in their name or path.
func (p *curvesPane) SetFilter(s string) { p.filter = s }

// Show takes a snapshot over.
func (p *curvesPane) Show(l look) {
	p.look = l
	if l.v == nil || l.runs == nil {
		p.picked, p.groups, p.runs, p.from, p.left = nil, nil, nil, picking{}, 0
		return
	}
	if l.v.ID != p.from.agent {
		p.fit()
	}
	want := picking{
		set: l.runs.Version, agent: l.v.ID, filter: p.filter, all: p.all, best: bests[p.best], marks: len(p.marked),
		base: p.base, group: p.group, metric: p.metric, axis: p.axis, seeds: p.seeds, goal: l.snap.Goal,
	}
	p.late = false
	p.take(want)
	p.learn()
	if p.frontier {
		p.showFrontier()
		return
	}
	p.chartIt()
}

// putOff is after how long there is something to do that was put off; 0 if
// there is nothing.
func (p *curvesPane) putOff() time.Duration {
	switch {
	case p.left > 0 && !p.frontier:
		return frameTime
	case p.late:
		return workEvery
	}
	return 0
}

// Note says which runs are seen.
func (p *curvesPane) Note() string {
	if p.look.v == nil || len(p.runs) == 0 {
		return ""
	}
	st := p.look.st
	if p.frontier {
		return p.front.note(st, p.look.keys)
	}
	s := st.muted.Render(fmt.Sprintf("%d of %s", len(p.picked), counted(len(p.runs), "run")))
	if p.seeds && p.axis == curve.Step {
		s += st.muted.Render(", seeds as one")
	}
	if n := len(p.groups); n > 0 {
		s += st.muted.Render(", " + plural(n, "group"))
	}
	if p.grid {
		s += st.muted.Render(p.gridNote())
	}
	if p.left > 0 {
		s += st.muted.Render(fmt.Sprintf(", %s to draw", thousands(p.left)))
	}
	if p.filter != "" {
		s = st.accent.Render("/"+cut(p.filter, 20)) + " " + s
	}
	return s
}

// absent explains why there is nothing to draw.
func (p *curvesPane) absent() string {
	switch {
	case p.filter != "":
		return "No run matches " + p.filter + "." + p.look.keys.say("", "back", " % clears the filter.")
	case p.axis != curve.Step && len(p.runs) > 0:
		return "The logs of these runs do not tell " + axisWord(p.axis) + "." + p.look.keys.say("", "curves-axis", " % changes the axis.")
	case len(p.runs) > 0:
		return "The points of " + counted(len(p.runs), "run") + " have not been read yet."
	case p.look.runs != nil && p.look.runs.Len() > 0 && !p.all:
		return "No training log of this agent has been seen; the others have " +
			plural(p.look.runs.Len(), "run") + "." + p.look.keys.say("", "curves-agents", " % shows the runs of every agent.")
	}
	return "No training log has been seen yet. vigil reads logs/*.txt and scratchpad/runs/*.log of each workspace; other places can be named in the configuration."
}

// View draws the head, the chart and the panel.
func (p *curvesPane) View() string {
	if p.look.v == nil || p.w <= 0 || p.h <= 0 {
		return ""
	}
	if p.frontier {
		return p.viewFrontier()
	}
	if len(p.picked) == 0 {
		lines := wrapText(p.absent(), p.w, p.look.st.muted)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	if p.h == 1 {
		return p.head(p.w)
	}
	body := []string{p.chart.View()}
	if p.grid {
		body = p.viewGrid()
	}
	return strings.Join(append(append([]string{p.head(p.w)}, body...), p.panel(p.w)...), "\n")
}
