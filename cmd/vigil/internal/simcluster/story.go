package simcluster

import (
	"fmt"
	"time"
)

// part is a job of the story. Durations are story time.
type part struct {
	name   string
	submit time.Duration
	take   time.Duration // to run
	nodes  int           // 0 is one
	gpus   int           // of each node
	steps  int
	final  float64 // val_loss at the last step
	after  string  // a job that must have ended well
	fate   fate
}

// fate is how a job ends.
type fate uint8

const (
	well     fate = iota
	oom           // killed for its memory
	requeued      // sent back half-way, ends well the second time
	broken        // fails before its first step
)

// story is what is submitted at first. Together the jobs show what the queue
// of a night looks like.
func story() []part {
	return []part{
		{name: "muoneq-rc-s2", take: 150 * time.Second, gpus: 8, steps: 2990, final: 3.28094},
		{name: "v12-s3", take: 170 * time.Second, gpus: 8, steps: 2960, final: 3.27902},
		{name: "wide-mlp", take: 200 * time.Second, gpus: 8, steps: 2990, final: 3.27651, fate: oom},
		{name: "v12-s4", take: 160 * time.Second, gpus: 8, steps: 2960, final: 3.27988, fate: requeued},
		{name: "cd70-s1", take: 140 * time.Second, gpus: 8, steps: 2930, final: 3.27866, after: "v12-s3"},
		{name: "four-nodes", take: 100 * time.Second, nodes: 4, gpus: 8, steps: 2990, final: 3.281},
		{name: "bad-config", submit: 60 * time.Second, take: time.Second, gpus: 0, fate: broken},
	}
}

// encore is the n-th job after the story, for as long as somebody watches.
func encore(n int) part {
	return part{
		name: fmt.Sprintf("v12-seed%d", n+5), take: time.Duration(120+20*(n%4)) * time.Second, gpus: 4 + 4*(n%2),
		steps: 2960, final: 3.2785 + 0.0006*float64(n*3%7),
	}
}

// lastWords is what the log of a job that did not end well has last.
func (f fate) lastWords(id int, node string) string {
	switch f {
	case oom:
		return fmt.Sprintf("slurmstepd-%s: error: Detected 1 oom_kill event in StepId=%d.batch. "+
			"Some of the step tasks have been OOM Killed.\n", node, id)
	case requeued:
		return fmt.Sprintf("slurmstepd-%s: error: *** JOB %d ON %[1]s CANCELLED AT 2026-05-04T03:12:45 DUE TO JOB REQUEUE ***\n", node, id)
	case broken:
		return "Traceback (most recent call last):\n  File \"train.py\", line 41, in <module>\n    cfg = load(path)\n" +
			"FileNotFoundError: [Errno 2] No such file or directory: 'configs/bad.toml'\n"
	}
	return ""
}

// stop is the part of a run after which it ends.
func (f fate) stop(restarts int) float64 {
	switch {
	case f == oom:
		return 0.4
	case f == requeued && restarts == 0:
		return 0.5
	}
	return 1
}

// Jobs is how many jobs the story has.
func Jobs() int { return len(story()) }
