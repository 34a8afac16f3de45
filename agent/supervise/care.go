package supervise

import (
	"fmt"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
)

// care is what an agent needs next: a message, or a step before it.
type care struct {
	key     string        // of its record: what exists already is not begun again
	rung    int           // a step's, or nudge.RungHandOver; of other messages their words decide
	wasted  int           // nudges in a row that count against it: what was not tried yet is not put off
	text    string        // of a step
	channel agent.Channel // empty: the agent's own
	hold    string        // why only a person can help
	wait    time.Time     // what was done is waited for: ask again then
}

// message is the care of most endings: the message of the ladder.
func (t *track) message() care {
	return care{key: t.key(), rung: 1, wasted: t.wasted}
}

// care says what the ended turn needs next.
func (s *State) care(now time.Time, t *track) care {
	switch t.verdict.Ending {
	case agent.Context:
		return s.careContext(now, t)
	case agent.Gone:
		return s.careGone(now, t)
	}
	if f, ok := s.careFresh(t); ok {
		return f
	}
	return t.message()
}

// careFresh has a fresh session take over from one that every rung of the
// ladder was wasted on, once, where the policy says so.
func (s *State) careFresh(t *track) (care, bool) {
	fresh := s.rules.commands(t.Agent.Kind).Fresh
	switch t.verdict.Ending {
	case agent.Terminal, agent.Question, agent.Stalled, agent.Empty:
	default:
		return care{}, false
	}
	if t.wasted < nudge.RungHandOver-1 || !s.rules.Policy(t.Agent).HandOver || fresh == "" || t.channel() != agent.ViaTmux || t.paneOnly() {
		return care{}, false
	}
	if last := t.lastStep(agent.StepFresh); last != nil && (last.EndID != t.endID() || !last.Status.Open()) {
		return care{}, false
	}
	c := t.step(agent.StepFresh, "fresh", fresh)
	c.wasted = t.wasted
	return c, true
}

// Times of a full context.
const (
	compactWithin = 10 * time.Minute // a CLI has compacted, or never will
	compactQuiet  = 8 * time.Second  // after which a CLI at rest has not compacted
	maxCompacts   = 2                // tries without work in between: an API error can fail one
	freshWithin   = 2 * time.Second  // a CLI shows its new session
	lookWaiting   = 2 * time.Second  // between looks at a CLI that is waited for
)

// careContext says what an agent whose context is full needs: its CLI's own
// command that compacts, once that has worked the message, and where it does
// not help a fresh session, by policy, or a person.
func (s *State) careContext(now time.Time, t *track) care {
	p, commands := s.rules.Policy(t.Agent), s.rules.commands(t.Agent.Kind)
	last := t.lastStep(agent.StepCompact)
	if last != nil {
		s.settleCompact(now, t, last)
		switch {
		case last.DryRun || last.Status == agent.Planned:
			return care{key: last.Key, rung: last.Rung, text: last.Text}
		case last.Status == agent.Sent || last.Status == agent.Received: // by its server
			t.lookSoon(now, lookWaiting)
			return care{wait: last.SentAt.Add(compactWithin)}
		case last.Status == agent.Effective && !t.toldSince(last):
			return t.message()
		case t.compactedAt.After(t.workedAt) && !t.toldSince(last):
			// Its CLI had done so by itself and finds nothing more to compact:
			// what it holds now may fit, or not.
			return t.message()
		}
	} else if t.compactedAt.After(t.session.Turn.Ended) { // a person did it
		return t.message()
	}
	tries := t.steps(agent.StepCompact)
	switch ch := t.channel(); {
	case p.Compact && tries < maxCompacts && commands.Compact != "" && s.takesCommands(t, ch):
		return t.step(agent.StepCompact, "compact", commands.Compact)
	case p.HandOver && t.freshInVain():
		return care{key: t.key(), hold: "its context is full in a fresh session, too: a person is needed"}
	case p.HandOver && commands.Fresh != "" && t.channelFor(agent.StepFresh) == agent.ViaTmux:
		return t.step(agent.StepFresh, "fresh", commands.Fresh)
	case tries > 0:
		return care{key: t.key(), hold: "its context is full and compacting it did not help: a person is needed (see policy.hand_over)"}
	}
	return care{key: t.key(), hold: "its context is full and vigil cannot compact it here: a person is needed"}
}

// freshInVain reports whether a fresh session was begun since the agent last
// used a tool: the next one would be full as soon.
func (t *track) freshInVain() bool {
	last := t.lastStep(agent.StepFresh)
	return last != nil && !last.DryRun && last.Status != agent.Planned
}

// takesCommands reports whether a CLI carries out its own commands that come by
// the channel. Headless, only Claude Code does: the others read text.
func (s *State) takesCommands(t *track, ch agent.Channel) bool {
	return ch == agent.ViaTmux || ch == agent.ViaNative || ch == agent.ViaExec && t.Agent.Kind == agent.Claude
}

// step is a step of the current end: the one that is planned already, or one
// that has not been begun, since each try has a key of its own.
func (t *track) step(rung int, name, text string) care {
	if last := t.lastStep(rung); last != nil && last.EndID == t.endID() && (last.Status == agent.Planned || last.DryRun) {
		return care{key: last.Key, rung: rung, text: last.Text}
	}
	first := t.key() + "/" + name
	key := first
	for n := 2; t.nudge(key) != nil; n++ {
		key = fmt.Sprintf("%s/%d", first, n)
	}
	return care{key: key, rung: rung, text: text}
}

// lastStep is the last of the steps since the agent last used a tool; nil if
// there was none.
func (t *track) lastStep(rung int) *agent.Nudge {
	for i := len(t.nudges) - 1; i >= 0; i-- {
		if n := &t.nudges[i]; n.Rung == rung && n.Status != agent.Dropped && n.PlannedAt.After(t.workedAt) {
			return n
		}
	}
	return nil
}

// steps counts the steps since the agent last used a tool.
func (t *track) steps(rung int) int {
	c := 0
	for _, n := range t.nudges {
		if n.Rung == rung && n.Status != agent.Dropped && n.PlannedAt.After(t.workedAt) {
			c++
		}
	}
	return c
}

// toldSince reports whether a message was sent since the step, for an end
// before the current one.
func (t *track) toldSince(step *agent.Nudge) bool {
	for _, n := range t.nudges {
		if !n.Step() && !n.SentAt.IsZero() && n.PlannedAt.After(step.PlannedAt) && n.Key != t.key() {
			return true
		}
	}
	return false
}

// settleCompact sees what became of a command to compact.
func (s *State) settleCompact(now time.Time, t *track, n *agent.Nudge) {
	if !n.Status.Open() && n.Status != agent.Received || n.DryRun {
		return
	}
	if !t.obeyedAt.IsZero() && !t.obeyedAt.Before(n.PlannedAt.Add(-time.Second)) {
		s.advance(now, t, n, agent.Effective, "the context was compacted")
		return
	}
	if n.Status == agent.Planned {
		return
	}
	switch rest := n.SentAt.Add(compactQuiet); {
	case t.compactTurn():
		s.advance(now, t, n, agent.Wasted, "compacting failed: "+t.failureText())
	case !now.Before(n.SentAt.Add(compactWithin)):
		s.advance(now, t, n, agent.Wasted, "no compaction came in "+compactWithin.String())
	case t.restsSince(rest):
		s.advance(now, t, n, agent.Wasted, "the CLI took the command and did not compact")
	default:
		t.wake(rest)
	}
}

// failureText is what the CLI said of the turn's failure.
func (t *track) failureText() string {
	if f := t.session.Turn.Failure; f != nil {
		return agent.CleanLine(f.Text, 120)
	}
	return "the CLI told of no compaction"
}

// restsSince reports whether agreeing looks since the time show a CLI that does
// nothing.
func (t *track) restsSince(at time.Time) bool {
	word, _ := t.word()
	busy := word.Status == "busy" && !word.At.IsZero()
	return !busy && t.screenIdle(at) && t.screen.Composer == agent.EmptyComposer && t.looks >= agreeing
}

// compactTurn reports whether the last turn is the one that a command to
// compact made: Codex has a turn for it, in which nothing is said or done.
func (t *track) compactTurn() bool {
	n, turn := t.lastStep(agent.StepCompact), t.session.Turn
	return n != nil && !n.DryRun && turn.N > 0 && !turn.Running() && !turn.Started.Before(n.PlannedAt.Add(-time.Second)) &&
		turn.Tools == 0 && turn.Final == "" && (turn.Prompt == "" || strings.TrimSpace(turn.Prompt) == n.Text)
}

// stillFull is the verdict on the turn of a command to compact: it is no end of
// the agent's own, and the one before it stands.
func (t *track) stillFull(now time.Time, v agent.Verdict) agent.Verdict {
	if v.Ending == agent.Context || !t.compactTurn() {
		return v
	}
	return agent.Verdict{Ending: agent.Context, Confidence: 1, Evidence: append([]agent.Evidence{
		{Source: "transcript", Text: "its context was full, and its CLI was told to compact it", At: now},
	}, v.Evidence...)}
}

// handOver says what a fresh session needs that vigil began: the message that
// hands the work over, also before the session has a file of its own.
func (s *State) handOver(now time.Time, t *track) (c care, pending bool) {
	fresh := t.lastStep(agent.StepFresh)
	if fresh == nil || fresh.DryRun || fresh.Status != agent.Sent {
		return care{}, false
	}
	c = care{key: strings.TrimSuffix(fresh.Key, "/fresh") + "/handover", rung: nudge.RungHandOver}
	if n := t.nudge(c.key); n != nil && !n.Status.Open() {
		if n.Status != agent.Dropped {
			s.advance(now, t, fresh, agent.Effective, "the work was handed over")
		}
		return care{}, false
	}
	if turn := t.session.Turn; turn.N > 0 && turn.Started.After(fresh.SentAt) {
		return care{}, false // somebody has begun in it
	}
	if shown := fresh.SentAt.Add(freshWithin); now.Before(shown) {
		t.wake(shown)
		c.wait = shown
	}
	return c, true
}
