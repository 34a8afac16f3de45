package report

import (
	"cmp"
	"math"
	"slices"

	"vigil/agent"
)

// results takes what the runs of an agent came to: the new bests, and the best
// of the span.
func (b *builder) results(all []agent.Result) {
	type place struct {
		host, path string
		index      int
	}
	had := map[place]bool{}
	slices.SortStableFunc(all, func(x, y agent.Result) int { return x.At.Compare(y.At) })
	for _, r := range all {
		// Sessions that follow each other tell of the same logs.
		p := place{r.Host, r.Path, r.Index}
		if had[p] {
			continue
		}
		had[p] = true
		b.result(r)
	}
	slices.SortStableFunc(b.top, better)
	b.top = b.top[:min(len(b.top), topRuns)]
}

func (b *builder) result(r agent.Result) {
	if r.Status != "running" && b.in(r.Ended) {
		b.a.Runs.Ended++
		if r.Status == "failed" {
			b.a.Runs.Failed++
		}
		if r.Hit {
			b.a.Runs.Hit++
		}
	}
	x := b.measure(r)
	if math.IsNaN(x.Value) || math.IsInf(x.Value, 0) {
		return
	}
	if x.At.IsZero() || !x.At.Before(b.to) {
		return
	}
	if b.in(x.At) {
		b.top = append(b.top, x)
	}
	if !x.Hit {
		return // no best before the target is met
	}
	if was := b.a.Best; was != nil {
		if x.Value >= was.Value {
			return
		}
		x.Before = was.Value
	} else {
		x.First = true
	}
	b.a.Best = &x
	b.a.Trace = append(b.a.Trace, x)
	if !b.in(x.At) {
		b.a.Before = &x
		return
	}
	b.records = append(b.records, x)
	b.mark(Mark{At: x.At, Type: agent.MRecord, Text: x.Text()})
}

// measure sets a result against the goal line. Where a target is to be reached
// in few steps, that step is what counts; else the metric itself does.
func (b *builder) measure(r agent.Result) Best {
	g := b.a.Goal
	x := Best{
		Agent: b.a.Name, Run: agent.CleanLine(r.Run, 80), At: r.At.In(b.to.Location()), Least: r.Least,
		Metric: agent.CleanLine(cmp.Or(r.Metric, g.Metric), 40), Record: g.Record,
	}
	if r.Status == "failed" {
		x.Failure = agent.CleanLine(cmp.Or(r.Cause, "failed"), maxMark)
	}
	if g.Target == 0 || g.Minimize != "" && g.Minimize != "step" {
		x.Value, x.Hit = r.Least, true
		if g.Minimize != g.Metric {
			x.Record = 0 // of something else
		}
		return x
	}
	x.Value, x.Hit = r.Least, false
	if r.Hit {
		x.Value, x.Hit = math.Ceil(r.Reached), true
	}
	return x
}

// better puts the better result first: those that reached the target, by their
// step, then the others by what they came to; the earlier one of equals.
func better(a, b Best) int {
	switch {
	case a.Hit && !b.Hit:
		return -1
	case b.Hit && !a.Hit:
		return 1
	}
	return cmp.Or(cmp.Compare(a.Value, b.Value), a.At.Compare(b.At))
}
