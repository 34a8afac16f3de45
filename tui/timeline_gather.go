package tui

import (
	"slices"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/curve"
)

// What the screen adds to a timeline, of what it knows besides: the ends of
// runs and jobs.
const (
	ofRun agent.MomentType = "run"
	ofJob agent.MomentType = "job"
)

// maxEnded is how many runs that have ended stand on a timeline: the newest.
const maxEnded = 5000

// gathered is all that the gathered moments depend on, but for the runs.
type gathered struct {
	agent   agent.ID
	first   *agent.Moment // where the supervisor's are
	n       int
	cluster int
	goal    agent.GoalLine
}

// gather puts together what happened.
func (p *timelinePane) gather() {
	l := p.look
	want := gathered{agent: l.v.ID, n: len(l.v.Moments), goal: l.snap.Goal}
	if want.n > 0 {
		want.first = &l.v.Moments[0]
	}
	if l.cluster != nil {
		want.cluster = l.cluster.Version
	}
	if want.goal != p.from.goal {
		p.ends = runEnds{}
	}
	news := p.ends.take(l.runs, l.v.ID, want.goal)
	if want == p.from && !news {
		return
	}
	p.from = want
	ended := append(p.ends.newest(l.v.ID), p.endedJobs()...)
	if p.all = l.v.Moments; len(ended) > 0 {
		p.all = append(slices.Clone(l.v.Moments), ended...)
		slices.SortStableFunc(p.all, func(a, b agent.Moment) int { return a.At.Compare(b.At) })
	}
}

// runEnds are the ends of all agents' runs. It looks only at runs that have
// changed: they grow many times a second.
type runEnds struct {
	seen []*curve.Run
	ends []agent.Moment // of each run; zero where it has not ended
}

// take takes the newest runs over, and reports whether another one of an agent
// has ended.
func (x *runEnds) take(runs *curve.Set, id agent.ID, goal agent.GoalLine) bool {
	if runs == nil || runs.Len() < len(x.seen) {
		news := len(x.seen) > 0
		*x = runEnds{}
		if runs == nil {
			return news
		}
	}
	news := false
	for i := range runs.Len() {
		r := runs.At(i)
		if i == len(x.seen) {
			x.seen, x.ends = append(x.seen, nil), append(x.ends, agent.Moment{})
		}
		if x.seen[i] == r {
			continue
		}
		x.seen[i] = r
		var end agent.Moment
		if r.Status != curve.Running && !r.Updated.IsZero() {
			end = endOf(r, goal)
		}
		if old := x.ends[i]; end != old {
			x.ends[i] = end
			news = news || end.Agent == id || old.Agent == id
		}
	}
	return news
}

// endOf is the moment at which a run ended.
func endOf(r *curve.Run, goal agent.GoalLine) agent.Moment {
	text := r.Name + " " + string(r.Status)
	if best, ok := r.Best(goal.Metric); ok {
		text += ": " + goal.Metric + " " + number(round(best.Value))
	}
	if r.Cause != "" {
		text += ", " + r.Cause
	}
	return agent.Moment{At: r.Updated, Agent: agent.ID(r.Key), Type: ofRun, Text: text}
}

// newest returns the ends of an agent's runs, oldest first.
func (x *runEnds) newest(id agent.ID) []agent.Moment {
	var out []agent.Moment
	for _, end := range x.ends {
		if end.Agent == id && !end.At.IsZero() {
			out = append(out, end)
		}
	}
	slices.SortStableFunc(out, func(a, b agent.Moment) int { return a.At.Compare(b.At) })
	return out[max(len(out)-maxEnded, 0):]
}

// endedJobs returns the ends of the agent's jobs.
func (p *timelinePane) endedJobs() []agent.Moment {
	if p.look.cluster == nil {
		return nil
	}
	of := &p.owner
	of.look = p.look
	of.logs.take(p.look.runs)
	var out []agent.Moment
	for _, c := range p.look.cluster.Clusters {
		for i := range c.Jobs {
			j := &c.Jobs[i]
			if j.Ended.IsZero() || j.Ended.After(p.look.now) || j.State == remote.JobRunning || !of.owns(j) {
				continue
			}
			out = append(out, agent.Moment{At: j.Ended, Agent: p.on, Type: ofJob, Text: line(j.ID + " " + j.Name + " " + jobWord(j))})
		}
	}
	return out
}
