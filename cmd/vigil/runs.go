package main

import (
	"context"
	"errors"
	"math"
	"path"
	"strings"
	"sync"
	"time"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/remote/follow"
	"vigil/remote/runlog"
)

// rankEvery gathers a burst of new points before the best run is looked for.
const rankEvery = 500 * time.Millisecond

// globEvery is how often the globs of a host's logs are looked up again.
const globEvery = 30 * time.Second

// runs follows the training logs of agents, of jobs and of hosts.
type runs struct {
	w       *watching
	store   *curve.Store
	changed chan struct{} // for the screen
	roots   map[agent.ID]place
	outputs map[place]string // files of jobs and hosts that are followed, and their key
	best    map[agent.ID]agent.Best
	signs   signs
	trials  map[curve.ID]bool // finished runs that were told of
	lastRun map[agent.ID]time.Time
	gpus    *idleGPUs
}

// place is a path on a host.
type place struct{ host, path string }

func newRuns(w *watching) *runs {
	r := &runs{
		w: w, store: curve.NewStore(), changed: make(chan struct{}, 1),
		roots: map[agent.ID]place{}, outputs: map[place]string{}, best: map[agent.ID]agent.Best{},
		trials: map[curve.ID]bool{}, lastRun: map[agent.ID]time.Time{}, gpus: newIdleGPUs(),
	}
	for _, m := range w.hosts.all {
		m.saved = openCurveCache(w.config.State, m.Name, r.store, w.log)
		m.logs = follow.New(follow.Options{
			Resume: m.saved.resume, Checkpoint: m.saved.checkpoint,
			Host: m.host, Patterns: w.config.Logs.Paths,
			Parse: func() remote.Parser { return runlog.New(w.config.patterns()...) },
			Sink:  func(src remote.Source) remote.Sink { return r.store.Writer(src) },
			Problem: func(_, path string, err error) {
				if errors.Is(err, remote.ErrOffline) {
					return // the screen shows how the connection stands
				}
				w.Problem(agent.Problem{Where: onHost(m.Name, path), What: agent.CleanLine(err.Error(), 160), Do: "check that it can be read"})
			},
		})
	}
	return r
}

// patterns are the further lines that tell points.
func (c Config) patterns() []*runlog.Pattern {
	var out []*runlog.Pattern
	for _, l := range c.Logs.Lines {
		if p, err := runlog.ParsePattern(l); err == nil { // checked when it was read
			out = append(out, p)
		}
	}
	return out
}

// onHost names a path of another machine as ssh and scp do.
func onHost(host, path string) string {
	if host == local {
		return path
	}
	return host + ":" + path
}

// run follows logs until ctx ends, wakes the screen, and tells the supervisor
// each agent's best.
func (r *runs) run(ctx context.Context) {
	seen, cancel := r.w.Subscribe()
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, m := range r.w.hosts.all {
		wg.Go(func() { m.saved.run(ctx) })
		wg.Go(func() {
			defer m.saved.close()
			if err := m.logs.Run(ctx); err != nil && ctx.Err() == nil {
				r.w.Problem(agent.Problem{Where: "training logs of " + m.Name, What: agent.CleanLine(err.Error(), 160), Do: "restart vigil"})
			}
		})
		if len(m.Logs) > 0 {
			wg.Go(func() { r.globs(ctx, m) })
		}
	}
	rank := time.NewTimer(0)
	rank.Stop()
	defer rank.Stop()
	idle := time.NewTicker(idleEvery)
	defer idle.Stop()
	ranking := false
	for {
		select {
		case <-seen:
			r.follow()
		case <-r.w.hosts.changed:
			r.jobs()
			r.tellJobs(time.Now())
			r.idle(time.Now())
		case <-idle.C:
			r.idle(time.Now())
			continue
		case <-r.store.Changed():
			if !ranking {
				rank.Reset(rankEvery)
				ranking = true
			}
		case <-rank.C:
			ranking = false
			r.rank()
			continue
		case <-ctx.Done():
			return
		}
		select {
		case r.changed <- struct{}{}:
		default:
		}
	}
}

// follow keeps to the workspaces of the agents that there are.
func (r *runs) follow() {
	snap := r.w.Snapshot()
	for _, v := range snap.Agents {
		at := place{v.Host, v.Workspace}
		if m := r.w.hosts.find(v.Host); m != nil && v.Workspace != "" && r.roots[v.ID] != at {
			r.roots[v.ID] = at
			r.signs.anew(v.ID)
			m.logs.Add(string(v.ID), v.Workspace)
		}
	}
	for id, at := range r.roots {
		if snap.Find(id) == nil {
			delete(r.roots, id)
			r.signs.anew(id)
			r.w.hosts.find(at.host).logs.Remove(string(id))
		}
	}
}

// jobs follows the output files of the jobs that the schedulers tell of.
func (r *runs) jobs() {
	for _, c := range r.w.hosts.cluster().Clusters {
		m := r.w.hosts.find(c.Host)
		for _, j := range c.Jobs {
			at := place{c.Host, j.Stdout}
			if j.Stdout == "" || r.outputs[at] != "" {
				continue
			}
			r.outputs[at] = r.owner(j)
			m.logs.AddFile(r.outputs[at], j.Stdout)
		}
	}
}

// owner is the key of a job's run: the agent from whose workspace it came, else
// its host.
func (r *runs) owner(j remote.Job) string {
	for _, v := range r.w.Snapshot().Agents {
		if owns(&v, j) {
			return string(v.ID)
		}
	}
	return j.Host
}

// within reports whether a path is dir or lies below it.
func within(dir, name string) bool {
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// globs follows the logs that the configuration names on a host, new ones too.
func (r *runs) globs(ctx context.Context, m *machine) {
	tick := time.NewTicker(globEvery)
	defer tick.Stop()
	followed := map[string]bool{}
	for {
		for _, g := range m.Logs {
			found, err := findLogs(ctx, m.host, g)
			where := onHost(m.Name, g)
			if err != nil {
				if !errors.Is(err, remote.ErrOffline) {
					r.w.Problem(agent.Problem{Where: where, What: agent.CleanLine(err.Error(), 160), Do: "check the glob in the configuration"})
				}
				continue
			}
			r.w.Problem(agent.Problem{Where: where})
			for _, p := range found {
				if !followed[p] {
					followed[p] = true
					m.logs.AddFile(m.Name, p)
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// findLogs lists what a glob fits on a host. A leading "~/", and what is not
// absolute, is under the home folder there.
func findLogs(ctx context.Context, h remote.Host, glob string) ([]string, error) {
	rest, home := strings.CutPrefix(glob, "~/")
	if home || !path.IsAbs(glob) && h.Name() != local {
		out, err := h.Run(ctx, remote.Cmd{Args: []string{"sh", "-c", `cd && pwd`}})
		if err != nil {
			return nil, err
		}
		glob = path.Join(strings.TrimSuffix(string(out), "\n"), rest)
	}
	return follow.Find(h, glob)
}

// rank finds each agent's best run and tells of new ones.
func (r *runs) rank() {
	set := r.store.Snapshot()
	for _, v := range r.w.Snapshot().Agents {
		all := set.Filter(nil, string(v.ID), "")
		for _, run := range all {
			if run.Updated.After(r.lastRun[v.ID]) {
				r.lastRun[v.ID] = run.Updated
			}
		}
		best, ok := bestOf(all, r.w.config.goal(v.Agent))
		if ok && best != r.best[v.ID] {
			r.best[v.ID] = best
			r.w.Best(v.ID, best)
		}
		r.finished(v, all) // after the best, which they are counted from
		r.tellLogs(time.Now(), v, set)
	}
}

// bestOf is the run that met the target with the least of what is minimised.
// Only steps can be told from logs; for another measure there is no best.
func bestOf(all []*curve.Run, goal agent.GoalLine) (agent.Best, bool) {
	if goal.Minimize != "" && goal.Minimize != "step" {
		return agent.Best{}, false
	}
	ranks := curve.Best(all, goal.Metric, goal.Target, 1)
	if len(ranks) == 0 || !ranks[0].Hit {
		return agent.Best{}, false
	}
	return agent.Best{Run: agent.CleanLine(ranks[0].Run.Name, 80), Value: math.Ceil(ranks[0].Crossed), At: ranks[0].Run.Updated}, true
}

// goal is the goal line that holds for the agent.
func (c Config) goal(a agent.Agent) agent.GoalLine {
	if ac := c.agent(a); ac != nil {
		return ac.Goal
	}
	return c.Goal
}
