package ssh

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"vigil/remote"
)

var (
	errSilent = errors.New("the host does not answer")
	errClosed = errors.New("the connection was closed")
)

// conn is one live connection, native or through a ControlMaster, and what is
// open on it.
type conn struct {
	client  *ssh.Client
	host    string                 // for people
	ping    func() error           // waits for one round trip
	hangUp  func()                 // closes what is below client, too
	changed func()                 // the number of channels has
	rtt     func(d time.Duration)  // was measured
	cause   atomic.Pointer[string] // why it ended; nil while it lives
	done    chan struct{}          // closed when it has ended

	streams, asides, shells chan struct{} // tokens
	idle                    chan *shell   // shells that wait for a command
	channels                atomic.Int32

	mu     sync.Mutex
	closed bool           // nothing is spawned any more
	wg     sync.WaitGroup // what was spawned

	sftp sftpSlot
}

func newConn(l *line, host string, changed func(), rtt func(time.Duration)) *conn {
	c := &conn{
		client: l.client, ping: l.ping, hangUp: l.hangUp, host: host, changed: changed, rtt: rtt,
		done:    make(chan struct{}),
		streams: make(chan struct{}, maxStreams),
		asides:  make(chan struct{}, maxAsides),
		shells:  make(chan struct{}, maxShells),
		idle:    make(chan *shell, maxShells),
	}
	c.spawn(func() { // ends with the connection
		err := c.client.Wait()
		c.fail(fmt.Errorf("the connection was lost: %w", err))
	})
	return c
}

// fail ends the connection, and with it everything that waits on it. The first
// reason is the one that is told.
func (c *conn) fail(err error) {
	what := remote.Line(err.Error(), 300)
	if !c.cause.CompareAndSwap(nil, &what) {
		return
	}
	close(c.done)
	c.hangUp()
}

func (c *conn) ended() bool { return c.cause.Load() != nil }

// offline is the error of whatever the end of the connection cut off.
func (c *conn) offline() error {
	return fmt.Errorf("%s: %s: %w", c.host, *c.cause.Load(), remote.ErrOffline)
}

// close ends the connection and waits for all that it runs.
func (c *conn) close() {
	c.fail(errClosed)
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.wg.Wait()
}

// spawn runs a part of the connection that ends with it, and reports false if
// it has ended already.
func (c *conn) spawn(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.wg.Go(f)
	}
	return !c.closed
}

func (c *conn) count(n int32) {
	c.channels.Add(n)
	c.changed()
}

// limited bounds a call that can not be cancelled: when it takes longer, the
// connection ends and the call with it. The returned function ends the bound.
func (c *conn) limited(d time.Duration) func() bool {
	return time.AfterFunc(d, func() { c.fail(errSilent) }).Stop
}

// watch asks the host for a sign of life every so often until the connection
// or ctx ends, and ends it when none comes. After the machine has slept it waits
// less: then the connection is most likely gone.
func (c *conn) watch(ctx context.Context, every time.Duration) {
	defer c.close()
	defer context.AfterFunc(ctx, func() { c.fail(errClosed) })()
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		began := time.Now()
		select {
		case <-c.done:
			return
		case <-timer.C:
		}
		patience := every
		wall := time.Now().Round(0).Sub(began.Round(0))
		if slept(wall, time.Since(began)) {
			patience = every / 3
		}
		asked := time.Now()
		stop := c.limited(patience)
		err := c.ping()
		stop()
		if err != nil {
			c.fail(fmt.Errorf("the connection was lost: %w", err))
			return
		}
		c.rtt(time.Since(asked))
		timer.Reset(every)
	}
}

// slept reports whether the machine was suspended while the wall clock went on
// so far and the monotonic one so far: the latter stands still meanwhile.
func slept(wall, awake time.Duration) bool { return wall-awake > 5*time.Second }
