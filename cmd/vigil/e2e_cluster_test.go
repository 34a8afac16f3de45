//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/remote/remotetest"
)

// trainer is a training run in awk: a model of one layer is fitted to noisy
// data by gradient descent, and the loss on data that it has not seen is logged
// in the speedrun's format.
const trainer = `BEGIN {
	srand(seed); n = 8; spent = 0
	for (i = 0; i < n; i++) { truth[i] = rand() - 0.5; w[i] = 0 }
	for (step = 0; step <= steps; step++) {
		if (step % 5 == 0 || step == steps) {
			loss = 0
			for (k = 0; k < 40; k++) {
				y = 0; p = 0
				for (i = 0; i < n; i++) { z = rand() * 2 - 1; y += truth[i] * z; p += w[i] * z }
				loss += (p - y) ^ 2 / 40
			}
			printf "step:%d/%d val_loss:%.5f train_time:%.3fs step_avg:%.2fms\n", step, steps, 3 + loss, spent, 1000 * spent / (step + 0.001)
			fflush()
			system("sleep " pause)
			spent += pause
		}
		y = 0; p = 0
		for (i = 0; i < n; i++) { x[i] = rand() * 2 - 1; y += truth[i] * x[i]; p += w[i] * x[i] }
		for (i = 0; i < n; i++) w[i] -= rate * (p - y) * x[i]
		if (die && step == die) { print "Traceback (most recent call last):"; print "RuntimeError: the loss is gone"; exit 3 }
	}
	print "peak memory allocated: 29000 MiB reserved: 31000 MiB"
}`

// TestE2ECluster has thirty jobs of every fate on a real Slurm behind a real
// sshd: vigil tells each one's state, and has every point of their logs once.
func TestE2ECluster(t *testing.T) {
	t.Parallel() // it mostly waits
	if testing.Short() {
		t.Skip("-short: no end-to-end tests")
	}
	cl := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 2})
	d := remotetest.NewSSHD(t, remotetest.SSHDOptions{Env: []string{cl.Env}})
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, "train.awk"), []byte(trainer), 0o600); err != nil {
		t.Fatal(err)
	}
	w := watchHost(t, d, "slurm = true")

	// submit runs the trainer with so many steps, a step in five being 0.2 s.
	submit := func(name string, steps, die int, more ...string) string {
		line := fmt.Sprintf("awk -v seed=$SLURM_JOB_ID -v steps=%d -v die=%d -v rate=0.05 -v pause=0.2 -f train.awk", steps, die)
		return cl.Sbatch(work, line, append([]string{"--job-name", name, "--output", "%x-%A_%a.log", "--gres", "gpu:1"}, more...)...)
	}
	want := map[string]remote.JobState{}
	for i := range 12 {
		want[submit(fmt.Sprintf("plain-%d", i), 100+10*i, 0)] = remote.JobCompleted
	}
	array := submit("sweep", 80, 0, "--array=0-7")
	for i := range 8 {
		want[fmt.Sprintf("%s_%d", array, i)] = remote.JobCompleted
	}
	want[submit("fails-1", 200, 60)] = remote.JobFailed
	want[submit("fails-2", 200, 95)] = remote.JobFailed
	cancelled := []string{submit("cancelled-1", 1e6, 0), submit("cancelled-2", 1e6, 0)}
	requeued := submit("requeued", 600, 0, "--requeue")
	want[requeued] = remote.JobCompleted
	first := submit("first", 60, 0)
	want[first] = remote.JobCompleted
	want[submit("after", 60, 0, "--dependency=afterok:"+first)] = remote.JobCompleted
	held := submit("held", 60, 0, "--hold")
	want[held] = remote.JobPending
	for i := range 2 { // they need every GPU, which are never all free while others run
		want[submit(fmt.Sprintf("large-%d", i), 40, 0, "--nodes=2", "--gres=gpu:8")] = remote.JobCompleted
	}
	for _, id := range cancelled {
		want[id] = remote.JobCancelled
	}
	if len(want) != 30 {
		t.Fatalf("%d jobs", len(want))
	}

	job := func(id string) remote.Job {
		for _, c := range w.hosts.cluster().Clusters {
			if i := slices.IndexFunc(c.Jobs, func(j remote.Job) bool { return j.ID == id }); i >= 0 && c.Host == d.Alias {
				return c.Jobs[i]
			}
		}
		return remote.Job{}
	}
	await(t, w, "a running job's curve, live", func() bool {
		j := job(requeued)
		return j.State == remote.JobRunning && len(points(w, j.Stdout)) > 3
	})
	await(t, w, "a job that waits for resources", func() bool {
		return slices.ContainsFunc(w.hosts.cluster().Clusters, func(c *remote.Cluster) bool {
			return slices.ContainsFunc(c.Jobs, func(j remote.Job) bool {
				return strings.HasPrefix(j.Name, "large") && j.State == remote.JobPending && j.Why != ""
			})
		})
	})
	cl.Run("scontrol", "requeue", requeued)
	for _, id := range cancelled {
		await(t, w, "a curve of "+id, func() bool { return len(points(w, job(id).Stdout)) > 0 })
		if err := w.hosts.cancel(t.Context(), d.Alias, id); err != nil {
			t.Errorf("cancel: %v", err)
		}
	}
	for id, state := range want {
		await(t, w, fmt.Sprintf("job %s to be %s", id, state), func() bool { return job(id).State == state })
	}
	if j := job(held); j.Why == "" {
		t.Errorf("nothing says why the held job waits: %+v", j)
	}
	total := 0
	for id := range want {
		j := job(id)
		if id == held {
			continue
		}
		logged := logged(t, j.Stdout)
		await(t, w, "every point of "+j.Stdout, func() bool { return slices.Equal(points(w, j.Stdout), logged) })
		total += len(logged)
		if r := runOf(w, j.Stdout); id != requeued && r.Metric("val_loss").Len() != len(logged) {
			t.Errorf("%s: %d points of %d: some came twice", j.Stdout, r.Metric("val_loss").Len(), len(logged))
		}
	}
	c := w.hosts.cluster().Clusters
	t.Logf("%d jobs, %d points, each once; %d RPCs", len(want), total, c[len(c)-1].RPCs)
}

// watchHost runs everything but the screen on one host behind sshd.
func watchHost(t *testing.T, d *remotetest.SSHD, lines string) *watching {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	text := fmt.Sprintf("[tmux]\nsockets = [%q]\n[[host]]\nname = %q\nssh_config = %q\n%s\n", filepath.Join(dir, "none"), d.Alias, d.Config, lines)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"VIGIL_CONFIG": config, "XDG_STATE_HOME": dir, "HOME": dir, "PATH": os.Getenv("PATH")}
	e := env{Getenv: func(k string) string { return vars[k] }, Home: dir, Now: time.Now}
	w, err := openWatch(t.Context(), e, overrides{}, watchOptions{watched: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.run(ctx) }() // ends with ctx
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// await waits for a condition, and says what vigil knew if it never comes.
func await(t *testing.T, w *watching, what string, ok func() bool) {
	t.Helper()
	const patience = 4 * time.Minute // the scheduler is asked every 15 s
	if clients.Poll(patience, ok) {
		return
	}
	var b strings.Builder
	c := w.hosts.cluster()
	fmt.Fprintf(&b, "links %+v\n", c.Links)
	for _, c := range c.Clusters {
		fmt.Fprintf(&b, "%s: %s, %d RPCs\n", c.Host, c.Problem, c.RPCs)
		for _, j := range c.Jobs {
			fmt.Fprintf(&b, "  %s %s %s %q %s\n", j.ID, j.Name, j.State, j.Why, j.Stdout)
		}
	}
	for _, r := range w.runs.store.Snapshot().All() {
		fmt.Fprintf(&b, "  %s %s step %d\n", r.Path, r.Status, r.Step)
	}
	t.Fatalf("no %s within %v\n%s", what, patience, b.String())
}

// point is a value as the log prints it.
type point struct {
	step  int64
	value float32
}

// runOf is the last run of a log, or nil.
func runOf(w *watching, path string) *curve.Run {
	var last *curve.Run
	for _, r := range w.runs.store.Snapshot().All() {
		if r.Path == path && (last == nil || r.Index > last.Index) {
			last = r
		}
	}
	return last
}

// points are those that vigil has of the last run of a log.
func points(w *watching, path string) []point {
	r := runOf(w, path)
	if r == nil || r.Metric("val_loss") == nil {
		return nil
	}
	var out []point
	for p := range r.Metric("val_loss").Points() {
		out = append(out, point{p.Step, float32(p.Value)})
	}
	return out
}

var pointLine = regexp.MustCompile(`^step:(\d+)/\d+ val_loss:(\S+) `)

// logged are the points that a log holds, by a plain regular expression.
func logged(t *testing.T, path string) []point {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []point
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if m := pointLine.FindStringSubmatch(sc.Text()); m != nil {
			step, err := strconv.ParseInt(m[1], 10, 64)
			v, err2 := strconv.ParseFloat(m[2], 64)
			if err != nil || err2 != nil || math.IsNaN(v) {
				t.Fatalf("%s: %q", path, sc.Text())
			}
			out = append(out, point{step, float32(v)})
		}
	}
	return out
}
