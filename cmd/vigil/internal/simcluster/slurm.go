package simcluster

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the programs print without -O, as the true ones do but in few columns.
const (
	squeueColumns = "JobArrayID:18,Partition:10,Name:20,UserName:12,State:14,TimeUsed:11,NumNodes:6,NodeList:20,Reason:30"
	sinfoColumns  = "PartitionName:10,StateLong:12,NodeList:14,GresUsed:24,Reason:30"
)

func (c Call) squeue(s state) int {
	o, _ := options(c.Args, "-t", "-u", "-j", "-O", "-o", "--states", "--user", "--jobs")
	if _, ok := o["--version"]; ok {
		fmt.Fprintln(c.Stdout, "slurm "+version)
		return 0
	}
	user := s.User
	if u := o["-u"]; u != "" && !strings.Contains(u, ",") {
		user = u
	}
	var ids []string
	if o["-j"] != "" {
		ids = strings.Split(o["-j"], ",")
	}
	_, all := o["-t"]
	var rows []map[string]string
	for _, j := range s.Jobs {
		chosen := ids == nil || slices.Contains(ids, strconv.Itoa(j.ID))
		if chosen && (all || j.Ended.IsZero()) {
			rows = append(rows, s.jobRow(j, user, time.Now()))
		}
	}
	if len(ids) == 1 && rows == nil {
		return c.fail("slurm_load_jobs error: Invalid job id specified")
	}
	_, bare := o["-h"]
	format := o["-O"]
	if format == "" {
		format = squeueColumns
	}
	table(c.Stdout, format, !bare, rows)
	return 0
}

// jobRow is a job in the words of squeue 24.11, by the names of its fields in
// small letters.
func (s state) jobRow(j job, user string, now time.Time) map[string]string {
	used, left, reason, after := "0:00", span(limit), "None", "(null)"
	end := j.Ended
	if !j.Started.IsZero() {
		until := now
		if !j.Ended.IsZero() {
			until = j.Ended
		}
		ran := until.Sub(j.Started)
		used, left = span(ran), span(limit-ran)
		if end.IsZero() {
			end = j.Started.Add(limit)
		}
	}
	if j.Reason != "" {
		reason = j.Reason
	}
	if j.After != 0 && j.Reason == "Dependency" {
		after = fmt.Sprintf("afterok:%d(unfulfilled)", j.After)
	}
	id := strconv.Itoa(j.ID)
	perNode := "N/A"
	if j.GPUs > 0 {
		perNode = fmt.Sprintf("gres/gpu:%s:%d", gpuType, j.GPUs)
	}
	return map[string]string{
		"jobarrayid": id, "jobid": id, "arrayjobid": id, "arraytaskid": "N/A",
		"state": j.State, "reason": reason, "timeused": used, "timeleft": left,
		"submittime": stamp(j.Submitted), "starttime": stamp(j.Started), "endtime": stamp(end),
		"username": user, "account": account, "partition": partition, "dependency": after,
		"nodelist": j.Node, "batchhost": j.Node,
		"numnodes": strconv.Itoa(j.NumNodes), "numtasks": "1", "tres-alloc": j.tres(), "tres-per-node": perNode,
		"exit_code": fmt.Sprintf("%d:%d", j.Exit, j.Signal), "restartcnt": strconv.Itoa(j.Restarts),
		"workdir": s.Dir, "stdout": j.Log, "stderr": "(null)", "name": j.Name,
	}
}

func (j job) tres() string {
	t := fmt.Sprintf("cpu=%d,mem=%dM,node=%d,billing=%[1]d", j.GPUs*cpus/perNode, j.GPUs*memoryMB/perNode, j.NumNodes)
	if j.GPUs > 0 {
		t += fmt.Sprintf(",gres/gpu=%d,gres/gpu:%s=%[1]d", j.GPUs*j.NumNodes, gpuType)
	}
	return t
}

// span is a duration as Slurm writes it: [days-]hours:minutes:seconds, short
// ones without hours.
func span(d time.Duration) string {
	s := max(int(d.Seconds()), 0)
	switch h := s / 3600; {
	case h >= 24:
		return fmt.Sprintf("%d-%02d:%02d:%02d", h/24, h%24, s/60%60, s%60)
	case h > 0:
		return fmt.Sprintf("%d:%02d:%02d", h, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "N/A"
	}
	return t.Local().Format("2006-01-02T15:04:05")
}

func (c Call) sinfo(s state) int {
	o, _ := options(c.Args, "-O", "-o", "-p", "-n")
	if _, ok := o["--version"]; ok {
		fmt.Fprintln(c.Stdout, "slurm "+version)
		return 0
	}
	var rows []map[string]string
	for _, n := range s.Nodes {
		var ids []string
		for i, busy := range s.busy(n.Name) {
			if busy {
				ids = append(ids, strconv.Itoa(i))
			}
		}
		gpus := len(ids)
		used := gpus * cpus / perNode
		st, reason, other := "idle", "none", 0
		switch {
		case n.Drained != "":
			st, reason, other = "drained", n.Drained, cpus
		case gpus == perNode:
			st = "allocated"
		case gpus > 0:
			st = "mixed"
		}
		rows = append(rows, map[string]string{
			"nodelist": n.Name, "statelong": st, "partitionname": partition, "reason": reason,
			"cpusstate": fmt.Sprintf("%d/%d/%d/%d", used, cpus-used-other, other, cpus),
			"gres":      fmt.Sprintf("gpu:%s:%d(S:0-1)", gpuType, perNode),
			"gresused":  fmt.Sprintf("gpu:%s:%d(IDX:%s)", gpuType, gpus, cmp.Or(strings.Join(ids, ","), "N/A")), "memory": strconv.Itoa(memoryMB),
		})
	}
	format := o["-O"]
	if format == "" {
		format = sinfoColumns
	}
	_, bare := o["-h"]
	table(c.Stdout, format, !bare, rows)
	return 0
}

// scontrol knows `show job [-d] [-o] [ID]`.
func (c Call) scontrol(s state) int {
	var words []string
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "-") {
			words = append(words, a)
		}
	}
	if len(words) < 2 || words[0] != "show" || words[1] != "job" {
		return c.fail("scontrol: the demo knows `scontrol show job` only")
	}
	found := false
	for _, j := range s.Jobs {
		if len(words) == 2 || words[2] == strconv.Itoa(j.ID) {
			found = true
			fmt.Fprintln(c.Stdout, s.jobLine(j))
		}
	}
	if !found {
		return c.fail("slurm_load_jobs error: Invalid job id specified")
	}
	return 0
}

// jobLine is a job as `scontrol show job -d -o` tells it.
func (s state) jobLine(j job) string {
	r := s.jobRow(j, s.User, time.Now())
	var b strings.Builder
	fmt.Fprintf(&b, "JobId=%d JobName=%s UserId=%s(%d) GroupId=%[3]s(%[4]d) MCS_label=N/A Priority=1 Nice=0 Account=%s QOS=normal",
		j.ID, j.Name, s.User, os.Getuid(), account)
	fmt.Fprintf(&b, " JobState=%s Reason=%s Dependency=%s Requeue=1 Restarts=%d BatchFlag=1 Reboot=0 ExitCode=%s DerivedExitCode=0:0",
		j.State, r["reason"], r["dependency"], j.Restarts, r["exit_code"])
	fmt.Fprintf(&b, " RunTime=%s TimeLimit=%s TimeMin=N/A SubmitTime=%s EligibleTime=%[3]s AccrueTime=%[3]s StartTime=%s EndTime=%s",
		r["timeused"], span(limit), r["submittime"], r["starttime"], r["endtime"])
	fmt.Fprintf(&b, " Partition=%s AllocNode:Sid=head:1 ReqNodeList=(null) ExcNodeList=(null) NodeList=%s BatchHost=%s NumNodes=%d NumCPUs=%d NumTasks=1 CPUs/Task=1",
		partition, r["nodelist"], r["batchhost"], j.NumNodes, j.GPUs*cpus/perNode)
	fmt.Fprintf(&b, " ReqTRES=%s AllocTRES=%[1]s Socks/Node=* NtasksPerN:B:S:C=0:0:*:* CoreSpec=*", j.tres())
	if j.Node != "" && j.GPUs > 0 {
		fmt.Fprintf(&b, " JOB_GRES=gpu:%s:%d   Nodes=%s CPU_IDs=0-%d Mem=0 GRES=gpu:%[1]s:%[2]d(IDX:%[5]d-%[6]d)",
			gpuType, j.GPUs, j.Node, j.GPUs*cpus/perNode-1, j.FirstGPU, j.FirstGPU+j.GPUs-1)
	}
	fmt.Fprintf(&b, " MinCPUsNode=1 MinMemoryNode=0 MinTmpDiskNode=0 Features=(null) DelayBoot=00:00:00 OverSubscribe=OK Contiguous=0 Licenses=(null) Network=(null)"+
		" Command=%s/train.sh WorkDir=%[1]s StdErr=%s StdIn=/dev/null StdOut=%[2]s TresPerNode=%s", s.Dir, j.Log, r["tres-per-node"])
	return b.String()
}

// scancel says nothing, of jobs that do not exist either.
func (c Call) scancel(s state) int {
	for _, a := range c.Args {
		id, err := strconv.Atoi(a)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(s.Jobs, func(j job) bool { return j.ID == id && j.Ended.IsZero() }) {
			if err := os.WriteFile(cancelPath(c.Dir, id), nil, 0o600); err != nil {
				return c.fail("scancel: error: " + err.Error())
			}
		}
	}
	return 0
}
