package agent

import (
	"fmt"
	"strconv"
	"time"
)

// Age writes a time span in as few characters as tell what matters of it:
// "<1m", "42m", "9h07m", "3d04h".
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "<1m"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
	case d < 1000*24*time.Hour:
		return fmt.Sprintf("%dd%02dh", int(d/(24*time.Hour)), int(d%(24*time.Hour)/time.Hour))
	}
	return "years"
}

// Ago is the age of t, or nothing where t is not known.
func Ago(now, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return Age(now.Sub(t))
}

// ago is Ago in words.
func ago(now, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return Age(now.Sub(t)) + " ago"
}

// in says when something is to happen.
func in(now, t time.Time) string {
	if d := t.Sub(now); d > 0 {
		return "in " + Countdown(d)
	}
	return "now"
}

// Countdown writes the time that is left, to the second while it is short. A
// moment that has come is "now".
func Countdown(d time.Duration) string {
	if d <= 0 {
		return "now"
	}
	s := int((d + time.Second - 1) / time.Second)
	switch {
	case s < 100:
		return strconv.Itoa(s) + "s"
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return Age(d)
}

// ClockTime is a time of day where now is, with the weekday where that is
// another day's.
func ClockTime(now, t time.Time) string {
	t = t.In(now.Location())
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("Mon 15:04")
	}
	return t.Format("15:04")
}

// Lives reports whether a task may still do what it was started for.
func (t Task) Lives() bool { return t.State == TaskAlive || t.State == TaskUnsure }

// Stands says all that is known of how a task stands.
func (t Task) Stands(now time.Time) string {
	s := map[TaskState]string{
		TaskUnsure: "not seen to live", TaskHollow: "hollow: what it watches is dead",
	}[t.State]
	if s == "" {
		s = string(t.State)
	}
	if t.Source != "" {
		s += ", by the " + t.Source
	}
	if a := Ago(now, t.Started); a != "" {
		s += ", for " + a
	}
	if a := Ago(now, t.Sign); a != "" {
		s += ", last sign of life " + a + " ago"
	}
	if !t.Due.IsZero() {
		s += ", due at " + ClockTime(now, t.Due)
	}
	if t.Until.After(now) {
		s += ", until " + ClockTime(now, t.Until) + " at most"
	}
	return s
}

// wakes says what a task that lives does to its agent when it ends. While the
// agent works nothing need wake it.
func (t Task) wakes(working bool) string {
	switch {
	case !t.Lives() || t.Wakes && !working:
		return ""
	case t.Wakes:
		return "; once the turn is over, its end wakes the agent"
	case working:
		return "; once the turn is over, nothing but a nudge wakes the agent at its end"
	}
	return "; nothing but a nudge wakes the agent at its end"
}
