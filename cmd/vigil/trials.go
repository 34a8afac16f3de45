package main

import (
	"slices"

	"vigil/agent"
	"vigil/agent/supervise"
	"vigil/remote/curve"
)

// finished tells of the runs of an agent that came to their planned end and
// were not told of before.
func (r *runs) finished(v agent.View, all []*curve.Run) {
	var out []agent.Trial
	metric := r.w.config.goal(v.Agent).Metric
	for _, run := range all {
		if r.trials[run.ID] {
			continue
		}
		if t, ok := trialOf(run, metric); ok {
			r.trials[run.ID] = true
			out = append(out, t)
		}
	}
	if len(out) > 0 {
		slices.SortStableFunc(out, func(a, b agent.Trial) int { return a.At.Compare(b.At) })
		r.w.Finished(supervise.Finished{ID: v.ID, Trials: out})
	}
}

// trialOf is what a run tells as a finished trial: the metric at its last
// planned step.
func trialOf(run *curve.Run, metric string) (agent.Trial, bool) {
	s := run.Metric(metric)
	if run.Status != curve.Finished || run.Plan <= 0 || s == nil {
		return agent.Trial{}, false
	}
	last, ok := s.Last()
	if !ok || int64(last.Step) < run.Plan {
		return agent.Trial{}, false
	}
	t := agent.Trial{At: run.Updated, Run: agent.CleanLine(run.Name, 80), Horizon: run.Plan, Loss: last.Value}
	if took, ok := run.Wall(float64(last.Step)); ok {
		t.Took = took
	}
	return t, true
}
