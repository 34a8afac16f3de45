package nudge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil/agent"
)

// Shell is the shell of a pane whose agent is gone. Typing a command into it is
// the one exception from "never into a shell": that rule is about messages,
// which say something to an agent, while this is the command line of the agent
// itself, made of its own process's arguments, each quoted, and typed only
// where that shell started it and does nothing else.
type Shell interface {
	Look(ctx context.Context) (ShellLook, error)
	Kill(ctx context.Context) error // empties the input line
	Type(ctx context.Context, line string) error
	Enter(ctx context.Context) error
}

// ShellLook is what a shell's pane shows at one moment.
type ShellLook struct {
	Hold   string    // why nothing may be typed; empty if it may
	Before []string  // the screen's rows up to the cursor
	Typed  time.Time // when a person last typed; zero if never
}

// Times of a restart.
const (
	promptWithin = 3 * time.Second // a shell shows its empty input line
	promptStill  = 4               // looks that must agree on it
	lineWithin   = 5 * time.Second // what was typed stands there
	shellEvery   = 50 * time.Millisecond
)

// ErrNotAlone tells that what was typed did not stand alone in a shell's input
// line, so that it was taken back and not entered.
var ErrNotAlone = errors.New("the shell's input line did not show the command alone; it was taken back")

// Restart has a shell run one line: it empties the input line, types, looks
// that the line stands there alone, and presses Enter. sent is called after
// that. Whatever else it finds gives Planned, with the reason, and the input
// line emptied again.
func Restart(ctx context.Context, sh Shell, line string, typed time.Duration, sent func(), now func() time.Time) (Result, error) {
	held := func(why string, err error) (Result, error) { return Result{agent.Planned, why}, err }
	l, err := sh.Look(ctx)
	switch {
	case err != nil:
		return held("its pane cannot be read", fmt.Errorf("look at the shell: %w", err))
	case l.Hold != "":
		return held(l.Hold, nil)
	case !l.Typed.IsZero() && now().Sub(l.Typed) < typed:
		return held("a person typed a moment ago", nil)
	}
	if err := sh.Kill(ctx); err != nil {
		return held("its input line cannot be emptied", err)
	}
	prompt, hold, err := prompted(ctx, sh, now)
	if err != nil || hold != "" {
		return held(hold, err)
	}
	if err := sh.Type(ctx, line); err != nil {
		return held("the command cannot be typed", err)
	}
	if err := alone(ctx, sh, prompt, line, now); err != nil {
		return held(agent.CleanLine(err.Error(), maxField), errors.Join(err, sh.Kill(context.WithoutCancel(ctx))))
	}
	if err := sh.Enter(ctx); err != nil {
		return Result{agent.Sent, "Enter failed"}, fmt.Errorf("press Enter: %w", err)
	}
	sent()
	return Result{agent.Sent, ""}, nil
}

// prompted waits until the shell's screen stands still, and returns it, or what
// forbids typing.
func prompted(ctx context.Context, sh Shell, now func() time.Time) (rows []string, hold string, err error) {
	deadline := now().Add(promptWithin)
	var last string
	for same := 0; ; {
		l, err := sh.Look(ctx)
		if err != nil || l.Hold != "" {
			return nil, l.Hold, err
		}
		switch shown := strings.Join(l.Before, "\n"); {
		case shown == last && len(l.Before) > 0:
			if same++; same >= promptStill {
				return l.Before, "", nil
			}
		default:
			last, same = shown, 1
		}
		if now().After(deadline) {
			return nil, "its shell's screen does not stand still", nil
		}
		if err := sleep(ctx, shellEvery); err != nil {
			return nil, "vigil is stopping", err
		}
	}
}

// alone waits until the line stands behind the prompt, and nothing before it.
func alone(ctx context.Context, sh Shell, prompt []string, line string, now func() time.Time) error {
	deadline := now().Add(lineWithin)
	for {
		l, err := sh.Look(ctx)
		switch {
		case err == nil && l.Hold != "":
			return errors.New(l.Hold)
		case err == nil && behind(prompt, l.Before, line):
			return nil
		case now().After(deadline):
			return errors.Join(ErrNotAlone, err)
		}
		if err := sleep(ctx, shellEvery); err != nil {
			return err
		}
	}
}

// behind reports whether a screen shows just the line behind the prompt. The
// screen may have scrolled, and the line may be wrapped.
func behind(prompt, shown []string, line string) bool {
	if len(prompt) == 0 {
		return false
	}
	before, ok := strings.CutSuffix(squeeze(strings.Join(shown, "")), squeeze(line))
	return ok && strings.HasSuffix(squeeze(strings.Join(prompt, "")), before) &&
		strings.HasSuffix(before, squeeze(prompt[len(prompt)-1]))
}
