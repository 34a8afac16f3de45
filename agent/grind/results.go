package grind

import (
	"cmp"
	"math"
	"slices"
	"time"

	"vigil/agent"
)

// Bounds on what is remembered.
const (
	maxSeen     = 4096 // trials that are known again
	maxSince    = 512  // trials since the last best
	maxHorizons = 512
	maxTwins    = 16 // trials of one length and loss
)

// results are the trials and verdicts of one agent.
type results struct {
	best   int64   // the least steps of a confirmed best; 0 if none told any
	newest int64   // the steps of the last one; 0 if not told
	ranked float64 // the best by the goal line
	bestAt time.Time
	first  time.Time // the first trial

	n     int     // trials since the best
	since []probe // the last of them
	lows  map[int64]float64

	seen   map[trialKey][]int64 // tenths of seconds that they took, as told
	order  []trialKey           // of seen, oldest first, as a ring
	next   int
	steps  map[int64]int64 // what length trials with this loss had
	checks map[int64]bool  // means of verdicts that were told
}

// probe is what a trial since the last best was.
type probe struct {
	horizon int64
	hit     bool // it improved on the best so far of its length
}

// trialKey tells trials apart, with the time that they took: the same one is
// told many times, and now and then two of one length have the same loss to the
// fifth decimal.
type trialKey struct{ horizon, loss int64 }

func fifth(v float64) int64 { return int64(math.Round(v * 1e5)) }

// add takes a trial in and reports whether it is a new one.
func (r *results) add(l Limits, t agent.Trial) bool {
	loss := fifth(t.Loss)
	if !(t.Loss > 0) || t.Loss > 1e9 {
		return false
	}
	if r.seen == nil {
		r.seen, r.steps, r.lows = map[trialKey][]int64{}, map[int64]int64{}, map[int64]float64{}
	}
	key := trialKey{t.Horizon, loss}
	known, told := r.steps[loss]
	if t.Horizon == 0 && told || !r.remember(key, int64(math.Round(t.Took*10))) {
		return false
	}
	if r.first.IsZero() || t.At.Before(r.first) { // the past may come late
		r.first = t.At
	}
	if !t.At.After(r.bestAt) { // of a past that came late
		r.low(l, t)
		return false
	}
	hit := r.low(l, t)
	if told && known == 0 && t.Horizon != 0 { // it was counted when its length was not told
		r.n--
	}
	r.n++
	if len(r.since) == maxSince {
		r.since = slices.Delete(r.since, 0, maxSince/4)
	}
	r.since = append(r.since, probe{t.Horizon, hit})
	return true
}

// low notes the best so far of the trial's length, and reports whether the
// trial improved on it.
func (r *results) low(l Limits, t agent.Trial) bool {
	if t.Horizon == 0 {
		return false
	}
	old, ok := r.lows[t.Horizon]
	if !ok && len(r.lows) >= maxHorizons {
		clear(r.lows)
	}
	if !ok || t.Loss < old {
		r.lows[t.Horizon] = t.Loss
	}
	return ok && old-t.Loss >= l.Improve-1e-9
}

// remember notes a trial, and reports whether it is another than those that it
// knows. One whose time is not told is no other.
func (r *results) remember(key trialKey, took int64) bool {
	times, ok := r.seen[key]
	switch {
	case !ok:
	case took == 0 || slices.Contains(times, took) || len(times) == maxTwins:
		return false
	case slices.Contains(times, 0): // the same, now with its time
		r.seen[key] = []int64{took}
		return false
	default:
		r.seen[key] = append(times, took)
		return true
	}
	if len(r.order) < maxSeen {
		r.order = append(r.order, key)
	} else {
		old := r.order[r.next]
		delete(r.seen, old)
		delete(r.steps, old.loss)
		r.order[r.next] = key
		r.next = (r.next + 1) % maxSeen
	}
	r.seen[key] = []int64{took}
	r.steps[key.loss] = key.horizon
	return true
}

// confirms reports whether a verdict makes a new best: it passed, was not told
// before, and its trials had fewer steps than any best so far. Where no log
// tells their length it counts as one, so that nobody is blamed wrongly.
func (r *results) confirms(at time.Time, c agent.Check) bool {
	mean := fifth(c.Mean)
	if !c.Pass || r.checks[mean] || !at.After(r.bestAt) {
		return false
	}
	if r.checks == nil || len(r.checks) >= maxHorizons {
		r.checks = map[int64]bool{}
	}
	r.checks[mean] = true
	votes := map[int64]int{}
	for _, v := range c.Losses {
		if h := r.steps[fifth(v)]; h > 0 {
			votes[h]++
		}
	}
	steps := most(votes)
	if 2*votes[steps] < len(c.Losses) { // a chance likeness with other trials
		steps = 0
	}
	if steps > 0 && r.best > 0 && steps >= r.best {
		return false
	}
	if r.newest = steps; steps > 0 {
		r.best = steps
	}
	return true
}

// most returns the key with the most votes; of several, the least.
func most(votes map[int64]int) int64 {
	var key int64
	n := 0
	for k, v := range votes {
		if v > n || v == n && k < key {
			key, n = k, v
		}
	}
	return key
}

func (r *results) confirmed(at time.Time) {
	r.bestAt, r.n, r.since = at, 0, nil
}

// stale reports whether the last best is long ago.
func (r *results) stale(l Limits, at time.Time) bool {
	return r.n >= l.Trials && at.Sub(r.from()) >= l.After
}

// from is since when there was no new best.
func (r *results) from() time.Time {
	if r.bestAt.IsZero() {
		return r.first
	}
	return r.bestAt
}

// barren reports whether the trials since the best hardly improved on anything.
func (r *results) barren(l Limits) bool {
	_, n, hits := r.yield(l)
	return n >= max(l.Window/2, 1) && hits <= l.Hits
}

// yield counts the last trials of the most frequent length since the best, and
// those of them that improved.
func (r *results) yield(l Limits) (horizon int64, n, hits int) {
	votes := map[int64]int{}
	for _, p := range r.since {
		if p.horizon > 0 {
			votes[p.horizon]++
		}
	}
	horizon = most(votes)
	for _, p := range slices.Backward(r.since) {
		if p.horizon != horizon || n == l.Window {
			continue
		}
		n++
		if p.hit {
			hits++
		}
	}
	return horizon, n, hits
}

// edits is the surface that an agent works on.
type edits struct {
	lines  map[uint64]bool // edited before
	past   map[[2]uint64]bool
	recent []touch // the last edits of code, reverts dropped
	knobs  map[string]int
	knobN  int // edits that changed a knob
}

// touch is one edit: whether its lines are told, and whether one of them was
// edited before.
type touch struct{ told, again bool }

// maxLines bounds what is remembered of lines, edits and knobs.
const maxLines = 8192

func (d *edits) add(l Limits, e agent.Edit) {
	if !code(e.Path) {
		return
	}
	if d.lines == nil {
		d.lines, d.past, d.knobs = map[uint64]bool{}, map[[2]uint64]bool{}, map[string]int{}
	}
	if e.Out != 0 && d.past[[2]uint64{e.In, e.Out}] { // it takes an earlier one back
		delete(d.past, [2]uint64{e.In, e.Out})
		return
	}
	t := touch{told: len(e.Lines) > 0}
	if len(d.lines) > maxLines {
		clear(d.lines)
	}
	if len(d.past) > maxLines {
		clear(d.past)
	}
	if len(d.knobs) > maxLines/16 {
		clear(d.knobs)
	}
	for _, h := range e.Lines {
		t.again = t.again || d.lines[h]
		d.lines[h] = true
	}
	if e.Out != 0 {
		d.past[[2]uint64{e.Out, e.In}] = true
	}
	for _, k := range e.Knobs {
		d.knobs[k]++
	}
	if len(e.Knobs) > 0 {
		d.knobN++
	}
	d.recent = append(d.recent, t)
	if n := len(d.recent); n > l.Edits {
		d.recent = slices.Delete(d.recent, 0, n-l.Edits)
	}
}

// same reports whether the edits go over the same lines. Where what they
// changed is not told, nothing speaks against it.
func (d *edits) same(l Limits) bool {
	told, again := d.surface()
	return told < max(l.Edits/2, 1) || float64(again) >= l.Same*float64(told)
}

func (d *edits) surface() (told, again int) {
	for _, t := range d.recent {
		if t.told {
			told++
		}
		if t.again {
			again++
		}
	}
	return told, again
}

// often returns the knobs that were turned most, at most n.
func (d *edits) often(n int) []string {
	var names []string
	for k := range d.knobs {
		names = append(names, k)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(d.knobs[b], d.knobs[a]), cmp.Compare(a, b)) })
	return names[:min(len(names), n)]
}
