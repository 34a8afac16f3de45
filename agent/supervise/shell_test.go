package supervise

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
	"vigil/agent/tmux"
)

// shellRig is a real shell in a real pane.
type shellRig struct {
	t    *testing.T
	dir  string
	sock string
	name string
	desk desk
	pid  int
}

// newShell starts a shell by its name; one that is not installed is skipped, but
// bash and dash where VIGIL_E2E=require.
func newShell(t *testing.T, name string, width int) *shellRig {
	t.Helper()
	for _, need := range []string{"tmux", name} {
		if _, err := exec.LookPath(need); err != nil {
			if os.Getenv("VIGIL_E2E") == "require" && (need == "tmux" || need == "bash") {
				t.Fatal(err)
			}
			t.Skipf("no %s", need)
		}
	}
	dir, err := os.MkdirTemp("", "vgl")
	if err != nil {
		t.Fatal(err)
	}
	r := &shellRig{t: t, dir: dir, sock: filepath.Join(dir, "s"), name: name}
	flags := map[string][]string{"bash": {"--norc", "--noprofile"}, "fish": {"--no-config"}, "tcsh": {"-f"}, "zsh": {"-f"}}
	args := append([]string{
		"-u", "-S", r.sock, "-f", os.DevNull, "new-session", "-d", "-P", "-F", "#{pane_id} #{pane_pid}",
		"-x", strconv.Itoa(width), "-y", "8", "-c", dir, name,
	}, flags[name]...)
	if len(flags[name]) == 0 {
		args = append(args, "-i") // two words, so that no other shell is put between
	}
	c := exec.Command("tmux", args...)
	c.Env = append(os.Environ(), "TMUX=", "LC_ALL=C.UTF-8", "HOME="+dir, "PS1=$ ", "ENV=", "SHELL=/bin/sh")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", r.sock, "kill-server").Run() // it may have ended
		_ = os.RemoveAll(dir)
	})
	pane, pid, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	r.pid, _ = strconv.Atoi(pid)
	srv := tmux.NewServer(r.sock, tmux.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { _ = srv.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	r.desk = desk{server: srv, Pane: agent.Pane{Socket: r.sock, ID: pane}, machine: tmux.Here{}, proc: tmux.Process{PPID: r.pid, Dir: dir}}
	r.await("a prompt", func() bool { return srv.Connected() && len(r.rows()) > 0 })
	r.keys("Enter") // which a shell answers when it listens
	r.await("a second prompt", func() bool { return len(r.rows()) > 1 })
	return r
}

// rows are what the pane shows before its cursor, blank rows left out.
func (r *shellRig) rows() []string {
	c, err := r.desk.server.Capture(r.t.Context(), r.desk.Pane.ID)
	if err != nil {
		return nil
	}
	var out []string
	for _, row := range c.BeforeCursor() {
		if row = strings.TrimSpace(row); row != "" {
			out = append(out, row)
		}
	}
	return out
}

func (r *shellRig) keys(args ...string) {
	r.t.Helper()
	if out, err := exec.Command("tmux", append([]string{"-S", r.sock, "send-keys", "-t", r.desk.Pane.ID}, args...)...).CombinedOutput(); err != nil {
		r.t.Fatalf("send-keys: %v: %s", err, out)
	}
}

func (r *shellRig) await(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%s: %s did not come:\n%s", r.name, what, strings.Join(r.rows(), "\n"))
		}
	}
}

// run has the shell run a command, and returns how that fared.
func (r *shellRig) run(argv ...string) (nudge.Result, error) {
	r.t.Helper()
	line, err := tmux.ShellLine(r.name, argv)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	return nudge.Restart(ctx, &shell{desk: r.desk, pane: r.pid}, line, 0, func() {}, time.Now)
}

// runFree is run, once the shell is done with what it ran before.
func (r *shellRig) runFree(argv ...string) (res nudge.Result, err error) {
	r.t.Helper()
	r.await("a free shell", func() bool {
		res, err = r.run(argv...)
		return !strings.Contains(res.Note, "its pane's")
	})
	return res, err
}

// free waits until the shell has the pane and stands at its prompt.
func (r *shellRig) free() {
	r.t.Helper()
	last, same := "", 0
	r.await("a prompt", func() bool {
		_, hold, err := (&shell{desk: r.desk, pane: r.pid}).idle(r.t.Context())
		rows := strings.Join(r.rows(), "\n")
		if same++; hold != "" || err != nil || rows != last {
			last, same = rows, 0
		}
		return same >= 5
	})
}

// ran reports whether a file of the name was made.
func (r *shellRig) ran(name string) bool {
	_, err := os.Stat(filepath.Join(r.dir, name))
	return err == nil
}

func TestRestartInRealShells(t *testing.T) {
	for _, name := range []string{"bash", "dash", "zsh", "fish", "tcsh", "ksh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newShell(t, name, 60)
			wants := func(file string) {
				t.Helper()
				res, err := r.runFree("touch", file)
				if err != nil || res.Status != agent.Sent {
					t.Fatalf("%s: %+v, %v\n%s", file, res, err, strings.Join(r.rows(), "\n"))
				}
				r.await(file, func() bool { return r.ran(file) })
			}
			wants("it's a $HOME; touch x #*~ 'q' file")
			if r.ran("x") {
				t.Error("an argument was read by the shell")
			}
			// What stands in the input line is taken away, not run.
			r.free()
			r.keys("-l", "touch half-typed")
			r.await("the half-typed line", func() bool { return strings.HasSuffix(strings.Join(r.rows(), ""), "half-typed") })
			wants("after a draft")
			// A line that is longer than the pane is wide, at the foot of it.
			wants("long-" + strings.Repeat("abcdefgh ", 15))
			// What a killed program left on the screen is no text of the shell's.
			r.keys("-l", `sh -c 'printf "\033[2J\033[H\033[?25l\033[?2004h$1"; kill -9 $$' x "> Ask any"thing`)
			r.keys("Enter")
			r.await("the killed program", func() bool { return strings.Contains(strings.Join(r.rows(), ""), "Ask anything") })
			r.await("its shell", func() bool {
				_, hold, err := (&shell{desk: r.desk, pane: r.pid}).idle(t.Context())
				return hold == "" && err == nil
			})
			wants("after a killed program")
			if r.ran("half-typed") {
				t.Error("the draft was run")
			}
			// A shell that runs something is left alone.
			r.keys("-l", "sleep 300")
			r.keys("Enter")
			r.await("the command", func() bool {
				_, hold, err := (&shell{desk: r.desk, pane: r.pid}).idle(t.Context())
				return hold != "" && err == nil
			})
			if res, err := r.run("touch", "never"); err != nil || res.Status != agent.Planned || res.Note == "" {
				t.Errorf("beside a command: %+v, %v", res, err)
			}
			r.keys("C-c")
			r.await("its shell", func() bool {
				_, hold, err := (&shell{desk: r.desk, pane: r.pid}).idle(t.Context())
				return hold == "" && err == nil
			})
			wants("at the end")
			if r.ran("never") {
				t.Error("something was typed beside a command")
			}
		})
	}
}

// A terminal that a killed program left raw shows nothing of what is typed, so
// that nothing is entered.
func TestNoRestartBlind(t *testing.T) {
	r := newShell(t, "dash", 60)
	r.keys("-l", "stty raw -echo")
	r.keys("Enter")
	r.await("the raw terminal", func() bool {
		return strings.Contains(strings.Join(r.rows(), ""), "stty raw -echo")
	})
	res, err := r.runFree("touch", "blind")
	if res.Status != agent.Planned || err == nil {
		t.Errorf("%+v, %v", res, err)
	}
	if r.ran("blind") {
		t.Error("the command was run")
	}
}

func TestNoRestartInAnotherShell(t *testing.T) {
	r := newShell(t, "bash", 60)
	r.keys("-l", "dash")
	r.keys("Enter")
	sh := &shell{desk: r.desk, pane: r.pid}
	r.await("the other shell", func() bool {
		_, hold, err := sh.idle(t.Context())
		return err == nil && strings.Contains(hold, "another one")
	})
	if res, err := r.run("touch", "never"); err != nil || res.Status != agent.Planned {
		t.Errorf("%+v, %v", res, err)
	}
}
