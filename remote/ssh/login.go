package ssh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"vigil/remote"
)

const (
	loginTimeout = 30 * time.Second  // for the log-in, less the time that a person takes
	askTimeout   = 100 * time.Second // for a person: sshd hangs up after 120 s (LoginGraceTime)
)

var (
	errSlowLogin = errors.New("the log-in takes too long")
	errNobody    = errors.New("nobody can be asked")
	errNoAnswer  = errors.New("nobody answered")
)

// login is one log-in on one host: the target, or a jump host before it.
type login struct {
	ctx   context.Context
	s     settings
	keys  *keyring
	asks  func(ctx context.Context, prompt string, secret bool) (string, error) // nil where nobody can be asked
	clock *time.Timer                                                           // closes the connection when the log-in takes too long
	close []io.Closer                                                           // connections to the agent, when the log-in is over

	trusted bool     // the host's key is right: what fails from here on is the log-in
	tried   []string // for people
	failed  error    // of a person, or of a key
}

func (l *login) note(s string) { l.tried = append(l.tried, remote.Line(s, 120)) }

func (l *login) canAsk() bool { return l.asks != nil }

// ask asks a person; the log-in's clock stands still meanwhile.
func (l *login) ask(prompt string, secret bool) (string, error) {
	if l.asks == nil {
		l.failed = errNobody
		return "", errNobody
	}
	l.clock.Stop()
	defer l.clock.Reset(loginTimeout)
	ctx, cancel := context.WithTimeoutCause(l.ctx, askTimeout, errNoAnswer)
	defer cancel()
	answer, err := l.asks(ctx, remote.Line(prompt, 400), secret)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		l.failed = err
	}
	return answer, err
}

// over connects a client through an open connection, which it closes if that
// fails.
func (l *login) over(nc net.Conn) (*ssh.Client, error) {
	l.clock = time.AfterFunc(loginTimeout, func() { _ = nc.Close() })
	stop := context.AfterFunc(l.ctx, func() { _ = nc.Close() })
	defer func() {
		stop()
		l.hangUpAgent()
	}()
	config, err := l.config()
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	c, chans, reqs, err := ssh.NewClientConn(nc, l.s.addr(), config)
	inTime := l.clock.Stop()
	if err == nil {
		return ssh.NewClient(c, chans, reqs), nil
	}
	_ = nc.Close()
	switch {
	case l.ctx.Err() != nil:
		return nil, l.ctx.Err()
	case !inTime && l.failed == nil:
		return nil, errSlowLogin
	case l.trusted:
		return nil, l.refused(err)
	}
	return nil, err
}

func (l *login) hangUpAgent() {
	for _, c := range l.close {
		_ = c.Close()
	}
}

func (l *login) config() (*ssh.ClientConfig, error) {
	known, err := readHostKeys(l.s, func(prompt string) (string, error) { return l.ask(prompt, false) })
	if err != nil {
		return nil, err
	}
	c := &ssh.ClientConfig{
		User:              l.s.user,
		Auth:              l.methods(),
		HostKeyAlgorithms: known.algorithms(),
		HostKeyCallback: func(name string, addr net.Addr, key ssh.PublicKey) error {
			err := known.check(name, addr, key)
			l.trusted = err == nil
			return err
		},
	}
	supported, old := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	c.KeyExchanges = among(l.s.kex, slices.Concat(supported.KeyExchanges, old.KeyExchanges))
	c.Ciphers = among(l.s.ciphers, slices.Concat(supported.Ciphers, old.Ciphers))
	c.MACs = among(l.s.macs, slices.Concat(supported.MACs, old.MACs))
	return c, nil
}

// methods are the ways to log in, in the order of PreferredAuthentications.
func (l *login) methods() []ssh.AuthMethod {
	by := map[string]ssh.AuthMethod{}
	if l.s.publicKey {
		by["publickey"] = ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
			var signers []ssh.Signer
			for _, o := range l.offers() {
				l.note(o.name)
				signers = append(signers, o.signer)
			}
			return signers, nil
		})
	}
	if l.s.interactive {
		by["keyboard-interactive"] = ssh.RetryableAuthMethod(ssh.KeyboardInteractive(l.challenge), maxTries)
	}
	if l.s.password && l.canAsk() {
		by["password"] = ssh.RetryableAuthMethod(ssh.PasswordCallback(func() (string, error) {
			l.note("a password")
			return l.ask(fmt.Sprintf("Password of %s@%s", l.s.user, l.s.host), true)
		}), maxTries)
	}
	order := l.s.preferred
	if len(order) == 0 {
		order = []string{"publickey", "keyboard-interactive", "password"}
	}
	var out []ssh.AuthMethod
	for _, m := range order {
		if by[m] != nil {
			out = append(out, by[m])
		}
	}
	return out
}

// challenge answers keyboard-interactive questions, such as for a one-time code.
func (l *login) challenge(_, instruction string, questions []string, echos []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i, q := range questions {
		l.note("an answer to " + cmp.Or(strings.TrimSpace(q), "a question"))
		a, err := l.ask(strings.TrimSpace(fmt.Sprintf("%s@%s: %s %s", l.s.user, l.s.host, instruction, q)), !echos[i])
		if err != nil {
			return nil, err
		}
		answers[i] = a
	}
	return answers, nil
}

// refused is why a log-in failed on a host whose key is right.
func (l *login) refused(err error) error {
	who := fmt.Sprintf("%s@%s", l.s.user, l.s.addr())
	switch {
	case errors.Is(l.failed, errNoAnswer):
		return &problem{
			what: who + " waits for a log-in, and nobody answered", do: "try again when you can answer",
			final: true, err: err,
		}
	case !strings.Contains(err.Error(), "authenticat") && l.failed == nil:
		return err // the connection broke
	}
	tried := "no key or other way to log in is there"
	if len(l.tried) > 0 {
		tried = "tried " + strings.Join(slices.Compact(l.tried), ", ")
	}
	if l.failed != nil {
		tried += "; " + l.failed.Error()
	}
	return &problem{
		what: remote.Line(fmt.Sprintf("%s refuses the log-in: %s", who, tried), 400),
		do:   "check User and IdentityFile in ssh_config, or load the key: ssh-add", final: true, err: err,
	}
}
