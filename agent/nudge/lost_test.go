package nudge

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vigil/agent"
)

// cutTerminal is a pane whose connection is lost at a step: from then on
// nothing is answered. What was sent at that step may have arrived.
type cutTerminal struct {
	*fakeTerminal
	at      string // "look", "paste", "taken", "enter", "after"
	arrives bool
	cut     bool
}

var _ Terminal = (*cutTerminal)(nil)

var errCutOff = fmt.Errorf("%w: reset by peer", ErrUnsure)

func (c *cutTerminal) step(name string, do func() error) error {
	if c.cut {
		return errCutOff
	}
	if c.at != name {
		return do()
	}
	c.cut = true
	if c.arrives {
		_ = do()
	}
	return errCutOff
}

func (c *cutTerminal) Look(ctx context.Context) (l Look, err error) {
	name := "look"
	switch {
	case c.enters > 0:
		name = "after"
	case len(c.pastes) > 0:
		name = "taken"
	}
	err = c.step(name, func() (err error) { l, err = c.fakeTerminal.Look(ctx); return err })
	return l, err
}

func (c *cutTerminal) Paste(ctx context.Context, text string) error {
	return c.step("paste", func() error { return c.fakeTerminal.Paste(ctx, text) })
}

func (c *cutTerminal) Enter(ctx context.Context) error {
	return c.step("enter", func() error { return c.fakeTerminal.Enter(ctx) })
}

// However a connection is lost in the middle of a delivery, the next try after
// its return completes it: the text reaches the agent once.
func TestDeliverOverALostConnection(t *testing.T) {
	for _, c := range []struct {
		at      string
		arrives bool
		first   agent.NudgeStatus
		pastes  int // in all
		enters  int
	}{
		{"look", false, agent.Planned, 1, 1},
		{"paste", false, agent.Planned, 1, 1},
		{"paste", true, agent.Planned, 1, 1},
		{"taken", false, agent.Planned, 1, 1},
		{"enter", false, agent.Sent, 1, 1},
		{"after", false, agent.Sent, 1, 1}, // the transcript cannot tell either
	} {
		t.Run(fmt.Sprint(c.at, " ", c.arrives), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeTerminal{look: Look{Screen: agent.Screen{Composer: agent.EmptyComposer}, Foreground: true}}
				p := &cutTerminal{fakeTerminal: f, at: c.at, arrives: c.arrives}
				d := Delivery{Text: text, Now: time.Now, Still: func() string { return "" }, Sent: func() {}}
				r, err := Deliver(t.Context(), p, d)
				if r.Status != c.first || !errors.Is(err, ErrUnsure) {
					t.Fatalf("cut off: %+v, %v", r, err)
				}
				if c.at == "after" { // Enter has worked; the supervisor asks the transcript first
					if f.enters != 1 {
						t.Errorf("%d Enters", f.enters)
					}
					return
				}
				p.cut, p.at = false, ""
				if r, err := Deliver(t.Context(), p, d); r.Status != agent.Sent || err != nil {
					t.Errorf("again: %+v, %v", r, err)
				}
				if len(f.pastes) != c.pastes || f.enters != c.enters {
					t.Errorf("%d pastes and %d Enters", len(f.pastes), f.enters)
				}
			})
		})
	}
}
