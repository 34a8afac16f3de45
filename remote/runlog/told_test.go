package runlog_test

import (
	"strings"
	"testing"

	"vigil/remote/runlog"
)

// TestFailures reads what ends runs. Of several causes the one that tells most
// counts, and among equals the first.
func TestFailures(t *testing.T) {
	const step = "slurmstepd: error: *** STEP 7.0 ON n3 CANCELLED AT 2026-11-22T21:15:59 "
	for _, c := range []struct{ name, in, want string }{
		{"requeue", "slurmstepd-n3: error: *** JOB 7 ON n3 CANCELLED AT 2026-11-22T21:15:59 DUE TO JOB REQUEUE ***", "requeued by Slurm"},
		{"preemption", step + "DUE TO PREEMPTION ***", "preempted"},
		{"time limit", step + "DUE TO TIME LIMIT ***", "time limit"},
		{"node failure", step + "DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS ***", "node failure"},
		{"another reason", step + "DUE TO QOS ***", "slurmstepd: error: *** STEP 7.0 ON n3 CANCELLED AT 2026-11-22T21:15:59 DUE TO QOS ***"},
		{"scancel", step + "***", "cancelled"},
		{"kernel", "slurmstepd: error: Detected 2 oom_kill events in StepId=7.0. Some of the step tasks have been OOM Killed.", "out of memory (killed by the kernel)"},
		{"task", "srun: error: n3: task 3: Out Of Memory", "out of memory (killed by the kernel)"},
		{"exit code", "srun: error: n3: task 3: Exited with exit code 1", "srun: error: n3: task 3: Exited with exit code 1"},
		{"cuda", "RuntimeError: CUDA error: an illegal memory access was encountered", "RuntimeError: CUDA error: an illegal memory access was encountered"},
		{"memory", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."},
		{"nccl", "[rank3]:[E1122 10:00:00.1] [Rank 3] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=3)", "NCCL timeout"},
		{"xid", "[ 1234.5] NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus.", "[ 1234.5] NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus."},
		{"killed", "Killed", "killed"},
		{"traceback", "Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\n    main()\nKeyError: 'lr'\n", "KeyError: 'lr'"},
		{"traceback without an end", "Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\n", "a Python traceback"},
		{
			"the first exception, and not torchrun's",
			"[rank0]: Traceback (most recent call last):\n[rank0]:   File \"x.py\"\n[rank0]: ValueError: bad\n[rank1]: Traceback (most recent call last):\n[rank1]:   File \"x.py\"\n[rank1]: ValueError: bad too\n" +
				"Traceback (most recent call last):\n  File \"run.py\"\ntorch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n" + step + "***\n",
			"ValueError: bad",
		},
		{"Slurm's reason over Python's", "Traceback (most recent call last):\n  x\nKeyboardInterrupt\n" + step + "DUE TO TIME LIMIT ***", "KeyboardInterrupt|time limit"},
		{"torchrun's words", "torch.distributed.elastic: Signal 9 (SIGKILL) received by PID 12", "killed"},
		{"no failure", "The slurmstepd error rate is 3\nerror: none\nsrun: job 7 queued and waiting for resources", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, l := range parse(runlog.New(), []byte("step:1 loss:3\n"+c.in+"\n"), nil)[2:] {
				got = append(got, strings.TrimPrefix(l, "failed 0: "))
			}
			if s := strings.Join(got, "|"); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

// TestGoesOn: a cause holds until the run goes on, and then another is told.
func TestGoesOn(t *testing.T) {
	in := "step:1 loss:3\nTraceback (most recent call last):\nE: a\nstep:2 loss:nan\nstep:3 loss:nan\nTraceback (most recent call last):\nE: b\n"
	want := "run 0|1/0 train_loss=3(loss)|failed 0: E: a|2/0 train_loss=NaN(loss)|note 0 at 2: train_loss is nan|3/0 train_loss=NaN(loss)|failed 0: E: b"
	if got := strings.Join(parse(runlog.New(), []byte(in), nil), "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEnds(t *testing.T) {
	for _, in := range []string{
		"peak memory allocated: 33456 MiB reserved: 34000 MiB", "peak memory consumption: 3 MiB", "Training completed in 3.5s",
		"Training complete", "`Trainer.fit` stopped: `max_epochs=2` reached.",
	} {
		if got := parse(runlog.New(), []byte("step:1 loss:3\n"+in+"\n"), nil); len(got) != 3 || got[2] != "end 0" {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func TestPatterns(t *testing.T) {
	pattern := func(expr string) *runlog.Pattern {
		p, err := runlog.ParsePattern(expr)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := runlog.New(
		pattern(`^it (?P<step>\d+) of (?P<plan>\d+): L=(?P<val_loss>\S+) after (?P<wall>\S+)`),
		pattern(`^step:\d+ odd (?P<tel>.*)`),
	)
	in := "it 3 of 9: L=2.5 after 1.5m\nstep:7 loss:3\n\x1b[1mit 4 of 9: L=nan after 100\x1b[0m\nit 5 of 9: L=bad after 1\nstep:9 odd 1,024ms\n"
	want := `run 0
3/9 90s val_loss=2.5
7/9 train_loss=3(loss)
4/9 100s val_loss=NaN
note 0 at 4: val_loss is nan
4/9 val_loss=1.024(tel)`
	if got := strings.Join(parse(p, []byte(in), nil), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, bad := range []string{"(", "no groups", `(?P<step>\d+)`, strings.Repeat("x", 2000), strings.Repeat("(?P<a>x)", 40)} {
		if _, err := runlog.ParsePattern(bad); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40s: %v", bad, err)
		}
	}
}
