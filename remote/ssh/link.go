package ssh

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"os"
	"sync"
	"time"

	"vigil/remote"
)

// Reconnecting waits at first retryFirst, then twice as long each time, at most
// retryMost; it starts anew after a connection that lived for retryReset.
const (
	retryFirst = time.Second
	retryMost  = 5 * time.Minute
	retryReset = time.Minute
	retryLook  = 5 * time.Second // between two looks at the wall clock, which goes on while the machine sleeps
)

// Link says how the connection stands.
func (h *Host) Link() remote.Link {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.link
	if h.conn != nil {
		l.Channels = int(h.conn.channels.Load())
	}
	return l
}

// Changed tells that Link has changed since the last time. It is for one
// reader.
func (h *Host) Changed() <-chan struct{} { return h.changed }

// Retry connects now, if there is no connection: a person has done something
// about what Link tells.
func (h *Host) Retry() {
	select {
	case h.again <- struct{}{}:
	default: // is going to
	}
}

func (h *Host) notify() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// set changes what Link tells. A state of its own begins a new Since.
func (h *Host) set(change func(*remote.Link)) {
	h.mu.Lock()
	was := h.link.State
	change(&h.link)
	if h.link.State != was {
		h.link.Since = time.Now()
	}
	now := h.link
	h.mu.Unlock()
	if now.State != was {
		h.o.Log.Info("ssh", "host", h.name, "state", string(now.State), "transport", now.Transport, "what", now.What)
	}
	h.notify()
}

// run connects, and connects again, until Close.
func (h *Host) run() {
	wait := retryFirst
	tried := sync.OnceFunc(func() { close(h.tried) })
	defer tried()
	for {
		h.set(func(l *remote.Link) {
			l.State, l.Retry, l.RTT = remote.LinkConnecting, time.Time{}, 0
		})
		c, p := h.dial(h.ctx)
		if c != nil {
			tried()
			began := time.Now()
			c.watch(h.ctx, h.every)
			p = &problem{what: *c.cause.Load()}
			if time.Since(began) > retryReset {
				wait = retryFirst
			}
		}
		pause := wait + mathrand.N(wait/2)
		h.down(p, pause)
		tried()
		if h.ctx.Err() != nil || !h.pause(p.final, pause) {
			return
		}
		wait = min(2*wait, retryMost)
	}
}

// connect makes one connection.
func (h *Host) connect(ctx context.Context) (*conn, *problem) {
	s, ignored, err := h.config.of(ctx, h.name)
	if err != nil {
		return nil, &problem{what: remote.Line(err.Error(), 300), do: "mend ssh_config", final: true, err: err}
	}
	transport := h.transport(s)
	h.set(func(l *remote.Link) { l.Transport = transport })
	var l *line
	if transport == "ssh" {
		l, err = (&master{h.config, h.asks()}).dial(ctx, s)
	} else {
		l, err = (&dialer{h.config, &h.keys, h.asks()}).dial(ctx, s)
	}
	if err != nil {
		return nil, diagnose(s, err)
	}
	c := newConn(l, h.name, h.notify, func(d time.Duration) {
		h.set(func(l *remote.Link) { l.RTT = d })
	})
	h.mu.Lock()
	h.conn = c
	h.mu.Unlock()
	h.set(func(l *remote.Link) { l.State, l.What, l.Do = remote.LinkUp, ignored, "" })
	return c, nil
}

// down tells that there is no connection, and when the next try is.
func (h *Host) down(p *problem, pause time.Duration) {
	h.mu.Lock()
	h.conn = nil
	h.mu.Unlock()
	h.set(func(l *remote.Link) {
		l.State, l.What, l.Do, l.RTT = remote.LinkDown, p.what, p.do, 0
		l.Retry = time.Now().Add(pause)
		if p.final {
			l.State, l.Retry = remote.LinkRefused, time.Time{}
		}
	})
}

// pause waits until the next try, by the wall clock: a machine that has slept
// does not wait for what was left. A final problem waits for a person. It
// reports false at the end of the host.
func (h *Host) pause(final bool, d time.Duration) bool {
	until := time.Now().Round(0).Add(d)
	look := time.NewTicker(retryLook)
	defer look.Stop()
	timer := time.NewTimer(d)
	defer timer.Stop()
	if final {
		look.Stop()
		timer.Stop()
	}
	for {
		select {
		case <-h.ctx.Done():
			return false
		case <-h.again:
			return true
		case <-timer.C:
			return true
		case <-look.C:
			if !time.Now().Round(0).Before(until) {
				return true
			}
		}
	}
}

// transport decides by need how to connect.
func (h *Host) transport(s settings) string {
	switch h.o.Transport {
	case "native", "ssh":
		return h.o.Transport
	}
	if h.config.program == "" {
		return "native"
	}
	m := &master{config: h.config}
	l := &login{s: s, keys: &h.keys}
	defer l.hangUpAgent()
	if s.onlyByProgram != "" || s.gssapi && hasTicket(h.config.me) || l.hardwareKey() != "" || m.users(h.ctx, s) {
		return "ssh"
	}
	return "native"
}

// hasTicket reports whether there may be a Kerberos ticket. Many systems allow
// GSSAPI for all hosts, so that alone says nothing.
func hasTicket(me local) bool {
	if me.env("KRB5CCNAME") != "" {
		return true
	}
	_, err := os.Stat("/tmp/krb5cc_" + me.uid)
	return err == nil
}

// asks is how a log-in asks a person, nil where there is nobody.
func (h *Host) asks() func(ctx context.Context, prompt string, secret bool) (string, error) {
	if h.o.Ask == nil {
		return nil
	}
	return func(ctx context.Context, prompt string, secret bool) (string, error) {
		h.set(func(l *remote.Link) {
			l.State, l.What, l.Do = remote.LinkNeeds, prompt, "answer it"
		})
		defer h.set(func(l *remote.Link) {
			l.State, l.What, l.Do = remote.LinkConnecting, "", ""
		})
		return h.o.Ask(ctx, remote.Question{ID: rand.Text(), Host: h.name, Prompt: prompt, Secret: secret})
	}
}
