//go:build unix

package gpu

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigil/remote"
)

// soon waits for a condition.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(60 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		if ok() {
			tick.Stop()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// fake is a folder of programs that stand first in PATH. They write their
// process ids to "pids", by which their end is seen.
type fake struct {
	t   *testing.T
	dir string
}

func newFake(t *testing.T) fake {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("no sh: %v", err)
	}
	f := fake{t, t.TempDir()}
	t.Setenv("PATH", f.dir+":"+os.Getenv("PATH"))
	t.Setenv("FAKE", f.dir)
	return f
}

func (f fake) program(name, script string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		f.t.Fatal(err)
	}
}

// smi is an nvidia-smi of two GPUs. Of the tests' processes on the first one,
// only the job is told.
const smi = `case "$*" in
*compute-apps*) sleep 1000 >/dev/null & SLURM_JOB_ID=42 sleep 1000 >/dev/null & echo "GPU-a, $!"; echo $! >>"$FAKE/pids"
  kill %1 2>/dev/null; exit ;;
*"index,uuid,name,utilization.gpu,memory.used,memory.total,power.draw,power.limit,temperature.gpu --format=csv,noheader,nounits -l 5"*) ;;
*) echo "Field \"x\" is not a valid field to query."; exit 2 ;;
esac
echo $$ >>"$FAKE/pids"
while :; do
  echo "0, GPU-a, NVIDIA H200, 97, 9147, 143771, 576.06, 700.00, 52"
  echo "1, GPU-b, NVIDIA H200, [N/A], 0, 143771, 95.36, 700.00, 30"
  sleep 0.2
done
`

// pids are those of the fake programs that live.
func (f fake) pids() []string {
	b, _ := os.ReadFile(filepath.Join(f.dir, "pids")) // none has run yet
	return strings.Fields(string(b))
}

func alive(pid string) bool {
	if b, err := os.ReadFile("/proc/" + pid + "/stat"); err == nil {
		_, state, _ := strings.Cut(string(b), ") ")
		return !strings.HasPrefix(state, "Z") // whoever must reap it may be slow
	}
	return exec.Command("kill", "-0", pid).Run() == nil
}

// watch runs a watcher until the test ends, and gathers what it tells.
type watch struct {
	*Watcher
	mu       sync.Mutex
	problems map[string]string
	stop     func()
}

func start(t *testing.T, h remote.Host, ts ...Target) *watch {
	w := &watch{problems: map[string]string{}}
	w.Watcher = New(h, Options{Problem: func(node, what, _ string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.problems[node] = what
	}})
	w.SetNodes(ts)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { w.Run(ctx) })
	w.stop = func() { cancel(); wg.Wait() }
	t.Cleanup(func() {
		w.stop()
		if t.Failed() {
			t.Logf("problems: %q; GPUs: %+v", w.problems, w.GPUs())
		}
	})
	return w
}

func (w *watch) problem(node string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.problems[node]
}

func (w *watch) of(node string) (out []remote.GPU) {
	for _, g := range w.GPUs() {
		if g.Node == node {
			out = append(out, g)
		}
	}
	return out
}

// The host's own GPUs are told, and nothing runs when it is over.
func TestLocal(t *testing.T) {
	f := newFake(t)
	f.program("nvidia-smi", strings.Replace(smi, "sleep 1000 >/dev/null & SLURM", "SLURM", 1))
	w := start(t, remote.Local{}, Target{Node: "here", Local: true})
	soon(t, "two GPUs, one with a job", func() bool {
		g := w.GPUs()
		return len(g) == 2 && len(g[0].Jobs) == 1
	})
	g := w.GPUs()
	if g[0].Host != "local" || g[0].Node != "here" || g[0].UUID != "GPU-a" || g[0].Util != 97 || g[0].Jobs[0] != "42" || g[0].At.IsZero() || len(g[1].Jobs) != 0 {
		t.Errorf("%+v", g)
	}
	select {
	case <-w.Changed():
	default:
		t.Error("no wake-up")
	}
	w.SetNodes(nil)
	soon(t, "no GPU any more", func() bool { return len(w.GPUs()) == 0 })
	w.SetNodes([]Target{{Node: "here", Local: true}})
	soon(t, "two GPUs again", func() bool { return len(w.GPUs()) == 2 })
	w.stop()
	soon(t, "all nvidia-smi are gone", func() bool {
		for _, pid := range f.pids() {
			if p, err := os.ReadFile("/proc/" + pid + "/cmdline"); err == nil && strings.HasPrefix(string(p), "sleep") {
				_ = exec.Command("kill", pid).Run() // the process that computes is not the watcher's
			} else if alive(pid) {
				return false
			}
		}
		return true
	})
}

// A machine without an NVIDIA driver is no trouble; one with a broken driver
// is.
func TestLocalWithout(t *testing.T) {
	f := newFake(t)
	f.program("nvidia-smi", "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18\n")
	w := start(t, remote.Local{}, Target{Node: "here", Local: true})
	soon(t, "a problem", func() bool { return strings.Contains(w.problem("here"), "version mismatch") })
	w.SetNodes(nil)
	soon(t, "the problem taken back", func() bool { return w.problem("here") == "" })
}

// Of three nodes one takes steps, one only ssh, and one nothing: it does not
// hold up the others.
func TestNodes(t *testing.T) {
	f := newFake(t)
	f.program("nvidia-smi", strings.Replace(smi, "*compute-apps*)", "*compute-apps*) exit ;; never)", 1))
	f.program("srun", `for a; do
  case $prev in -w) node=$a ;; esac
  prev=$a
done
case "$*" in *--overlap*--mem=0*--gres=none*) ;; *) echo "srun: error: takes from the job"; exit 1 ;; esac
case $node in n1) ;; *) echo "srun: unrecognized option '--overlap'" >&2; exit 255 ;; esac
while [ "$1" != sh ]; do shift; done
exec "$@"
`)
	f.program("ssh", `while [ $# -gt 2 ]; do shift; done
[ "$1" = n2 ] || { echo "ssh: Could not resolve hostname $1: Name or service not known" >&2; exit 255; }
exec sh -c "$2"
`)
	w := start(t, remote.Local{}, Target{Node: "n1", Job: "1"}, Target{Node: "n2", Job: "1"}, Target{Node: "n3", Job: "1"})
	soon(t, "two nodes and a problem", func() bool {
		return len(w.of("n1")) == 2 && len(w.of("n2")) == 2 && w.problem("n3") != ""
	})
	if p := w.problem("n1") + w.problem("n2"); p != "" || !strings.Contains(w.problem("n3"), "--overlap") {
		t.Errorf("problems %q, %q", p, w.problem("n3"))
	}
	w.SetNodes([]Target{{Node: "n2", Job: "1"}})
	soon(t, "one node", func() bool { return len(w.GPUs()) == 2 && len(w.of("n2")) == 2 })
}

// When the input of the script ends, as by a lost connection, all that it
// started ends, in every shell that hosts have.
func TestScriptEndsWithItsInput(t *testing.T) {
	f := newFake(t)
	f.program("nvidia-smi", strings.Replace(smi, "*compute-apps*)", "*compute-apps*) exit ;; never)", 1))
	for _, shell := range []string{"sh", "dash", "bash", "busybox sh", "ksh", "mksh", "zsh --emulate sh"} {
		argv := strings.Fields(shell)
		if _, err := exec.LookPath(argv[0]); err != nil {
			continue
		}
		t.Run(argv[0], func(t *testing.T) {
			_ = os.Remove(filepath.Join(f.dir, "pids"))
			argv = append(argv, command().Args[1:]...)
			cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(in, "start 1 here - -\nstart 2 here - -\nstart x here - -\nstop 7\n"); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(out)
			seen := map[string]bool{}
			for !seen["1 1"] || !seen["2 1"] {
				l, err := r.ReadString('\n')
				if err != nil {
					t.Fatalf("%v after %v", err, seen)
				}
				if head, _, ok := strings.Cut(l, ", "); ok {
					seen[head] = true
				}
			}
			if err := in.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); err != nil { // to the end: nobody holds the pipe
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			if len(f.pids()) != 2 {
				t.Errorf("ran %v", f.pids())
			}
			soon(t, "both nvidia-smi are gone", func() bool {
				for _, pid := range f.pids() {
					if alive(pid) {
						return false
					}
				}
				return true
			})
		})
	}
}
