package tui

import (
	"time"

	"vigil/agent"
)

// standing says how a background task stands, in words: colour alone would not.
func standing(s agent.TaskState) string {
	switch s {
	case agent.TaskAlive:
		return "alive"
	case agent.TaskOverdue:
		return "overdue"
	case agent.TaskHollow:
		return "hollow: what it watches is dead"
	case agent.TaskDead:
		return "dead"
	}
	return "not seen to live"
}

// lives reports whether a task may still do what it was started for.
func lives(t agent.Task) bool { return t.State == agent.TaskAlive || t.State == agent.TaskUnsure }

// lost is the task that an agent waits for in vain, or nil.
func lost(v *agent.View) *agent.Task {
	for i := len(v.Tasks) - 1; i >= 0; i-- {
		if !lives(v.Tasks[i]) {
			return &v.Tasks[i]
		}
	}
	return nil
}

// held is the task that an agent waits for: one that is seen to live before one
// of which nothing tells, or nil.
func held(v *agent.View) *agent.Task {
	var best *agent.Task
	for i := range v.Tasks {
		if t := &v.Tasks[i]; lives(*t) && (best == nil || t.State == agent.TaskAlive || best.State != agent.TaskAlive) {
			best = t
		}
	}
	return best
}

// waited says in a few words what an agent waits for, since when, and until
// when at most; or what it waits for in vain.
func waited(now time.Time, v *agent.View) string {
	switch {
	case v.State == agent.Waiting:
		if t := held(v); t != nil {
			return line("for " + string(t.Kind) + stretch(now, *t) + ": " + t.Summary)
		}
	case v.Verdict.Ending == agent.Stalled:
		if t := lost(v); t != nil {
			return line(string(t.State) + " " + string(t.Kind) + stretch(now, *t) + ": " + t.Summary)
		}
	}
	return ""
}

// stretch says since when a task runs, and until when it is believed in.
func stretch(now time.Time, t agent.Task) string {
	s := ""
	if a := since(now, t.Started); a != "" {
		s += " " + a
	}
	if t.Until.After(now) {
		s += " to " + clockTime(now, t.Until)
	}
	return s
}

// clockTime is a time of day, with the weekday where that is another day's.
func clockTime(now, t time.Time) string {
	t = t.In(now.Location())
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("Mon 15:04")
	}
	return t.Format("15:04")
}

// waits lists what could wake an agent, what is alive first. One that works
// waits for nothing yet: of that is said what its work goes on with.
func (m *Model) waits(f *facts, v *agent.View) {
	if len(v.Tasks) == 0 {
		return
	}
	working := v.State == agent.Working
	if working {
		f.heading("beside its turn")
	} else {
		f.heading("what it waits for")
	}
	for _, alive := range []bool{true, false} {
		for i := len(v.Tasks) - 1; i >= 0; i-- {
			t := v.Tasks[i]
			if lives(t) != alive {
				continue
			}
			look := f.st.text
			if !alive {
				look = f.st.bad
			}
			f.add(string(t.Kind), t.Summary, look)
			f.add("", m.stands(t)+wakes(t, working), f.st.muted)
		}
	}
}

// stands says all that is known of how a task stands.
func (m *Model) stands(t agent.Task) string {
	s := standing(t.State)
	if t.Source != "" {
		s += ", by the " + t.Source
	}
	if a := since(m.now, t.Started); a != "" {
		s += ", for " + a
	}
	if a := since(m.now, t.Sign); a != "" {
		s += ", last sign of life " + a + " ago"
	}
	if !t.Due.IsZero() {
		s += ", due at " + clockTime(m.now, t.Due)
	}
	if t.Until.After(m.now) {
		s += ", until " + clockTime(m.now, t.Until) + " at most"
	}
	return s
}

// wakes says what a task that lives does to its agent when it ends. While the
// agent works nothing need wake it.
func wakes(t agent.Task, working bool) string {
	switch {
	case !lives(t) || t.Wakes && !working:
		return ""
	case t.Wakes:
		return "; once the turn is over, its end wakes the agent"
	case working:
		return "; once the turn is over, nothing but a nudge wakes the agent at its end"
	}
	return "; nothing but a nudge wakes the agent at its end"
}
