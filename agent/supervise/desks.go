package supervise

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"vigil/agent"
	"vigil/agent/workspace"
)

// desks watches the workspaces of the agents.
type desks struct {
	s    *Supervisor
	adds chan agent.Agent
	mu   sync.Mutex
	open map[agent.ID]context.CancelFunc
}

func newDesks(s *Supervisor) *desks {
	return &desks{s: s, adds: make(chan agent.Agent, 64), open: map[agent.ID]context.CancelFunc{}}
}

func (d *desks) add(a agent.Agent) {
	select {
	case d.adds <- a:
	default: // more new agents at once than any fleet has
	}
}

func (d *desks) remove(id agent.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cancel, ok := d.open[id]; ok {
		cancel()
		delete(d.open, id)
	}
}

// run opens a watcher for each agent that is added.
func (d *desks) run(ctx context.Context) {
	for {
		select {
		case a := <-d.adds:
			d.watch(ctx, a)
		case <-ctx.Done():
			return
		}
	}
}

func (d *desks) watch(ctx context.Context, a agent.Agent) {
	if a.Workspace == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.open[a.ID]; ok {
		return
	}
	o := workspace.Options{
		Keep: d.s.o.Journal,
		Turn: func() int {
			if v := d.s.Snapshot().Find(a.ID); v != nil {
				return v.Turn.N
			}
			return 0
		},
		Changed: func(st workspace.State) { d.s.observe(Worked{a.ID, st}) },
	}
	if f := d.s.finders[a.Host]; f != nil && f.far != nil {
		o.Files, o.Key, o.Ahead = f.files, d.s.workspaceKey(a), f.far.prober.Ahead
	}
	w, err := workspace.New(a.Workspace, o)
	if err != nil {
		d.s.observe(Worked{a.ID, workspace.State{Problem: "workspace: " + agent.CleanLine(err.Error(), 160)}})
		return
	}
	wctx, cancel := context.WithCancel(ctx)
	d.open[a.ID] = cancel
	d.s.wg.Go(func() {
		if err := w.Run(wctx); err != nil && wctx.Err() == nil {
			d.s.observe(Worked{a.ID, workspace.State{Problem: "workspace: " + agent.CleanLine(err.Error(), 160)}})
		}
	})
}

// workspaceKey names an agent's workspace in the journal.
func (s *Supervisor) workspaceKey(a agent.Agent) string {
	if f := s.finders[a.Host]; f != nil && f.far != nil {
		return a.Host + ":" + a.Workspace
	}
	return filepath.Clean(a.Workspace)
}

// Versions returns every version that is kept of a file of an agent, oldest
// first: a snapshot lists the newest ones. The path is as a snapshot has it.
func (s *Supervisor) Versions(ctx context.Context, id agent.ID, path string) ([]agent.Version, error) {
	v := s.Snapshot().Find(id)
	if v == nil {
		return nil, fmt.Errorf("versions of %s: this agent is gone", path)
	}
	return s.o.Journal.Versions(ctx, s.workspaceKey(v.Agent), path)
}
