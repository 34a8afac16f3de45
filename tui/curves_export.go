package tui

import (
	"fmt"
	"image/color"
	"path"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"vigil/agent/report/figure"
	"vigil/remote/curve"
	"vigil/themes"
)

// exported says how the writing of a figure went.
type exported struct {
	paths []string
	err   error
}

// exportFigure writes what is shown to files.
func (p *curvesPane) exportFigure() tea.Cmd {
	if p.chart == nil || len(p.picked) == 0 {
		return func() tea.Msg { return exported{err: fmt.Errorf("no curve is shown: there is nothing to write")} }
	}
	export, name, f := p.export, p.fileName(), p.figure()
	return func() tea.Msg {
		paths, err := export(name, f)
		return exported{paths, err}
	}
}

// onExported says where the files are.
func (m *Model) onExported(msg exported) tea.Cmd {
	if msg.err != nil {
		return m.say(m.st.bad, line(msg.err.Error()))
	}
	text := "wrote nothing"
	if len(msg.paths) > 0 {
		text = "wrote " + line(msg.paths[0])
	}
	for _, other := range msg.paths[min(1, len(msg.paths)):] {
		text += ", " + line(path.Ext(other))
	}
	return m.say(m.st.good, text)
}

// fileName is the figure's name: its metric and the time, in what every file
// system takes.
func (p *curvesPane) fileName() string {
	const most = 60
	metric := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-') {
			return r
		}
		return '_'
	}, p.shown())
	return metric[:min(len(metric), most)] + "-" + p.look.now.Format("20060102-150405")
}

// figure is the chart as a figure; of a grid, the chart that is turned to.
func (p *curvesPane) figure() figure.Figure {
	p.bands.each = many // a file shows all of them
	f := p.chart.Figure()
	n := p.wholePanel()
	if i := p.chartAt(); i >= 0 {
		n = p.panels[i]
	}
	t := p.exportTheme()
	r := t.Role
	f.Look = figure.NewLook(t.Ground(), r.Text, r.Muted, r.Border, r.Faint)
	f.Title = line(n.metric)
	if i := p.subtracted(); i >= 0 {
		f.Title += " minus " + p.name(p.picked[i])
	}
	f.Title += " over " + axisWord(p.axis)
	f.X.Label, f.Y.Label = axisWord(p.axis), line(n.metric)
	p.inUnits(&f)
	for k, i := range n.lines {
		l := &f.Lines[k]
		l.Color, l.Name, l.Detail = t.Series[p.colour(i)%len(t.Series)], p.name(p.picked[i]), p.worth(i)
	}
	for i := range f.Rules {
		f.Rules[i].Color = p.ruleColour(t, f.Rules[i])
	}
	f.Note = p.exportNote(n)
	return f
}

// exportTheme is the theme that is in use, or where the terminal alone knows what
// its colours look like, one like it.
func (p *curvesPane) exportTheme() themes.Theme {
	t := p.look.st.theme
	for _, c := range append([]themes.Color{t.Role.Text, t.Role.Muted, t.Role.Faint, t.Role.Border}, t.Series...) {
		if !c.Exact() {
			if t.Dark {
				return themes.Dark()
			}
			return themes.Light()
		}
	}
	return t
}

func (p *curvesPane) ruleColour(t themes.Theme, r figure.Rule) color.Color {
	switch {
	case r.Vertical:
		return t.Role.Record
	case p.subtracted() >= 0:
		return t.Role.Accent
	}
	return t.Role.Target
}

// inUnits turns seconds into what so many of them are told in.
func (p *curvesPane) inUnits(f *figure.Figure) {
	if p.axis != curve.Wall {
		return
	}
	unit, word := 60.0, ", minutes"
	if f.X.Hi > 3*3600 {
		unit, word = 3600, ", hours"
	}
	f.X.Lo, f.X.Hi, f.X.Label = f.X.Lo/unit, f.X.Hi/unit, f.X.Label+word
	for i := range f.Lines {
		for _, pieces := range [][][]figure.Point{f.Lines[i].Pieces, f.Lines[i].Band} {
			for _, piece := range pieces {
				for k := range piece {
					piece[k].X /= unit
				}
			}
		}
	}
}

// worth is what a line has come to.
func (p *curvesPane) worth(i int) string {
	q := p.picked[i]
	if p.subtracted() >= 0 {
		return p.apartAtEnd(i)
	}
	s := fmt.Sprintf("best %.5g", q.rank.Best.Value)
	if q.rank.Hit && p.look.snap.Goal.Metric == p.shown() {
		s = fmt.Sprintf("target met at step %.0f", q.rank.Crossed)
	}
	if q.family == nil && q.run.Status != curve.Finished {
		s += " · " + string(q.run.Status)
	}
	return s
}

// exportNote says how the figure was made.
func (p *curvesPane) exportNote(n panel) string {
	parts := []string{fmt.Sprintf("%d of %s", len(n.lines), counted(len(p.runs), "run"))}
	for _, set := range []struct {
		on   bool
		text string
	}{
		{p.seeds && p.axis == curve.Step, "seeds as one"},
		{len(p.groups) > 0, "by " + line(p.group)},
		{p.smooth > 0, fmt.Sprintf("smoothed by %g", smoothings[p.smooth])},
		{p.filter != "", "matching " + line(p.filter)},
	} {
		if set.on {
			parts = append(parts, set.text)
		}
	}
	return strings.Join(parts, " · ")
}
