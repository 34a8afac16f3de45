package agent

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Reset reads out of a message, which a CLI or a service wrote at a time, when
// the limit of which it tells ends; zero if it does not say. It is the CLI's own
// text that goes in here, never what an agent wrote.
//
// The forms, as Claude Code (C), Codex (X), Gemini CLI (G) and the services
// behind them (S) print them:
//
//	C  5-hour limit reached ∙ resets 3am              the next 3:00 of the zone
//	C  You've hit your limit · resets 11:54pm (UTC)   ... of the zone named
//	C  Your limit will reset at 1pm (Etc/GMT+5)
//	C  Weekly limit reached ∙ resets Oct 7 at 9am (America/New_York)
//	C  Opus weekly limit reached ∙ resets Oct 9, 5pm
//	C  Claude AI usage limit reached|1795391673       seconds, or milliseconds
//	C  You will regain access on 2026-08-01 at 00:00 UTC
//	X  try again at 5:05 PM
//	X  try again at Nov 28th, 2026 3:05 PM
//	X  try again in 2 days 3 hours 4 minutes          after the message
//	X  try again in less than a minute
//	X  resets 23:11 on 28 Nov
//	G  Your quota will reset after 3h2m1s
//	G  Access resets at 11:00 AM GMT+2
//	S  Please try again in 1.234s; retry in 22.186s; retry after 37 minutes
//	S  Retry-After: 60; Retry-After: Wed, 21 Oct 2026 07:28:00 GMT
//	S  resets_at: 1795391673; "resetsAt": "2026-08-01T00:00:00Z"
//	S  resets Thursday 9:00 AM; resets tomorrow at 9am; ends on 9/23/2026
//
// A clock time is the next such moment after the message, whatever is done to
// the clocks between; a day without a year is the next such day, or one of the
// month before: a message can be read late. A zone is the name of the IANA's data
// base, an abbreviation ([zoneOf] has them) or an offset; where none is printed
// it is zone, that of the machine the CLI runs on (nil: this one's).
func Reset(text string, at time.Time, zone *time.Location) time.Time {
	text = text[:min(len(text), maxResetText)]
	if zone == nil {
		zone = time.Local
	}
	if m := resetField.FindStringSubmatch(text); m != nil {
		p := resetParser{rest: m[1], at: at, zone: zone}
		if t := p.moment(); !t.IsZero() {
			return t
		}
	}
	if m := resetSeconds.FindStringSubmatch(text); m != nil && !at.IsZero() {
		if s, err := strconv.ParseFloat(m[1], 64); err == nil && s <= maxResetIn.Seconds() {
			return at.Add(time.Duration(s * float64(time.Second))).UTC()
		}
	}
	for _, i := range resetWord.FindAllStringIndex(text, maxResetWords) {
		p := resetParser{rest: text[i[1]:], at: at, zone: zone}
		p.skip()
		if t := p.moment(); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// Bounds of what is read.
const (
	maxResetText  = 4096
	maxResetWords = 16
	maxResetIn    = 400 * 24 * time.Hour
)

var (
	resetField   = regexp.MustCompile(`(?i)(?:resets?_?(?:at|time)|resettimestamp|limit reached\|)["']?\s*[:=]?\s*["']?(\d[0-9tz:.+-]{7,34})`)
	resetSeconds = regexp.MustCompile(`(?i)(?:resets?_in_seconds|retry[-_]after(?:_seconds)?|retry after)["']?\s*[:=]?\s*["']?(\d{1,9}(?:\.\d{1,9})?)(?:["',;}\s]*$|["',;}]|\s*\n)`)
	resetWord    = regexp.MustCompile(`(?i)\b(?:resets?|again|access|resume|retry(?:[ -]after)?|available|cycle ends|continuing|until|wait)\b`)
	resetFiller  = regexp.MustCompile(`(?i)^(?:[^\pL\d+]+|(?:resets?|again|access|automatically|using this model|at|on|in|after|until|till|by|is|about|around|for)\b)+`)

	isoMoment  = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)(?:(?:[Tt]|,? (?:at )?)(\d\d?):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?)?`)
	wordDay    = regexp.MustCompile(`(?i)^(?:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?\b|(\d{1,2}) (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?:,? (\d{4}))?\b)`)
	slashDay   = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4})\b`)
	weekDay    = regexp.MustCompile(`(?i)^(?:(mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|r|rs|rsday|urday)?|(today)|(tomorrow))\b`)
	beforeTime = regexp.MustCompile(`(?i)^,?\s*(?:at\s+)?`)
	beforeDay  = regexp.MustCompile(`(?i)^,?\s*(?:on\s+)?`)
	clock12    = regexp.MustCompile(`(?i)^(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s?([ap])\.?m\b`)
	clock24    = regexp.MustCompile(`^(\d{1,2}):(\d\d)(?::(\d\d))?\b`)
	zoneName   = regexp.MustCompile(`^\s?\(?((?:[A-Za-z][A-Za-z_]*(?:/[A-Za-z0-9_+-]+)+)|(?:[A-Z]{1,5}(?:[+-]\d{1,2}(?::?\d\d)?)?)|(?:[+-]\d\d:?\d\d))(?:\)|\b)`)
)

// resetParser reads a moment from its beginning on.
type resetParser struct {
	rest string
	at   time.Time
	zone *time.Location
}

// take cuts what the pattern matches off the front.
func (p *resetParser) take(re *regexp.Regexp) []string {
	m := re.FindStringSubmatch(p.rest)
	if m != nil {
		p.rest = p.rest[len(m[0]):]
	}
	return m
}

func (p *resetParser) skip() { p.take(resetFiller) }

// moment reads whichever form comes.
func (p *resetParser) moment() time.Time {
	if t := p.number(); !t.IsZero() {
		return t
	}
	if t := p.full(); !t.IsZero() {
		return t
	}
	if p.at.IsZero() {
		return time.Time{} // the rest is counted from the message
	}
	if d := resetSpan(p.rest); d > 0 {
		return p.at.Add(d).UTC()
	}
	return p.wall()
}

// number reads seconds or milliseconds since 1970.
func (p *resetParser) number() time.Time {
	n := 0
	for n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9' {
		n++
	}
	v, err := strconv.ParseInt(p.rest[:n], 10, 64)
	switch {
	case err != nil || n < len(p.rest) && (p.rest[n] == '-' || p.rest[n] == ':' || p.rest[n] == '/'):
	case n >= 9 && n <= 10:
		return time.Unix(v, 0).UTC()
	case n >= 12 && n <= 13:
		return time.UnixMilli(v).UTC()
	}
	return time.Time{}
}

// full reads a date that says its year in figures.
func (p *resetParser) full() time.Time {
	if len(p.rest) >= len(time.RFC1123) {
		if t, err := time.Parse(time.RFC1123, p.rest[:len(time.RFC1123)]); err == nil {
			return t.UTC()
		}
	}
	if m := p.take(isoMoment); m != nil {
		loc, ok := p.inZone()
		year, month, day := resetInt(m[1]), resetInt(m[2]), resetInt(m[3])
		hour, minute, second := resetInt(m[4]), resetInt(m[5]), resetInt(m[6])
		if !ok || !validDay(year, time.Month(month), day) || hour > 23 || minute > 59 || second > 60 {
			return time.Time{}
		}
		return onWall(year, time.Month(month), day, hour, minute, second, loc).UTC()
	}
	return time.Time{}
}

// wall reads a day, a clock time or both, in either order.
func (p *resetParser) wall() time.Time {
	d := p.day()
	if d.given {
		p.take(beforeTime)
	}
	hour, minute, second, clock := p.clock()
	loc, ok := p.inZone()
	if !ok || !d.given && !clock {
		return time.Time{}
	}
	if !d.given {
		rest := p.rest
		p.take(beforeDay)
		if d = p.day(); !d.given {
			p.rest = rest
		} else if l, ok := p.inZone(); ok && l != p.zone {
			loc = l
		}
	}
	return d.resolve(p.at.In(loc), hour, minute, second)
}

// clock reads a time of the day.
func (p *resetParser) clock() (hour, minute, second int, ok bool) {
	if m := p.take(clock12); m != nil {
		hour, minute, second = resetInt(m[1]), resetInt(m[2]), resetInt(m[3])
		if hour < 1 || hour > 12 || minute > 59 || second > 59 {
			return 0, 0, 0, false
		}
		if hour %= 12; strings.EqualFold(m[4], "p") {
			hour += 12
		}
		return hour, minute, second, true
	}
	if m := p.take(clock24); m != nil {
		hour, minute, second = resetInt(m[1]), resetInt(m[2]), resetInt(m[3])
		return hour, minute, second, hour < 24 && minute < 60 && second < 60
	}
	return 0, 0, 0, false
}

// inZone reads the zone behind a time; ok is false for one that is not known.
func (p *resetParser) inZone() (loc *time.Location, ok bool) {
	rest := p.rest
	m := p.take(zoneName)
	if m == nil {
		return p.zone, true
	}
	if loc := zoneOf(m[1]); loc != nil {
		return loc, true
	}
	p.rest = rest
	// A word that is no zone may be the next of the sentence; in parentheses, or
	// with a slash, it was meant as one.
	return p.zone, !strings.Contains(m[0], "(") && !strings.Contains(m[1], "/")
}
