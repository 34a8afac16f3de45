//go:build unix

package ssh_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/remotetest"
	"vigil/remote/ssh"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

func connect(t testing.TB, s *remotetest.SSHD, o ssh.Options) *ssh.Host {
	t.Helper()
	o.Config = s.Config
	h := ssh.New(s.Alias, o)
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// transports runs a test for both ways to connect.
func transports(t *testing.T, f func(t *testing.T, o ssh.Options)) {
	for _, transport := range []string{"native", "ssh"} {
		t.Run(transport, func(t *testing.T) { f(t, ssh.Options{Transport: transport}) })
	}
}

// until waits for the link to become so.
func until(t *testing.T, h *ssh.Host, what string, is func(remote.Link) bool) remote.Link {
	t.Helper()
	late := time.After(patience)
	for {
		if l := h.Link(); is(l) {
			return l
		}
		select {
		case <-h.Changed():
		case <-late:
			t.Fatalf("%s: not within %v: %+v", what, patience, h.Link())
		}
	}
}

func run(t *testing.T, h *ssh.Host, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := h.Run(ctx, remote.Cmd{Args: args})
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return string(out)
}

func TestRun(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	transports(t, func(t *testing.T, o ssh.Options) {
		h := connect(t, s, o)
		ctx := t.Context()
		if l := h.Link(); l.State != remote.LinkIdle || l.Host != s.Alias {
			t.Errorf("before: %+v", l)
		}
		// The arguments of TestQuote, and what ends a line to other shells.
		for _, argv := range [][]string{
			{"plain", "a/b-c_d.e:f,g@h%i+j"},
			{"", "", "x"},
			{"it's", `"quoted"`, `back\slash`, `two\\`, "tab\tnew\nline", "cr\r\n"},
			{"$HOME", "$(id)", "`id`", "a;b", "a&&b", "a|b", ">x", "~", "*", "?", "[a]", "{a,b}", "#no", "!", "!!", "a=b"},
			{"学习 🚀", "\x01\x1b[31m", "\xff\xfe", "%s%n", `\0101`},
			{"-n", "--", "''", "'"},
		} {
			want := strings.Join(argv, "\x00") + "\x00"
			if got := run(t, h, append([]string{"printf", `%s\0`}, argv...)...); got != want {
				t.Errorf("arguments %q arrive as %q", argv, got)
			}
			p, err := h.Start(ctx, remote.Cmd{Args: append([]string{"printf", `%s\0`}, argv...)})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(p.Stdout()); err != nil || string(got) != want {
				t.Errorf("streaming, arguments %q arrive as %q, %v", argv, got, err)
			}
			if err := p.Wait(); err != nil {
				t.Error(err)
			}
		}
		// Every byte comes through, also without a line's end, in both kinds of channel.
		for _, in := range []io.Reader{nil, strings.NewReader("")} {
			out, err := h.Run(ctx, remote.Cmd{Args: []string{"sh", "-c", `printf 'a\n\nb\0\377'`}, Stdin: in})
			if err != nil || string(out) != "a\n\nb\x00\xff" {
				t.Errorf("out = %q, %v", out, err)
			}
			_, err = h.Run(ctx, remote.Cmd{Args: []string{"sh", "-c", "echo one >&2; printf 'two\\033[1m' >&2; exit 3"}, Stdin: in})
			if ee, ok := errors.AsType[*remote.ExitError](err); !ok || ee.Code != 3 || ee.Stderr != "two[1m" {
				t.Errorf("err = %v", err)
			}
			_, err = h.Run(ctx, remote.Cmd{Args: []string{"sh", "-c", "kill -9 $$"}, Stdin: in})
			if ee, ok := errors.AsType[*remote.ExitError](err); !ok || ee.Code != -1 {
				t.Errorf("killed: %v", err)
			}
			_, err = h.Run(ctx, remote.Cmd{Args: []string{"no-such-program"}, Stdin: in})
			if ee, ok := errors.AsType[*remote.ExitError](err); !ok || ee.Code != 127 || !strings.Contains(ee.Stderr, "not found") {
				t.Errorf("no such program: %v", err)
			}
			dir := "/tmp"
			if out, err := h.Run(ctx, remote.Cmd{Args: []string{"pwd"}, Dir: dir, Stdin: in}); err != nil || string(out) != dir+"\n" {
				t.Errorf("pwd = %q, %v", out, err)
			}
			if _, err := h.Run(ctx, remote.Cmd{Args: []string{"pwd"}, Dir: "/no/such", Stdin: in}); err == nil {
				t.Error("no error for a folder that is not there")
			}
		}
		big := strings.Repeat("0123456789abcdef\x00\n", 1<<16)
		out, err := h.Run(ctx, remote.Cmd{Args: []string{"cat"}, Stdin: strings.NewReader(big)})
		if err != nil || string(out) != big {
			t.Errorf("cat of %d bytes = %d bytes, %v", len(big), len(out), err)
		}
		if out := run(t, h, "head", "-c", "3000000", "/dev/zero"); len(out) != 3000000 {
			t.Errorf("%d bytes", len(out))
		}
		if _, err := h.Run(ctx, remote.Cmd{}); err == nil {
			t.Error("an empty command ran")
		}
		if l := h.Link(); l.State != remote.LinkUp || l.Transport != o.Transport || l.Channels == 0 || l.What != "" {
			t.Errorf("after: %+v", l)
		}
	})
}

func TestRunTogether(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	h := connect(t, s, ssh.Options{})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			want := fmt.Sprintf("%d\n", i)
			out, err := h.Run(t.Context(), remote.Cmd{Args: []string{"echo", fmt.Sprint(i)}})
			if err != nil || string(out) != want {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
	wg.Wait()
}

func TestRunEndsWithContext(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	transports(t, func(t *testing.T, o ssh.Options) {
		h := connect(t, s, o)
		run(t, h, "true")
		for _, in := range []io.Reader{nil, strings.NewReader("")} {
			pid := filepath.Join(t.TempDir(), "pid")
			ctx, cancel := context.WithCancel(t.Context())
			go func() { // ends when the command has begun, or the test gives up
				waitFor(t, func() bool { b, _ := os.ReadFile(pid); return strings.HasSuffix(string(b), "\n") })
				cancel()
			}()
			_, err := h.Run(ctx, remote.Cmd{Args: []string{"sh", "-c", "echo $$ >" + pid + "; sleep 1000; true"}, Stdin: in})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
			b, _ := os.ReadFile(pid)
			gone(t, strings.TrimSpace(string(b)))
		}
		run(t, h, "true")
	})
}

// gone waits until a process of this machine, which is the host's, is gone.
func gone(t *testing.T, pid string) {
	t.Helper()
	waitFor(t, func() bool {
		b, err := os.ReadFile("/proc/" + pid + "/stat")
		return err != nil || strings.Contains(string(b), ") Z ")
	})
}

// waitFor waits for something that tells nobody when it comes.
func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	late := time.After(patience)
	for !is() {
		select {
		case <-look.C:
		case <-late:
			t.Errorf("not within %v", patience)
			return
		}
	}
}

func TestStart(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	transports(t, func(t *testing.T, o ssh.Options) {
		h := connect(t, s, o)
		p, err := h.Start(t.Context(), remote.Cmd{Args: []string{"cat"}})
		if err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(p.Stdout())
		for _, want := range []string{"one\n", "two\n"} {
			if _, err := io.WriteString(p.Stdin(), want); err != nil {
				t.Fatal(err)
			}
			if got, err := r.ReadString('\n'); err != nil || got != want {
				t.Fatalf("read %q, %v", got, err)
			}
		}
		if err := p.Stdin().Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadByte(); err != io.EOF {
			t.Errorf("err = %v", err)
		}
		if err := p.Wait(); err != nil {
			t.Error(err)
		}

		// A quiet command that reads nothing ends with its children.
		p, err = h.Start(t.Context(), remote.Cmd{Args: []string{"sh", "-c", "sleep 1000 & echo $! $$; wait"}})
		if err != nil {
			t.Fatal(err)
		}
		pids, err := bufio.NewReader(p.Stdout()).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		p.Kill()
		if ee, ok := errors.AsType[*remote.ExitError](p.Wait()); !ok || ee.Code != -1 {
			t.Errorf("killed: %v", ee)
		}
		for _, pid := range strings.Fields(pids) {
			gone(t, pid)
		}
	})
}

func TestFiles(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	transports(t, func(t *testing.T, o ssh.Options) {
		h, dir := connect(t, s, o), t.TempDir()
		name := filepath.Join(dir, "a.log")
		if err := os.WriteFile(name, []byte("0123456789"), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := h.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4)
		if n, err := f.ReadAt(b, 8); n != 2 || err != io.EOF {
			t.Errorf("ReadAt = %d, %v", n, err)
		}
		if fi, err := f.Stat(); err != nil || fi.Size() != 10 {
			t.Errorf("Stat = %v, %v", fi, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if fi, err := h.Stat(name); err != nil || fi.Size() != 10 || fi.ModTime().IsZero() {
			t.Errorf("Stat = %v, %v", fi, err)
		}
		if es, err := h.ReadDir(dir); err != nil || len(es) != 1 || es[0].Name() != "a.log" || es[0].IsDir() {
			t.Errorf("ReadDir = %v, %v", es, err)
		}
		if f, err := h.Open(name + "x"); !errors.Is(err, fs.ErrNotExist) || f != nil {
			t.Errorf("Open = %v, %v", f, err)
		}
		if _, err := h.Stat(name + "x"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Stat: %v", err)
		}
		if _, err := h.ReadDir(name + "x"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("ReadDir: %v", err)
		}
		// Files of /proc have no size.
		pr, err := h.Open("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		defer pr.Close()
		big := make([]byte, 64<<10)
		if n, err := pr.ReadAt(big, 0); err != io.EOF || !strings.Contains(string(big[:n]), "State:") {
			t.Errorf("/proc: %d bytes, %v", n, err)
		}
	})
}
