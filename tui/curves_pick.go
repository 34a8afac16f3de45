package tui

import (
	"cmp"
	"slices"
	"time"

	"vigil/agent"
	"vigil/remote/curve"
)

// pick is a run, or a family of runs, that is drawn.
type pick struct {
	run    *curve.Run
	place  int // of the run in the set
	rank   curve.Rank
	trace  curve.Trace
	family *curve.Family // nil for a run by itself
	marked bool
	base   bool // the others are compared with it
}

// picking is all that the choice of runs depends on.
type picking struct {
	set    int
	agent  agent.ID
	filter string
	all    bool
	best   int
	marks  int
	base   curve.ID
	group  string
	metric string
	axis   curve.Axis
	seeds  bool
	goal   agent.GoalLine
}

// bests are the numbers of best runs, and smoothings the weights of smoothing,
// that one can choose.
var (
	bests      = [...]int{8, 16, 32, 4}
	smoothings = [...]float64{0, 0.6, 0.9, 0.97}
)

// maxRunning is how many running runs are drawn beside the best ones.
const maxRunning = 10

// key is whose runs are looked at; empty for everyone's.
func (p *curvesPane) key() string {
	if p.all {
		return ""
	}
	return string(p.look.v.ID)
}

// workEvery is how often runs that grow are ranked and studied anew: that
// looks at many runs, and there may be news thirty times a second.
const workEvery = time.Second

// young reports whether what was worked out then need not be worked out yet.
func young(then, now time.Time) bool {
	d := now.Sub(then)
	return d >= 0 && d < workEvery
}

// waits reports whether what was worked out then need not be worked out for
// other runs yet. At an earlier moment the clock stands still.
func (p *curvesPane) waits(then time.Time) bool { return !p.look.past && young(then, p.look.now) }

// take takes the newest runs over. Those that are drawn grow at once; whether
// others should be drawn is looked into once a second.
func (p *curvesPane) take(want picking) {
	old := p.from
	old.set = want.set
	switch {
	case want == p.from:
	case want == old && p.waits(p.ranked) && p.grow():
		p.late = true
		p.runs = p.mine.Runs(p.look.runs, p.key(), p.filter)
	default:
		p.from, p.ranked = want, p.look.now
		p.choose()
	}
}

// grow takes over what is new of the runs that are drawn. It reports whether
// they are all there still.
func (p *curvesPane) grow() bool {
	for i := range p.picked {
		q := &p.picked[i]
		if q.place >= p.look.runs.Len() {
			return false
		}
		r := p.look.runs.At(q.place)
		t, told := r.Trace(p.shown(), p.axis)
		best, ok := r.Best(p.shown())
		if r.ID != q.run.ID || !told || !ok {
			return false
		}
		q.run, q.trace, q.rank.Best = r, t, best
	}
	return true
}

// choose picks the runs to draw: the marked ones, the newest of those that
// run, then the best.
func (p *curvesPane) choose() {
	goal := p.look.snap.Goal
	p.runs = p.mine.Runs(p.look.runs, p.key(), p.filter)
	p.metrics = metricsOf(p.runs, goal.Metric)
	metric := p.shown()
	p.picked = p.picked[:0]
	var marked, live []*curve.Run
	for _, id := range p.marked {
		if r := p.look.runs.Find(id); r != nil {
			marked = append(marked, r)
		}
	}
	for _, r := range slices.Backward(p.runs) {
		if r.Status == curve.Running && len(live) < maxRunning {
			live = append(live, r)
		}
	}
	var families []*curve.Family
	fold := p.seeds && p.axis == curve.Step
	if fold || p.group == byFamily {
		p.bands.keep(curve.Families(p.runs))
	}
	if fold {
		families = p.bands.families
	}
	for _, k := range curve.Best(marked, metric, goal.Target, len(marked)) {
		p.pick(k, nil, true)
	}
	n := bests[p.best] + len(p.picked)
	folded := max(min(len(families), 8), 1) // so many runs may be one line
	var best []curve.Rank
	if n := bests[p.best] * folded; p.group == "" {
		best = curve.Best(p.runs, metric, goal.Target, n)
	} else {
		best = p.bestOfGroups(metric, goal.Target, n)
	}
	for _, k := range slices.Concat(curve.Best(live, metric, goal.Target, maxRunning), best) {
		if len(p.picked) == n+len(live) {
			break
		}
		p.pick(k, familyOf(families, k.Run), false)
	}
	if r := p.look.runs.Find(p.base); r != nil { // the last one, where it is not drawn anyway: the others keep their colours
		for _, k := range curve.Best([]*curve.Run{r}, metric, goal.Target, 1) {
			p.pick(k, nil, false)
		}
	}
	for i, r := range p.look.runs.All() {
		if at := slices.IndexFunc(p.picked, func(q pick) bool { return q.run == r }); at >= 0 {
			p.picked[at].place = i
		}
	}
	p.arrange()
	p.at = max(slices.IndexFunc(p.picked, func(q pick) bool { return q.run.ID == p.sel }), 0)
}

// pick adds a run or its family, which counts as its best run does, to what is
// drawn, once.
func (p *curvesPane) pick(k curve.Rank, family *curve.Family, marked bool) {
	if slices.ContainsFunc(p.picked, func(q pick) bool {
		return q.run.ID == k.Run.ID || q.family != nil && q.family == family
	}) {
		return
	}
	r := k.Run
	if t, ok := r.Trace(p.shown(), p.axis); ok && t.Len() > 0 {
		if family != nil {
			k = curve.Best(family.Runs, p.shown(), p.look.snap.Goal.Target, 1)[0]
		}
		p.picked = append(p.picked, pick{run: r, rank: k, trace: t, family: family, marked: marked, base: r.ID == p.base})
	}
}

// familyOf returns the family of a run, if it has others in it.
func familyOf(families []*curve.Family, r *curve.Run) *curve.Family {
	for _, f := range families {
		if len(f.Runs) > 1 && slices.Contains(f.Runs, r) {
			return f
		}
	}
	return nil
}

// shown returns the metric that is drawn.
func (p *curvesPane) shown() string {
	if p.metric != "" && slices.Contains(p.metrics, p.metric) {
		return p.metric
	}
	if len(p.metrics) > 0 {
		return p.metrics[0]
	}
	return ""
}

// metricsOf lists the metrics of the runs, the goal line's own first.
func metricsOf(runs []*curve.Run, goal string) []string {
	var out []string
	for _, r := range runs[max(len(runs)-maxLooked, 0):] {
		for i := range r.Series {
			if name := r.Series[i].Name; !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int {
		first := func(s string) int {
			if s == goal {
				return 0
			}
			return 1
		}
		return cmp.Compare(first(a), first(b))
	})
	return out
}

// maxLooked is how many runs are looked at for the names of metrics.
const maxLooked = 200
