package grind

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
)

// Conditions tells what holds, with the evidence, the oldest first.
func (w *Watch) Conditions(l Limits, now time.Time) []agent.Condition {
	var out []agent.Condition
	if !w.grind.since.IsZero() {
		out = append(out, agent.Condition{Type: agent.Grinding, Since: w.grind.since, Evidence: w.evidence(l, now)})
	}
	for i, b := range w.bursts {
		if b.holds {
			out = append(out, agent.Condition{Type: burstTypes[i], Since: b.from, Evidence: []string{b.evidence(i)}})
		}
	}
	return out
}

// Knobs returns what the agent turned most, for a message.
func (w *Watch) Knobs() []string { return w.edits.often(5) }

// Stale returns since when there was no new best, and how many trials ago; zero
// where no trial is known.
func (w *Watch) Stale() (since time.Time, trials int) { return w.results.from(), w.results.n }

func (w *Watch) evidence(l Limits, now time.Time) []string {
	r := &w.results
	since := "the first one"
	switch {
	case r.newest > 0:
		since = strconv.FormatInt(r.newest, 10)
	case r.ranked > 0 && r.best == 0:
		since = strconv.FormatFloat(r.ranked, 'f', -1, 64)
	case !r.bestAt.IsZero():
		since = "the last one"
	}
	out := []string{fmt.Sprintf("no new best for %s: %d trials since %s", long(now.Sub(r.from())), r.n, since)}
	horizon, n, hits := r.yield(l)
	out = append(out, fmt.Sprintf("%d of the last %d trials at %d steps improved by %s", hits, n, horizon,
		strconv.FormatFloat(l.Improve, 'f', -1, 64)))
	if told, again := w.edits.surface(); told >= max(l.Edits/2, 1) {
		out = append(out, fmt.Sprintf("%d of the last %d edits of code touched lines edited before", again, told))
	}
	if knobs := w.Knobs(); len(knobs) > 0 {
		out = append(out, fmt.Sprintf("knobs: %s (%s)", strings.Join(knobs, ", "), count(w.edits.knobN, "edit")))
	}
	if d := now.Sub(w.grind.since); d >= l.Escalate {
		out = append(out, "so for "+long(d)+" already")
	}
	return out
}

func (b burst) evidence(kind int) string {
	d := long(b.last.Sub(b.from))
	switch kind {
	case keepAlive:
		return fmt.Sprintf("%s that do nothing in %s: %s", count(b.size, "command"), d, agent.CleanLine(b.example, 60))
	case degenerate:
		return fmt.Sprintf("%s of thinking that repeats itself, %d kB in all", count(b.n, "block"), b.size/1000)
	case reproposing:
		return fmt.Sprintf("declared %s %d times in %s, with no new best between", b.example, b.n, d)
	}
	return fmt.Sprintf("%s in %s", count(b.n, "failed turn"), d)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// long writes a time span as people say it: "11h 20m", "3m", "40s".
func long(d time.Duration) string {
	d = max(d, 0)
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h > 0 && m > 0:
		return fmt.Sprintf("%dh %dm", h, m)
	case h > 0:
		return fmt.Sprintf("%dh", h)
	case m > 0:
		return fmt.Sprintf("%dm", m)
	}
	return fmt.Sprintf("%ds", int(d.Seconds()))
}
