package agent

import (
	"slices"
	"time"
)

// Ages beyond which a task that was never reported ended is no longer believed
// to live. Notices delivered in the middle of a turn can be missed, so a
// register without a cap only grows.
const (
	overdue  = 2 * time.Minute // after a wake-up's due time
	maxShell = 2 * time.Hour   // without any other sign of life
)

// FactsOf returns what the session itself tells about its last turn, for the
// judgement of its ending. The caller adds what other sources know (process,
// screen) before it asks.
func FactsOf(s *Session, now time.Time) Facts {
	t := s.Turn
	f := Facts{
		Kind: s.Info.Kind,
		Text: t.Final, Last: t.Last, ResultAfter: t.ResultAfter, Tail: slices.Clone(t.Tail),
		Failure: t.Failure, Aborted: t.Aborted, Now: now,
	}
	if t.Last == LastToolUse && len(t.Tail) > 0 {
		f.Text = t.Tail[len(t.Tail)-1]
	}
	for _, k := range s.Tasks {
		switch {
		case !k.Due.IsZero() && now.After(k.Due.Add(overdue)):
			f.Overdue = append(f.Overdue, k)
		case k.Due.IsZero() && now.Sub(k.Started) > maxShell:
			f.Overdue = append(f.Overdue, k)
		default:
			f.Waits = append(f.Waits, k)
		}
	}
	switch {
	case len(f.Waits) > 0 || s.Goal != "":
		f.Background = Yes
	case t.Origin == Goal:
		// A goal loop started this turn, and the file need not say whether it
		// goes on: not every version marks that.
		f.Background = Unsure
	default:
		f.Background = No
	}
	return f
}
