package runlog

import (
	"bytes"

	"vigil/remote"
)

// weight says how much the cause of a failure tells. One that tells more
// replaces the one told before, and none that tells less does: after the first
// process has failed, others and those who watch them complain too.
type weight uint8

const (
	weak     weight = iota + 1 // that there was a failure: an exit code, a signal
	thrown                     // an exception
	specific                   // memory, the GPU, the network
	ordained                   // Slurm's reason
)

// told reads the lines that tell no values but how a run ended. It reports
// whether the line was one.
func (p *Parser) told(b []byte) bool {
	switch {
	case bytes.HasPrefix(b, []byte("Traceback (most recent call last)")):
		p.Trace = true
	case p.Trace:
		p.inTrace(b)
	case ended(b):
		p.end()
	default:
		cause, w := failure(b)
		if w == 0 {
			return false
		}
		p.fail(cause, w)
	}
	return true
}

// ended reports whether programs print the line when all went well.
func ended(b []byte) bool {
	for _, w := range []string{
		"peak memory ", "peak_vram_mb:", "training completed", "training complete", "training finished", "`trainer.fit` stopped:",
		"[after training is done]",
	} {
		if word(b, w) > 0 {
			return true
		}
	}
	return false
}

// inTrace looks for the end of a traceback: the exception, at the start of a
// line.
func (p *Parser) inTrace(b []byte) {
	if b[0] == ' ' || b[0] == '\t' {
		return
	}
	n := key(b)
	if n == 0 || n < len(b) && b[n] != ':' || bytes.IndexByte(b[:n], '/') >= 0 {
		p.endTrace()
		return
	}
	p.Trace = false
	w := thrown
	switch {
	case bytes.Contains(b, []byte("OutOfMemoryError")), bytes.Contains(b, []byte("CUDA error")), bytes.Contains(b, []byte("NCCL")):
		w = specific
	case bytes.HasSuffix(b[:n], []byte("ChildFailedError")), bytes.HasSuffix(b[:n], []byte("SignalException")):
		w = weak // torchrun's own, of a process that has told more
	}
	p.fail(remote.Line(string(b), maxText), w)
}

// endTrace ends a traceback that names no exception.
func (p *Parser) endTrace() {
	if p.Trace {
		p.Trace = false
		p.fail("a Python traceback", weak)
	}
}

// fail emits the cause of a failure.
func (p *Parser) fail(cause string, w weight) {
	if p.Run.Index < 0 { // it failed before its first step, and is a run all the same
		p.start(0)
		p.Run.Fresh = true
	}
	if w > p.Run.Failed {
		p.Run.Failed = w
		p.event(remote.Failure, -1, cause)
	}
}

// causes are what Slurm, CUDA and the kernel say when they end a run, and what
// that means: the line itself, where nothing is said. The first that fits
// counts.
var causes = []struct {
	in, cause string
	slurm     bool // Slurm says so itself
	weight    weight
}{
	{"DUE TO JOB REQUEUE", "requeued by Slurm", true, ordained},
	{"DUE TO PREEMPTION", "preempted", true, ordained},
	{"DUE TO TIME LIMIT", "time limit", true, ordained},
	{"DUE TO NODE FAILURE", "node failure", true, ordained},
	{"oom_kill event", "out of memory (killed by the kernel)", true, ordained},
	{"oom-kill event", "out of memory (killed by the kernel)", true, ordained},
	{"OOM Killed", "out of memory (killed by the kernel)", true, ordained},
	{"Out Of Memory", "out of memory (killed by the kernel)", true, ordained},
	{"Exceeded job memory limit", "out of memory (the job's limit)", true, ordained},
	{"Node failure on", "node failure", true, ordained},
	{"DUE TO ", "", true, ordained},
	{"CANCELLED AT ", "cancelled", true, weak}, // by scancel, or with the task that failed
	{"Exited with exit code", "", true, weak},
	{": Killed", "killed", true, weak},
	{": Segmentation fault", "segmentation fault", true, weak},
	{"OutOfMemoryError: ", "", false, specific},
	{"CUDA out of memory", "", false, specific},
	{"Watchdog caught collective operation timeout", "NCCL timeout", false, specific},
	{"NCCL error", "", false, specific},
	{"NCCL WARN Cuda failure", "", false, specific},
	{"Xid (", "", false, specific},
	{"CUDA error: ", "", false, specific},
	{"Signal 9 (SIGKILL) received by PID", "killed", false, weak},
	{"Signal 11 (SIGSEGV) received by PID", "segmentation fault", false, weak},
}

// failure returns what ended the run, if the line tells; the weight is 0
// otherwise.
func failure(b []byte) (string, weight) {
	switch string(b) {
	case "Killed":
		return "killed", weak
	case "Segmentation fault", "Segmentation fault (core dumped)":
		return "segmentation fault", weak
	case "Bus error", "Bus error (core dumped)":
		return "bus error", weak
	}
	slurm := bytes.HasPrefix(b, []byte("slurmstepd")) || bytes.HasPrefix(b, []byte("srun: error"))
	if !slurm && !alarming(b) {
		return "", 0
	}
	for _, c := range causes {
		if c.slurm && !slurm || !bytes.Contains(b, []byte(c.in)) {
			continue
		}
		if c.cause != "" {
			return c.cause, c.weight
		}
		return remote.Line(string(b), maxText), c.weight
	}
	return "", 0
}

// alarming is a quick look at whether a line can tell of a failure.
func alarming(b []byte) bool {
	for _, w := range []string{"rror", "NCCL", "Xid", "Watchdog", "CUDA out", "SIG"} {
		if bytes.Contains(b, []byte(w)) {
			return true
		}
	}
	return false
}
