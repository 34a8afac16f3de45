package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/curve"
)

// Bounds of what the supervisor is told of an agent's jobs and logs.
const (
	signJobs   = 32
	signLogs   = 4
	signWithin = 15 * time.Minute // a log or a job that ended longer ago is no news
	signAgain  = 15 * time.Second // until the growth of a log is told again
)

// signs is what the supervisor was told of the signs of life that schedulers
// and logs give. The zero value is ready to use.
type signs struct {
	jobs map[agent.ID]time.Time // when they were told, by the scheduler's answer
	logs map[agent.ID]time.Time // the newest growth that was told
}

// anew has everything of an agent told again.
func (s *signs) anew(id agent.ID) {
	delete(s.jobs, id)
	delete(s.logs, id)
}

// tellJobs tells the supervisor the jobs of each agent: those that work in its
// workspace or write there, and those that it submitted.
func (r *runs) tellJobs(now time.Time) {
	if r.signs.jobs == nil {
		r.signs.jobs = map[agent.ID]time.Time{}
	}
	for _, c := range r.w.hosts.cluster().Clusters {
		for _, v := range r.w.Snapshot().Agents {
			if v.Host != c.Host || c.At.IsZero() || !c.At.After(r.signs.jobs[v.ID]) {
				continue
			}
			r.signs.jobs[v.ID] = c.At
			r.w.Jobs(v.ID, jobTasks(now, v, c.Jobs))
		}
	}
}

// jobTasks are the jobs of an agent as what could wake it, those that live
// first.
func jobTasks(now time.Time, v agent.View, jobs []remote.Job) []agent.Task {
	submitted := map[string]bool{}
	for _, k := range v.Tasks {
		if k.Kind == agent.Job {
			submitted[k.ID] = true
		}
	}
	var out []agent.Task
	for _, j := range jobs {
		own := submitted[j.ID] || submitted[j.Number] || j.Array != "" && submitted[j.Array] ||
			v.Workspace != "" && (within(v.Workspace, j.Dir) || within(v.Workspace, j.Stdout))
		if k := jobTask(now, j); own && (k.State == agent.TaskAlive || now.Sub(k.Sign) < signWithin) {
			out = append(out, k)
		}
	}
	slices.SortStableFunc(out, func(a, b agent.Task) int {
		return cmp.Compare(boolInt(a.State != agent.TaskAlive), boolInt(b.State != agent.TaskAlive))
	})
	return out[:min(len(out), signJobs)]
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// jobTask is a job as what could wake an agent. No CLI is woken by it: vigil
// sees to that when it ends.
func jobTask(now time.Time, j remote.Job) agent.Task {
	k := agent.Task{
		ID: j.ID, Kind: agent.Job, State: agent.TaskAlive, Sign: j.Seen, Started: j.Submitted,
		Summary: agent.CleanLine(strings.Join(strings.Fields(j.ID+" "+j.Name+" "+string(j.State)), " "), 120),
	}
	if !j.Started.IsZero() && !j.Started.After(now) {
		k.Started = j.Started
	}
	if j.Ended.After(now) {
		k.Until = j.Ended // its time limit
	}
	if !j.State.Alive() {
		k.State, k.Sign, k.Until = agent.TaskDead, j.Seen, time.Time{}
		if !j.Ended.IsZero() && j.Ended.Before(now) {
			k.Sign = j.Ended
		}
	}
	return k
}

// tellLogs tells the supervisor which logs of an agent's runs have grown lately.
func (r *runs) tellLogs(now time.Time, v agent.View, set *curve.Set) {
	m := r.w.hosts.find(v.Host)
	if m == nil {
		return
	}
	var out []agent.Task
	newest := time.Time{}
	for _, run := range set.Filter(nil, string(v.ID), "") {
		if run.Status != curve.Running || now.Sub(run.Updated) > signWithin {
			continue
		}
		k := agent.Task{ID: run.Path, Kind: agent.Log, Summary: agent.CleanLine(run.Name, 120), Started: run.Started, Sign: run.Updated}
		if fact, ok := m.logs.File(run.Path); ok && fact.Last.After(k.Sign) {
			k.Sign = fact.Last
		}
		if k.Sign.After(newest) {
			newest = k.Sign
		}
		out = append(out, k)
	}
	old, told := r.signs.logs[v.ID]
	if len(out) == 0 && !told || told && newest.Sub(old) < signAgain && len(out) > 0 {
		return
	}
	if r.signs.logs == nil {
		r.signs.logs = map[agent.ID]time.Time{}
	}
	if len(out) == 0 {
		delete(r.signs.logs, v.ID)
	} else {
		r.signs.logs[v.ID] = newest
	}
	slices.SortFunc(out, func(a, b agent.Task) int { return b.Sign.Compare(a.Sign) })
	r.w.Logs(v.ID, out[:min(len(out), signLogs)])
}
