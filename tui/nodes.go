package tui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vigil/remote"
)

// node is a machine with what is known of its GPUs.
type node struct {
	host string
	remote.Node
	gpus []remote.GPU
}

const (
	idleUse = 5 // percent: below, a GPU does nothing
	oldLook = 2 * time.Minute
)

// nodesOf appends the nodes of all schedulers to dst, and the machines that
// tell of GPUs but are no node: those with GPUs first, by name.
func nodesOf(dst []node, c *Cluster) []node {
	type place struct{ host, name string }
	at := map[place]int{}
	add := func(n node) int {
		dst = append(dst, n)
		at[place{n.host, n.Name}] = len(dst) - 1
		return len(dst) - 1
	}
	for _, k := range c.Clusters {
		for _, n := range k.Nodes {
			add(node{host: k.Host, Node: n})
		}
	}
	for _, g := range c.GPUs {
		name := cmp.Or(g.Node, g.Host)
		i, ok := at[place{g.Host, name}]
		if !ok {
			i = add(node{host: g.Host, Node: remote.Node{Name: name}})
		}
		dst[i].gpus = append(dst[i].gpus, g)
	}
	slices.SortStableFunc(dst, func(a, b node) int {
		return cmp.Or(cmp.Compare(min(b.all(), 1), min(a.all(), 1)), cmp.Compare(a.host, b.host), cmp.Compare(a.Name, b.Name))
	})
	return dst
}

// gpusOf counts the GPUs of a scheduler's nodes: those in use, and all but the
// ones of nodes that take no job.
func gpusOf(c *remote.Cluster) (used, all int) {
	for i := range c.Nodes {
		n := &c.Nodes[i]
		used += n.GPUsUsed
		if n.Usable() {
			all += n.GPUs
		} else {
			all += n.GPUsUsed
		}
	}
	return used, all
}

// all is how many GPUs a node has.
func (n *node) all() int { return max(n.GPUs, len(n.gpus)) }

// viewNodes draws a heading and as many nodes as there is room for.
func (p *jobsPane) viewNodes(rows int) []string {
	st := p.look.st
	title := "nodes"
	if len(p.nodes) > rows {
		title = fmt.Sprintf("nodes %s–%s of %s", thousands(p.nodeTop+1), thousands(min(p.nodeTop+rows, len(p.nodes))), thousands(len(p.nodes)))
		if k := p.look.keys.say(" ", "jobs-nodes-up", "%", "jobs-nodes-down", "%"); k != "" {
			title += ", " + k + " for the others"
		}
	}
	wide := 8
	for i := range p.nodes {
		wide = max(wide, min(cells(line(p.nodes[i].Name)), 20))
	}
	bars := 0
	for i := range p.nodes {
		bars = max(bars, min(len(p.nodes[i].gpus), maxBars))
	}
	out := []string{p.rule(title)}
	head := " " + fit("node", wide+1) + fit("state", nodeStateWidth) + fit("GPUs", nodeGPUWidth)
	if bars > 0 {
		head += "  " + fit("use", max(bars, 3)+6) + "  " + fit("memory", max(bars, 6)+6) + "  " + fit("idle", idleWidth) + "power"
	}
	out = append(out, st.muted.Render(cut(head, p.w)))
	for i := p.nodeTop; i < len(p.nodes) && len(out) < rows+2; i++ {
		out = append(out, fit(p.nodeRow(&p.nodes[i], wide, bars), p.w))
	}
	return out
}

// The widths of the nodes' columns, in cells.
const (
	nodeStateWidth = 12
	nodeGPUWidth   = 6
	idleWidth      = 6
	maxBars        = 16
)

func (p *jobsPane) nodeRow(n *node, wide, bars int) string {
	st := p.look.st
	look := st.text
	switch {
	case n.State == "":
		look = st.muted
	case !n.Usable():
		look = st.bad
	case n.State == "idle":
		look = st.good
	}
	s := " " + st.text.Render(fit(line(n.Name), wide)) + " " + look.Render(fit(line(n.State+n.Marks), nodeStateWidth))
	gpus := ""
	if n.GPUs > 0 {
		gpus = fmt.Sprintf("%d/%d", n.GPUsUsed, n.GPUs)
	} else if len(n.gpus) > 0 {
		gpus = thousands(len(n.gpus))
	}
	s += st.text.Render(fit(gpus, nodeGPUWidth))
	if !n.Usable() && n.Reason != "" {
		return s + "  " + st.warn.Render(line(n.Reason))
	}
	if len(n.gpus) == 0 {
		return s
	}
	use := make([]float64, len(n.gpus))
	mem := make([]float64, len(n.gpus))
	var power, limit float64
	var at time.Time
	idle := 0
	for i, g := range n.gpus {
		use[i], mem[i] = g.Util, 100*g.MemUsed/g.MemTotal
		power, limit = power+g.Power, limit+g.PowerLimit
		if g.At.After(at) {
			at = g.At
		}
		if g.Util < idleUse {
			idle++
		}
	}
	s += "  " + p.bars(use, max(bars, 3), true) + "  " + p.bars(mem, max(bars, 6), false) + "  "
	lazy := ""
	if idle > 0 {
		lazy = thousands(idle)
	}
	s += st.warn.Render(fit(lazy, idleWidth))
	if power == power {
		if limit == limit && limit > 0 {
			used, unit := watts(power), watts(limit)
			if strings.HasSuffix(used, "kW") == strings.HasSuffix(unit, "kW") { // once said, it fits 80 columns
				used = strings.TrimRight(used, "kW")
			}
			s += st.text.Render(used) + st.muted.Render("/"+unit)
		} else {
			s += st.text.Render(watts(power))
		}
	}
	if d := p.look.now.Sub(at); !at.IsZero() && d > oldLook {
		s += st.warn.Render("  stale " + age(d))
	}
	return s
}

// bars draws one bar a value (percent; NaN is a dot) in w cells, and their
// mean.
func (p *jobsPane) bars(values []float64, w int, idle bool) string {
	st := p.look.st
	const heights = "▁▂▃▄▅▆▇" // not the whole cell: rows stay apart
	glyphs := []rune(heights)
	var b strings.Builder
	sum, known := 0.0, 0
	for i, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			sum, known = sum+min(max(v, 0), 100), known+1
		}
		if i >= w {
			continue
		}
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			b.WriteString(st.muted.Render("·"))
		case idle && v < idleUse:
			b.WriteString(st.warn.Render("▁"))
		default:
			b.WriteString(st.busy.Render(string(glyphs[int(min(max(v, 0), 99.9)/100*float64(len(glyphs)))])))
		}
	}
	s := fit(b.String(), w)
	if known == 0 {
		return s + fit("", 6)
	}
	return s + st.text.Render(fit(fmt.Sprintf(" %.0f%%", sum/float64(known)), 6))
}

// watts writes a power.
func watts(w float64) string {
	if w >= 10_000 {
		return fmt.Sprintf("%.1fkW", w/1000)
	}
	return fmt.Sprintf("%.0fW", w)
}
