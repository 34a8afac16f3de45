package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
)

// dur says a duration: "3.4s", "52s", "31m", "1h02m", "3d04h".
func dur(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + dur(-d)
	case d < 10*time.Second:
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + "s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return fmt.Sprintf("%dd%02dh", int(d/(24*time.Hour)), int(d%(24*time.Hour)/time.Hour))
}

// whole says the length of a span that a person chose: "12h", "7d", "1h30m".
func whole(d time.Duration) string {
	s := dur(d)
	if d >= time.Hour && d < 48*time.Hour {
		s = strings.TrimSuffix(s, "00m")
	}
	return strings.TrimSuffix(s, "00h")
}

// hours says GPU time: "12.4".
func hours(d time.Duration) string {
	if h := d.Hours(); h < 0.1 {
		return strconv.FormatFloat(h, 'f', 3, 64)
	}
	return strconv.FormatFloat(d.Hours(), 'f', 1, 64)
}

// clock is a time of day, with the date where that is another day than the
// report's last.
func (r *Report) clock(t time.Time) string {
	t = t.In(r.To.Location())
	if y, m, d := t.Date(); y == r.To.Year() && m == r.To.Month() && d == r.To.Day() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}

// date is a day and a time of day.
func date(t time.Time) string { return t.Format("Mon 2 Jan 15:04") }

// number writes a result: whole where it is whole, else in five digits.
func number(f float64) string {
	if f == float64(int64(f)) {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', 5, 64)
}

// tokens writes a count of tokens: "950", "12.3k", "4.1M".
func tokens(n int64) string {
	switch f := float64(n); {
	case n < 1000:
		return strconv.FormatInt(n, 10)
	case n < 1e6:
		return strconv.FormatFloat(f/1e3, 'f', 1, 64) + "k"
	case n < 1e9:
		return strconv.FormatFloat(f/1e6, 'f', 1, 64) + "M"
	default:
		return strconv.FormatFloat(f/1e9, 'f', 1, 64) + "G"
	}
}

// count counts things: "1 run", "2 runs".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// Text says a result in one line.
func (b Best) Text() string {
	s := b.Run + ": "
	switch {
	case !b.Hit:
		return s + b.Metric + " " + number(b.Least) + ", misses the target"
	case b.Value == b.Least:
		s += b.Metric + " " + number(b.Value)
	default:
		s += "step " + number(b.Value)
	}
	if b.Before != 0 {
		s += ", before: " + number(b.Before)
	}
	if b.Beats() {
		s += ", beats the record of " + number(b.Record)
	}
	return s
}

// margin sets a result against the record: "▼60" below it, "▲12" above it.
func (b Best) margin() string {
	switch d := b.Record - b.Value; {
	case b.Record == 0 || !b.Hit:
		return ""
	case d > 0:
		return "▼" + number(d)
	case d < 0:
		return "▲" + number(-d)
	}
	return "="
}

// ending is the word for how a turn ended.
func ending(e agent.Ending) string {
	if e == "" {
		return "unknown"
	}
	return string(e)
}

// parts joins what is not empty.
func parts(sep string, all ...string) string {
	var out []string
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, sep)
}

// some is count for what is told only where there is any.
func some(n int, what string) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + " " + what
}

// Nothing says that there is nothing to report.
func (r *Report) Nothing() string {
	if r.All {
		return "Nothing has happened yet."
	}
	return "Nothing happened since " + date(r.From) + "."
}

// String says how the nudges fared in one line; empty if there were none.
func (n Nudges) String() string {
	s := ""
	if n.Planned > 0 {
		s = parts(", ", count(n.Planned, "nudge"), some(n.Sent, "sent"), some(n.Received, "received"), some(n.Effective, "effective"),
			some(n.Wasted, "wasted"), some(n.Dropped, "dropped"), some(n.Manual, "by hand"))
	}
	steps := ""
	if n.Steps > 0 {
		steps = count(n.Steps, "compaction, fresh session or restart")
		if n.Steps > 1 {
			steps = strconv.Itoa(n.Steps) + " compactions, fresh sessions or restarts"
		}
	}
	return parts("; ", s, steps, some(n.DryRun, "only recorded (dry run)"))
}
