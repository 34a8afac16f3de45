package ssh

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"vigil/remote"
)

const maxJumps = 8 // hosts on the way to one

// line is a connection on which somebody is logged in.
type line struct {
	client *ssh.Client
	ping   func() error
	hangUp func() // closes the client and what lies below it; may be called twice
}

// dialer connects to hosts by x/crypto/ssh.
type dialer struct {
	config config
	keys   *keyring
	asks   func(ctx context.Context, prompt string, secret bool) (string, error)
}

// dial connects to a host, through its jump hosts or its ProxyCommand.
func (d *dialer) dial(ctx context.Context, s settings) (*line, error) {
	return d.via(ctx, s, 0)
}

func (d *dialer) via(ctx context.Context, s settings, jumps int) (*line, error) {
	nc, below, err := d.reach(ctx, s, jumps)
	if err != nil {
		return nil, err
	}
	l := &login{ctx: ctx, s: s, keys: d.keys, asks: d.asks}
	client, err := l.over(nc)
	if err != nil {
		below()
		return nil, proxyProblem(nc, err)
	}
	return &line{
		client: client,
		ping: func() error {
			_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
			return err
		},
		hangUp: func() {
			_ = client.Close()
			below()
		},
	}, nil
}

// reach opens the connection that the log-in goes over, and returns what closes
// the way to it.
func (d *dialer) reach(ctx context.Context, s settings, jumps int) (net.Conn, func(), error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout+time.Duration(jumps+1)*askTimeout)
	defer cancel()
	switch {
	case s.jump != "":
		return d.jump(ctx, s, jumps)
	case s.proxyCommand != "":
		nc, err := runProxy(s.proxyCommand)
		return nc, func() {}, err
	}
	nc, err := (&net.Dialer{Timeout: s.timeout}).DialContext(ctx, s.family, s.addr())
	return nc, func() {}, err
}

// jump logs in on the last of the jump hosts, through those before it, and
// opens a connection from there.
func (d *dialer) jump(ctx context.Context, s settings, jumps int) (net.Conn, func(), error) {
	if jumps >= maxJumps {
		return nil, nil, &problem{what: "ProxyJump of " + s.alias + " leads in a circle", do: "mend ssh_config", final: true}
	}
	before, last := "", s.jump
	if i := strings.LastIndexByte(s.jump, ','); i >= 0 {
		before, last = s.jump[:i], s.jump[i+1:]
	}
	hop, err := d.hop(ctx, last)
	if err != nil {
		return nil, nil, err
	}
	if before != "" {
		hop.jump, hop.proxyCommand = before, ""
	}
	l, err := d.via(ctx, hop, jumps+1)
	if err != nil {
		p := *diagnose(hop, err)
		p.what = fmt.Sprintf("on the way, at %s: %s", last, p.what)
		return nil, nil, &p
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	nc, err := l.client.DialContext(ctx, "tcp", s.addr())
	if err != nil {
		l.hangUp()
		p := &problem{what: remote.Line(fmt.Sprintf("%s can not connect to %s: %v", last, s.addr(), err), 300), err: err}
		p.do = "check HostName and Port in ssh_config, and whether the jump host may forward (AllowTcpForwarding)"
		return nil, nil, p
	}
	return nc, l.hangUp, nil
}

// hop reads the settings of a jump host: [user@]host[:port] or ssh://...
func (d *dialer) hop(ctx context.Context, name string) (settings, error) {
	name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "ssh://"))
	user, host := splitUser(strings.TrimSuffix(name, "/"))
	port := ""
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
	}
	s, _, err := d.config.of(ctx, strings.Trim(host, "[]"))
	if err != nil {
		return s, fmt.Errorf("jump host: %w", err)
	}
	if user != "" {
		s.user = user
	}
	if port != "" && port != s.port {
		s.port = port
		s.keyName = s.addr()
	}
	return s, nil
}
