package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"vigil/agent"
	"vigil/agent/appserver"
	"vigil/agent/nudge"
)

// inlets are the clients of app-servers, which deliveries ask for: one for each
// CODEX_HOME of this machine.
type inlets struct {
	mu       sync.Mutex
	bySocket map[string]*appserver.Client
	byAgent  map[agent.ID]*appserver.Client
}

func newInlets() *inlets {
	return &inlets{bySocket: map[string]*appserver.Client{}, byAgent: map[agent.ID]*appserver.Client{}}
}

func (i *inlets) get(id agent.ID) (*appserver.Client, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	c, ok := i.byAgent[id]
	return c, ok
}

// without are the arguments with which Codex runs its server within itself.
var without = []string{"--no-daemon", "-c", "--config", "--dangerously-bypass-hook-trust"}

// serve connects to the server of an agent's CLI, where it has one, and tells
// what that says of the agent now. What it says later comes by itself.
func (f *finder) serve(ctx context.Context, x *find) {
	if f.far != nil || x.agent.Kind != agent.Codex || x.agent.SessionID == "" {
		return
	}
	if slices.ContainsFunc(x.proc.Args, func(a string) bool { return slices.Contains(without, a) }) {
		return
	}
	socket := appserver.Socket(cmp.Or(x.env["CODEX_HOME"], filepath.Join(x.home, ".codex")))
	i := f.s.inlets
	i.mu.Lock()
	c, ok := i.bySocket[socket]
	i.mu.Unlock()
	if !ok {
		err := appserver.Check(socket)
		if errors.Is(err, appserver.ErrUnsafe) {
			f.s.Problem(agent.Problem{Where: "app-server", What: agent.CleanLine(err.Error(), 160), Do: "mend its owner and mode; until then its agents are nudged through their panes"})
		}
		if err != nil {
			return
		}
		f.s.Problem(agent.Problem{Where: "app-server"})
		c = appserver.New(socket, appserver.Options{Log: f.s.log, Told: func(th appserver.Thread) {
			f.s.observe(Reported{ID: f.sessionID(agent.Codex, th.ID), Thread: th})
		}})
		f.s.wg.Go(func() { c.Run(ctx) })
	}
	i.mu.Lock()
	i.bySocket[socket], i.byAgent[x.agent.ID] = c, c
	i.mu.Unlock()
	if th := c.Thread(x.agent.SessionID); th.ID != "" && th != x.served {
		x.served = th
		f.s.observe(Reported{ID: x.agent.ID, Thread: th})
	}
}

// hand delivers a nudge through the CLI's own server.
func (s *Supervisor) hand(ctx context.Context, a Send, received chan struct{}) (nudge.Result, error) {
	c, ok := s.inlets.get(a.Agent.ID)
	if !ok {
		return nudge.Result{Status: agent.Planned, Note: appserver.ErrNotConnected.Error()}, nil
	}
	in := inlet{c: c, thread: a.Agent.SessionID, nudge: a.Nudge}
	if p, ok := s.panes.get(a.Agent.ID); ok {
		in.typed = func(ctx context.Context) (time.Time, error) { return p.server.LastTyped(ctx, p.Pane.ID) }
	}
	f := s.finders[a.Agent.Host]
	return nudge.Hand(ctx, in, nudge.Delivery{
		Text: a.Nudge.Text, Typed: a.Typed, Received: received, Now: time.Now,
		Still: func() string { return s.still(ctx, f, a) },
		Sent: func() {
			s.observe(Entered{a.Agent.ID, a.Nudge.Key})
			f.sentTo(a.Agent.ID, a.Nudge)
		},
	}, a.Again)
}

// inlet is one agent's app-server as a nudge.Inlet.
type inlet struct {
	c      *appserver.Client
	thread string
	nudge  agent.Nudge
	typed  func(context.Context) (time.Time, error) // nil without a pane
}

var _ nudge.Inlet = inlet{}

// Start is of [nudge.Inlet].
func (i inlet) Start(ctx context.Context, text string) error {
	var err error
	if i.nudge.Rung == agent.StepCompact { // the server takes no commands as text
		err = i.c.Compact(ctx, i.thread)
	} else {
		_, err = i.c.StartTurn(ctx, i.thread, i.nudge.Key, text)
	}
	var r *appserver.Refusal
	switch {
	case errors.Is(err, appserver.ErrUnsure):
		return fmt.Errorf("%w: %w", nudge.ErrUnsure, err)
	case errors.As(err, &r), errors.Is(err, appserver.ErrNotLoaded):
		return fmt.Errorf("%w: %w", nudge.ErrRefused, err)
	case errors.Is(err, appserver.ErrActive):
		return fmt.Errorf("%w: %w", nudge.ErrBusy, err)
	}
	return err
}

// Has is of [nudge.Inlet].
func (i inlet) Has(ctx context.Context) (bool, error) {
	if i.nudge.Step() { // no message of it is kept; what it does shows in the transcript
		return false, nil
	}
	return i.c.Prompted(ctx, i.thread, i.nudge.Key)
}

// Typed is of [nudge.Inlet].
func (i inlet) Typed(ctx context.Context) (time.Time, error) {
	if i.typed == nil {
		return time.Time{}, nil
	}
	return i.typed(ctx)
}
