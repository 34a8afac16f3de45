package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/simagent"
)

// While nothing happens, vigil costs nothing: no process is started, and next
// to no processor time is used.
func TestE2EQuiet(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatal("tmux is not installed")
		}
		t.Skip("tmux is not installed")
	}
	bin := buildVigil(t)
	n := knob(t, "VIGIL_E2E_AGENTS", 20)
	dir, err := os.MkdirTemp("", "vglq") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "tmux")
	home := filepath.Join(dir, "home")
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=xterm-256color"}
	do := func(args ...string) {
		t.Helper()
		cmd := exec.Command(tmux, append([]string{"-S", socket, "-f", os.DevNull}, args...)...)
		cmd.Env = env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("tmux %v: %v: %s", args, err, out)
		}
	}
	config := fmt.Sprintf("[policy]\nauto = false\n[tmux]\nsockets = [%q]\n", socket)
	for i := range n {
		// Each plays the agent that stops, in a folder of its own; nobody gets
		// it going again.
		path, err := simagent.Create(filepath.Join(dir, strconv.Itoa(i)), "opus-v3", 100)
		if err != nil {
			t.Fatal(err)
		}
		root := filepath.Join(dir, strconv.Itoa(i))
		argv := []string{"env", "HOME=" + filepath.Join(root, "home"), bin, "simagent", "run", "--agent", path}
		if i == 0 {
			do(append([]string{"new-session", "-d", "-s", "q", "-x", "120", "-y", "40"}, argv...)...)
			t.Cleanup(func() { do("kill-server") })
		} else {
			do(append([]string{"new-window", "-d", "-t", "q:"}, argv...)...)
		}
		config += fmt.Sprintf("\n[[agent]]\nname = \"a%d\"\nkind = \"claude\"\nworkspace = %q\ncommand = %q\n",
			i, filepath.Join(dir, strconv.Itoa(i), "agents", "opus-v3"), regexp.QuoteMeta("--agent "+path))
	}
	file := filepath.Join(home, ".config", "vigil", "config.toml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	v := &auto{t: t, bin: bin, env: env}
	t.Cleanup(func() { v.kill() })
	v.start()
	stopped := func() bool {
		names := map[string]bool{}
		for _, e := range v.all() {
			if e.Event == "ending" && e.Ending == "terminal" {
				names[e.Agent] = true
			}
		}
		return len(names) == n
	}
	if !clients.Poll(2*time.Minute, stopped) {
		t.Fatalf("not all of %d agents were seen to stop\n%s", n, v.dump())
	}
	clients.Poll(3*time.Second, func() bool { return false }) // what follows the last stop

	pid := v.cmd.Process.Pid
	children, used, began := processesOf(t, pid), cpuTime(t, pid), time.Now()
	clients.Poll(time.Duration(knob(t, "VIGIL_E2E_QUIET", 15))*time.Second, func() bool {
		if now := processesOf(t, pid); !slices.Equal(now, children) {
			t.Errorf("its processes changed from %v to %v", children, now)
			return true
		}
		return false
	})
	part := float64(cpuTime(t, pid)-used) / float64(time.Since(began))
	report(t, "%d idle agents: %.2f %% of one core, %d process beside it (tmux's client)", n, 100*part, len(children))
	if len(children) > 1 {
		t.Errorf("%d processes run for one tmux server: %v", len(children), children)
	}
	v.stop()
}

// processesOf returns the children of a process.
func processesOf(t *testing.T, pid int) []string {
	t.Helper()
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range paths {
		b, _ := os.ReadFile(p) // the thread may have ended
		out = append(out, strings.Fields(string(b))...)
	}
	slices.Sort(out)
	return out
}

// cpuTime returns the processor time that a process has used (proc(5), stat,
// fields 14 and 15, in ticks of 10 ms).
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	var ticks int
	for _, s := range f[11:13] {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
