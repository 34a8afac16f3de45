package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/remote"
	"vigil/tui"
)

func TestIdleCompute(t *testing.T) {
	start := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	job := func(state remote.JobState, id, dir string, nodes ...string) remote.Job {
		return remote.Job{Host: "head", ID: id, Number: id, State: state, Nodes: nodes, GPUs: 2 * max(len(nodes), 1), Dir: dir, Started: start.Add(-time.Hour)}
	}
	const ws = "/w"
	for _, tt := range []struct {
		name  string
		util  map[string]float64 // by node, in percent, all along
		jobs  []remote.Job
		host  string    // of the agent; "head" if empty
		run   time.Time // its last one
		after time.Duration
		want  string // part of the evidence; empty: nothing is idle
	}{
		{"a job that does nothing", map[string]float64{"n1": 0}, []remote.Job{job(remote.JobRunning, "7", ws, "n1")}, "", start, 4 * time.Minute, "GPUs idle in its job 7: 2 of 2; no job of it waits"},
		{"not for long", map[string]float64{"n1": 0}, []remote.Job{job(remote.JobRunning, "7", ws, "n1")}, "", start, 2 * time.Minute, ""},
		{"a job that works", map[string]float64{"n1": 97}, []remote.Job{job(remote.JobRunning, "7", ws, "n1")}, "", start, 9 * time.Minute, ""},
		{"a node of two", map[string]float64{"n1": 0, "n2": 50}, []remote.Job{job(remote.JobRunning, "7", ws, "n1", "n2")}, "", start, 9 * time.Minute, ": 2 of 4;"},
		{"use is not told", map[string]float64{"n1": math.NaN()}, []remote.Job{job(remote.JobRunning, "7", ws, "n1")}, "", start, 9 * time.Minute, ""},
		{"another job waits", map[string]float64{"n1": 0}, []remote.Job{job(remote.JobRunning, "7", ws, "n1"), job(remote.JobPending, "8", ws)}, "", start, 9 * time.Minute, ""},
		{"another agent's job waits", map[string]float64{"n1": 0}, []remote.Job{job(remote.JobRunning, "7", ws, "n1"), job(remote.JobPending, "8", "/other")}, "", start, 9 * time.Minute, "job 7"},
		{"another agent's job", map[string]float64{"n1": 0}, []remote.Job{job(remote.JobRunning, "7", "/other", "n1")}, "", start, 9 * time.Minute, ""},
		{"a job that has just begun", map[string]float64{"n1": 0}, []remote.Job{{Host: "head", ID: "7", State: remote.JobRunning, Nodes: []string{"n1"}, GPUs: 2, Dir: ws, Started: start}}, "", start, 4 * time.Minute, ""},
		{"and goes on doing nothing", map[string]float64{"n1": 0}, []remote.Job{{Host: "head", ID: "7", State: remote.JobRunning, Nodes: []string{"n1"}, GPUs: 2, Dir: ws, Started: start}}, "", start, 6 * time.Minute, "job 7"},
		{"one GPU of the node is its", map[string]float64{"n1": 0}, []remote.Job{{Host: "head", ID: "7", State: remote.JobRunning, Nodes: []string{"n1"}, GPUs: 1, GPUIndex: map[string][]int{"n1": {1}}, Dir: ws, Started: start.Add(-time.Hour)}}, "", start, 9 * time.Minute, ": 1 of 1;"},
		{"a job without GPUs", map[string]float64{"n1": 0}, []remote.Job{{Host: "head", ID: "7", State: remote.JobRunning, Nodes: []string{"n1"}, Dir: ws, Started: start}}, "", start, 9 * time.Minute, ""},
		{"its own machine", map[string]float64{"local": 0}, nil, "local", start, 9 * time.Minute, "GPUs idle on its machine: 2 of 2"},
		{"its own machine, just trained", map[string]float64{"local": 0}, nil, "local", start.Add(7 * time.Minute), 9 * time.Minute, ""},
		{"a machine on which it trains nothing", map[string]float64{"local": 0}, nil, "local", time.Time{}, 9 * time.Minute, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.host == "" {
				tt.host = "head"
			}
			d := newIdleGPUs()
			c := &tui.Cluster{}
			if tt.jobs != nil {
				c.Clusters = []*remote.Cluster{{Host: "head", Jobs: tt.jobs}}
			}
			var end time.Time
			for at := time.Duration(0); at <= tt.after; at += 10 * time.Second {
				end, c.GPUs = start.Add(at), nil
				for node, util := range tt.util {
					for i := range 2 {
						c.GPUs = append(c.GPUs, remote.GPU{Host: tt.host, Node: node, Index: i, Util: util, At: end})
					}
				}
				d.look(c.GPUs, end)
			}
			v := idler{agent.View{Agent: agent.Agent{ID: "a", Host: tt.host, Workspace: ws}}, tt.run, 3 * time.Minute}
			got := d.of(v, c, end)
			text := strings.Join(got.Evidence, "; ")
			if (tt.want == "") != (text == "") || !strings.Contains(text, tt.want) {
				t.Errorf("%q, want %q", text, tt.want)
			}
			if (text == "") != got.Since.IsZero() {
				t.Errorf("%q since %v", text, got.Since)
			}
			// Use ends it, and looks that are old say nothing.
			for i := range c.GPUs {
				c.GPUs[i].Util = 80
			}
			d.look(c.GPUs, end)
			if got := d.of(v, c, end); len(got.Evidence) > 0 {
				t.Errorf("in use: %v", got)
			}
		})
	}
}

func TestOldLooksAreNoIdleness(t *testing.T) {
	start := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	d := newIdleGPUs()
	gpus := []remote.GPU{{Host: "head", Node: "n1", At: start}}
	d.look(gpus, start)
	d.look(gpus, start.Add(2*time.Minute)) // the connection is lost
	gpus[0].At = start.Add(10 * time.Minute)
	d.look(gpus, start.Add(10*time.Minute))
	if at := d.since[gpuPlace{"head", "n1", 0}]; !at.Equal(start.Add(10 * time.Minute)) {
		t.Errorf("idle since %v", at)
	}
}
