package slurm

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/remote"
)

// shared returns the folder of what real Slurms printed, which is not part of
// the project; the test is skipped where it is not there.
func shared(t testing.TB) string {
	t.Helper()
	root := os.Getenv("VIGIL_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "samples", "slurm")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no samples of Slurm here (%v); set VIGIL_SHARED to their folder", err)
	}
	return dir
}

// sample reads an answer; nil where it was not taken.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	if b, err := os.ReadFile(name); err == nil {
		return b
	}
	f, err := os.Open(name + ".gz")
	if err != nil {
		return nil
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// asked makes a table of "NAME:WIDTH,...".
func asked(format string) table {
	t := table{fixed: true}
	for f := range strings.SplitSeq(format, ",") {
		name, width, _ := strings.Cut(f, ":")
		n, _ := strconv.Atoi(width)
		t.fields = append(t.fields, field{name: name, width: n})
	}
	return t
}

// TestSamplesSuffixed reads what four versions answered to fields that end in
// 0x1f, which the samples show as "~".
func TestSamplesSuffixed(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared(t), "squeue-O-1f-*.txt"))
	tab := asked("JobArrayID,JobID,ArrayJobID,ArrayTaskID,State,Reason,TimeUsed,StartTime,EndTime,tres-per-node,NodeList,WorkDir,STDOUT,STDERR,exit_code,RestartCnt,Name")
	tab.fixed = false
	for _, name := range files {
		out := bytes.ReplaceAll(sample(t, name), []byte("~"), []byte(sep))
		jobs, err := readJobs(tab, out, "head", time.Time{})
		if err != nil || len(jobs) != bytes.Count(out, []byte("\n")) {
			t.Errorf("%s: %d jobs, %v", name, len(jobs), err)
		}
		for _, j := range jobs {
			want := map[string]string{"fail": "", "a|b c": "/root/rel/a|b c-" + j.Array + "_" + strings.TrimPrefix(j.ID, j.Array+"_") + ".out"}
			if p, known := want[j.Name]; !known || j.Stdout != p || j.GPUs != 1 {
				t.Errorf("%s: %+v", name, j)
			}
			switch {
			case j.State == remote.JobFailed && j.ExitCode+j.Signal == 0, j.State != remote.JobFailed && j.ExitCode != -1:
				t.Errorf("%s: %s %s has exit code %d, signal %d", name, j.ID, j.State, j.ExitCode, j.Signal)
			case j.State != remote.JobRunning && j.Why == "":
				t.Errorf("%s: no word why %s is %s (%s)", name, j.ID, j.State, j.Reason)
			}
		}
	}
}

// TestSamplesAgree compares what squeue and scontrol told of the same jobs at
// the same time, by each version.
func TestSamplesAgree(t *testing.T) {
	dirs, _ := filepath.Glob(filepath.Join(shared(t), "v*"))
	tab := asked("JobID:20,JobArrayID:24,ArrayJobID:12,ArrayTaskID:16,State:14,Reason:30,TimeUsed:14,TimeLeft:14," +
		"tres-per-node:30,tres-alloc:60,NodeList:30,WorkDir:60,STDOUT:120,STDERR:120,exit_code:10,RestartCnt:6,Name:60")
	for _, dir := range dirs {
		out := repad(tab, sample(t, filepath.Join(dir, "squeue-O.out")))
		jobs, err := readJobs(tab, out, "head", time.Time{})
		if err != nil || len(jobs) == 0 {
			t.Errorf("%s: %d jobs, %v", dir, len(jobs), err)
		}
		full := sample(t, filepath.Join(dir, "scontrol-show-jobs-do.out"))
		if full == nil {
			full = sample(t, filepath.Join(dir, "scontrol-show-jobs-o.out"))
		}
		lines := map[string]string{}
		for line := range strings.Lines(string(full)) {
			d, ok := readDetail([]byte(line))
			if !ok {
				t.Errorf("%s: %q", dir, line)
			}
			lines[d.job] = line
		}
		paths, same := 0, 0
		for _, j := range jobs {
			line := lines[j.Number]
			// A job may have gone on between the two commands.
			if line == "" || !strings.Contains(line, " JobState="+string(j.State)+" ") || strings.Contains(j.ID, "[") {
				continue
			}
			same++
			d, _ := readDetail([]byte(line))
			if j.ExitCode >= 0 && !strings.Contains(line, " ExitCode="+strconv.Itoa(j.ExitCode)+":"+strconv.Itoa(j.Signal)+" ") {
				t.Errorf("%s: exit %d:%d of %q", dir, j.ExitCode, j.Signal, line)
			}
			if j.logs || d.stdout == "" {
				continue
			}
			if paths++; j.Stdout != d.stdout {
				t.Errorf("%s: job %s writes to %q, scontrol says %q", dir, j.ID, j.Stdout, d.stdout)
			}
			n := 0
			for _, idx := range d.gpus {
				n += len(idx)
			}
			// The samples have no number of nodes, by which GPUs of a node count.
			if len(d.gpus) > 0 && n != j.GPUs*len(j.Nodes) {
				t.Errorf("%s: job %s has %d GPUs, scontrol says %v", dir, j.ID, j.GPUs, d.gpus)
			}
		}
		t.Logf("%s: %d jobs, %d in the same state in scontrol, %d paths compared", filepath.Base(dir), len(jobs), same, paths)
		if same < len(jobs)/2 || paths == 0 {
			t.Errorf("%s: too few of %d jobs compared", dir, len(jobs))
		}
	}
}

// repad restores the widths of the samples: names in them were replaced by
// others of another length.
func repad(tab table, out []byte) []byte {
	at := slices.IndexFunc(tab.fields, func(f field) bool { return f.name == "WorkDir" })
	head := 0
	for _, f := range tab.fields[:at] {
		head += f.width
	}
	var b bytes.Buffer
	for line := range strings.Lines(string(out)) {
		if len(line) < head {
			continue
		}
		b.WriteString(line[:head])
		rest := strings.TrimRight(line[head:], "\n")
		for i, f := range tab.fields[at:] {
			v := strings.TrimLeft(rest, " ")
			if at+i < len(tab.fields)-1 {
				v, rest, _ = strings.Cut(v, "  ")
			}
			b.WriteString(pad(strings.TrimRight(v, " "), f.width))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// TestSampleNodes reads the nodes of each version.
func TestSampleNodes(t *testing.T) {
	dirs, _ := filepath.Glob(filepath.Join(shared(t), "v*"))
	tab := asked("NodeList:20,StateLong:14,StateCompact:8,Gres:30,GresUsed:40,CPUsState:20,FreeMem:12,Reason:40")
	for _, dir := range dirs {
		nodes, err := readNodes(tab, sample(t, filepath.Join(dir, "sinfo-O-gres.out")))
		if err != nil || len(nodes) == 0 {
			t.Fatalf("%s: %d nodes, %v", dir, len(nodes), err)
		}
		used := 0
		for _, n := range nodes {
			if n.GPUs != 8 || n.GPUType != "h200" || n.CPUs != 32 || strings.ContainsAny(n.State, "-*~") {
				t.Errorf("%s: %+v", dir, n)
			}
			if drained := strings.HasPrefix(n.State, "drain"); drained == n.Usable() || drained != (n.Reason != "") {
				t.Errorf("%s: %+v", dir, n)
			}
			used += n.GPUsUsed
		}
		t.Logf("%s: %d nodes, %d GPUs used", filepath.Base(dir), len(nodes), used)
	}
}

// TestSampleEnds reads what the accounting tells.
func TestSampleEnds(t *testing.T) {
	out := sample(t, filepath.Join(shared(t), "v22.05-dbd", "sacct-X-P.out"))
	var b strings.Builder
	for line := range strings.Lines(string(out)) {
		// The job's name holds a "|" in some lines; what matters stands behind it.
		f := strings.Split(strings.TrimRight(line, "\n"), "|")
		n := len(f) - 18
		b.WriteString(strings.Join([]string{f[0], f[3+n], f[4+n], f[7+n], f[8+n], f[9+n], "1"}, sep) + "\n")
	}
	ends := readAcct([]byte(b.String()))
	if len(ends) < 15 {
		t.Fatalf("%d ends", len(ends))
	}
	for _, j := range ends {
		if j.Why = why(&j); j.State.Alive() || (j.Why == "") != (j.State == remote.JobCompleted) {
			t.Errorf("%+v", j)
		}
	}
}
