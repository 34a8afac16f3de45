package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vigil/remote"
)

func TestWriteCluster(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	c := &remote.Cluster{
		Host: "head", Version: "slurm 24.11.5", At: at, RPCs: 4, Problem: "sinfo is missing there: nodes are not told",
		Jobs: []remote.Job{
			{ID: "12_[3-9%2]", Name: "sweep", User: "ada", State: remote.JobPending, Why: "waits for free nodes, CPUs or GPUs", ExitCode: -1, Left: time.Hour},
			{ID: "7", Name: strings.Repeat("é", 60), User: "ada", State: remote.JobRunning, Nodes: []string{"n1", "n2"}, GPUs: 16, ExitCode: -1, Left: -1, Elapsed: 90 * time.Second, Started: at, GPUIndex: map[string][]int{"n1": {0}}},
			{ID: "5", User: "ada", State: remote.JobFailed, Reason: "NonZeroExitCode", ExitCode: 0, Signal: 9},
		},
		Nodes: []remote.Node{
			{Name: "n1", State: "mixed", Marks: "-", Partitions: []string{"gpu", "debug"}, CPUs: 32, CPUsUsed: 4, GPUs: 8, GPUsUsed: 4, GPUType: "h200"},
			{Name: "n2", State: "drained", Reason: "xid 79", CPUs: 32},
		},
	}
	var out bytes.Buffer
	if err := writeCluster(&out, c); err != nil {
		t.Fatal(err)
	}
	want := `head: slurm 24.11.5, 3 jobs, 4 of 8 GPUs in use

job         name                 state    elapsed  left      nodes  gpus  user  why
12_[3-9%2]  sweep                PENDING  -        1h0m0s    -      -     ada   waits for free nodes, CPUs or GPUs
7           éééééééééééééééééé…  RUNNING  1m30s    no limit  n1,n2  16    ada   
5           -                    FAILED   -        -         -      -     ada   NonZeroExitCode

node  state    gpus      cpus  partitions  reason
n1    mixed-   4/8 h200  4/32  gpu,debug   
n2    drained  -         0/32              xid 79

! sinfo is missing there: nodes are not told

4 requests
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	out.Reset()
	if err := writeClusterJSON(&out, c); err != nil {
		t.Fatal(err)
	}
	var l clusterLine
	if err := json.Unmarshal(out.Bytes(), &l); err != nil {
		t.Fatal(err)
	}
	if len(l.Jobs) != 3 || len(l.Nodes) != 2 || l.RPCs != 4 || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("%s", out.String())
	}
	if j := l.Jobs[1]; j.Left != nil || j.ExitCode != nil || j.Ended != nil || j.Started == nil || j.Elapsed != 90 || j.GPUIndex["n1"][0] != 0 {
		t.Errorf("%+v", j)
	}
	if j := l.Jobs[2]; *j.ExitCode != 0 || *j.Signal != 9 || j.Nodes == nil {
		t.Errorf("%+v", j)
	}
}

func TestSchedulers(t *testing.T) {
	c := Config{Hosts: []HostConfig{{Name: "head", Slurm: true}, {Name: "desk"}}}
	for _, w := range []struct {
		c    Config
		host string
		want string
	}{{c, "", "head"}, {Config{}, "", local}, {c, "desk", "desk"}} {
		if got := strings.Join(schedulers(w.c, w.host), " "); got != w.want {
			t.Errorf("schedulers(%v, %q) = %s", w.c.Hosts, w.host, got)
		}
	}
}

// TestJobsWithout is a machine that has no Slurm: one line that says so.
func TestJobsWithout(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	e, out, errs := testEnv(t, "jobs")
	if err := run(t.Context(), e); err == nil || out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("%v; printed %q, %q", err, out, errs)
	}
}
