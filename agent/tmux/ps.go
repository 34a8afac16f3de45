package tmux

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// psColumns are what parsePS reads. The start (five words in the C locale) and
// the name come last, since they hold spaces.
var psColumns = []string{"-o", "pid=,ppid=,pgid=,tpgid=,stat=,tty=,lstart=,comm="}

// parsePS reads what ps prints for psColumns, in the time zone. Lines that it
// does not understand, and dead processes, are left out.
func parsePS(out string, zone *time.Location) []Process {
	var ps []Process
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 12 {
			continue
		}
		var n [4]int
		bad := false
		for i := range n {
			var err error
			n[i], err = strconv.Atoi(f[i])
			bad = bad || err != nil
		}
		start := strings.Join(f[6:11], " ")
		at, err := time.ParseInLocation("Mon Jan 2 15:04:05 2006", start, zone)
		if bad || err != nil || strings.HasPrefix(f[4], "Z") {
			continue
		}
		p := Process{
			PID: n[0], PPID: n[1], PGID: n[2], TPGID: n[3],
			StartTicks: start, Started: at, Comm: strings.Join(f[11:], " "), tty: ttyNumber(f[5]),
		}
		if p.tty == 0 || p.TPGID == 0 {
			p.TPGID = -1
		}
		ps = append(ps, p)
	}
	return ps
}

// ttyNumber stands in for a device number, from a terminal's name.
func ttyNumber(name string) uint64 {
	if strings.Trim(name, "?-") == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum64()
}

// parseLsof returns the paths in what lsof prints with -Fn.
func parseLsof(out string) []string {
	var paths []string
	for line := range strings.Lines(out) {
		path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "n")
		if ok && openFile(path) && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// parseWriters reads the processes that can write in what lsof prints with -Fpa.
func parseWriters(lines []string) []int {
	var pids []int
	pid := 0
	for _, l := range lines {
		if n, ok := strings.CutPrefix(l, "p"); ok {
			pid, _ = strconv.Atoi(n) // zero: it is nobody's
		}
		if (l == "aw" || l == "au") && pid > 0 && !slices.Contains(pids, pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// sessionFiles returns those of the paths that may be session files.
func sessionFiles(paths []string) []string {
	return slices.DeleteFunc(paths, func(p string) bool { return !strings.HasSuffix(p, ".jsonl") })
}

// openFile reports whether what a descriptor names is a file or a folder that
// still has its name.
func openFile(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "/dev/") && !strings.HasSuffix(path, " (deleted)")
}

// pickEnv returns those of the KEY=VALUE pairs that are asked for; of two with
// one key the first counts, as for getenv(3).
func pickEnv(pairs, keys []string) map[string]string {
	got := make(map[string]string, len(keys))
	for _, kv := range pairs {
		k, v, ok := strings.Cut(kv, "=")
		if _, had := got[k]; ok && !had && slices.Contains(keys, k) {
			got[k] = v
		}
	}
	return got
}
