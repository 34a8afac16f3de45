//go:build unix

package ssh_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/remotetest"
	"vigil/remote/ssh"
)

func state(s remote.LinkState) func(remote.Link) bool {
	return func(l remote.Link) bool { return l.State == s }
}

func TestReconnect(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	transports(t, func(t *testing.T, o ssh.Options) {
		h := connect(t, s, o)
		run(t, h, "true")
		p, err := h.Start(t.Context(), remote.Cmd{Args: []string{"sleep", "1000"}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := h.Open(s.Config)
		if err != nil {
			t.Fatal(err)
		}
		s.Stop()
		l := until(t, h, "down", state(remote.LinkDown))
		if l.What == "" || l.Retry.IsZero() || l.Channels != 0 {
			t.Errorf("down: %+v", l)
		}
		if err := p.Wait(); !errors.Is(err, remote.ErrOffline) {
			t.Errorf("a command that was cut off: %v", err)
		}
		if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, remote.ErrOffline) {
			t.Errorf("a file that was cut off: %v", err)
		}
		for what, f := range map[string]func() error{
			"Run":     func() error { _, err := h.Run(t.Context(), remote.Cmd{Args: []string{"true"}}); return err },
			"Start":   func() error { _, err := h.Start(t.Context(), remote.Cmd{Args: []string{"true"}}); return err },
			"Open":    func() error { _, err := h.Open("/"); return err },
			"Stat":    func() error { _, err := h.Stat("/"); return err },
			"ReadDir": func() error { _, err := h.ReadDir("/"); return err },
		} {
			if err := f(); !errors.Is(err, remote.ErrOffline) {
				t.Errorf("%s while down: %v", what, err)
			}
		}
		s.Start()
		h.Retry()
		until(t, h, "up again", state(remote.LinkUp))
		run(t, h, "true")
		if _, err := h.Stat("/"); err != nil {
			t.Error(err)
		}
		s.KillConnections()
		until(t, h, "down", func(l remote.Link) bool { return l.State != remote.LinkUp })
		until(t, h, "up by itself", state(remote.LinkUp))
		run(t, h, "true")
	})
}

func TestSilentServer(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	transports(t, func(t *testing.T, o ssh.Options) {
		h := connect(t, s, o)
		h.KeepAlive(time.Second)
		run(t, h, "true")
		until(t, h, "measured", func(l remote.Link) bool { return l.RTT > 0 })
		s.Pause()
		t.Cleanup(s.Resume)
		// Nothing has a context here; the keep-alive ends it.
		if _, err := h.Stat("/"); !errors.Is(err, remote.ErrOffline) {
			t.Errorf("Stat: %v", err)
		}
		l := until(t, h, "noticed", func(l remote.Link) bool { return l.State != remote.LinkUp })
		if l.State == remote.LinkDown && l.What == "" {
			t.Errorf("%+v", l)
		}
		s.KillConnections() // the frozen ones
		until(t, h, "up again", state(remote.LinkUp))
		run(t, h, "true")
	})
}

// TestNothingStays: what ran on a connection ends with it.
func TestNothingStays(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	h := connect(t, s, ssh.Options{})
	pid := strings.TrimSpace(run(t, h, "sh", "-c", "echo $PPID")) // the shell itself
	p, err := h.Start(t.Context(), remote.Cmd{Args: []string{"sh", "-c", "echo $$; exec sleep 1000"}})
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(p.Stdout()).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, strings.TrimSpace(line))
	gone(t, pid)
}

// TestShellKilled: a shell that was ended while it was idle is replaced, and
// one that is ended under a command fails it only.
func TestShellKilled(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	h := connect(t, s, ssh.Options{})
	pid := strings.TrimSpace(run(t, h, "sh", "-c", "echo $PPID"))
	if err := exec.Command("kill", "-9", pid).Run(); err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
	run(t, h, "true")
	_, err := h.Run(t.Context(), remote.Cmd{Args: []string{"sh", "-c", "kill -9 $PPID; sleep 1"}})
	if _, ok := errors.AsType[*remote.ExitError](err); err == nil || ok || errors.Is(err, remote.ErrOffline) {
		t.Errorf("err = %v", err)
	}
	run(t, h, "true")
}

func TestMaxSessions(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{MaxSessions: 3})
	transports(t, func(t *testing.T, o ssh.Options) {
		h := connect(t, s, o)
		if _, err := h.Stat("/"); err != nil { // one session
			t.Fatal(err)
		}
		run(t, h, "true") // another
		start := func() remote.Process {
			p, err := h.Start(t.Context(), remote.Cmd{Args: []string{"sleep", "1000"}})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		p := start() // and the last
		ended := make(chan error)
		go func() { // ends with the command
			q, err := h.Start(t.Context(), remote.Cmd{Args: []string{"echo", "here"}})
			if err == nil {
				_, _ = io.Copy(io.Discard, q.Stdout())
				err = q.Wait()
			}
			ended <- err
		}()
		run(t, h, "true") // the shell goes on meanwhile
		p.Kill()
		if err := p.Wait(); err == nil {
			t.Error("no error of a killed command")
		}
		if err := <-ended; err != nil {
			t.Errorf("after a session was freed: %v", err)
		}
		for range 5 {
			p := start()
			p.Kill()
			_ = p.Wait() // was killed
		}
	})
}

func TestUnreachable(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	for _, c := range []struct {
		name, config, what string
		state              remote.LinkState
	}{
		{"refused", "HostName 127.0.0.1\nPort " + port, "refuses connections", remote.LinkDown},
		{"name", "HostName no-such-host.invalid", "no-such-host.invalid", remote.LinkDown},
		{"proxy", "ProxyCommand echo a reason >&2; exit 1", "a reason", remote.LinkDown},
		{"circle", "ProxyJump circle", "circle", remote.LinkRefused},
		{"bad host", "", "can not be the name", remote.LinkRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(dir, strings.ReplaceAll(c.name, " ", "_"))
			if err := os.WriteFile(file, []byte("Host *\n"+c.config+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			h := ssh.New(c.name, ssh.Options{Config: file, Transport: "native"})
			defer h.Close()
			_, err := h.Run(t.Context(), remote.Cmd{Args: []string{"true"}})
			if !errors.Is(err, remote.ErrOffline) || !strings.Contains(err.Error(), c.what) {
				t.Errorf("err = %v", err)
			}
			l := h.Link()
			if l.State != c.state || !strings.Contains(l.What, c.what) || l.Do == "" {
				t.Errorf("%+v", l)
			}
		})
	}
}

// TestLoginShells runs commands where the user's shell is none of POSIX's, and
// where start-up files print.
func TestLoginShells(t *testing.T) {
	for _, shell := range []string{"fish", "tcsh", "bash", "dash"} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip(shell + " is not installed")
			}
			// The user's shell is of the system; ForceCommand puts another in its
			// place, with the line that would have gone to it.
			s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
			wrap := filepath.Join(s.Dir, "login")
			script := "#!/bin/sh\necho Welcome to the cluster\nprintf 'no line end'\necho complaint >&2\nexec " + path + " -c \"$SSH_ORIGINAL_COMMAND\"\n"
			if err := os.WriteFile(wrap, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			config, err := os.ReadFile(filepath.Join(s.Dir, "sshd_config"))
			if err != nil {
				t.Fatal(err)
			}
			config = append([]byte("ForceCommand "+wrap+"\n"), config...)
			if err := os.WriteFile(filepath.Join(s.Dir, "sshd_config"), config, 0o600); err != nil {
				t.Fatal(err)
			}
			s.Stop()
			s.Start()
			h := connect(t, s, ssh.Options{})
			want := "it's\n\\ \\\\ ! $HOME `id` \"q\" \xff é %s\x00"
			if got := run(t, h, "printf", `%s\0`, strings.TrimSuffix(want, "\x00")); got != want {
				t.Errorf("small command: %q, want %q", got, want)
			}
			p, err := h.Start(t.Context(), remote.Cmd{Args: []string{"sh", "-c", `printf '%s\0' "$1"; exit 3`, "sh", strings.TrimSuffix(want, "\x00")}})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(p.Stdout()); err != nil || string(got) != want {
				t.Errorf("streaming: %q, %v", got, err)
			}
			if ee, ok := errors.AsType[*remote.ExitError](p.Wait()); !ok || ee.Code != 3 || ee.Stderr != "" {
				t.Errorf("err = %v", ee)
			}
			// A line longer than such shells like.
			long := strings.Repeat("0123456789", 3000)
			if got := run(t, h, "printf", "%s", long); got != long {
				t.Errorf("%d bytes of %d", len(got), len(long))
			}
			p, err = h.Start(t.Context(), remote.Cmd{Args: []string{"printf", "%s", long}})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(p.Stdout()); err != nil || string(got) != long || p.Wait() != nil {
				t.Errorf("%d bytes of %d, %v", len(got), len(long), err)
			}
		})
	}
}

// TestStrayOutput: a child that outlives its command does not print into the
// next one's output for long.
func TestStrayOutput(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	h := connect(t, s, ssh.Options{})
	fifo := filepath.Join(t.TempDir(), "go")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Skip("no mkfifo here")
	}
	out := run(t, h, "sh", "-c", "(read x; echo stray) <"+strconv.Quote(fifo)+" & echo first")
	if out != "first\n" {
		t.Errorf("out = %q", out)
	}
	if err := os.WriteFile(fifo, []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		out = run(t, h, "echo", "next")
	}
	if out != "next\n" {
		t.Errorf("out = %q", out)
	}
}
