package supervise

import (
	"context"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
	"vigil/agent/transcript"
)

// local is the name of this machine.
const local = "local"

// hostOf is the name of the machine that the configuration means.
func hostOf(name string) string {
	if name == "" {
		return local
	}
	return name
}

// far is what a finder needs of another machine.
type far struct {
	host   agent.Host
	prober *tmux.Prober
	away   bool
	why    string // it is away
	unread int    // tries in vain to read the session files
}

// Times of a machine that comes back.
const (
	attachWait = 5 * time.Second // for its tmux clients
	attachLook = 20 * time.Millisecond
	readWait   = 15 * time.Second // for its session files
	// maxUnread is after how many tries to read the session files the machine
	// counts as back all the same: one of them may be broken. Before anything is
	// typed, that of the agent is read.
	maxUnread = 3
)

// newFarFinder returns the finder of another machine.
func newFarFinder(s *Supervisor, h agent.Host) (*finder, error) {
	p := tmux.NewProber(h)
	f := &finder{
		s: s, host: h.Name(), far: &far{host: h, prober: p, away: true},
		machine: p, files: limited{h, s.ended}, loose: true, sockets: p.Sockets,
		changed: make(chan struct{}, 1), servers: map[string]*running{}, found: map[procKey]*find{},
	}
	if s.o.HostSockets != nil {
		if given := s.o.HostSockets(f.host); len(given) > 0 {
			f.loose = false
			f.sockets = func(context.Context) ([]string, error) { return given, nil }
		}
	}
	var err error
	f.follower, err = transcript.NewFollower(f.files, func(b transcript.Batch) {
		for i := range b.Events {
			f.shift(&b.Events[i])
		}
		s.heard(b)
	})
	return f, err
}

// shift turns the times of an event, which are of the machine's clock, into
// ours. When a limit ends is by no clock of the machine, but a clock time that
// names no zone is of the machine's.
func (f *finder) shift(e *agent.Event) {
	if x := e.Failure; x != nil && f.zone() != nil && x.Resets.Equal(agent.Reset(x.Text, e.At, nil)) {
		own := *x
		own.Resets = agent.Reset(x.Text, f.ours(e.At), f.zone())
		e.Failure = &own
	}
	e.At = f.ours(e.At)
	if e.Task != nil {
		k := *e.Task
		k.Started, k.Due = f.ours(k.Started), f.ours(k.Due)
		e.Task = &k
	}
}

// zone is that of another machine's clock; nil for this one's, or if it is not
// known.
func (f *finder) zone() *time.Location {
	if f.far == nil {
		return nil
	}
	return f.far.prober.Zone()
}

// leave notes that the machine cannot be reached. Nothing is known of its agents
// until it is back; its tmux clients could do nothing but fail.
func (f *finder) leave(err error) {
	why := agent.CleanLine(strings.TrimPrefix(err.Error(), f.host+": "), 160) // what it is about is told beside it
	if f.far.away && f.far.why == why {
		return
	}
	f.far.away, f.far.why = true, why
	f.s.observe(Reached{Host: f.host, Why: why})
	f.s.Problem(agent.Problem{Where: f.host, What: why, Do: "its agents are not nudged until it answers; it is tried again all the time"})
	for _, x := range f.found {
		f.s.panes.remove(x.agent.ID)
	}
	for socket := range f.servers {
		f.disconnect(socket)
	}
}

// comeBack tries to reach the machine, and tells when its agents are known
// again: their processes, panes and session files as they are now.
func (f *finder) comeBack(ctx, servers context.Context) {
	err := f.reach(ctx, servers)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		f.leave(err)
	default:
		f.far.away, f.far.why, f.far.unread = false, "", 0
		f.s.Problem(agent.Problem{Where: f.host})
		f.s.observe(Reached{Host: f.host, Up: true})
	}
}

func (f *finder) reach(ctx, servers context.Context) error {
	if _, err := f.far.prober.About(ctx); err != nil {
		return err
	}
	if err := f.connect(ctx, servers); err != nil {
		return err
	}
	f.attached(ctx)
	if err := f.scan(ctx, servers); err != nil {
		return err
	}
	if err := f.beat(ctx, servers); err != nil {
		return err
	}
	rctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	if err := f.follower.Sync(rctx); err != nil && f.far.unread < maxUnread {
		f.far.unread++
		return err
	}
	return nil
}

// attached waits until the tmux clients are attached or have failed.
func (f *finder) attached(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, attachWait)
	defer cancel()
	tick := time.NewTicker(attachLook)
	defer tick.Stop()
	for _, r := range f.servers {
		for !r.server.Connected() && r.server.Problem() == nil {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// current makes sure that all that the agent's session file holds has been
// taken in: before something is typed, a poll may be a second old.
func (f *finder) current(ctx context.Context, id agent.ID) error {
	if f.far == nil {
		return nil // it is read as it is written
	}
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	if err := f.follower.Sync(ctx, string(id)); err != nil {
		return err
	}
	return f.s.caughtUp(ctx)
}
