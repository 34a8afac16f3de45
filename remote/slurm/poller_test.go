package slurm

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigil/remote"
)

// fakeHost answers the commands of a cluster from a table of jobs and nodes,
// in fake time.
type fakeHost struct {
	remote.Host // the rest is not asked for

	mu    sync.Mutex
	jobs  []map[string]string
	nodes []map[string]string
	acct  string // of sacct; empty is "disabled"
	fails map[string]error
	takes time.Duration
	paths []string // where squeue is; nil is in PATH

	ran []string // command lines, with the times since the beginning
	now int      // commands that run
	t   *testing.T
	at  time.Time
}

var _ remote.Host = (*fakeHost)(nil)

func newFakeHost(t *testing.T) *fakeHost {
	return &fakeHost{
		t: t, at: time.Now(), fails: map[string]error{},
		nodes: []map[string]string{{"NodeList": "gpu-01", "StateLong": "mixed", "PartitionName": "gpu", "CPUsState": "4/28/0/32", "Gres": "gpu:h200:8", "GresUsed": "gpu:h200:4(IDX:0-3)", "Reason": "none"}},
	}
}

// fakeJob is a row of squeue with what differs from a running job.
func fakeJob(id, state string, more ...string) map[string]string {
	number, _ := digits(id)
	r := map[string]string{
		"JobArrayID": id, "JobID": number, "State": state, "Reason": "None", "UserName": "ada", "ArrayTaskID": "N/A",
		"SubmitTime": "2026-11-20T08:00:00", "TimeUsed": "0:10", "TimeLeft": "1:00", "exit_code": "0:0", "RestartCnt": "0",
		"NodeList": "gpu-01", "BatchHost": "gpu-01", "NumNodes": "1", "WorkDir": "/w", "STDOUT": "/w/%j.out", "STDERR": "(null)", "Name": "job",
	}
	for i := 0; i < len(more); i += 2 {
		r[more[i]] = more[i+1]
	}
	return r
}

func (h *fakeHost) Name() string                     { return "head" }
func (h *fakeHost) Stat(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist }

func (h *fakeHost) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// lines returns the command lines that had a program.
func (h *fakeHost) lines(program string) (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.ran {
		if strings.Contains(l, program+" ") && !strings.Contains(l, "--version") {
			out = append(out, l)
		}
	}
	return out
}

func (h *fakeHost) Run(ctx context.Context, c remote.Cmd) ([]byte, error) {
	argv := c.Args
	if argv[0] == "env" {
		for argv = argv[1:]; strings.Contains(argv[0], "="); {
			argv = argv[1:]
		}
	}
	h.mu.Lock()
	h.ran = append(h.ran, fmt.Sprintf("%v %s", time.Since(h.at).Round(time.Second), strings.Join(c.Args, " ")))
	if h.now++; h.now > 1 {
		h.t.Errorf("%d commands at once", h.now)
	}
	takes := h.takes
	h.mu.Unlock()
	err := sleep(ctx, takes)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now--; err != nil {
		return nil, err
	}
	return h.answer(argv)
}

func (h *fakeHost) answer(argv []string) ([]byte, error) {
	program := argv[0][strings.LastIndexByte(argv[0], '/')+1:]
	if err := h.fails[program]; err != nil {
		return nil, err
	}
	notFound := &remote.ExitError{Cmd: argv[0], Code: 127, Stderr: "not found"}
	switch {
	case program == "id":
		return []byte("ada\n"), nil
	case program == "bash":
		return nil, notFound
	case h.paths != nil && !slices.Contains(h.paths, argv[0]):
		return nil, notFound
	case argv[1] == "--version":
		return []byte("slurm-wlm 24.11.5\n"), nil
	}
	switch program {
	case "squeue":
		return h.table(h.jobs, argv), nil
	case "sinfo":
		return h.table(h.nodes, argv), nil
	case "scontrol":
		return []byte("JobId=" + argv[len(argv)-1] + " JobName=x CoreSpec=* JOB_GRES=gpu:2 Nodes=gpu-01 CPU_IDs=0 Mem=0 GRES=gpu:h200:2(IDX:2-3) StdErr= StdOut=/w/told.out Power=\n"), nil
	case "sacct":
		if h.acct == "" {
			return nil, &remote.ExitError{Cmd: "sacct", Code: 1, Stderr: "Slurm accounting storage is disabled"}
		}
		return []byte(h.acct), nil
	case "scancel":
		for _, j := range h.jobs {
			if j["JobArrayID"] == argv[1] && j["Name"] != "stubborn" {
				j["State"] = "COMPLETING"
			}
		}
	}
	return nil, nil
}

// table prints rows in the format that was asked for.
func (h *fakeHost) table(rows []map[string]string, argv []string) []byte {
	var b strings.Builder
	only := ""
	for i, a := range argv {
		if a == "-j" {
			only = argv[i+1]
		}
	}
	for _, r := range rows {
		if only != "" && r["JobID"] != only {
			continue
		}
		for f := range strings.SplitSeq(argv[len(argv)-1], ",") {
			name, end, _ := strings.Cut(f, ":")
			b.WriteString(r[name] + end)
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// start runs a poller in the bubble of a test.
func start(t *testing.T, h *fakeHost) *Poller {
	t.Helper()
	p := New(h, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	synctest.Wait()
	return p
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestPace holds that no minute has more than 12 requests, watched or not, and
// that jobs are asked for every 15 s while someone looks.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHost(t)
		h.takes = 100 * time.Millisecond
		for i := range 40 { // each wants a question of its own to scontrol
			h.jobs = append(h.jobs, fakeJob(fmt.Sprint(100+i), "RUNNING", "tres-per-node", "gpu:2"))
		}
		p := start(t, h)
		p.Watch(true)
		total := func() int { return 2*len(h.lines("squeue")) + 2*len(h.lines("sinfo")) + 2*len(h.lines("scontrol")) }
		var each []int
		for range 600 {
			each = append(each, total())
			pass(time.Second)
		}
		for i := 60; i < len(each); i++ {
			if n := each[i] - each[i-60]; n > 12 {
				t.Fatalf("%d requests in the minute before second %d", n, i)
			}
		}
		if n := len(h.lines("squeue")); n < 34 || n > 41 {
			t.Errorf("%d questions for jobs in ten minutes", n)
		}
		if n := len(h.lines("sinfo")); n < 8 || n > 11 {
			t.Errorf("%d questions for nodes in ten minutes", n)
		}
		if c := p.Cluster(); c.RPCs != total() || c.Every < 15*time.Second || c.Every > 17*time.Second || c.Problem != "" {
			t.Errorf("%d requests told, %d made; every %v; problem %q", c.RPCs, total(), c.Every, c.Problem)
		}
		p.Watch(false)
		before := len(h.lines("squeue"))
		pass(10 * time.Minute)
		if n := len(h.lines("squeue")) - before; n < 8 || n > 11 {
			t.Errorf("%d questions in ten minutes that nobody looked", n)
		}
		// Who looks again sees fresh jobs at once.
		for time.Since(p.Cluster().At) < 20*time.Second {
			pass(time.Second)
		}
		before = len(h.lines("squeue"))
		p.Watch(true)
		pass(time.Second)
		if len(h.lines("squeue")) != before+1 {
			t.Error("nothing was asked when someone looked")
		}
	})
}

// TestBackOff is a controller that gets slow, then fails, then is well again.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHost(t)
		h.jobs = append(h.jobs, fakeJob("7", "RUNNING"))
		p := start(t, h)
		p.Watch(true)
		pass(time.Minute)
		h.set(func() { h.takes = 3 * time.Second })
		pass(2 * time.Minute)
		if c := p.Cluster(); !strings.Contains(c.Problem, "Slurm took 3s") || c.Every < 50*time.Second {
			t.Errorf("slow: every %v, problem %q", c.Every, c.Problem)
		}
		h.set(func() {
			h.takes = 10 * time.Second
			h.fails["squeue"] = &remote.ExitError{Cmd: "env squeue", Code: 1, Stderr: "slurm_load_jobs error: Socket timed out on send/recv operation"}
		})
		pass(20 * time.Minute)
		c := p.Cluster()
		if !strings.Contains(c.Problem, "slurmctld does not answer squeue") || c.Every < 5*time.Minute || c.Every > 6*time.Minute {
			t.Errorf("failing: every %v, problem %q", c.Every, c.Problem)
		}
		if len(c.Jobs) != 1 || time.Since(c.At) < 15*time.Minute {
			t.Errorf("what was known before is gone: %d jobs of %v ago", len(c.Jobs), time.Since(c.At))
		}
		h.set(func() { h.takes = time.Minute; delete(h.fails, "squeue") })
		pass(10 * time.Minute)
		if c := p.Cluster(); !strings.Contains(c.Problem, "no answer in 30s") {
			t.Errorf("hanging: problem %q", c.Problem)
		}
		h.set(func() { h.takes = 0 })
		pass(20 * time.Minute)
		if c := p.Cluster(); c.Problem != "" || c.Every > 17*time.Second || time.Since(c.At) > 17*time.Second {
			t.Errorf("well again: every %v, problem %q, of %v ago", c.Every, c.Problem, time.Since(c.At))
		}
	})
}

// TestOffline is a host without a connection: that is no reason to spare the
// controller, and it is asked soon after the connection is back.
func TestOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHost(t)
		h.fails["squeue"] = fmt.Errorf("head: %w", remote.ErrOffline)
		p := start(t, h)
		pass(10 * time.Minute)
		if c := p.Cluster(); c.Problem == "" || c.RPCs != 0 {
			t.Errorf("offline: %d requests, problem %q", c.RPCs, c.Problem)
		}
		h.set(func() { delete(h.fails, "squeue") })
		pass(6 * time.Second)
		if c := p.Cluster(); c.Problem != "" || c.Version != "slurm 24.11.5" {
			t.Errorf("back: %q, problem %q", c.Version, c.Problem)
		}
	})
}

// TestDegrades is a site that forbids or lacks something.
func TestDegrades(t *testing.T) {
	denied := &remote.ExitError{Cmd: "x", Code: 1, Stderr: "slurm_load_node error: Access/permission denied"}
	for _, c := range []struct {
		name    string
		fails   map[string]error
		paths   []string
		problem string
		jobs    int
		asked   string
	}{
		{name: "no sinfo", fails: map[string]error{"sinfo": &remote.ExitError{Code: 127}}, problem: "sinfo is missing there: nodes are not told", jobs: 1},
		{name: "sinfo denied", fails: map[string]error{"sinfo": denied}, problem: "sinfo is not allowed here", jobs: 1},
		{name: "squeue denied", fails: map[string]error{"squeue": denied}, problem: "squeue is not allowed here"},
		{name: "no Slurm", paths: []string{"/nowhere"}, problem: "no Slurm found"},
		{name: "not in PATH", paths: []string{"/opt/slurm/bin/squeue", "/opt/slurm/bin/sinfo"}, jobs: 1, asked: "/opt/slurm/bin/squeue"},
		{name: "no id", fails: map[string]error{"id": &remote.ExitError{Code: 1}}, jobs: 1, asked: "--me"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newFakeHost(t)
				h.jobs = append(h.jobs, fakeJob("7", "RUNNING"))
				h.paths = c.paths
				if c.fails != nil {
					h.fails = c.fails
				}
				p := start(t, h)
				pass(time.Minute)
				got := p.Cluster()
				if !strings.Contains(got.Problem, c.problem) || (got.Problem == "") != (c.problem == "") || len(got.Jobs) != c.jobs {
					t.Errorf("%d jobs, problem %q", len(got.Jobs), got.Problem)
				}
				if !strings.Contains(strings.Join(h.ran, "\n"), c.asked) {
					t.Errorf("%q was not asked: %q", c.asked, h.ran)
				}
			})
		})
	}
}

// TestForgotten is jobs that Slurm forgets: with their end seen, without, and
// without any accounting.
func TestForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHost(t)
		h.jobs = append(h.jobs, fakeJob("7", "RUNNING"), fakeJob("8", "RUNNING"), fakeJob("9", "FAILED", "exit_code", "3:0"), fakeJob("10_[2-5]", "PENDING", "ArrayTaskID", "2-5"))
		h.acct = strings.ReplaceAll("7~FAILED~5:0~2026-11-22T21:38:37~2026-11-22T21:38:38~1~1\n", "~", sep)
		p := start(t, h)
		h.set(func() { h.jobs = nil })
		pass(time.Minute + 10*time.Second)
		got := map[string]remote.Job{}
		for _, j := range p.Cluster().Jobs {
			got[j.ID] = j
		}
		if j := got["7"]; j.State != remote.JobFailed || j.ExitCode != 5 || j.Why != "exit code 5" {
			t.Errorf("ended unseen, accounted: %+v", j)
		}
		if j := got["8"]; j.State != remote.JobVanished || !strings.Contains(j.Why, "before its end was seen") {
			t.Errorf("ended unseen, not accounted: %+v", j)
		}
		if j := got["9"]; j.State != remote.JobFailed || j.ExitCode != 3 {
			t.Errorf("ended seen: %+v", j)
		}
		if len(got) != 3 {
			t.Errorf("%d jobs: %v", len(got), got)
		}
		pass(time.Hour)
		if n := len(h.lines("sacct")); n != 1 {
			t.Errorf("sacct was asked %d times", n)
		}
		// Requeued, it is alive again.
		h.set(func() { h.jobs = append(h.jobs, fakeJob("8", "RUNNING", "RestartCnt", "1")) })
		pass(2 * time.Minute)
		for _, j := range p.Cluster().Jobs {
			if j.ID == "8" && (j.State != remote.JobRunning || j.Why != "runs again, after a requeue") {
				t.Errorf("requeued: %+v", j)
			}
		}
	})
}

func TestUnaccounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHost(t)
		h.jobs = append(h.jobs, fakeJob("7", "RUNNING"))
		p := start(t, h)
		h.set(func() { h.jobs = []map[string]string{fakeJob("8", "RUNNING")} })
		pass(2 * time.Minute)
		h.set(func() { h.jobs = nil })
		pass(time.Hour)
		if n := len(h.lines("sacct")); n != 1 {
			t.Errorf("sacct was asked %d times where there is no accounting", n)
		}
		for _, j := range p.Cluster().Jobs {
			if j.State != remote.JobVanished {
				t.Errorf("%+v", j)
			}
		}
	})
}

// TestBounded holds that what is remembered is bounded.
func TestBounded(t *testing.T) {
	m := memory{jobs: map[string]*known{}}
	for i := range maxEnded + 50 {
		m.take([]told{{Job: remote.Job{ID: fmt.Sprint(i), Number: fmt.Sprint(i), State: remote.JobCompleted}}})
	}
	if n := len(m.jobs); n != maxEnded+1 {
		t.Errorf("%d jobs", n)
	}
	if l := m.list(); l[0].ID != fmt.Sprint(maxEnded+49) {
		t.Errorf("the newest is gone: %s is first", l[0].ID)
	}
}

// TestDetails is what is asked of scontrol: once for each launch, and not of
// jobs that have all GPUs of their nodes.
func TestDetails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHost(t)
		h.jobs = append(h.jobs,
			fakeJob("7", "RUNNING", "tres-per-node", "gpu:2"),
			fakeJob("8", "RUNNING", "tres-per-node", "gpu:8"),
			fakeJob("9", "RUNNING", "STDOUT", "/w/%Z"),
			fakeJob("10", "PENDING", "tres-per-node", "gpu:2"),
			fakeJob("11", "RUNNING"),
			fakeJob("12", "RUNNING", "tres-per-node", "gpu:2", "UserName", "other"),
		)
		p := start(t, h)
		pass(10 * time.Minute)
		got := map[string]remote.Job{}
		for _, j := range p.Cluster().Jobs {
			got[j.ID] = j
		}
		if idx := fmt.Sprint(got["7"].GPUIndex, got["8"].GPUIndex, got["10"].GPUIndex); idx != "map[gpu-01:[2 3]] map[gpu-01:[0 1 2 3 4 5 6 7]] map[]" {
			t.Errorf("GPUs %s", idx)
		}
		if got["9"].Stdout != "/w/told.out" || got["7"].Stdout != "/w/7.out" {
			t.Errorf("logs %q, %q", got["9"].Stdout, got["7"].Stdout)
		}
		if l := h.lines("scontrol"); len(l) != 2 {
			t.Errorf("asked: %q", l)
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHost(t)
		h.jobs = append(h.jobs, fakeJob("7", "RUNNING"), fakeJob("8", "FAILED"), fakeJob("9", "RUNNING", "UserName", "other"),
			fakeJob("10", "RUNNING", "Name", "stubborn"), fakeJob("11_[2-5%2]", "PENDING", "ArrayJobID", "11", "ArrayTaskID", "2-5%2"))
		p := start(t, h)
		for id, want := range map[string]string{
			"7":          "",
			"8":          "cancel 8: it has already ended",
			"9":          "cancel 9: it is a job of other, and only its user can cancel it",
			"10":         "cancel 10: scancel took it, but it is still RUNNING: look again in a minute",
			"11":         "cancel 11: scancel took it, but it is still PENDING: look again in a minute",
			"12":         "cancel 12: no such job is known; wait for the next answer of squeue, or look at the ID",
			"-u ada":     `cancel "-u ada": that is no job ID; they look like 12, 12_4 or 12+1`,
			"13_[...]":   "cancel 13_[...]: Slurm does not tell all its tasks: cancel the whole array, or tasks one by one",
			"11_[2-5%2]": "cancel 11_[2-5%2]: scancel took it, but it is still PENDING: look again in a minute",
		} {
			err := p.Cancel(t.Context(), id)
			if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
				t.Errorf("Cancel(%q): %v", id, err)
			}
		}
		var asked []string
		for _, l := range h.lines("scancel") {
			asked = append(asked, l[strings.LastIndexByte(l, ' ')+1:])
		}
		if len(asked) != 4 || !strings.Contains(strings.Join(asked, " "), "11_[2-5]") {
			t.Errorf("asked to cancel %q", asked)
		}
		for _, j := range p.Cluster().Jobs {
			if j.ID == "7" && j.State != remote.JobCompleting {
				t.Errorf("cancelled: %+v", j)
			}
		}
		h.set(func() {
			h.fails["scancel"] = &remote.ExitError{Code: 1, Stderr: "scancel: error: Kill job error on job id 10: Access/permission denied"}
		})
		if err := p.Cancel(t.Context(), "10"); err == nil || !strings.Contains(err.Error(), "scancel is not allowed here") {
			t.Errorf("denied: %v", err)
		}
	})
}
