package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vigil/agent"
)

// fleetSort is the order of the agents.
type fleetSort uint8

const (
	asFound  fleetSort = iota
	byNeed             // who needs a person first, then who stands still
	byName             // a to z
	byIdle             // who has stood still the longest first
	byResult           // the best result first
	sorts
)

var sortWords = [...]string{asFound: "", byNeed: "by need", byName: "by name", byIdle: "by idle time", byResult: "by result"}

// fleetBy is what the agents are grouped by.
type fleetBy uint8

const (
	ungrouped fleetBy = iota
	byHost
	bySession // of tmux: those that were started together
	bys
)

// stateOrder is the order in which states are told: those that may need a
// person first.
var stateOrder = []agent.State{
	agent.Asking, agent.Stopped, agent.Exited, agent.Limited, agent.Working, agent.Waiting, agent.Unknown,
}

// stateOf is an agent's state, unknown where none was told.
func stateOf(v *agent.View) agent.State { return cmp.Or(v.State, agent.Unknown) }

// compare says which of two agents comes first.
func (s fleetSort) compare(a, b *agent.View) int {
	switch s {
	case byNeed:
		needs := func(v *agent.View) int {
			if v.Need != nil {
				return 0
			}
			return 1 + slices.Index(stateOrder, stateOf(v))
		}
		return cmp.Or(cmp.Compare(needs(a), needs(b)), a.Since.Compare(b.Since))
	case byName:
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	case byIdle:
		works := func(v *agent.View) int {
			if stateOf(v) == agent.Working {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(works(a), works(b)), a.Since.Compare(b.Since))
	case byResult:
		switch {
		case a.Best != nil && b.Best != nil:
			return cmp.Compare(a.Best.Value, b.Best.Value)
		case a.Best != nil:
			return -1
		case b.Best != nil:
			return 1
		}
	}
	return 0
}

// of names the group of an agent.
func (g fleetBy) of(v *agent.View) string {
	switch g {
	case byHost:
		return cmp.Or(v.Host, "local")
	case bySession:
		session, _, _ := strings.Cut(v.Pane.Target, ":")
		if session == "" {
			return "outside tmux"
		}
		if v.Host != "" && v.Host != "local" {
			return v.Host + " " + session
		}
		return session
	}
	return ""
}

// fleetGroup is some of the agents, which stand together: rows from up to to.
type fleetGroup struct {
	name     string
	from, to int
}

// order sorts the rows and splits them into groups.
func (p *fleetPane) order() {
	of := func(row int) *agent.View { return &p.look.snap.Agents[row] }
	if p.sort != asFound || p.by != ungrouped {
		slices.SortStableFunc(p.rows, func(a, b int) int {
			return cmp.Or(strings.Compare(p.by.of(of(a)), p.by.of(of(b))), p.sort.compare(of(a), of(b)))
		})
	}
	p.groups = p.groups[:0]
	if p.by == ungrouped {
		return
	}
	for i, row := range p.rows {
		name := p.by.of(of(row))
		if n := len(p.groups); n == 0 || p.groups[n-1].name != name {
			p.groups = append(p.groups, fleetGroup{name: name, from: i})
		}
		p.groups[len(p.groups)-1].to = i + 1
	}
}

// fleetItem is what stands in the list from line y on: an agent, or the head of
// a group (row is its first one's then).
type fleetItem struct {
	row, y int
	group  *fleetGroup // nil for an agent
}

// list lays the items out, and returns how many lines they take. With folded,
// the agents of the selected one's group alone are there.
func (p *fleetPane) list() int {
	p.items = p.items[:0]
	y := 0
	agents := func(from, to int) {
		for i := from; i < to; i++ {
			p.items = append(p.items, fleetItem{row: i, y: y})
			y += p.per + p.gap
		}
	}
	if len(p.groups) == 0 {
		agents(0, len(p.rows))
	}
	for i := range p.groups {
		g := &p.groups[i]
		p.items = append(p.items, fleetItem{row: g.from, y: y, group: g})
		y++
		if !p.folded || g.has(p.at) {
			agents(g.from, g.to)
		}
	}
	return max(y-p.gap, 0)
}

func (g *fleetGroup) has(row int) bool { return row >= g.from && row < g.to }

// seen returns how many agents and heads of groups are in the list.
func (p *fleetPane) seen() (agents, heads int) {
	for _, g := range p.groups {
		if !p.folded || g.has(p.at) {
			agents += g.to - g.from
		}
	}
	if len(p.groups) == 0 {
		agents = len(p.rows)
	}
	return agents, len(p.groups)
}

// span returns the lines of the selected agent, with the head of its group where
// it is the first one.
func (p *fleetPane) span() (from, to int) {
	for _, it := range p.items {
		if it.group == nil && it.row == p.at {
			from, to = it.y, it.y+p.per
			break
		}
	}
	if slices.ContainsFunc(p.groups, func(g fleetGroup) bool { return g.from == p.at }) {
		from--
	}
	return from, to
}

// head draws the head of a group: its name, and its agents by state.
func (p *fleetPane) head(g *fleetGroup) string {
	st := p.look.st
	n := map[agent.State]int{}
	for _, row := range p.rows[g.from:g.to] {
		n[stateOf(&p.look.snap.Agents[row])]++
	}
	fold := "▾ "
	if p.folded && !g.has(p.at) {
		fold = "▸ "
	}
	return spread(st.faint.Render(fold)+st.heading.Render(line(g.name)), strings.Join(st.counts(n, nil), " ")+" ", p.w)
}

// counts writes how many agents are in which state, with the states' words where
// worded says so.
func (st *styles) counts(n map[agent.State]int, worded func(agent.State) bool) []string {
	var out []string
	for _, s := range stateOrder {
		if n[s] == 0 {
			continue
		}
		sign, look := st.shape(s)
		text := fmt.Sprintf("%s %d", sign, n[s])
		if worded != nil && worded(s) {
			text += " " + string(s)
		}
		out = append(out, look.Render(text))
	}
	return out
}

// nextSort sorts the agents by something else.
func (p *fleetPane) nextSort() { p.sort = (p.sort + 1) % sorts; p.again() }

// nextGroups groups them by something else.
func (p *fleetPane) nextGroups() { p.by = (p.by + 1) % bys; p.again() }

// fold shows the agents of one group alone, or all.
func (p *fleetPane) fold() { p.folded = !p.folded; p.again() }

func (p *fleetPane) again() { p.loose = false; p.Show(p.look) }
