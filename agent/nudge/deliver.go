package nudge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"vigil/agent"
)

// Times of the tmux transaction.
const (
	lookEvery  = 25 * time.Millisecond // between looks while something is awaited
	idleWithin = 3 * time.Second       // a turn's end is on the screen after its mark
	takeWithin = 10 * time.Second      // a paste is in the input line; a starved CLI takes seconds
	sentWithin = 5 * time.Second       // the input line is clear and the transcript has it
	reEnter    = 1200 * time.Millisecond
	maxEnters  = 4 // one, and at most three more
)

// Look is what a terminal shows at one moment, and who is there.
type Look struct {
	Screen     agent.Screen
	Foreground bool      // the pane's foreground process is still the agent
	Typed      time.Time // when a person last typed; zero if never
}

// Terminal is one agent's pane.
type Terminal interface {
	Look(ctx context.Context) (Look, error)
	Paste(ctx context.Context, text string) error
	Enter(ctx context.Context) error
}

// Delivery is one nudge on its way through a terminal.
type Delivery struct {
	Text     string
	Command  bool            // it is a command of the CLI (see IsCommand), for which the CLI opens a menu
	Typed    time.Duration   // hold if a person typed this recently
	Received <-chan struct{} // closed when the transcript shows the text; nil where nothing can
	Still    func() string   // why the nudge is not wanted now; empty if the ending that it answers stands
	Sent     func()          // called after the first Enter
	Now      func() time.Time
}

// Result is how a delivery fared.
type Result struct {
	Status agent.NudgeStatus // Planned (held: nothing was typed), Sent or Received
	Note   string            // what held it, or what is unclear
}

// ErrUnclear tells that the text was pasted but not seen in the input line, so
// that it was neither submitted nor may it be pasted again.
var ErrUnclear = errors.New("the text was pasted but did not appear in the input line; look at the pane")

// ErrUnsure is what the errors of a Terminal wrap when the connection to it was
// lost: it is not known what arrived. What the pane shows once it is back tells.
var ErrUnsure = errors.New("the connection to the pane was lost")

// Deliver types the text into the terminal, once: it checks that the terminal
// is the agent's and free, pastes, waits until the text stands in the input
// line, presses Enter, and waits until it was taken. If the text stands there
// already (vigil died or lost the connection between paste and Enter), only
// Enter is pressed. An obstacle found before anything was typed gives Planned,
// with the reason; so does a connection that was lost before Enter, since the
// next try sees whether the text stands there.
func Deliver(ctx context.Context, t Terminal, d Delivery) (Result, error) {
	l, hold, err := free(ctx, t, d)
	if err != nil {
		return Result{agent.Planned, hold}, err
	}
	if hold != "" {
		return Result{agent.Planned, hold}, nil
	}
	if !same(l.Screen.Draft, d.Text) {
		if why := d.Still(); why != "" {
			return Result{agent.Planned, why}, nil
		}
		if err := t.Paste(ctx, d.Text); err != nil {
			return Result{agent.Planned, "the paste failed"}, fmt.Errorf("paste: %w", err)
		}
		switch err := taken(ctx, t, d); {
		case errors.Is(err, ErrUnsure):
			return Result{agent.Planned, "pasted; then the connection to its pane was lost"}, err
		case err != nil:
			return Result{agent.Sent, err.Error()}, err
		}
	}
	return submit(ctx, t, d)
}

// free waits until the screen shows that the turn is over, and says what
// forbids typing, if anything does.
func free(ctx context.Context, t Terminal, d Delivery) (Look, string, error) {
	deadline := d.Now().Add(idleWithin)
	for {
		l, err := t.Look(ctx)
		if err != nil {
			return l, "its pane cannot be read", fmt.Errorf("look at the pane: %w", err)
		}
		hold := obstacle(l, d)
		if hold == "" {
			return l, "", nil
		}
		// A screen is drawn a little after the transcript says that the turn
		// ended: what passes by itself is waited for, what a person must
		// settle is not.
		if passing := l.Screen.Busy || l.Screen.Composer == agent.NoComposer && l.Screen.Dialog == "" && !l.Screen.Mode && l.Foreground; !passing || d.Now().After(deadline) {
			return l, hold, nil
		}
		if err := sleep(ctx, lookEvery); err != nil {
			return l, "vigil is stopping", err
		}
	}
}

// obstacle says why nothing may be typed now; empty if it may.
func obstacle(l Look, d Delivery) string {
	s := l.Screen
	switch {
	case !l.Foreground:
		return "the pane's foreground process is not the agent"
	case s.Mode:
		return "the pane is in copy mode"
	case s.Dialog != agent.NoDialog && !d.menu(s):
		return "a dialog is open: " + string(s.Dialog)
	case s.Busy:
		return "its screen shows that it works"
	case s.Composer == agent.NoComposer:
		return "its input line is not on the screen"
	case s.Composer == agent.DraftComposer && !same(s.Draft, d.Text):
		return "the input line holds a draft"
	case !l.Typed.IsZero() && d.Now().Sub(l.Typed) < d.Typed:
		return "a person typed a moment ago"
	}
	return ""
}

// menu reports whether what looks like a dialog is the menu that a CLI opens
// beside a command in its input line: the command itself is its first choice.
func (d Delivery) menu(s agent.Screen) bool {
	return d.Command && s.Dialog == agent.OtherDialog && s.Composer == agent.DraftComposer && same(s.Draft, d.Text)
}

// shows reports whether the screen shows the text in the input line, or the mark
// that a CLI puts there for it: the line was empty before the paste.
func (d Delivery) shows(s agent.Screen) bool { return same(s.Draft, d.Text) || s.Pasted }

// taken waits until the pasted text stands in the input line.
func taken(ctx context.Context, t Terminal, d Delivery) error {
	deadline := d.Now().Add(takeWithin)
	for {
		l, err := t.Look(ctx)
		if err == nil && l.Foreground && (l.Screen.Dialog == agent.NoDialog || d.menu(l.Screen)) && d.shows(l.Screen) {
			return nil
		}
		if d.Now().After(deadline) {
			if errors.Is(err, ErrUnsure) {
				return err
			}
			return ErrUnclear
		}
		if err := sleep(ctx, lookEvery); err != nil {
			return err
		}
	}
}

// submit presses Enter until the text is gone from the input line.
func submit(ctx context.Context, t Terminal, d Delivery) (Result, error) {
	var entered time.Time
	deadline := d.Now().Add(sentWithin)
	for enters := 0; ; {
		if enters == 0 || (enters < maxEnters && d.Now().Sub(entered) >= reEnter && stands(ctx, t, d) == agent.Yes) {
			if err := t.Enter(ctx); err != nil {
				return Result{agent.Sent, "Enter failed"}, fmt.Errorf("press Enter: %w", err)
			}
			if enters++; enters == 1 {
				d.Sent()
			}
			entered = d.Now()
			if enters > 1 {
				deadline = entered.Add(sentWithin)
			}
		}
		if waitReceived(ctx, d, 8*lookEvery) {
			return Result{agent.Received, ""}, nil
		}
		if d.Received == nil && stands(ctx, t, d) == agent.No { // nothing else will tell
			return Result{agent.Sent, ""}, nil
		}
		if err := ctx.Err(); err != nil {
			return Result{agent.Sent, "vigil stopped before it was confirmed"}, err
		}
		if !d.Now().Before(deadline) {
			switch stands(ctx, t, d) {
			case agent.Yes:
				return Result{agent.Sent, "the text still stands in the input line"}, ErrUnclear
			case agent.No:
				return Result{agent.Sent, "taken by the CLI; the transcript does not show it yet"}, nil
			}
			return Result{agent.Sent, "Enter was pressed; then its pane could not be read"}, ErrUnsure
		}
	}
}

// stands tells whether the text is seen in the input line, with nothing in the
// way of an Enter.
func stands(ctx context.Context, t Terminal, d Delivery) agent.Tri {
	l, err := t.Look(ctx)
	if err != nil {
		return agent.Unsure
	}
	return agent.TriOf(l.Foreground && !l.Screen.Mode && (l.Screen.Dialog == agent.NoDialog || d.menu(l.Screen)) && d.shows(l.Screen))
}

func waitReceived(ctx context.Context, d Delivery, within time.Duration) bool {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-d.Received:
		return true
	case <-t.C:
	case <-ctx.Done():
	}
	return false
}

// same reports whether an input line holds just the text. White space is left
// out of the comparison: the CLI wraps it as it likes.
func same(draft, text string) bool {
	return draft != "" && squeeze(draft) == squeeze(text)
}

// Shows reports whether a prompt in the transcript is, or holds, the text.
func Shows(prompt, text string) bool {
	return text != "" && strings.Contains(squeeze(prompt), squeeze(text))
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u200b' {
			return -1
		}
		return r
	}, s)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
