package ssh

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"vigil/remote"
)

const (
	masterTimeout = 2 * time.Minute // for the ssh program's log-in, in which it may ask
	checkTimeout  = 5 * time.Second
	muxTimeout    = 10 * time.Second
)

// master reaches a host through the ssh program: it logs in, in every way that
// it can, and keeps a socket (ControlMaster) on which we open channels as on a
// connection of our own. So commands and files cost no process each.
type master struct {
	config config
	asks   func(ctx context.Context, prompt string, secret bool) (string, error)
}

// users reports whether the user has a master for the host that lives.
func (m *master) users(ctx context.Context, s settings) bool {
	return s.controlPath != "" && m.control(ctx, s.alias, s.controlPath, "check") == nil
}

// control sends a word to a master.
func (m *master) control(ctx context.Context, alias, socket, word string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	args := append(m.config.flags(), "-S", socket, "-O", word, "--", alias)
	return exec.CommandContext(ctx, m.config.program, args...).Run()
}

// dial connects through the user's master, or through one of our own.
func (m *master) dial(ctx context.Context, s settings) (*line, error) {
	if m.config.program == "" {
		return nil, &problem{what: "there is no ssh program here", do: "install OpenSSH's client", final: true}
	}
	if m.users(ctx, s) {
		if l, err := m.join(s.controlPath, func() {}); err == nil {
			return l, nil
		}
	}
	dir, err := os.MkdirTemp("", "vigil-ssh-") // 0700
	if err != nil {
		return nil, fmt.Errorf("a folder for the ssh program's socket: %w", err)
	}
	socket := filepath.Join(dir, "c")
	if err := m.start(ctx, s, dir, socket); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return m.join(socket, func() {
		_ = m.control(context.Background(), s.alias, socket, "exit") // without clients it ends by itself, too
		_ = os.RemoveAll(dir)
	})
}

// start starts a master and returns when it is logged in: the program then goes
// to the background, and ends some time after its last client did.
func (m *master) start(ctx context.Context, s settings, dir, socket string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, masterTimeout, errSlowLogin)
	defer cancel()
	args := append(m.config.flags(), "-f", "-N", "-M", "-S", socket)
	for _, o := range []string{
		"ControlPersist=15", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no",
		"ServerAliveInterval=15", "ServerAliveCountMax=2", fmt.Sprintf("ConnectTimeout=%d", int(s.timeout.Seconds())),
	} {
		args = append(args, "-o", o)
	}
	env, stop, err := m.askpass(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	if env == nil {
		args = append(args, "-o", "BatchMode=yes")
	}
	// A file: the master that stays in the background would keep a pipe open.
	stderr, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		return err
	}
	defer stderr.Close()
	cmd := exec.CommandContext(ctx, m.config.program, append(args, "--", s.alias)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = stderr
	if err = cmd.Run(); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	b := make([]byte, maxTail)
	n, _ := stderr.ReadAt(b, 0)
	return programProblem(s, string(b[:n]), err)
}

// programProblem says why the ssh program could not log in.
func programProblem(s settings, stderr string, err error) error {
	p := &problem{what: remote.Line(lastLine(stderr), 300), err: err}
	if p.what == "" {
		p.what = "the ssh program ended: " + err.Error()
	}
	switch {
	case strings.Contains(stderr, "REMOTE HOST IDENTIFICATION HAS CHANGED"):
		p.what, p.final = "the key of "+s.host+" has changed", true
		p.do = fmt.Sprintf("somebody may be between you and the host; see what ssh says: ssh %s", remote.Quote(s.alias))
	case strings.Contains(stderr, "Host key verification failed"):
		p.what, p.final = "the key of "+s.host+" is not known", true
		p.do = fmt.Sprintf("log in once with: ssh %s", remote.Quote(s.alias))
	case strings.Contains(stderr, "Permission denied"), strings.Contains(stderr, "Too many authentication failures"):
		p.final = true
		p.do = fmt.Sprintf("log in by hand, which a ControlMaster then shares: ssh %s", remote.Quote(s.alias))
	case strings.Contains(stderr, "Could not resolve hostname"):
		p.do = "check HostName in ssh_config, or the network's names (VPN?)"
	default:
		p.do = "check the network connection (VPN, firewall?)"
	}
	return p
}

// join opens a connection on a master's socket. end is for a master of our own.
func (m *master) join(socket string, end func()) (*line, error) {
	nc, err := net.DialTimeout("unix", socket, muxTimeout)
	if err != nil {
		end()
		return nil, err
	}
	late := time.AfterFunc(muxTimeout, func() { _ = nc.Close() })
	c, chans, reqs, err := ssh.NewControlClientConn(nc)
	if !late.Stop() || err != nil {
		_ = nc.Close()
		end()
		return nil, fmt.Errorf("the ssh program's master does not answer: %w", err)
	}
	client := ssh.NewClient(c, chans, reqs)
	var once sync.Once
	return &line{
		client: client,
		// A master takes no requests for the connection itself. That the
		// server has no session left is an answer, too.
		ping: func() error {
			sess, err := client.NewSession()
			if err == nil {
				return sess.Close()
			}
			if refused(err) {
				return nil
			}
			return err
		},
		hangUp: func() {
			once.Do(func() {
				_ = client.Close()
				end()
			})
		},
	}, nil
}
