package curve

import (
	"cmp"
	"slices"
	"time"
)

// Milestone is a moment at which the best result so far became better.
type Milestone struct {
	At    time.Time
	Run   *Run
	Step  float64 // at which the run reached the target, or its least value
	Value float64 // the least value of the run
}

// Frontier returns the best result so far over time, oldest first: the least
// step at which a run reached the target. Runs that never did do not count.
// Without a target (0 or NaN) it is the least value.
func Frontier(runs []*Run, metric string, target float64) []Milestone {
	aimed := aimed(target)
	var all []Milestone
	for _, r := range runs {
		p, ok := r.Best(metric)
		if !ok {
			continue
		}
		m := Milestone{Run: r, Step: float64(p.Step), Value: p.Value}
		if aimed {
			if m.Step, ok = r.Crossing(metric, target); !ok {
				continue
			}
		}
		m.At = r.When(m.Step)
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b Milestone) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.result(aimed), b.result(aimed)))
	})
	front := all[:0]
	for _, m := range all {
		if n := len(front); n == 0 || m.result(aimed) < front[n-1].result(aimed) {
			front = append(front, m)
		}
	}
	return front
}

// aimed reports whether there is a target to reach.
func aimed(target float64) bool { return target != 0 && target == target }

// result is what is minimised.
func (m Milestone) result(aimed bool) float64 {
	if aimed {
		return m.Step
	}
	return m.Value
}
