package agent

import (
	"strconv"
	"strings"
	"time"
)

// resetDay is the day that a message names, as far as it does.
type resetDay struct {
	given   bool
	year    int // zero if not told
	month   time.Month
	day     int
	week    time.Weekday
	byWeek  bool
	forward int // days from the message's own
}

// day reads a day from the front.
func (p *resetParser) day() resetDay {
	if m := p.take(wordDay); m != nil {
		d := resetDay{given: true, month: monthOf(m[1] + m[5]), day: resetInt(m[2] + m[4]), year: resetInt(m[3] + m[6])}
		if !validDay(max(d.year, 2024), d.month, d.day) { // a leap year
			return resetDay{}
		}
		return d
	}
	if m := p.take(slashDay); m != nil {
		d := resetDay{given: true, month: time.Month(resetInt(m[1])), day: resetInt(m[2]), year: resetInt(m[3])}
		if !validDay(d.year, d.month, d.day) {
			return resetDay{}
		}
		return d
	}
	if m := p.take(weekDay); m != nil {
		switch {
		case m[2] != "":
			return resetDay{given: true, month: 0}
		case m[3] != "":
			return resetDay{given: true, forward: 1}
		}
		names := "sunmontuewedthufrisat"
		return resetDay{given: true, byWeek: true, week: time.Weekday(strings.Index(names, strings.ToLower(m[1])) / 3)}
	}
	return resetDay{}
}

// resolve returns the moment of the day at a time, for a message of at, in at's
// own zone.
func (d resetDay) resolve(at time.Time, hour, minute, second int) time.Time {
	loc := at.Location()
	on := func(year int, month time.Month, day int) time.Time {
		return onWall(year, month, day, hour, minute, second, loc)
	}
	// A CLI rounds to the minute: what was a moment ago is still meant.
	late := at.Add(-time.Minute)
	today := func(plus int) time.Time {
		t := on(at.Year(), at.Month(), at.Day()+plus)
		if again := t.Add(time.Hour); t.Before(late) && again.Hour() == t.Hour() {
			return again // the clocks were set back between
		}
		return t
	}
	switch {
	case !d.given:
		t := today(0)
		if t.Before(late) {
			t = today(1)
		}
		return t.UTC()
	case d.byWeek:
		plus := (int(d.week) - int(at.Weekday()) + 7) % 7
		t := today(plus)
		if t.Before(late) {
			t = today(plus + 7)
		}
		return t.UTC()
	case d.month == 0:
		return today(d.forward).UTC()
	case d.year != 0:
		return on(d.year, d.month, d.day).UTC()
	}
	t := on(at.Year(), d.month, d.day)
	if t.Before(at.AddDate(0, -1, 0)) {
		t = on(at.Year()+1, d.month, d.day)
	}
	return t.UTC()
}

// onWall is the moment at which a clock shows the time; one that is left out
// when clocks are set forward is the first after it.
func onWall(year int, month time.Month, day, hour, minute, second int, loc *time.Location) time.Time {
	t := time.Date(year, month, day, hour, minute, second, 0, loc)
	if earlier := t.Add(-time.Hour); earlier.Hour() == t.Hour() && earlier.Day() == t.Day() {
		return earlier // shown twice: the first
	}
	if shown := t.Hour(); shown != hour && (shown+1)%24 == hour {
		t = t.Add(time.Hour)
	}
	return t
}

func validDay(year int, month time.Month, day int) bool {
	if year < 2000 || year > 2199 || month < time.January || month > time.December || day < 1 {
		return false
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() == day
}

func monthOf(name string) time.Month {
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	return time.Month(strings.Index(names, strings.ToLower(name))/3 + 1)
}

// resetInt is a number that a pattern has matched; zero for none.
func resetInt(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// resetSpan reads a span of time from the front: "3h2m1s", "2 days 3 hours and
// 4 minutes", "1.5s", "less than a minute"; zero for what is none.
func resetSpan(s string) time.Duration {
	s = strings.ToLower(s[:min(len(s), 120)])
	s = strings.TrimPrefix(s, "less than ")
	total, any := time.Duration(0), false
	for {
		n, rest, ok := spanNumber(s)
		if !ok {
			break
		}
		unit, rest := spanUnit(strings.TrimLeft(rest, " "))
		if unit == 0 || n*float64(unit) > float64(maxResetIn-total) {
			break
		}
		total, any = total+time.Duration(n*float64(unit)), true
		s = strings.TrimLeft(rest, " ,")
		s = strings.TrimPrefix(s, "and ")
	}
	if !any {
		return 0
	}
	return max(total, time.Second)
}

func spanNumber(s string) (n float64, rest string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "an "); ok {
		return 1, rest, true
	}
	if rest, ok := strings.CutPrefix(s, "a "); ok {
		return 1, rest, true
	}
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' && i > 0) {
		i++
	}
	n, err := strconv.ParseFloat(s[:i], 64)
	return n, s[i:], err == nil
}

func spanUnit(s string) (unit time.Duration, rest string) {
	i := 0
	for i < len(s) && s[i] >= 'a' && s[i] <= 'z' {
		i++
	}
	switch s[:i] {
	case "w", "week", "weeks":
		unit = 7 * 24 * time.Hour
	case "d", "day", "days":
		unit = 24 * time.Hour
	case "h", "hr", "hrs", "hour", "hours":
		unit = time.Hour
	case "m", "min", "mins", "minute", "minutes":
		unit = time.Minute
	case "s", "sec", "secs", "second", "seconds":
		unit = time.Second
	case "ms", "millisecond", "milliseconds":
		unit = time.Millisecond
	}
	return unit, s[i:]
}

// zoneOf returns the zone with a name or abbreviation, or nil. Abbreviations
// that several countries have mean the one that CLIs print them for: CST is
// Chicago's and IST is Kolkata's.
func zoneOf(name string) *time.Location {
	if strings.Contains(name, "/") {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc
		}
		return nil
	}
	for _, z := range []struct {
		names string
		hours float64
	}{
		{"UTC GMT Z WET", 0},
		{"BST CET WEST MEZ", 1},
		{"CEST EET SAST MESZ", 2},
		{"EEST MSK TRT", 3},
		{"PKT", 5},
		{"IST", 5.5},
		{"ICT WIB", 7},
		{"HKT SGT AWST PHT", 8},
		{"JST KST", 9},
		{"ACST", 9.5},
		{"AEST", 10},
		{"ACDT", 10.5},
		{"AEDT", 11},
		{"NZST", 12},
		{"NZDT", 13},
		{"BRT ART ADT", -3},
		{"NDT", -2.5},
		{"NST", -3.5},
		{"AST EDT", -4},
		{"EST CDT", -5},
		{"CST MDT", -6},
		{"MST PDT", -7},
		{"PST AKDT", -8},
		{"AKST HDT", -9},
		{"HST", -10},
	} {
		for n := range strings.FieldsSeq(z.names) {
			if rest, ok := strings.CutPrefix(name, n); ok && (rest == "" || z.hours == 0 && n != "Z") {
				return offsetZone(name, z.hours, rest)
			}
		}
	}
	if name != "" && (name[0] == '+' || name[0] == '-') {
		return offsetZone(name, 0, name)
	}
	return nil
}

// offsetZone is a fixed zone: hours, and what "+2" or "-03:30" adds.
func offsetZone(name string, hours float64, plus string) *time.Location {
	secs := int(hours * 3600)
	if plus != "" {
		if plus[0] != '+' && plus[0] != '-' {
			return nil
		}
		h, m, ok := strings.Cut(plus[1:], ":")
		if !ok && len(h) > 2 {
			h, m = h[:len(h)-2], h[len(h)-2:]
		}
		add := resetInt(h)*3600 + resetInt(m)*60
		if add > 14*3600 {
			return nil
		}
		if plus[0] == '-' {
			add = -add
		}
		secs += add
	}
	return time.FixedZone(name, secs)
}
