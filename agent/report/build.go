package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// topRuns is how many of the best runs are told.
const topRuns = 5

// Build makes a report of what is known of the time from one moment up to
// another. A zero from means the beginning of what is known.
func Build(p agent.Past, from, to time.Time) Report {
	r := Report{From: from, To: to, Judge: JudgeCost{p.JudgeTokens, p.JudgeUSD}}
	if from.IsZero() {
		r.From, r.All = beginning(p, to), true
	}
	r.From = r.From.In(to.Location())
	var top []Best
	for _, sessions := range group(p.Agents) {
		b := builder{from: r.From, to: to}
		b.all(sessions)
		if !b.seen {
			continue
		}
		r.Agents = append(r.Agents, b.a)
		r.Records = append(r.Records, b.records...)
		top = append(top, b.top...)
		r.Fleet.add(b.a.Totals)
	}
	r.Fleet.settle()
	slices.SortStableFunc(r.Records, func(a, b Best) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(top, better)
	r.Top = top[:min(len(top), topRuns)]
	r.Best = r.best()
	return r
}

// best is the best result of the agents that are measured as the first one is.
func (r *Report) best() *Best {
	var best *Best
	for i := range r.Agents {
		a := &r.Agents[i]
		if a.Goal == r.Agents[0].Goal && a.Best != nil && (best == nil || better(*a.Best, *best) < 0) {
			best = a.Best
		}
	}
	return best
}

// beginning is the first moment of which anything is known.
func beginning(p agent.Past, to time.Time) time.Time {
	first := to
	look := func(t time.Time) {
		if !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	for _, a := range p.Agents {
		look(a.First)
		for _, t := range a.Turns[:min(len(a.Turns), 1)] {
			look(t.Started)
		}
		for _, m := range a.Moments[:min(len(a.Moments), 1)] {
			look(m.At)
		}
	}
	return first
}

// group puts the sessions of one agent together, by name.
func group(all []agent.PastAgent) [][]agent.PastAgent {
	type place struct {
		name, host, workspace string
		kind                  agent.Kind
		id                    agent.ID
	}
	at := map[place]int{}
	var out [][]agent.PastAgent
	for _, a := range all {
		p := place{name: a.Name, host: a.Host, workspace: a.Workspace, kind: a.Kind}
		if a.Workspace == "" { // nothing says that it is the same agent
			p.id = a.ID
		}
		i, ok := at[p]
		if !ok {
			i = len(out)
			at[p] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], a)
	}
	slices.SortStableFunc(out, func(a, b []agent.PastAgent) int {
		return cmp.Or(cmp.Compare(a[0].Name, b[0].Name), cmp.Compare(a[0].Host, b[0].Host), cmp.Compare(a[0].Workspace, b[0].Workspace))
	})
	return out
}

// builder makes one agent's part of a report.
type builder struct {
	from, to time.Time
	a        Agent
	seen     bool      // anything is known of it in the span
	active   time.Time // the last time that it was seen to use tokens
	records  []Best
	top      []Best
}

func (b *builder) all(sessions []agent.PastAgent) {
	newest := slices.MaxFunc(sessions, func(x, y agent.PastAgent) int { return x.Last.Compare(y.Last) })
	b.a = Agent{
		Name: agent.CleanLine(newest.Name, 80), Kind: agent.Kind(agent.CleanLine(string(newest.Kind), 40)),
		Host: agent.CleanLine(newest.Host, 80), Workspace: agent.CleanLine(newest.Workspace, 400), Goal: newest.Goal,
	}
	var idle []agent.Stretch
	var results []agent.Result
	for _, s := range sessions {
		known := b.turns(s)
		idle = append(idle, s.Idle...)
		results = append(results, s.Results...)
		known = b.nudges(s) || known
		b.held(s)
		b.a.Open = latest(b.a.Open, s.Open)
		known = b.tokens(s.Usage) || known
		known = b.gpus(s.GPUs) || known || b.in(s.First) || b.lived(s)
		if known {
			b.a.Sessions++
		}
		b.seen = b.seen || known
	}
	b.idle(idle)
	b.results(results)
	b.seen = b.seen || b.a.Runs.Ended > 0 || len(b.records) > 0
	b.open()
	b.a.Totals.settle()
	slices.SortStableFunc(b.a.Marks, func(x, y Mark) int { return x.At.Compare(y.At) })
	slices.SortStableFunc(b.a.Turns, func(x, y Span) int { return x.From.Compare(y.From) })
}

func (b *builder) in(t time.Time) bool { return !t.Before(b.from) && t.Before(b.to) }

// clip is the part of a time that lies in the span.
func (b *builder) clip(from, to time.Time, e agent.Ending) (Span, bool) {
	if from.Before(b.from) {
		from = b.from
	}
	if to.After(b.to) {
		to = b.to
	}
	return Span{from, to, e}, to.After(from)
}

// turns takes the turns of a session. An end that turned out to be none has a
// later one of the same turn.
func (b *builder) turns(s agent.PastAgent) bool {
	last := map[time.Time]int{}
	for i, t := range s.Turns {
		last[t.Started] = i
	}
	known := false
	for i, t := range s.Turns {
		if !b.in(t.Ended) || last[t.Started] != i && !t.Started.IsZero() {
			continue
		}
		known = true
		b.a.Totals.Turns++
		b.a.Tools += t.Tools
		b.count(t.Verdict.Ending)
		if sp, ok := b.clip(t.Started, t.Ended, t.Verdict.Ending); ok && !t.Started.IsZero() {
			b.a.Worked += sp.Len()
			b.a.Turns = append(b.a.Turns, sp)
		}
		text, quoted := t.Verdict.Reason()
		if text == "" {
			text, quoted = t.Final, true
		}
		b.mark(Mark{At: t.Ended, Type: agent.MTurnEnd, Ending: t.Verdict.Ending, Text: text, Quoted: quoted})
	}
	return known
}

// lived reports whether anything else is known of a session in the span.
func (b *builder) lived(s agent.PastAgent) bool {
	return slices.ContainsFunc(s.Moments, func(m agent.Moment) bool { return b.in(m.At) }) ||
		slices.ContainsFunc(s.Idle, func(i agent.Stretch) bool { _, ok := b.clip(i.From, i.To, i.Cause); return ok })
}

// maxMark is how many bytes are told of one thing that happened.
const maxMark = 300

func (b *builder) mark(m Mark) {
	m.Text = agent.CleanLine(m.Text, maxMark)
	b.a.Marks = append(b.a.Marks, m)
}

func (b *builder) count(e agent.Ending) {
	for i := range b.a.Endings {
		if b.a.Endings[i].Ending == e {
			b.a.Endings[i].N++
			return
		}
	}
	b.a.Endings = append(b.a.Endings, Count{e, 1})
}

// idle takes the idle stretches. Time that two of them cover counts once, for
// the earlier one.
func (b *builder) idle(all []agent.Stretch) {
	slices.SortStableFunc(all, func(x, y agent.Stretch) int { return cmp.Or(x.From.Compare(y.From), x.To.Compare(y.To)) })
	covered := b.from
	for _, s := range all {
		sp, ok := b.clip(latest(s.From, covered), s.To, s.Cause)
		if !ok {
			continue
		}
		covered = sp.To
		b.a.Idle += sp.Len()
		if n := len(b.a.Idles); n > 0 && b.a.Idles[n-1].To.Equal(sp.From) && b.a.Idles[n-1].Ending == sp.Ending {
			b.a.Idles[n-1].To = sp.To
			continue
		}
		b.a.Idles = append(b.a.Idles, sp)
	}
	for _, sp := range b.a.Idles {
		b.a.addCause(Cause{Ending: sp.Ending, Total: sp.Len(), N: 1, Longest: sp, Agent: b.a.Name})
	}
}

// open counts the turn of which no end is known as work, as far as the agent was
// seen to use tokens in it. One that a later session has left behind is not
// open.
func (b *builder) open() {
	open := b.a.Open
	if slices.ContainsFunc(b.a.Turns, func(s Span) bool { return s.From.After(open) }) {
		b.a.Open = time.Time{}
	}
	if b.a.Open.IsZero() {
		return
	}
	if sp, ok := b.clip(b.a.Open, b.active, ""); ok {
		b.a.Worked += sp.Len()
		b.a.Turns = append(b.a.Turns, sp)
	}
}

// held counts what was held back.
func (b *builder) held(s agent.PastAgent) {
	for _, m := range s.Moments {
		if !b.in(m.At) || m.Type != agent.MNudge {
			continue
		}
		// "held: why", as the supervisor tells it.
		if why, ok := strings.CutPrefix(m.Text, "held: "); ok {
			b.a.Nudges.hold(Held{agent.CleanLine(why, maxMark), 1})
		}
	}
}

// tokens takes the token counts of one session. Without a count from before the
// span, the session's own start counts from nothing if it lies in the span, and
// what was used before the first count is not known otherwise.
func (b *builder) tokens(all []agent.UsageAt) bool {
	var base, last agent.Usage
	n := 0
	for _, u := range all {
		switch {
		case u.At.Before(b.from):
			base = u.Usage
		case u.At.Before(b.to):
			if n == 0 && base == (agent.Usage{}) && (u.Started.IsZero() || u.Started.Before(b.from)) {
				base = u.Usage
			}
			n++
			last, b.active = u.Usage, latest(b.active, u.At)
		}
	}
	if n == 0 {
		return false
	}
	b.a.addTokens(&Tokens{last.Input - base.Input, last.CachedInput - base.CachedInput, last.Output - base.Output})
	return true
}

func (b *builder) gpus(all []agent.GPUTime) bool {
	known := false
	for _, g := range all {
		if b.in(g.At) {
			known = true
			b.a.addGPU(&GPU{g.Held, g.Busy, g.Idle})
		}
	}
	return known
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
