package tui

import (
	"fmt"
	"slices"
	"strings"

	"vigil/remote/curve"
)

// baseSign marks the baseline wherever it is named.
const baseSign = "≡ "

// pinBase makes the selected run the one that others are compared with. Done
// again, there is none.
func (p *curvesPane) pinBase() {
	if p.at >= len(p.picked) {
		return
	}
	id := p.picked[p.at].run.ID
	p.sel = id
	if p.base == id {
		id = curve.ID{}
	}
	p.base = id
	if p.minus {
		p.y0, p.y1 = 0, 0
	}
	if id == (curve.ID{}) {
		p.minus = false
	}
	p.again()
}

// toggleDifference draws how far each run is above the baseline, or the runs.
// Without a baseline, the selected run becomes it.
func (p *curvesPane) toggleDifference() {
	if p.baseline() < 0 && !p.minus {
		if p.at >= len(p.picked) {
			return
		}
		p.base = p.picked[p.at].run.ID
		p.sel = p.base
	}
	p.minus = !p.minus
	p.y0, p.y1 = 0, 0
	p.again()
}

// baseline is the line that others are compared with; -1 without one.
func (p *curvesPane) baseline() int {
	return slices.IndexFunc(p.picked, func(q pick) bool { return q.base })
}

// subtracted is the line that all are drawn minus; -1 where they are drawn as
// they are.
func (p *curvesPane) subtracted() int {
	if !p.minus {
		return -1
	}
	return p.baseline()
}

// apartAtEnd is how far a line is from the baseline where the shorter of the two
// ends.
func (p *curvesPane) apartAtEnd(i int) string {
	base, q := p.baseline(), &p.picked[i]
	if base < 0 || base == i {
		return ""
	}
	_, a, _ := p.picked[base].trace.Bounds()
	_, b, _ := q.trace.Bounds()
	x := min(a, b)
	v, ok := p.valueAt(q, x)
	w, too := p.valueAt(&p.picked[base], x)
	if !ok || !too || v != v || w != w {
		return "–"
	}
	return signed(v-w, 4)
}

// signed writes a difference with its sign; one that rounds to nothing has none.
func signed(v float64, places int) string {
	s := fmt.Sprintf("%+.*f", places, v)
	if strings.Trim(s, "+-0.") == "" {
		return s[1:]
	}
	return s
}
