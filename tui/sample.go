package tui

import (
	"fmt"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
	"vigil/remote/curve"
	"vigil/themes"
	"vigil/tui/chart"
)

// SampleWidth is how wide [Sample] is, in cells.
const SampleWidth = 80

// Sample draws a piece of the screen in a theme: states, a list, text, a diff,
// bars, curves, and the roles with their colours and contrast. It is drawn by
// what draws the screen, in full colour.
func Sample(t themes.Theme) string {
	st := newStyles(t)
	half := SampleWidth / 2
	lines := abreast(
		boxed(st, half, 11, st.title.Render("agents"), "", false, sampleAgents(st, half-2)),
		boxed(st, half, 11, sampleTabs(st), st.muted.Render("3 of 7 done"), true, samplePlan(st, half-2)),
	)
	lines = append(lines, abreast(
		boxed(st, half, 9, st.strong.Render("sweep.py"), "", false, sampleDiff(st, half-2)),
		boxed(st, half, 9, st.title.Render("nodes"), "", false, sampleNodes(st)),
	)...)
	lines = append(lines, boxed(st, SampleWidth, 14, st.title.Render("curves"), "", false, sampleChart(st))...)
	return strings.Join(append(lines, sampleRoles(st)...), "\n")
}

// abreast joins two blocks of equal height.
func abreast(left, right []string) []string {
	out := make([]string, len(left))
	for i := range left {
		out[i] = left[i] + right[i]
	}
	return out
}

func sampleTabs(st *styles) string {
	return st.title.Render("1 ") + st.tab.Render("plan") + st.border.Render("  ") + st.muted.Render("2 scratchpad")
}

func sampleAgents(st *styles, w int) []string {
	var lines []string
	for i, s := range []agent.State{
		agent.Working, agent.Stopped, agent.Waiting, agent.Limited, agent.Asking, agent.Exited, agent.Unknown,
	} {
		sign, look := st.shape(s)
		mark, name := " ", st.text
		if i == 1 {
			mark, name = st.accent.Render("▌"), st.strong
		}
		l := mark + spread(name.Render(fmt.Sprintf("agent-%d", i+1)), look.Render(sign+" "+string(s))+st.muted.Render(" 12m"), w-2) + " "
		if i == 1 {
			l = st.selected(fit(l, w))
		}
		lines = append(lines, l)
	}
	return append(lines, "",
		" "+st.warn.Render("held")+"  "+st.accent.Render("→ nudge")+" "+st.strong.Render("in 8s")+"  "+
			st.muted.Render("[")+st.accent.Render("n")+st.muted.Render("]ow"))
}

func samplePlan(st *styles, w int) []string {
	text := "## A heading\n\nPlain text, *emphasis*, `code` and [a link](https://example.org).\n\n> a quotation\n\n- [x] done\n- [ ] to do"
	var lines []string
	for i, l := range markdown(text, w-2, st) {
		gutter := " "
		if i == 0 {
			gutter = st.mark.Render("▎")
		}
		lines = append(lines, gutter+l.text)
	}
	return append(lines, " "+progress(st, 3, 7, w-2))
}

func sampleDiff(st *styles, w int) []string {
	d := newDifference("sweep.py", "@@ -12,5 +12,6 @@ def sweep():\n for lr in grid:\n-    run(lr, wd=0.1)\n+    for wd in (0.05, 0.1):\n+        run(lr, wd)  # both\n log(best)\n", texts{})
	var lines []string
	for i := range d.rows {
		lines = append(lines, " "+d.line(st, i, 0, w-1))
	}
	return append(lines, " "+tally{2, 1}.draw(st)+st.muted.Render("  turn 41, 3m ago"))
}

func sampleNodes(st *styles) []string {
	p := jobsPane{look: look{st: st}}
	bar := func(name string, state paint, word string, use ...float64) string {
		return " " + st.text.Render(fit(name, 7)) + state.Render(fit(word, 11)) + p.bars(use, 8, true)
	}
	return []string{
		st.muted.Render(" node   state      use"),
		bar("h100-1", st.text, "allocated", 97, 98, 91, 99, 88, 97, 70, 95),
		bar("h100-2", st.text, "mixed", 52, 0, 61, 0, 40, math.NaN(), 0, 18),
		bar("h100-3", st.good, "idle", 0, 0, 0, 0, 0, 0, 0, 0),
		" " + st.text.Render(fit("h100-4", 7)) + st.bad.Render("down*") + "      " + st.warn.Render("NVLink error"),
		"",
		" " + st.muted.Render("best ") + st.good.Render("2930 ▼60") + st.muted.Render(" record ") + st.record.Render("2990"),
	}
}

// sampleChart draws a curve in each of the first colours, some of them still
// running.
func sampleChart(st *styles) []string {
	r := st.theme.Role
	c := chart.New(chart.Options{Axis: ink(r.Border), Text: ink(r.Muted), Cursor: ink(r.Accent), Bad: ink(r.Bad), Crowd: ink(r.Faint), Throng: ink(r.Muted)})
	const steps, most = 3000, 7
	var lines []chart.Line
	for i := range min(len(st.theme.Series), most) {
		s := curve.Series{}
		end := steps - i%3*400
		for x := 0; x <= end; x += 25 {
			f := float64(x) / steps
			s.Append(int64(x), 3.22+0.13*float64(i)+0.6*math.Exp(-f*4)+0.01*math.Sin(float64(x*(i+2))))
		}
		run := curve.Run{Series: []curve.Named{{Name: "val_loss", Series: s}}}
		t, _ := run.Trace("val_loss", curve.Step)
		last, _ := s.Last()
		lines = append(lines, chart.Line{
			Name: fmt.Sprintf("series %d", i+1), Detail: fmt.Sprintf("%.4f", last.Value), Trace: t,
			Color: st.series(i), Dim: ink(r.Faint), Live: end < steps,
		})
	}
	c.SetLines(lines)
	c.SetRules(
		chart.Rule{At: 3.28, Label: "target 3.28", Color: ink(r.Target)},
		chart.Rule{At: 2700, Vertical: true, Label: "record 2700", Color: ink(r.Record)},
	)
	c.SetSize(SampleWidth-2, 12)
	return strings.Split(c.View(), "\n")
}

// sampleRoles lists the roles in two columns: what each looks like, its
// colour, and its contrast against what is behind it; of a background, that of
// what is on it.
func sampleRoles(st *styles) []string {
	names, colors := themes.RoleNames(), st.theme.Colors()
	rows := (len(names) + 1) / 2
	lines := make([]string, rows)
	for i, name := range names {
		look, ground := "████ ", st.theme.Ground()
		if k := ink(colors[i]); k != nil {
			look = paint(ansi.NewStyle().ForegroundColor(k).String()).Render("████") + " "
		}
		switch name {
		case "on_accent":
			look, ground = st.chip.Render(" Aa ")+" ", st.theme.Role.Accent
		case "selection":
			look, ground = st.selected(st.text.Render(" Aa "))+" ", st.theme.Role.Text
		}
		ratio := "     –"
		if c, ok := themes.Contrast(colors[i], ground); ok {
			ratio = fmt.Sprintf("%4.1f:1", math.Floor(c*10)/10)
		}
		lines[i%rows] += fit(" "+look+st.text.Render(fit(name, 11))+st.muted.Render(fit(colors[i].String(), 15)+ratio), SampleWidth/2)
	}
	return lines
}

// Swatch shows a theme in a few cells: the signs of the states and the first
// colours of curves.
func Swatch(t themes.Theme) string {
	st := newStyles(t)
	var b strings.Builder
	for _, s := range []agent.State{agent.Working, agent.Waiting, agent.Asking, agent.Stopped} {
		sign, look := st.shape(s)
		b.WriteString(look.Render(sign))
	}
	b.WriteString(" ")
	for i := range 6 {
		if k := st.series(i); k != nil {
			b.WriteString(paint(ansi.NewStyle().ForegroundColor(k).String()).Render("▇▇"))
		}
	}
	return b.String()
}
