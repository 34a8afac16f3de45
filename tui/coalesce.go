package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// calmTime is how long moves and turns of the wheel are gathered for: a mouse
// sends hundreds of them a second, and each one would be a frame.
const calmTime = 16 * time.Millisecond

// wheeled is several notches of the wheel at one place.
type wheeled struct {
	at      tea.Mouse
	notches int
}

var _ tea.MouseMsg = wheeled{}

// Mouse implements tea.MouseMsg.
func (w wheeled) Mouse() tea.Mouse { return w.at }

// String implements tea.MouseMsg.
func (w wheeled) String() string { return w.at.String() }

// settled says that calmTime has passed since the last move that was let
// through.
type settled struct{}

// ProgramOptions returns what a program that runs a [Model] is to be made with,
// besides its terminal: at most 30 frames a second, and one move of the mouse or
// turn of its wheel at a time. What comes meanwhile is gathered, and follows
// after 16 ms: the newest move, and all notches of the wheel. Moves that change
// nothing are dropped, so that they cost no frame. They are for one program.
func ProgramOptions() []tea.ProgramOption {
	var c calm
	return []tea.ProgramOption{tea.WithFPS(int(time.Second / frameTime)), tea.WithFilter(c.filter)}
}

type calm struct {
	busy  bool
	moved tea.Msg  // gathered; nil for none
	wheel *wheeled // likewise
}

func (c *calm) filter(model tea.Model, msg tea.Msg) tea.Msg {
	switch e := msg.(type) {
	case tea.MouseMotionMsg:
		if m, ok := model.(*Model); ok && !m.minds() {
			return nil
		}
		if c.busy {
			c.moved = e
			return nil
		}
		c.busy = true
	case tea.MouseWheelMsg:
		if !c.busy {
			c.busy = true
			return e
		}
		if w := c.wheel; w != nil && w.at.Button == e.Button {
			w.at = tea.Mouse(e)
			w.notches++
		} else {
			c.wheel = &wheeled{tea.Mouse(e), 1}
		}
		return nil
	case tea.MouseClickMsg, tea.MouseReleaseMsg:
		c.moved = nil // it says itself where the pointer is
	case settled:
		return c.next()
	}
	return msg
}

// next lets what was gathered through.
func (c *calm) next() tea.Msg {
	switch {
	case c.wheel != nil:
		w := *c.wheel
		c.wheel = nil
		return w
	case c.moved != nil:
		msg := c.moved
		c.moved = nil
		return msg
	}
	c.busy = false
	return nil
}

// settle says when the next move may come, after one that the filter let
// through.
func (m *Model) settle(msg tea.MouseMsg) tea.Cmd {
	switch msg.(type) {
	case tea.MouseMotionMsg, tea.MouseWheelMsg, wheeled:
	default:
		return nil
	}
	done := m.o.Done
	return func() tea.Msg {
		t := time.NewTimer(calmTime)
		defer t.Stop()
		select {
		case <-done:
			return nil
		case <-t.C:
			return settled{}
		}
	}
}
