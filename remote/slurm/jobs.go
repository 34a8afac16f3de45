package slurm

import (
	"cmp"
	"strings"
	"time"

	"vigil/remote"
)

// jobFields is what squeue is asked for.
func jobFields() []field {
	return []field{
		{name: "JobArrayID", width: 128},
		{name: "JobID", width: 12},
		{name: "ArrayJobID", width: 12},
		{name: "ArrayTaskID", width: 128},
		{name: "State", width: 16},
		{name: "Reason", width: 160},
		{name: "TimeUsed", width: 16},
		{name: "TimeLeft", width: 16},
		{name: "SubmitTime", width: 20},
		{name: "StartTime", width: 20},
		{name: "EndTime", width: 20},
		{name: "UserName", width: 64},
		{name: "Account", width: 64},
		{name: "Partition", width: 64},
		{name: "Dependency", width: 256},
		{name: "NodeList", width: 512},
		{name: "BatchHost", width: 64},
		{name: "NumNodes", width: 12},
		{name: "NumTasks", width: 12},
		{name: "tres-alloc", width: 256},
		{name: "tres-per-job", width: 128},
		{name: "tres-per-node", width: 128},
		{name: "tres-per-task", width: 128},
		{name: "exit_code", width: 12},
		{name: "RestartCnt", width: 12},
		{name: "WorkDir", width: 512, free: true},
		{name: "STDOUT", width: 768, free: true},
		{name: "STDERR", width: 768, free: true},
		{name: "Name", width: 256, free: true},
	}
}

// Bounds of texts kept, in bytes.
const (
	maxID   = 100
	maxWord = 200
	maxName = 400
)

// told is a job as squeue told it.
type told struct {
	remote.Job
	// logs says that the names of its log files are told by scontrol only.
	logs bool
}

// readJobs reads an answer of squeue.
func readJobs(t table, out []byte, host string, at time.Time) (jobs []told, err error) {
	err = t.cut(out, func(r row) {
		if j := job(r); j.ID != "" {
			j.Host, j.Seen = host, at
			jobs = append(jobs, j)
		}
	})
	return jobs, err
}

// job reads one job. Its ID is empty where the row tells of none.
func job(r row) told {
	id := r["JobArrayID"]
	id = id[strings.LastIndexByte(id, '\n')+1:] // a heading "CLUSTER: x" stands before
	if array, _, rest := strings.Cut(id, "_["); rest && (len(id) > maxID || !strings.HasSuffix(id, "]")) {
		id = array + "_[...]"
	}
	if !isNumber(r["JobID"]) || !isID(id) {
		return told{}
	}
	line := func(name string) string { return remote.Line(r[name], maxWord) }
	j := told{Job: remote.Job{
		ID: id, Number: r["JobID"], Name: remote.Line(r["Name"], maxName),
		User: line("UserName"), Account: line("Account"), Partition: line("Partition"),
		State: remote.JobState(line("State")), Reason: line("Reason"), Depends: line("Dependency"),
		Nodes: hostlist(r["NodeList"]), NumNodes: whole(r["NumNodes"]), Restarts: whole(r["RestartCnt"]),
		Submitted: stamp(r["SubmitTime"]), Started: stamp(r["StartTime"]), Ended: stamp(r["EndTime"]),
	}}
	j.Dir, _ = printable(r["WorkDir"])
	if j.Reason == "None" {
		j.Reason = ""
	}
	task := r["ArrayTaskID"]
	if task != "" {
		j.Array = line("ArrayJobID")
	}
	j.Elapsed, _ = span(r["TimeUsed"])
	j.Left = left(r["TimeLeft"])
	j.ExitCode = -1
	if !j.State.Alive() {
		j.ExitCode, j.Signal = exit(r["exit_code"])
	}
	j.GPUs = jobGPUs(r, j.NumNodes)
	j.logs = !logFiles(&j.Job, r, task)
	j.Why = why(&j.Job)
	return j
}

// left reads the time until the limit. Where the job is past it, Slurm prints
// a word that is no time.
func left(s string) time.Duration {
	d, ok := span(s)
	if !ok && (s == "UNLIMITED" || s == "NOT_SET") {
		return -1
	}
	return d
}

// jobGPUs counts a job's GPUs, where possible from what was granted: many
// sites do not account them, and then what was asked for tells.
func jobGPUs(r row, nodes int) int {
	if n, _ := gpus(r["tres-alloc"]); n > 0 {
		return n
	}
	if n, _ := gpus(r["tres-per-job"]); n > 0 {
		return n
	}
	if n, _ := gpus(r["tres-per-node"]); n > 0 {
		return n * max(nodes, 1)
	}
	n, _ := gpus(r["tres-per-task"])
	return n * max(whole(r["NumTasks"]), 1)
}

// logFiles fills in the paths of the job's output, and reports whether they
// are known as well as squeue can tell.
func logFiles(j *remote.Job, r row, task string) bool {
	if r["STDERR"] == "" && r["STDOUT"] == j.Dir+"/slurm-"+j.Number+".out" {
		return true // not a batch job: its output goes to a terminal
	}
	s := script{job: j.Number, array: j.Array, task: task, name: r["Name"], user: r["UserName"], dir: j.Dir, node: r["BatchHost"]}
	var ok1, ok2 bool
	j.Stdout, ok1 = s.output(r["STDOUT"])
	j.Stderr, ok2 = s.output(r["STDERR"])
	if j.Stderr == j.Stdout {
		j.Stderr = ""
	}
	return ok1 && ok2 || r["BatchHost"] == ""
}

// isID reports whether s is a job as people name it: "12", "12_4", "12+1", or
// the waiting rest of an array, "12_[4-9%2]", which Slurm cuts off after some
// tasks: "12_[1,3,...]".
func isID(s string) bool {
	number, rest := digits(s)
	switch {
	case number == "":
		return false
	case rest == "":
		return true
	case rest[0] == '+':
		return isNumber(rest[1:])
	case rest[0] != '_':
		return false
	}
	if isNumber(rest[1:]) {
		return true
	}
	inner, ok := strings.CutPrefix(rest, "_[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	return ok && ok2 && inner != "" && strings.Trim(inner, "0123456789-,:%.") == ""
}

// digits cuts the leading digits off.
func digits(s string) (number, rest string) {
	rest = strings.TrimLeft(s, "0123456789")
	return s[:len(s)-len(rest)], rest
}

// newestFirst orders jobs, and the tasks of an array.
func newestFirst(a, b remote.Job) int {
	an, at := digits(a.ID)
	bn, bt := digits(b.ID)
	return cmp.Or(
		b.Submitted.Compare(a.Submitted), cmp.Compare(whole(bn), whole(an)),
		cmp.Compare(len(bt), len(at)), cmp.Compare(bt, at), // "_10" is after "_9"
	)
}
