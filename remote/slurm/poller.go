package slurm

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	mrand "math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"vigil/remote"
)

// Options are a poller's choices.
type Options struct {
	// User is whose jobs are told, as squeue's -u takes it (a name, or several
	// with commas); empty is the user's own, "*" everyone's.
	User string
	Log  *slog.Logger // nil is silence
}

// everyone is Options.User for the jobs of all.
const everyone = "*"

// Poller asks one cluster and tells what it said. Make one for a cluster,
// since it is what keeps the number of requests low: it asks one thing at a
// time, never more than 0.2 requests a second, and less where slurmctld is
// slow or fails.
type Poller struct {
	opt  Options
	pace pace
	c    *client
	log  *slog.Logger

	latest  atomic.Pointer[remote.Cluster]
	changed chan struct{}
	watched atomic.Bool
	wake    chan struct{}

	// turn is held by who asks the cluster, so that it is never asked twice at
	// once. It guards what follows.
	turn    chan struct{}
	mem     memory
	nodes   []remote.Node
	at      time.Time // of the last answer about jobs
	trouble trouble
	clock
}

// New makes a poller. It asks nothing before Run or Poll.
func New(h remote.Host, o Options) *Poller { return newPoller(h, o, usual()) }

func newPoller(h remote.Host, o Options, pc pace) *Poller {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	mark := rand.Text()[:8]
	p := &Poller{
		opt: o, pace: pc, log: log.With("host", h.Name()),
		changed: make(chan struct{}, 1), wake: make(chan struct{}, 1), turn: make(chan struct{}, 1),
		mem: memory{jobs: map[string]*known{}},
		c: &client{
			host: h, deadline: pc.deadline, budget: &budget{most: pc.requests, window: pc.window},
			jobs: table{fields: jobFields(), mark: mark}, nodes: table{fields: nodeFields(), mark: mark},
		},
	}
	p.latest.Store(&remote.Cluster{Host: h.Name()})
	return p
}

// Cluster is what was last told; never nil.
func (p *Poller) Cluster() *remote.Cluster { return p.latest.Load() }

// Changed receives after Cluster has changed; changes in quick succession are
// one.
func (p *Poller) Changed() <-chan struct{} { return p.changed }

// Watch says whether someone looks at the jobs: then they are asked for more
// often.
func (p *Poller) Watch(on bool) {
	if p.watched.Swap(on) != on {
		poke(p.wake)
	}
}

// Run asks again and again, until ctx is done; it returns nil then. What goes
// wrong is told by Cluster.Problem.
func (p *Poller) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := p.Poll(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("slurm did not answer", "err", err)
		}
		for ctx.Err() == nil {
			wait := p.due(ctx)
			if wait <= 0 {
				break
			}
			t := time.NewTimer(wait)
			select {
			case <-t.C:
			case <-p.wake:
			case <-ctx.Done():
			}
			t.Stop()
		}
	}
	return nil
}

// due is the time until jobs are asked for again.
func (p *Poller) due(ctx context.Context) time.Duration {
	if p.begin(ctx) != nil {
		return 0
	}
	defer p.end()
	return time.Until(p.jobsAt.Add(p.every(p.pace, p.watched.Load())))
}

func (p *Poller) begin(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Poller) end() { <-p.turn }

// Poll asks once, as soon as the number of requests allows. It returns why the
// jobs cannot be told; lesser trouble is in Cluster.Problem alone.
func (p *Poller) Poll(ctx context.Context) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	defer p.end()
	took, err := p.askJobs(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.heard(p.pace, took, err)
	p.trouble.jobs = problem(err)
	if err == nil {
		p.trouble.slow = ""
		if took > p.pace.slow {
			p.trouble.slow = "Slurm took " + took.Round(100*time.Millisecond).String() + " to answer, and is asked less often"
		}
		p.askNodes(ctx)
		p.askDetail(ctx)
		p.askEnds(ctx)
	}
	p.publish()
	return err
}

// askJobs asks for the jobs, and returns how long the answer took.
func (p *Poller) askJobs(ctx context.Context) (time.Duration, error) {
	p.jobsAt, p.jitter = time.Now(), mrand.Float64()/10
	if err := p.c.find(ctx); err != nil {
		return 0, err
	}
	if err := p.c.budget.wait(ctx, costJobs); err != nil {
		return 0, err
	}
	p.jobsAt = time.Now()
	jobs, err := p.c.queue(ctx, p.user())
	took := time.Since(p.jobsAt)
	if err == nil {
		p.at = time.Now()
		p.mem.take(jobs)
	}
	return took, err
}

// user is whose jobs are watched.
func (p *Poller) user() string {
	if p.opt.User != "" {
		return p.opt.User
	}
	return p.c.me
}

// askNodes asks for the nodes, if it is time.
func (p *Poller) askNodes(ctx context.Context) {
	if time.Now().Before(p.nodesAt) || !p.c.budget.try(costNodes) {
		return
	}
	p.nodesAt = time.Now().Add(p.pace.nodes)
	nodes, err := p.c.sinfo(ctx)
	p.trouble.nodes = ""
	if err != nil {
		p.trouble.nodes = problem(err) + ": nodes are not told"
		p.nodesAt = time.Now().Add(p.pace.most)
		return
	}
	p.nodes = nodes
}

// askDetail asks about one job what only scontrol tells, if there is room.
func (p *Poller) askDetail(ctx context.Context) {
	k := p.mem.vague(p.c.me, p.nodes)
	if k == nil || time.Now().Before(p.detailAt) || !p.c.budget.try(costDetail) {
		return
	}
	k.asked, p.detailAt = true, time.Now().Add(p.pace.details)
	d, err := p.c.detail(ctx, k.Number)
	if err != nil {
		p.log.Info("no details of a job", "job", k.ID, "err", err)
		return
	}
	k.add(d)
}

// askEnds asks the accounting how jobs ended that left the queue unseen.
func (p *Poller) askEnds(ctx context.Context) {
	ids := p.mem.vanished()
	switch {
	case len(ids) == 0:
		return
	case p.unaccounted:
		p.mem.ended(ids, nil)
		return
	case time.Now().Before(p.acctAt) || !p.c.budget.try(costAcct):
		return
	}
	p.acctAt = time.Now().Add(p.pace.acct)
	ends, err := p.c.ends(ctx, ids)
	if err == nil {
		p.mem.ended(ids, ends)
		return
	}
	p.log.Info("no accounting", "err", err)
	// Where there is none, it is not asked again.
	if ee, ok := errors.AsType[*remote.ExitError](err); ok && (missing(err) || strings.Contains(ee.Stderr, "disabled")) {
		p.unaccounted = true
		p.mem.ended(ids, nil)
	}
}

// publish tells the readers. The cluster that it makes shares nothing that
// changes.
func (p *Poller) publish() {
	c := &remote.Cluster{
		Host: p.c.host.Name(), Jobs: p.mem.list(), Nodes: p.nodes, At: p.at,
		RPCs: p.c.budget.made(), Every: p.every(p.pace, p.watched.Load()),
		Problem: p.trouble.line(),
	}
	if p.c.version != "" {
		c.Version = "slurm " + p.c.version
	}
	p.latest.Store(c)
	poke(p.changed)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
