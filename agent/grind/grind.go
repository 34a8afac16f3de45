// Package grind finds loops in which an agent works and gets nowhere: grinding
// (long without a new best, on the same knobs), commands that only keep it
// awake, thinking that repeats itself, the same result declared again and
// again, and failed turns in quick succession. Start with [Watch]: it takes
// events and results as they come, in memory that does not grow with a session,
// and [Watch.Conditions] tells what holds.
package grind

import (
	"time"

	"vigil/agent"
)

// Limits is what makes a loop. The defaults come from 40 sessions of days: half
// of all new bests came within 3 hours and 8 trials of the one before, nine in
// ten within 9 hours, 19 in 20 within 49 trials.
type Limits struct {
	After    time.Duration // without a new best, and
	Trials   int           // finished since it: both must be
	Window   int           // of the last so many trials of one length
	Hits     int           // at most so many improved
	Improve  float64       // by at least this
	Edits    int           // of the last so many edits of code
	Same     float64       // at least this share touches lines that were edited before
	Escalate time.Duration // then it is said again

	KeepAlives int     // commands in a row that do nothing
	Thinking   int     // bytes of a block of thinking
	Ratio      float64 // to which it can be compressed, at most
	Proposals  int     // of the same result, with no new best between
	Failures   int     // failed turns
	Within     time.Duration
	Calm       time.Duration // a burst is over after so long without its like

	IdleGPUs time.Duration // without any use, while no job waits
}

// Defaults returns the usual limits.
func Defaults() Limits {
	return Limits{
		After: 9 * time.Hour, Trials: 48, Window: 24, Hits: 1, Improve: 0.0003,
		Edits: 20, Same: 0.75, Escalate: 6 * time.Hour,
		KeepAlives: 5, Thinking: 20_000, Ratio: 0.08, Proposals: 4,
		Failures: 6, Within: 15 * time.Minute, Calm: 10 * time.Minute, IdleGPUs: 3 * time.Minute,
	}
}

// Watch looks for loops in what one agent does. The zero value is ready. It is
// not safe for concurrent use.
type Watch struct {
	last    time.Time // of the newest event
	results results
	edits   edits
	grind   spell
	bursts  [nBursts]burst
	failed  []time.Time // turns, in a row
	said    declared
}

// The bursts: loops that are seen in what is done within minutes.
const (
	keepAlive = iota
	degenerate
	reproposing
	retryStorm
	nBursts
)

var burstTypes = [nBursts]agent.ConditionType{agent.KeepAlive, agent.Degenerate, agent.Reproposing, agent.RetryStorm}

// spell is a stretch in which something holds.
type spell struct{ since time.Time }

// burst is a run of things of one kind that were done one after the other.
type burst struct {
	n       int
	from    time.Time
	holds   bool
	last    time.Time
	example string
	size    int
}

// Event takes one event of the agent's session in. Events come in the order of
// the file.
func (w *Watch) Event(l Limits, e agent.Event) {
	if e.At.IsZero() {
		e.At = w.last
	}
	w.Pass(l, e.At)
	if e.At.After(w.last) {
		w.last = e.At
	}
	switch e.Type {
	case agent.ToolCall:
		w.call(l, e)
	case agent.TurnFailed:
		w.fail(l, e.At)
	case agent.TurnEnded, agent.Prompt:
		w.bursts[keepAlive].n = 0
	}
	if s := e.Signs; s != nil {
		w.signs(l, e.At, s)
	}
}

// Recall takes in an event of the past, from before those that came first: of
// it the results and the edits still matter.
func (w *Watch) Recall(l Limits, e agent.Event) {
	if s := e.Signs; s != nil {
		w.work(l, e.At, s)
	}
}

// work takes results and edits.
func (w *Watch) work(l Limits, at time.Time, s *agent.Signs) {
	for _, x := range s.Edits {
		w.edits.add(l, x)
	}
	for _, t := range s.Trials {
		if t.At.IsZero() {
			t.At = at
		}
		w.Trial(l, t)
	}
	for _, c := range s.Checks {
		w.check(l, at, c)
	}
}

// signs takes what an event tells of the work.
func (w *Watch) signs(l Limits, at time.Time, s *agent.Signs) {
	w.work(l, at, s)
	if t := s.Thought; t != nil && t.Size > l.Thinking && t.Ratio < l.Ratio {
		b := &w.bursts[degenerate]
		b.add(at)
		b.size, b.holds = b.size+t.Size, true
	}
	if s.Done {
		w.Declared(l, at, "its goal")
	}
}

// Trial takes a finished trial in, of the session or of a training log. One
// that was told before changes nothing.
func (w *Watch) Trial(l Limits, t agent.Trial) {
	if w.results.add(l, t) {
		w.judge(l, t.At)
	}
}

// Best takes in that a result was reached that is better than all before, by
// the agent's goal line.
func (w *Watch) Best(at time.Time, value float64) {
	r := &w.results
	if r.ranked != 0 && value >= r.ranked || !at.After(r.bestAt) {
		return
	}
	r.ranked = value
	w.better(at)
}

// check takes the word of a verifier in.
func (w *Watch) check(l Limits, at time.Time, c agent.Check) {
	for _, v := range c.Losses {
		w.Trial(l, agent.Trial{At: at, Loss: v})
	}
	if w.results.confirms(at, c) {
		w.better(at)
	}
}

// better ends what a new best ends.
func (w *Watch) better(at time.Time) {
	w.results.confirmed(at)
	w.grind = spell{}
	w.said = declared{}
	w.bursts[reproposing] = burst{}
}

// judge says whether the agent grinds, at a finished trial.
func (w *Watch) judge(l Limits, at time.Time) {
	holds := w.results.stale(l, at) && w.results.barren(l) && w.edits.same(l)
	switch {
	case !holds:
		w.grind = spell{}
	case w.grind.since.IsZero():
		w.grind.since = at
	}
}

// Pass lets time pass: a burst ends when nothing of its kind has come for long.
func (w *Watch) Pass(l Limits, now time.Time) {
	for i := range w.bursts {
		if b := &w.bursts[i]; b.holds && i != reproposing && now.Sub(b.last) >= l.Calm {
			*b = burst{}
		}
	}
}

// Next is when time alone changes something; zero if it does not.
func (w *Watch) Next(l Limits, now time.Time) time.Time {
	var next time.Time
	due := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for i, b := range w.bursts {
		if b.holds && i != reproposing {
			due(b.last.Add(l.Calm))
		}
	}
	if since := w.grind.since; !since.IsZero() {
		due(since.Add(l.Escalate))
	}
	return next
}

func (b *burst) add(at time.Time) {
	if b.n == 0 && !b.holds {
		b.from = at
	}
	b.n++
	b.last = at
}
