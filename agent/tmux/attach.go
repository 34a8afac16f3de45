package tmux

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
)

// flags that keep the client from disturbing anybody. Before 3.2 attach-session
// has none; there a control client has no part in a window's size as long as it
// names no size of its own.
const clientFlags = "ignore-size,no-output"

// everything is a format whose value changes when something that Changes tells
// about does, for the whole server: a subscription sees only the session that
// the client is attached to, but a format can walk them all.
const everything = "#{S:#{session_id}#{W:#{P:#{pane_id}=#{pane_pid}:#{pane_current_command}:#{pane_dead} }}}"

// serve attaches a client and serves it until the connection or ctx ends.
func (s *Server) serve(ctx context.Context) error {
	target, err := s.pickSession(ctx)
	if err != nil {
		return err
	}
	argv := []string{"-C", "attach-session", "-E"}
	if !s.noFlags {
		argv = append(argv, "-f", clientFlags)
	}
	rw, err := s.start(ctx, append(argv, "-t", target)...)
	if err != nil {
		return err
	}
	c := newConn(rw, s.o.Starter == nil)
	stop := context.AfterFunc(ctx, func() { _ = rw.Close() })
	defer stop()
	c.start()
	err = s.attached(ctx, c)
	s.setConn(nil)
	if own := c.finish(err); own != nil && (err == nil || errors.Is(err, io.EOF)) {
		err = own
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the client was detached")
	}
	if !s.noFlags && noSuchFlag(err) {
		s.noFlags = true // before tmux 3.2; the next try goes without
	}
	return err
}

// noSuchFlag reports whether tmux did not know a flag of attach-session: 3.2 and
// later name the flag, earlier ones show the usage.
func noSuchFlag(err error) bool {
	return strings.Contains(err.Error(), "unknown flag") || strings.Contains(err.Error(), "usage:")
}

// start runs tmux. Of a program on another machine only the output is sure to
// come: there its errors are made part of it.
func (s *Server) start(ctx context.Context, args ...string) (io.ReadWriteCloser, error) {
	argv := append([]string{s.o.Tmux, "-u", "-S", s.socket}, args...)
	if s.o.Starter == nil {
		return Local{}.Start(ctx, argv...)
	}
	return s.o.Starter.Start(ctx, append([]string{"sh", "-c", `exec "$@" 2>&1`, "sh"}, argv...)...)
}

func (s *Server) setConn(c *conn) {
	s.mu.Lock()
	was := s.conn
	s.conn = c
	if c != nil {
		s.problem = nil
	}
	s.mu.Unlock()
	if was != c {
		s.changed()
	}
}

// attached waits for the attach-session to be answered, makes the client ready
// and serves it.
func (s *Server) attached(ctx context.Context, c *conn) error {
	late := time.AfterFunc(attachWithin, func() { _ = c.rw.Close() })
	err := s.awaitAttach(c)
	if !late.Stop() {
		return fmt.Errorf("attach: %w", ErrTimeout)
	}
	if err != nil {
		return err
	}
	// What follows asks questions, whose answers serve hands out: it runs beside
	// it, and ends with the connection or with ctx.
	setup, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { // ends with setup, or with the connection
		defer close(done)
		if err := s.prepare(setup, c); err != nil && setup.Err() == nil {
			_ = c.rw.Close() // of no use; serve sees the end
		}
	}()
	err = c.serve(s.notified)
	cancel()
	<-done
	return err
}

// awaitAttach reads up to the answer of attach-session, the first one.
func (s *Server) awaitAttach(c *conn) error {
	said := ""
	for {
		m, err := c.r.next()
		if errors.Is(err, io.EOF) || m.name == "exit" {
			if said != "" {
				return errors.New(said)
			}
			return io.EOF
		}
		if err != nil {
			return err
		}
		if m.name == stray {
			said = agent.CleanLine(m.rest, 200)
		}
		if m.name != "" {
			continue
		}
		if !m.block.failed {
			c.setClock(m.block)
			return nil
		}
		return errors.New(agent.CleanLine(m.block.text(), 200))
	}
}

// prepare probes what this tmux can do, and then lets others use the client.
// Where tmux cannot tell changes itself, it goes on to look for them.
func (s *Server) prepare(ctx context.Context, c *conn) error {
	probe := func(t time.Time) string {
		return fmt.Sprintf(`if-shell -F "%s" "display-message -p yes"`, before(t))
	}
	lines := []string{
		"refresh-client -F no-output", // for those without flags; later an alias of -f
		probe(time.Unix(9999999999, 0)),
		probe(time.Unix(1000000000, 0)),
		`refresh-client -B "vigil::` + everything + `"`,
	}
	var got [4][]block
	for i, l := range lines {
		var err error
		if got[i], err = c.do(ctx, s.o.Timeout, l); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.expires = says(got[1], "yes") && !says(got[2], "yes")
	c.mu.Unlock()
	watching := firstError(got[3]) == nil
	s.setConn(c)
	s.log.Info("attached to tmux", "expires", c.expires, "subscribed", watching)
	if !watching {
		s.pollChanges(ctx, c)
	}
	return nil
}

// pollChanges stands in for the subscription before tmux 3.2.
func (s *Server) pollChanges(ctx context.Context, c *conn) {
	t := time.NewTicker(s.o.Poll)
	defer t.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		b, err := c.do(ctx, s.o.Timeout, `display-message -p "`+everything+`"`)
		if err != nil || len(b) == 0 {
			continue
		}
		if now := b[0].text(); now != last {
			last = now
			s.changed()
		}
	}
}

// notified takes a notification in. All but these tell that something about the
// sessions, windows, panes or clients has changed.
func (s *Server) notified(name, _ string) {
	switch name {
	case stray, "message", "continue", "pause", "paste-buffer-changed", "paste-buffer-deleted", "config-error":
	default:
		s.changed()
	}
}

// pickSession returns the session that a person's "tmux attach" would choose
// last: that chooses the most recently used one that nobody is attached to, and
// must not find the client there. It also tells early that there is no server.
func (s *Server) pickSession(ctx context.Context) (string, error) {
	if s.o.Starter == nil {
		// Without a process, while the server is away.
		c, err := net.DialTimeout("unix", s.socket, time.Second)
		if err != nil {
			return "", fmt.Errorf("no server: %w", err)
		}
		_ = c.Close()
	}
	out, err := s.once(ctx, "list-sessions", "-F", "#{session_attached} #{session_activity} #{session_id}")
	if err != nil {
		return "", err
	}
	var ids []session
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) != 3 || !strings.HasPrefix(f[2], "$") {
			continue
		}
		at, _ := strconv.ParseInt(f[1], 10, 64) // an odd number only changes the choice
		ids = append(ids, session{f[2], at, number(f[0])})
	}
	if len(ids) == 0 {
		if said := agent.CleanLine(out, 200); said != "" {
			return "", errors.New(said)
		}
		return "", errors.New("it has no session")
	}
	return slices.MinFunc(ids, func(a, b session) int {
		return cmp.Or(cmp.Compare(a.activity, b.activity), cmp.Compare(a.attached, b.attached))
	}).id, nil
}

type session struct {
	id       string
	activity int64 // seconds since 1970
	attached int   // clients
}

// once runs one tmux command in a process of its own.
func (s *Server) once(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, attachWithin)
	defer cancel()
	rw, err := s.start(ctx, args...)
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = rw.Close() })
	defer stop()
	out, err := io.ReadAll(io.LimitReader(rw, maxLine))
	if own := rw.Close(); own != nil {
		err = own
	}
	if ctx.Err() != nil {
		err = ErrTimeout
	}
	return string(out), err
}

// says reports whether one of the answers is the word.
func says(bs []block, word string) bool {
	return slices.ContainsFunc(bs, func(b block) bool { return !b.failed && b.text() == word })
}

// firstError returns the first error among the answers to our own commands.
func firstError(bs []block) error {
	for _, b := range bs {
		if b.ours && b.failed {
			return errors.New(agent.CleanLine(b.text(), 200))
		}
	}
	return nil
}
