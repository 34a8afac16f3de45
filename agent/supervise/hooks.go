package supervise

import (
	"context"
	"sync"
	"time"

	"vigil/agent"
	"vigil/agent/hook"
)

// hooks serves the CLIs' hooks while this process holds the auto-resume lease:
// who may not send nudges does not answer.
type hooks struct {
	s *Supervisor

	mu      sync.Mutex
	n       int
	waiting map[int]chan hook.Reply // by question; each takes one

	stop context.CancelFunc // of the running server; nil if none runs
}

// hold starts or ends the server. Only keepLease calls it.
func (h *hooks) hold(ctx context.Context, mine bool) {
	path := h.s.o.HookSocket
	if path == "" || mine == (h.stop != nil) {
		return
	}
	if !mine {
		h.stop()
		h.stop = nil
		return
	}
	l, err := hook.Listen(path)
	if err != nil { // the next heartbeat tries again
		h.s.Problem(agent.Problem{Where: "hooks", What: agent.CleanLine(err.Error(), 200), Do: "agents are nudged by their panes meanwhile"})
		return
	}
	h.s.Problem(agent.Problem{Where: "hooks"})
	sctx, cancel := context.WithCancel(ctx)
	h.stop = cancel
	h.s.wg.Go(func() { hook.Serve(sctx, l, h.s.o.Holder, h.handle) }) // ends with sctx
}

// handle takes one call of a hook.
func (h *hooks) handle(ctx context.Context, c hook.Call) hook.Reply {
	if c.Event != hook.Stop {
		return hook.Reply{}
	}
	f := h.s.finders[local]
	h.s.mu.Lock()
	t := h.s.state.bySession(c)
	var id agent.ID
	if t != nil {
		id = t.Agent.ID
	}
	h.s.mu.Unlock()
	if t == nil { // a new session, perhaps; this time it is left to the other channels
		f.lookNow()
		return hook.Reply{}
	}
	// What the transcript holds by now is known when the answer is made.
	sctx, cancel := context.WithTimeout(ctx, hook.AnswerWithin/5)
	_ = f.follower.Sync(sctx, string(id))
	cancel()
	reply := make(chan hook.Reply, 1)
	h.mu.Lock()
	h.n++
	n := h.n
	h.waiting[n] = reply
	h.mu.Unlock()
	h.s.observe(HookCalled{N: n, Call: c})
	select {
	case r := <-reply:
		return r
	case <-ctx.Done():
	}
	if h.take(n) == nil { // it is being answered at this moment
		return <-reply
	}
	return hook.Reply{}
}

// take returns where the answer to a question goes; nil if nobody waits for it.
func (h *hooks) take(n int) chan hook.Reply {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.waiting[n]
	delete(h.waiting, n)
	return c
}

// answer carries an answer out. A nudge is in the journal before the CLI has it,
// and only while the lease is this process's.
func (h *hooks) answer(l lives, a AnswerHook) {
	n := a.Nudge
	if n.Key == "" {
		if c := h.take(a.N); c != nil {
			c <- hook.Reply{}
		}
		return
	}
	told := func(ok bool) {
		if l.run.Err() == nil {
			h.s.observe(HookTold{ID: n.Agent, Key: n.Key, OK: ok})
		}
	}
	ok := h.record(l.send, n)
	c := h.take(a.N)
	switch {
	case c == nil:
		told(false)
	case !ok:
		told(false)
		c <- hook.Reply{}
	default:
		c <- hook.Reply{Text: n.Text, Told: told}
	}
}

// record writes the nudge down.
func (h *hooks) record(ctx context.Context, n agent.Nudge) bool {
	ctx, cancel := context.WithTimeout(ctx, hook.AnswerWithin)
	defer cancel()
	j := h.s.o.Journal
	lease, err := j.Lease(ctx, time.Now())
	if err != nil || lease.Holder != h.s.o.Holder {
		return false
	}
	// The nudge is this process's by its key: no other one knows of this end.
	fresh, err := j.Plan(ctx, n)
	return err == nil && fresh
}
