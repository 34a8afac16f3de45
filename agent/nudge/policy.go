// Package nudge says what to say to a stopped agent ([Message]), when
// ([When]) and how ([Deliver], [Resume]). It decides nothing about why an
// agent stopped, and it reads no clock but the one it is given.
package nudge

import (
	"fmt"
	"time"

	"vigil/agent"
)

// Waits that belong to an ending rather than to a policy.
const (
	// selfGrace is left to a CLI that continues by itself when its limit
	// resets, before it is nudged: Claude Code takes up to two minutes. Another
	// gets resetGrace, since clocks differ.
	selfGrace  = 5 * time.Minute
	resetGrace = 30 * time.Second
)

// NoWayIn is why an agent is not nudged that no channel reaches.
const NoWayIn = "no way in: it runs outside tmux; start it in tmux, or end it so that it can be resumed"

// failureWaits is the back-off after a failed turn: transport errors and
// overloads pass, but not at once, and an outage can take the whole night.
var failureWaits = []time.Duration{
	30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute,
}

// Case is what the policy is asked about: one agent whose turn has ended.
type Case struct {
	Now     time.Time
	Kind    agent.Kind
	Ended   time.Time
	Verdict agent.Verdict
	Failure *agent.Failure
	Failed  int         // failed turns in a row
	Wasted  int         // nudges in a row without effect
	Sent    []time.Time // of the nudges sent in the last hour
	Channel agent.Channel
	Left    bool   // a person ended its process, as far as is known
	Limit   *Limit // that holds for its account, whatever its own ending; nil without one
}

// When says when the nudge for a case is due. If it is held instead, hold
// tells a person why, and at is the time at which to ask again (zero if only a
// change of the facts can help).
func When(p agent.Policy, c Case) (at time.Time, hold string) {
	switch {
	case !p.Until.IsZero() && !c.Now.Before(p.Until):
		return time.Time{}, "policy: no nudges after " + p.Until.Format("2006-01-02 15:04")
	case c.Channel == "":
		return time.Time{}, NoWayIn
	}
	if hold := wanted(p, c); hold != "" {
		return time.Time{}, hold
	}
	if p.MaxWasted > 0 && c.Wasted >= p.MaxWasted {
		return time.Time{}, fmt.Sprintf("%d nudges in a row had no effect: a person is needed", c.Wasted)
	}
	at = c.Ended.Add(wait(p, c))
	if c.Limit != nil {
		continues := c.Kind == agent.Claude && IsUsage(c.Verdict.Ending, c.Failure)
		if next := c.Limit.Next(continues); next.After(at) {
			at = next
		}
	}
	if at.Before(c.Now) {
		at = c.Now
	}
	if free := hourly(p, c, at); free.After(at) {
		return free, fmt.Sprintf("policy: %d nudges in the last hour", p.MaxPerHour)
	}
	for _, q := range p.Quiet {
		if q.Covers(at) {
			return spanEnd(q, at), "policy: quiet hours"
		}
	}
	return at, ""
}

// wanted says why an ending gets no nudge by the policy; empty if it does.
func wanted(p agent.Policy, c Case) string {
	if f := c.Failure; f != nil && f.Person {
		return "a person is needed: " + agent.CleanLine(f.Text, 120)
	}
	switch c.Verdict.Ending {
	case agent.Limit:
		return ""
	case agent.Question:
		if !p.Question {
			return "policy: questions are for a person"
		}
	case agent.Context:
		if !p.Compact && !p.HandOver {
			return "its context is full: compact it (/compact), a plain nudge cannot help"
		}
	case agent.Gone:
		switch {
		case p.Restart == agent.RestartAlways:
		case p.Restart != agent.RestartOnFailure:
			return "policy: exited agents are not restarted"
		case c.Left:
			return "policy: a person ended it, and only failures are restarted"
		}
	case agent.Permission:
		return "it asks for permission: a person must answer"
	case agent.Interrupted:
		return "a person stopped it"
	}
	return ""
}

// wait is the time from the end of the turn to its nudge.
func wait(p agent.Policy, c Case) time.Duration {
	switch {
	case c.Verdict.Ending == agent.Failed, c.Failure != nil && c.Failure.Code == agent.Overloaded:
		return failureWaits[min(max(c.Failed-1, 0), len(failureWaits)-1)]
	case c.Verdict.Ending == agent.Limit:
		return 0 // Case.Limit tells, while there is one
	}
	if c.Wasted == 0 || len(p.BackOff) == 0 {
		return p.Delay
	}
	return max(p.Delay, p.BackOff[min(c.Wasted, len(p.BackOff)-1)])
}

// hourly returns the earliest time from at on at which one more nudge keeps
// within the policy's nudges an hour.
func hourly(p agent.Policy, c Case, at time.Time) time.Time {
	if p.MaxPerHour <= 0 || len(c.Sent) < p.MaxPerHour {
		return at
	}
	free := c.Sent[len(c.Sent)-p.MaxPerHour].Add(time.Hour)
	if free.After(at) {
		return free
	}
	return at
}

// spanEnd is the first end of the span after at.
func spanEnd(q agent.DaySpan, at time.Time) time.Time {
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
	end := day.Add(q.To)
	if !end.After(at) {
		end = day.AddDate(0, 0, 1).Add(q.To)
	}
	return end
}
