package slurm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil/remote"
)

// Cancel cancels a job of ours by its ID: a job, a task, the waiting rest of an
// array, or a whole array. It returns nil once the scheduler says that the job
// has ended or is being ended, since scancel itself says nothing, even of jobs
// that do not exist.
func (p *Poller) Cancel(ctx context.Context, id string) error {
	if !isID(id) {
		return fmt.Errorf("cancel %q: that is no job ID; they look like 12, 12_4 or 12+1", remote.Line(id, 40))
	}
	if strings.Contains(id, "...") {
		return fmt.Errorf("cancel %s: Slurm does not tell all its tasks: cancel the whole array, or tasks one by one", id)
	}
	if err := p.begin(ctx); err != nil {
		return fmt.Errorf("cancel %s: %w", id, err)
	}
	defer p.end()
	if err := p.cancellable(id); err != nil {
		return fmt.Errorf("cancel %s: %w", id, err)
	}
	p.c.budget.spend(costCancel) // a person asked for it: it does not wait
	target, _, _ := strings.Cut(id, "%")
	if strings.Contains(id, "%") {
		target += "]" // scancel takes no limit of tasks
	}
	if _, err := p.c.run(ctx, "scancel", target); err != nil {
		return fmt.Errorf("cancel %s: %s", id, problem(fmt.Errorf("scancel: %w", err)))
	}
	err := p.cancelled(ctx, id)
	p.publish()
	if err != nil {
		return fmt.Errorf("cancel %s: %w", id, err)
	}
	return nil
}

// cancellable reports why a job cannot be cancelled.
func (p *Poller) cancellable(id string) error {
	some := false
	for _, k := range p.mem.jobs {
		if !covers(id, &k.Job) {
			continue
		}
		switch some = true; {
		case k.User != p.c.me && p.c.me != "root":
			return fmt.Errorf("it is a job of %s, and only its user can cancel it", k.User)
		case k.State.Alive():
			return nil
		}
	}
	if some {
		return errors.New("it has already ended")
	}
	return errors.New("no such job is known; wait for the next answer of squeue, or look at the ID")
}

// covers reports whether an ID names a job, or the array or the heterogeneous
// job that it is of.
func covers(id string, j *remote.Job) bool {
	return j.ID == id || j.Array == id || strings.HasPrefix(j.ID, id+"+")
}

// cancelled waits until the scheduler says that a job is being ended.
func (p *Poller) cancelled(ctx context.Context, id string) error {
	number, _ := digits(id)
	last := ""
	for _, wait := range []time.Duration{0, time.Second, 3 * time.Second} {
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		p.c.budget.spend(costJobs)
		jobs, err := p.c.queue(ctx, everyone, number)
		if ee, ok := errors.AsType[*remote.ExitError](err); ok && strings.Contains(ee.Stderr, "Invalid job id") {
			return nil // it has left the queue
		}
		if err != nil {
			return fmt.Errorf("told so, but whether it did is not known: %s", problem(err))
		}
		if last = p.alive(id, jobs); last == "" {
			return nil
		}
	}
	return fmt.Errorf("scancel took it, but it is still %s: look again in a minute", last)
}

// alive takes what was told of a job, and returns its state if it is not being
// ended.
func (p *Poller) alive(id string, jobs []told) string {
	state := ""
	for _, j := range jobs {
		p.mem.update(j)
		if covers(id, &j.Job) && j.State.Alive() && j.State != remote.JobCompleting {
			state = string(j.State)
		}
	}
	return state
}
