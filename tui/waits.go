package tui

import (
	"time"

	"vigil/agent"
)

// lost is the task that an agent waits for in vain, or nil.
func lost(v *agent.View) *agent.Task {
	for i := len(v.Tasks) - 1; i >= 0; i-- {
		if !v.Tasks[i].Lives() {
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
		if t := &v.Tasks[i]; t.Lives() && (best == nil || t.State == agent.TaskAlive || best.State != agent.TaskAlive) {
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
		s += " to " + agent.ClockTime(now, t.Until)
	}
	return s
}
