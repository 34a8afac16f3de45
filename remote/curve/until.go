package curve

import (
	"math"
	"sort"
	"strconv"
	"time"
)

// Until returns the runs as they stood at a time, as far as the logs tell when
// their points were written. Runs keep their places; one that began later is
// left out of what [Set.All] yields, and so is one whose points are still to
// be read. version tells the set from others.
func (s *Set) Until(t time.Time, version int) *Set {
	out := &Set{Version: version, n: s.n, places: s.places}
	for i := range s.n {
		if i%pageLen == 0 {
			out.pages = append(out.pages, new(page))
		}
		out.pages[i/pageLen][i%pageLen] = s.At(i).until(t)
	}
	return out
}

// until returns the run as it stood at a time.
func (r *Run) until(t time.Time) *Run {
	if r.gone || !r.Updated.After(t) {
		return r
	}
	lo, hi, ok := r.steps()
	if r.Pending() || !ok || r.When(float64(lo)).After(t) {
		return &Run{ID: r.ID, Key: r.Key, Name: r.Name, Status: Stopped, Step: -1, Note: Note{Step: -1}, gone: true}
	}
	n := sort.Search(int(min(hi-lo, math.MaxInt32)), func(i int) bool { return r.When(float64(lo) + float64(i) + 1).After(t) })
	last := lo + int64(n)
	c := *r
	c.Status, c.Cause, c.Step, c.Updated, c.Series = Running, "", last, t, make([]Named, 0, len(r.Series))
	if c.Note.Step > last {
		c.Note = Note{Step: -1}
	}
	for i := range r.Series {
		named := &r.Series[i]
		part := Named{Name: named.Name, Raw: named.Raw}
		for p := range named.Points() {
			if p.Step <= last {
				part.Append(p.Step, shortest(p.Value))
			}
		}
		if part.Len() > 0 {
			c.Series = append(c.Series, part)
		}
	}
	return &c
}

// steps returns the first and the last step of all series.
func (r *Run) steps() (lo, hi int64, ok bool) {
	lo, hi = math.MaxInt64, math.MinInt64
	for i := range r.Series {
		if a, b, some := r.Series[i].Bounds(); some {
			lo, hi, ok = min(lo, a), max(hi, b), true
		}
	}
	return lo, hi, ok
}

// shortest is the shortest number that a kept value can stand for: what the log
// said, where that had no more digits than are kept.
func shortest(v float64) float64 {
	f, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	if err != nil { // it was a number
		return v
	}
	return f
}
