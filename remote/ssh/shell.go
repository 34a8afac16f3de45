package ssh

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"vigil/remote"
)

// shell is a sh of the host that runs one small command after the other. A
// channel for each command would cost a login shell with its start-up files
// each time (on clusters these load modules, and often print), and a session of
// the few that the server allows. What a command prints stands between two
// lines with a word that no command can know. A child that outlives its command
// and still prints would print into the next one's output: such a shell is
// given up as soon as it is noticed.
type shell struct {
	p    *process
	mark string
	n    int // commands so far
}

// run runs a command without an input in one of the shells.
func (c *conn) run(ctx context.Context, cmd remote.Cmd) ([]byte, error) {
	r, err := c.inShell(ctx, cmd)
	if err != nil && !r.begun && ctx.Err() == nil && !c.ended() {
		r, err = c.inShell(ctx, cmd) // somebody has ended the shell while it was idle
	}
	switch {
	case err != nil && c.ended():
		return nil, c.offline()
	case err != nil:
		return r.out, fmt.Errorf("run %s: %w", name(cmd), err)
	case r.code != 0:
		return r.out, exitError(cmd, exitCode(r.code), r.stderr)
	}
	return r.out, nil
}

func (c *conn) inShell(ctx context.Context, cmd remote.Cmd) (said, error) {
	s, err := c.shell(ctx)
	if err != nil {
		return said{begun: true}, err
	}
	stop := context.AfterFunc(ctx, s.p.Kill)
	r, err := s.run(script(cmd) + " </dev/null")
	if !stop() {
		err = ctx.Err()
	}
	if err != nil || !r.clean {
		s.p.Kill()
	} else {
		c.keep(s)
	}
	return r, err
}

// shell returns a shell that no other command uses.
func (c *conn) shell(ctx context.Context) (*shell, error) {
	var s *shell
	err := c.retry(ctx, func(free context.Context) (err error) {
		if s = c.waiting(); s != nil {
			return nil
		}
		select {
		case s = <-c.idle:
			return nil
		case c.shells <- struct{}{}:
			s, err = c.newShell(ctx)
			return err
		case <-c.done:
			return c.offline()
		case <-free.Done():
			return context.Cause(free)
		}
	})
	return s, err
}

// waiting returns an idle shell, nil without one.
func (c *conn) waiting() *shell {
	for {
		select {
		case s := <-c.idle:
			select {
			case <-s.p.done: // somebody ended it
			default:
				return s
			}
		default:
			return nil
		}
	}
}

func (c *conn) keep(s *shell) {
	select {
	case c.idle <- s:
	default: // there are dead ones among them
		s.p.Kill()
	}
}

func (c *conn) newShell(ctx context.Context) (*shell, error) {
	cmd := remote.Cmd{Args: []string{"sh"}}
	p, err := c.try(ctx, cmd, "sh", func() { <-c.shells })
	if err != nil {
		return nil, err
	}
	return &shell{p: p, mark: newMark()}, nil
}

// said is what a command in a shell did.
type said struct {
	out    []byte
	code   int
	stderr string // its last line
	clean  bool   // nobody else printed
	begun  bool   // the command has, so it is not run a second time
}

// run runs a line of a POSIX script. After an error the shell is of no use any more.
func (s *shell) run(script string) (said, error) {
	s.n++
	mark := fmt.Sprintf("%s-%d", s.mark, s.n)
	found := s.p.stderr.expect(mark)
	_, err := fmt.Fprintf(s.p.in, `echo; echo %[1]s begins
%[2]s
c=$?; echo %[1]s >&2; echo; echo %[1]s ends $c
`, mark, script)
	if err != nil {
		return said{}, err
	}
	before, _, err := s.until(mark+" begins", maxNoise)
	if err != nil {
		return said{}, err
	}
	out, rest, err := s.until(mark+" ends", remote.MaxOutput)
	r := said{out: out, clean: len(before) == 0, begun: true}
	if err != nil {
		return r, err
	}
	if r.code, err = strconv.Atoi(rest); err != nil || r.code == 0 {
		return r, err
	}
	select {
	case <-found:
		r.stderr = s.p.stderr.lineBefore()
		return r, nil
	case <-s.p.done:
		return r, io.ErrUnexpectedEOF
	}
}

// until reads to a line that begins with mark, and returns what stands before
// it, without the line's end that precedes it, and what follows in the line.
func (s *shell) until(mark string, most int) (out []byte, rest string, err error) {
	starts := true // a line
	for {
		l, err := s.p.out.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return out, "", io.ErrUnexpectedEOF
		}
		if after, ok := bytes.CutPrefix(l, []byte(mark)); ok && starts && err == nil {
			return bytes.TrimSuffix(out, []byte("\n")), string(bytes.TrimSpace(after)), nil
		}
		starts = err == nil
		if len(out)+len(l) > most {
			return out, "", fmt.Errorf("more than %d MiB of output", most>>20)
		}
		out = append(out, l...)
	}
}
