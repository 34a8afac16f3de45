package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"vigil/agent"
	"vigil/agent/report/figure"
	"vigil/remote/curve"
	"vigil/themes"
	"vigil/tui/chart"
)

// How runs are drawn that nobody chose: so many of the best are named, and y shows
// the values of this last part of them.
const legendRuns, tailOfPlot = 10, 0.5

// picture is a figure of runs in the making.
type picture struct {
	metric         string
	goal           agent.GoalLine
	theme          themes.Theme
	runs           []*curve.Run // with the metric
	best           []curve.Rank
	x0, x1, y0, y1 float64
	cols           []curve.Column
}

// writeFigure writes a figure to a file, in the format that encode is of.
func writeFigure(file string, f figure.Figure, encode func(io.Writer, figure.Figure) error) error {
	var b bytes.Buffer
	if err := encode(&b, f); err != nil {
		return fmt.Errorf("draw %s: %w", file, err)
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("%w: choose another place for the picture", err)
	}
	_, err = b.WriteTo(out)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// encodePNG writes a figure as a PNG.
func encodePNG(w io.Writer, f figure.Figure) error {
	if !f.Valid() {
		return fmt.Errorf("there is nothing to draw between %g and %g, %g and %g", f.X.Lo, f.X.Hi, f.Y.Lo, f.Y.Hi)
	}
	c, err := newCanvas(figure.W, figure.H)
	if err != nil {
		return err
	}
	figure.Draw(c, f)
	return png.Encode(w, c.img)
}

// figureOf returns the metric of the runs over their steps: the ten best in colour
// with a legend, running ones marked, all others in grey, the goal's target and
// record as lines. Each column of pixels spans all that the points under it say.
// An empty metric is the goal's.
func figureOf(set *curve.Set, metric string, goal agent.GoalLine) (figure.Figure, error) {
	p, err := newPicture(set, cmp.Or(metric, goal.Metric), goal)
	if err != nil {
		return figure.Figure{}, err
	}
	return p.figure(), nil
}

func newPicture(set *curve.Set, metric string, goal agent.GoalLine) (*picture, error) {
	p := &picture{metric: metric, goal: goal, theme: themes.Light()}
	if metric != goal.Metric {
		p.goal = agent.GoalLine{}
	}
	for _, r := range set.All() {
		if s := r.Metric(metric); s != nil && s.Len() > 0 {
			p.runs = append(p.runs, r)
		}
	}
	if len(p.runs) == 0 {
		return nil, fmt.Errorf("no run has %s: name another metric", metric)
	}
	p.best = curve.Best(p.runs, metric, p.goal.Target, legendRuns)
	p.fit()
	return p, nil
}

// fit chooses what is shown: all steps, and the values of the last part of the
// best and the running runs, for the fall at the start would flatten the rest.
func (p *picture) fit() {
	for _, r := range p.runs {
		_, hi, _ := r.Metric(p.metric).Bounds()
		p.x1 = max(p.x1, float64(hi))
	}
	p.x1 = max(p.x1, 1)
	p.y0, p.y1 = math.Inf(1), math.Inf(-1)
	var peaks []float64
	take := func(r *curve.Run, from float64) {
		p.cols = r.Metric(p.metric).Window(from, p.x1, figure.PlotW, p.cols)
		for _, c := range p.cols {
			if c.N > 0 {
				p.y0 = min(p.y0, float64(c.Min))
				peaks = append(peaks, float64(c.Max))
			}
		}
	}
	for _, from := range []float64{tailOfPlot * p.x1, 0} {
		for _, k := range p.best {
			take(k.Run, from)
		}
		if len(peaks) > 0 {
			break
		}
	}
	if len(peaks) == 0 { // not one finite value
		p.y0, p.y1 = 0, 1
		return
	}
	slices.Sort(peaks)
	const usual = 0.98 // what lies far beyond this part of the values sets no limit
	p.y1 = min(peaks[len(peaks)-1], p.y0+1.5*(peaks[int(usual*float64(len(peaks)-1))]-p.y0))
	if p.goal.Target != 0 {
		p.y0, p.y1 = min(p.y0, p.goal.Target), max(p.y1, p.goal.Target)
	}
	room := max(0.04*(p.y1-p.y0), 1e-6*max(math.Abs(p.y0), 1))
	p.y0, p.y1 = p.y0-room, p.y1+room
}

func (p *picture) figure() figure.Figure {
	r := p.theme.Role
	f := figure.Figure{
		Title: p.metric + " over step", Note: fmt.Sprintf("%d runs", len(p.runs)),
		X: figure.Axis{Label: "step", Lo: p.x0, Hi: p.x1}, Y: figure.Axis{Label: p.metric, Lo: p.y0, Hi: p.y1},
		Rules: p.rules(), Look: figure.NewLook(p.theme.Ground(), r.Text, r.Muted, r.Border, r.Faint),
	}
	for i, k := range p.best {
		l := figure.Line{Name: k.Run.Name, Color: p.theme.Series[i%len(p.theme.Series)], Pieces: p.trace(k.Run), Live: k.Run.Status == curve.Running}
		l.Detail, l.DetailColor = p.detail(k)
		f.Lines = append(f.Lines, l)
	}
	for _, o := range p.others() {
		f.Lines = append(f.Lines, figure.Line{Color: r.Faint, Pieces: p.trace(o), Live: o.Status == curve.Running, Back: true})
	}
	return f
}

// trace is the curve of a run.
func (p *picture) trace(r *curve.Run) [][]figure.Point {
	p.cols = r.Metric(p.metric).Window(p.x0, p.x1, figure.PlotW, p.cols)
	return chart.Pieces(p.cols, func(col float64) float64 { return p.x0 + col*(p.x1-p.x0)/figure.PlotW })
}

// others are the runs that are not among the best.
func (p *picture) others() []*curve.Run {
	return slices.DeleteFunc(slices.Clone(p.runs), func(r *curve.Run) bool {
		return slices.ContainsFunc(p.best, func(k curve.Rank) bool { return k.Run == r })
	})
}

func (p *picture) rules() []figure.Rule {
	r := p.theme.Role
	var out []figure.Rule
	if p.goal.Target != 0 {
		out = append(out, figure.Rule{At: p.goal.Target, Label: "target " + short(p.goal.Target), Color: r.Target})
	}
	if p.goal.Record != 0 && p.goal.Minimize == "step" {
		out = append(out, figure.Rule{At: p.goal.Record, Vertical: true, Label: "record " + short(p.goal.Record), Color: r.Record})
	}
	return out
}

// detail says where a run met the target or its least value, and how it fares.
func (p *picture) detail(k curve.Rank) (string, color.Color) {
	r := p.theme.Role
	s := fmt.Sprintf("best %.5g", k.Best.Value)
	if k.Hit && p.goal.Target != 0 {
		s = fmt.Sprintf("target met at step %.0f", k.Crossed)
	}
	switch k.Run.Status {
	case curve.Running:
		return s + fmt.Sprintf(" · running, step %d", k.Run.Step), r.Busy
	case curve.Failed:
		return s + " · failed", r.Bad
	case curve.Stopped:
		return s + fmt.Sprintf(" · stopped at %d", k.Run.Step), r.Warn
	}
	return s, r.Muted
}

// short writes a number of the goal line as it was given.
func short(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
