package nudge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigil/agent"
)

// ErrRefused is what the errors of an Inlet wrap when the CLI does not take
// texts this way: another way is tried. Nothing was done.
var ErrRefused = errors.New("the CLI refused it")

// ErrBusy is what the errors of an Inlet wrap while a turn runs. Nothing was
// done.
var ErrBusy = errors.New("the CLI works")

// Inlet is a CLI's own way in for one agent.
type Inlet interface {
	// Start begins a turn with the text. If the error wraps ErrUnsure the text
	// may have arrived; after any other, nothing was done.
	Start(ctx context.Context, text string) error
	// Has reports whether the text of this nudge was taken before; an error says
	// that it is not known.
	Has(ctx context.Context) (bool, error)
	// Typed is when a person last typed into the agent's pane; zero if never.
	Typed(ctx context.Context) (time.Time, error)
}

// Hand gives the text to the CLI itself, once. What its screen shows does not
// matter: a draft in the input line stays there. The CLI says whether it is
// free. With again, the nudge was tried before, and is looked for first.
func Hand(ctx context.Context, in Inlet, d Delivery, again bool) (Result, error) {
	if again {
		switch has, err := in.Has(ctx); {
		case err != nil:
			return Result{agent.Planned, "it is not known whether the CLI has it: " + agent.CleanLine(err.Error(), maxField)}, nil
		case has:
			return Result{agent.Received, ""}, nil
		}
	}
	typed, err := in.Typed(ctx)
	if err != nil {
		return Result{agent.Planned, "its pane cannot be read"}, fmt.Errorf("ask who typed: %w", err)
	}
	if !typed.IsZero() && d.Now().Sub(typed) < d.Typed {
		return Result{agent.Planned, "a person typed a moment ago"}, nil
	}
	if why := d.Still(); why != "" {
		return Result{agent.Planned, why}, nil
	}
	err = in.Start(ctx, d.Text)
	// A turn is over for the CLI a little after its transcript says so.
	for deadline := d.Now().Add(idleWithin); errors.Is(err, ErrBusy) && d.Now().Before(deadline); {
		if serr := sleep(ctx, lookEvery); serr != nil {
			return Result{agent.Planned, "vigil is stopping"}, serr
		}
		if why := d.Still(); why != "" {
			return Result{agent.Planned, why}, nil
		}
		err = in.Start(ctx, d.Text)
	}
	switch {
	case errors.Is(err, ErrUnsure):
		return Result{agent.Sent, "handed over; then the connection was lost"}, err
	case errors.Is(err, ErrRefused):
		return Result{agent.Planned, agent.CleanLine(err.Error(), maxField)}, err
	case err != nil: // it is not free, or cannot be reached, now
		return Result{agent.Planned, agent.CleanLine(err.Error(), maxField)}, nil
	}
	d.Sent()
	if d.Received == nil {
		return Result{agent.Sent, ""}, nil
	}
	if waitReceived(ctx, d, sentWithin) {
		return Result{agent.Received, ""}, nil
	}
	return Result{agent.Sent, "taken by the CLI; the transcript does not show it yet"}, nil
}
