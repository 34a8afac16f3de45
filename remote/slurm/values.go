package slurm

import (
	"strconv"
	"strings"
	"time"
)

// whole reads a number that is not negative; 0 where there is none. Slurm's
// "not set" and "no limit" are the largest of their type, and 0 here too.
func whole(s string) int {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n >= 1<<31 {
		return 0
	}
	return int(n)
}

// stamp reads a time, in UTC as the commands are told.
func stamp(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05", s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// span reads [days-][hours:]minutes:seconds; ok is false for the words that
// stand there where there is no such time (UNLIMITED, NOT_SET, INVALID).
func span(s string) (d time.Duration, ok bool) {
	days, clock, hasDays := strings.Cut(s, "-")
	if !hasDays {
		days, clock = "0", s
	}
	parts := strings.Split(clock, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	var secs int64
	for _, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return 0, false
		}
		secs = secs*60 + int64(n)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, false
	}
	return time.Duration(secs+int64(n)*24*3600) * time.Second, true
}

// exit reads an exit code: "7:0" (code and signal) of the newer versions, the
// wait status "1792" of the older ones. The code is -1 where there is none.
func exit(s string) (code, signal int) {
	if c, sig, ok := strings.Cut(s, ":"); ok {
		return whole(c), whole(sig)
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return -1, 0
	}
	if signal = int(n & 0x7f); signal != 0 {
		return 0, signal
	}
	return int(n >> 8), 0
}

// gpus counts the GPUs of a list of resources, in the words of any version:
// "gpu:h200:8(IDX:0-7)", "gres:gpu:2", "gres/gpu:h200:8" and the accounting's
// "cpu=4,gres/gpu=8,gres/gpu:h200=8", where the first says it all. kind is
// their type, if one is told.
func gpus(s string) (n int, kind string) {
	total := -1
	for s != "" {
		var item string
		item, s = cutItem(s)
		item, _, _ = strings.Cut(item, "(")
		item = strings.TrimPrefix(strings.TrimPrefix(item, "gres:"), "gres/")
		name, count, counted := strings.Cut(item, "=")
		parts := strings.SplitN(name, ":", 3)
		if parts[0] != "gpu" {
			continue
		}
		if last := parts[len(parts)-1]; !counted && len(parts) > 1 && isNumber(last) {
			count, parts = last, parts[:len(parts)-1]
		}
		if count == "" {
			count = "1"
		}
		if len(parts) > 1 && kind == "" {
			kind = parts[1]
		}
		if counted && len(parts) == 1 {
			total = whole(count)
		}
		n += whole(count)
	}
	if total >= 0 {
		n = total
	}
	return n, kind
}

// cutItem cuts a list at the first comma that is not in parentheses.
func cutItem(s string) (item, rest string) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// seconds reads a number of seconds.
func seconds(s string) time.Duration { return time.Duration(whole(s)) * time.Second }
