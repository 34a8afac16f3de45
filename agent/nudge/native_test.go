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

// inlet is a CLI's own way in, as a test wants it.
type inlet struct {
	err     error
	busy    int // times that it is, at first
	has     bool
	hasErr  error
	typed   time.Time
	started []string
	asked   int
	took    func()
}

func (i *inlet) Start(_ context.Context, text string) error {
	if i.busy > 0 {
		i.busy--
		return ErrBusy
	}
	i.started = append(i.started, text)
	if i.err == nil && i.took != nil {
		i.took()
	}
	return i.err
}

func (i *inlet) Has(context.Context) (bool, error) {
	i.asked++
	return i.has, i.hasErr
}

func (i *inlet) Typed(context.Context) (time.Time, error) { return i.typed, nil }

var _ Inlet = (*inlet)(nil)

func TestHand(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     inlet
		again  bool
		still  string
		ago    time.Duration // since a person typed
		seen   bool          // the transcript shows it
		status agent.NudgeStatus
		starts int
		sent   bool
		err    error
	}{
		{name: "taken", seen: true, status: agent.Received, starts: 1, sent: true},
		{name: "taken and not seen", status: agent.Sent, starts: 1, sent: true},
		{name: "it went on", still: "it went on by itself", status: agent.Planned},
		{name: "a person types", ago: 4 * time.Second, status: agent.Planned},
		{name: "a person typed", ago: time.Minute, seen: true, status: agent.Received, starts: 1, sent: true},
		{name: "still busy for a moment", in: inlet{busy: 10}, seen: true, status: agent.Received, starts: 1, sent: true},
		{name: "busy", in: inlet{busy: 1000}, status: agent.Planned},
		{name: "it asks", in: inlet{err: errors.New("it asks a person")}, status: agent.Planned, starts: 1},
		{name: "refused", in: inlet{err: fmt.Errorf("%w: no", ErrRefused)}, status: agent.Planned, starts: 1, err: ErrRefused},
		{name: "the answer is lost", in: inlet{err: fmt.Errorf("%w: no", ErrUnsure)}, status: agent.Sent, starts: 1, err: ErrUnsure},
		{name: "again, and it has it", in: inlet{has: true}, again: true, status: agent.Received},
		{name: "again, and it has it not", again: true, seen: true, status: agent.Received, starts: 1, sent: true},
		{name: "again, and it does not say", in: inlet{hasErr: errors.New("gone")}, again: true, status: agent.Planned},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				received, sent := make(chan struct{}), false
				in := c.in
				if c.ago > 0 {
					in.typed = time.Now().Add(-c.ago)
				}
				if c.seen {
					in.took = func() { close(received) }
				}
				r, err := Hand(t.Context(), &in, Delivery{
					Text: "keep going", Typed: 10 * time.Second, Received: received, Now: time.Now,
					Still: func() string { return c.still }, Sent: func() { sent = true },
				}, c.again)
				if r.Status != c.status || !errors.Is(err, c.err) || len(in.started) != c.starts || sent != c.sent {
					t.Errorf("%+v, %v; started %q, sent %v", r, err, in.started, sent)
				}
				if r.Status == agent.Planned && r.Note == "" {
					t.Error("it does not say why")
				}
				if !c.again && in.asked > 0 {
					t.Error("a new nudge was looked for")
				}
			})
		})
	}
}
