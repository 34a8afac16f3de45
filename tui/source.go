package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/remote"
)

// frameTime is how long a burst of changes gathers before the screen hears of
// it: 30 frames a second at most, however much happens.
const frameTime = 33 * time.Millisecond

// changed says that there is a newer snapshot. It carries the time, since the
// views read no clock.
type changed struct{ at time.Time }

// ticked says that the time is shown anew. Ticks of another generation than
// the model's are out of date.
type ticked struct {
	at  time.Time
	gen int
}

// sent says that all intents handed out so far have been taken.
type sent struct{}

// expired says that a note has been on screen for long enough.
type expired struct{ gen int }

// watch waits for a change, lets the burst gather, and reports it. Update runs
// it again after each report, so that one is in flight at most.
func (m *Model) watch() tea.Cmd {
	wake, done, clock := m.src.Changed(), m.o.Done, m.o.Now
	return func() tea.Msg {
		select {
		case <-done:
			return nil
		case _, ok := <-wake:
			if !ok {
				return nil
			}
		}
		t := time.NewTimer(frameTime)
		defer t.Stop()
		select {
		case <-done:
			return nil
		case <-t.C:
		}
		return changed{clock()}
	}
}

// tick sees to it that the time shown is right: from minute to minute, and
// from second to second only while something is counted down to.
func (m *Model) tick() tea.Cmd {
	step := time.Minute
	if m.counting() {
		step = time.Second
	}
	due := m.now.Truncate(step).Add(step)
	if due.Equal(m.due) {
		return nil // that tick is on its way
	}
	m.due = due
	m.tickGen++
	gen, done, clock := m.tickGen, m.o.Done, m.o.Now
	return func() tea.Msg {
		t := time.NewTimer(due.Sub(clock()))
		defer t.Stop()
		select {
		case <-done:
			return nil
		case <-t.C:
			return ticked{clock(), gen}
		}
	}
}

// counting reports whether the time to a nudge or to the next try of a
// connection is on the screen.
func (m *Model) counting() bool {
	if m.cluster != nil {
		for _, l := range m.cluster.Links {
			if l.State == remote.LinkDown && l.Retry.After(m.now) {
				return true
			}
		}
	}
	if m.snap == nil {
		return false
	}
	for i := range m.snap.Agents {
		if n := m.snap.Agents[i].Next; n != nil && n.Held == "" && n.At.After(m.now) {
			return true
		}
	}
	return false
}

// send hands an intent to the supervisor. Intents go one after the other, in
// the order in which they were asked for, and never hold up the screen.
func (m *Model) send(in agent.Intent) tea.Cmd {
	m.outbox = append(m.outbox, in)
	if m.sending {
		return nil
	}
	m.sending = true
	return m.flush()
}

func (m *Model) flush() tea.Cmd {
	batch, src := m.outbox, m.src
	m.outbox = nil
	return func() tea.Msg {
		for _, in := range batch {
			src.Send(in)
		}
		return sent{}
	}
}

func (m *Model) onSent() tea.Cmd {
	if len(m.outbox) > 0 {
		return m.flush()
	}
	m.sending = false
	return nil
}

// noteTime is how long a note stays on screen.
const noteTime = 5 * time.Second

// say shows a note in the footer for a while.
func (m *Model) say(level paint, text string) tea.Cmd {
	m.note, m.noteLook = text, level
	m.noteGen++
	gen, done := m.noteGen, m.o.Done
	return func() tea.Msg {
		t := time.NewTimer(noteTime)
		defer t.Stop()
		select {
		case <-done:
			return nil
		case <-t.C:
			return expired{gen}
		}
	}
}

// drew says that what a pane has put off can be done.
type drew struct{ at time.Time }

// drawOn sees to it that what the curves have put off is done soon: a picture
// of many runs takes several frames, and their ranks are not worked out for
// each point.
func (m *Model) drawOn() tea.Cmd {
	if m.drawing || m.tabs[m.tab].pane != pane(&m.curves) {
		return nil
	}
	after := m.curves.putOff()
	if after == 0 {
		return nil
	}
	m.drawing = true
	done, clock := m.o.Done, m.o.Now
	return func() tea.Msg {
		t := time.NewTimer(after)
		defer t.Stop()
		select {
		case <-done:
			return nil
		case <-t.C:
			return drew{clock()}
		}
	}
}
