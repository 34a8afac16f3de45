package supervise

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
	"vigil/agent/transcript"
	"vigil/agent/workspace"
)

// meet returns what is known of an agent's process. It reports false for one
// that is found under another machine's name already, and for a new one of which
// the machine does not tell.
func (f *finder) meet(ctx context.Context, k procKey, p tmux.Process, kind agent.Kind) (*find, bool) {
	x, ok := f.found[k]
	if !f.s.claims.process(k, f.host) {
		if ok && !x.gone {
			f.yield(k, x)
		}
		return nil, false
	}
	if !ok {
		env, err := f.machine.Env(ctx, p.PID, append([]string{"HOME"}, agent.HomeVars()...)...)
		if err != nil {
			return nil, false
		}
		x = &find{proc: p, home: env["HOME"], env: env, agent: agent.Agent{
			Kind: kind, Host: f.host, PID: p.PID, Workspace: f.root(ctx, p.Dir),
			ID: agent.ID(fmt.Sprintf("%s/%s/pid-%d-%s", f.host, kind, k.pid, k.ticks)),
		}}
		f.found[k] = x
	}
	if x.gone {
		x.gone = false
		f.s.claims.move("", x.agent.Session, x)
	}
	return x, true
}

// yield gives an agent up that this machine has found by itself, too: the user
// has made a host of it.
func (f *finder) yield(k procKey, x *find) {
	delete(f.found, k)
	f.s.panes.forget(x.agent.ID)
	f.s.claims.move(x.agent.Session, "", x)
	f.follower.Remove(string(x.agent.ID))
	f.s.desks.remove(x.agent.ID)
	f.s.observe(Lost{x.agent.ID})
}

// root is the workspace that a folder belongs to.
func (f *finder) root(ctx context.Context, dir string) string {
	if f.far == nil {
		return workspace.Root(dir)
	}
	about, err := f.far.prober.About(ctx)
	if err != nil || dir == "" {
		return dir
	}
	return workspace.RootOn(f.files, about.Home, dir)
}

// update brings what is known of a process's agent up to date and tells the
// loop what changed.
func (f *finder) update(ctx context.Context, table tmux.Table, x *find, title string) {
	below := table.Tree(x.proc.PID)
	f.session(ctx, x, below)
	f.account(ctx, x)
	a := x.agent
	a.Name = f.name(a)
	f.s.observe(Seen{a})
	f.s.observe(Process{
		ID: a.ID, Alive: true, Title: title, Began: f.ours(x.proc.Started),
		Work: f.work(ctx, table, x), Signs: f.signs(x),
	})
	f.serve(ctx, x)
}

func (f *finder) name(a agent.Agent) string {
	if f.s.o.Name != nil {
		if n := f.s.o.Name(a); n != "" {
			return n
		}
	}
	if b := filepath.Base(a.Workspace); b != "/" && b != "." {
		return b
	}
	return string(a.Kind)
}

// session finds the session file of the process, and again from time to time:
// a CLI can start a new one.
func (f *finder) session(ctx context.Context, x *find, below []tmux.Process) {
	now := time.Now()
	if now.Before(x.refind) && !f.seeks(now) {
		return
	}
	open, openErr := []string(nil), error(nil)
	var pids []int
	for _, p := range below {
		pids = append(pids, p.PID)
	}
	path, id, err := transcript.Find(transcript.Query{
		Files: f.files, Kind: x.agent.Kind, Home: x.home, Env: x.env, Dir: x.proc.Dir, PID: x.proc.PID, Below: pids,
		ProcStart: x.proc.StartTicks, Started: x.proc.Started, Args: x.proc.Args,
		Open: func() []string {
			open, openErr = f.machine.Sessions(ctx, x.proc.PID)
			return open
		},
		Taken: func(p string) bool { return f.s.claims.taken(p, x) },
	})
	switch {
	case openErr != nil: // what is open may have been the answer
		return
	case err != nil || path == x.agent.Session:
		if x.agent.Session != "" {
			x.refind = now.Add(refindIn)
		} else if f.far != nil {
			x.refind = now.Add(unfoundIn)
		}
		return
	}
	x.refind = now.Add(refindIn)
	old, moves := x.agent.ID, x.agent.Session != ""
	f.s.claims.move(x.agent.Session, path, x)
	x.agent.Session, x.agent.SessionID = path, id
	x.agent.ID = f.sessionID(x.agent.Kind, id)
	x.agent.Resume = withSession(f.resume(x.agent.Kind), id)
	f.s.panes.forget(old)
	f.follower.Remove(string(old))
	f.s.desks.remove(old)
	if moves { // the same process, on another page
		f.s.observe(Moved{From: old, Agent: x.agent})
		return
	}
	f.s.observe(Lost{old})
}

// claims are the session files of living processes, on whatever machine: where
// machines share a home folder, each sees the files of the others. The name of
// a session file holds the session's id, which is nobody else's.
//
// They are also the processes themselves: one machine can be known by several
// names, and its agents must not be nudged under each. A process's number and
// start together are no other machine's but by a rare chance.
type claims struct {
	mu    sync.Mutex
	by    map[string]*find // by the file's name without its folder
	procs map[procKey]string
}

func newClaims() *claims { return &claims{by: map[string]*find{}, procs: map[procKey]string{}} }

// process claims a process for a host, and reports whether it has it. This
// machine comes before the names that hosts have.
func (c *claims) process(k procKey, host string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if had, ok := c.procs[k]; ok && had != host && host != local {
		return false
	}
	c.procs[k] = host
	return true
}

// release gives a process up.
func (c *claims) release(k procKey, host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.procs[k] == host {
		delete(c.procs, k)
	}
}

// taken reports whether another living process has the session file.
func (c *claims) taken(path string, not *find) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	x, ok := c.by[filepath.Base(path)]
	return ok && x != not
}

// move notes that a process has the file now, and not the old one; either may
// be empty.
func (c *claims) move(old, path string, x *find) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[filepath.Base(old)] == x {
		delete(c.by, filepath.Base(old))
	}
	if path != "" {
		c.by[filepath.Base(path)] = x
	}
}

// resume is the CLI's own headless resume.
func (f *finder) resume(k agent.Kind) []string {
	for _, r := range f.s.o.Kinds {
		if r.on(f.host) && r.Kind == k && len(r.Resume) > 0 {
			return r.Resume
		}
	}
	cli, _ := agent.CLIOf(k)
	return cli.Resume
}

// beat checks that the known processes live, and what their registries say.
func (f *finder) beat(ctx, _ context.Context) error {
	return f.check(ctx, func(procKey) bool { return true }, func(x *find) string {
		if x.agent.Kind != agent.Claude {
			return ""
		}
		return transcript.RegistryPath(x.home, x.env, x.proc.PID)
	})
}

// check asks whether the processes that which chooses still live, and for those
// that do, what is in the registry file of each.
func (f *finder) check(ctx context.Context, which func(procKey) bool, registry func(*find) string) error {
	var xs []*find
	var ps []tmux.Process
	var files []string
	for k, x := range f.found {
		if x.gone || !which(k) {
			continue
		}
		xs, ps = append(xs, x), append(ps, x.proc)
		if registry != nil {
			if name := registry(x); name != "" {
				files = append(files, name)
			}
		}
	}
	if len(xs) == 0 && f.far == nil {
		return nil
	}
	alive, contents, err := f.machine.Beat(ctx, ps, files)
	if err != nil {
		return err
	}
	for i, x := range xs {
		if !alive[i] {
			f.lose(x)
		} else if registry != nil {
			f.registered(x, contents[registry(x)])
		}
	}
	return nil
}

func (f *finder) lose(x *find) {
	x.gone = true
	f.s.claims.release(procKey{x.proc.PID, x.proc.StartTicks}, f.host)
	f.s.panes.remove(x.agent.ID)
	f.s.claims.move(x.agent.Session, "", x)
	if x.agent.Session == "" && len(f.restartOf(x.agent.Kind)) == 0 { // it never began: nothing is left of it
		f.s.panes.forget(x.agent.ID)
		f.s.desks.remove(x.agent.ID)
		f.s.observe(Lost{x.agent.ID})
		return
	}
	f.s.observe(Process{ID: x.agent.ID, Alive: false, Left: f.left(x)})
}

// left tells whether a process that is gone was ended in good order: Claude
// Code takes its registry file away then, and leaves it behind when it is
// killed.
func (f *finder) left(x *find) agent.Tri {
	if x.agent.Kind != agent.Claude || x.registry.PID == 0 {
		return agent.Unsure
	}
	_, err := f.files.Stat(transcript.RegistryPath(x.home, x.env, x.proc.PID))
	switch {
	case err == nil:
		return agent.No
	case errors.Is(err, fs.ErrNotExist):
		return agent.Yes
	}
	return agent.Unsure
}

// restartOf is the configured command that starts a CLI again.
func (f *finder) restartOf(k agent.Kind) []string {
	for _, r := range f.s.o.Kinds {
		if r.on(f.host) && r.Kind == k && len(r.Restart) > 0 {
			return r.Restart
		}
	}
	return nil
}

// registered tells what Claude Code's own registry says of the process.
func (f *finder) registered(x *find, data []byte) {
	r, err := transcript.ParseRegistry(data)
	if err != nil || r == x.registry || r.ProcStart != "" && r.ProcStart != x.proc.StartTicks {
		return
	}
	if r.SessionID != x.registry.SessionID {
		x.refind = time.Time{}
	}
	x.registry = r
	f.s.observe(Registered{ID: x.agent.ID, Status: r.Status, WaitingFor: r.WaitingFor, At: f.ours(r.UpdatedAt)})
}

// ours is a time of the machine's clock by our own.
func (f *finder) ours(at time.Time) time.Time {
	if f.far == nil || at.IsZero() {
		return at
	}
	return at.Add(-f.far.prober.Ahead())
}
