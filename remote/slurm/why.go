package slurm

import (
	"fmt"
	"regexp"
	"strings"

	"vigil/remote"
)

// why says in plain words why a job waits or how it ended; empty where its
// state says it all.
func why(j *remote.Job) string {
	switch j.State {
	case remote.JobPending, remote.JobRequeued, "REQUEUE_FED", "CONFIGURING":
		return waits(j)
	case "REQUEUE_HOLD", "SPECIAL_EXIT":
		return "requeued, and held: `scontrol release " + j.ID + "` lets it go"
	case remote.JobRunning:
		if j.Restarts > 0 {
			return "runs again, after " + times(j.Restarts, "requeue")
		}
		return ""
	case remote.JobSuspended, "STOPPED":
		return "suspended: it keeps its nodes, and goes on when resumed"
	case remote.JobCompleting:
		return "has ended: its nodes are being cleaned up"
	case remote.JobVanished:
		return "left the queue before its end was seen"
	}
	return ended(j)
}

// waits says why a pending job waits.
func waits(j *remote.Job) string {
	reason, _, _ := strings.Cut(j.Reason, ",")
	switch {
	case strings.HasPrefix(reason, "Nodes_required") || strings.HasPrefix(reason, "Nodes required"):
		return "waits for nodes that are down, drained or kept for jobs that go first"
	case strings.HasPrefix(reason, "ReqNodeNotAvail"):
		return "asks for a node that is down, drained or reserved"
	case strings.HasPrefix(reason, "job_requeued_in_held_state"), strings.HasPrefix(reason, "job requeued in held state"):
		return "requeued, and held: `scontrol release " + j.ID + "` lets it go"
	case strings.HasPrefix(reason, "launch_failed_requeued_held"), strings.HasPrefix(reason, "launch failed requeued held"):
		return "could not start on its node, and is held: `scontrol release " + j.ID + "` tries again"
	case strings.Contains(reason, "Limit") && (strings.HasPrefix(reason, "QOS") || strings.HasPrefix(reason, "Assoc")):
		return "waits: a limit of its " + owner(reason) + " is reached (" + reason + ")"
	}
	switch reason {
	case "":
		return ""
	case "Resources":
		return "waits for free nodes, CPUs or GPUs"
	case "Priority":
		return "waits: other jobs go first"
	case "Dependency":
		return "waits for " + dependency(j.Depends)
	case "DependencyNeverSatisfied":
		return "will never start: what it depends on went another way; cancel it"
	case "JobHeldUser":
		return "held by its user: `scontrol release " + j.ID + "` lets it go"
	case "JobHeldAdmin":
		return "held by an administrator"
	case "JobHoldMaxRequeue":
		return "held: it was requeued too often"
	case "BeginTime":
		if j.Restarts > 0 {
			return "requeued: it starts again in a moment"
		}
		return "waits for the time it was told to begin"
	case "JobArrayTaskLimit":
		return "waits: as many tasks of its array run as may at once"
	case "PartitionNodeLimit":
		return "asks for more nodes than its partition gives, or has up"
	case "PartitionTimeLimit":
		return "asks for more time than its partition gives"
	case "PartitionDown", "PartitionInactive":
		return "waits: its partition is closed"
	case "BadConstraints":
		return "asks for what no node has: it will not start"
	case "Reservation", "ReservationDeleted":
		return "waits for its reservation"
	case "Licenses":
		return "waits for a licence"
	case "Prolog":
		return "about to start: its nodes are being prepared"
	case "Cleaning":
		return "waits until its last launch is cleaned up"
	case "InvalidAccount", "AccountNotAllowed":
		return "its account may not run here: it will not start"
	case "InvalidQOS", "QOSNotAllowed":
		return "its QOS may not be used here: it will not start"
	}
	if strings.HasPrefix(reason, "QOS") || strings.HasPrefix(reason, "Assoc") {
		return "waits: a limit of its " + owner(reason) + " is reached (" + reason + ")"
	}
	return "waits: " + strings.ReplaceAll(j.Reason, "_", " ")
}

// owner is whose limit a reason names.
func owner(reason string) string {
	if strings.HasPrefix(reason, "QOS") {
		return "QOS"
	}
	return "account"
}

// status is how each job of a dependency stands.
var status = regexp.MustCompile(`\([^)]*\)`)

// dependency tells "afterok:12(unfulfilled):14,afterany:13_*" in words: the
// first of what it waits for, and how many more.
func dependency(s string) string {
	s = strings.ReplaceAll(status.ReplaceAllString(s, ""), "?", ",") // "?" is "or"
	first, rest, _ := strings.Cut(s, ",")
	kind, jobs, _ := strings.Cut(first, ":")
	job, others, _ := strings.Cut(jobs, ":")
	more := ""
	if n := count(rest, ",") + count(others, ":"); n > 0 {
		more = fmt.Sprintf(", and for %d more", n)
	}
	switch kind {
	case "afterok":
		return "job " + job + " to end well" + more
	case "afterany":
		return "job " + job + " to end" + more
	case "afternotok":
		return "job " + job + " to fail" + more
	case "after":
		return "job " + job + " to start" + more
	case "aftercorr":
		return "the same task of job " + job + " to end well" + more
	case "singleton":
		return "its user's other jobs of this name" + more
	}
	return "other jobs"
}

// count counts the items of a list.
func count(s, sep string) int {
	if s == "" {
		return 0
	}
	return strings.Count(s, sep) + 1
}

// ended says how a job ended.
func ended(j *remote.Job) string {
	again := ""
	if j.Restarts > 0 {
		again = ", after " + times(j.Restarts, "requeue")
	}
	switch j.State {
	case remote.JobCompleted:
		return strings.TrimPrefix(again, ", ")
	case remote.JobFailed:
		return failed(j) + again
	case remote.JobTimeout:
		return "reached its time limit" + again
	case remote.JobOutOfMem:
		return "used more memory than it asked for" + again
	case remote.JobNodeFail:
		return "a node of it failed" + again
	case remote.JobPreempted:
		return "made room for a job that goes first" + again
	case "BOOT_FAIL":
		return "a node of it did not boot"
	case "DEADLINE":
		return "could not end before its deadline"
	case remote.JobCancelled:
		switch {
		case j.Reason == "DependencyNeverSatisfied":
			return "cancelled: what it depended on went another way"
		case j.Started.IsZero() || j.Elapsed == 0 && j.Signal == 0 && len(j.Nodes) == 0:
			return "cancelled before it started"
		}
		return "cancelled while it ran" + again
	}
	return ""
}

// launchFailed is the signal by which Slurm says that a script never ran.
const launchFailed = 53

// failed says how a job failed.
func failed(j *remote.Job) string {
	switch {
	case j.Signal == launchFailed || j.Reason == "JobLaunchFailure" && j.Signal == 0:
		if j.Stdout == "" {
			return "could not start: the folder of its log is missing or not writable"
		}
		return "could not start: is the folder of " + j.Stdout + " there and writable?"
	case j.Signal == 9:
		return "killed (signal 9): by hand, or for want of memory"
	case j.Signal > 0:
		return fmt.Sprintf("ended by signal %d", j.Signal)
	case j.Reason == "BadConstraints":
		return "asked for what no node has"
	case j.ExitCode == 1 && j.Elapsed == 0 && len(j.Nodes) > 0:
		return "exit code 1 at once: if there is no log, its folder may be missing" // how 20.11 says it
	case j.ExitCode > 0:
		return fmt.Sprintf("exit code %d", j.ExitCode)
	}
	return strings.ReplaceAll(j.Reason, "_", " ")
}

func times(n int, what string) string {
	if n == 1 {
		return "a " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
