package main

import (
	"fmt"
	"slices"
	"time"

	"vigil/agent"
	"vigil/agent/supervise"
	"vigil/remote"
	"vigil/tui"
)

const (
	// compiling is how long a job, or a run on the agent's own machine, may keep
	// its GPUs waiting at its start: programs are compiled and data is read then.
	compiling = 2 * time.Minute
	// staleGPU is when a look at a GPU says nothing any more.
	staleGPU = time.Minute
	// idleEvery is how often idle GPUs are looked for when no news comes.
	idleEvery = 30 * time.Second
)

// gpuPlace names a GPU.
type gpuPlace struct {
	host, node string
	index      int
}

// idleGPUs remembers since when GPUs do nothing.
type idleGPUs struct {
	since map[gpuPlace]time.Time
	told  map[agent.ID]supervise.Idling
}

func newIdleGPUs() *idleGPUs {
	return &idleGPUs{since: map[gpuPlace]time.Time{}, told: map[agent.ID]supervise.Idling{}}
}

// look takes in what was last seen of the GPUs.
func (d *idleGPUs) look(all []remote.GPU, now time.Time) {
	seen := map[gpuPlace]bool{}
	for _, g := range all {
		at := gpuPlace{g.Host, g.Node, g.Index}
		if g.Util == 0 && now.Sub(g.At) < staleGPU { // NaN is not told
			if seen[at] = true; d.since[at].IsZero() {
				d.since[at] = g.At
			}
		}
	}
	for at := range d.since {
		if !seen[at] {
			delete(d.since, at)
		}
	}
}

// idler is what is known of an agent beside its view.
type idler struct {
	agent.View
	lastRun time.Time // when its newest run began or was last written; zero if it has none
	limit   time.Duration
}

// of returns what lies idle of an agent's allocation: of the GPUs of its jobs,
// or of its own machine where it trains there. What a pending job may be waiting
// for is not counted.
func (d *idleGPUs) of(v idler, c *tui.Cluster, now time.Time) supervise.Idling {
	none := supervise.Idling{ID: v.ID}
	out := none
	jobs, managed := 0, false
	for _, k := range c.Clusters {
		managed = managed || k.Host == v.Host
		for _, j := range k.Jobs {
			if !owns(&v.View, j) {
				continue
			}
			switch {
			case j.State == remote.JobPending || j.State == remote.JobRequeued || j.State == "CONFIGURING":
				return none
			case j.State != remote.JobRunning || j.GPUs == 0:
				continue
			}
			jobs++
			from := j.Started.Add(compiling)
			idle, all := d.count(c.GPUs, from, now, v.limit, &out.Since, func(g remote.GPU) bool {
				mine, told := j.GPUIndex[g.Node]
				return g.Host == j.Host && slices.Contains(j.Nodes, g.Node) && (!told || slices.Contains(mine, g.Index))
			})
			if idle > 0 {
				out.Evidence = append(out.Evidence, fmt.Sprintf("GPUs idle in its job %s: %d of %d; no job of it waits", agent.CleanLine(j.ID, 40), idle, all))
			}
		}
	}
	if jobs > 0 || managed || v.lastRun.IsZero() || v.Host == "" {
		return sure(out)
	}
	idle, all := d.count(c.GPUs, v.lastRun.Add(compiling), now, v.limit, &out.Since, func(g remote.GPU) bool {
		return g.Host == v.Host && g.Node == v.Host
	})
	if all > 0 && idle == all { // some may be another's
		out.Evidence = append(out.Evidence, fmt.Sprintf("GPUs idle on its machine: %d of %d", idle, all))
	}
	return sure(out)
}

// sure leaves out the time of what is no evidence.
func sure(o supervise.Idling) supervise.Idling {
	if len(o.Evidence) == 0 {
		o.Since = time.Time{}
	}
	return o
}

// count counts the GPUs that are meant and those of them that did nothing for
// long enough, from a time on. It moves since back to when the first of these
// stopped.
func (d *idleGPUs) count(all []remote.GPU, from, now time.Time, limit time.Duration, since *time.Time, mine func(remote.GPU) bool) (idle, n int) {
	for _, g := range all {
		if !mine(g) {
			continue
		}
		n++
		at, ok := d.since[gpuPlace{g.Host, g.Node, g.Index}]
		if at.Before(from) {
			at = from
		}
		if !ok || now.Sub(at) < limit {
			continue
		}
		idle++
		if since.IsZero() || at.Before(*since) {
			*since = at
		}
	}
	return idle, n
}

// owns reports whether a job came from the agent's workspace.
func owns(v *agent.View, j remote.Job) bool {
	return v.Host == j.Host && v.Workspace != "" && (within(v.Workspace, j.Dir) || within(v.Workspace, j.Stdout))
}

// idle tells the supervisor which agents have idle GPUs.
func (r *runs) idle(now time.Time) {
	c := r.w.hosts.cluster()
	r.gpus.look(c.GPUs, now)
	snap := r.w.Snapshot()
	limit := r.w.config.Grinding.IdleGPUs
	for _, v := range snap.Agents {
		is := r.gpus.of(idler{v, r.lastRun[v.ID], limit}, c, now)
		was := r.gpus.told[v.ID]
		if is.Since.Equal(was.Since) && slices.Equal(is.Evidence, was.Evidence) {
			continue
		}
		r.gpus.told[v.ID] = is
		r.w.Idling(is)
	}
	for id := range r.gpus.told {
		if snap.Find(id) == nil {
			delete(r.gpus.told, id)
		}
	}
}
