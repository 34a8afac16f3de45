//go:build linux

package main

import (
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/remotetest"
	"vigil/remote/slurm"
	"vigil/tui"
)

// TestE2EIdleCompute finds idle GPUs of an agent's job of a real Slurm, until
// another job of the agent waits.
func TestE2EIdleCompute(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no end-to-end tests")
	}
	s := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 1})
	key, value, _ := strings.Cut(s.Env, "=")
	t.Setenv(key, value)
	workspace := t.TempDir()
	s.Sbatch(workspace, "sleep 300", "--gres=gpu:3")
	states := func() string {
		return strings.Join(strings.Fields(s.Run("squeue", "-h", "-o", "%T", "--sort=i")), " ")
	}
	s.Wait("job", func() bool { return states() == "RUNNING" })
	idle := func() string {
		t.Helper()
		p := slurm.New(remote.Local{}, slurm.Options{})
		if err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := &tui.Cluster{Clusters: []*remote.Cluster{p.Cluster()}}
		now := time.Now().Add(10 * time.Minute)
		for _, j := range p.Cluster().Jobs {
			for _, n := range j.Nodes {
				for i := range 3 {
					c.GPUs = append(c.GPUs, remote.GPU{Host: local, Node: n, Index: i})
				}
			}
		}
		d := newIdleGPUs()
		for at := now.Add(-5 * time.Minute); !at.After(now); at = at.Add(30 * time.Second) {
			for i := range c.GPUs {
				c.GPUs[i].At = at
			}
			d.look(c.GPUs, at)
		}
		v := agent.View{Agent: agent.Agent{ID: "a", Host: local, Workspace: workspace}}
		return strings.Join(d.of(idler{v, time.Time{}, 3 * time.Minute}, c, now).Evidence, "; ")
	}
	if got := idle(); !strings.Contains(got, ": 3 of 3; no job of it waits") {
		t.Errorf("one job, whose GPUs do nothing: %q", got)
	}
	s.Sbatch(workspace, "sleep 300", "--hold")
	s.Wait("second job", func() bool { return strings.Contains(states(), "PENDING") })
	if got := idle(); got != "" {
		t.Errorf("another job waits: %q", got)
	}
}
