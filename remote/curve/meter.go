package curve

import (
	"math"
	"slices"
)

const (
	meterTicks  = 1 << 16 // bounds what a log can cost whose readings jump about
	meterResets = 64      // as often may a log go back to an earlier step
)

// fine is how far a meter may be off a reading that a log tells.
func fine(at float64) float64 { return 0.05 + 0.001*math.Abs(at) }

// coarse is how far it may be off a time at which the log was written, which
// tells when someone looked rather than when it happened.
func coarse(at float64) float64 { return 5 + 0.01*math.Abs(at) }

// tick is a reading of a meter at a step.
type tick struct {
	step int64
	at   float64
}

// meter maps steps to something that only grows with them: seconds of
// training, tokens. It is close to linear in steps, so only the ends of
// straight stretches are kept (the swinging door of trend recorders): a few
// ticks for thousands of lines. The zero value is ready.
//
// Like a segment it is append-only: a copy stays as it is.
type meter struct {
	ticks  []tick  // the last stretch leads from its end to newest
	newest tick    // never before its end
	lo, hi float64 // slopes that all moments since the last tick allow
	plus   float64 // added to what is told, after a restart from zero
	resets int
}

// add takes a reading, which may be forgotten if the meter without it is off
// by no more than slack, in units. One at a step that the meter is past is a restart: what
// was read there and beyond no longer counts.
func (m *meter) add(step int64, at, slack float64) {
	if at != at || math.IsInf(at, 0) {
		return
	}
	if len(m.ticks) == 0 {
		m.newest = tick{step, at}
		m.start(m.newest)
		return
	}
	if step == m.newest.step {
		return // told twice
	}
	if step < m.newest.step && !m.rewind(step, at) {
		return
	}
	t := tick{step, max(at+m.plus, m.newest.at)}
	from := m.ticks[len(m.ticks)-1]
	if step == from.step {
		return
	}
	n := float64(step - from.step)
	if slope := (t.at - from.at) / n; slope < m.lo || slope > m.hi {
		if len(m.ticks) < meterTicks {
			m.start(m.newest)
			from, n = m.newest, float64(step-m.newest.step)
		}
	}
	m.lo = max(m.lo, (t.at-slack-from.at)/n)
	m.hi = min(m.hi, (t.at+slack-from.at)/n)
	m.newest = t
}

func (m *meter) start(t tick) {
	m.ticks = append(m.ticks, t)
	m.lo, m.hi = math.Inf(-1), math.Inf(1)
}

// rewind drops what lies at a step and beyond. A log whose reading begins
// anew after a restart goes on from what it had at that step.
func (m *meter) rewind(step int64, at float64) bool {
	if m.resets == meterResets {
		return false
	}
	m.resets++
	was := m.at(float64(step))
	k, _ := slices.BinarySearchFunc(m.ticks, step, func(t tick, s int64) int {
		if t.step < s {
			return -1
		}
		return 1
	})
	m.ticks = slices.Clone(m.ticks[:k]) // a copy may hold the rest
	if m.plus = 0; at < was && k > 0 {
		m.plus = was - at
	}
	m.newest = tick{step, at + m.plus}
	m.start(m.newest)
	return true
}

// some reports whether anything was read.
func (m *meter) some() bool { return len(m.ticks) > 0 }

// at returns the reading at a step, that of the nearest end outside of the
// ends, and 0 if there is none.
func (m *meter) at(step float64) float64 {
	if len(m.ticks) == 0 {
		return 0
	}
	lo, hi := 0, len(m.ticks) // the last tick that is not beyond step
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); float64(m.ticks[mid].step) <= step {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return m.ticks[0].at
	}
	a, b := m.stretch(lo - 1)
	if step >= float64(b.step) {
		return b.at
	}
	return a.at + (step-float64(a.step))/float64(b.step-a.step)*(b.at-a.at)
}

// stretch returns the ends of the stretch that begins at tick i.
func (m *meter) stretch(i int) (a, b tick) {
	if i+1 < len(m.ticks) {
		return m.ticks[i], m.ticks[i+1]
	}
	return m.ticks[i], m.newest
}

// step returns the least step, whole or not, at which the reading is at least
// x; infinite outside of the ends.
func (m *meter) step(x float64) float64 {
	if len(m.ticks) == 0 || x > m.newest.at {
		return math.Inf(1)
	}
	lo, hi := 0, len(m.ticks) // the first tick that reaches x
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); m.ticks[mid].at < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return math.Inf(-1)
	}
	a, b := m.stretch(lo - 1)
	return float64(a.step) + (x-a.at)/(b.at-a.at)*float64(b.step-a.step)
}
