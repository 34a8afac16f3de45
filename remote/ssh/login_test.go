//go:build unix

package ssh_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"vigil/remote"
	"vigil/remote/remotetest"
	"vigil/remote/ssh"
)

// person answers questions in order, and then none any more.
type person struct {
	mu      sync.Mutex
	answers []string
	asked   []remote.Question
}

func (p *person) ask(_ context.Context, q remote.Question) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, q)
	if len(p.asked) > len(p.answers) {
		return "", errors.New("nobody is at the desk")
	}
	return p.answers[len(p.asked)-1], nil
}

func (p *person) questions() []remote.Question {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// works reports whether a host runs a command.
func works(t *testing.T, h *ssh.Host) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := h.Run(ctx, remote.Cmd{Args: []string{"echo", "here"}})
	if err == nil && string(out) != "here\n" {
		t.Errorf("out = %q", out)
	}
	return err
}

// refused checks that a host takes nobody, and says why.
func refused(t *testing.T, h *ssh.Host, why string) {
	t.Helper()
	err := works(t, h)
	l := h.Link()
	if !errors.Is(err, remote.ErrOffline) || l.State != remote.LinkRefused || !strings.Contains(l.What, why) || l.Do == "" || !l.Retry.IsZero() {
		t.Errorf("want refused with %q: %v, %+v", why, err, l)
	}
}

func TestEncryptedKey(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	s.Encrypt("open sesame")
	transports(t, func(t *testing.T, o ssh.Options) {
		p := &person{answers: []string{"wrong", "open sesame"}}
		o.Ask = p.ask
		h := connect(t, s, o)
		if err := works(t, h); err != nil {
			t.Fatal(err)
		}
		q := p.questions()
		if len(q) != 2 || !q[0].Secret || q[0].Host != s.Alias || !strings.Contains(q[0].Prompt, s.Key) || q[0].ID == q[1].ID {
			t.Errorf("asked %+v", q)
		}
		if o.Transport == "ssh" {
			return // keeps no keys
		}
		s.KillConnections()
		until(t, h, "down", func(l remote.Link) bool { return l.State != remote.LinkUp })
		until(t, h, "up without asking", state(remote.LinkUp))
		if n := len(p.questions()); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
	refused(t, connect(t, s, ssh.Options{Transport: "native"}), "nobody can be asked")
}

func TestAgent(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	socket := filepath.Join(t.TempDir(), "a")
	cmd := exec.Command(remotetest.Program(t, "ssh-agent"), "-D", "-a", socket)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // was killed
	})
	waitFor(t, func() bool { _, err := os.Stat(socket); return err == nil })
	add := exec.Command(remotetest.Program(t, "ssh-add"), s.Key)
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Remove(s.Key); err != nil { // the public key is left
		t.Fatal(err)
	}
	agent := func(lines string) {
		b, err := os.ReadFile(s.Config)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(b), "IdentityAgent none", lines, 1)
		if err := os.WriteFile(s.Config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, connect(t, s, ssh.Options{}), "refuses the log-in")
	agent("IdentityAgent " + socket)
	if err := works(t, connect(t, s, ssh.Options{Transport: "native"})); err != nil {
		t.Error(err)
	}
	if err := os.Remove(s.Key + ".pub"); err != nil { // now IdentitiesOnly names none of the agent's keys
		t.Fatal(err)
	}
	refused(t, connect(t, s, ssh.Options{Transport: "native"}), "refuses the log-in")
}

func TestCertificate(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{UserCA: true})
	refused(t, connect(t, s, ssh.Options{Transport: "native"}), s.Key)
	s.Certify()
	if err := works(t, connect(t, s, ssh.Options{Transport: "native"})); err != nil {
		t.Error(err)
	}
}

func TestProxyJump(t *testing.T) {
	first := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	second := remotetest.NewSSHD(t, remotetest.SSHDOptions{Via: first})
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{Via: second})
	transports(t, func(t *testing.T, o ssh.Options) {
		h := connect(t, s, o)
		if err := works(t, h); err != nil {
			t.Fatal(err)
		}
		if o.Transport == "ssh" {
			return
		}
		first.KillConnections()
		until(t, h, "down", func(l remote.Link) bool { return l.State != remote.LinkUp })
		until(t, h, "up", state(remote.LinkUp))
	})
	first.NewHostKey()
	first.Stop()
	first.Start()
	refused(t, connect(t, s, ssh.Options{Transport: "native"}), "on the way, at "+first.Alias)
}

func TestProxyCommand(t *testing.T) {
	bastion := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{Client: []string{
		fmt.Sprintf("ProxyCommand ssh -F %s -W %%h:%%p %s", bastion.Config, bastion.Alias),
	}})
	if err := works(t, connect(t, s, ssh.Options{})); err != nil {
		t.Error(err)
	}
}

func TestHostKeys(t *testing.T) {
	for _, strict := range []string{"ask", "accept-new", "yes"} {
		t.Run(strict, func(t *testing.T) {
			s := remotetest.NewSSHD(t, remotetest.SSHDOptions{Client: []string{"StrictHostKeyChecking " + strict, "HashKnownHosts yes"}})
			// The second line is of a kind of key that does not exist yet.
			const before = "# mine\nhost ssh-future AAAACnNzaC1mdXR1cmU="
			if err := os.WriteFile(s.KnownHosts, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			p := &person{answers: []string{"no", "yes"}}
			o := ssh.Options{Transport: "native", Ask: p.ask}
			switch strict {
			case "yes":
				refused(t, connect(t, s, o), "is not known")
				return
			case "ask":
				refused(t, connect(t, s, ssh.Options{Transport: "native"}), "is not known")
				refused(t, connect(t, s, o), "you did not accept it")
			}
			if err := works(t, connect(t, s, o)); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(s.KnownHosts)
			if lines := strings.Split(string(b), "\n"); err != nil || len(lines) != 4 || !strings.HasPrefix(string(b), before+"\n|1|") {
				t.Errorf("known_hosts = %q, %v", b, err)
			}
			asked := len(p.questions())
			if strict == "ask" && !strings.Contains(p.questions()[1].Prompt, "SHA256:") {
				t.Errorf("asked %+v", p.questions())
			}
			h := connect(t, s, o)
			if err := works(t, h); err != nil || len(p.questions()) != asked {
				t.Errorf("the second time: %v, asked %d times", err, len(p.questions()))
			}

			s.NewHostKey()
			s.Stop()
			s.Start()
			until(t, h, "refused", state(remote.LinkRefused))
			refused(t, h, "has changed")
			l := h.Link()
			if strings.Count(l.What, "SHA256:") != 2 || !strings.Contains(l.What, s.KnownHosts+":3") || !strings.Contains(l.Do, "ssh-keygen") {
				t.Errorf("%+v", l)
			}
			if len(p.questions()) != asked {
				t.Error("asked about a changed key")
			}
			s.TrustHostKey() // what the person does about it
			h.Retry()
			until(t, h, "up", state(remote.LinkUp))
		})
	}
}

// TestProgramHostKey: the ssh program asks and refuses in its own words.
func TestProgramHostKey(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	if err := os.Remove(s.KnownHosts); err != nil {
		t.Fatal(err)
	}
	refused(t, connect(t, s, ssh.Options{Transport: "ssh"}), "is not known")
	p := &person{answers: []string{"yes"}}
	if err := works(t, connect(t, s, ssh.Options{Transport: "ssh", Ask: p.ask})); err != nil {
		t.Fatal(err)
	}
	if q := p.questions(); len(q) != 1 || q[0].Secret || !strings.Contains(q[0].Prompt, "SHA256:") {
		t.Errorf("asked %+v", q)
	}
	s.NewHostKey()
	s.Stop()
	s.Start()
	refused(t, connect(t, s, ssh.Options{Transport: "ssh", Ask: p.ask}), "has changed")
}

func TestAutomaticTransport(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	h := connect(t, s, ssh.Options{})
	if err := works(t, h); err != nil || h.Link().Transport != "native" {
		t.Errorf("%v, %+v", err, h.Link())
	}
	// A master of the user's, which has passed what cannot be passed again.
	socket := filepath.Join(t.TempDir(), "m")
	b, err := os.ReadFile(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	config := strings.Replace(string(b), "ControlPath none", "ControlPath "+socket, 1)
	if err := os.WriteFile(s.Config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	master := exec.Command("ssh", "-F", s.Config, "-M", "-N", s.Alias)
	if err := master.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = master.Process.Kill()
		_ = master.Wait() // was killed
	})
	waitFor(t, func() bool { _, err := os.Stat(socket); return err == nil })
	if err := os.Remove(s.Key); err != nil {
		t.Fatal(err)
	}
	h = connect(t, s, ssh.Options{})
	if err := works(t, h); err != nil || h.Link().Transport != "ssh" {
		t.Errorf("%v, %+v", err, h.Link())
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if err := exec.Command("ssh", "-F", s.Config, "-O", "check", s.Alias).Run(); err != nil {
		t.Errorf("the user's master was ended: %v", err)
	}
}

// codeServer is an SSH server that wants a password and a one-time code by
// keyboard-interactive, which sshd can do only through PAM. It runs nothing.
func codeServer(t *testing.T) (config string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := xssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	c := &xssh.ServerConfig{KeyboardInteractiveCallback: func(_ xssh.ConnMetadata, ask xssh.KeyboardInteractiveChallenge) (*xssh.Permissions, error) {
		a, err := ask("", "Two steps.", []string{"Password: ", "Code: "}, []bool{false, true})
		if err != nil || len(a) != 2 || a[0] != "secret" || a[1] != "123456" {
			return nil, errors.New("no")
		}
		return nil, nil
	}}
	c.AddHostKey(key)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer nc.Close()
				_, chans, reqs, err := xssh.NewServerConn(nc, c)
				if err != nil {
					return
				}
				go xssh.DiscardRequests(reqs)
				for ch := range chans {
					_ = ch.Reject(xssh.Prohibited, "nothing runs here")
				}
			})
		}
	})
	dir := t.TempDir()
	known, config := filepath.Join(dir, "known_hosts"), filepath.Join(dir, "config")
	host, port, _ := net.SplitHostPort(l.Addr().String())
	line := fmt.Sprintf("[%s]:%s %s", host, port, xssh.MarshalAuthorizedKey(key.PublicKey()))
	text := fmt.Sprintf("Host code\nHostName %s\nPort %s\nUserKnownHostsFile %s\nIdentityFile none\nIdentityAgent none\n", host, port, known)
	for name, text := range map[string]string{known: line, config: text} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

func TestOneTimeCode(t *testing.T) {
	config := codeServer(t)
	transports(t, func(t *testing.T, o ssh.Options) {
		p := &person{answers: []string{"secret", "654321", "secret", "123456"}}
		o.Config, o.Ask = config, p.ask
		h := ssh.New("code", o)
		defer h.Close()
		go func() { _, _ = h.Stat("/") }() // ends with Close
		until(t, h, "up", state(remote.LinkUp))
		q := p.questions()
		if len(q) != 4 || !q[0].Secret || !strings.Contains(q[1].Prompt, "Code:") || o.Transport == "native" && q[1].Secret {
			t.Errorf("asked %+v", q)
		}
	})
	h := ssh.New("code", ssh.Options{Config: config, Transport: "native", Ask: (&person{}).ask})
	defer h.Close()
	refused(t, h, "nobody is at the desk")
	h = ssh.New("code", ssh.Options{Config: config, Transport: "ssh"})
	defer h.Close()
	refused(t, h, "Permission denied")
}
