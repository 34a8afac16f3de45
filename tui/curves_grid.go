package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"vigil/tui/chart"
)

// panel is a chart of some of the lines: the only one, or one of a grid, whose
// charts share the x axis and the cursor.
type panel struct {
	title  string
	metric string
	lines  []int // of what is picked
	at     rect  // under the head, its title too
	chart  *chart.Chart
}

// The least size of a chart in a grid with its title, how many there are at
// most, and when there is a legend beside them.
const (
	panelMinW, panelMinH = 26, 7
	panelsMost           = 12
	legendFrom, legendW  = 84, 31
)

// wholePanel has all lines in the metric that is shown.
func (p *curvesPane) wholePanel() panel {
	n := panel{title: p.shown(), metric: p.shown()}
	for i := range p.picked {
		n.lines = append(n.lines, i)
	}
	return n
}

func (p *curvesPane) toggleGrid() {
	p.grid = !p.grid
	p.y0, p.y1 = 0, 0
	p.again()
}

// gridOf returns how many columns and rows of charts a room has for n: as many
// charts as fit, as close as can be to a shape in which curves are read well.
func gridOf(w, h, n int) (cols, rows int) {
	const shape = 3.0 // cells across for one down
	n = max(min(n, panelsMost), 1)
	most, best := 0, math.Inf(1)
	for c := 1; c <= max(min(w/panelMinW, n), 1); c++ {
		r := max(min((n+c-1)/c, h/panelMinH), 1)
		shown := min(c*r, n)
		off := math.Abs(math.Log(float64(max(w, 1)) / float64(c) / (float64(max(h, 1)) / float64(r)) / shape))
		if shown > most || shown == most && off < best {
			cols, rows, most, best = c, r, shown, off
		}
	}
	return cols, rows
}

// layGrid lays the small charts out, those beside the metric that is shown. All
// are of one size, so that a place in one is the same place in all.
func (p *curvesPane) layGrid() {
	all := p.panelsOf()
	w, h := p.w-p.legendWidth(), max(p.h-1-p.panelLines(), 0)
	cols, rows := gridOf(w, h, len(all))
	focus := max(slices.IndexFunc(all, func(n panel) bool { return n.metric == p.shown() && slices.Contains(n.lines, p.at) }), 0)
	fits := cols * rows
	from := focus / fits * fits
	all = all[from:min(from+fits, len(all))]
	lo, hi := p.extent(all)
	for i := range all {
		n := &all[i]
		if n.chart = p.spare(i); i == focus-from {
			p.chart = n.chart
		}
		n.at = rect{i % cols * (w / cols), i / cols * (h / rows), w / cols, h / rows}
		n.chart.SetBare(true)
		n.chart.SetReadout("", "", nil, 0)
		n.chart.SetDetails(0)
		p.dress(n.chart, *n)
		n.chart.SetExtent(lo, hi)
		n.chart.SetY(0, 0)
		if i == focus-from {
			n.chart.SetY(p.y0, p.y1)
		}
		n.chart.SetSize(n.at.W, max(n.at.H-1, 0))
		p.cross(n.chart)
	}
	p.panels, p.left = all, 0
}

// spare returns the chart that panel i had, or a new one.
func (p *curvesPane) spare(i int) *chart.Chart {
	if i < len(p.panels) {
		return p.panels[i].chart
	}
	return p.newChart()
}

// panelsOf returns a panel for each group, or for each metric without groups.
func (p *curvesPane) panelsOf() []panel {
	whole := p.wholePanel()
	var out []panel
	for _, g := range p.groups {
		n := panel{title: g.title(), metric: p.shown(), lines: g.lines}
		if i := p.subtracted(); i >= 0 && !slices.Contains(g.lines, i) {
			n.lines = append(slices.Clone(g.lines), i)
		}
		out = append(out, n)
	}
	if len(out) > 0 {
		return out
	}
	for _, metric := range p.metrics {
		out = append(out, panel{title: metric, metric: metric, lines: whole.lines})
	}
	return out
}

// extent is the part of the x axis that any of the panels has.
func (p *curvesPane) extent(all []panel) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, n := range all {
		for _, l := range p.lines(n) {
			if l.Trace.Series == nil {
				continue
			}
			if a, b, ok := l.Trace.Bounds(); ok {
				lo, hi = min(lo, a), max(hi, b)
			}
		}
		for _, k := range p.cones(n) {
			hi = max(hi, k.X1)
		}
	}
	if !(lo < hi) {
		return 0, 0
	}
	return lo, hi
}

// legendWidth is the room of the names of the lines beside the charts.
func (p *curvesPane) legendWidth() int {
	if p.w < legendFrom {
		return 0
	}
	return legendW
}

// gridNote says how many of the small charts are seen.
func (p *curvesPane) gridNote() string {
	if n := len(p.groups); n > 0 {
		return fmt.Sprintf(", %d seen", len(p.panels))
	}
	return fmt.Sprintf(", %d of %s", len(p.panels), plural(len(p.metrics), "metric"))
}

// viewGrid draws the small charts, row by row, with the legend beside them.
func (p *curvesPane) viewGrid() []string {
	rows := make([]string, max(p.h-1-p.panelLines(), 0))
	for _, n := range p.panels {
		lines := append([]string{p.panelTitle(n)}, strings.Split(n.chart.View(), "\n")...)
		for i := range min(n.at.H, len(rows)-n.at.Y) {
			row := &rows[n.at.Y+i]
			*row += pad(n.at.X-cells(*row)) + at(lines, i)
		}
	}
	w := p.w - p.legendWidth()
	for i, l := range p.legend(len(rows)) {
		rows[i] = fit(rows[i], w) + l
	}
	return rows
}

// panelTitle names a panel; with a cursor, it tells what the selected run has
// there.
func (p *curvesPane) panelTitle(n panel) string {
	st := p.look.st
	name := st.muted.Render("  " + line(n.title))
	if n.chart == p.chart {
		name = st.accent.Render("▸ ") + st.strong.Render(line(n.title))
	}
	if !p.aimed || !slices.Contains(n.lines, p.at) {
		return fit(name, n.at.W)
	}
	q := p.picked[p.at]
	t, ok := q.run.Trace(n.metric, p.axis)
	if !ok {
		return fit(name, n.at.W)
	}
	q.trace = t
	v, ok := valueAt(&q, n.metric, p.axis, p.cursor)
	r := readings{values: []reading{{v, ok}}, ref: -1}
	r.measure()
	return spread(name, st.text.Render(r.of(0))+" ", n.at.W)
}

// legend names the lines beside the charts, in the order of the readout where
// there is a cursor.
func (p *curvesPane) legend(h int) []string {
	w := p.legendWidth()
	if w == 0 || h == 0 {
		return nil
	}
	out := make([]string, 0, h)
	for _, i := range p.legendRows(h) {
		l := " "
		if k := p.look.st.series(p.colour(i)); k != nil {
			l = " " + ansi.Style{}.ForegroundColor(k).String()
		}
		detail := p.detail(i)
		name := fit(string(chart.Marker(i))+" "+p.label(i), max(w-2-cells(detail), 1))
		out = append(out, l+cut(name+" "+detail, w-1)+reset)
	}
	return out
}

// legendRows are the lines that the legend has room for.
func (p *curvesPane) legendRows(h int) []int {
	order := p.readings.order
	if len(order) == 0 {
		order = p.wholePanel().lines
	}
	from := 0
	if len(order) > h {
		from = max(min(slices.Index(order, p.at)-h/2, len(order)-h), 0)
	}
	return order[from:min(from+h, len(order))]
}

// legendAt returns the line whose name is in a cell under the head.
func (p *curvesPane) legendAt(x, y int) (int, bool) {
	rows := p.legendRows(max(p.h-1-p.panelLines(), 0))
	if x <= p.w-p.legendWidth() || y < 0 || y >= len(rows) {
		return 0, false
	}
	return rows[y], true
}

// panelAt returns the panel that has a cell of the pane.
func (p *curvesPane) panelAt(x, y int) (panel, bool) {
	for _, n := range p.panels {
		if n.at.has(x, y-1) {
			return n, p.grid
		}
	}
	return panel{}, false
}

// local returns where a cell of the pane is in the chart that has it.
func (p *curvesPane) local(x, y int) (cx, cy int, ok bool) {
	if !p.grid {
		return x, y - 1, true // the head
	}
	n, ok := p.panelAt(x, y)
	return x - n.at.X, y - 1 - n.at.Y - 1, ok // ... and the title
}

// focusAt turns to the small chart at a cell.
func (p *curvesPane) focusAt(x, y int) {
	n, ok := p.panelAt(x, y)
	switch {
	case !ok:
	case n.metric != p.shown():
		p.metric, p.y0, p.y1 = n.metric, 0, 0
		p.again()
	case !slices.Contains(n.lines, p.at):
		p.y0, p.y1 = 0, 0
		p.move(n.lines[0] - p.at)
	}
}
