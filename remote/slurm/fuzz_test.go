package slurm

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"vigil/remote"
)

// safe fails on a text that is not one clean line.
func safe(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		for _, r := range s {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q is not clean", s)
			}
		}
		if len(s) > 2*maxField {
			t.Fatalf("%d bytes of text", len(s))
		}
	}
}

func safeJob(t *testing.T, j *remote.Job) {
	t.Helper()
	safe(t, j.ID, j.Number, j.Array, j.Name, j.User, j.Account, j.Partition, string(j.State), j.Reason, j.Why, j.Depends, j.Dir, j.Stdout, j.Stderr)
	safe(t, j.Nodes...)
	if len(j.Nodes) > maxNodes || j.GPUs < 0 || j.Elapsed < 0 || j.NumNodes < 0 || j.Restarts < 0 {
		t.Fatalf("out of bounds: %+v", j)
	}
}

func FuzzSqueue(f *testing.F) {
	for _, v := range []string{"20.11", "22.05", "24.11", "26.05"} {
		f.Add(fixture(f, "squeue-"+v), false)
	}
	f.Fuzz(func(t *testing.T, out []byte, fixed bool) {
		tab := jobTable()
		tab.fixed = fixed
		jobs, _ := readJobs(tab, out, "head", time.Time{})
		m := memory{jobs: map[string]*known{}}
		m.take(jobs)
		m.take(nil)
		for _, j := range m.list() {
			safeJob(t, &j)
		}
	})
}

func FuzzSinfo(f *testing.F) {
	f.Add(fixture(f, "sinfo-20.11"), false)
	f.Add(fixture(f, "sinfo-26.05"), true)
	f.Fuzz(func(t *testing.T, out []byte, fixed bool) {
		tab := nodeTable()
		tab.fixed = fixed
		nodes, _ := readNodes(tab, out)
		for _, n := range nodes {
			safe(t, n.Name, n.State, n.Marks, n.Reason, n.GPUType)
			safe(t, n.Partitions...)
			if n.GPUs < 0 || n.GPUsUsed < 0 || n.CPUs < 0 || n.CPUsUsed < 0 || n.MemoryMB < 0 {
				t.Fatalf("out of bounds: %+v", n)
			}
		}
	})
}

func FuzzScontrol(f *testing.F) {
	f.Add(fixture(f, "scontrol-22.05"))
	f.Add(fixture(f, "scontrol-26.05"))
	f.Fuzz(func(t *testing.T, out []byte) {
		d, ok := readDetail(out)
		if !ok {
			return
		}
		safe(t, d.stdout, d.stderr)
		if !isNumber(d.job) || len(d.gpus) > maxNodes {
			t.Fatalf("%+v", d)
		}
		for n, idx := range d.gpus {
			safe(t, n)
			if len(idx) > maxGPUs {
				t.Fatalf("%d GPUs", len(idx))
			}
		}
	})
}

func FuzzSacct(f *testing.F) {
	f.Add(strings.ReplaceAll("7~CANCELLED by 1001~0:0~2026-11-22T21:38:37~2026-11-22T21:38:39~2~1\n", "~", sep))
	f.Fuzz(func(t *testing.T, out string) {
		for _, j := range readAcct([]byte(out)) {
			safeJob(t, &j)
		}
	})
}
