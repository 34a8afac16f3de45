package supervise

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// Times of planning.
const (
	// settleFor is how long an unconfirmed nudge of an earlier process is only
	// looked for: a CLI writes a message that it has taken well within it.
	settleFor = 3 * time.Second
	// retryHeld is how often an obstacle is looked at again.
	retryHeld = 2 * time.Second
	// retryUnsure is the same after a command to the pane of which it is not
	// known whether it arrived: by then tmux would not carry it out any more.
	retryUnsure = 10 * time.Second
	// unseenFor is when a sent nudge that the transcript does not show is
	// looked for in the input line.
	unseenFor = 20 * time.Second
	// wakeGrace is what a CLI has to wake its agent by itself when a background
	// task has ended.
	wakeGrace = 5 * time.Second
	// maxTries bounds the deliveries of one nudge.
	maxTries = 3
)

// endID identifies the end that a nudge would answer.
func (t *track) endID() string {
	if t.session.Turn.N > 0 {
		return t.session.Turn.EndID
	}
	return paneEnd(t.screen)
}

func paneEnd(sc *agent.Screen) string {
	if sc == nil {
		return ""
	}
	return "pane:" + strconv.FormatUint(sc.Hash, 16)
}

// plan decides whether a nudge is due, and sends it.
func (s *State) plan(now time.Time, t *track) {
	t.due, t.hold, t.limits.told = time.Time{}, "", ""
	t.stuck = ""
	if t.restored {
		s.settleRestart(now, t)
	}
	if !t.restored || t.sending != "" || t.Agent.Session != "" && !t.heard {
		return
	}
	if t.manual != nil {
		s.planManual(now, t)
		return
	}
	c, pending := s.handOver(now, t)
	if !pending {
		if !t.planned() {
			t.toldHold, t.limits.waits = "", false
			return
		}
		c = s.care(now, t)
	}
	if c.channel == "" {
		c.channel = t.channelFor(c.rung)
	}
	if !c.wait.IsZero() {
		t.wake(c.wait)
		return
	}
	if s.hookOpen(now, t) {
		return
	}
	key := c.key
	t.begin(now, key)
	shared := s.share(now, t)
	t.limits.told = shared.note(now)
	if n := t.nudge(key); n != nil {
		s.pursue(now, t, n, c, shared)
		return
	}
	if now.Before(t.appeal.until) {
		t.wake(t.appeal.until) // nothing is sent on a verdict that may change
		return
	}
	p := s.rules.Policy(t.Agent)
	at, hold := nudge.When(p, t.policyCase(now, c, shared.current()))
	if len(t.session.Queue) > 0 { // the CLI has a message for it already
		t.calmFrom = maxTime(t.calmFrom, t.heardAt.Add(wakeGrace))
	}
	if hold == "" {
		at, hold = s.turn(now, shared, maxTime(at, t.calmFrom))
	}
	err := s.compose(t, c)
	if hold == "" && err == nil {
		at = maxTime(at, s.line(now, t, c))
	}
	t.due = at
	switch {
	case c.hold != "":
		hold, at, t.due, t.stuck = c.hold, time.Time{}, time.Time{}, c.hold
	case errors.Is(err, nudge.ErrSpent):
		hold, at = err.Error(), time.Time{}
	case err != nil:
		hold, at = "message template: "+err.Error(), time.Time{}
	case t.heldByPerson:
		hold, at = "held by you", time.Time{}
	case hold != "":
	case !s.auto || !p.Auto:
		hold, at = "auto-resume is off", time.Time{}
	case !s.lease.Mine && !s.dryRun:
		hold, at = "auto-resume is with "+orSomeone(s.lease.Holder), time.Time{}
	case now.Before(t.retryAt):
		hold, at = t.toldHold, t.retryAt
	}
	if hold != "" {
		s.held(now, t, hold)
		t.wake(at)
		return
	}
	t.wake(at)
	if !at.After(now) {
		s.send(now, t, agent.Nudge{
			Key: key, EndID: t.endID(), Ending: t.verdict.Ending, Channel: c.channel,
			Rung: t.words.Rung, Wording: t.words.Wording, Text: t.words.Text, By: t.words.By,
		})
	}
}

func orSomeone(holder string) string {
	if holder == "" {
		return "nobody yet: waiting for the lease"
	}
	return holder
}

// planManual sends what a person asked for. The policy has no say; the
// obstacles of the channel have.
func (s *State) planManual(now time.Time, t *track) {
	if now.Before(t.retryAt) {
		t.hold, t.due = t.toldHold, t.retryAt
		t.wake(t.retryAt)
		return
	}
	n := agent.Nudge{
		Key: fmt.Sprintf("%s/manual/%d", t.key(), t.manual.at.UnixNano()), EndID: t.endID(),
		Ending: t.verdict.Ending, Channel: t.channel(), Text: t.manual.text, Manual: true,
	}
	if n.Text == "" {
		if err := s.compose(t, t.message()); err != nil {
			s.held(now, t, err.Error())
			t.manual = nil
			return
		}
		n.Rung, n.Wording, n.Text, n.By = t.words.Rung, t.words.Wording, t.words.Text, t.words.By
		if t.endID() != "" && t.nudge(t.key()) == nil {
			n.Key = t.key() // it is the planned one, brought forward
		}
	}
	if n.Channel == "" {
		s.held(now, t, nudge.NoWayIn)
		t.manual = nil
		return
	}
	if old := t.nudge(n.Key); old != nil {
		n.Status, n.PlannedAt = old.Status, old.PlannedAt
	}
	s.send(now, t, n)
}

// pursue sees to a nudge that exists already for this end: it is never planned
// a second time, but one that was not seen to arrive is looked for.
func (s *State) pursue(now time.Time, t *track, n *agent.Nudge, c care, shared *share) {
	if !n.Status.Open() || n.DryRun {
		return
	}
	since, wait := n.PlannedAt, settleFor
	reachable := t.reroute(n)
	switch {
	case !n.SentAt.IsZero():
		since, wait = n.SentAt, unseenFor
	case now.Before(t.retryAt):
		s.held(now, t, t.toldHold)
		t.wake(t.retryAt)
		return
	case n.Tries > 0: // held by an obstacle before anything was typed
		since, wait = now, 0
	}
	if t.firstSeen.After(since) { // an earlier process's
		since, wait = t.firstSeen, settleFor
	}
	if n.Channel == agent.ViaExec { // a CLI takes seconds to start
		wait = unseenFor
	}
	if at := maxTime(since.Add(wait), t.backAt.Add(settleFor)); now.Before(at) {
		t.wake(at)
		return
	}
	switch {
	case t.heldByPerson:
		s.held(now, t, "held by you")
	case !s.auto:
		s.held(now, t, "auto-resume is off")
	case !s.lease.Mine:
		s.held(now, t, "auto-resume is with "+orSomeone(s.lease.Holder))
	case !reachable:
		s.held(now, t, "the server of its CLI does not answer: it is not known whether it has the nudge")
	case (n.SentAt.IsZero() && n.Pasted == 0 || shared.metSince(n.SentAt)) && s.waitsItsTurn(now, t, shared):
	case n.Pasted >= maxTries:
		s.held(now, t, "the nudge was typed but never showed up in the transcript: look at its pane")
	default:
		s.send(now, t, s.anew(t, *n, c))
	}
}

// anew is the nudge in the words of today, where nothing of it can have reached
// the agent: while it was held, a wait may have ended in vain, or a process.
func (s *State) anew(t *track, n agent.Nudge, c care) agent.Nudge {
	if n.Manual || n.Step() || !t.unsaid(&n) || s.compose(t, c) != nil {
		return n
	}
	n.Ending, n.Rung, n.Wording, n.Text, n.By = t.verdict.Ending, t.words.Rung, t.words.Wording, t.words.Text, t.words.By
	return n
}

// unsaid reports whether this process has tried to send the nudge and was held
// before anything of it was typed.
func (t *track) unsaid(n *agent.Nudge) bool {
	return n.Tries > 0 && n.Pasted == 0 && n.SentAt.IsZero() && t.doubt != n.Key
}

// send hands a nudge to the executors, or only records it in a dry run.
func (s *State) send(now time.Time, t *track, n agent.Nudge) {
	again := n.Status != ""
	n.Agent, n.Session = t.Agent.ID, t.Agent.SessionID
	if !again {
		n.Status, n.PlannedAt = agent.Planned, now
		if !n.Manual && !n.Step() {
			s.overtake(now, t, n.EndID)
		}
	}
	n.DryRun = s.dryRun && !n.Manual
	if t.paneOnly() { // it may know no bracketed paste, and take a line at a time
		n.Text = strings.ReplaceAll(n.Text, "\n", " ")
	}
	heldOnly := n.Tries > 0 && n.SentAt.IsZero() && t.doubt != n.Key
	n.Tries++
	anew := false
	if old := t.nudge(n.Key); old != nil {
		anew = old.Text != n.Text
		*old = n
	} else {
		t.nudges = append(t.nudges, n)
		s.tell(now, t, Report{Event: "nudge", Status: agent.Planned, Key: n.Key, Text: n.Text, Ending: n.Ending})
	}
	t.retryAt = time.Time{}
	if n.DryRun {
		return
	}
	t.limits.sendAt = now
	t.sending = n.Key
	p := s.rules.Policy(t.Agent)
	s.do(Send{
		Agent: t.Agent, Nudge: n, Anew: anew, Typed: p.Typed, Again: again && !(heldOnly && n.Channel == agent.ViaNative),
		Always: p.Restart == agent.RestartAlways,
	})
}

// entered notes that the text is in the agent's hands as far as vigil can tell.
func (s *State) entered(now time.Time, t *track, key string) {
	n := t.nudge(key)
	if n == nil || n.Status != agent.Planned {
		return
	}
	if !n.Step() {
		t.sentAt = append(t.sentAt, now)
	}
	t.stirs = 0
	s.advance(now, t, n, agent.Sent, "")
}

// fared takes the outcome of a delivery.
func (s *State) fared(now time.Time, t *track, o Fared) {
	t.sending = ""
	if t.manual != nil {
		t.manual = nil
		if o.Result.Status == agent.Planned { // a person is told, and asks again
			s.held(now, t, o.Result.Note)
			if n := t.nudge(o.Key); n != nil && n.Manual {
				s.advance(now, t, n, agent.Dropped, o.Result.Note)
			}
			return
		}
	}
	n := t.nudge(o.Key)
	if n == nil {
		return
	}
	if why := refused(o.Err); why != "" {
		s.restartFared(now, t, n, why)
		return
	}
	lost := errors.Is(o.Err, nudge.ErrUnsure)
	switch o.Result.Status {
	case agent.Planned:
		t.retryAt = now.Add(retryHeld)
		if lost {
			t.retryAt, t.doubt = now.Add(retryUnsure), o.Key
		} else {
			t.limits.sendAt = time.Time{}
		}
		t.server.refused = t.server.refused || errors.Is(o.Err, nudge.ErrRefused)
		s.held(now, t, o.Result.Note)
	case agent.Received:
		if n.Status.Open() { // the CLI says that it has it
			s.advance(now, t, n, agent.Received, "")
		}
	case agent.Sent:
		if !lost { // a bad line is no fault of the pane
			n.Pasted++
		}
		s.entered(now, t, o.Key)
		if n.Status.Open() {
			n.Note = o.Result.Note
		}
		if t.paneOnly() && o.Err == nil && !n.Step() { // nothing but the pane can tell
			s.advance(now, t, n, agent.Received, "the pane took it")
			t.looks, t.judged = 0, ""
		}
	}
	if o.Err != nil {
		s.tell(now, t, Report{Event: "problem", Text: "nudge: " + agent.CleanLine(o.Err.Error(), 200), Key: o.Key})
	}
}

// held says, once for each reason, why a nudge is not sent.
func (s *State) held(now time.Time, t *track, why string) {
	t.hold = why
	if t.toldHold != why {
		t.toldHold = why
		s.tell(now, t, Report{Event: "nudge", Status: Held, Text: why, Ending: t.verdict.Ending})
	}
}

// channel is how a nudge can travel to the agent; empty if there is no way. A
// session is never resumed headless beside the process that has it open.
func (t *track) channel() agent.Channel {
	switch {
	case t.takesNative():
		return agent.ViaNative
	case t.Agent.Pane.ID != "" && t.alive != agent.No:
		return agent.ViaTmux
	case t.alive != agent.Yes && len(t.Agent.Resume) > 0:
		return agent.ViaExec
	}
	return ""
}

// lastHour returns the times of the nudges sent within the last hour.
func (t *track) lastHour(now time.Time) []time.Time {
	i := 0
	for i < len(t.sentAt) && now.Sub(t.sentAt[i]) >= time.Hour {
		i++
	}
	t.sentAt = t.sentAt[i:]
	return t.sentAt
}

// sent counts the nudges that were sent to the agent.
func (t *track) sent() int {
	n := 0
	for _, x := range t.nudges {
		if !x.DryRun && !x.Step() && x.Status != agent.Dropped && (x.Status != agent.Planned || !x.SentAt.IsZero()) {
			n++
		}
	}
	return n
}
