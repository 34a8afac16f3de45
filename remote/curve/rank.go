package curve

import (
	"cmp"
	"slices"
)

// Rank is how a run fares against a goal line.
type Rank struct {
	Run     *Run
	Best    Point   // least value of the metric
	Crossed float64 // the step at which it reached the target
	Hit     bool    // it did
}

// Best ranks the n best of the runs: those that reached the target first, by
// the step at which they did, then the others by their least value. Runs
// without the metric are left out.
func Best(runs []*Run, metric string, target float64, n int) []Rank {
	ranks := make([]Rank, 0, len(runs))
	for _, r := range runs {
		p, ok := r.Best(metric)
		if !ok {
			continue
		}
		k := Rank{Run: r, Best: p}
		if p.Value <= target { // spares the search where it cannot find
			k.Crossed, k.Hit = r.Crossing(metric, target)
		}
		ranks = append(ranks, k)
	}
	slices.SortStableFunc(ranks, func(a, b Rank) int {
		switch {
		case a.Hit != b.Hit && a.Hit:
			return -1
		case a.Hit != b.Hit:
			return 1
		case a.Hit && a.Crossed != b.Crossed:
			return cmp.Compare(a.Crossed, b.Crossed)
		}
		return cmp.Compare(a.Best.Value, b.Best.Value)
	})
	return ranks[:min(max(n, 0), len(ranks))]
}
