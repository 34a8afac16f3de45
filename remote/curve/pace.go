package curve

import "time"

// paceShare is the part of a run, up to now, whose pace is taken for that of
// the rest: enough to be steady, little enough to forget the compilation at
// the start.
const paceShare = 0.25

// ETA returns how long a running run takes until its last planned step, by its
// own pace of late: that of the times at which its log was written where they
// are known, which has everything in it (validation, checkpoints), else of the
// training time that the log tells. Zero means that it is due. False if it
// does not run, has no plan, or has told no time yet.
func ETA(r *Run, now time.Time) (time.Duration, bool) {
	if r.Status != Running || r.Plan <= 0 || r.Step < 0 || r.Step >= r.Plan {
		return 0, false
	}
	pace, ok := r.real.pace()
	if told, known := r.wall.pace(); known && (!ok || !r.watched()) {
		pace, ok = told, true
	}
	if !ok {
		return 0, false
	}
	left := seconds(pace * float64(r.Plan-r.Step))
	if !r.Updated.IsZero() && now.After(r.Updated) {
		left -= now.Sub(r.Updated)
	}
	return max(left, 0), true
}

// watched reports whether the log was seen to grow for long enough to tell
// the run's pace.
func (r *Run) watched() bool {
	const (
		leastTime = 30 // seconds
		leastPart = 0.02
	)
	first, last := r.real.ticks[0], r.real.newest
	return last.at-first.at >= leastTime && float64(last.step-first.step) >= leastPart*float64(r.Plan)
}

// pace returns the units per step of late.
func (m *meter) pace() (float64, bool) {
	if !m.some() {
		return 0, false
	}
	first, last := m.ticks[0], m.newest
	from := float64(last.step) - paceShare*float64(last.step-first.step)
	n := float64(last.step) - from
	if n <= 0 {
		return 0, false
	}
	pace := (last.at - m.at(from)) / n
	return pace, pace > 0
}

// seconds makes a duration of seconds, as far as one holds them.
func seconds(s float64) time.Duration {
	const most = float64(1<<63-1) / float64(time.Second)
	return time.Duration(min(max(s, -most/2), most/2) * float64(time.Second))
}

// TimeTo returns the training time that a run took to reach the target, where
// it did and its log tells time.
func TimeTo(r *Run, metric string, target float64) (time.Duration, bool) {
	step, ok := r.Crossing(metric, target)
	if !ok || !r.wall.some() {
		return 0, false
	}
	return seconds(r.wall.at(step)), true
}

// When returns the moment at which the run was at a step: by the times at
// which its log was written, else by the training time that it tells, else
// that of its last line. It is zero if nothing of these is known.
func (r *Run) When(step float64) time.Time {
	switch {
	case r.real.some() && step >= float64(r.real.ticks[0].step):
		return r.first.Add(seconds(r.real.at(step)))
	case r.wall.some() && !r.Started.IsZero():
		return r.Started.Add(seconds(r.wall.at(step)))
	}
	return r.Updated
}
