package tmux

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Processes reads the table of processes: one small file each.
func Processes() (Table, error) {
	boot, err := bootTime()
	if err != nil {
		return Table{}, fmt.Errorf("read the processes: %w", err)
	}
	dir, err := os.Open("/proc")
	if err != nil {
		return Table{}, fmt.Errorf("read the processes: %w", err)
	}
	defer func() { _ = dir.Close() }() // read only
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return Table{}, fmt.Errorf("read the processes: %w", err)
	}
	ps := make([]Process, 0, len(names))
	buf := make([]byte, 4096)
	for _, n := range names {
		if n[0] < '1' || n[0] > '9' {
			continue
		}
		stat, err := readSmall("/proc/"+n+"/stat", buf)
		if err != nil {
			continue // it has ended
		}
		if p, zombie, ok := parseStat(stat, boot); ok && !zombie {
			ps = append(ps, p)
		}
	}
	return newTable(ps, here{}), nil
}

// Alive reports whether the process still runs: the same one (with no ticks,
// whichever has its pid), and not a dead one that nobody has waited for.
func Alive(pid int, startTicks string) bool {
	p, zombie, ok := stat(pid)
	return ok && !zombie && (p.StartTicks == startTicks || startTicks == "")
}

// InFront reports whether the process still runs and is in the foreground of the
// terminal ("/dev/pts/4"; empty for whichever it has): keys typed there go to it
// or to its process group.
func InFront(pid int, startTicks, tty string) bool {
	p, zombie, ok := stat(pid)
	if !ok || zombie || p.StartTicks != startTicks || p.TPGID <= 0 || p.PGID != p.TPGID {
		return false
	}
	if tty == "" {
		return true
	}
	var st syscall.Stat_t
	// The kernel shows a terminal in /proc as stat does, for the 20 bits of minor
	// numbers in use.
	return syscall.Stat(tty, &st) == nil && st.Rdev == p.tty
}

func stat(pid int) (p Process, zombie, ok bool) {
	var buf [1024]byte
	b, err := readSmall("/proc/"+strconv.Itoa(pid)+"/stat", buf[:])
	if err != nil {
		return p, false, false
	}
	return parseStat(b, time.Time{})
}

// readSmall reads a file of /proc in one read, without what os.ReadFile does
// around it.
func readSmall(path string, buf []byte) ([]byte, error) {
	fd, err := retry(func() (int, error) { return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return nil, err
	}
	n, err := retry(func() (int, error) { return syscall.Read(fd, buf) })
	_ = syscall.Close(fd) // read only
	if err != nil {
		return nil, err
	}
	return buf[:n], nil
}

func retry(f func() (int, error)) (int, error) {
	for {
		n, err := f()
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

func bootTime() (time.Time, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}, err
	}
	for line := range strings.Lines(string(b)) {
		if at, ok := parseBoot(line); ok {
			return at, nil
		}
	}
	return time.Time{}, errors.New("/proc/stat has no btime")
}

func argsOf(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
}

// dirOf reads a process's folder. Another user's process has none to read.
func dirOf(pid int) string {
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return ""
	}
	return dir
}

// outputOf reads where a process's standard output goes.
func outputOf(pid int) string {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/1", pid))
	if err != nil || !openFile(path) {
		return ""
	}
	return path
}

// writable is the bit by which the kernel marks the link of a descriptor that
// can be written to (proc_pid_fd(5)).
const writable = 0o200

// writersOf finds the processes that have a file open for writing, as far as
// their descriptors may be read.
func writersOf(file string) ([]int, bool) {
	dirs, err := filepath.Glob("/proc/[0-9]*/fd")
	if err != nil || len(dirs) == 0 {
		return nil, false
	}
	var pids []int
	for _, dir := range dirs {
		fds, err := os.ReadDir(dir)
		if err != nil {
			continue // another person's
		}
		for _, fd := range fds {
			link := filepath.Join(dir, fd.Name())
			if path, err := os.Readlink(link); err != nil || path != file {
				continue
			}
			if info, err := os.Lstat(link); err == nil && info.Mode()&writable != 0 {
				if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil {
					pids = append(pids, pid)
				}
				break
			}
		}
	}
	return pids, true
}

// Env returns those of the variables that the process was started with. It is
// empty if they cannot be read (another user's process, or one that has ended).
func Env(pid int, keys ...string) map[string]string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return map[string]string{}
	}
	return pickEnv(strings.Split(string(b), "\x00"), keys)
}

// OpenFiles returns the paths of the files and folders that the process holds
// open: no devices, no sockets, nothing deleted. It is empty if they cannot be
// read.
func OpenFiles(pid int) []string {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	fds, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var paths []string
	for _, fd := range fds {
		path, err := os.Readlink(filepath.Join(dir, fd.Name()))
		if err == nil && openFile(path) && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}
