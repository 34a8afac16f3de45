package ssh

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/crypto/ssh"

	"vigil/remote"
)

// The budget of one connection. sshd allows 10 sessions (MaxSessions); with
// SFTP's one these make 8, and two are left for ending commands.
const (
	maxStreams = 4 // of Start
	maxShells  = 2 // that run small commands one after the other
	maxAsides  = 1 // commands of Run that have an input
)

const (
	startTimeout = 30 * time.Second // until a command has begun; start-up files of login shells can be slow
	slotTimeout  = 15 * time.Second // for a session to become free
	slotRetry    = 50 * time.Millisecond
)

var errBusy = errors.New("too many commands run on the host at once")

// start starts a command in a channel of its own. It lives until it ends, Kill,
// or the end of ctx.
func (c *conn) start(ctx context.Context, tokens chan struct{}, cmd remote.Cmd) (*process, error) {
	var p *process
	err := c.retry(ctx, func(free context.Context) error {
		select {
		case tokens <- struct{}{}:
		case <-c.done:
			return c.offline()
		case <-free.Done():
			return context.Cause(free)
		}
		var err error
		p, err = c.try(ctx, cmd, script(cmd), func() { <-tokens })
		return err
	})
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, p.Kill)
	if !c.spawn(func() { <-p.done; stop() }) {
		stop()
	}
	return p, nil
}

// retry does what takes one of the server's sessions. The server refuses while
// it has none left; since it frees them some time after their commands ended,
// that is tried again until free ends: slotTimeout, or ctx.
func (c *conn) retry(ctx context.Context, do func(free context.Context) error) error {
	free, cancel := context.WithTimeoutCause(ctx, slotTimeout, errBusy)
	defer cancel()
	for wait := slotRetry; ; wait = min(2*wait, time.Second) {
		err := do(free)
		if !refused(err) {
			return err
		}
		select {
		case <-time.After(wait + rand.N(wait)):
		case <-c.done:
			return c.offline()
		case <-free.Done():
			return fmt.Errorf("%s allows no further session: %w", c.host, context.Cause(free))
		}
	}
}

// refused reports whether the server has no session left.
func refused(err error) bool {
	_, ok := errors.AsType[*ssh.OpenChannelError](err)
	return ok
}

// try starts a command once and waits until it has begun. release is called
// when its session is free again. If ctx ends first, the command is killed as
// soon as it has begun.
func (c *conn) try(ctx context.Context, cmd remote.Cmd, script string, release func()) (*process, error) {
	type result struct {
		p   *process
		err error
	}
	begun := make(chan result)
	ok := c.spawn(func() { // ends when the command has begun, at the latest with the connection
		stop := c.limited(startTimeout)
		p, err := c.begin(cmd, script, release)
		stop()
		select {
		case begun <- result{p, err}:
		case <-ctx.Done():
			if err == nil {
				p.Kill()
			}
		}
	})
	if !ok {
		release()
		return nil, c.offline()
	}
	select {
	case r := <-begun:
		if r.err != nil && c.ended() {
			return nil, c.offline()
		}
		return r.p, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// end ends a process group of the host, in the background: by a shell that is
// there, since a new one needs a session and the login shell's start-up files.
func (c *conn) end(group int) {
	if group <= 1 {
		return
	}
	c.spawn(func() { // ends with a small command, at the latest with the connection
		if s := c.waiting(); s != nil {
			if _, err := s.run(endScript(group)); err == nil {
				c.keep(s)
				return
			}
		}
		_ = c.retry(context.Background(), func(context.Context) error {
			sess, err := c.client.NewSession()
			if err != nil {
				return err
			}
			defer sess.Close()
			return sess.Run(loginLine(endScript(group)))
		}) // what this can't reach is left to the guard
	})
}
