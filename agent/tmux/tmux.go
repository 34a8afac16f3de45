// Package tmux finds agents in the panes of tmux, reads their screens and types
// into them.
//
// Start with [Sockets] and [NewServer]: a [Server] keeps one control-mode client
// (tmux -C) attached to one tmux server, and every question and command goes
// through it, so that nothing is forked while vigil watches. [Server.Panes] tells
// the panes, a [Machine] and [Table.Agents] which CLI runs in each,
// [Server.Capture] and [ReadScreen] what it shows, [Server.Paste] and
// [Server.Enter] type.
//
// The client disturbs nobody: it never takes part in the size of a window, sets
// no option, takes nothing over from vigil's environment, and attaches to the
// session that a person's plain "tmux attach" would choose last. What depends on
// the version of tmux (3.0 and later) is probed by trying, not by number.
package tmux

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Errors of a Server. What is returned wraps them with what and where.
var (
	ErrNotConnected = errors.New("not connected to the tmux server")
	ErrTimeout      = errors.New("the tmux server did not answer in time")
	ErrBusy         = errors.New("the tmux server does not answer; too many commands wait for it")

	// The reasons why nothing is typed into a pane. tmux itself checks them at
	// the moment of typing.
	ErrNoPane       = errors.New("there is no such pane")
	ErrMode         = errors.New("the pane is in copy mode or another mode")
	ErrDead         = errors.New("the pane's process has ended")
	ErrSynchronized = errors.New("the pane's input is synchronized with other panes; switch synchronize-panes off")
	ErrInputOff     = errors.New("the pane's input is switched off")
	ErrLate         = errors.New("the command reached the tmux server too late")
	ErrText         = errors.New("text for a pane must hold something, no control characters but newline and tab, and at most 64 KiB")
)

// Options are what a Server may be given. The zero value is a local server with
// the times below.
type Options struct {
	Starter Starter       // runs tmux where the server is; nil means Local
	Tmux    string        // name or path of the program; empty means "tmux"
	Timeout time.Duration // of a command; zero means 2 s
	Poll    time.Duration // how often to look for changes where tmux (before 3.2) cannot tell them; zero means 5 s
	Log     *slog.Logger  // nil means none
}

// Times of the connection.
const (
	attachWithin = 10 * time.Second       // from the start of the client to its first answer
	deafAfter    = 15 * time.Second       // a client that is asked and silent for so long is replaced
	firstDelay   = 200 * time.Millisecond // before the second try to connect
	longestDelay = 5 * time.Second        // between tries
	lastedLong   = 10 * time.Second       // a connection that lasted so long starts the delays anew
)

// Server is one tmux server, seen through one control-mode client. Make it with
// NewServer, keep it connected with Run; its methods may be called from any
// goroutine at any time and fail with ErrNotConnected while there is no
// connection.
type Server struct {
	socket  string
	o       Options
	log     *slog.Logger
	changes chan struct{}

	mu      sync.Mutex
	conn    *conn // nil while there is no connection
	problem error
	noFlags bool // this tmux has no attach-session -f
}

// NewServer returns the server that listens on the socket (a path). It does
// nothing before Run.
func NewServer(socket string, o Options) *Server {
	if o.Tmux == "" {
		o.Tmux = "tmux"
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Poll <= 0 {
		o.Poll = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		socket: socket, o: o, log: o.Log.With("socket", socket),
		changes: make(chan struct{}, 1),
	}
}

// Socket returns the path that the server was made with.
func (s *Server) Socket() string { return s.socket }

// Changes returns a channel that is sent to after something about the sessions,
// windows or panes has changed (also what runs in a pane, and the connection
// itself), many changes at once.
func (s *Server) Changes() <-chan struct{} { return s.changes }

// Connected reports whether the client is attached and answers.
func (s *Server) Connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil && !s.conn.deaf()
}

// Problem returns why there is no connection; nil while there is one, and before
// the first try.
func (s *Server) Problem() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil && s.conn.deaf() {
		return fmt.Errorf("tmux server %s: %w", s.socket, ErrTimeout)
	}
	return s.problem
}

// Run keeps the client attached, through restarts of the tmux server, until ctx
// ends; it then ends the client and returns ctx's error. While the server has no
// session it waits for one. Call it once.
func (s *Server) Run(ctx context.Context) error {
	delay := time.Duration(0)
	for {
		if err := sleep(ctx, delay); err != nil {
			return err
		}
		start := time.Now()
		err := s.serve(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.setProblem(err)
		if time.Since(start) >= lastedLong {
			delay = 0 // the session was closed, or the server restarted
			continue
		}
		delay = min(max(2*delay, firstDelay), longestDelay)
	}
}

func (s *Server) setProblem(err error) {
	s.mu.Lock()
	old := s.problem
	s.problem = fmt.Errorf("tmux server %s: %w", s.socket, err)
	told := old != nil && old.Error() == s.problem.Error()
	s.mu.Unlock()
	if !told {
		s.log.Info("no connection to tmux", "err", err)
	}
}

// changed wakes the reader of Changes.
func (s *Server) changed() {
	select {
	case s.changes <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

func (s *Server) current() (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil, fmt.Errorf("tmux server %s: %w", s.socket, ErrNotConnected)
	}
	return s.conn, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
