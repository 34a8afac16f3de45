package slurm

import (
	"slices"
	"strings"

	"vigil/remote"
)

// Slurm forgets a job some minutes after its end (MinJobAge). memory keeps
// what it last told, and notices jobs that were forgotten before their end was
// seen.
type memory struct {
	jobs map[string]*known // by ID
}

type known struct {
	told
	asked bool // scontrol was asked about this launch, or sacct about its end
}

// maxEnded bounds the jobs that are remembered after the queue has lost them.
const maxEnded = 1000

// take takes a whole answer of squeue about all jobs that are watched.
func (m *memory) take(jobs []told) {
	seen := make(map[string]bool, len(jobs))
	for _, j := range jobs {
		seen[j.ID] = true
		m.update(j)
	}
	var gone []*known
	for id, k := range m.jobs {
		switch {
		case seen[id]:
			continue
		case strings.Contains(id, "["):
			delete(m.jobs, id) // the rest of an array has fewer tasks now, and so another name
			continue
		case k.State.Alive():
			k.State, k.asked = remote.JobVanished, false
			k.Why = why(&k.Job)
		}
		gone = append(gone, k)
	}
	if len(gone) <= maxEnded {
		return
	}
	slices.SortFunc(gone, func(a, b *known) int { return newestFirst(a.Job, b.Job) })
	for _, k := range gone[maxEnded:] {
		delete(m.jobs, k.ID)
	}
}

// update takes what was told of one job. What scontrol told of the same launch
// stays.
func (m *memory) update(j told) {
	old := m.jobs[j.ID]
	if old != nil && old.Restarts == j.Restarts && old.Number == j.Number {
		k := known{told: j, asked: old.asked && old.State != remote.JobVanished}
		k.GPUIndex = old.GPUIndex
		if k.logs && !old.logs {
			k.logs, k.Stdout, k.Stderr = false, old.Stdout, old.Stderr
		}
		m.jobs[j.ID] = &k
		return
	}
	m.jobs[j.ID] = &known{told: j}
}

// list returns the jobs, newest first.
func (m *memory) list() []remote.Job {
	out := make([]remote.Job, 0, len(m.jobs))
	for _, k := range m.jobs {
		out = append(out, k.Job)
	}
	slices.SortFunc(out, newestFirst)
	return out
}

// add takes what scontrol told.
func (k *known) add(d detail) {
	if d.gpus != nil {
		k.GPUIndex = d.gpus
	}
	if k.logs {
		k.Stdout, k.Stderr, k.logs = d.stdout, d.stderr, false
		if k.Stderr == k.Stdout {
			k.Stderr = ""
		}
	}
}

// vague returns the newest running job of which scontrol can tell more: names
// of logs, or which GPUs it has where it has not all of its nodes'.
func (m *memory) vague(user string, nodes []remote.Node) *known {
	byName := make(map[string]int, len(nodes))
	for _, n := range nodes {
		byName[n.Name] = n.GPUs
	}
	var best *known
	for _, k := range m.jobs {
		if k.asked || k.State != remote.JobRunning || k.User != user {
			continue
		}
		if k.GPUs > 0 && k.GPUIndex == nil {
			k.GPUIndex = allOf(&k.Job, byName)
		}
		if !k.logs && (k.GPUs == 0 || k.GPUIndex != nil) {
			continue
		}
		if best == nil || newestFirst(k.Job, best.Job) < 0 {
			best = k
		}
	}
	return best
}

// allOf is the indices of a job that has all GPUs of its nodes; nil if it has
// not.
func allOf(j *remote.Job, gpus map[string]int) map[string][]int {
	sum := 0
	for _, n := range j.Nodes {
		sum += gpus[n]
	}
	if sum != j.GPUs {
		return nil
	}
	out := make(map[string][]int, len(j.Nodes))
	for _, n := range j.Nodes {
		for i := range gpus[n] {
			out[n] = append(out[n], i)
		}
	}
	return out
}

// vanished returns jobs whose end nobody has been asked about, at most as many
// as a command line takes.
func (m *memory) vanished() []string {
	const most = 200
	var ids []string
	for id, k := range m.jobs {
		if k.State == remote.JobVanished && !k.asked && len(ids) < most {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// ended takes what the accounting told of vanished jobs.
func (m *memory) ended(ids []string, ends map[string]remote.Job) {
	for _, id := range ids {
		k := m.jobs[id]
		if k == nil {
			continue
		}
		k.asked = true
		e, ok := ends[id]
		if !ok {
			continue
		}
		k.State, k.ExitCode, k.Signal, k.Elapsed = e.State, e.ExitCode, e.Signal, e.Elapsed
		k.Started, k.Ended, k.Reason, k.Left = e.Started, e.Ended, "", 0
		k.Why = why(&k.Job)
	}
}
