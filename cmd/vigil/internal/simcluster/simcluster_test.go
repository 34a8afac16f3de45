package simcluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/runlog"
	"vigil/remote/slurm"
)

// host runs the tools of a world in this process.
type host struct {
	remote.Local
	dir string
}

var _ remote.Host = host{}

func (h host) Run(ctx context.Context, c remote.Cmd) ([]byte, error) {
	args := c.Args
	if args[0] == "id" {
		return []byte("someone\n"), nil
	}
	for len(args) > 1 && (args[0] == "env" || strings.Contains(args[0], "=")) {
		args = args[1:]
	}
	out, errs, code := call(ctx, h.dir, args...)
	if code != 0 {
		return []byte(out), &remote.ExitError{Cmd: args[0], Code: code, Stderr: strings.TrimSpace(errs)}
	}
	return []byte(out), nil
}

func call(ctx context.Context, dir string, args ...string) (out, errs string, code int) {
	var o, e bytes.Buffer
	getenv := func(name string) string {
		return map[string]string{nodeVariable: "h200-001", "SLURM_JOB_ID": "4101"}[name]
	}
	code = Tool(ctx, args[0], Call{Dir: dir, Args: args[1:], Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Getenv: getenv})
	return o.String(), e.String(), code
}

// played is a world at a moment of its story, after all that comes before it.
func played(t *testing.T, w *World, from, to time.Duration) {
	t.Helper()
	for at := from; at <= to; at += time.Second {
		if err := w.step(at, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func newWorld(t *testing.T, endless bool) *World {
	t.Helper()
	w, err := New(Options{Dir: t.TempDir(), User: "someone", Speed: 1, Endless: endless})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// vigil's own reader of Slurm sees the story as it is meant: jobs wait with
// their reasons, run, and end in each of the ways.
func TestStory(t *testing.T) {
	w := newWorld(t, false)
	p := slurm.New(host{dir: w.o.Dir}, slurm.Options{})
	look := func() map[string]remote.Job {
		t.Helper()
		if err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := p.Cluster(); c.Problem != "" || len(c.Nodes) != 4 {
			t.Fatalf("%+v", c)
		}
		jobs := map[string]remote.Job{}
		for _, j := range p.Cluster().Jobs {
			jobs[j.Name] = j
		}
		return jobs
	}
	played(t, w, 0, 61*time.Second)
	jobs := look()
	if len(jobs) != Jobs() {
		t.Fatalf("%d jobs: %v", len(jobs), jobs)
	}
	for name, want := range map[string][2]string{
		"muoneq-rc-s2": {"RUNNING", ""}, "v12-s3": {"RUNNING", ""}, "wide-mlp": {"RUNNING", ""},
		"v12-s4": {"PENDING", "Resources"}, "cd70-s1": {"PENDING", "Dependency"},
		"four-nodes": {"PENDING", "ReqNodeNotAvail, UnavailableNodes:h200-004"},
	} {
		if j := jobs[name]; string(j.State) != want[0] || j.Reason != want[1] {
			t.Errorf("%s: %s (%s)", name, j.State, j.Reason)
		}
	}
	j := jobs["v12-s3"]
	if j.ID != "4102" || j.User != "someone" || j.GPUs != 8 || !slices.Equal(j.Nodes, []string{"h200-002"}) || j.Left <= 0 || j.Started.IsZero() {
		t.Errorf("%+v", j)
	}
	if _, err := os.Stat(j.Stdout); err != nil {
		t.Error(err)
	}
	for i, want := range []string{"allocated", "allocated", "allocated", "drained"} {
		if n := p.Cluster().Nodes[i]; n.State != want || n.GPUs != 8 || n.GPUType != "h200" || (n.GPUsUsed == 8) != (want == "allocated") {
			t.Errorf("%+v", n)
		}
	}

	played(t, w, 62*time.Second, 600*time.Second)
	if !w.Told() {
		t.Error("the story is not told")
	}
	p = slurm.New(host{dir: w.o.Dir}, slurm.Options{})
	jobs = look()
	for name, want := range map[string]remote.JobState{
		"muoneq-rc-s2": "COMPLETED", "v12-s3": "COMPLETED", "wide-mlp": "OUT_OF_MEMORY", "v12-s4": "COMPLETED",
		"cd70-s1": "COMPLETED", "four-nodes": "PENDING", "bad-config": "FAILED",
	} {
		if j := jobs[name]; j.State != want {
			t.Errorf("%s: %s", name, j.State)
		}
	}
	if j := jobs["v12-s4"]; j.Restarts != 1 {
		t.Errorf("%+v", j)
	}
	if j := jobs["bad-config"]; j.ExitCode != 1 {
		t.Errorf("%+v", j)
	}
}

// What the world says that it has written is what vigil reads in the logs.
func TestPoints(t *testing.T) {
	w := newWorld(t, false)
	played(t, w, 0, 600*time.Second)
	points := w.Points()
	logs, err := filepath.Glob(filepath.Join(w.state.Dir, "*.out"))
	if err != nil || len(logs) != Jobs()-1 { // one never runs
		t.Fatalf("%v, %v", logs, err)
	}
	for _, name := range logs {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n, failed := 0, false
		p := runlog.New()
		take := func(r remote.Record) {
			for _, m := range r.Metrics {
				if m.Name == "val_loss" {
					n++
				}
			}
			failed = failed || r.Kind == remote.Failure
		}
		p.Feed(b, take)
		p.Flush(take)
		if n != points[name] || n == 0 != strings.Contains(name, "bad-config") {
			t.Errorf("%s: %d points read, %d told", name, n, points[name])
		}
		if bad := strings.Contains(name, "wide-mlp") || strings.Contains(name, "bad-config"); bad && !failed {
			t.Errorf("%s does not tell why it failed:\n%s", name, b[max(0, len(b)-300):])
		}
	}
}

// scancel ends jobs, by way of vigil's own Cancel.
func TestCancel(t *testing.T) {
	w := newWorld(t, false)
	played(t, w, 0, 10*time.Second)
	if out, errs, code := call(t.Context(), w.o.Dir, "scancel", "4101", "4104", "1"); out+errs != "" || code != 0 {
		t.Errorf("%q, %q, %d", out, errs, code)
	}
	played(t, w, 11*time.Second, 12*time.Second)
	for _, id := range []string{"4101", "4104"} {
		out, errs, code := call(t.Context(), w.o.Dir, "squeue", "-h", "-t", "all", "-j", id, "-O", "JobID:\x1f,State:\x1f")
		if want := id + "\x1fCANCELLED\x1f\n"; out != want || code != 0 {
			t.Errorf("%q, %q", out, errs)
		}
	}
	if _, err := os.Stat(cancelPath(w.o.Dir, 1)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a job that does not exist was cancelled")
	}
}

// For as long as somebody watches, jobs come, and memory does not grow.
func TestEndless(t *testing.T) {
	w := newWorld(t, true)
	for at := time.Duration(0); at < 3*time.Hour; at += 10 * time.Second {
		if err := w.step(at, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.state.Jobs); n != keep || len(w.plays) != keep || w.Told() {
		t.Errorf("%d jobs, %d plays", n, len(w.plays))
	}
	busy := 0
	for _, n := range w.state.Nodes {
		for _, b := range w.state.busy(n.Name) {
			if b {
				busy++
			}
		}
	}
	if busy < 12 {
		t.Errorf("%d GPUs busy", busy)
	}
}

// The tools answer as the true ones also where they refuse.
func TestTools(t *testing.T) {
	w := newWorld(t, false)
	played(t, w, 0, 30*time.Second)
	for _, c := range []struct {
		args      string
		out, errs string // parts
		code      int
	}{
		{"squeue --version", "slurm 24.11.5\n", "", 0},
		{"squeue", "JOBARRAYID", "", 0},
		{"squeue -h -j 99", "", "slurm_load_jobs error: Invalid job id specified", 1},
		{"sinfo", "drained     h200-004", "", 0},
		{"scontrol show job -d -o 4102", "JOB_GRES=gpu:h200:8   Nodes=h200-002 CPU_IDs=0-63 Mem=0 GRES=gpu:h200:8(IDX:0-7)", "", 0},
		{"scontrol show job 99", "", "Invalid job id specified", 1},
		{"sacct -X", "", "Slurm accounting storage is disabled", 1},
		{"srun --jobid=99 -w h200-001 true", "", "Invalid job id specified", 1},
		{"srun --jobid=4104 -w h200-001 true", "", "Job is pending execution", 1},
		{"srun --jobid=4101 --overlap -n1 -N1 -w h200-002 -Q true", "", "Requested node configuration is not available", 1},
		{"srun --jobid=4101", "", "No command given", 1},
		{"nvidia-smi --query-gpu=index,name,utilization.gpu,ecc.x --format=csv,noheader,nounits", "7, NVIDIA H200, 9", "", 0},
		{"nvidia-smi --query-compute-apps=gpu_uuid,pid --format=csv,noheader", fmt.Sprintf("GPU-%s, %d\n", strings.TrimPrefix(uuid("h200-001", 7), "GPU-"), os.Getppid()), "", 0},
		{"nosuch", "", "not part of the demo", 1},
	} {
		args := strings.Fields(c.args)
		out, errs, code := call(t.Context(), w.o.Dir, args...)
		if !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) || code != c.code {
			t.Errorf("%s: %q, %q, %d", c.args, out, errs, code)
		}
	}
	if _, errs, code := call(t.Context(), t.TempDir(), "squeue"); code != 1 || !strings.Contains(errs, "Unable to contact slurm controller") {
		t.Errorf("%q, %d", errs, code)
	}
}
