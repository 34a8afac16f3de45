//go:build !linux

package tmux

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Without /proc the processes are asked of ps(1) and lsof(8), which cost a
// process each time.

const toolWithin = 5 * time.Second

func tool(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), toolWithin)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(c.Environ(), "LC_ALL=C")
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("run %s: %w", name, err)
	}
	return string(out), nil
}

// Processes reads the table of processes.
func Processes() (Table, error) {
	out, err := tool("ps", append([]string{"-A"}, psColumns...)...)
	if err != nil {
		return Table{}, fmt.Errorf("read the processes: %w", err)
	}
	return newTable(parsePS(out, time.Local), here{}), nil
}

// Alive reports whether the process still runs: the same one (with no ticks,
// whichever has its pid), and not a dead one that nobody has waited for.
func Alive(pid int, startTicks string) bool {
	p, ok := one(pid)
	return ok && (p.StartTicks == startTicks || startTicks == "")
}

// InFront reports whether the process still runs and is in the foreground of the
// terminal ("/dev/ttys004"; empty for whichever it has): keys typed there go to
// it or to its process group.
func InFront(pid int, startTicks, tty string) bool {
	p, ok := one(pid)
	if !ok || p.StartTicks != startTicks || p.TPGID <= 0 || p.PGID != p.TPGID {
		return false
	}
	return tty == "" || p.tty == ttyNumber(strings.TrimPrefix(tty, "/dev/"))
}

func one(pid int) (Process, bool) {
	out, err := tool("ps", append([]string{"-p", strconv.Itoa(pid)}, psColumns...)...)
	if err != nil {
		return Process{}, false // there is none
	}
	ps := parsePS(out, time.Local)
	if len(ps) != 1 || ps[0].PID != pid {
		return Process{}, false
	}
	return ps[0], true
}

func argsOf(pid int) []string {
	out, err := tool("ps", "-ww", "-p", strconv.Itoa(pid), "-o", "args=")
	if err != nil {
		return nil
	}
	return strings.Fields(out) // ps does not tell where an argument ends
}

func dirOf(pid int) string {
	out, err := tool("lsof", "-a", "-d", "cwd", "-p", strconv.Itoa(pid), "-Fn")
	if err != nil {
		return ""
	}
	if paths := parseLsof(out); len(paths) > 0 {
		return paths[0]
	}
	return ""
}

// outputOf cannot be told cheaply.
func outputOf(int) string { return "" }

// writersOf asks lsof, which fails where nobody has the file open.
func writersOf(file string) ([]int, bool) {
	out, err := tool("lsof", "-F", "pa", "--", file)
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return nil, false
	}
	return parseWriters(strings.Split(out, "\n")), true
}

// Env returns those of the variables that the process was started with, as far
// as ps shows them: a value ends at white space. It is empty if they cannot be
// read.
func Env(pid int, keys ...string) map[string]string {
	out, err := tool("ps", "-E", "-ww", "-p", strconv.Itoa(pid), "-o", "command=")
	if err != nil {
		return map[string]string{}
	}
	return pickEnv(strings.Fields(out), keys)
}

// OpenFiles returns the paths of the files and folders that the process holds
// open. It is empty if they cannot be read.
func OpenFiles(pid int) []string {
	out, err := tool("lsof", "-p", strconv.Itoa(pid), "-Fn")
	if err != nil {
		return nil
	}
	return parseLsof(out)
}
