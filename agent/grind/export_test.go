package grind

// Size counts what is remembered.
func (w *Watch) Size() int {
	r, d := &w.results, &w.edits
	return len(r.since) + len(r.lows) + len(r.seen) + len(r.order) + len(r.steps) + len(r.checks) +
		len(d.lines) + len(d.past) + len(d.recent) + len(d.knobs) + len(w.failed)
}
