package clients

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processesOf returns the processes whose HOME is the folder: a throw-away
// home is in no other environment, and daemons keep it when they leave their
// pane and their parent. It needs /proc; elsewhere only Codex's own note of
// its daemon helps.
func processesOf(home string) []int {
	var out []int
	want := []byte("HOME=" + home)
	for _, dir := range globProc("environ") {
		raw, err := os.ReadFile(dir)
		if err != nil {
			continue // another user's, or gone
		}
		for v := range bytes.SplitSeq(raw, []byte{0}) {
			if bytes.Equal(v, want) {
				out = append(out, pidOf(dir))
				break
			}
		}
	}
	if raw, err := os.ReadFile(filepath.Join(home, ".codex/app-server-daemon/daemon.pid")); err == nil && len(globProc("environ")) == 0 {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(raw))); err == nil && syscall.Kill(pid, 0) == nil {
			out = append(out, pid)
		}
	}
	return out
}

// descendants returns the processes below one, not itself.
func descendants(root string) []int {
	children := map[string][]string{}
	for _, path := range globProc("stat") {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// "pid (name) state ppid ...": the name may hold anything, also ")".
		i := bytes.LastIndexByte(raw, ')')
		if i < 0 {
			continue
		}
		if f := strings.Fields(string(raw[i+1:])); len(f) > 1 {
			children[f[1]] = append(children[f[1]], strconv.Itoa(pidOf(path)))
		}
	}
	var out []int
	for todo := children[root]; len(todo) > 0; todo = todo[1:] {
		pid, err := strconv.Atoi(todo[0])
		if err != nil {
			continue
		}
		out = append(out, pid)
		todo = append(todo, children[todo[0]]...)
	}
	return out
}

func globProc(file string) []string {
	paths, _ := filepath.Glob("/proc/[0-9]*/" + file) // the pattern is right
	return paths
}

// pidOf is the process of a path in /proc.
func pidOf(path string) int {
	pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
	return pid
}

// killAll kills processes; those that are gone already are.
func killAll(pids []int) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// endAll ends the processes that list names until it names none: first by
// asking, so that they can put their things away. It returns those that are
// left after a while.
func endAll(list func() []int) []int {
	for _, pid := range list() {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	if Poll(2*time.Second, func() bool { return len(list()) == 0 }) {
		return nil
	}
	Poll(10*time.Second, func() bool {
		pids := list()
		killAll(pids)
		return len(pids) == 0
	})
	return list()
}
