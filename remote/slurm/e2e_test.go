//go:build linux

package slurm

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/remotetest"
)

// quick is a pace for a cluster that is there to be tested.
func quick() pace {
	p := usual()
	p.watched, p.idle, p.nodes, p.details, p.offline = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
	p.most, p.requests = 3*time.Second, 1<<20
	return p
}

// watch runs a poller on a cluster on this machine, until the test's end.
func watch(t *testing.T, s *remotetest.Slurm, pc pace) *Poller {
	t.Helper()
	key, value, _ := strings.Cut(s.Env, "=")
	t.Setenv(key, value)
	p := newPoller(remote.Local{}, Options{}, pc)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return p
}

// until waits until the poller tells something.
func until(t *testing.T, p *Poller, what string, ok func(*remote.Cluster) bool) *remote.Cluster {
	t.Helper()
	limit := time.After(90 * time.Second)
	for c := p.Cluster(); ; c = p.Cluster() {
		if ok(c) {
			return c
		}
		select {
		case <-p.Changed():
		case <-limit:
			t.Fatalf("%s: never; problem %q, jobs:\n%s", what, c.Problem, listing(c))
		}
	}
}

func listing(c *remote.Cluster) string {
	var b strings.Builder
	for _, j := range c.Jobs {
		fmt.Fprintf(&b, "%s %s %s (%s; %s) gpus=%d %v code=%d:%d\n", j.ID, j.Name, j.State, j.Reason, j.Why, j.GPUs, j.GPUIndex, j.ExitCode, j.Signal)
	}
	return b.String()
}

func started(s *remotetest.Slurm, id string) {
	s.Wait("job "+id, func() bool { return strings.TrimSpace(s.Run("squeue", "-h", "-j", id, "-o", "%T")) == "RUNNING" })
}

func find(c *remote.Cluster, id string) remote.Job {
	for _, j := range c.Jobs {
		if j.ID == id {
			return j
		}
	}
	return remote.Job{}
}

// TestRealCluster sends jobs of every fate through a real Slurm.
func TestRealCluster(t *testing.T) {
	s := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 3})
	dir := t.TempDir()
	s.Run("scontrol", "update", "nodename="+s.Nodes[2], "state=drain", "reason=gpu3 xid 79")
	hostile := "a|b \"q\" é\x1fx\ny\x1b[31mz $(id) 'w'"
	id := map[string]string{}
	submit := func(name, line string, args ...string) {
		t.Helper()
		id[name] = s.Sbatch(dir, line, append([]string{"-J", name, "-t", "10"}, args...)...)
	}
	submit("plain", "sleep 300", "--gres=gpu:h200:2", "-o", "%x-%j.out")
	submit("two", "sleep 300", "-N", "2", "--gpus-per-node=1", "-o", "%u-%05j-%n%t.txt", "-e", "%x.err")
	submit(hostile, "sleep 300", "--gpus=1")
	submit("sweep", "sleep 300", "--array=0-9%2")
	submit("fails", "exit 3")
	submit("killed", "kill -9 $$")
	submit("nolog", "true", "-o", dir+"/gone/%j.out")
	submit("never", "true", "-d", "afterok:"+s.Sbatch(dir, "false", "-J", "first"))
	submit("held", "true", "-H")
	submit("later", "true", "--begin=now+1hour")
	submit("after", "true", "-d", "afterany:"+id["plain"])
	submit("again", "sleep 300")
	submit("cancelled", "sleep 300")
	started(s, id["again"])
	s.Run("scontrol", "requeue", id["again"])
	submit("big", "true", "-N", "2", "--gpus-per-node=8", "--exclusive") // last: nothing starts behind it
	p := watch(t, s, quick())
	type fate struct {
		state remote.JobState
		gpus  int
		log   string
		why   string
	}
	log := func(name string) string { return filepath.Join(dir, name) }
	want := map[string]fate{
		id["plain"]:              {"RUNNING", 2, log("plain-" + id["plain"] + ".out"), ""},
		id["two"]:                {"RUNNING", 2, log("root-0000" + id["two"] + "-00.txt"), ""},
		id[hostile]:              {"RUNNING", 1, log("slurm-" + id[hostile] + ".out"), ""},
		id["fails"]:              {"FAILED", 0, log("slurm-" + id["fails"] + ".out"), "exit code 3"},
		id["killed"]:             {"FAILED", 0, log("slurm-" + id["killed"] + ".out"), "killed (signal 9)"},
		id["nolog"]:              {"FAILED", 0, log("gone/" + id["nolog"] + ".out"), "could not start"},
		id["big"]:                {"PENDING", 16, log("slurm-" + id["big"] + ".out"), "waits for"},
		id["never"]:              {"PENDING", 0, log("slurm-" + id["never"] + ".out"), "will never start"},
		id["held"]:               {"PENDING", 0, log("slurm-" + id["held"] + ".out"), "held by its user"},
		id["later"]:              {"PENDING", 0, log("slurm-" + id["later"] + ".out"), "waits for the time"},
		id["after"]:              {"PENDING", 0, log("slurm-" + id["after"] + ".out"), "waits for job " + id["plain"] + " to end"},
		id["again"]:              {"PENDING", 0, log("slurm-" + id["again"] + ".out"), "requeued"},
		id["cancelled"]:          {"RUNNING", 0, log("slurm-" + id["cancelled"] + ".out"), ""},
		id["sweep"] + "_0":       {"RUNNING", 0, log("slurm-" + id["sweep"] + "_0.out"), ""},
		id["sweep"] + "_1":       {"RUNNING", 0, log("slurm-" + id["sweep"] + "_1.out"), ""},
		id["sweep"] + "_[2-9%2]": {"PENDING", 0, "", "as many tasks of its array"},
	}
	c := until(t, p, "every job where it should be", func(c *remote.Cluster) bool {
		for id, w := range want {
			if j := find(c, id); j.State != w.state || !strings.Contains(j.Why, w.why) {
				return false
			}
		}
		return len(find(c, id["plain"]).GPUIndex) == 1 && len(find(c, id["two"]).GPUIndex) == 2 && len(find(c, id[hostile]).GPUIndex) == 1
	})
	for id, w := range want {
		if j := find(c, id); j.GPUs != w.gpus || j.Stdout != w.log || (w.why == "") != (j.Why == "") || j.User != "root" || j.Dir != dir {
			t.Errorf("%+v\nwant %+v", j, w)
		}
	}
	if j := find(c, id["two"]); j.Stderr != log("two.err") || !slices.Equal(j.Nodes, s.Nodes[:2]) {
		t.Errorf("two: %+v", j)
	}
	if j := find(c, id[hostile]); j.Name != `a|b "q" éx y[31mz $(id) 'w'` {
		t.Errorf("name %q", j.Name)
	}
	used := map[int]int{}
	for _, j := range c.Jobs {
		for _, i := range j.GPUIndex[s.Nodes[0]] {
			used[i]++
		}
	}
	if !reflect.DeepEqual(used, map[int]int{0: 1, 1: 1, 2: 1, 3: 1}) {
		t.Errorf("GPUs in use by index: %v", used)
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "*"))
	for id, w := range want {
		if j := find(c, id); j.State == remote.JobRunning && !slices.Contains(logs, w.log) {
			t.Errorf("Slurm writes no %s: %q", w.log, logs)
		}
	}
	if d := time.Since(find(c, id["plain"]).Started); d < 0 || d > 5*time.Minute {
		t.Errorf("plain started %v ago", d)
	}
	checkNodes(t, c, s)
	checkCancel(t, p, id)
	checkFixed(t, p)
}

func checkNodes(t *testing.T, c *remote.Cluster, s *remotetest.Slurm) {
	t.Helper()
	if len(c.Nodes) != 3 {
		t.Fatalf("nodes: %+v", c.Nodes)
	}
	if n := c.Nodes[0]; n.State != "mixed" || n.GPUs != 8 || n.GPUsUsed != 4 || n.GPUType != "h200" || !slices.Equal(slices.Sorted(slices.Values(n.Partitions)), []string{"debug", "gpu"}) || !n.Usable() {
		t.Errorf("%+v", n)
	}
	if n := c.Nodes[2]; n.Name != s.Nodes[2] || n.State != "drained" || n.Reason != "gpu3 xid 79" || n.Usable() {
		t.Errorf("%+v", n)
	}
}

func checkCancel(t *testing.T, p *Poller, id map[string]string) {
	t.Helper()
	for _, job := range []string{id["cancelled"], id["sweep"] + "_[2-9%2]", id["sweep"] + "_1", id["held"]} {
		if err := p.Cancel(t.Context(), job); err != nil {
			t.Error(err)
		}
	}
	until(t, p, "cancelled jobs", func(c *remote.Cluster) bool {
		return find(c, id["cancelled"]).State == remote.JobCancelled && find(c, id["sweep"]+"_1").State == remote.JobCancelled && find(c, id["held"]).State == remote.JobCancelled
	})
	c := p.Cluster()
	if j := find(c, id["sweep"]+"_0"); j.State != remote.JobRunning {
		t.Errorf("another task was cancelled: %+v", j)
	}
	if w := find(c, id["cancelled"]).Why + ", " + find(c, id["held"]).Why; w != "cancelled while it ran, cancelled before it started" {
		t.Errorf("why: %s", w)
	}
	for _, job := range []string{"99999", id["fails"]} {
		if err := p.Cancel(t.Context(), job); err == nil {
			t.Errorf("%s was cancelled", job)
		}
	}
}

// checkFixed asks the same in the form for versions without suffixes.
func checkFixed(t *testing.T, p *Poller) {
	t.Helper()
	c := *p.c
	suffixed, err := c.queue(t.Context(), "root")
	c.jobs.fixed, c.nodes.fixed = true, true
	fixed, err2 := c.queue(t.Context(), "root")
	if err != nil || err2 != nil || len(fixed) != len(suffixed) {
		t.Fatalf("%d and %d jobs; %v, %v", len(suffixed), len(fixed), err, err2)
	}
	for i, j := range suffixed {
		f := fixed[i]
		j.Seen, j.Elapsed, j.Left = f.Seen, f.Elapsed, f.Left
		if !reflect.DeepEqual(j, f) {
			t.Errorf("by width:\n%+v\nby suffix:\n%+v", f, j)
		}
	}
	if nodes, err := c.sinfo(t.Context()); err != nil || len(nodes) != 3 || nodes[2].Reason != "gpu3 xid 79" {
		t.Errorf("nodes by width: %+v, %v", nodes, err)
	}
}

// TestRealFreeze is a slurmctld that hangs for a while.
func TestRealFreeze(t *testing.T) {
	s := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 1})
	id := s.Sbatch(t.TempDir(), "sleep 300")
	pc := quick()
	pc.deadline = 2 * time.Second
	p := watch(t, s, pc)
	until(t, p, "the job", func(c *remote.Cluster) bool { return find(c, id).State == remote.JobRunning && c.Problem == "" })
	s.Freeze()
	c := until(t, p, "trouble", func(c *remote.Cluster) bool { return c.Problem != "" && c.Every > time.Second })
	if find(c, id).State != remote.JobRunning {
		t.Errorf("what was known is gone:\n%s", listing(c))
	}
	t.Logf("frozen: every %v, %s", c.Every, c.Problem)
	s.Thaw()
	c = until(t, p, "recovery", func(c *remote.Cluster) bool { return c.Problem == "" && c.Every < time.Second })
	if time.Since(c.At) > time.Minute {
		t.Errorf("the answer is of %v ago", time.Since(c.At))
	}
}

// TestRealRequests compares the requests that are told with those that
// slurmctld counted.
func TestRealRequests(t *testing.T) {
	s := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 1})
	s.Sbatch(t.TempDir(), "sleep 300", "--gres=gpu:2")
	id := s.Sbatch(t.TempDir(), "sleep 300")
	started(s, id)
	key, value, _ := strings.Cut(s.Env, "=")
	t.Setenv(key, value)
	pc := quick()
	pc.nodes, pc.details = 0, 0
	p := newPoller(remote.Local{}, Options{}, pc)
	before := counted(s)
	for range 5 {
		if err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	after := counted(s)
	sum := 0
	for kind, n := range after {
		if d := n - before[kind]; d > 0 {
			sum += d
			t.Logf("%s: %d", kind, d)
		}
	}
	// scancel is counted at the higher of what versions need.
	if told := p.Cluster().RPCs; sum > told || sum < told-costCancel {
		t.Errorf("%d requests told, %d counted by slurmctld", told, sum)
	}
}

var rpc = regexp.MustCompile(`(?m)^\s+(REQUEST_\S+)\s+\(\s*\d+\) count:(\d+)`)

// counted is what slurmctld counted, by kind, without what is not ours.
func counted(s *remotetest.Slurm) map[string]int {
	all, _, _ := strings.Cut(s.Run("sdiag"), "statistics by user")
	out := map[string]int{}
	for _, m := range rpc.FindAllStringSubmatch(all, -1) {
		out[m[1]], _ = strconv.Atoi(m[2])
	}
	maps.DeleteFunc(out, func(kind string, _ int) bool {
		return !strings.HasPrefix(kind, "REQUEST_JOB_INFO") && !slices.Contains([]string{
			"REQUEST_PARTITION_INFO", "REQUEST_NODE_INFO", "REQUEST_CANCEL_JOB", "REQUEST_KILL_JOB", "REQUEST_CANCEL_JOB_STEP", "REQUEST_CANCEL_JOB_MSG",
		}, kind)
	})
	return out
}
