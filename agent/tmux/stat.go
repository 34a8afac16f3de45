package tmux

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is the unit of times in /proc; Linux fixes it for programs.
const ticksPerSecond = 100

// parseStat reads /proc/PID/stat (proc_pid_stat(5)). The name stands in
// parentheses and may hold any byte, parentheses too.
func parseStat(b []byte, boot time.Time) (p Process, zombie, ok bool) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || end < open {
		return p, false, false
	}
	f := strings.Fields(string(b[end+1:]))
	if len(f) < 20 {
		return p, false, false
	}
	var errs [6]error
	p.PID, errs[0] = strconv.Atoi(strings.TrimSpace(string(b[:open])))
	p.PPID, errs[1] = strconv.Atoi(f[1])
	p.PGID, errs[2] = strconv.Atoi(f[2])
	tty, err := strconv.ParseInt(f[4], 10, 64)
	errs[3] = err
	p.TPGID, errs[4] = strconv.Atoi(f[5])
	ticks, err := strconv.ParseUint(f[19], 10, 63)
	errs[5] = err
	if errors.Join(errs[:]...) != nil {
		return p, false, false
	}
	for _, used := range f[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(used, 10, 64)
		if err == nil && n > 0 && n < 1<<40 {
			p.CPU += time.Duration(n) * time.Second / ticksPerSecond
		}
	}
	p.tty = uint64(uint32(tty))
	p.Comm = string(b[open+1 : end])
	p.StartTicks = f[19]
	p.Started = boot.Add(time.Duration(ticks/ticksPerSecond)*time.Second + time.Duration(ticks%ticksPerSecond)*time.Second/ticksPerSecond)
	return p, f[0] == "Z" || f[0] == "X", true
}

// parseBoot reads the line of /proc/stat that tells when the system started.
func parseBoot(line string) (time.Time, bool) {
	rest, ok := strings.CutPrefix(line, "btime ")
	if !ok {
		return time.Time{}, false
	}
	s, err := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
	return time.Unix(s, 0), err == nil
}
