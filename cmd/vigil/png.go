package main

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"slices"
	"strconv"

	"vigil/agent"
	"vigil/remote/curve"
	"vigil/themes"
)

// The picture's measures, in pixels.
const (
	picW, picH             = 1600, 1000
	plotX, plotY           = 110, 90
	plotW, plotH           = 1080, 800
	legendX                = plotX + plotW + 30
	legendRow              = 62
	fatLine, thinLine      = 2.6, 1.2
	legendRuns, tailOfPlot = 10, 0.5
)

// picture is a chart of runs on its way to a PNG.
type picture struct {
	canvas
	metric         string
	goal           agent.GoalLine
	theme          themes.Theme
	runs           []*curve.Run // with the metric
	best           []curve.Rank
	x0, x1, y0, y1 float64
	cols           []curve.Column
}

// writePNG draws the metric of the runs over their steps and writes the picture
// to file: the ten best in colour with a legend, running ones marked, all
// others in grey, the goal's target and record as lines. Each column of pixels
// spans all that the points under it say. An empty metric is the goal's.
func writePNG(file string, set *curve.Set, metric string, goal agent.GoalLine) error {
	p, err := newPicture(set, cmp.Or(metric, goal.Metric), goal)
	if err != nil {
		return fmt.Errorf("draw %s: %w", file, err)
	}
	p.draw()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("%w: choose another place for the picture", err)
	}
	if err := errors.Join(png.Encode(f, p.img), f.Close()); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
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
	var err error
	if p.canvas, err = newCanvas(picW, picH); err != nil {
		return nil, err
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
		p.cols = r.Metric(p.metric).Window(from, p.x1, plotW, p.cols)
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

func (p *picture) x(step float64) float32 { return float32(plotX + (step-p.x0)/(p.x1-p.x0)*plotW) }
func (p *picture) y(v float64) float32    { return float32(plotY + (p.y1-v)/(p.y1-p.y0)*plotH) }

func (p *picture) draw() {
	r := p.theme.Role
	title := fmt.Sprintf("%s over step", p.metric)
	p.text(plotX, 46, title, bigFont, r.Text)
	p.text(plotX, 72, fmt.Sprintf("%d runs", len(p.runs)), smallFont, r.Muted)
	p.axes()
	p.clip(image.Rect(plotX, plotY, plotX+plotW, plotY+plotH))
	var rest outline
	for _, run := range p.others() {
		p.trace(&rest, run)
	}
	p.stroke(rest, thinLine, r.Faint)
	p.goalLines()
	for _, run := range p.others() {
		if run.Status == curve.Running {
			p.end(run, r.Muted)
		}
	}
	for i := len(p.best) - 1; i >= 0; i-- { // the best one on top
		var line outline
		p.trace(&line, p.best[i].Run)
		p.stroke(line, fatLine, p.color(i))
		p.end(p.best[i].Run, p.color(i))
	}
	p.clip(image.Rect(0, 0, picW, picH))
	p.legend()
}

func (p *picture) color(i int) color.Color { return p.theme.Series[i%len(p.theme.Series)] }

// trace adds a run to an outline, through the first, least, greatest and last
// value of each column of pixels; a gap breaks it.
func (p *picture) trace(to *outline, r *curve.Run) {
	p.cols = r.Metric(p.metric).Window(p.x0, p.x1, plotW, p.cols)
	on := false
	for i, c := range p.cols {
		if c.N == 0 {
			on = on && !c.Gap
			continue
		}
		x := float32(plotX) + float32(i) + 0.5
		on = on && !c.Start && c.First == c.First
		for _, v := range [...]float32{c.First, c.Min, c.Max, c.Last} {
			if v != v {
				continue
			}
			y := min(max(p.y(float64(v)), plotY-picH), plotY+2*picH) // far out is far enough
			to.add(spot{x, y}, on)
			on = true
		}
		on = c.Last == c.Last
	}
}

// others are the runs that are not among the best.
func (p *picture) others() []*curve.Run {
	return slices.DeleteFunc(slices.Clone(p.runs), func(r *curve.Run) bool {
		return slices.ContainsFunc(p.best, func(k curve.Rank) bool { return k.Run == r })
	})
}

// end marks where a run that still runs has come to.
func (p *picture) end(r *curve.Run, col color.Color) {
	last, ok := r.Metric(p.metric).Last()
	if r.Status != curve.Running || !ok {
		return
	}
	at := spot{p.x(float64(last.Step)), p.y(last.Value)}
	p.disc(at, 7, col)
	p.disc(at, 4, paper)
}

func (p *picture) goalLines() {
	r := p.theme.Role
	if p.goal.Target != 0 {
		y := p.y(p.goal.Target)
		p.dashes(spot{plotX, y}, spot{plotX + plotW, y}, r.Target)
		p.text(plotX+10, int(y)-8, "target "+short(p.goal.Target), smallFont, r.Target)
	}
	if p.goal.Record != 0 && p.goal.Minimize == "step" && p.goal.Record <= p.x1 {
		x, label := p.x(p.goal.Record), "record "+short(p.goal.Record)
		p.dashes(spot{x, plotY}, spot{x, plotY + plotH}, r.Record)
		p.text(int(x)-8-p.width(label, smallFont), plotY+22, label, smallFont, r.Record)
	}
}

// legend names the best runs, with where they met the target or their least
// value.
func (p *picture) legend() {
	r := p.theme.Role
	for i, k := range p.best {
		y := plotY + 14 + i*legendRow
		p.fill(image.Rect(legendX, y-8, legendX+34, y-2), p.color(i))
		p.text(legendX+46, y+1, p.fitted(k.Run.Name, smallFont, picW-legendX-60), smallFont, r.Text)
		s := fmt.Sprintf("best %.5g", k.Best.Value)
		if k.Hit && p.goal.Target != 0 {
			s = fmt.Sprintf("target met at step %.0f", k.Crossed)
		}
		look := color.Color(r.Muted)
		switch k.Run.Status {
		case curve.Running:
			s += fmt.Sprintf(" · running, step %d", k.Run.Step)
			look = r.Busy
			p.disc(spot{legendX + 17, float32(y - 5)}, 8, p.color(i))
			p.disc(spot{legendX + 17, float32(y - 5)}, 5, paper)
		case curve.Failed:
			s += " · failed"
			look = r.Bad
		case curve.Stopped:
			s += fmt.Sprintf(" · stopped at %d", k.Run.Step)
			look = r.Warn
		}
		p.text(legendX+46, y+25, p.fitted(s, smallFont, picW-legendX-60), smallFont, look)
	}
	if others := p.others(); len(others) > 0 {
		s := fmt.Sprintf("%d more", len(others))
		running := 0
		for _, o := range others {
			if o.Status == curve.Running {
				running++
			}
		}
		if running > 0 {
			s += fmt.Sprintf(", %d running", running)
		}
		y := plotY + 14 + len(p.best)*legendRow
		p.fill(image.Rect(legendX, y-7, legendX+34, y-4), r.Faint)
		p.text(legendX+46, y+1, s, smallFont, r.Muted)
	}
}

// axes draws the frame, a grid at round values and their numbers.
func (p *picture) axes() {
	r := p.theme.Role
	grid := color.RGBA{0xe8, 0xea, 0xee, 0xff}
	for _, v := range ticks(p.y0, p.y1, 9) {
		y := p.y(v.at)
		p.line(spot{plotX, y}, spot{plotX + plotW, y}, 1, grid)
		p.text(plotX-12-p.width(v.label, smallFont), int(y)+6, v.label, smallFont, r.Muted)
	}
	for _, v := range ticks(p.x0, p.x1, 9) {
		x := p.x(v.at)
		p.line(spot{x, plotY}, spot{x, plotY + plotH}, 1, grid)
		p.text(int(x)-p.width(v.label, smallFont)/2, plotY+plotH+28, v.label, smallFont, r.Muted)
	}
	p.line(spot{plotX, plotY}, spot{plotX, plotY + plotH}, 1.5, r.Border)
	p.line(spot{plotX, plotY + plotH}, spot{plotX + plotW, plotY + plotH}, 1.5, r.Border)
	p.text(plotX+plotW-p.width("step", smallFont), plotY+plotH+58, "step", smallFont, r.Text)
	p.text(plotX-90, plotY-16, p.fitted(p.metric, smallFont, 300), smallFont, r.Text)
}

// tick is a round value on an axis.
type tick struct {
	at    float64
	label string
}

// ticks returns about n round values between lo and hi.
func ticks(lo, hi float64, n int) []tick {
	raw := (hi - lo) / float64(n)
	if !(raw > 0) || math.IsInf(raw, 0) {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 5, 10} {
		if step*f >= raw {
			step *= f
			break
		}
	}
	decimals := max(int(math.Ceil(-math.Log10(step)-1e-9)), 0)
	var out []tick
	for v := math.Ceil(lo/step) * step; v <= hi+step/1e6 && len(out) < 4*n; v += step {
		out = append(out, tick{v, strconv.FormatFloat(v, 'f', min(decimals, 9), 64)})
	}
	return out
}

// short writes a number of the goal line as it was given.
func short(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
