package liveness

import (
	"time"

	"vigil/agent"
)

// transcript judges the background tasks that the transcript tells of.
func (f *fold) transcript() {
	for _, k := range f.s.Tasks {
		k.Source = "transcript"
		switch k.Kind {
		case agent.Wakeup:
			k = f.wakeUp(k)
		case agent.SubAgent:
			k = f.subAgent(k)
		default:
			k = f.shell(k)
		}
		f.shells = append(f.shells, k)
	}
}

// wakeUp judges a wake-up. One that comes again and again has no time of its
// own: it is believed in for a while after it last came.
func (f *fold) wakeUp(k agent.Task) agent.Task {
	if f.s.Alive == agent.No {
		k.State, k.Source = agent.TaskDead, "process"
		return k
	}
	if k.Due.IsZero() {
		if f.s.Turn.Origin == agent.Scheduled {
			k.Sign = f.s.Turn.Started
		}
		return f.believed(k, maxTime(k.Started, k.Sign).Add(maxShell))
	}
	k.State = agent.TaskAlive
	return f.believed(k, k.Due.Add(lateAfter))
}

// believed is the task until the time given, and overdue after it.
func (f *fold) believed(k agent.Task, until time.Time) agent.Task {
	k.Until = until
	if f.now.After(until) {
		k.State = agent.TaskOverdue
	} else {
		f.wake(until.Add(time.Second))
	}
	return k
}

// old reports whether the task belongs to an earlier process of the CLI. Codex
// may keep its work in a server that outlives its screen.
func (f *fold) old(k agent.Task) bool {
	return f.s.Kind != agent.Codex && !f.s.Began.IsZero() && k.Started.Before(f.s.Began.Add(-settles))
}

// subAgent judges a sub-agent: it lives in the CLI's own process and writes a
// transcript of its own.
func (f *fold) subAgent(k agent.Task) agent.Task {
	if f.s.Alive == agent.No || f.old(k) {
		k.State, k.Source = agent.TaskDead, "process"
		return k
	}
	sign, told := f.r.signs[k.ID]
	if !told {
		return f.believed(k, k.Started.Add(maxShell))
	}
	k.Sign = sign
	if f.now.Sub(maxTime(k.Started, sign)) >= quietAgent && f.backed {
		return k // it may wait for what lives
	}
	k.State = agent.TaskAlive
	return f.believed(k, maxTime(k.Started, sign).Add(quietAgent))
}

// shell judges a background shell or a monitor, which is one, too.
func (f *fold) shell(k agent.Task) agent.Task {
	if p := f.of[k.ID]; p != nil && f.s.Alive != agent.No {
		if f.r.matched == nil {
			f.r.matched = map[string]bool{}
		}
		f.r.matched[k.ID] = true
		delete(f.r.missing, k.ID)
		k = f.ofProcess(k, p)
		if k.State == agent.TaskAlive && !p.Left {
			f.lone++
		}
		if k.State == agent.TaskAlive && !k.Due.IsZero() {
			k = f.believed(k, k.Due.Add(lateAfter))
		}
		return k
	}
	if f.gone(k) {
		k.State, k.Source = agent.TaskDead, "process"
		return k
	}
	if !k.Due.IsZero() {
		return f.believed(k, k.Due.Add(lateAfter))
	}
	return f.believed(k, k.Started.Add(maxShell))
}

// gone reports whether another source than the transcript denies that a shell
// lives.
func (f *fold) gone(k agent.Task) bool {
	if f.s.Alive == agent.No || f.old(k) {
		return true
	}
	if k.Kind == agent.Shell && f.denies() {
		return true
	}
	lost := f.r.matched[k.ID] // its process was seen, and is no more
	if !lost && k.Kind == agent.Shell && f.s.Kind != agent.Codex && f.s.Alive == agent.Yes {
		lost = f.inTree == 0 || f.exact
	}
	if since := maxTime(f.s.Turn.Ended, k.Started).Add(settles); !lost || !f.r.looked.After(since) {
		delete(f.r.missing, k.ID)
		return false
	}
	if f.r.missing == nil {
		f.r.missing = map[string]time.Time{}
	}
	from, ok := f.r.missing[k.ID]
	if !ok {
		from = f.r.looked
		f.r.missing[k.ID] = from
	}
	f.wake(from.Add(missingFor))
	return !f.now.Before(from.Add(missingFor))
}
