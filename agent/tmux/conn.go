package tmux

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// conn is one attached control-mode client. Requests are written in order by
// one goroutine and answered in order; each ends with a command that prints a
// mark, so that it does not matter how many answers its commands give (if-shell
// runs others, an error drops the rest of a line, hooks add their own).
type conn struct {
	rw    io.ReadWriteCloser
	r     *reader
	nonce string // what no screen and no file name can hold by chance
	local bool   // the server has our clock

	out  chan string // to the writer
	quit chan struct{}
	wg   sync.WaitGroup // the writer

	mu      sync.Mutex
	queue   []*request // sent, not answered
	seq     int
	heard   time.Time     // when the last message came
	late    bool          // a request timed out and nothing came since
	offset  time.Duration // a remote server's clock less ours
	ended   error         // set once the connection has ended
	expires bool          // this tmux can tell the time in a condition
}

// request is some command lines and their answers.
type request struct {
	mark   string
	blocks []block
	done   chan struct{} // closed when the mark came or the connection ended
	err    error         // of the connection
}

// most requests that may wait for an answer.
const maxQueue = 32

func newConn(rw io.ReadWriteCloser, local bool) *conn {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return &conn{
		rw: rw, r: newReader(rw), local: local, nonce: "vigil" + hex.EncodeToString(b[:]),
		out: make(chan string, maxQueue), quit: make(chan struct{}), heard: time.Now(),
	}
}

// start starts the writer; finish ends it.
func (c *conn) start() {
	c.wg.Go(func() {
		for {
			select {
			case lines := <-c.out:
				if _, err := io.WriteString(c.rw, lines); err != nil {
					return // the reader sees the end, too
				}
			case <-c.quit:
				return
			}
		}
	})
}

// finish closes the connection, tells all who wait, and returns the client's own
// error, if it had one.
func (c *conn) finish(err error) error {
	own := c.rw.Close()
	close(c.quit)
	c.wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = err
	for _, q := range c.queue {
		q.err = err
		close(q.done)
	}
	c.queue = nil
	return own
}

// serve hands answers to the requests and notifications to notify, until the
// connection ends.
func (c *conn) serve(notify func(name, rest string)) error {
	for {
		m, err := c.r.next()
		if err != nil {
			return err
		}
		c.mu.Lock()
		c.heard, c.late = time.Now(), false
		c.mu.Unlock()
		if m.name == "" {
			c.answered(m.block)
			continue
		}
		notify(m.name, m.rest)
		if m.name == "exit" {
			return io.EOF
		}
	}
}

func (c *conn) answered(b block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setClock(b)
	if len(c.queue) == 0 {
		return
	}
	q := c.queue[0]
	if !b.ours || b.failed || len(b.lines) != 1 || b.lines[0] != q.mark {
		q.blocks = append(q.blocks, b)
		return
	}
	c.queue = c.queue[1:]
	close(q.done)
}

// setClock learns a remote server's clock. It is told in whole seconds and read
// with a delay, so a small difference is none.
func (c *conn) setClock(b block) {
	if c.local {
		return
	}
	c.offset = time.Until(time.Unix(b.time, 0))
	if c.offset.Abs() < 3*time.Second {
		c.offset = 0
	}
}

// do sends lines (each one or more commands, with no newline in them) and
// returns their answers. It waits for at most timeout; what was sent may still
// be carried out later, which typing guards against by a time of its own.
func (c *conn) do(ctx context.Context, timeout time.Duration, lines ...string) ([]block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.ended != nil {
		err := c.ended
		c.mu.Unlock()
		return nil, fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	if len(c.queue) >= maxQueue {
		c.mu.Unlock()
		c.hangUp()
		return nil, ErrBusy
	}
	c.seq++
	q := &request{mark: fmt.Sprintf("%s-%d", c.nonce, c.seq), done: make(chan struct{})}
	c.queue = append(c.queue, q)
	// There is room: the channel holds as many as the queue. Sending under the
	// lock keeps both in the same order.
	c.out <- strings.Join(lines, "\n") + "\ndisplay-message -p " + q.mark + "\n"
	c.mu.Unlock()

	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-q.done:
		if q.err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotConnected, q.err)
		}
		return q.blocks, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-t.C:
		c.mu.Lock()
		c.late = true
		c.mu.Unlock()
		c.hangUp()
		return nil, ErrTimeout
	}
}

// hangUp closes a connection on which nothing has come for long although
// something was asked: a client whose link died never tells.
func (c *conn) hangUp() {
	c.mu.Lock()
	dead := c.late && time.Since(c.heard) > deafAfter
	c.mu.Unlock()
	if dead {
		_ = c.rw.Close()
	}
}

// deaf reports whether a request timed out and nothing came since.
func (c *conn) deaf() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.late
}

// serverTime returns the server's clock at our time t.
func (c *conn) serverTime(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return t.Add(c.offset)
}

// ourTime is the inverse of serverTime.
func (c *conn) ourTime(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return t.Add(-c.offset)
}
