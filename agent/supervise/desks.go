package supervise

import (
	"context"
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
		o.Files, o.Key, o.Ahead = f.files, a.Host+":"+a.Workspace, f.far.prober.Ahead
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
