package headnode

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"vigil/remote"
	"vigil/remote/ssh"
)

// head starts a server that ends with the test.
func head(t *testing.T) (*Server, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := Start(Options{Dir: dir, Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "WHERE=head"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) // may be closed already
	return s, dir
}

// connect is vigil's own way in.
func connect(t *testing.T, s *Server) *ssh.Host {
	t.Helper()
	h := ssh.New(Alias, ssh.Options{
		Config: s.Config(), Transport: "native",
		Ask: func(_ context.Context, q remote.Question) (string, error) { return "", errors.New(q.Prompt) },
	})
	t.Cleanup(func() { h.Close() })
	return h
}

// vigil's SSH finds the server by its alias, runs commands and reads files.
func TestHost(t *testing.T) {
	s, dir := head(t)
	h := connect(t, s)
	out, err := h.Run(t.Context(), remote.Cmd{Args: []string{"sh", "-c", `echo "$WHERE in $(pwd)"; cat`}, Stdin: strings.NewReader("it's\n")})
	if err != nil || string(out) != "head in "+dir+"\nit's\n" {
		t.Errorf("%q, %v", out, err)
	}
	_, err = h.Run(t.Context(), remote.Cmd{Args: []string{"sh", "-c", "echo why >&2; exit 7"}})
	if ee, ok := errors.AsType[*remote.ExitError](err); !ok || ee.Code != 7 || ee.Stderr != "why" {
		t.Errorf("%v", err)
	}
	p, err := h.Start(t.Context(), remote.Cmd{Args: []string{"cat"}})
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(p.Stdout())
	for _, want := range []string{"one\n", "two\n"} {
		_, err := io.WriteString(p.Stdin(), want)
		if got, err2 := r.ReadString('\n'); err != nil || err2 != nil || got != want {
			t.Fatalf("%q, %v, %v", got, err, err2)
		}
	}
	p.Stdin().Close()
	if _, err := r.ReadByte(); err != io.EOF {
		t.Error(err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}

	name := filepath.Join(dir, "a.log")
	if err := os.WriteFile(name, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := h.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 4)
	if n, err := f.ReadAt(b, 3); n != 4 || err != nil || string(b) != "3456" {
		t.Errorf("%q, %v", b[:n], err)
	}
	if _, err := h.Stat(name + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Close ends connections and commands, and nothing listens any more.
func TestClose(t *testing.T) {
	s, _ := head(t)
	h := connect(t, s)
	p, err := h.Start(t.Context(), remote.Cmd{Args: []string{"sh", "-c", "echo begun; sleep 1000"}})
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(p.Stdout())
	if l, err := r.ReadString('\n'); err != nil || l != "begun\n" {
		t.Fatal(l, err)
	}
	addr := s.listener.Addr().String()
	if err := s.Close(); err != nil { // waits for the command
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Log(err)
	}
	if p.Wait() == nil {
		t.Error("the command came to a good end")
	}
	if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr); err == nil {
		c.Close()
		t.Error("something listens still")
	}
}

// Only the client's key opens the door.
func TestOtherKey(t *testing.T) {
	s, dir := head(t)
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := os.ReadFile(filepath.Join(dir, "id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	right, err := xssh.ParsePrivateKey(block)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := xssh.NewSignerFromKey(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user string
		auth xssh.AuthMethod
		ok   bool
	}{
		{user, xssh.PublicKeys(right), true},
		{user, xssh.PublicKeys(wrong), false},
		{user, xssh.Password(""), false},
		{"root", xssh.PublicKeys(right), false},
	} {
		client, err := xssh.Dial("tcp", s.listener.Addr().String(), &xssh.ClientConfig{
			User: c.user, Auth: []xssh.AuthMethod{c.auth}, HostKeyCallback: xssh.InsecureIgnoreHostKey(),
		})
		if (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
		if err == nil {
			client.Close()
		}
	}
	for _, name := range []string{"id_ed25519", "known_hosts", "ssh_config"} {
		if fi, err := os.Stat(filepath.Join(dir, name)); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, fi, err)
		}
	}
}

// OpenSSH's client gets along with it, too.
func TestOpenSSH(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatal(err)
		}
		t.Skip("ssh is not installed")
	}
	s, _ := head(t)
	cmd := exec.CommandContext(t.Context(), "ssh", "-F", s.Config(), Alias, "cat; echo $WHERE; exit 3")
	cmd.Stdin = strings.NewReader("in ")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if ee, ok := errors.AsType[*exec.ExitError](err); !ok || ee.ExitCode() != 3 || out.String() != "in head\n" {
		t.Errorf("%q, %q, %v", out.String(), errs.String(), err)
	}
}
