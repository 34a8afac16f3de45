// Package ssh is a [remote.Host] that is reached by SSH. Start with [New].
//
// What ssh_config says of the host is asked of the ssh program ("ssh -G"), so
// that it means what it means to the user. The connection is made here, by
// x/crypto/ssh, or by the ssh program where only that can log in; in both cases
// it is one connection, with few channels on it: one for SFTP, two for shells
// that run small commands one after the other, and one for each command that
// streams. It keeps itself alive, and comes back by itself after it was lost.
// Nothing is installed on the host: it needs sshd with SFTP, and a POSIX sh.
package ssh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"vigil/remote"
)

// Options say how a host is reached. The zero value is right for most.
type Options struct {
	// Config is a file in place of the user's ssh_config.
	Config string
	// Transport is "native", "ssh" (the program), or "auto", as the empty one:
	// native unless only the program can log in, or has done so already.
	Transport string
	// Ask asks a person while connecting, and waits for the answer until ctx
	// ends, at most 100 s: then the server would hang up. Nil where
	// there is nobody: what needs an answer is then refused.
	Ask func(ctx context.Context, q remote.Question) (string, error)
	// Log gets what happens to the connection. Nil for nowhere.
	Log *slog.Logger
}

// keepAlive is the time between two signs of life that are asked of a host.
const keepAlive = 15 * time.Second

// Host is a machine behind SSH. It connects when it is first asked for
// something. While it has no connection its methods fail at once with an error
// that wraps [remote.ErrOffline]; before the first try has ended they wait for
// that. Its methods may be called from several goroutines.
type Host struct {
	name   string
	o      Options
	config config
	keys   keyring
	every  time.Duration // between two signs of life
	dial   func(context.Context) (*conn, *problem)

	ctx     context.Context // until Close
	cancel  context.CancelFunc
	start   sync.Once
	wg      sync.WaitGroup // the goroutine that connects
	again   chan struct{}  // Retry was called
	tried   chan struct{}  // closed when the first try has ended
	changed chan struct{}

	mu   sync.Mutex
	link remote.Link
	conn *conn // nil without one
}

var _ remote.Host = (*Host)(nil)

// New returns the host that ssh_config knows by a name. Close must be called
// when it is not needed any more.
func New(name string, o Options) *Host {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Host{
		name: name, o: o, config: newConfig(o.Config), every: keepAlive,
		again: make(chan struct{}, 1), tried: make(chan struct{}), changed: make(chan struct{}, 1),
		link: remote.Link{Host: name, State: remote.LinkIdle, Since: time.Now()},
	}
	h.dial = h.connect
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// Close ends the connection and everything that runs on it.
func (h *Host) Close() error {
	h.start.Do(func() { close(h.tried) })
	h.cancel()
	h.wg.Wait()
	return nil
}

// Name is of [remote.Host].
func (h *Host) Name() string { return h.name }

// live returns the connection.
func (h *Host) live(ctx context.Context) (*conn, error) {
	h.start.Do(func() { h.wg.Go(h.run) }) // until Close
	select {
	case <-h.tried:
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: still connecting: %w", h.name, errors.Join(remote.ErrOffline, ctx.Err()))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn == nil || h.conn.ended() {
		return nil, fmt.Errorf("%s: %s: %w", h.name, cmp.Or(h.link.What, "connecting"), remote.ErrOffline)
	}
	return h.conn, nil
}

// soon is live for calls without a context.
func (h *Host) soon() (*conn, error) {
	ctx, cancel := context.WithTimeout(h.ctx, callTimeout)
	defer cancel()
	return h.live(ctx)
}

// Run is of [remote.Host]. Commands that have no input share two shells of the
// host, so at most two run at once, and a command that never ends blocks one
// until ctx does.
func (h *Host) Run(ctx context.Context, c remote.Cmd) ([]byte, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("run: an empty command")
	}
	conn, err := h.live(ctx)
	if err != nil {
		return nil, err
	}
	if c.Stdin == nil {
		return conn.run(ctx, c)
	}
	p, err := conn.start(ctx, conn.asides, c)
	if err != nil {
		return nil, err
	}
	go func() { // ends with the input, or when the command takes no more of it
		_, _ = io.Copy(p.in, c.Stdin)
		_ = p.in.Close()
	}()
	out, err := io.ReadAll(io.LimitReader(p.out, remote.MaxOutput+1))
	if len(out) > remote.MaxOutput {
		p.Kill()
		_ = p.Wait() // was killed
		return out[:remote.MaxOutput], fmt.Errorf("%s: more than %d MiB of output", name(c), remote.MaxOutput>>20)
	}
	if ended := p.Wait(); ended != nil {
		err = ended
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return out, err
}

// Start is of [remote.Host]. At most four commands may stream at once; another
// one waits up to 15 s for one of them to end.
func (h *Host) Start(ctx context.Context, c remote.Cmd) (remote.Process, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("start: an empty command")
	}
	conn, err := h.live(ctx)
	if err != nil {
		return nil, err
	}
	p, err := conn.start(ctx, conn.streams, c)
	if err != nil {
		return nil, err // not p: a nil *process is no nil Process
	}
	return p, nil
}

// Open is of [remote.Host]. A host that takes longer than 20 s for it, or for
// Stat or ReadDir, counts as lost.
func (h *Host) Open(name string) (remote.File, error) {
	c, err := h.soon()
	if err != nil {
		return nil, err
	}
	var f *sftp.File
	err = c.call(func(s *sftp.Client) (err error) {
		f, err = s.Open(name)
		return err
	})
	if err != nil {
		return nil, pathError("open", name, err)
	}
	return &file{c, f}, nil
}

// Stat is of [remote.Host].
func (h *Host) Stat(name string) (fs.FileInfo, error) {
	c, err := h.soon()
	if err != nil {
		return nil, err
	}
	var fi fs.FileInfo
	err = c.call(func(s *sftp.Client) (err error) {
		fi, err = s.Stat(name)
		return err
	})
	if err != nil {
		return nil, pathError("stat", name, err)
	}
	return fi, nil
}

// ReadDir is of [remote.Host].
func (h *Host) ReadDir(name string) ([]fs.DirEntry, error) {
	c, err := h.soon()
	if err != nil {
		return nil, err
	}
	var list []fs.FileInfo
	err = c.call(func(s *sftp.Client) (err error) {
		list, err = s.ReadDir(name)
		return err
	})
	if err != nil {
		return nil, pathError("read", name, err)
	}
	entries := make([]fs.DirEntry, len(list))
	for i, fi := range list {
		entries[i] = fs.FileInfoToDirEntry(fi)
	}
	return entries, nil
}

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: remote.Line(name, 400), Err: err}
}
