package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/remote/curve"
)

// study is what is worked out of the selected run, and which runs may be
// killed. It looks at many runs, so it is done once a second at most.
type study struct {
	of studied

	run       curve.ID
	eta       time.Duration
	due       bool // eta is known
	end       curve.Projection
	projected bool
	parent    *curve.Run
	gap       curve.Gap
	compared  bool
	reached   time.Duration
	timed     bool // reached is known
	seeds     int
	kill      map[curve.ID]string
}

// studied is all that a study depends on.
type studied struct {
	run    curve.ID
	set    int
	metric string
	filter string
	all    bool
	goal   agent.GoalLine
	at     time.Time
	status curve.Status // of the run: nothing more is foretold of one that ends
}

// learn studies the selected run, if what is known of it is old.
func (p *curvesPane) learn() {
	if p.at >= len(p.picked) {
		p.study = study{}
		return
	}
	r, goal := p.picked[p.at].run, p.look.snap.Goal
	want := studied{r.ID, p.look.runs.Version, p.shown(), p.filter, p.all, goal, p.look.now, r.Status}
	old := p.study.of
	fresh := young(old.at, want.at)
	old.at = want.at
	if old == want && (fresh || r.Status != curve.Running) {
		return
	}
	if old.set = want.set; old == want && fresh {
		p.late = true
		return
	}
	target := 0.0
	if goal.Metric == want.metric {
		target = goal.Target
	}
	every := p.every.Runs(p.look.runs, "", "")
	s := study{of: want, run: r.ID, kill: map[curve.ID]string{}}
	s.eta, s.due = curve.ETA(r, want.at)
	if r.Status == curve.Running {
		s.end, s.projected = curve.Project(r, want.metric, every)
	}
	if s.parent = curve.Parent(r, p.mineOf(every, r)); s.parent != nil {
		s.gap, s.compared = curve.Behind(r, s.parent, want.metric)
	}
	s.reached, s.timed = curve.TimeTo(r, want.metric, target)
	for _, q := range every {
		if q.Key == r.Key && q.Stem() == r.Stem() && r.Stem() != "" {
			s.seeds++
		}
	}
	for _, c := range curve.Kill(p.runs, want.metric, target, want.at) {
		s.kill[c.Run.ID] = c.Why
	}
	p.study = s
}

// mineOf returns the runs of the same owner as r.
func (p *curvesPane) mineOf(runs []*curve.Run, r *curve.Run) []*curve.Run {
	var out []*curve.Run
	for _, q := range runs {
		if q.Key == r.Key {
			out = append(out, q)
		}
	}
	return out
}

// The panel is drawn where a chart of minChart lines is left.
const (
	panelMost = 3
	minChart  = 11
)

func (p *curvesPane) panelLines() int {
	if len(p.picked) == 0 || p.h-1-panelMost < minChart {
		return 0
	}
	return panelMost
}

// panel tells of the selected run: how it fares and why it ended; where it
// will end and how far behind its parent it is; what is wrong with it, or how
// it is set.
func (p *curvesPane) panel(w int) []string {
	if p.panelLines() == 0 {
		return nil
	}
	lines := []string{p.panelState(w), p.panelOutlook(), p.panelWrong()}
	for i, l := range lines {
		lines[i] = fit(" "+l, w)
	}
	return lines
}

// joinDots joins what is not empty.
func joinDots(st *styles, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, st.muted.Render(" · "))
}

func (p *curvesPane) panelState(w int) string {
	st, q, s := p.look.st, p.picked[p.at], &p.study
	r := q.run
	parts := []string{st.strong.Render(cut(line(r.Name), w/2)) + " " + status(st, r)}
	if s.due {
		eta := "due"
		if s.eta > 0 {
			eta = "ends in " + age(s.eta)
		}
		parts = append(parts, st.text.Render(eta))
	}
	if stale := p.look.stale(r.Host); stale != "" {
		parts = append(parts, st.warn.Render(stale))
	}
	if r.Host != "" && r.Host != "local" {
		parts = append(parts, st.muted.Render(line(r.Host)))
	}
	if s.seeds > 1 {
		parts = append(parts, st.muted.Render(fmt.Sprintf("%d seeds of %s", s.seeds, line(r.Stem()))))
	}
	best := q.rank.Best
	parts = append(parts, st.muted.Render("best ")+st.text.Render(fmt.Sprintf("%.5g", best.Value))+
		st.muted.Render(" at "+thousands(int(best.Step))))
	return joinDots(st, parts...)
}

func (p *curvesPane) panelOutlook() string {
	st, s := p.look.st, &p.study
	var parts []string
	if q := p.picked[p.at]; q.rank.Hit && p.look.snap.Goal.Metric == p.shown() {
		hit := fmt.Sprintf("target met at %.0f", q.rank.Crossed)
		if s.timed {
			hit += " after " + age(s.reached) + " of training"
		}
		parts = append(parts, st.good.Render("✓ "+hit))
	}
	if s.projected {
		from := "its own curve"
		if s.end.Peers > 0 {
			from = plural(s.end.Peers, "run")
		}
		parts = append(parts, st.text.Render(fmt.Sprintf("◌ will end at %.5g", s.end.Value))+
			st.muted.Render(fmt.Sprintf(" (%.5g–%.5g, by %s)", s.end.Lo, s.end.Hi, from)))
	}
	if s.compared {
		parts = append(parts, p.behind())
	}
	return joinDots(st, parts...)
}

// behind says how the run stands against its parent.
func (p *curvesPane) behind() string {
	st, g := p.look.st, p.study.gap
	word, look, sign := "behind ", st.warn, 1.0
	if g.Delta <= 0 {
		word, look, sign = "ahead of ", st.good, -1
	}
	text := fmt.Sprintf("%.3g %s", sign*g.Delta, word)
	if g.Delta == 0 {
		text = "even with "
	}
	text += line(p.study.parent.Name) + " at " + thousands(int(g.Step))
	if steps := sign * g.Steps; steps >= 1 {
		text += fmt.Sprintf(", %s steps", thousands(int(steps)))
	}
	return look.Render(text)
}

func (p *curvesPane) panelWrong() string {
	st, r := p.look.st, p.picked[p.at].run
	if why, ok := p.study.kill[r.ID]; ok {
		return st.warn.Render("kill? " + line(why))
	}
	var parts []string
	if r.Note.Text != "" {
		parts = append(parts, st.muted.Render("log: "+cut(line(r.Note.Text), 60)))
	}
	if n := len(r.Config); n > 0 {
		parts = append(parts, p.settings(r))
	}
	if n := len(p.study.kill); n > 0 {
		parts = append(parts, st.warn.Render(plural(n, "run"))+st.muted.Render(" may be killed"+p.look.keys.say("", "curves-kill", ", % shows the next")))
	}
	return joinDots(st, parts...)
}

// settings tells a run's configuration: what differs from its parent's, where
// that is known.
func (p *curvesPane) settings(r *curve.Run) string {
	st := p.look.st
	var out []string
	for _, s := range r.Config {
		const most = 12
		if len(out) == most {
			break
		}
		if q := p.study.parent; q != nil && len(q.Config) > 0 {
			if v, ok := q.Setting(s.Key); ok && v == s.Value {
				continue
			}
		}
		out = append(out, line(s.Key)+"="+cut(line(s.Value), 24))
	}
	if len(out) == 0 {
		return st.muted.Render("set as its parent")
	}
	return st.muted.Render(strings.Join(out, " "))
}

// status says how a run fares.
func status(st *styles, r *curve.Run) string {
	switch r.Status {
	case curve.Running:
		if r.Plan > 0 {
			return st.busy.Render(fmt.Sprintf("● running %.0f%%", r.Progress()*100))
		}
		return st.busy.Render("● running")
	case curve.Failed:
		return st.bad.Render("× " + line(r.Cause))
	case curve.Stopped:
		s := "■ stopped at " + thousands(int(r.Step))
		if r.Cause != "" {
			s += ": " + line(r.Cause)
		}
		return st.warn.Render(s)
	}
	return st.good.Render("finished")
}

// head says what is drawn and how; without a panel, it tells of the selected
// run too.
func (p *curvesPane) head(w int) string {
	st := p.look.st
	left := " " + st.strong.Render(line(p.shown()))
	if i := p.subtracted(); i >= 0 {
		left += st.accent.Render(" minus " + baseSign + p.name(p.picked[i]))
	}
	left += st.muted.Render(" over " + axisWord(p.axis))
	for _, set := range []struct {
		on   bool
		text string
	}{
		{p.box.on, p.box.says(p.look.keys)},
		{p.aimed, "cursor at " + p.place()},
		{p.logY && p.subtracted() < 0, "log y"},
		{p.logX, "log x"},
		{p.smooth > 0, fmt.Sprintf("smooth %g", smoothings[p.smooth])},
		{p.x0 != p.x1 || p.y0 != p.y1, "zoomed, 0 shows all"},
		{p.all, "every agent"},
		{len(p.groups) > 0, "by " + line(p.group)},
	} {
		if set.on {
			left += st.accent.Render(" · " + set.text)
		}
	}
	if p.panelLines() > 0 {
		return fit(left, w)
	}
	q := p.picked[p.at]
	right := st.text.Render(cut(line(q.run.Name), w/4)) + " "
	if s := p.readOut(); s != "" {
		return spread(left, right+st.accent.Render(s)+" ", w)
	}
	right += status(st, q.run) + " "
	if stale := p.look.stale(q.run.Host); stale != "" {
		right += st.warn.Render(stale) + " "
	}
	return spread(left, cut(right, w*2/3), w)
}

// place writes where the cursor is.
func (p *curvesPane) place() string {
	switch p.axis {
	case curve.Wall:
		return age(time.Duration(min(p.cursor, 1e9) * float64(time.Second)))
	case curve.Tokens:
		return fmt.Sprintf("%.4g", p.cursor)
	}
	return thousands(int(min(max(p.cursor, -1e15), 1e15)))
}
