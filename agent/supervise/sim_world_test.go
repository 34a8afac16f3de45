package supervise

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/nudge"
)

// sim is a simulated night: agents whose truth is known, the machines and the
// account limits under them, and one or two vigils that watch through
// observations that come late, twice or not at all.
type sim struct {
	t     testing.TB
	r     *rand.Rand
	now   time.Time
	start time.Time
	end   time.Time
	queue simQueue
	n     int

	vigils   []*simVigil
	journal  map[string]*simRecord
	actors   []*actor
	hosts    map[string]time.Time // away until
	accounts map[string]*simAccount
	outage   time.Time // of the service, until
	policy   func(agent.Agent) agent.Policy
	rules    Rules
	fig      figures
	noted    int
	follow   []string // agents that are traced
}

// figures are what the simulation measures.
type figures struct {
	stops, nudges, endings             int
	missed, disturbed, beyond, doubled int
	own                                time.Duration // idle by vigil's own delays
	wall                               time.Duration // of all agents
	by                                 map[string]int
}

// simAccount is an account: the truth of its limit, and what was seen of it.
type simAccount struct {
	until  time.Time // it is limited
	stated time.Time // as the CLIs print it; zero if they do not
	began  time.Time
	met    bool      // by an agent
	known  time.Time // an agent has met it last
	probed time.Time // a nudge met it
	prober *actor    // ... of this agent
}

// simRecord is a nudge in the journal that the vigils share.
type simRecord struct {
	agent.Nudge
	holder string
	until  time.Time
}

// simVigil is one process.
type simVigil struct {
	name string
	s    *State
	up   bool
	life int
	read map[agent.ID]int // of each agent's session file
}

type simEvent struct {
	at time.Time
	n  int
	do func()
}

type simQueue []simEvent

func (q simQueue) Len() int { return len(q) }
func (q simQueue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].n < q[j].n
}
func (q simQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *simQueue) Push(x any)   { *q = append(*q, x.(simEvent)) }
func (q *simQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// after has something happen in a while.
func (w *sim) after(d time.Duration, do func()) {
	w.n++
	heap.Push(&w.queue, simEvent{w.now.Add(d), w.n, do})
}

// between is a random span.
func (w *sim) between(a, b time.Duration) time.Duration {
	return a + time.Duration(w.r.Int64N(int64(b-a)))
}

func (w *sim) chance(p float64) bool { return w.r.Float64() < p }

// note logs the first mistakes, with the moment.
func (w *sim) note(format string, args ...any) {
	if w.noted++; w.noted <= 12 {
		w.t.Logf("%s %s", w.now.Sub(w.start).Round(time.Millisecond), fmt.Sprintf(format, args...))
	}
}

func newSim(t testing.TB, seed uint64, span time.Duration, agents int) *sim {
	tm, err := nudge.NewTemplates(nil)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 5, 1, 18, 0, 0, 0, time.UTC)
	w := &sim{
		t: t, r: rand.New(rand.NewPCG(seed, 7)), now: start, start: start, end: start.Add(span),
		journal: map[string]*simRecord{}, hosts: map[string]time.Time{}, accounts: map[string]*simAccount{},
		follow: followed(),
	}
	w.fig.by = map[string]int{}
	w.policy = func(a agent.Agent) agent.Policy {
		p := agent.DefaultPolicy()
		if strings.HasSuffix(a.Name, "0") {
			p.Quiet = []agent.DaySpan{{From: 2 * time.Hour, To: 4 * time.Hour}}
		}
		return p
	}
	w.rules = Rules{
		Endings: ending.Default(), Templates: tm, Policy: w.policy,
		Goal: func(agent.Agent) agent.GoalLine { return agent.GoalLine{} },
	}
	for i := range agents {
		w.actors = append(w.actors, newActor(w, i))
	}
	w.vigils = []*simVigil{{name: "auto"}, {name: "screen"}}
	w.boot(w.vigils[0])
	w.plotNight()
	w.after(10*time.Hour, w.actors[len(w.actors)-3].leave) // it is looked at all the time, which costs most
	for _, a := range w.actors {
		w.after(w.between(0, time.Minute), func() { a.prompt("Work on the plan until the record falls.", agent.Human) })
		w.after(w.between(0, 10*time.Minute), a.audit)
		var poll func()
		poll = func() {
			if len(a.jobs) > 0 {
				a.poll()
			}
			w.after(time.Minute, poll)
		}
		w.after(w.between(0, time.Minute), poll)
	}
	return w
}

// plotNight plans what befalls the machines, accounts and vigils.
func (w *sim) plotNight() {
	every := func(a, b time.Duration, do func()) {
		var again func()
		again = func() { do(); w.after(w.between(a, b), again) }
		w.after(w.between(a/4, b), again)
	}
	for _, host := range []string{"head", "far"} {
		every(2*time.Hour, 8*time.Hour, func() { w.lose(host, w.between(20*time.Second, 30*time.Minute)) })
	}
	names := slices.Collect(func(yield func(string) bool) {
		for i := range 4 {
			if !yield(fmt.Sprint("acct", i)) {
				return
			}
		}
	})
	for _, name := range names {
		every(6*time.Hour, 16*time.Hour, func() { w.limit(name) })
	}
	every(5*time.Hour, 20*time.Hour, func() { w.outage = w.now.Add(w.between(20*time.Second, 40*time.Minute)) })
	every(90*time.Minute, 7*time.Hour, func() { w.crash(w.vigils[0]) })
	every(4*time.Hour, 12*time.Hour, func() {
		v := w.vigils[1]
		if v.up {
			return
		}
		w.boot(v)
		life := v.life
		w.after(w.between(10*time.Minute, 90*time.Minute), func() {
			if v.life == life {
				w.stop(v)
			}
		})
		if w.chance(0.5) {
			w.after(w.between(time.Minute, 8*time.Minute), func() { w.lend(v) })
		}
	})
}

// limit has an account meet its limit: for a while, and with a reset that is
// right, or wrong by much, or not told.
func (w *sim) limit(name string) {
	x := w.accounts[name]
	if x.until.After(w.now) {
		return
	}
	x.began, x.until, x.met = w.now, w.now.Add(w.between(5*time.Minute, 4*time.Hour)), false
	switch w.r.IntN(4) {
	case 0:
		x.stated = time.Time{}
	case 1:
		x.stated = w.now.Add(17 * 24 * time.Hour)
	case 2:
		x.stated = w.now.Add(w.between(time.Minute, 40*time.Minute))
	default:
		x.stated = x.until
	}
	w.trace("", "%s is limited until %s, said to be until %s", name, x.until.Format(time.DateTime), x.stated.Format(time.DateTime))
}

// lose takes the connection to a machine away for a while.
func (w *sim) lose(host string, d time.Duration) {
	if w.hosts[host].After(w.now) {
		return
	}
	w.hosts[host] = w.now.Add(d)
	w.each(func(v *simVigil) { w.step(v, Reached{Host: host, Why: "connection reset"}) })
	w.after(d, func() {
		delete(w.hosts, host)
		for _, a := range w.actors {
			if a.Host == host {
				a.block()
			}
		}
		w.each(func(v *simVigil) { w.comeBack(v, host) })
	})
}

func (w *sim) comeBack(v *simVigil, host string) {
	for _, a := range w.actors {
		if a.Host == host {
			w.step(v, Seen{a.Agent})
			w.step(v, Process{ID: a.ID, Alive: a.phase != gone})
			a.register(v)
			w.poke(v, a)
			a.poll()
		}
	}
	w.step(v, Reached{Host: host, Up: true})
}

func (w *sim) away(host string) bool { return w.hosts[host].After(w.now) }

// each does something with every vigil that runs.
func (w *sim) each(do func(*simVigil)) {
	for _, v := range w.vigils {
		if v.up {
			do(v)
		}
	}
}

// boot starts a vigil with an empty head.
func (w *sim) boot(v *simVigil) {
	v.s, v.up, v.read = NewState(w.rules, true, false), true, map[agent.ID]int{}
	v.life++
	w.trace("", "%s starts", v.name)
	other := w.vigils[0]
	if v == other {
		other = w.vigils[1]
	}
	w.step(v, Leased{Mine: !(other.up && other.s.lease.Mine), Holder: other.name})
	for _, host := range []string{"head", "far"} {
		if w.away(host) {
			w.step(v, Reached{Host: host, Why: "no route"})
		}
	}
	for _, a := range w.actors {
		if !w.away(a.Host) {
			w.step(v, Seen{a.Agent})
			w.step(v, Process{ID: a.ID, Alive: a.phase != gone})
			a.register(v)
			w.poke(v, a)
			a.poll()
		}
	}
}

// crash ends the vigil that holds the lease; it is started again soon.
func (w *sim) crash(v *simVigil) {
	if !v.up {
		return
	}
	w.stop(v)
	down := w.between(2*time.Second, 2*time.Minute)
	w.after(down, func() {
		for _, a := range w.actors {
			a.block()
		}
		w.boot(v)
	})
}

// stop ends a vigil; the other one has the lease within seconds.
func (w *sim) stop(v *simVigil) {
	held := v.s.lease.Mine
	v.up = false
	w.trace("", "%s ends", v.name)
	for _, o := range w.vigils {
		if held && o != v && o.up {
			w.after(w.between(time.Second, 15*time.Second), func() {
				if o.up && !v.holds() {
					w.step(o, Leased{Mine: true})
					for _, a := range w.actors {
						a.block()
					}
				}
			})
		}
	}
}

// seen reports whether the vigil that sends has ever seen the agent: one that was
// started while a machine was away knows nothing of the agents there, nor of what
// was tried with them.
func (w *sim) seen(a *actor) bool {
	for _, v := range w.vigils {
		if v.holds() && v.s.agents[a.ID] != nil {
			return true
		}
	}
	return false
}

func (v *simVigil) holds() bool { return v.up && v.s.lease.Mine }

// lend moves the lease to another vigil.
func (w *sim) lend(to *simVigil) {
	from := w.vigils[0]
	if !to.up || !from.up || to.holds() {
		return
	}
	w.step(from, Leased{Holder: to.name})
	w.after(w.between(100*time.Millisecond, 5*time.Second), func() {
		if to.up && !from.holds() {
			w.step(to, Leased{Mine: true})
			for _, a := range w.actors {
				a.block()
			}
		}
	})
}

// poke gives a vigil what an agent's session file holds that it has not read.
func (w *sim) poke(v *simVigil, a *actor) {
	if a.paneOnly || w.away(a.Host) || v.s.agents[a.ID] == nil {
		return
	}
	from, seen := v.read[a.ID]
	if seen && from == len(a.log) {
		return
	}
	v.read[a.ID] = len(a.log)
	if !seen || w.chance(0.002) { // now and then a file is read anew
		w.step(v, Heard{ID: a.ID, First: true, Events: a.past()})
		return
	}
	w.step(v, Heard{ID: a.ID, Events: slices.Clone(a.log[from:])})
}

func (w *sim) step(v *simVigil, o Observation) {
	w.traceSeen(v, o)
	for _, x := range v.s.Step(w.now, o) {
		w.traceDone(v, x)
		w.act(v, x)
	}
}

// run lets the night pass.
func (w *sim) run() figures {
	for steps := 0; ; steps++ {
		at := w.end
		var due *simVigil
		if len(w.queue) > 0 && w.queue[0].at.Before(at) {
			at = w.queue[0].at
		}
		for _, v := range w.vigils {
			if !v.up {
				continue
			}
			if d := v.s.NextDeadline(); !d.IsZero() && d.Before(at) {
				at, due = d, v
			}
		}
		if !at.Before(w.end) {
			break
		}
		if steps > 50_000_000 {
			w.t.Fatal("the night does not pass")
		}
		w.now = maxTime(w.now, at)
		if due != nil {
			w.step(due, Tick{})
			if d := due.s.NextDeadline(); !d.IsZero() && !d.After(w.now) {
				w.now = w.now.Add(time.Millisecond)
			}
			continue
		}
		heap.Pop(&w.queue).(simEvent).do()
	}
	w.now = w.end
	for _, a := range w.actors {
		a.judgeStop()
	}
	w.fig.wall = w.end.Sub(w.start) * time.Duration(len(w.actors))
	return w.fig
}
