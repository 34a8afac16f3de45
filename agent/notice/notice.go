// Package notice decides what a person is told who does not look: that an agent
// needs them, that something fails for long, or that the goal was reached. Start
// with [Watch.See], which is pure: snapshots go in, notices come out, each event
// once. Who sends them, and by what way, is not known here.
package notice

import (
	"fmt"
	"slices"
	"time"

	"vigil/agent"
)

// Kind says what a Notice is about.
type Kind string

// The kinds.
const (
	Permission  Kind = "permission"   // a permission prompt waits
	Question    Kind = "question"     // a question is left to a person
	Stuck       Kind = "stuck"        // nudges had no effect, or cannot help
	Exited      Kind = "exited"       // its process is gone and is not started again
	Grinding    Kind = "grinding"     // long without a new best, on the same knobs
	IdleCompute Kind = "idle compute" // GPUs of its allocation do nothing
	Broken      Kind = "broken"       // a source fails for long
	Goal        Kind = "goal"         // the target was reached for the first time
	Record      Kind = "record"       // a best result beyond the record
	Report      Kind = "report"       // what happened in a day: no event, and sent by itself
)

// Kinds lists the kinds of events.
func Kinds() []Kind {
	return []Kind{Permission, Question, Stuck, Exited, Grinding, IdleCompute, Broken, Goal, Record}
}

// Notice is one thing to tell.
type Notice struct {
	Key       string // of the event: it has one, whoever sees it and whenever
	Kind      Kind
	At        time.Time // when it was seen to be so
	Agent     string    // its name; empty for what concerns no one agent
	Host      string
	Workspace string
	Title     string // clean, one line, as Text, which has several in a Report
	Text      string
	Good      bool // nothing need be done
}

// Rules say what is told. The zero value tells everything at once.
type Rules struct {
	Kinds  []Kind // nil means all
	Quiet  []agent.DaySpan
	After  time.Duration // how long a need must stand: a person may be there
	Broken time.Duration // how long a source must have failed
}

// Watch remembers what it has seen and told. The zero value is ready to use.
type Watch struct {
	began time.Time
	since map[string]time.Time // events that stand, by key
	told  map[string]bool
	first map[agent.ID]string // the first result of each agent that reached the target
}

// See returns what there is to tell of a snapshot that was not told before, and
// when to look again though nothing changes (zero if never). In quiet hours
// nothing is told; what still stands at their end is told then.
func (w *Watch) See(now time.Time, s *agent.Snapshot, r Rules) (out []Notice, next time.Time) {
	if w.since == nil {
		w.began, w.since, w.told, w.first = now, map[string]time.Time{}, map[string]bool{}, map[agent.ID]string{}
	}
	quiet := slices.ContainsFunc(r.Quiet, func(q agent.DaySpan) bool { return q.Covers(now) })
	stands := map[string]time.Time{}
	for _, c := range w.events(now, s, r) {
		if r.Kinds != nil && !slices.Contains(r.Kinds, c.Kind) {
			continue
		}
		first, ok := w.since[c.Key]
		if !ok {
			first = now
		}
		stands[c.Key] = first
		if w.told[c.Key] {
			continue
		}
		due := first.Add(c.after)
		if quiet {
			due = maxTime(due, now.Add(quietLook))
		}
		if due.After(now) {
			if next.IsZero() || due.Before(next) {
				next = due
			}
			continue
		}
		w.told[c.Key] = true
		out = append(out, c.Notice)
	}
	w.since = stands
	for key := range w.told { // what is over is another event when it comes again
		if _, ok := stands[key]; !ok {
			delete(w.told, key)
		}
	}
	return out, next
}

// Forget has an event told again if it still stands: its notice did not get
// through.
func (w *Watch) Forget(key string) { delete(w.told, key) }

// quietLook is how often the end of quiet hours is looked for.
const quietLook = time.Minute

// candidate is an event that stands now.
type candidate struct {
	Notice
	after time.Duration
}

func (w *Watch) events(now time.Time, s *agent.Snapshot, r Rules) []candidate {
	var out []candidate
	for i := range s.Agents {
		v := &s.Agents[i]
		add := func(c candidate) {
			c.At, c.Agent, c.Host, c.Workspace = now, v.Name, v.Host, v.Workspace
			c.Key = string(c.Kind) + "/" + string(v.ID) + "/" + c.Key
			c.Title = v.Name + ": " + c.Title
			c.Title, c.Text = agent.CleanLine(c.Title, 120), agent.CleanLine(c.Text, 400)
			out = append(out, c)
		}
		needs(v, r, add)
		conditions(v, add)
		w.results(v, add)
		switch {
		case v.Problem == "":
		case away(v): // one event for all agents of the machine
			out = append(out, broken(now, r, v.Host+" cannot be reached", "host/"+v.Host, v.Problem))
		default:
			out = append(out, broken(now, r, v.Name+": cannot be watched well", string(v.ID), v.Problem))
		}
	}
	for _, p := range s.Problems {
		text := p.What
		if p.Do != "" {
			text += "; " + p.Do
		}
		out = append(out, broken(now, r, "vigil: "+p.Where+" fails", p.Where, text))
	}
	return out
}

// broken is a source that fails. What it says holds times and counts, so its day
// names the event: one that flickers is told of once a day.
func broken(now time.Time, r Rules, title, where, text string) candidate {
	return candidate{Notice{
		Key: string(Broken) + "/" + where + "/" + now.Format(time.DateOnly), Kind: Broken, At: now,
		Title: agent.CleanLine(title, 120), Text: agent.CleanLine(text, 400),
	}, r.Broken}
}

// away reports whether an agent's machine cannot be reached.
func away(v *agent.View) bool {
	return slices.ContainsFunc(v.Verdict.Evidence, func(e agent.Evidence) bool { return e.Source == "connection" })
}

func needs(v *agent.View, r Rules, add func(candidate)) {
	n := v.Need
	if n == nil {
		return
	}
	c := candidate{Notice{Key: n.Mark, Text: n.Text}, r.After}
	switch n.Type {
	case agent.NeedPermission:
		c.Kind, c.Title = Permission, "asks for permission"
	case agent.NeedAnswer:
		c.Kind, c.Title = Question, "asks you"
	case agent.NeedRestart:
		c.Kind, c.Title = Exited, "has exited"
	default:
		c.Kind, c.Title = Stuck, "needs you"
	}
	add(c)
}

func conditions(v *agent.View, add func(candidate)) {
	for _, x := range v.Conditions {
		c := candidate{Notice: Notice{Key: x.Since.UTC().Format(time.RFC3339)}}
		switch x.Type {
		case agent.Grinding:
			c.Kind, c.Title = Grinding, "goes round in circles"
		case agent.IdleCompute:
			c.Kind, c.Title = IdleCompute, "leaves GPUs idle"
		default:
			continue // the supervisor's own matter
		}
		if len(x.Evidence) > 0 {
			c.Text = x.Evidence[0]
		}
		add(c)
	}
}

// lately is how much older than the watch a result may be: logs are read from
// their start, and what was reached before vigil looked is no news.
const lately = 10 * time.Minute

// results tells of the goal reached, and of results beyond the record.
func (w *Watch) results(v *agent.View, add func(candidate)) {
	b, g := v.Best, v.Measure
	if b == nil {
		return
	}
	value := fmt.Sprintf("%s/%g", b.Run, b.Value)
	if w.first[v.ID] == "" {
		w.first[v.ID] = value
	}
	if b.At.Before(w.began.Add(-lately)) {
		return
	}
	switch {
	case g.Record > 0 && b.Value < g.Record:
		add(candidate{Notice: Notice{
			Kind: Record, Key: value, Good: true, Title: fmt.Sprintf("new record: %g %ss", b.Value, g.Minimize),
			Text: fmt.Sprintf("%s is %g below the record of %g", b.Run, g.Record-b.Value, g.Record),
		}})
	case value == w.first[v.ID]:
		add(candidate{Notice: Notice{
			Kind: Goal, Key: "first", Good: true, Title: fmt.Sprintf("reached %s %g", g.Metric, g.Target),
			Text: fmt.Sprintf("%s, after %g %ss", b.Run, b.Value, g.Minimize),
		}})
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
