package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"vigil/remote"
)

// problem is why a host can not be reached, for a person.
type problem struct {
	what  string
	do    string
	final bool // trying again by itself would change nothing, or do harm
	err   error
}

func (p *problem) Error() string { return p.what }
func (p *problem) Unwrap() error { return p.err }

// diagnose says in plain words why connecting failed.
func diagnose(s settings, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	p := &problem{what: remote.Line(err.Error(), 300), err: err}
	where := s.addr()
	dns, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case isDNS && dns.IsNotFound:
		p.what = fmt.Sprintf("there is no host named %s", remote.Line(dns.Name, 100))
		p.do = "check HostName in ssh_config, or the network's names (VPN?)"
	case isDNS:
		p.what = fmt.Sprintf("the name %s can not be looked up now", remote.Line(dns.Name, 100))
		p.do = "check the network connection"
	case errors.Is(err, syscall.ECONNREFUSED):
		p.what = where + " refuses connections: no SSH server listens there"
		p.do = "check Port in ssh_config, and whether sshd runs"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		p.what = "there is no way to " + where
		p.do = "check the network connection (VPN?)"
	case errors.Is(err, errSlowLogin), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		p.what = where + " does not answer"
		p.do = "check the network connection (VPN, firewall?)"
	case strings.Contains(err.Error(), "no common algorithm"):
		p.what = remote.Line(strings.TrimPrefix(err.Error(), "ssh: handshake failed: "), 300)
		p.do = `use the ssh program for this host (transport "ssh")`
		p.final = true
	case strings.HasSuffix(err.Error(), "EOF"), errors.Is(err, syscall.ECONNRESET):
		p.what = where + " closed the connection before the log-in"
		p.do = "it may have too many connections (MaxStartups), or block this machine for a while"
	}
	return p
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}
