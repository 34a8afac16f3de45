package slurm

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/remote"
)

// fixture reads an answer as one version gives it, to the query with "MARK".
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func jobTable() table  { return table{fields: jobFields(), mark: "MARK"} }
func nodeTable() table { return table{fields: nodeFields(), mark: "MARK"} }

// short is what of a job the tests compare.
type short struct {
	id, name string
	state    remote.JobState
	gpus     int
	code     int
	signal   int
	stdout   string
	why      string
}

func TestReadJobs(t *testing.T) {
	const dir = "/home/ada/proj/"
	for version, want := range map[string][]short{
		"20.11": {
			{"41", "muon-lr0.02", "RUNNING", 16, -1, 0, dir + "muon-lr0.02-41.out", ""},
			{"42_3", "sweep", "FAILED", 1, 1, 0, dir + "logs/42_3.out", "exit code 1 at once: if there is no log, its folder may be missing"},
			{"46", "slow", "TIMEOUT", 0, 0, 0, dir + "slow-46.out", "reached its time limit"},
		},
		"22.05": {
			{"7", `a|b "q" éx y[31mz`, "RUNNING", 8, -1, 0, dir + "slurm-7.out", ""},
			{"8_[4-20%2]", "sweep", "PENDING", 2, -1, 0, "", "waits: as many tasks of its array run as may at once"},
			{"8_3", "sweep", "RUNNING", 2, -1, 0, dir + "slurm-8_3.out", ""},
			{"9", "nolog", "FAILED", 0, 0, 53, "/home/ada/gone/9.out", "could not start: is the folder of /home/ada/gone/9.out there and writable?"},
			{"10+0", "het", "PENDING", 4, -1, 0, dir + "het-10.out", "waits for free nodes, CPUs or GPUs"},
			{"10+1", "het", "PENDING", 2, -1, 0, dir + "het-11.out", "waits for free nodes, CPUs or GPUs"},
			{"13", "big", "PENDING", 64, -1, 0, dir + "big-13.out", "waits for nodes that are down, drained or kept for jobs that go first"},
			{"14", "bash", "RUNNING", 1, -1, 0, "", ""},
		},
		"24.11": {
			{"3", "fails", "FAILED", 1, 7, 0, dir + "fails-3.out", "exit code 7"},
			{"4", "cancelled", "CANCELLED", 1, 0, 15, dir + "cancelled-4.out", "cancelled while it ran"},
			{"5", "after", "PENDING", 0, -1, 0, dir + "after-5.out", "waits for job 3 to end well, and for 2 more"},
			{"6", "requeued", "PENDING", 0, -1, 0, dir + "requeued-6.out", "requeued: it starts again in a moment"},
		},
		"26.05": {
			{"21", "held", "PENDING", 0, -1, 0, dir + "held-21.out", "waits: as many tasks of its array run as may at once"},
			{"22", "again", "RUNNING", 2, -1, 0, "", "runs again, after 2 requeues"},
			{"23", "fat", "OUT_OF_MEMORY", 0, 0, 125, dir + "fat-23.out", "used more memory than it asked for"},
		},
	} {
		jobs, err := readJobs(jobTable(), fixture(t, "squeue-"+version), "head", time.Unix(9, 0))
		if err != nil {
			t.Errorf("%s: %v", version, err)
		}
		var got []short
		for _, j := range jobs {
			got = append(got, short{j.ID, j.Name, j.State, j.GPUs, j.ExitCode, j.Signal, j.Stdout, j.Why})
			if j.Host != "head" || j.Seen != time.Unix(9, 0) || j.User != "ada" {
				t.Errorf("%s: %+v", version, j)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", version, got, want)
		}
	}
}

func TestReadJobWhole(t *testing.T) {
	jobs, err := readJobs(jobTable(), fixture(t, "squeue-20.11"), "head", time.Unix(9, 0))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	want := remote.Job{
		Host: "head", ID: "41", Number: "41", Name: "muon-lr0.02", User: "ada", Account: "research", Partition: "gpu",
		State: remote.JobRunning, Nodes: []string{"gpu-01", "gpu-02"}, NumNodes: 2, GPUs: 16, ExitCode: -1,
		Submitted: at, Started: at.Add(5 * time.Second), Ended: at.Add(48*time.Hour + 5*time.Second),
		Elapsed: 26*time.Hour + 3*time.Minute + 4*time.Second, Left: 21*time.Hour + 56*time.Minute + 56*time.Second,
		Dir: "/home/ada/proj", Stdout: "/home/ada/proj/muon-lr0.02-41.out", Seen: time.Unix(9, 0),
	}
	if !reflect.DeepEqual(jobs[0].Job, want) {
		t.Errorf("\n got %+v\nwant %+v", jobs[0].Job, want)
	}
	if j := jobs[1]; j.Array != "42" || j.Number != "45" {
		t.Errorf("task: %+v", j)
	}
	jobs, _ = readJobs(jobTable(), fixture(t, "squeue-22.05"), "head", at)
	if j := jobs[6]; j.Left >= 0 {
		t.Errorf("a job without a limit has %v left", j.Left)
	}
	if j := jobs[3]; j.Stderr != "/home/ada/gone/9.err" {
		t.Errorf("stderr %q", j.Stderr)
	}
	if jobs, _ = readJobs(jobTable(), fixture(t, "squeue-26.05"), "head", at); !jobs[1].logs || jobs[0].logs || jobs[2].logs {
		t.Error("a pattern with a letter of newer versions is not left to scontrol")
	}
}

func TestReadNodes(t *testing.T) {
	for version, want := range map[string][]remote.Node{
		"20.11": {
			{Name: "gpu-01", State: "mixed", Partitions: []string{"gpu", "debug"}, CPUs: 32, CPUsUsed: 4, GPUs: 8, GPUsUsed: 4, GPUType: "h200", MemoryMB: 8000},
			{Name: "gpu-02", State: "down", Marks: "*", Reason: "Not responding", Partitions: []string{"gpu"}, CPUs: 32, GPUs: 8, MemoryMB: 8000},
			{Name: "login", State: "idle", Partitions: []string{"cpu"}, CPUs: 8, MemoryMB: 4000},
		},
		"26.05": {
			{Name: "gpu-01", State: "mixed", Marks: "-", Partitions: []string{"gpu"}, CPUs: 32, CPUsUsed: 4, GPUs: 8, GPUsUsed: 8, GPUType: "h200", MemoryMB: 2063000},
			{Name: "gpu-02", State: "drained", Reason: `gpu3 xid 79, "fell off" the bus`, Partitions: []string{"gpu"}, CPUs: 32, GPUs: 8, GPUType: "h200", MemoryMB: 2063000},
			{Name: "gpu-03", State: "idle", Marks: "-", Partitions: []string{"gpu"}, CPUs: 32, GPUs: 8, GPUType: "h200", MemoryMB: 2063000},
			{Name: "gpu-04", State: "idle", Marks: "~", Partitions: []string{"gpu"}, CPUs: 32, GPUs: 8, GPUsUsed: 3, GPUType: "h200", MemoryMB: 2063000},
		},
	} {
		got, err := readNodes(nodeTable(), fixture(t, "sinfo-"+version))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", version, err, got, want)
		}
	}
}

func TestReadDetail(t *testing.T) {
	for version, want := range map[string]detail{
		"22.05": {
			job: "7", stdout: "/home/ada/my work/a b-7.out", stderr: "/home/ada/my work/a b-7.err",
			gpus: map[string][]int{"gpu-01": {0, 3, 4, 5}, "gpu-02": {0, 1, 2, 3}, "gpu-03": {0, 1, 2, 3}},
		},
		"26.05": {job: "22", stdout: "/home/ada/proj/again-2.out", gpus: map[string][]int{"gpu-01": {6, 7}}},
	} {
		got, ok := readDetail(fixture(t, "scontrol-"+version))
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", version, got, want)
		}
	}
}

// TestLongArray is an array whose waiting tasks are too many to be told.
func TestLongArray(t *testing.T) {
	for in, want := range map[string]string{
		"8_[1,3,5,...]": "8_[1,3,5,...]", "8_[" + strings.Repeat("1,", 80) + "3]": "8_[...]", "8_[1,3,5": "8_[...]", "CLUSTER: a\n9": "9",
	} {
		if got := job(row{"JobArrayID": in, "JobID": "8"}).ID; got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}

// TestForged is a user who names a job so that it would read as another's.
func TestForged(t *testing.T) {
	whole := fixture(t, "squeue-24.11")
	line, _, _ := bytes.Cut(whole, []byte("\n"))
	forged := bytes.ReplaceAll(line, []byte("MARK"), nil) // the mark cannot be known
	forged = bytes.Replace(forged, []byte("3"+sep+"3"), []byte("999"+sep+"999"), 1)
	out := bytes.Replace(whole, []byte("fails"), append([]byte("x"+sep+"\n"), forged...), 1)
	jobs, err := readJobs(jobTable(), out, "head", time.Time{})
	if err != nil || len(jobs) != 4 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	for _, j := range jobs {
		if j.ID == "999" {
			t.Errorf("a name became a job: %+v", j)
		}
	}
}

// TestCutShort is an answer that a lost connection cut off.
func TestCutShort(t *testing.T) {
	whole := fixture(t, "squeue-24.11")
	for _, n := range []int{1, 20, len(whole) / 2, len(whole) - 3} {
		if _, err := readJobs(jobTable(), whole[:n], "head", time.Time{}); err == nil {
			t.Errorf("%d of %d bytes pass as all", n, len(whole))
		}
	}
	many := bytes.Repeat([]byte(strings.Repeat("x"+sep, len(nodeFields()))+"MARK\n"), maxRows+1)
	if _, err := readNodes(nodeTable(), many); err == nil || !strings.Contains(err.Error(), strconv.Itoa(maxRows)) {
		t.Errorf("too many lines: %v", err)
	}
}

// TestFixed reads what 19.05 and 20.02 print, which separate by width.
func TestFixed(t *testing.T) {
	for _, version := range []string{"20.11", "24.11"} {
		suffixed, _ := readJobs(jobTable(), fixture(t, "squeue-"+version), "head", time.Time{})
		tab := jobTable()
		var out bytes.Buffer
		_ = tab.cut(fixture(t, "squeue-"+version), func(r row) {
			for _, f := range tab.fields {
				out.WriteString(pad(r[f.name], f.width))
			}
			out.WriteByte('\n')
		})
		tab.fixed = true
		fixed, err := readJobs(tab, out.Bytes(), "head", time.Time{})
		if err != nil || !reflect.DeepEqual(fixed, suffixed) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", version, err, fixed, suffixed)
		}
	}
	tab := table{fields: []field{{name: "State", width: 8}, {name: "STDOUT", width: 10, free: true}}, fixed: true}
	if f := tab.format(); f != "State:8,STDOUT:10" {
		t.Errorf("format %q", f)
	}
	_ = tab.cut([]byte("RUNNING /home/ada/\nFAILED  /a\nb      \n"), func(r row) {
		if s := r["STDOUT"]; s != "" && s != "/a\nb" {
			t.Errorf("a path that was cut off is taken for one: %q", s)
		}
	})
}

func pad(s string, n int) string {
	if len(s) >= n {
		return s[:n]
	}
	return s + strings.Repeat(" ", n-len(s))
}

func TestValues(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0:07": 7 * time.Second, "59:57": 59*time.Minute + 57*time.Second, "2-03:04:05": 51*time.Hour + 4*time.Minute + 5*time.Second,
		"00:00:00": 0,
	} {
		if d, ok := span(in); !ok || d != want {
			t.Errorf("span(%q) = %v, %v", in, d, ok)
		}
	}
	for _, in := range []string{"", "INVALID", "UNLIMITED", "1", "-1:00", "1-2", "1:2:3:4", "99999999999:00"} {
		if d, ok := span(in); ok {
			t.Errorf("span(%q) = %v", in, d)
		}
	}
	for in, want := range map[string][2]int{
		"0": {0, 0}, "256": {1, 0}, "1792": {7, 0}, "15": {0, 15}, "4021": {0, 53}, "7:0": {7, 0}, "0:9": {0, 9}, "": {-1, 0}, "x": {-1, 0},
	} {
		if c, s := exit(in); [2]int{c, s} != want {
			t.Errorf("exit(%q) = %d, %d", in, c, s)
		}
	}
	type counted struct {
		n    int
		kind string
	}
	for in, want := range map[string]counted{
		"gpu:h200:8(IDX:0,3-5)": {8, "h200"}, "gres:gpu:2": {2, ""}, "gres/gpu:h200:8": {8, "h200"}, "gpu": {1, ""}, "gpu:8(S:0-1)": {8, ""},
		"cpu=4,mem=8G,gres/gpu=8,gres/gpu:h200=8": {8, "h200"}, "gres/gpu:a=2,gres/gpu:b=3": {5, "a"}, "": {}, "shard:4": {},
		"gpu:h200:4(S:0),gpu:a100:4(S:1)": {8, "h200"}, "gres/gpu=-3": {}, "gpu:99999999999": {},
	} {
		if n, kind := gpus(in); (counted{n, kind}) != want {
			t.Errorf("gpus(%q) = %d, %q", in, n, kind)
		}
	}
	for in, want := range map[string]bool{"12": true, "12_4": true, "12+1": true, "12_[4-9%2]": true, "12_[1,3]": true, "": false, "12_": false, "12.0": false, "-1": false, "12_[$(id)]": false, "all": false} {
		if isID(in) != want {
			t.Errorf("isID(%q) = %v", in, !want)
		}
	}
}

func TestHostlist(t *testing.T) {
	for in, want := range map[string][]string{
		"":                       nil,
		"n1":                     {"n1"},
		"h200-[001-003,7],login": {"h200-001", "h200-002", "h200-003", "h200-7", "login"},
		"r[1-2]n[01-02]-ib":      {"r1n01-ib", "r1n02-ib", "r2n01-ib", "r2n02-ib"},
		"n[3-1]":                 {"n[3-1]"},
		"n[":                     {"n["},
		"n[9-11]":                {"n9", "n10", "n11"},
		"n[a],m":                 {"n[a]", "m"},
	} {
		if got := hostlist(in); !slices.Equal(got, want) {
			t.Errorf("hostlist(%q) = %q", in, got)
		}
	}
	if n := len(hostlist("n[0-999999999]m[0-999999999]")); n != maxNodes {
		t.Errorf("%d names", n)
	}
}

func TestOutput(t *testing.T) {
	s := script{job: "45", array: "42", task: "3", name: "a b", user: "ada", dir: "/w", node: "gpu-01.local"}
	for in, want := range map[string]string{
		"/l/%x-%A_%a.out": "/l/a b-42_3.out", "%j": "/w/45", "/l/%5j-%02a-%15A": "/l/00045-03-0000000042", "/l/%N-%n-%t-%s-%J-%u-%%": "/l/gpu-01-0-0-batch-45-ada-%",
		`/l/\%j`: "/l/%j", `/l/a\\b %j`: `/l/a\b %j`, "/dev/null": "", "": "", "/w/slurm-45.out": "/w/slurm-42_3.out", "/l/é": "/l/é",
	} {
		if got, ok := s.output(in); !ok || got != want {
			t.Errorf("output(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"/l/%b", "/l/%r", "/l/%", "/l/%5", "/l/a\nb", "/l/\xff", "/l/a\x1bb", "/l/%q"} {
		if got, ok := s.output(in); ok {
			t.Errorf("output(%q) = %q", in, got)
		}
	}
	s.node, s.task = "", "4-9%2"
	for _, in := range []string{"/l/%N", "/l/%a"} {
		if got, ok := s.output(in); ok {
			t.Errorf("output(%q) of a waiting job = %q", in, got)
		}
	}
	if got, ok := (script{job: "1"}).output("/l/%a"); !ok || got != "/l/4294967294" {
		t.Errorf("output of no array = %q, %v", got, ok)
	}
}

func TestReadAcct(t *testing.T) {
	out := strings.ReplaceAll("3~COMPLETED~0:0~2026-11-22T21:38:37~2026-11-22T21:38:38~1~1\n"+
		"7~CANCELLED by 1001~0:0~2026-11-22T21:38:37~2026-11-22T21:38:39~2~1\n"+
		"9_1~FAILED~0:53~2026-11-22T21:38:37~2026-11-22T21:38:39~2~4\n"+
		"1~RUNNING~0:0~2026-11-22T21:38:37~Unknown~89~1\nrubbish\n", "~", sep)
	got := readAcct([]byte(out))
	if len(got) != 3 || got["3"].State != remote.JobCompleted || got["7"].State != remote.JobCancelled || got["9_1"].Signal != 53 || got["3"].Elapsed != time.Second {
		t.Errorf("%+v", got)
	}
}

func TestProblem(t *testing.T) {
	failed := func(code int, said string) error {
		return fmt.Errorf("squeue: %w", &remote.ExitError{Cmd: "env squeue -h", Code: code, Stderr: said})
	}
	for want, err := range map[string]error{
		"": nil,
		"slurmctld does not answer squeue (slurm_load_jobs error: Unable to contact slurm controller (connect failure))": failed(1, "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"),
		"squeue is not allowed here (slurm_load_jobs error: Access/permission denied)":                                   failed(1, "slurm_load_jobs error: Access/permission denied"),
		"squeue is missing there": failed(127, "not found"),
		"squeue: exit code 3":     failed(3, ""),
	} {
		if got := problem(err); got != want {
			t.Errorf("problem(%v) = %q, want %q", err, got, want)
		}
	}
}

// BenchmarkReadJobs reads a queue of 10,000 jobs.
func BenchmarkReadJobs(b *testing.B) {
	line, _, _ := bytes.Cut(fixture(b, "squeue-24.11"), []byte("\n"))
	out := bytes.Repeat(append(line, '\n'), 10_000)
	b.SetBytes(int64(len(out)))
	for b.Loop() {
		if _, err := readJobs(jobTable(), out, "head", time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
