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
	n = min(max(n, 0), len(runs))
	const room = 16
	ranks := make([]Rank, 0, min(2*n+room, len(runs)))
	sorted := false // the first n are the best so far, in order
	cut := func() {
		slices.SortStableFunc(ranks, Rank.Compare)
		ranks, sorted = ranks[:min(n, len(ranks))], true
	}
	for _, r := range runs {
		p, ok := r.Best(metric)
		if !ok {
			continue
		}
		k := Rank{Run: r, Best: p}
		if p.Value <= target { // spares the search where it cannot find
			k.Crossed, k.Hit = r.Crossing(metric, target)
		}
		if sorted && (n == 0 || k.Compare(ranks[n-1]) >= 0) {
			continue
		}
		if ranks = append(ranks, k); len(ranks) == 2*n+room {
			cut()
		}
	}
	cut()
	return ranks
}

// Compare orders ranks, the better one first.
func (k Rank) Compare(o Rank) int {
	switch {
	case k.Hit != o.Hit && k.Hit:
		return -1
	case k.Hit != o.Hit:
		return 1
	case k.Hit && k.Crossed != o.Crossed:
		return cmp.Compare(k.Crossed, o.Crossed)
	}
	return cmp.Compare(k.Best.Value, o.Best.Value)
}
