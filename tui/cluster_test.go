package tui

import (
	"fmt"
	"math"
	"time"

	"vigil/remote"
)

var passphrase = remote.Question{ID: "q1", Host: "head", Prompt: "Passphrase for key /home/r/.ssh/id_ed25519", Secret: true}

// cluster is a head node whose queue has jobs of all kinds: four nodes with
// eight GPUs each, some of them idle, one node drained.
func cluster() *Cluster {
	ago := func(d time.Duration) time.Time { return clock.Add(-d) }
	job := func(id, name string, state remote.JobState, ran time.Duration) remote.Job {
		return remote.Job{
			Host: "head", ID: id, Number: id, Name: name, User: "r", Account: "nano", Partition: "gpu", State: state,
			NumNodes: 1, GPUs: 8, ExitCode: -1, Submitted: ago(ran + 20*time.Minute), Elapsed: ran, Left: 4*time.Hour - ran,
			Dir: "/home/r/v3/codex", Stdout: "/w/a2/scratchpad/runs/" + name + ".log", Seen: ago(8 * time.Second),
		}
	}
	running := job("4711", "v11c-s1", remote.JobRunning, 42*time.Minute)
	running.Nodes, running.Started, running.Ended = []string{"node01"}, ago(42*time.Minute), clock.Add(198*time.Minute)
	array := job("4712_3", "v11b-s2", remote.JobRunning, 95*time.Minute)
	array.Nodes, array.Started = []string{"node02"}, ago(95*time.Minute)
	two := job("4713", "sweep-lr", remote.JobRunning, 6*time.Minute)
	two.Nodes, two.NumNodes, two.GPUs, two.Dir, two.Stdout = []string{"node03", "node04"}, 2, 13, "/home/x/other", ""
	waits := job("4714", "muoneq-rc", remote.JobPending, 0)
	waits.Reason, waits.Why, waits.Started = "Resources", "waits for free nodes; about 40 minutes", clock.Add(40*time.Minute)
	after := job("4715", "collect", remote.JobPending, 0)
	after.Reason, after.Why, after.Depends, after.GPUs = "DependencyNeverSatisfied", "never starts: the job it depends on failed", "afterok:4709", 0
	oom := job("4709", "qkvp-s1", remote.JobOutOfMem, 11*time.Minute)
	oom.Ended, oom.Why, oom.ExitCode, oom.Signal = ago(25*time.Minute), "out of memory: more than 900 GB on node02", 0, 9
	again := job("4710", "ts3025-s1", remote.JobRequeued, 31*time.Minute)
	again.Why, again.Restarts = "was preempted and waits to start again", 1

	c := &remote.Cluster{
		Host: "head", Version: "slurm 22.05.8", At: ago(8 * time.Second), RPCs: 412, Every: 15 * time.Second,
		Jobs: []remote.Job{after, waits, two, array, running, again, oom},
	}
	used := []int{8, 8, 8, 5, 0}
	for i, n := range used {
		node := remote.Node{
			Name: fmt.Sprintf("node%02d", i+1), State: "allocated", CPUs: 96, CPUsUsed: 12 * n, GPUs: 8, GPUsUsed: n, GPUType: "h200", MemoryMB: 2 << 20,
		}
		switch i {
		case 3:
			node.State = "mixed"
		case 4:
			node.State, node.Reason = "drained", "GPU 3 fell off the bus [root@04:12]"
		}
		c.Nodes = append(c.Nodes, node)
	}
	c.Nodes = append(c.Nodes, remote.Node{Name: "cpu01", State: "idle", CPUs: 64})
	out := &Cluster{Version: 1, Clusters: []*remote.Cluster{c}, Links: []remote.Link{
		{Host: "head", Transport: "native", State: remote.LinkUp, Since: ago(5 * time.Hour), RTT: 21 * time.Millisecond, Channels: 4},
	}}
	for n := range 4 {
		for i := range 8 {
			g := remote.GPU{
				Host: "head", Node: fmt.Sprintf("node%02d", n+1), Index: i, Name: "NVIDIA H200", Util: 91 + float64((3*i+n)%9),
				MemUsed: 80000 + 6000*float64(i%3), MemTotal: 143771, Power: 560 + 10*float64(i), PowerLimit: 700, Temp: 61, Jobs: []string{"4711"}, At: ago(4 * time.Second),
			}
			switch {
			case n == 3 && i >= 5: // nobody's
				g.Util, g.MemUsed, g.Power, g.Jobs = 0, 4, 80, nil
			case n == 2 && i == 2: // held, and not used
				g.Util, g.Power = 0, 120
			case n == 1 && i == 7:
				g.Util, g.Power = math.NaN(), math.NaN()
			}
			out.GPUs = append(out.GPUs, g)
		}
	}
	return out
}

// offline is the cluster while its head node cannot be reached, and other hosts
// that are not up either.
func offline() *Cluster {
	c := cluster()
	k := *c.Clusters[0]
	k.Problem = "the scheduler has not answered for 40 s: no connection to head; it is asked again when there is one"
	c.Clusters[0] = &k
	c.Links = []remote.Link{
		{Host: "head", State: remote.LinkDown, Since: clock.Add(-40 * time.Second), Retry: clock.Add(4 * time.Second), What: "no route to host", Do: "check the network or the VPN"},
		{Host: "lab", State: remote.LinkConnecting, Since: clock.Add(-2 * time.Second)},
		{Host: "old", State: remote.LinkRefused, Since: clock.Add(-time.Hour), What: "its host key has changed", Do: "find out why, then remove the old one from known_hosts"},
	}
	return c
}
