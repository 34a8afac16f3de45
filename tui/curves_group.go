package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vigil/remote/curve"
	"vigil/tui/chart"
)

// byFamily groups runs that differ in nothing but their seeds.
const byFamily = "family"

// group is the lines that have something in common: a family, or the value of a
// setting.
type group struct {
	name  string
	lines []int
	best  curve.Rank
}

// title is what a group is called, with how many lines it has.
func (g *group) title() string { return fmt.Sprintf("%s ×%d", line(g.name), len(g.lines)) }

// result is the best that a group has come to.
func (g *group) result() string {
	if g.best.Hit {
		return fmt.Sprintf("✓ %.0f", g.best.Crossed)
	}
	return fiveDigits(g.best.Best.Value)
}

// nextGroup groups by the next thing that tells the runs apart.
func (p *curvesPane) nextGroup() {
	all := []string{"", byFamily}
	for _, key := range curve.Differing(p.runs[max(len(p.runs)-maxLooked, 0):]) {
		if key != byFamily { // a setting of this name could not be told from it
			all = append(all, key)
		}
	}
	p.group = all[(slices.Index(all, p.group)+1)%len(all)]
	p.y0, p.y1 = 0, 0
	p.again()
}

// arrange puts what is picked in the order of its groups: the best group first,
// and in it the lines as they were.
func (p *curvesPane) arrange() {
	p.groups = nil
	if p.group == "" || len(p.picked) == 0 {
		return
	}
	runs := make([]*curve.Run, len(p.picked))
	for i, q := range p.picked {
		runs[i] = q.run
	}
	named := p.groupNames(runs)
	for i, q := range p.picked {
		k := slices.IndexFunc(p.groups, func(g group) bool { return g.name == named[i] })
		if k < 0 {
			k = len(p.groups)
			p.groups = append(p.groups, group{name: named[i], best: q.rank})
		}
		g := &p.groups[k]
		g.lines = append(g.lines, i)
		if q.rank.Compare(g.best) < 0 {
			g.best = q.rank
		}
	}
	slices.SortStableFunc(p.groups, func(a, b group) int { return a.best.Compare(b.best) })
	old := slices.Clone(p.picked)
	n := 0
	for k := range p.groups {
		for j, i := range p.groups[k].lines {
			p.picked[n], p.groups[k].lines[j] = old[i], n
			n++
		}
	}
}

// bestOfGroups returns so many of the best runs, as many of each group as of any
// other: the best one of each, then the second ones.
func (p *curvesPane) bestOfGroups(metric string, target float64, n int) []curve.Rank {
	groups := map[string][]*curve.Run{}
	if p.group == byFamily { // as [curvesPane.choose] found them
		for _, f := range p.bands.families {
			groups[f.Name] = append(groups[f.Name], f.Runs...)
		}
	} else {
		for i, name := range p.groupNames(p.runs) {
			groups[name] = append(groups[name], p.runs[i])
		}
	}
	type place struct {
		curve.Rank
		at int // in its group
	}
	var all []place
	for _, runs := range groups {
		for i, k := range curve.Best(runs, metric, target, max(n/len(groups), 1)) {
			all = append(all, place{k, i})
		}
	}
	slices.SortFunc(all, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.at, b.at), a.Compare(b.Rank), strings.Compare(a.Run.Path, b.Run.Path), cmp.Compare(a.Run.Index, b.Run.Index))
	})
	out := make([]curve.Rank, min(n, len(all)))
	for i := range out {
		out[i] = all[i].Rank
	}
	return out
}

// groupNames says of each run which group it is in.
func (p *curvesPane) groupNames(runs []*curve.Run) []string {
	names := make([]string, len(runs))
	if p.group == byFamily {
		for _, f := range curve.Families(runs) {
			for _, r := range f.Runs {
				names[slices.Index(runs, r)] = f.Name
			}
		}
		return names
	}
	for i, r := range runs {
		names[i] = p.group + " not told"
		for _, s := range r.Config {
			if s.Key == p.group {
				names[i] = p.group + "=" + s.Value
			}
		}
	}
	return names
}

// colour is the colour of a line: its own, or its group's.
func (p *curvesPane) colour(i int) int {
	for k := range p.groups {
		if slices.Contains(p.groups[k].lines, i) {
			return k
		}
	}
	return i
}

// grouped puts the lines of a list under the headings of their groups, the group
// of the first line first.
func (p *curvesPane) grouped(order []int) ([]int, []chart.Heading) {
	if len(p.groups) == 0 {
		return order, nil
	}
	if len(order) == 0 {
		order = p.wholePanel().lines
	}
	var headings []chart.Heading
	rank := make([]int, len(p.groups)) // where the group's first line is
	for k := range p.groups {
		g := &p.groups[k]
		headings = append(headings, chart.Heading{Name: g.title(), Detail: "best " + g.result(), Color: p.look.st.series(k)})
		rank[k] = slices.IndexFunc(order, func(i int) bool { return slices.Contains(g.lines, i) })
	}
	groups := make([]int, len(p.groups))
	for k := range groups {
		groups[k] = k
	}
	slices.SortFunc(groups, func(a, b int) int { return cmp.Compare(rank[a], rank[b]) })
	var out []int
	for _, k := range groups {
		if p.group != byFamily || len(p.groups[k].lines) > 1 { // a family of one is its run
			out = append(out, -1-k)
		}
		for _, i := range order {
			if slices.Contains(p.groups[k].lines, i) {
				out = append(out, i)
			}
		}
	}
	return out, headings
}
