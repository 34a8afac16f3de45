package supervise

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vigil/agent"
	"vigil/agent/appserver"
	"vigil/agent/tmux"
	"vigil/agent/transcript"
)

// Times of discovery.
const (
	scanEvery  = 5 * time.Second        // for agents, beside tmux's own notices
	scanSoon   = 150 * time.Millisecond // after a notice: several come at once
	seekEvery  = 500 * time.Millisecond // for a session file that must come
	aliveEvery = time.Second            // one small read per known process
	refindIn   = 10 * time.Second       // until a known agent's session is looked up again
	unfoundIn  = 3 * time.Second        // until it is looked for again on another machine
	farTimeout = 5 * time.Second        // of a tmux command on another machine
)

// finder discovers the agents of one machine: the processes in tmux panes, their
// session files, and whether they live.
type finder struct {
	s        *Supervisor
	host     string
	far      *far // nil for this machine
	machine  tmux.Machine
	files    transcript.Files
	follower *transcript.Follower
	sockets  func(context.Context) ([]string, error)
	loose    bool          // agents outside those servers count
	changed  chan struct{} // something about panes changed
	wanted   chan struct{} // somebody waits for a scan

	servers   map[string]*running // by socket
	found     map[procKey]*find
	scanned   time.Time    // when the processes were last listed
	seekUntil atomic.Int64 // in Unix nanoseconds: session files are looked up at each scan
	fixedAt   time.Time    // when the configured agents are looked for again
}

// running is a tmux client and what ends it.
type running struct {
	server *tmux.Server
	cancel context.CancelFunc
}

// procKey identifies a process of a machine for ever.
type procKey struct {
	pid   int
	ticks string
}

// find is an agent's process.
type find struct {
	agent     agent.Agent
	proc      tmux.Process
	home      string
	env       map[string]string
	refind    time.Time
	accountAt time.Time // when its account is looked up again
	gone      bool
	registry  transcript.Registry
	labour    labour
	served    appserver.Thread // as last told of
}

// panes are the panes of all agents, which looks and deliveries ask for.
type panes struct {
	mu sync.Mutex
	of map[agent.ID]desk
	// last are those of agents whose process may be gone meanwhile.
	last map[agent.ID]desk
}

func (p *panes) get(id agent.ID) (desk, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, ok := p.of[id]
	return d, ok
}

func (p *panes) set(id agent.ID, d desk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of[id], p.last[id] = d, d
}

// was returns the pane that an agent had last.
func (p *panes) was(id agent.ID) (desk, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, ok := p.last[id]
	return d, ok
}

// forget is remove for an agent of which nothing is left.
func (p *panes) forget(id agent.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, id)
	delete(p.last, id)
}

func (p *panes) remove(id agent.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, id)
}

// newFinder returns the finder of this machine.
func newFinder(s *Supervisor) (*finder, error) {
	f := &finder{
		s: s, host: local, machine: tmux.Here{}, files: transcript.OS{}, loose: !s.o.NoLoose,
		sockets: func(context.Context) ([]string, error) { return s.o.Sockets(), nil },
		changed: make(chan struct{}, 1), wanted: make(chan struct{}, 1), servers: map[string]*running{}, found: map[procKey]*find{},
	}
	var err error
	f.follower, err = transcript.NewFollower(f.files, s.heard)
	return f, err
}

// run finds agents until ctx ends. The tmux clients live as long as servers.
func (f *finder) run(ctx, servers context.Context) {
	scan := time.NewTicker(scanEvery)
	alive := time.NewTicker(aliveEvery)
	soon := time.NewTimer(0)
	defer scan.Stop()
	defer alive.Stop()
	defer soon.Stop()
	for {
		select {
		case <-f.changed:
			soon.Reset(f.soon())
			f.follower.Look()
		case <-f.wanted:
			f.try(ctx, servers, f.scan)
		case <-soon.C:
			f.try(ctx, servers, f.scan)
			if f.far == nil && f.seeks(time.Now()) {
				soon.Reset(seekEvery)
			}
		case <-scan.C:
			f.try(ctx, servers, f.scan)
		case <-alive.C:
			f.try(ctx, servers, f.beat)
		case <-ctx.Done():
			return
		}
	}
}

// lookNow has the machine scanned at once.
func (f *finder) lookNow() {
	select {
	case f.wanted <- struct{}{}:
	default:
	}
}

// soon is when to scan after a notice. Another machine's processes are not
// listed more often than they would be anyway.
func (f *finder) soon() time.Duration {
	if f.far == nil {
		return scanSoon
	}
	return max(scanSoon, time.Until(f.scanned.Add(scanEvery)))
}

// try does one round, if the machine can be reached.
func (f *finder) try(ctx, servers context.Context, round func(ctx, servers context.Context) error) {
	if f.far != nil && f.far.away {
		f.comeBack(ctx, servers)
		return
	}
	err := round(ctx, servers)
	switch {
	case ctx.Err() != nil:
	case err != nil && f.far != nil:
		f.leave(err)
	case err != nil:
		f.s.Problem(agent.Problem{Where: "processes", What: err.Error(), Do: "check that /proc is mounted, or that ps works"})
	}
}

// where names a place of this machine in problems.
func (f *finder) where(place string) string {
	if f.far == nil {
		return place
	}
	return f.host + ": " + place
}

// scan looks at every pane of every server.
func (f *finder) scan(ctx, servers context.Context) error {
	if err := f.connect(ctx, servers); err != nil {
		return err
	}
	table, err := f.machine.Processes(ctx)
	if err != nil {
		return err
	}
	f.scanned = time.Now()
	if f.far == nil {
		f.s.Problem(agent.Problem{Where: "processes"})
	}
	seen := map[procKey]bool{}
	for _, socket := range slices.Sorted(maps.Keys(f.servers)) {
		f.scanServer(ctx, socket, table, seen)
	}
	if f.loose {
		f.scanLoose(ctx, table, seen)
	}
	f.scanFixed(ctx)
	return f.check(ctx, func(k procKey) bool { return !seen[k] }, nil)
}

// connect keeps one client for each live tmux server.
func (f *finder) connect(ctx, servers context.Context) error {
	live, err := f.sockets(ctx)
	if err != nil {
		return err
	}
	for _, socket := range live {
		if _, ok := f.servers[socket]; ok {
			continue
		}
		sctx, cancel := context.WithCancel(servers)
		o := tmux.Options{Log: f.s.log}
		if f.far != nil {
			o.Starter, o.Timeout = f.far.host, farTimeout
		}
		srv := tmux.NewServer(socket, o)
		f.servers[socket] = &running{srv, cancel}
		f.s.wg.Go(func() { _ = srv.Run(sctx) })
		f.s.wg.Go(func() {
			for {
				select {
				case <-srv.Changes():
					select {
					case f.changed <- struct{}{}:
					default:
					}
				case <-sctx.Done():
					return
				}
			}
		})
	}
	for socket, r := range f.servers {
		if !slices.Contains(live, socket) && !r.server.Connected() {
			f.disconnect(socket)
		}
	}
	return nil
}

// disconnect ends the client of a tmux server.
func (f *finder) disconnect(socket string) {
	f.servers[socket].cancel()
	delete(f.servers, socket)
	f.s.Problem(agent.Problem{Where: f.where("tmux server " + socket)})
}

func (f *finder) scanServer(ctx context.Context, socket string, table tmux.Table, seen map[procKey]bool) {
	where := f.where("tmux server " + socket)
	srv := f.servers[socket].server
	panes, err := srv.Panes(ctx)
	if err != nil && ctx.Err() == nil {
		if errors.Is(err, tmux.ErrNotConnected) {
			err = srv.Problem() // nil before the first try
		}
		if err != nil {
			what := strings.TrimPrefix(err.Error(), "tmux server "+socket+": ")
			f.s.Problem(agent.Problem{Where: where, What: agent.CleanLine(what, 160), Do: "its agents are watched without their panes, and not nudged, until it answers"})
		}
	}
	if err != nil || panes == nil {
		return
	}
	f.s.Problem(agent.Problem{Where: where})
	for _, p := range panes {
		if p.Dead {
			continue
		}
		cli, ok := f.cli(table, p.PID)
		if !ok {
			continue
		}
		k := procKey{cli.PID, cli.StartTicks}
		seen[k] = true
		x, ok := f.meet(ctx, k, cli.Process, cli.Kind)
		if !ok {
			continue
		}
		x.agent.Pane = agent.Pane{Socket: socket, ID: p.ID, Target: p.Target}
		f.update(ctx, table, x, p.Title)
		f.s.panes.set(x.agent.ID, desk{server: srv, Pane: x.agent.Pane, read: f.reader(cli.Kind), machine: f.machine, proc: x.proc, env: x.env, restart: f.restartOf(x.agent.Kind)})
	}
}

// cli returns the CLI that runs in a pane: the one that the keys go to, if
// there are several.
func (f *finder) cli(table tmux.Table, pane int) (tmux.Agent, bool) {
	as := table.Agents(pane, f.kindOf)
	if len(as) == 0 {
		return tmux.Agent{}, false
	}
	front := slices.IndexFunc(as, func(a tmux.Agent) bool { return a.Foreground })
	return as[max(front, 0)], true
}

func (f *finder) kindOf(p tmux.Process) (agent.Kind, bool) {
	for _, r := range f.s.o.Kinds {
		if r.on(f.host) && r.Match(p) {
			return r.Kind, true
		}
	}
	return tmux.KindOf(p)
}

// reader is how the screen of a kind is read.
func (f *finder) reader(k agent.Kind) func(tmux.Capture) agent.Screen {
	for _, r := range f.s.o.Kinds {
		if r.on(f.host) && r.Kind == k && r.Read != nil {
			return r.Read
		}
	}
	return func(c tmux.Capture) agent.Screen { return tmux.ReadScreen(k, c) }
}

// looseName reports whether a CLI's outermost process can have a name: reading
// the command line of every process would cost too much.
func looseName(comm string) bool { return comm == "node" || comm == "bun" || isProgram(comm) }

// isProgram reports whether a name is that of a CLI's own program.
func isProgram(comm string) bool {
	return slices.ContainsFunc(agent.CLIs(), func(c agent.CLI) bool { return c.Program == comm })
}

// scanLoose finds agents that run outside tmux: they can be watched, and
// nudged where the CLI has a way in.
func (f *finder) scanLoose(ctx context.Context, table tmux.Table, seen map[procKey]bool) {
	for _, p := range table.All() {
		k := procKey{p.PID, p.StartTicks}
		if seen[k] || !looseName(p.Comm) || f.under(table, p, seen) {
			continue
		}
		p, ok := table.Details(p.PID)
		if !ok || p.Dir == "" { // gone, or another person's
			continue
		}
		if kind, ok := f.kindOf(p); ok {
			seen[k] = true
			if x, ok := f.meet(ctx, k, p, kind); ok {
				f.update(ctx, table, x, "")
			}
		}
	}
}

// scanFixed finds the session files of configured agents that no process
// shows.
func (f *finder) scanFixed(ctx context.Context) {
	if f.far != nil && time.Now().Before(f.fixedAt) {
		return
	}
	f.fixedAt = time.Now().Add(refindIn)
	for _, x := range f.s.o.Fixed {
		if hostOf(x.Host) != f.host {
			continue
		}
		home, env, err := f.homes(ctx)
		if err != nil {
			return // the next question tells
		}
		if rest, ok := strings.CutPrefix(x.Workspace, "~/"); ok {
			x.Workspace = filepath.Join(home, rest)
		}
		if f.living(x) {
			continue
		}
		path, id, err := transcript.Find(transcript.Query{Files: f.files, Kind: x.Kind, Home: home, Env: env, Dir: x.Workspace})
		if err != nil {
			continue // it has not begun
		}
		f.s.observe(Seen{agent.Agent{
			ID: f.sessionID(x.Kind, id), Name: x.Name, Kind: x.Kind, Host: f.host, Workspace: x.Workspace,
			SessionID: id, Session: path, Resume: withSession(x.Resume, id),
		}})
	}
}

// homes tells where the CLIs of a new process keep their session files.
func (f *finder) homes(ctx context.Context) (home string, env map[string]string, err error) {
	if f.far != nil {
		about, err := f.far.prober.About(ctx)
		return about.Home, about.Env, err
	}
	env = map[string]string{}
	for _, k := range agent.HomeVars() {
		env[k] = f.s.o.Env(k)
	}
	return f.s.o.Home, env, nil
}

// living reports whether a process of the configured agent has been found.
func (f *finder) living(x Fixed) bool {
	for _, p := range f.found {
		if !p.gone && p.agent.Kind == x.Kind && p.agent.Workspace == x.Workspace {
			return true
		}
	}
	return false
}

func (f *finder) sessionID(k agent.Kind, session string) agent.ID {
	return agent.ID(fmt.Sprintf("%s/%s/%s", f.host, k, session))
}

// withSession puts the session's id into a resume command.
func withSession(argv []string, session string) []string {
	out := slices.Clone(argv)
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], "{session}", session)
	}
	return out
}

// under reports whether one of the process's ancestors is an agent already.
func (f *finder) under(table tmux.Table, p tmux.Process, seen map[procKey]bool) bool {
	for depth := 0; depth < 64; depth++ {
		up, ok := table.Get(p.PPID)
		if !ok {
			return false
		}
		if seen[procKey{up.PID, up.StartTicks}] {
			return true
		}
		p = up
	}
	return false
}
