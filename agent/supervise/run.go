package supervise

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"vigil/agent"
	"vigil/agent/hook"
	"vigil/agent/journal"
	"vigil/agent/nudge"
	"vigil/agent/tmux"
	"vigil/agent/transcript"
)

// Options is what a Supervisor needs. Rules, Journal and Holder are required.
type Options struct {
	Rules   Rules
	Auto    bool // send nudges
	DryRun  bool // only record them
	Journal *journal.Journal
	Holder  string // names this process in leases: host, pid and start
	Log     *slog.Logger

	Sockets func() []string // of tmux servers to look at; nil for the user's own
	NoLoose bool            // leave out agents that run outside those servers
	Hosts   []agent.Host    // machines to look at besides this one
	// HostSockets are the tmux servers to look at on a host, and no agents outside
	// them; nil, or none, for the user's own.
	HostSockets func(host string) []string
	Kinds       []KindRule // further CLIs, by their command
	Fixed       []Fixed    // configured agents, found by no process
	Home        string     // where Fixed agents keep their session files
	Env         func(string) string
	Name        func(agent.Agent) string
	Runner      nudge.Runner // for the exec channel
	HookSocket  string       // where the CLIs' hooks ask; empty: they are not answered
	Report      func(Report) // called from the loop; must not block
	// Judge is asked where the rules are not sure; needed if
	// Rules.JudgeBelow is set.
	Judge interface {
		Ask(ctx context.Context, f agent.Facts) (agent.Verdict, error)
		Write(ctx context.Context, b agent.Brief) (string, error) // if Rules.JudgeWrites
	}
}

// Fixed is a configured agent that no process shows: its session file is the
// newest of its workspace, and it is nudged by its resume command.
type Fixed struct {
	Name      string
	Host      string // empty is this machine
	Kind      agent.Kind
	Workspace string   // may begin with "~/" on a host
	Resume    []string // "{session}" and "{text}" are replaced
}

// KindRule finds the processes of a CLI that vigil has no reader for.
type KindRule struct {
	Kind   agent.Kind
	Host   string                  // empty is every machine
	Match  func(tmux.Process) bool // is given no Dir
	Resume []string                // "{session}" and "{text}" are replaced
	// Restart starts it again in its pane; "{session}" is replaced. Nil: by the
	// CLI's own command, where vigil knows it.
	Restart []string
	// Read says what its screen shows; nil: as tmux.ReadScreen does.
	Read func(tmux.Capture) agent.Screen
}

// on reports whether the rule holds on a machine.
func (r KindRule) on(host string) bool { return r.Host == "" || r.Host == host }

// Supervisor runs the sources, the State and the executors. Make it with New,
// then call Run.
type Supervisor struct {
	o   Options
	log *slog.Logger

	obs      chan Observation
	finders  map[string]*finder // by host; never written to after New
	panes    panes
	claims   *claims
	desks    *desks
	hooks    *hooks
	inlets   *inlets
	switched chan struct{}                    // auto-resume was switched on or off
	book     chan func(context.Context) error // the journal's writes, in order
	wg       sync.WaitGroup                   // of the sources and what they start
	sends    sync.WaitGroup                   // of the deliveries under way
	acting   sync.Mutex                       // held while a step's actions are begun
	ended    chan struct{}                    // closed when Run's context ends

	mu       sync.Mutex // guards state: Step runs in the loop, deliveries ask it
	state    *State
	receipts map[string]chan struct{} // of the deliveries under way

	snap atomic.Pointer[agent.Snapshot]
	subs struct {
		sync.Mutex
		all map[chan struct{}]bool
	}
}

// Times of the loop. Polling stands beside the watchers, which miss events.
const (
	frame      = 33 * time.Millisecond // at most one snapshot in
	leaseFor   = 15 * time.Second
	leaseBeat  = 5 * time.Second
	claimFor   = 30 * time.Second
	quietDrain = 2 * time.Second // for the journal's last writes
	sendGrace  = 2 * time.Second // for the deliveries that are under way at the end
)

// New returns a supervisor that watches nothing yet.
func New(o Options) (*Supervisor, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Sockets == nil {
		o.Sockets = tmux.Sockets
	}
	s := &Supervisor{
		o: o, log: o.Log,
		obs:      make(chan Observation, 256),
		switched: make(chan struct{}, 1),
		book:     make(chan func(context.Context) error, 1024),
		state:    NewState(o.Rules, o.Auto, o.DryRun),
		receipts: map[string]chan struct{}{},
		ended:    make(chan struct{}),
	}
	s.subs.all = map[chan struct{}]bool{}
	s.snap.Store(s.state.Snapshot(time.Now()))
	s.panes.of, s.panes.last, s.claims = map[agent.ID]desk{}, map[agent.ID]desk{}, newClaims()
	s.desks, s.inlets = newDesks(s), newInlets()
	s.hooks = &hooks{s: s, waiting: map[int]chan hook.Reply{}}
	here, err := newFinder(s)
	if err != nil {
		return nil, err
	}
	s.finders = map[string]*finder{local: here}
	for _, h := range o.Hosts {
		if _, ok := s.finders[h.Name()]; ok {
			return nil, fmt.Errorf("host %q: the name is taken; give it another", h.Name())
		}
		if s.finders[h.Name()], err = newFarFinder(s, h); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Snapshot returns the newest snapshot.
func (s *Supervisor) Snapshot() *agent.Snapshot { return s.snap.Load() }

// Subscribe returns a channel that is woken after changes, many at once, until
// cancel is called.
func (s *Supervisor) Subscribe() (changed <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	s.subs.Lock()
	s.subs.all[c] = true
	s.subs.Unlock()
	return c, func() {
		s.subs.Lock()
		delete(s.subs.all, c)
		s.subs.Unlock()
	}
}

// Send passes on what a person wants.
func (s *Supervisor) Send(in agent.Intent) { s.observe(Asked{in}) }

// Reconfigure replaces the rules while running.
func (s *Supervisor) Reconfigure(r Rules) { s.observe(Configured{r}) }

// Best tells of a new best result of an agent's runs.
func (s *Supervisor) Best(id agent.ID, b agent.Best) { s.observe(Ranked{id, b}) }

// Inform tells what other sources than the agent know of its work.
func (s *Supervisor) Inform(o Informed) { s.observe(o) }

// Preview returns the nudge that an agent would get now, also if none is due.
func (s *Supervisor) Preview(id agent.ID) agent.Next {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.preview(id)
}

// Problem shows a failed source (or, with an empty What, one that works again).
func (s *Supervisor) Problem(p agent.Problem) { s.observe(Failing{p}) }

// observe hands an observation to the loop; it blocks while the loop is busy,
// which slows the sources down rather than losing what they saw.
func (s *Supervisor) observe(o Observation) { s.obs <- o }

func (s *Supervisor) heard(b transcript.Batch) {
	s.observe(Heard{ID: agent.ID(b.Key), Events: b.Events, First: b.Started, Err: b.Err})
}

// mark is no observation: it tells when those before it have been taken in.
type mark struct{ reached chan struct{} }

func (mark) observation() {}

// caughtUp waits until all that was observed before has been taken in.
func (s *Supervisor) caughtUp(ctx context.Context) error {
	m := mark{make(chan struct{})}
	s.observe(m)
	select {
	case <-m.reached:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lives are the contexts of what runs: each ends after the one before it, so
// that nothing loses what it stands on.
type lives struct {
	run     context.Context // sources, and the start of anything new
	send    context.Context // deliveries: one that has pasted still presses Enter
	servers context.Context // tmux clients
}

// Run watches until ctx ends. It returns when everything that it started has
// ended and the journal is written.
func (s *Supervisor) Run(ctx context.Context) error {
	l := lives{run: ctx}
	var stopSends, stopServers context.CancelFunc
	l.send, stopSends = context.WithCancel(context.WithoutCancel(ctx))
	defer stopSends()
	l.servers, stopServers = context.WithCancel(context.WithoutCancel(ctx))
	defer stopServers()
	// The loop outlives the sources, so that none of them blocks in observe.
	loopCtx, stopLoop := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLoop()
	var loop, book sync.WaitGroup
	loop.Go(func() { s.loop(loopCtx, l) })
	book.Go(func() { s.keepBook() })

	s.wg.Go(func() { s.keepLease(ctx) })
	for _, f := range s.finders {
		s.wg.Go(func() {
			if err := f.follower.Run(ctx); err != nil && ctx.Err() == nil {
				s.Problem(agent.Problem{Where: f.where("session files"), What: err.Error(), Do: "restart vigil; raise fs.inotify limits if they are used up"})
			}
		})
		s.wg.Go(func() { f.run(ctx, l.servers) })
	}
	s.wg.Go(func() { s.desks.run(ctx) })
	<-ctx.Done()
	close(s.ended)
	s.settleActs()
	last := time.AfterFunc(sendGrace, stopSends)
	s.sends.Wait()
	last.Stop()
	stopServers()
	s.wg.Wait()
	for _, f := range s.finders {
		if f.far != nil {
			_ = f.far.prober.Close() // its shell ends with the connection at the latest
		}
	}
	stopLoop()
	loop.Wait()
	close(s.book)
	book.Wait()
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), quietDrain)
	defer cancel()
	return s.o.Journal.Release(release, s.o.Holder)
}

// settleActs waits for the actions that are being begun: later ones see that
// the run has ended.
func (s *Supervisor) settleActs() {
	s.acting.Lock()
	defer s.acting.Unlock()
}

// loop is the one goroutine that steps.
func (s *Supervisor) loop(ctx context.Context, l lives) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var shown time.Time
	dirty := false
	for {
		now := time.Now()
		wait := time.Hour
		if at := s.next(); !at.IsZero() {
			wait = max(at.Sub(now), 0)
		}
		if dirty {
			if d := frame - now.Sub(shown); d > 0 {
				wait = min(wait, d)
			} else {
				s.publish(now)
				dirty, shown = false, now
			}
		}
		timer.Reset(wait)
		select {
		case o := <-s.obs:
			s.step(l, o)
			dirty = true
		case <-timer.C:
			if s.step(l, Tick{}) {
				dirty = true
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *Supervisor) next() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.NextDeadline()
}

// step takes one observation and starts what follows from it. It reports
// whether anything was due.
func (s *Supervisor) step(l lives, o Observation) bool {
	if m, ok := o.(mark); ok {
		close(m.reached)
		return false
	}
	now := time.Now()
	s.mu.Lock()
	due := s.state.NextDeadline()
	actions := s.state.Step(now, o)
	s.mu.Unlock()
	s.acting.Lock()
	for _, a := range actions {
		s.act(l, a)
	}
	s.acting.Unlock()
	if in, ok := o.(Asked); ok && (in.Intent.Type == agent.AutoOn || in.Intent.Type == agent.AutoOff) {
		select {
		case s.switched <- struct{}{}:
		default:
		}
	}
	return len(actions) > 0 || !due.IsZero() && !due.After(now)
}

func (s *Supervisor) publish(now time.Time) {
	s.mu.Lock()
	snap := s.state.Snapshot(now)
	s.mu.Unlock()
	s.snap.Store(snap)
	s.subs.Lock()
	defer s.subs.Unlock()
	for c := range s.subs.all {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// keepBook writes to the journal, in order, until the book is closed.
func (s *Supervisor) keepBook() {
	for write := range s.book {
		ctx, cancel := context.WithTimeout(context.Background(), quietDrain)
		err := write(ctx)
		cancel()
		if err != nil {
			s.log.Error("journal", "err", err)
			select {
			case s.obs <- Failing{agent.Problem{Where: "journal", What: agent.CleanLine(err.Error(), 160), Do: "free space in the state folder; nudges are held until it works"}}:
			default:
			}
		}
	}
}

// keepLease holds the auto-resume lease while auto-resume is on, and tells
// when another process has it.
func (s *Supervisor) keepLease(ctx context.Context) {
	t := time.NewTicker(leaseBeat)
	defer t.Stop()
	var last Leased
	first := true
	for {
		if l, err := s.lease(ctx); err == nil && (first || l != last) {
			s.observe(Leased(l))
			last, first = l, false
		}
		s.hooks.hold(ctx, last.Mine)
		select {
		case <-t.C:
		case <-s.switched:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Supervisor) lease(ctx context.Context) (Leased, error) {
	s.mu.Lock()
	want := s.state.auto && !s.state.dryRun
	s.mu.Unlock()
	if !want { // another process may have it
		return Leased{}, s.o.Journal.Release(ctx, s.o.Holder)
	}
	l, err := s.o.Journal.Acquire(ctx, s.o.Holder, leaseFor, time.Now())
	if err == nil && !l.Mine && s.dead(l.Holder) {
		if err = s.o.Journal.Evict(ctx, l.Holder); err == nil {
			l, err = s.o.Journal.Acquire(ctx, s.o.Holder, leaseFor, time.Now())
		}
	}
	if err != nil {
		s.Problem(agent.Problem{Where: "journal", What: agent.CleanLine(err.Error(), 160), Do: "see the log; nudges are held until it works"})
		return Leased{}, nil
	}
	s.Problem(agent.Problem{Where: "journal"})
	return Leased{Mine: l.Mine, Holder: l.Holder}, nil
}

// dead reports whether a holder was a process of this host that has ended.
func (s *Supervisor) dead(holder string) bool {
	host, pid, err := journal.ProcessOf(holder)
	own, _, ownErr := journal.ProcessOf(s.o.Holder)
	return err == nil && ownErr == nil && host == own && !tmux.Alive(pid, "")
}
