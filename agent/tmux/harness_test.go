package tmux_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent/tmux"
)

// rig is a real tmux server of the test's own.
type rig struct {
	t      testing.TB
	bin    string
	socket string
}

// tmuxProgram returns the tmux to test with: VIGIL_TEST_TMUX or the one on the path.
// Without one the test is skipped, or fails where VIGIL_E2E=require.
func tmuxProgram(t testing.TB) string {
	t.Helper()
	name := os.Getenv("VIGIL_TEST_TMUX")
	if name == "" {
		name = "tmux"
	}
	bin, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatalf("tmux is needed: %v", err)
		}
		t.Skipf("no tmux: %v", err)
	}
	return bin
}

func newRig(t testing.TB) *rig {
	t.Helper()
	// A socket's path has to be short (108 bytes); t.TempDir's may not be.
	dir, err := os.MkdirTemp("", "vigil")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, bin: tmuxProgram(t), socket: filepath.Join(dir, "s")}
	t.Cleanup(func() {
		_ = r.command("kill-server").Run() // it may have ended
		_ = os.RemoveAll(dir)
	})
	return r
}

func (r *rig) command(args ...string) *exec.Cmd {
	c := exec.Command(r.bin, append([]string{"-u", "-S", r.socket, "-f", "/dev/null"}, args...)...)
	c.Env = append(os.Environ(), "TMUX=", "LC_ALL=C.UTF-8", "SHELL=/bin/sh")
	return c
}

// run runs a tmux command and returns what it prints.
func (r *rig) run(args ...string) string {
	r.t.Helper()
	out, err := r.command(args...).CombinedOutput()
	if err != nil {
		r.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// pane opens a session that runs the command and returns its pane's id.
func (r *rig) pane(session string, argv ...string) string {
	r.t.Helper()
	return r.run(append([]string{"new-session", "-d", "-P", "-F", "#{pane_id}", "-s", session, "-x", "100", "-y", "30"}, argv...)...)
}

// server returns a connected Server, which ends with the test.
func (r *rig) server(o tmux.Options) *tmux.Server {
	r.t.Helper()
	o.Tmux = r.bin
	s := tmux.NewServer(r.socket, o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				r.t.Errorf("Run ended with %v", err)
			}
		case <-time.After(5 * time.Second):
			r.t.Error("Run did not end with its context")
		}
	})
	r.await("a connection", func() bool { return s.Connected() })
	return s
}

// await waits until the condition holds.
func (r *rig) await(what string, holds func() bool) {
	r.t.Helper()
	await(r.t, what, holds)
}

func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-tick.C
	}
}

// sink opens a session with a program that first switches its terminal to raw
// mode (and, if asked, bracketed paste on), and then writes what it is sent to
// the file.
func (r *rig) sink(session string, bracketed bool) (pane, file string) {
	r.t.Helper()
	file = filepath.Join(r.t.TempDir(), "got")
	on := ""
	if bracketed {
		on = `printf '\033[?2004h'; `
	}
	pane = r.pane(session, "sh", "-c", fmt.Sprintf(`stty raw -echo; %sprintf ready; cat >'%s'`, on, file))
	r.await("the sink", func() bool { return strings.Contains(r.run("capture-pane", "-p", "-t", pane), "ready") })
	return pane, file
}

func contents(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(b)
}
