// Package simcluster plays a Slurm cluster for the demo: jobs are submitted,
// wait, run, fail and end on nodes that are none, and write training logs that
// look real. Start with [New] and [World.Run], which plays; [Tool] answers as
// Slurm's programs and nvidia-smi do, in their formats, from what the world has
// written to its folder. So whoever looks at the cluster does so by the ways in
// which a real one is looked at.
package simcluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The cluster's parts that never change.
const (
	version   = "24.11.5"
	account   = "research"
	partition = "gpu"
	gpuType   = "h200"
	perNode   = 8 // GPUs
	cpus      = 64
	memoryMB  = 2_000_000
	limit     = 4 * time.Hour // of every job
	firstJob  = 4101
)

// state is what the world tells its tools, by a file.
type state struct {
	User  string
	Dir   string // where the jobs work
	Jobs  []job
	Nodes []node
}

type node struct {
	Name    string
	Drained string // why; empty if it is in use
}

type job struct {
	ID       int
	Name     string
	State    string
	Reason   string // why it waits
	After    int    // a job that it waits for; 0 without one
	NumNodes int
	GPUs     int    // of each node
	Node     string // where it runs or ran; a job of the demo that runs has one
	FirstGPU int    // the others follow it
	Log      string // path

	Submitted, Started, Ended time.Time
	Restarts                  int
	Exit, Signal              int
}

func (j job) running() bool { return j.State == "RUNNING" }

// busy tells which GPUs of a node jobs have.
func (s state) busy(node string) []bool {
	out := make([]bool, perNode)
	for _, j := range s.Jobs {
		for i := j.FirstGPU; j.running() && j.Node == node && i < j.FirstGPU+j.GPUs; i++ {
			out[i] = true
		}
	}
	return out
}

func statePath(dir string) string { return filepath.Join(dir, "cluster.json") }

// cancelPath is the file by which scancel tells the world.
func cancelPath(dir string, id int) string {
	return filepath.Join(dir, fmt.Sprintf("cancel-%d", id))
}

func (s state) save(dir string) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	tmp := statePath(dir) + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, statePath(dir))
}

func load(dir string) (state, error) {
	var s state
	b, err := os.ReadFile(statePath(dir))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}
