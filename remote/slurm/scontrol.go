package slurm

import (
	"regexp"
	"strconv"
	"strings"
)

// detail is what only `scontrol show job -d -o` tells of a job.
type detail struct {
	job            string
	stdout, stderr string
	gpus           map[string][]int // indices by node
}

// alloc is what a job has of a group of its nodes.
var alloc = regexp.MustCompile(` Nodes=(\S+) CPU_IDs=\S* Mem=\S* GRES=(\S*)`)

// readDetail reads the line of one job. The line is made of "key=value"
// without quotes, and values that users choose (names, commands, comments)
// hold blanks and anything else, so nothing is split at blanks: what is needed
// is looked for where Slurm prints it.
func readDetail(out []byte) (d detail, ok bool) {
	s := string(out[:min(len(out), 1<<20)])
	rest, ok := strings.CutPrefix(strings.TrimLeft(s, "\n"), "JobId=")
	if !ok {
		return d, false
	}
	d.job, _ = digits(rest)
	// The allocation stands between two keys; the first of them comes after the
	// job's name, the second before its command and comment.
	if _, after, found := cutLast(s, " CoreSpec="); found {
		d.gpus = gpuIndices(after)
	}
	if _, after, found := cutLast(s, " StdOut="); found {
		d.stdout = pathValue(after)
	}
	if _, after, found := cutLast(s, " StdErr="); found {
		d.stderr = pathValue(after)
	}
	return d, d.job != ""
}

func gpuIndices(s string) map[string][]int {
	out := map[string][]int{}
	for _, m := range alloc.FindAllStringSubmatch(s, maxNodes) {
		idx := indices(m[2])
		if len(idx) == 0 {
			continue
		}
		for _, n := range hostlist(m[1]) {
			if len(out) == maxNodes {
				return out
			}
			out[n] = idx
		}
	}
	return out
}

// indices reads "gpu:h200:4(IDX:0,3-5)".
func indices(s string) []int {
	var out []int
	for s != "" {
		var item string
		item, s = cutItem(s)
		name, rest, _ := strings.Cut(item, "(IDX:")
		if n := strings.TrimPrefix(name, "gres:"); n != "gpu" && !strings.HasPrefix(n, "gpu:") {
			continue
		}
		numbers, ok := ranges(strings.TrimSuffix(rest, ")"), maxGPUs)
		if !ok {
			continue
		}
		for _, n := range numbers {
			if i, err := strconv.Atoi(n); err == nil && i < maxGPUs && len(out) < maxGPUs {
				out = append(out, i)
			}
		}
	}
	return out
}

// maxGPUs bounds the GPUs of a node.
const maxGPUs = 1024

// key is where the next value begins.
var key = regexp.MustCompile(` (StdErr|StdIn|StdOut|Power|Tres[A-Za-z]*|Mem[A-Za-z]*|MailUser|MailType|NtasksPerTRES|Switches|SubmitLine)[=:]`)

// pathValue reads a path up to the next key.
func pathValue(s string) string {
	if i := key.FindStringIndex(s); i != nil {
		s = s[:i[0]]
	}
	s, _, _ = strings.Cut(s, "\n")
	s = strings.TrimRight(s, " ")
	if s == "(null)" || s == "/dev/null" || len(s) > maxField {
		return ""
	}
	p, ok := printable(s)
	if !ok || !strings.HasPrefix(p, "/") {
		return ""
	}
	return p
}

// cutLast cuts at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
