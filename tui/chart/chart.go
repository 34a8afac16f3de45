// Package chart draws training curves as text: lines in braille, two dots to a
// cell across and four down, with axes, labels and rules. Start with [New],
// [Chart.SetSize], [Chart.SetLines] and [Chart.View].
//
// A chart is honest: each column of dots spans all that the points under it
// say, so a spike is never lost; where a value is not a number the line is
// broken and a cross stands on the axis; no line leads back to where a run
// started again. Colour carries no meaning alone: each line has a marker of
// its own on the curve and at its label.
package chart

import (
	"image/color"
	"math"
	"slices"

	"github.com/charmbracelet/x/ansi"

	"vigil/remote/curve"
)

// Options are the colours of what is not a line. A nil colour is the
// terminal's own.
type Options struct {
	Axis   color.Color
	Text   color.Color // of the numbers at the axes
	Cursor color.Color
	Bad    color.Color // of the crosses where values are not numbers
	Crowd  color.Color // of the runs in the background, see [Chart.SetCrowd]
	Throng color.Color // of where many of them lie over one another
}

// Line is one curve. Its series must not be written to while the chart has it:
// a snapshot.
type Line struct {
	Name   string // at its label
	Detail string // behind the name, e.g. "3.2791 ✓ 2935"
	Trace  curve.Trace
	Color  color.Color
	Dim    color.Color // of the raw curve under a smoothed one, and of what a restart replaced; nil draws neither
	Live   bool        // still growing: its label says so
	Marker int         // of [Marker], from 1 on; 0: by its place among the lines

	// Band, where it is set, is drawn in place of Trace: the mean as the
	// line, over a shade from the least to the greatest value. It is a window
	// as [curve.Series.Window] gives one, in columns of equal ratio where log is set.
	Band func(log bool, x0, x1 float64, cols int, dst []curve.Column) []curve.Column
	// From and To are the ends of Band.
	From, To float64
}

// Cone is where a line may lead: from its end at (X0, Y0) to (X1, Y), and with
// some certainty between Lo and Hi there.
type Cone struct {
	Line          int // whose it is
	X0, Y0        float64
	X1, Y, Lo, Hi float64
}

// Rule is a line at a value: a target (horizontal, at a y) or a record
// (vertical, at an x).
type Rule struct {
	At       float64
	Vertical bool
	Label    string
	Color    color.Color
}

// Chart is a chart of lines. It is for one goroutine. View changes nothing
// that shows: it only keeps its buffers, so that a frame costs one allocation.
type Chart struct {
	w, h   int
	lines  []Line
	styles []lineStyle
	rules  []Rule
	ruled  []ink   // colours of rules
	labels []label // of rules
	cones  []Cone
	crowd  Crowd

	xlo, xhi float64 // as set; equal for automatic
	ylo, yhi float64
	log      bool
	logX     bool
	clock    bool
	tail     float64
	smooth   float64
	cursor   int
	readout  readout
	details  int
	bare     bool // without labels
	box      box
	elo, ehi float64 // what automatic x shows at least; equal for nothing
	base     int     // the line that all are compared with; -1 for none

	fit    calmRange // of y
	fitted asked     // what fit is for

	axis, text, cross, bad, few, many ink

	inks []string // escape sequences; the first one is none

	laid  plan // where things are, if ready
	ready bool

	// Buffers of the last View.
	cells []cell
	layer layer          // of what is drawn now
	cols  []curve.Column // of all lines, one after the other
	raw   []curve.Column
	below []curve.Column // of the line that all are compared with
	peaks []float64
	out   []byte
	pos   []labelAt
}

type lineStyle struct {
	on, dim ink
	marker  rune
	name    label
	detail  label
}

// markers tell lines apart where colour cannot.
var markers = [...]rune{'●', '▲', '■', '◆', '○', '△', '□', '◇', '✚', '✖'}

// Marker returns the sign on line i and at its label.
func Marker(i int) rune { return markers[i%len(markers)] }

// New returns a chart of nothing.
func New(opt Options) *Chart {
	c := &Chart{cursor: -1, base: -1, inks: []string{""}}
	c.axis, c.text, c.cross, c.bad = c.ink(opt.Axis), c.ink(opt.Text), c.ink(opt.Cursor), c.ink(opt.Bad)
	c.few, c.many = c.ink(opt.Crowd), c.ink(opt.Throng)
	return c
}

// ink returns the index of a foreground colour; nil is the terminal's own.
func (c *Chart) ink(col color.Color) ink {
	if col == nil {
		return 0
	}
	s := ansi.Style{}.ForegroundColor(col).String()
	if i := slices.Index(c.inks, s); i >= 0 {
		return ink(i)
	}
	if len(c.inks) == math.MaxUint16 {
		return 0
	}
	c.inks = append(c.inks, s)
	return ink(len(c.inks) - 1)
}

// SetSize sets the width and height in cells. View has exactly these.
func (c *Chart) SetSize(w, h int) {
	c.ready = false
	c.w, c.h = max(w, 0), max(h, 0)
}

// SetLines sets the curves, the most important first: it is drawn on top and
// labelled first.
func (c *Chart) SetLines(lines []Line) {
	c.ready = false
	if !slices.EqualFunc(c.lines, lines, func(a, b Line) bool { return a.Name == b.Name }) {
		c.fit = calmRange{}
	}
	c.lines = append(c.lines[:0], lines...)
	c.styles = c.styles[:0]
	for i, l := range lines {
		if l.Marker > 0 {
			i = l.Marker - 1
		}
		c.styles = append(c.styles, lineStyle{
			on: c.ink(l.Color), dim: c.ink(l.Dim), marker: Marker(i),
			name: newLabel(l.Name), detail: newLabel(l.Detail),
		})
	}
}

// SetRules sets the target and record lines.
func (c *Chart) SetRules(rules ...Rule) {
	c.ready = false
	c.rules = append(c.rules[:0], rules...)
	c.ruled, c.labels = c.ruled[:0], c.labels[:0]
	for i := range c.rules {
		c.rules[i].At = finite(c.rules[i].At)
		c.labels = append(c.labels, newLabel(c.rules[i].Label))
		c.ruled = append(c.ruled, c.ink(c.rules[i].Color))
	}
}

// SetCones sets where lines may lead. They are drawn under the lines.
func (c *Chart) SetCones(cones ...Cone) {
	c.ready = false
	c.cones = append(c.cones[:0], cones...)
	for i := range c.cones {
		k := &c.cones[i]
		k.X0, k.X1 = finite(k.X0), finite(k.X1)
		k.Y0, k.Y, k.Lo, k.Hi = finite(k.Y0), finite(k.Y), finite(k.Lo), finite(k.Hi)
	}
}

// SetX sets the steps that are shown; lo == hi shows all.
func (c *Chart) SetX(lo, hi float64) {
	c.ready = false
	c.xlo, c.xhi = finite(lo), finite(hi)
}

// SetY sets the values that are shown; lo == hi fits them to the lines.
func (c *Chart) SetY(lo, hi float64) {
	c.ready = false
	c.ylo, c.yhi = finite(lo), finite(hi)
}

// finite keeps a limit where differences and quotients of limits are finite
// too; what is not a number becomes 0.
func finite(v float64) float64 {
	const far = 1e100
	if v != v {
		return 0
	}
	return min(max(v, -far), far)
}

// SetLog makes the y axis logarithmic, as far as the values are positive.
func (c *Chart) SetLog(on bool) {
	c.ready = false
	c.log = on
}

// SetLogX makes the x axis logarithmic, as far as it is positive: from step 1
// on, where all of it is shown.
func (c *Chart) SetLogX(on bool) {
	c.ready = false
	c.logX = on
}

// SetClock says that x is in seconds, and is written as time.
func (c *Chart) SetClock(on bool) { c.clock = on }

// SetTail makes automatic y fit only the last share (0 to 1) of what is
// shown, so that the fall at the start of a training does not flatten the
// rest, and not the few values that stand far out of the others: a line leads
// to the edge there. 0 fits all.
func (c *Chart) SetTail(share float64) {
	c.ready = false
	c.tail = min(max(share, 0), 1)
}

// SetSmooth smooths by an exponential moving average of this weight (0 to 1);
// the raw curve stays under it.
func (c *Chart) SetSmooth(weight float64) {
	c.ready = false
	c.smooth = weight
}

// readout is what is read at the cursor, in place of the labels.
type readout struct {
	on    bool
	title label
	head  label // over the details
	order []int // of the lines
	focus int   // the line that is always seen
	heads []heading
}

// heading is a [Heading] made ready.
type heading struct {
	name, detail label
	on           ink
}

// Heading stands over lines of a readout.
type Heading struct {
	Name, Detail string
	Color        color.Color
}

// SetReadout lists the lines under a title, in this order and with their details
// aligned under head, in place of labels at the ends of their curves. Where not
// all fit, focus is among those that do. An empty order ends it. In the order, -1 is the
// first of the headings, -2 the second.
func (c *Chart) SetReadout(title, head string, order []int, focus int, headings ...Heading) {
	c.ready = false
	c.readout.on = len(order) > 0
	c.readout.title, c.readout.head, c.readout.focus = newLabel(title), newLabel(head), focus
	c.readout.order = append(c.readout.order[:0], order...)
	c.readout.heads = c.readout.heads[:0]
	for _, h := range headings {
		c.readout.heads = append(c.readout.heads, heading{newLabel(h.Name), newLabel(h.Detail), c.ink(h.Color)})
	}
}

// SetBase draws how far each line is above one of them ([curve.Trace.Minus])
// instead of the lines, -1 the lines.
func (c *Chart) SetBase(line int) {
	c.ready = false
	c.base = line
}

// SetDetails keeps room for details so many cells wide, so that the plot's width
// stays when they change.
func (c *Chart) SetDetails(w int) {
	c.ready = false
	c.details = w
}

// box is a rectangle of cells over the plot.
type box struct {
	on             bool
	x0, y0, x1, y1 int
}

// SetBox draws a rectangle between two cells of the chart, its corners; one cell
// is drawn as a cross. on says whether there is one.
func (c *Chart) SetBox(on bool, x0, y0, x1, y1 int) {
	c.box = box{on, min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)}
}

// Area returns the range of x and y that the cells from one to another show, as
// far as they are in the plot.
func (c *Chart) Area(x0, y0, x1, y1 int) (xlo, xhi, ylo, yhi float64) {
	p := c.plan()
	in := func(v, most int) int { return min(max(v, 0), max(most-1, 0)) }
	a, b := in(min(x0, x1)-p.left, p.w), in(max(x0, x1)-p.left, p.w)
	top, bottom := in(min(y0, y1), p.h), in(max(y0, y1), p.h)
	if xlo = p.edge(2 * a); a == 0 {
		xlo = p.xlo // without rounding
	}
	return xlo, max(p.edge(2*b+2), xlo), p.value(float64(4*bottom) + 3.5), p.value(float64(4*top) - 0.5)
}

// SetBare leaves the labels out, where another place names the lines.
func (c *Chart) SetBare(on bool) {
	c.ready = false
	c.bare = on
}

// SetExtent makes automatic x show this much at least: what charts beside this
// one have. lo == hi for nothing.
func (c *Chart) SetExtent(lo, hi float64) {
	c.ready = false
	c.elo, c.ehi = finite(lo), finite(hi)
}

// Labelled reports whether there is room for labels.
func (c *Chart) Labelled() bool { return c.plan().right > 0 }

// SetCursor puts a crosshair into a column of cells, -1 for none.
func (c *Chart) SetCursor(col int) { c.cursor = col }

// Limits returns the range that is shown of x and y: what zooming and panning
// start from.
func (c *Chart) Limits() (xlo, xhi, ylo, yhi float64) {
	p := c.plan()
	return p.xlo, p.xhi, p.ylo, p.yhi
}

// Plot returns where the lines are drawn, in cells of the chart.
func (c *Chart) Plot() (x, y, w, h int) {
	p := c.plan()
	return p.left, 0, p.w, p.h
}

// LabelAt returns the line whose label the last View drew in a cell of the
// chart.
func (c *Chart) LabelAt(x, y int) (line int, ok bool) {
	p := c.plan()
	if p.right == 0 || x <= p.left+p.w || x >= c.w {
		return 0, false
	}
	for _, l := range c.pos {
		if l.row == y && l.line < len(c.lines) {
			return l.line, true
		}
	}
	return 0, false
}

// X returns the step at the middle of a column of cells; ok is false outside
// of the plot.
func (c *Chart) X(col int) (x float64, ok bool) {
	p := c.plan()
	col -= p.left
	if col < 0 || col >= p.w {
		return 0, false
	}
	return p.edge(2*col + 1), true
}

// Col returns the column of cells in which a step lies; ok is false outside of
// the plot.
func (c *Chart) Col(x float64) (col int, ok bool) {
	p := c.plan()
	at := p.col(x)
	if x == p.xhi {
		at = 2*p.w - 1
	}
	if at < 0 || at >= 2*p.w || x < p.xlo {
		return 0, false
	}
	return p.left + at/2, true
}
