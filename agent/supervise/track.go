package supervise

import (
	"fmt"
	"slices"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/liveness"
	"vigil/agent/nudge"
	"vigil/agent/workspace"
)

// track is all that is known of one agent.
type track struct {
	agent.Agent
	lost      bool
	firstSeen time.Time
	started   time.Time // the first event ever seen

	appeal   appeal // to the judge
	limits   limits
	session  agent.Session
	heard    bool      // the session file's past has been taken in
	heardAt  time.Time // when vigil last got an event
	toldTurn int       // the last turn that was reported
	restored bool

	away   away      // its machine cannot be reached
	backAt time.Time // when it could be reached again

	alive    agent.Tri
	goneAt   time.Time
	left     agent.Tri // its process was ended in good order
	noPane   bool      // the pane of its gone process is gone as well
	gaveUp   string    // it was started again too often: how, for people
	live     liveness.Register
	workAt   time.Time      // of the last look at its processes
	known    liveness.Known // what it said in this step
	began    time.Time      // of its process; zero if not known
	title    string
	registry Registered
	server   hosted
	screen   *agent.Screen
	lookErr  string
	lookAt   time.Time // when the next look is due
	looks    int       // quiet looks in a row at the same screen
	stirs    int       // changes of the screen, since it was first seen or last nudged
	looking  bool

	state   agent.State
	since   time.Time
	verdict agent.Verdict
	judged  string // the end that the verdict is of
	spoken  agent.Ending
	asked   agent.Facts // what the rules were last asked, and what they said
	askedOf *ending.Rules
	answer  agent.Verdict
	trace   *agent.Trace // of the answer; never written to

	idleTotal time.Duration // of the stretches that are over
	idleFrom  time.Time     // of the running one
	idleEnd   string
	idleCause agent.Ending
	idleSaved time.Time

	workedAt     time.Time // when the agent last used a tool
	compactedAt  time.Time // when its context was last compacted
	obeyedAt     time.Time // the same, where its CLI does not say that it did so by itself
	calmFrom     time.Time // no nudge before: the CLI may wake the agent itself
	heldByPerson bool
	manual       *manual
	due          time.Time
	words        words
	hold         string
	stuck        string // why only a person can help
	toldHold     string
	sending      string // key of the nudge on its way
	retryAt      time.Time
	doubt        string        // key of a nudge of which something may stand in the pane
	nudges       []agent.Nudge // of this session, oldest first
	asking       *hookCall     // the Stop hook that waits for an answer
	answered     hookCall      // the last one that was answered
	sentAt       []time.Time
	wasted       int

	work    workspace.State
	worked  bool // work holds a state
	best    *agent.Best
	moments []agent.Moment
	problem string

	conditions conditions

	now      time.Time // of the step that runs
	deadline time.Time
}

// manual is a nudge that a person asked for.
type manual struct {
	text string
	at   time.Time
}

// maxMoments bounds the timeline kept in memory; the journal has the rest.
const maxMoments = 2000

func (s *State) restore(now time.Time, t *track, o Restored) {
	t.restored = true
	if o.Again {
		t.recall(o.Nudges)
		s.reconcile(now, t)
		return
	}
	t.nudges, t.words.past = o.Nudges, o.Settled
	t.idleTotal = o.Idle
	past := slices.DeleteFunc(slices.Clone(o.Moments), func(m agent.Moment) bool { return !m.At.Before(t.firstSeen) })
	t.moments = append(past, t.moments...) // what came since is there already
	for _, n := range o.Nudges {
		t.count(n)
	}
	s.reconcile(now, t)
}

// count takes a nudge of the past into what the policy asks for.
func (t *track) count(n agent.Nudge) {
	if n.DryRun || n.Step() {
		return
	}
	switch n.Status {
	case agent.Effective:
		t.wasted = 0
	case agent.Wasted:
		if n.Note != nudge.Unread {
			t.wasted++
		}
	}
	if !n.SentAt.IsZero() {
		t.sentAt = append(t.sentAt, n.SentAt)
	}
}

// nudge returns the nudge with the key, or nil.
func (t *track) nudge(key string) *agent.Nudge {
	for i := range t.nudges {
		if t.nudges[i].Key == key {
			return &t.nudges[i]
		}
	}
	return nil
}

// key is the key of the nudge for the current end.
func (t *track) key() string {
	return agent.NudgeKey(t.Agent.SessionID+"/"+string(t.Agent.ID), t.endID())
}

func (t *track) process(now time.Time, o Process) {
	t.labour(now, o)
	if o.Title != t.title {
		t.title = o.Title
		t.lookSoon(now, lookAfterChange)
	}
	if t.alive != agent.No && !o.Alive {
		t.goneAt, t.left = now, o.Left
	}
	t.alive = agent.TriOf(o.Alive)
	t.server.lone = t.server.lone && !o.Alive
}

// lookSoon brings the next look at the pane forward.
func (t *track) lookSoon(now time.Time, in time.Duration) {
	if t.Agent.Pane.ID == "" {
		return
	}
	if at := now.Add(in); t.lookAt.IsZero() || at.Before(t.lookAt) {
		t.lookAt = at
	}
}

// note puts a report on the timeline.
func (t *track) note(r Report) {
	m := agent.Moment{At: r.At, Agent: t.Agent.ID, Ending: r.Ending, Text: r.Text}
	switch r.Event {
	case "turn":
		m.Type = agent.MTurnStart
	case "ending":
		m.Type = agent.MTurnEnd
	case "nudge":
		m.Type = agent.MNudge
		switch r.Status {
		case agent.Sent, agent.Received: // between its plan and its effect
			return
		case agent.Planned, Held:
			m.Text = string(r.Status) + ": " + r.Text
		default:
			m.Text = string(r.Status)
		}
	case "file":
		m.Type = agent.MFile
	case "record":
		m.Type = agent.MRecord
	case "idle":
		m.Type, m.For = agent.MIdle, r.For
	case "agent":
		m.Type = agent.MState
	default:
		m.Type = agent.MNote
	}
	t.moments = append(t.moments, m)
	if n := len(t.moments); n > maxMoments {
		t.moments = slices.Clone(t.moments[n-maxMoments:])
	}
}

// heard takes events in and sees to the nudges that they confirm or settle.
func (s *State) heard(now time.Time, t *track, o Heard) {
	t.problem = ""
	if o.Err != nil {
		t.problem = "session file: " + agent.CleanLine(o.Err.Error(), 160)
		if len(o.Events) == 0 {
			return
		}
	}
	if o.First { // the file was read anew
		t.session = agent.Session{}
	}
	t.session.Info.Kind = t.Agent.Kind
	for _, e := range o.Events {
		if t.started.IsZero() && !e.At.IsZero() {
			t.started = e.At
		}
		turn := t.session.Turn
		if e.Type == agent.TaskEnded && t.wakes(e.Task.ID) {
			// The CLI tells that a task ended before it wakes the agent with it.
			t.calmFrom = now.Add(wakeGrace)
		}
		if e.Type == agent.Prompt {
			t.calmFrom = time.Time{} // it has been woken
		}
		t.session.Apply(e)
		t.live.Event(e)
		s.follow(now, t, turn, e)
	}
	s.watch(t, o)
	if id := t.session.Info.ID; id != "" && t.Agent.SessionID == "" {
		t.Agent.SessionID = id
	}
	if len(o.Events) > 0 {
		t.heardAt = now
	}
	if o.First {
		t.heard = true
		t.heardAt, t.toldTurn = t.session.LastAt, t.session.Turn.N
		s.reconcile(now, t)
		return
	}
	// Some formats mark the start before they tell the prompt.
	if turn := t.session.Turn; turn.N != t.toldTurn && (turn.Prompt != "" || turn.Last != agent.LastNone) {
		t.toldTurn = turn.N
		s.tell(now, t, Report{At: turn.Started, Event: "turn", State: agent.Working, Text: agent.CleanLine(turn.Prompt, 160)})
	}
}

// wakes reports whether the CLI wakes the agent when the task ends.
func (t *track) wakes(task string) bool {
	i := slices.IndexFunc(t.session.Tasks, func(k agent.Task) bool { return k.ID == task })
	return i >= 0 && t.session.Tasks[i].Wakes
}

// follow sees whether an event shows a nudge in the transcript, or what became
// of the last one.
func (s *State) follow(now time.Time, t *track, before agent.Turn, e agent.Event) {
	switch e.Type {
	case agent.Prompt, agent.Queued, agent.Absorbed:
		s.hookFeedback(now, t, before, e)
		if n := t.shown(e); n != nil {
			s.advance(now, t, n, agent.Received, "")
			s.do(Confirm{Key: n.Key})
		}
	case agent.ToolCall:
		t.workedAt = maxTime(t.workedAt, e.At)
		s.settleNudges(now, t, agent.Effective)
		t.wasted = 0 // whoever got it going
	case agent.Compacted:
		t.compactedAt = maxTime(t.compactedAt, e.At)
		if e.Origin != agent.System {
			t.obeyedAt = maxTime(t.obeyedAt, e.At)
		}
	}
	if ended := !t.session.Turn.Running() && before.Running(); ended && t.session.Turn.Tools == 0 {
		s.settleNudges(now, t, agent.Wasted)
	}
}

// shown is the nudge that a prompt shows: one, the newest, since others that
// were never seen may have had the same words.
func (t *track) shown(e agent.Event) *agent.Nudge {
	for i := len(t.nudges) - 1; i >= 0; i-- {
		n := &t.nudges[i]
		if n.Status.Open() && !n.DryRun && !n.Step() && !e.At.Before(n.PlannedAt.Add(-time.Second)) && nudge.Shows(e.Text, n.Text) {
			return n
		}
	}
	return nil
}

// overtake drops what was planned for ends before this one and never seen: the
// agent went on without it.
func (s *State) overtake(now time.Time, t *track, endID string) {
	for i := range t.nudges {
		if n := &t.nudges[i]; n.Status.Open() && !n.DryRun && !n.Manual && !n.Step() && n.EndID != endID {
			s.advance(now, t, n, agent.Dropped, "the agent went on without it")
		}
	}
}

// reconcile compares what the journal knows of nudges with a transcript that
// was read in one piece: an earlier process may not have lived to see one
// arrive.
func (s *State) reconcile(now time.Time, t *track) {
	if !t.heard || !t.restored {
		return
	}
	turn := t.session.Turn
	if n := t.shown(agent.Event{At: turn.Started, Text: turn.Prompt}); n != nil && turn.N > 0 {
		s.advance(now, t, n, agent.Received, "")
	}
	switch {
	case turn.Tools > 0:
		s.settleNudges(now, t, agent.Effective)
		t.wasted = 0
	case turn.N > 0 && !turn.Running():
		s.settleNudges(now, t, agent.Wasted)
	}
}

// settleNudges says what became of the nudges that were received.
func (s *State) settleNudges(now time.Time, t *track, to agent.NudgeStatus) {
	note := t.unread(to)
	for i := range t.nudges {
		if n := &t.nudges[i]; n.Status == agent.Received && !n.Step() {
			s.advance(now, t, n, to, note)
			switch {
			case to == agent.Effective:
				t.wasted = 0
			case note == "":
				t.wasted++
			}
		}
	}
}

// advance moves a nudge on, in memory and in the journal.
func (s *State) advance(now time.Time, t *track, n *agent.Nudge, to agent.NudgeStatus, note string) {
	n.Status, n.Note = to, note
	switch to {
	case agent.Sent:
		n.SentAt = now
	case agent.Received:
		n.ReceivedAt = now
		if n.SentAt.IsZero() {
			n.SentAt = now
			t.sentAt = append(t.sentAt, now)
		}
	case agent.Effective, agent.Wasted:
		n.SettledAt = now
	}
	s.do(Advance{Key: n.Key, To: to, Note: note})
	s.tell(now, t, Report{Event: "nudge", Status: to, Key: n.Key, Text: n.Text, Ending: n.Ending})
}

// worked takes the workspace in, and puts what the agent changed there on its
// timeline. The first state is what was there before.
func (s *State) worked(now time.Time, t *track, w workspace.State) {
	old, first := t.work, !t.worked
	t.work, t.worked = w, true
	if first {
		return
	}
	if w.Plan.At.After(old.Plan.At) && w.Plan.Text != old.Plan.Text {
		items := workspace.Items(w.Plan.Text)
		open := len(workspace.Open(items))
		s.tell(now, t, Report{Event: "file", Text: fmt.Sprintf("%s: %d open, %d done", w.Plan.Path, open, len(items)-open)})
	}
	for _, f := range w.Files {
		if f.New && f.Note == "" && !slices.ContainsFunc(old.Files, func(o agent.FileChange) bool { return o.Path == f.Path }) {
			s.tell(now, t, Report{Event: "file", Text: "new " + f.Path})
		}
	}
}

// ranked takes a new best result in.
func (s *State) ranked(now time.Time, t *track, b agent.Best) {
	g := s.rules.Goal(t.Agent)
	text := fmt.Sprintf("%s reached %s %g at %s %g", b.Run, g.Metric, g.Target, g.Minimize, b.Value)
	switch {
	case t.best != nil && b.Value >= t.best.Value:
		t.best = &b
		return
	case t.best != nil:
		text += fmt.Sprintf(" (before: %g)", t.best.Value)
	}
	t.best = &b
	t.conditions.watch.Best(b.At, b.Value)
	s.tell(now, t, Report{Event: "record", Text: text})
}
