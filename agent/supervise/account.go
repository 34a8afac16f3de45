package supervise

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// Times of agents that share a limit.
const (
	// inFlight is how long a request that was let in before the limit was met can
	// still have agents act: only what comes later shows that there is access.
	inFlight = 2 * time.Minute
	// stagger is between the nudges of agents that were held together.
	stagger = 10 * time.Second
	// answerWithin is what one has to find out whether a stated reset was right,
	// before the next one is nudged.
	answerWithin = time.Minute
)

// limits is what a track knows of usage limits.
type limits struct {
	met    time.Time // when the agent itself met one last
	resets time.Time // as stated then; zero if not
	sendAt time.Time // when a nudge was last handed to the executors
	waits  bool      // it has waited for the account's limit to end
	freeAt time.Time // when that had ended
	told   string    // for people: what is known of the account's limit
}

// meet notes a usage limit that the agent has met.
func (t *track) meet() {
	turn := t.session.Turn
	if t.judged == "" || turn.Running() || !nudge.IsUsage(t.verdict.Ending, turn.Failure) {
		return
	}
	at := turn.Ended
	if at.IsZero() {
		at = t.since
	}
	if at.After(t.limits.met) {
		t.limits.met, t.limits.resets = at, t.verdict.Resets
	}
}

// account is what the agents of an account share. An agent of which no account
// is known shares with nobody.
func (t *track) account() string {
	if t.Agent.Account != "" {
		return t.Agent.Account
	}
	return "agent " + string(t.Agent.ID)
}

// members are the agents of an account, in a stable order.
func (s *State) members(account string) []*track {
	var out []*track
	for _, t := range s.agents {
		if t.account() == account {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, byName)
	return out
}

func byName(a, b *track) int {
	return cmp.Or(cmp.Compare(a.Agent.Name, b.Agent.Name), cmp.Compare(a.Agent.ID, b.Agent.ID))
}

// share is what an account's limit means for one of its agents.
type share struct {
	of      *track
	members []*track
	by      *track // who met the limit last
	limit   nudge.Limit
	free    bool      // an agent has had access since
	sent    time.Time // the last nudge of any of the members
	last    *track    // who was sent it
}

// share returns what holds for the agent: nil if no agent of its account has met
// a limit that is not over, and it has not waited for one.
func (s *State) share(now time.Time, t *track) *share {
	x := &share{of: t, members: s.members(t.account())}
	for _, m := range x.members {
		if at := m.lastSent(); at.After(x.sent) {
			x.sent, x.last = at, m
		}
		if l := m.limits; l.met.After(x.limit.Met) {
			x.by, x.limit.Met, x.limit.Resets = m, l.met, l.resets
		}
	}
	if x.by == nil {
		return nil
	}
	var access time.Time
	for _, m := range x.members {
		access = maxTime(access, m.session.Turn.ActedAt)
		x.free = x.free || m.sameModel(t) && m.acted(x.limit.Met, m == x.by)
	}
	for _, m := range x.members {
		x.limit.Probes += m.probesSince(access)
	}
	x.limit.Probed = x.sent
	switch {
	case !x.free:
		t.limits.freeAt = time.Time{}
	case !t.limits.waits:
		return nil
	case t.limits.freeAt.IsZero():
		t.limits.freeAt = now
	}
	return x
}

// acted reports whether the agent has done something that took access after the
// time at which the limit was met, by the agent itself or by another.
func (t *track) acted(met time.Time, itself bool) bool {
	turn := t.session.Turn
	return turn.ActedAt.After(met) && (itself || turn.Started.After(met) || turn.ActedAt.After(met.Add(inFlight)))
}

// sameModel reports whether two agents may meet the same limit of a model.
func (t *track) sameModel(o *track) bool {
	a, b := t.session.Info.Model, o.session.Info.Model
	return a == b || a == "" || b == ""
}

// lastSent is when a nudge was last sent to the agent, or handed over to be.
func (t *track) lastSent() time.Time {
	at := t.limits.sendAt
	if n := len(t.sentAt); n > 0 {
		at = maxTime(at, t.sentAt[n-1])
	}
	return at
}

// probesSince counts the nudges after a limit since there was access last.
func (t *track) probesSince(access time.Time) int {
	n := 0
	for i := len(t.nudges) - 1; i >= 0; i-- {
		switch x := t.nudges[i]; {
		case x.DryRun || x.SentAt.IsZero():
		case x.Status == agent.Effective, !x.SentAt.After(access):
			return n
		case x.Ending == agent.Limit:
			n++
		}
	}
	return n
}

// current returns the limit for the policy: nil where it is over, or there is none.
func (x *share) current() *nudge.Limit {
	if x == nil || x.free || x.unanswered() {
		return nil
	}
	return &x.limit
}

// unanswered reports whether the agent is the one that tried the limit last, and
// an outage of the service came in between: that says nothing of the limit. It
// tries again as after any outage, and the others wait for what it finds.
func (x *share) unanswered() bool {
	t := x.of
	turn := t.session.Turn
	outage := t.verdict.Ending == agent.Failed || turn.Failure != nil && turn.Failure.Code == agent.Overloaded
	return x.last == t && outage && !turn.Running() && turn.Started.After(x.limit.Met)
}

// metSince reports whether the limit was met again after the time, and nobody
// has had access since.
func (x *share) metSince(at time.Time) bool {
	return x != nil && !x.free && x.limit.Met.After(at)
}

// turn says when the agent is nudged that could be at the given time, or why it
// is held: while the limit holds one agent tries it for all, and when it is over
// they go one after the other; slowly while only its stated reset tells so.
func (s *State) turn(now time.Time, x *share, at time.Time) (time.Time, string) {
	if x == nil {
		return at, ""
	}
	t := x.of
	t.limits.waits = true
	if x.unanswered() {
		return at, ""
	}
	queue := s.queue(now, x)
	if !x.free && !x.limit.Over(now) {
		if len(queue) == 0 || queue[0] == t {
			return at, ""
		}
		next := x.limit.Next(false)
		if x.limit.Resets.After(x.limit.Met) {
			next = minTime(next, x.limit.Resets)
		}
		return maxTime(next, now.Add(time.Second)), x.why(now)
	}
	at = maxTime(at, t.limits.freeAt)
	apart := answerWithin
	if x.free {
		apart = stagger
	}
	if after := x.sent.Add(apart); x.sent.After(x.limit.Met) && after.After(at) {
		at = after
	}
	return at.Add(apart * time.Duration(max(slices.Index(queue, t), 0))), ""
}

// waitsItsTurn holds a nudge that was planned, and never typed or never taken,
// while another agent tries the limit; it reports whether it does.
func (s *State) waitsItsTurn(now time.Time, t *track, x *share) bool {
	if x == nil {
		return false
	}
	at, hold := now, ""
	if l := x.current(); l != nil {
		at = maxTime(at, l.Next(false))
	}
	if at, hold = s.turn(now, x, at); hold == "" && !at.After(now) {
		return false
	}
	if hold == "" {
		hold = x.why(now)
	}
	s.held(now, t, hold)
	t.wake(at)
	return true
}

// queue lists the members that could be nudged now but for the limit: those
// that nothing stands in the way of come first, then those that met it, whose
// end it is.
func (s *State) queue(now time.Time, x *share) []*track {
	var out []*track
	for _, m := range x.members {
		if (m.limits.waits || m == x.of) && s.able(now, m) {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b *track) int {
		return cmp.Or(order(a.obstructed(), b.obstructed()), order(!a.metOne(), !b.metOne()), byName(a, b))
	})
	return out
}

// order puts what is not so before what is.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// able reports whether the policy and the facts would let the agent be nudged
// now, if its account's limit did.
func (s *State) able(now time.Time, t *track) bool {
	if !t.planned() || t.verdict.Ending == agent.Context || !t.restored || t.sending != "" || t.heldByPerson || t.away != (away{}) || t.manual != nil {
		return false
	}
	if n := t.nudge(t.key()); n != nil && (!n.Status.Open() || !n.SentAt.IsZero()) {
		return false
	}
	p := s.rules.Policy(t.Agent)
	_, hold := nudge.When(p, t.policyCase(now, t.message(), nil))
	return hold == "" && p.Auto
}

// obstructed reports whether a nudge for the end was tried, and something stood
// in its way.
func (t *track) obstructed() bool {
	n := t.nudge(t.key())
	return n != nil && n.Tries > 0
}

// metOne reports whether the agent's turn ended at a usage limit.
func (t *track) metOne() bool {
	return nudge.IsUsage(t.verdict.Ending, t.session.Turn.Failure)
}

// planned reports whether the agent stands at an end that calls for a nudge.
func (t *track) planned() bool {
	ended := t.judged != "" && (t.session.Turn.N == 0 || !t.session.Turn.Running())
	return ended && t.endID() != "" && (t.verdict.Ending.WantsNudge() || t.verdict.Ending == agent.Limit)
}

// policyCase is what the policy is asked about the agent.
func (t *track) policyCase(now time.Time, c care, l *nudge.Limit) nudge.Case {
	return nudge.Case{
		Now: now, Kind: t.Agent.Kind, Ended: t.since, Verdict: t.verdict, Failure: t.session.Turn.Failure, Failed: t.session.Failed,
		Wasted: c.wasted, Sent: t.lastHour(now), Channel: cmp.Or(c.channel, t.channel()), Limit: l,
		Left: t.left == agent.Yes,
	}
}

// why says with whom and until when the agent is held.
func (x *share) why(now time.Time) string {
	with := " with " + x.by.Agent.Name
	if x.by == x.of {
		with = ""
	}
	until := x.limit.Next(false)
	if x.limit.Resets.After(x.limit.Met) {
		until = x.limit.Resets
	}
	return "limited" + with + " until " + clockTime(now, until)
}

// note says what is known of the limit, for the evidence.
func (x *share) note(now time.Time) string {
	if x == nil {
		return ""
	}
	text := fmt.Sprintf("the account's limit was met by %s at %s", x.by.Agent.Name, clockTime(now, x.limit.Met))
	if x.free {
		return text + ", and there is access again"
	}
	if n := x.limit.Probes; n > 0 {
		text += fmt.Sprintf("; tries in vain since: %d", n)
	}
	return text
}

// clockTime is a time for people, with its day where that is another.
func clockTime(now, at time.Time) string {
	at = at.In(now.Location())
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) || at.After(now) && at.Sub(now) < 12*time.Hour {
		return at.Format("15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// sign is all by which a change of one agent of an account concerns the others.
type sign struct {
	met, resets, sent time.Time
	by, first         agent.ID
	free              bool
	probes            int
}

// settleAccount settles the other agents of the agent's account, if what has
// happened to this one concerns them.
func (s *State) settleAccount(now time.Time, t *track) {
	if t.lost || t.Agent.Account == "" {
		return
	}
	for range 3 { // each of them may concern the others in turn, but that ends
		x := s.share(now, t)
		var seen sign
		if x != nil {
			seen = sign{x.limit.Met, x.limit.Resets, x.sent, x.by.Agent.ID, "", x.free, x.limit.Probes}
			if q := s.queue(now, x); len(q) > 0 {
				seen.first = q[0].Agent.ID
			}
		}
		if s.signs[t.Agent.Account] == seen {
			return
		}
		s.signs[t.Agent.Account] = seen
		for _, m := range s.members(t.Agent.Account) {
			if m != t {
				s.settle(now, m)
			}
		}
	}
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
