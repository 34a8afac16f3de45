package supervise

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
	"vigil/agent/workspace"
)

// words is what is said in an agent's next nudge, and of what it was made.
type words struct {
	nudge.Choice
	of string // what the choice was made of; empty before the first
	// end is the end that the words answer, and since when they are being found.
	end  string
	from time.Time

	past  []agent.Nudge // settled before this process saw the agent
	tried []string
	gpus  string
	news  int // counts what was told of the two

	letter letter
}

// letter is what the judge was asked to write.
type letter struct {
	n     int    // so far
	of    string // the end and rung that it is for
	until time.Time
	line  string
}

// begin notes the end for which words are to be found.
func (t *track) begin(now time.Time, key string) {
	if t.words.end != key {
		t.words.end, t.words.from = key, now
	}
}

// informed takes what other sources tell.
func (t *track) informed(o Informed) {
	if slices.Equal(o.Tried, t.words.tried) && o.GPUs == t.words.gpus {
		return
	}
	t.words.tried, t.words.gpus = o.Tried, o.GPUs
	t.words.news++
}

// compose chooses the words for the end with the key, if they have not been
// chosen of the same things already.
func (s *State) compose(t *track, c care) error {
	if c.text != "" { // a step
		t.words.Choice, t.words.of = nudge.Choice{Rung: c.rung, Text: c.text}, ""
		return nil
	}
	key := c.key
	line := ""
	if t.words.letter.of == key {
		line = t.words.letter.line
	}
	of := fmt.Sprint(key, c.rung, t.verdict.Ending, t.wasted, t.sent(), t.settledCount(), t.work.Plan.At, t.work.Goal.At, t.best, t.words.news, len(t.conditions.held), line)
	if of == t.words.of {
		return nil
	}
	f := s.fields(t)
	f.Line = line
	choose := func() (nudge.Choice, error) {
		return s.rules.Templates.Choose(f, nudge.History{Session: t.Agent.SessionID, Settled: t.settled()})
	}
	if c.rung == nudge.RungHandOver {
		choose = func() (nudge.Choice, error) { return s.rules.Templates.HandOver(f) }
	}
	var err error
	t.words.Choice, err = choose()
	t.words.of = of
	if err != nil {
		t.words.of = ""
	}
	return err
}

// choose chooses the words for an ending at once, without the judge.
func (s *State) choose(t *track, e agent.Ending) (nudge.Choice, error) {
	f := s.fields(t)
	f.Ending = e
	return s.rules.Templates.Choose(f, nudge.History{Session: t.Agent.SessionID, Settled: t.settled()})
}

// line has the judge write a line, where it may, and returns until when that is
// waited for. It never takes longer than the judge of the ending may.
func (s *State) line(now time.Time, t *track, c care) time.Time {
	l, key := &t.words.letter, c.key
	if !s.rules.JudgeWrites || !t.words.TakesLine() || !s.auto {
		return time.Time{}
	}
	if l.of != key {
		*l = letter{n: l.n + 1, of: key, until: t.words.from.Add(judgeWithin)}
		if !now.Before(l.until) {
			return time.Time{}
		}
		f := s.fields(t)
		s.do(AskLine{ID: t.Agent.ID, N: l.n, Brief: agent.Brief{
			Rung: t.words.Rung, Final: t.session.Turn.Final, Goal: f.Goal, Best: f.Best, Record: f.Record,
			Open: f.Open, Tried: f.Tried, Conditions: f.Conditions,
		}})
	}
	if l.until.IsZero() || !now.Before(l.until) {
		return time.Time{}
	}
	return l.until
}

// wrote takes the judge's line, if it is fit to be sent.
func (s *State) wrote(now time.Time, t *track, o Wrote) {
	l := &t.words.letter
	if l.n != o.N || t.words.end != l.of {
		return // of an end that is over
	}
	l.until = time.Time{}
	err := o.Err
	if err == nil {
		l.line, err = nudge.FreeLine(o.Line)
	}
	if err != nil {
		s.tell(now, t, Report{Event: "problem", Text: "judge: " + agent.CleanLine(err.Error(), 160) + "; the message goes without its line"})
	}
}

// settled lists the agent's nudges of which it is known how they fared, those
// of earlier sessions too, oldest first.
func (t *track) settled() []agent.Nudge {
	var out []agent.Nudge
	for _, n := range t.words.past {
		if t.nudge(n.Key) == nil {
			out = append(out, n)
		}
	}
	for _, n := range t.nudges {
		if !n.Step() && (n.Status == agent.Effective || n.Status == agent.Wasted) {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b agent.Nudge) int { return a.PlannedAt.Compare(b.PlannedAt) })
	return out
}

// settledCount is how many settled returns.
func (t *track) settledCount() int {
	n := len(t.words.past)
	for _, x := range t.nudges {
		if !x.Step() && (x.Status == agent.Effective || x.Status == agent.Wasted) {
			n++
		}
	}
	return n
}

// unread is the note of a nudge that was wasted by no fault of its words, or of
// the agent's: the service turned it away, so that it counts against neither.
func (t *track) unread(to agent.NudgeStatus) string {
	f := t.session.Turn.Failure
	if to == agent.Wasted && (f != nil && f.Ending != agent.Empty || t.paneOnly() && t.verdict.Ending == agent.Limit) {
		return nudge.Unread
	}
	return ""
}

// next is the nudge that a person sees coming.
func (t *track) next() *agent.Next {
	return &agent.Next{
		At: t.due, Text: t.words.Text, Held: t.hold, Rung: t.words.Rung, Wording: t.words.Wording, By: t.words.By,
		Channel: t.channel(),
	}
}

// fields gathers what a message can tell.
func (s *State) fields(t *track) nudge.Fields {
	f := nudge.Fields{Ending: t.verdict.Ending, Count: t.sent() + 1, Wasted: t.wasted, GPUs: t.words.gpus}
	f.Goal = workspace.Aim(t.work.Goal.Text)
	f.Open = workspace.Open(workspace.Items(t.work.Plan.Text))
	f.Tried = slices.Concat(t.words.tried, t.work.Tried)
	for _, k := range t.known.Overdue {
		f.Overdue = append(f.Overdue, k.Summary)
	}
	if f.Ending == agent.Stalled {
		f.Died = t.died()
	}
	g := s.rules.Goal(t.Agent)
	measure := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) + " " + g.Minimize + "s" }
	if g.Record > 0 {
		f.Record = measure(g.Record)
	}
	if t.best != nil {
		f.Best = measure(t.best.Value)
	}
	s.grindingFields(t, &f)
	for _, c := range t.conditions.held { // the GPUs have a field of their own
		if len(f.Conditions) == 0 && c.Type != agent.IdleCompute && len(c.Evidence) > 0 {
			f.Conditions = c.Evidence[:1]
		}
	}
	for _, d := range []agent.Document{t.work.Goal, t.work.Plan} {
		if d.Path != "" && d.Problem == "" {
			f.Notes = append(f.Notes, d.Path)
		}
	}
	for _, n := range t.work.Files {
		if strings.HasSuffix(n.Path, ".md") && !n.Deleted && len(f.Notes) < maxNotes {
			f.Notes = append(f.Notes, n.Path)
		}
	}
	return f
}

// noneDue says why an agent that stands at no end for a nudge gets none.
func (s *State) noneDue(t *track) string {
	if t.judged != "" && !t.session.Turn.Running() || t.state == agent.Asking {
		if _, hold := nudge.When(s.rules.Policy(t.Agent), t.policyCase(t.now, t.message(), nil)); hold != "" {
			return hold
		}
	}
	return "it is " + string(t.state)
}

// maxNotes bounds the files that a fresh session is told to read first.
const maxNotes = 4

// preview is the nudge that the agent would get now, if it may get one or not.
func (s *State) preview(id agent.ID) agent.Next {
	t, ok := s.agents[id]
	if !ok {
		return agent.Next{Held: "it is gone"}
	}
	var err error
	if t.due.IsZero() && t.hold == "" { // else the words have been chosen
		err = s.compose(t, t.message())
	}
	n := *t.next()
	switch {
	case err != nil:
		n.Text, n.Held = "", err.Error()
	case n.Channel == "":
		n.Held = nudge.NoWayIn
	case n.Held == "" && n.At.IsZero() && t.sending == "":
		n.Held = "none is due: " + s.noneDue(t)
	}
	return n
}
