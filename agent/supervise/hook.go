package supervise

import (
	"slices"
	"strconv"
	"time"

	"vigil/agent"
	"vigil/agent/hook"
	"vigil/agent/nudge"
)

// Times and bounds of the hook channel.
const (
	// hookNow is the longest wait of a policy that the hook's answer does not
	// heed: so short a one lets a terminal settle, which the hook does not need.
	// A longer one means that the agent is to stop, and to be nudged later.
	hookNow = time.Second
	// hookFacts is how long an answer waits for the transcript, which lags.
	hookFacts = 300 * time.Millisecond
	// hookSeen is how long after its answer a turn that ended all the same is
	// not nudged by another channel.
	hookSeen = 5 * time.Second
	// hookBlocks is how often in a row, without a tool used in between, a turn is
	// made to go on by its hook. Claude Code lets it end at the 9th, whoever
	// blocked; Codex never does.
	hookBlocks = 6
	// hookTwice is the time within which a hook that is installed twice asks
	// the same again.
	hookTwice = 300 * time.Millisecond
)

// HookCalled tells that an agent's CLI asks, by its Stop hook, whether the turn
// may end (answer: AnswerHook).
type HookCalled struct {
	N    int // of the question
	Call hook.Call
}

// HookTold tells how the answer to a hook's question fared.
type HookTold struct {
	ID  agent.ID
	Key string
	OK  bool // the CLI has it
}

// AnswerHook answers a hook's question. With a nudge, which is in the journal
// before the CLI has it, the turn goes on (answer: HookTold).
type AnswerHook struct {
	N     int
	Nudge agent.Nudge // its zero value lets the turn end
}

// LookForWork asks for a look at the processes of this machine's agents now
// (answer: Process).
type LookForWork struct{}

// hookCall is a question of a Stop hook.
type hookCall struct {
	HookCalled
	at     time.Time
	looked bool // a look at the processes was asked for
}

// bySession returns the agent of this machine with the session.
func (s *State) bySession(c hook.Call) *track {
	for _, t := range s.agents {
		if t.Agent.Host == local && t.Agent.SessionID == c.Session {
			return t
		}
	}
	return nil
}

// hookCalled takes a question in. The answer may have to wait for the
// transcript; of an agent that is not known it comes at once.
func (s *State) hookCalled(now time.Time, o HookCalled) *track {
	t := s.bySession(o.Call)
	if t == nil || o.Call.SubAgent {
		s.do(AnswerHook{N: o.N})
		return &track{lost: true}
	}
	last := t.answered
	twice := !last.at.IsZero() && now.Sub(last.at) < hookTwice &&
		last.Call.Turn == o.Call.Turn && last.Call.Message == o.Call.Message && last.Call.Active == o.Call.Active
	if t.asking != nil || twice {
		s.do(AnswerHook{N: o.N})
		return t
	}
	t.asking = &hookCall{HookCalled: o, at: now}
	return t
}

// answerHook answers the question that waits, if it can be answered yet.
func (s *State) answerHook(now time.Time, t *track) {
	c := t.asking
	if c == nil {
		return
	}
	until := c.at.Add(hookFacts)
	turn, f, v := s.hookVerdict(now, t, c.Call)
	unsettled := t.unsettled()
	leave := !t.session.Turn.Running() || s.leaves(now, t, c.Call, v, t.wasted+unsettled)
	// A process that was seen at work may have been a tool that has ended.
	stale := t.workAt.Before(c.at) && slices.ContainsFunc(f.Waits, func(k agent.Task) bool { return k.Kind == agent.Child })
	// A transcript that lags may not show yet that the last nudge had an effect,
	// or that this turn has begun.
	if leave && now.Before(until) && (stale || unsettled > 0 || !t.session.Turn.Running()) {
		if stale && !c.looked {
			c.looked = true
			s.do(LookForWork{})
		}
		t.wake(until)
		return
	}
	t.asking, t.answered = nil, *c
	t.answered.at = now
	if leave {
		s.do(AnswerHook{N: c.N})
		return
	}
	s.goOn(now, t, c, turn, v)
}

// hookVerdict judges the turn as if it had ended with the call. The message of
// the call is the final one, whatever the transcript shows yet.
func (s *State) hookVerdict(now time.Time, t *track, c hook.Call) (agent.Turn, agent.Facts, agent.Verdict) {
	real := t.session
	defer func() { t.session = real }()
	t.session = real.Clone()
	turn := &t.session.Turn
	turn.Final = c.Message
	if c.Message != "" {
		turn.Last, turn.ResultAfter, turn.SaidEnd = agent.LastText, false, true
	}
	turn.Ended = now
	turn.EndID = "hook/" + strconv.FormatInt(now.UnixNano(), 36)
	f := s.facts(now, t)
	hookFactsOf(&f, c, t.session.Goal)
	v := s.rules.Endings.Judge(f)
	if stopWord(t) {
		v.Ending = agent.Interrupted
	}
	v.Evidence = append([]agent.Evidence{{Source: "hook", Text: "its Stop hook: the turn ends", At: now}}, v.Evidence...)
	return *turn, f, v
}

// hookFactsOf puts what the CLI itself tells of its background tasks in place of
// what the transcript lets one think.
func hookFactsOf(f *agent.Facts, c hook.Call, goal string) {
	told := func(k agent.TaskKind) bool {
		return k == agent.Shell && c.HasTasks || k == agent.Wakeup && c.HasCrons
	}
	if !c.HasTasks && !c.HasCrons {
		return
	}
	var waits []agent.Task
	for _, k := range f.Waits {
		if !told(k.Kind) {
			waits = append(waits, k)
		}
	}
	hollow := func(k agent.Task) bool {
		return slices.ContainsFunc(f.Died, func(d agent.Task) bool { return d.ID == k.ID && d.State == agent.TaskHollow })
	}
	f.Waits = append(waits, slices.DeleteFunc(slices.Clone(c.Tasks), hollow)...)
	if len(f.Waits) > 0 || goal != "" {
		f.Background = agent.Yes
	} else if c.HasTasks && c.HasCrons && f.Background == agent.Yes {
		f.Background = agent.No
	}
}

// leaves reports whether the turn is to end, given so many nudges in a row
// without effect. If that was wrong, another channel nudges the agent later.
func (s *State) leaves(now time.Time, t *track, c hook.Call, v agent.Verdict, wasted int) bool {
	p := s.rules.Policy(t.Agent)
	switch {
	case !t.restored || !t.heard || t.away != (away{}) || t.manual != nil || t.sending != "",
		!s.auto || s.dryRun || !p.Auto || !s.lease.Mine || t.heldByPerson,
		!c.HasMessage, len(t.session.Queue) > 0, !goesOn(v.Ending),
		s.rules.JudgeBelow > 0 && v.Confidence < s.rules.JudgeBelow, // another channel waits for the judge
		t.blocks() >= hookBlocks, t.spokenTo(now, p.Typed):
		return true
	}
	at, hold := nudge.When(p, nudge.Case{
		Now: now, Kind: t.Agent.Kind, Ended: now, Verdict: v, Failed: t.session.Failed,
		Wasted: wasted, Sent: t.lastHour(now), Channel: agent.ViaHook, Limit: s.share(now, t).current(),
	})
	return hold != "" || at.After(now.Add(hookNow))
}

// goesOn reports whether a plain nudge is all that a turn with this ending needs.
func goesOn(e agent.Ending) bool {
	switch e {
	case agent.Terminal, agent.Question, agent.Stalled, agent.Empty:
		return true
	}
	return false
}

// spokenTo reports whether a person gave the agent this turn just now: who
// talks with it reads its answer first.
func (t *track) spokenTo(now time.Time, within time.Duration) bool {
	turn := t.session.Turn
	if turn.Origin != agent.Human || now.Sub(turn.Started) >= within {
		return false
	}
	for _, n := range t.nudges {
		if nudge.Shows(turn.Prompt, n.Text) {
			return false
		}
	}
	return true
}

// unsettled counts the nudges of which it is not known yet whether they had an
// effect.
func (t *track) unsettled() int {
	n := 0
	for _, x := range t.nudges {
		if !x.DryRun && !x.Step() && (x.Status == agent.Sent || x.Status == agent.Received) {
			n++
		}
	}
	return n
}

// blocks counts the hook's answers since a nudge last had an effect. The journal
// keeps them over restarts.
func (t *track) blocks() int {
	n := 0
	for i := len(t.nudges) - 1; i >= 0; i-- {
		x := t.nudges[i]
		if x.Status == agent.Effective {
			break
		}
		if x.Channel == agent.ViaHook && !x.DryRun && x.Status != agent.Dropped {
			n++
		}
	}
	return n
}

// goOn makes the turn go on with a nudge.
func (s *State) goOn(now time.Time, t *track, c *hookCall, turn agent.Turn, v agent.Verdict) {
	words, err := s.choose(t, v.Ending)
	if err != nil {
		s.do(AnswerHook{N: c.N})
		return
	}
	r := Report{Event: "ending", State: v.Ending.State(), Ending: v.Ending, Confidence: v.Confidence, Text: agent.CleanLine(turn.Final, 200)}
	for _, e := range v.Evidence {
		r.Evidence = append(r.Evidence, e.Source+": "+e.Text)
	}
	s.tell(now, t, r)
	s.do(Record{ID: t.Agent.ID, Session: t.Agent.SessionID, Turn: turn, Verdict: v})
	n := agent.Nudge{
		Key: agent.NudgeKey(t.Agent.SessionID+"/"+string(t.Agent.ID), turn.EndID), EndID: turn.EndID,
		Agent: t.Agent.ID, Session: t.Agent.SessionID, Ending: v.Ending, Channel: agent.ViaHook,
		Rung: words.Rung, Wording: words.Wording, Text: words.Text, Status: agent.Planned, PlannedAt: now, Tries: 1,
	}
	t.nudges = append(t.nudges, n)
	t.sending = n.Key
	s.tell(now, t, Report{Event: "nudge", Status: agent.Planned, Key: n.Key, Text: n.Text, Ending: n.Ending})
	s.do(AnswerHook{N: c.N, Nudge: n})
}

// hookTold takes how an answer fared.
func (s *State) hookTold(now time.Time, t *track, o HookTold) {
	t.sending = ""
	if o.OK {
		s.entered(now, t, o.Key)
		return
	}
	if n := t.nudge(o.Key); n != nil && n.Status == agent.Planned {
		s.advance(now, t, n, agent.Dropped, "the CLI did not wait for the hook's answer")
	}
}

// hookFeedback sees a hook's feedback come: the nudge before it had its time,
// and the answer that has just been given has arrived.
func (s *State) hookFeedback(now time.Time, t *track, before agent.Turn, e agent.Event) {
	if e.Type != agent.Prompt || e.Origin != agent.Hook {
		return
	}
	if before.Tools == 0 {
		s.settleNudges(now, t, agent.Wasted)
	}
	for i := range t.nudges {
		n := &t.nudges[i]
		if n.Channel == agent.ViaHook && n.Status.Open() && !n.DryRun && !e.At.Before(n.PlannedAt.Add(-time.Second)) {
			s.advance(now, t, n, agent.Received, "")
			return
		}
	}
}

// hookOpen reports whether the turn may have ended in spite of a hook's answer
// of which the transcript does not tell yet. Once it has had its time, the CLI
// did not take it: another channel may nudge.
func (s *State) hookOpen(now time.Time, t *track) bool {
	for i := range t.nudges {
		n := &t.nudges[i]
		if n.Channel != agent.ViaHook || !n.Status.Open() || n.DryRun {
			continue
		}
		since := maxTime(maxTime(n.PlannedAt, n.SentAt), t.firstSeen)
		if until := since.Add(hookSeen); now.Before(until) {
			t.wake(until)
			return true
		}
		to := agent.Wasted
		if n.Status == agent.Planned {
			to = agent.Dropped
		}
		s.advance(now, t, n, to, "the turn ended in spite of the hook's answer")
	}
	return false
}
