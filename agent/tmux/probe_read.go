package tmux

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The answers of a machine's shell come from another machine: what does not
// have the form that was asked for is left out.

// parseHello reads what a machine says of itself; boot is zero where it has no
// /proc.
func parseHello(lines []string) (a About, boot time.Time) {
	a.Env = map[string]string{}
	for _, l := range lines {
		if at, ok := parseBoot(l); ok {
			boot = at
			continue
		}
		switch k, v, ok := strings.Cut(l, "="); {
		case !ok || v == "":
		case k == "system" && a.System == "":
			a.System = v
		case k == "HOME" && a.Home == "" && strings.HasPrefix(v, "/"):
			a.Home = v
		case (k == "CLAUDE_CONFIG_DIR" || k == "CODEX_HOME") && a.Env[k] == "":
			a.Env[k] = v
		case k == "zone" && a.Zone == nil:
			a.Zone = parseZone(v)
		}
	}
	return a, boot
}

// parseZone reads a zone as TZ, the link /etc/localtime or date(1) has it:
// "Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin" or "+0200", of which the
// last does not tell when the clocks are changed. Nil is for what is none.
func parseZone(s string) *time.Location {
	if at, err := time.Parse("-0700", s); err == nil {
		_, offset := at.Zone()
		return time.FixedZone(s, offset)
	}
	if _, name, ok := strings.Cut(s, "zoneinfo/"); ok {
		s = name
	}
	if !strings.Contains(s, "/") && s != "UTC" {
		return nil
	}
	loc, err := time.LoadLocation(strings.TrimPrefix(s, ":"))
	if err != nil {
		return nil
	}
	return loc
}

func statName(pid int) string { return "/proc/" + strconv.Itoa(pid) + "/stat" }

// statLines finds the lines of /proc/PID/stat, by the number that the file's
// name has. A process's name can hold a newline; then its line comes in parts.
func statLines(lines []string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := 0; i < len(lines); {
			name, stat, ok := strings.Cut(lines[i], ":")
			pid, isStat := statPID(name)
			i++
			if !ok || !isStat {
				continue
			}
			for i < len(lines) {
				more, found := strings.CutPrefix(lines[i], name+":")
				if !found {
					break
				}
				stat += "\n" + more
				i++
			}
			if !yield(pid, stat) {
				return
			}
		}
	}
}

func statPID(name string) (int, bool) {
	rest, ok := strings.CutPrefix(name, "/proc/")
	if !ok {
		return 0, false
	}
	rest, ok = strings.CutSuffix(rest, "/stat")
	pid, err := strconv.Atoi(rest)
	return pid, ok && err == nil && pid > 0
}

// parseFiles puts the contents of the files together that were asked for.
func parseFiles(lines, names []string) map[string][]byte {
	out := map[string][]byte{}
	for _, l := range lines {
		for i := range len(l) {
			if l[i] != ':' || !slices.Contains(names, l[:i]) {
				continue
			}
			if b := out[l[:i]]; len(b)+len(l)-i <= maxBeat {
				out[l[:i]] = append(append(b, l[i+1:]...), '\n')
			}
			break
		}
	}
	return out
}

// askable leaves out names that would not be known again in an answer.
func askable(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return !strings.HasPrefix(n, "/") || strings.ContainsAny(n, "\n\r\x00")
	})
}

// parseArgs reads the arguments of processes, which stand behind a mark with
// the process's number. Words: ps does not tell where an argument ends.
func parseArgs(lines []string, mark string, words bool) map[int][]string {
	out := map[int][]string{}
	pid := 0
	for _, l := range lines {
		if n, ok := strings.CutPrefix(l, mark); ok {
			pid, _ = strconv.Atoi(n) // of our own making
			continue
		}
		switch {
		case pid == 0:
		case words:
			out[pid] = append(out[pid], strings.Fields(l)...)
		default:
			out[pid] = append(out[pid], strings.ReplaceAll(l, "\x01", "\n"))
		}
	}
	for pid, args := range out { // the newline before the next mark
		for len(args) > 0 && args[len(args)-1] == "" {
			args = args[:len(args)-1]
		}
		out[pid] = args
	}
	return out
}

// parseFDs reads what ls -l prints of /proc/PID/fd: "... 7 -> /path".
func parseFDs(lines []string) []string {
	var out []string
	for _, l := range lines {
		_, path, ok := strings.Cut(l, " -> ")
		if ok && openFile(path) && !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	return out
}

// parseOutputs reads lines of "PID PATH".
func parseOutputs(lines []string) map[int]string {
	out := map[int]string{}
	for _, l := range lines {
		n, path, _ := strings.Cut(l, " ")
		if pid, err := strconv.Atoi(n); err == nil && pid > 0 && openFile(path) {
			out[pid] = path
		}
	}
	return out
}

// parseFDOwners reads the processes in paths like /proc/7/fd/1.
func parseFDOwners(lines []string) []int {
	var pids []int
	for _, l := range lines {
		rest, _ := strings.CutPrefix(l, "/proc/")
		n, _, ok := strings.Cut(rest, "/fd/")
		if pid, err := strconv.Atoi(n); ok && err == nil && pid > 0 && !slices.Contains(pids, pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// globQuote makes a path a pattern that fits nothing else.
func globQuote(path string) string {
	var b strings.Builder
	for _, r := range path {
		if strings.ContainsRune(`*?[]\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// listens is the flag of a socket that takes connections, as /proc/net/unix
// has it.
const listens = "00010000"

// parseSockets reads lines of /proc/net/unix (proc_net(5)), and "socket PATH".
func parseSockets(lines []string) []string {
	var out []string
	for _, l := range lines {
		path, ok := strings.CutPrefix(l, "socket ")
		if !ok {
			f := strings.Fields(l)
			if len(f) < 8 || f[3] != listens {
				continue
			}
			_, path, _ = strings.Cut(l, " "+f[6]+" ")
		}
		if strings.HasPrefix(path, "/") && !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// ptyNumber is the device number, as /proc has it, of a pseudo-terminal of
// Linux by its name; zero for what is none.
func ptyNumber(tty string) uint64 {
	n, ok := strings.CutPrefix(tty, "/dev/pts/")
	minor, err := strconv.ParseUint(n, 10, 20)
	if !ok || err != nil || strconv.FormatUint(minor, 10) != n { // "00" names no terminal
		return 0
	}
	const major = 136
	return minor&0xff | major<<8 | minor&^0xff<<12
}
