package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"vigil/agent"
)

// The types below are values of the configuration that TOML has no type for.
// They are written as strings; their UnmarshalText errors get the position of
// the value from the TOML decoder.

// duration is written as "90s", "2m" or "1h30m".
type duration time.Duration

func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration: write it like \"90s\", \"2m\" or \"1h30m\"", b)
	}
	*d = duration(v)
	return nil
}

// MarshalText writes the duration without the zero parts that
// [time.Duration.String] shows ("2m", not "2m0s").
func (d duration) MarshalText() ([]byte, error) {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return []byte(s), nil
}

// restart is "never", "on-failure" or "always"; false and true, as it was
// before, are the first two.
type restart struct{ agent.RestartWhen }

func (r *restart) UnmarshalText(b []byte) error {
	switch when := agent.RestartWhen(b); when {
	case agent.RestartNever, agent.RestartOnFailure, agent.RestartAlways:
		r.RestartWhen = when
	case "false":
		r.RestartWhen = agent.RestartNever
	case "true":
		r.RestartWhen = agent.RestartOnFailure
	default:
		return fmt.Errorf("%q: write \"never\", \"on-failure\" or \"always\"", b)
	}
	return nil
}

// MarshalText is the reverse of UnmarshalText.
func (r restart) MarshalText() ([]byte, error) { return []byte(r.RestartWhen), nil }

// quiet is "never" or spans of local time, "23:00-07:00, 12:00-13:00".
type quiet []agent.DaySpan

func (q *quiet) UnmarshalText(b []byte) error {
	*q = quiet{}
	if s := strings.TrimSpace(string(b)); s == "never" || s == "" {
		return nil
	}
	for _, part := range strings.Split(string(b), ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		f, err1 := clock(from)
		t, err2 := clock(to)
		if !ok || err1 != nil || err2 != nil {
			return fmt.Errorf("%q is no span of the day: write \"never\" or \"23:00-07:00\"", part)
		}
		*q = append(*q, agent.DaySpan{From: f, To: t})
	}
	return nil
}

// MarshalText is the reverse of UnmarshalText.
func (q quiet) MarshalText() ([]byte, error) {
	if len(q) == 0 {
		return []byte("never"), nil
	}
	var parts []string
	for _, s := range q {
		parts = append(parts, hhmm(s.From)+"-"+hhmm(s.To))
	}
	return []byte(strings.Join(parts, ", ")), nil
}

func clock(s string) (time.Duration, error) {
	t, err := time.Parse("15:04", strings.TrimSpace(s))
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
}

func hhmm(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// dayTime is "never" or a time of the day, "08:00".
type dayTime struct {
	on bool
	at time.Duration // since midnight
}

func (d *dayTime) UnmarshalText(b []byte) error {
	*d = dayTime{}
	if s := strings.TrimSpace(string(b)); s == "never" || s == "" {
		return nil
	}
	at, err := clock(string(b))
	if err != nil {
		return fmt.Errorf("%q is no time of the day: write \"never\" or \"08:00\"", b)
	}
	*d = dayTime{true, at}
	return nil
}

// MarshalText is the reverse of UnmarshalText.
func (d dayTime) MarshalText() ([]byte, error) {
	if !d.on {
		return []byte("never"), nil
	}
	return []byte(hhmm(d.at)), nil
}

// last returns when that time of the day last was, in now's own location.
func (d dayTime) last(now time.Time) time.Time {
	on := func(day int) time.Time {
		return time.Date(now.Year(), now.Month(), day, int(d.at.Hours()), int(d.at.Minutes())%60, 0, 0, now.Location())
	}
	if t := on(now.Day()); !t.After(now) {
		return t
	}
	return on(now.Day() - 1)
}

// until is "never" or a moment: RFC 3339, or local "2026-11-30 08:00".
type until struct{ time.Time }

func (u *until) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	if s == "never" || s == "" {
		u.Time = time.Time{}
		return nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		u.Time = t
		return nil
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", s, time.Local)
	if err != nil {
		return fmt.Errorf("%q is no date: write \"never\", \"2026-11-30 08:00\" or RFC 3339", s)
	}
	u.Time = t
	return nil
}

// MarshalText is the reverse of UnmarshalText.
func (u until) MarshalText() ([]byte, error) {
	if u.IsZero() {
		return []byte("never"), nil
	}
	return []byte(u.Format(time.RFC3339)), nil
}

// grindAct is what is done about an agent that grinds: "tell" (a person) or
// "nudge" (the agent, at its next end).
type grindAct bool

func (g *grindAct) UnmarshalText(b []byte) error {
	switch string(b) {
	case "tell", "nudge":
		*g = string(b) == "nudge"
		return nil
	}
	return fmt.Errorf("%q is nothing to do about it: write \"tell\" or \"nudge\"", b)
}

// MarshalText is the reverse of UnmarshalText.
func (g grindAct) MarshalText() ([]byte, error) {
	if g {
		return []byte("nudge"), nil
	}
	return []byte("tell"), nil
}

// pattern is a regular expression in Go's syntax.
type pattern struct{ *regexp.Regexp }

func (p *pattern) UnmarshalText(b []byte) error {
	re, err := regexp.Compile(string(b))
	if err != nil {
		return fmt.Errorf("%q is no regular expression: %s", b, err)
	}
	p.Regexp = re
	return nil
}

// MarshalText is the reverse of UnmarshalText.
func (p pattern) MarshalText() ([]byte, error) {
	if p.Regexp == nil {
		return nil, nil
	}
	return []byte(p.String()), nil
}
