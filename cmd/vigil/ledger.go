package main

import (
	"context"
	"math"
	"slices"
	"time"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/tui"
)

const (
	// ledgerEvery is how often what a report tells is written down.
	ledgerEvery = 5 * time.Second
	// ledgerLast bounds the last writes, when vigil ends.
	ledgerLast = 2 * time.Second
)

// ledger writes down what a report tells and nothing else keeps: what runs came
// to, tokens used, and the GPU time of jobs.
type ledger struct {
	w     *watching
	set   int // version of the runs last looked at
	seen  map[curve.ID]*curve.Run
	told  map[curve.ID]agent.Result
	usage map[agent.ID]agent.Usage
	gpuAt time.Time // of the last look at jobs
}

func newLedger(w *watching) *ledger {
	return &ledger{
		w: w, set: -1, seen: map[curve.ID]*curve.Run{}, told: map[curve.ID]agent.Result{}, usage: map[agent.ID]agent.Usage{},
	}
}

// run keeps the ledger until ctx ends.
func (l *ledger) run(ctx context.Context) {
	tick := time.NewTicker(ledgerEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.write(ctx, time.Now())
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerLast)
			defer cancel()
			l.write(last, time.Now())
			return
		}
	}
}

// write writes down what is new. What could not be written is tried again with
// what comes next, but for GPU time, which is small and then lost.
func (l *ledger) write(ctx context.Context, now time.Time) {
	snap := l.w.Snapshot()
	set := l.w.runs.store.Snapshot()
	if all := l.results(snap, set); len(all) > 0 {
		if l.failed(l.w.journal.RecordResults(ctx, all)) {
			l.set = -1
			clear(l.seen)
			clear(l.told)
		}
	}
	for _, v := range snap.Agents {
		u := agent.Usage{Input: v.Usage.Input, CachedInput: v.Usage.CachedInput, Output: v.Usage.Output}
		if u == l.usage[v.ID] || u == (agent.Usage{}) {
			continue
		}
		at := agent.UsageAt{Started: v.Started, At: now, Usage: u}
		if v.Turn.Running() {
			at.Turn = v.Turn.Started
		}
		if !l.failed(l.w.journal.RecordUsage(ctx, v.ID, at)) {
			l.usage[v.ID] = u
		}
	}
	for id, g := range l.gpus(snap, l.w.hosts.cluster(), now) {
		l.failed(l.w.journal.RecordGPUs(ctx, id, l.w.holder, g))
	}
}

func (l *ledger) failed(err error) bool {
	if err != nil {
		l.w.log.Error("ledger", "err", err)
	}
	return err != nil
}

// results returns what has changed of what the agents' runs came to.
func (l *ledger) results(snap *agent.Snapshot, set *curve.Set) []agent.Result {
	if set.Version == l.set {
		return nil
	}
	l.set = set.Version
	var out []agent.Result
	for _, r := range set.All() {
		v := snap.Find(agent.ID(r.Key))
		if v == nil || l.seen[r.ID] == r {
			continue
		}
		l.seen[r.ID] = r
		if res, ok := resultOf(r, l.w.config.goal(v.Agent)); ok && res != l.told[r.ID] {
			l.told[r.ID] = res
			out = append(out, res)
		}
	}
	return out
}

// resultOf is what a run came to: one that has ended, or has reached the
// target.
func resultOf(r *curve.Run, goal agent.GoalLine) (agent.Result, bool) {
	p, ok := r.Best(goal.Metric)
	if !ok || r.Pending() {
		return agent.Result{}, false
	}
	res := agent.Result{
		Agent: agent.ID(r.Key), Host: r.Host, Path: r.Path, Index: r.Index, Run: agent.CleanLine(r.Name, 80),
		Status: string(r.Status), Cause: agent.CleanLine(r.Cause, 200), Metric: goal.Metric, Target: goal.Target,
		Least: p.Value, Ended: r.Updated,
	}
	at := float64(p.Step)
	if p.Value <= goal.Target {
		if res.Reached, res.Hit = r.Crossing(goal.Metric, goal.Target); res.Hit {
			at = res.Reached
		}
	}
	res.At = r.When(at)
	if r.Status == curve.Running {
		// What it comes to is told when it has ended; when that is, changes with
		// each line of its log.
		res.Ended, res.Least = res.At, goal.Target
		return res, res.Hit
	}
	return res, true
}

// gpus returns the GPU time of each agent's jobs since the last look.
func (l *ledger) gpus(snap *agent.Snapshot, c *tui.Cluster, now time.Time) map[agent.ID]agent.GPUTime {
	since := now.Sub(l.gpuAt)
	first := l.gpuAt.IsZero()
	l.gpuAt = now
	if first || since > 4*ledgerEvery { // the machine slept: nobody looked
		return nil
	}
	out := map[agent.ID]agent.GPUTime{}
	for i := range snap.Agents {
		v := &snap.Agents[i]
		held, busy, idle := heldGPUs(v, c, now)
		if held > 0 {
			out[v.ID] = agent.GPUTime{
				At: now, Held: time.Duration(held) * since, Busy: time.Duration(busy) * since, Idle: time.Duration(idle) * since,
			}
		}
	}
	return out
}

// heldGPUs counts the GPUs of an agent's running jobs, and those of them that
// were just seen to work or to do nothing.
func heldGPUs(v *agent.View, c *tui.Cluster, now time.Time) (held, busy, idle int) {
	for _, k := range c.Clusters {
		for _, j := range k.Jobs {
			if j.State != remote.JobRunning || j.GPUs <= 0 || !owns(v, j) {
				continue
			}
			held += j.GPUs
			b, d := 0, 0
			for _, g := range c.GPUs {
				mine, told := j.GPUIndex[g.Node]
				if g.Host != j.Host || !slices.Contains(j.Nodes, g.Node) || told && !slices.Contains(mine, g.Index) ||
					math.IsNaN(g.Util) || now.Sub(g.At) > staleGPU {
					continue
				}
				if g.Util == 0 {
					d++
				} else {
					b++
				}
			}
			if b+d > j.GPUs { // whose they are is not told
				continue
			}
			busy, idle = busy+b, idle+d
		}
	}
	return held, busy, idle
}
