package ssh

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"vigil/remote"
)

const maxNoise = 256 << 10 // bytes that start-up files of login shells may print

// process is a command in a channel of its own.
type process struct {
	conn   *conn
	cmd    remote.Cmd
	sess   *ssh.Session
	in     io.WriteCloser
	out    *bufio.Reader
	pipe   *io.PipeWriter // feeds out
	stderr *tail
	group  int // of its processes on the host; 0 until it has begun

	done chan struct{} // closed when the channel has ended on both sides
	err  error         // after done: how the command ended

	mu     sync.Mutex
	killed bool
}

var _ remote.Process = (*process)(nil)

// begin starts a command, given as a line of a POSIX script, under the guard
// and waits until it has begun. release is called when its channel has ended.
// It may block as long as the connection lives.
func (c *conn) begin(cmd remote.Cmd, script string, release func()) (*process, error) {
	sess, err := c.client.NewSession()
	if err != nil {
		release()
		return nil, err
	}
	mark := newMark()
	pr, pw := io.Pipe()
	p := &process{
		conn: c, cmd: cmd, sess: sess, pipe: pw, out: bufio.NewReaderSize(pr, 64<<10),
		stderr: &tail{}, done: make(chan struct{}),
	}
	found := p.stderr.expect(mark)
	sess.Stdout, sess.Stderr = pw, p.stderr
	p.in, err = sess.StdinPipe()
	if err == nil {
		err = sess.Start(loginLine(session(mark, script)))
	}
	if err != nil {
		_ = sess.Close()
		release()
		return nil, fmt.Errorf("start %s: %w", name(cmd), err)
	}
	c.count(1)
	wait := func() { // ends with the channel, at the latest with the connection
		p.ended(sess.Wait())
		c.count(-1)
		release()
	}
	if !c.spawn(wait) {
		wait()
		return nil, c.offline()
	}
	if err := p.begun(mark); err != nil {
		p.Kill()
		<-p.done
		return nil, p.notBegun(err)
	}
	select { // what start-up files complained of is not the command's
	case <-found:
	case <-p.done:
	}
	return p, nil
}

// begun reads what the login shell printed, until the script says mark.
func (p *process) begun(mark string) error {
	for n := 0; n < maxNoise; {
		l, err := p.out.ReadSlice('\n')
		n += len(l)
		// Noise without a line's end may stand before it.
		if i := bytes.Index(l, []byte(mark+" ")); i >= 0 {
			p.group, err = strconv.Atoi(string(bytes.TrimSpace(l[i+len(mark):])))
			return err
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	return errors.New("its start-up files print without end")
}

func (p *process) notBegun(err error) error {
	if p.conn.ended() {
		return p.conn.offline()
	}
	if said := p.stderr.line(); said != "" {
		err = errors.New(said)
	}
	return fmt.Errorf("the login shell of %s does not run commands: %w", p.conn.host, err)
}

// ended takes the end of the channel.
func (p *process) ended(err error) {
	p.err = p.result(err)
	p.stderr.close()
	_ = p.pipe.Close() // the reader sees the end
	close(p.done)
}

func (p *process) result(err error) error {
	p.mu.Lock()
	killed := p.killed
	p.mu.Unlock()
	if killed {
		return exitError(p.cmd, -1, p.stderr.line())
	}
	if err == nil {
		return nil
	}
	if ee, ok := errors.AsType[*ssh.ExitError](err); ok {
		code := exitCode(ee.ExitStatus())
		if ee.Signal() != "" {
			code = -1
		}
		return exitError(p.cmd, code, p.stderr.line())
	}
	select { // channels end a moment before their connection
	case <-p.conn.done:
		return p.conn.offline()
	case <-time.After(time.Second):
	}
	return fmt.Errorf("run %s: %w", name(p.cmd), err)
}

// Stdin is of [remote.Process].
func (p *process) Stdin() io.WriteCloser { return p.in }

// Stdout is of [remote.Process].
func (p *process) Stdout() io.Reader { return p.out }

// Wait is of [remote.Process].
func (p *process) Wait() error {
	<-p.done
	return p.err
}

// Kill is of [remote.Process]. Closing the channel would neither end the
// command nor free its slot, and sshd passes on no signals for root: so another
// channel ends the group, and where that fails the guard does.
func (p *process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return
	}
	select {
	case <-p.done:
		return
	default:
	}
	p.killed = true
	_ = p.pipe.Close()
	p.conn.end(p.group)
	_ = p.sess.Close() // gone already is as good
}

func name(c remote.Cmd) string {
	if len(c.Args) == 0 {
		return "a command"
	}
	return remote.Line(c.Args[0], 80)
}

func exitError(c remote.Cmd, code int, stderr string) error {
	return &remote.ExitError{Cmd: remote.Line(remote.Quote(c.Args...), 200), Code: code, Stderr: stderr}
}

const maxTail = 4 << 10

// tail keeps the end of what comes on standard error, in two parts if a mark is
// expected in it: before and after the mark.
type tail struct {
	mu     sync.Mutex
	before []byte
	b      []byte
	mark   string        // expected on a line of its own; empty without one
	found  chan struct{} // closed when it came, or the end
}

// Write takes more of it; the guard's empty bytes are nobody's.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range p {
		if c != 0 {
			t.b = append(t.b, c)
		}
	}
	if i := bytes.Index(t.b, []byte(t.mark+"\n")); t.mark != "" && i >= 0 {
		t.before, t.b = t.b[:i:i], t.b[i+len(t.mark)+1:]
		t.end()
	}
	if n := len(t.b) - maxTail; n > 0 {
		t.b = append([]byte(nil), t.b[n:]...)
	}
	return len(p), nil
}

// expect forgets what came so far, and returns what is closed once mark came.
func (t *tail) expect(mark string) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.before, t.b, t.mark, t.found = nil, nil, mark, make(chan struct{})
	return t.found
}

func (t *tail) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end()
}

func (t *tail) end() {
	if t.mark != "" {
		t.mark = ""
		close(t.found)
	}
}

// line is the last line after the mark, clean; lineBefore the one before it.
func (t *tail) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return remote.Line(lastLine(string(t.b)), 400)
}

func (t *tail) lineBefore() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return remote.Line(lastLine(string(t.before)), 400)
}
