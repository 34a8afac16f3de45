package supervise

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// Times by which a turn's end is known where the format has no mark for it,
// and by which a dialog is found.
const (
	quietEnd        = 2 * time.Second  // after a final text, the screen agreeing
	blindEnd        = 10 * time.Second // ... with no screen to ask
	stuckEnd        = time.Minute      // after anything else, three looks agreeing
	registryLag     = 1500 * time.Millisecond
	lookAfterChange = 150 * time.Millisecond
	lookFirst       = time.Second      // into a tool call with no result
	lookMost        = 10 * time.Second // between looks at a working agent
	lookIdle        = 2 * time.Second  // between looks at an agent known by its pane alone
	lookWatched     = 200 * time.Millisecond
	wordsOnly       = 30 * time.Minute // a wait that only words vouch for
	agreeing        = 3                // looks that make an ending read from a pane alone
)

// settle brings all that follows from what is known of an agent up to date.
func (s *State) settle(now time.Time, t *track) {
	if t.lost {
		return
	}
	t.deadline, t.now = time.Time{}, now
	if t.away != (away{}) {
		s.outOfReach(now, t)
		return
	}
	s.served(now, t)
	s.infer(now, t)
	t.fold(now)
	s.judge(now, t)
	t.meet()
	s.conditions(now, t)
	s.idle(now, t)
	s.answerHook(now, t)
	s.plan(now, t)
	s.scheduleLooks(now, t)
}

// wake makes sure that the agent is settled again at the given time. What has
// passed has been seen to by the step that runs.
func (t *track) wake(at time.Time) {
	if at.After(t.now) && (t.deadline.IsZero() || at.Before(t.deadline)) {
		t.deadline = at
	}
}

// infer ends a turn that no mark ended.
func (s *State) infer(now time.Time, t *track) {
	turn := &t.session.Turn
	if !turn.Running() || !t.heard {
		return
	}
	quiet := now.Sub(t.heardAt)
	last := turn.LastAt
	if t.alive == agent.No {
		t.session.EndTurn(last, turn.LastID)
		return
	}
	reg, _ := t.word()
	idle := (reg.Status == "idle" || reg.Status == "shell") && reg.At.After(last) && now.Sub(reg.At) >= registryLag && quiet >= registryLag
	if reg.Status == "busy" || reg.Status == "waiting" {
		return // the CLI itself says that the turn runs
	}
	said := turn.Last == agent.LastText && len(turn.Open) == 0 && (!t.session.Marks || turn.SaidEnd || idle) && !t.hides()
	switch {
	case idle && t.server.thread.Failure != nil && t.held():
		t.session.EndTurn(last, turn.LastID) // how it failed is told next
		t.mendFailure()
	case idle && said:
		t.session.EndTurn(last, turn.LastID)
	case idle && turn.Last != agent.LastText && len(t.session.Queue) == 0:
		// Its turn is over and the transcript has no end: a person pressed Esc.
		turn.Aborted, turn.Silent = true, true
		t.session.EndTurn(last, turn.LastID)
	case idle:
	case said && t.Agent.Pane.ID == "":
		if quiet >= blindEnd {
			t.session.EndTurn(last, turn.LastID)
		}
		t.wake(t.heardAt.Add(blindEnd))
	case said:
		if quiet >= quietEnd && t.screenIdle(t.heardAt) {
			t.session.EndTurn(last, turn.LastID)
			return
		}
		t.lookSoon(now, max(quietEnd-quiet, lookAfterChange))
	case t.titleIdle():
		turn.Aborted = len(turn.Open) > 0 // the transcript has no end: a person pressed Esc
		turn.Silent = turn.Aborted
		t.session.EndTurn(last, turn.LastID)
	case t.Agent.Pane.ID != "" && quiet >= stuckEnd && t.looks >= agreeing && t.screenIdle(t.heardAt):
		t.session.EndTurn(last, turn.LastID)
	}
	if reg.Status == "idle" || reg.Status == "shell" {
		t.wake(maxTime(reg.At, t.heardAt).Add(registryLag))
	}
}

// screenIdle reports whether a look since the given time shows a free input
// line.
func (t *track) screenIdle(since time.Time) bool {
	sc := t.screen
	return sc != nil && sc.At.After(since) && !sc.Busy && sc.Dialog == agent.NoDialog && sc.Composer != agent.NoComposer
}

// judge says why the turn ended and what the agent is doing now.
func (s *State) judge(now time.Time, t *track) {
	turn := t.session.Turn
	switch {
	case t.paneOnly():
		s.judgePane(now, t)
	case turn.N == 0:
		if t.alive == agent.No {
			s.become(now, t, agent.Exited, t.goneAt)
		}
	case turn.Running():
		s.judgeRunning(now, t)
	case t.tries():
		t.lookSoon(now, lookIdle)
		s.judgeRunning(now, t)
	default:
		s.judgeEnded(now, t)
	}
}

// judgeRunning looks for a dialog in the middle of a turn.
func (s *State) judgeRunning(now time.Time, t *track) {
	dialog, source := t.dialog()
	if dialog == agent.NoDialog {
		t.judged, t.spoken = "", ""
		s.become(now, t, agent.Working, turnStart(t))
		return
	}
	f := s.facts(now, t)
	f.Dialog = dialog
	v := s.rules.Endings.Judge(f)
	v.Evidence = append(v.Evidence, agent.Evidence{Source: source, Text: "a dialog is open: " + string(dialog), At: now})
	s.verdict(now, t, v, "dialog:"+string(dialog)+turn(t))
	s.become(now, t, agent.Asking, now)
}

func turn(t *track) string { return "/" + t.session.Turn.ID }

func turnStart(t *track) time.Time { return t.session.Turn.Started }

// outdated reports whether the CLI's word is of before the turn's end. It lags:
// that the turn waited for a person is no news once it has ended.
func (t *track) outdated(word Registered) bool {
	ended := t.session.Turn.Ended
	return !ended.IsZero() && !word.At.After(ended)
}

// dialog says which dialog is open, by the CLI's registry or by the screen.
func (t *track) dialog() (agent.Dialog, string) {
	var screen agent.Dialog
	if t.screen != nil && !t.screen.At.Before(t.heardAt) {
		screen = t.screen.Dialog
	}
	word, source := t.word()
	if word.Status == "waiting" && !t.outdated(word) {
		switch {
		case strings.Contains(word.WaitingFor, "permission"):
			return agent.PermissionDialog, source
		case strings.Contains(word.WaitingFor, "input"):
			return agent.QuestionDialog, source
		case screen != agent.NoDialog:
			return screen, "pane"
		}
		return agent.OtherDialog, source
	}
	if t.held() { // what else its screen shows is no matter of the turn
		return agent.NoDialog, source
	}
	return screen, "pane"
}

// judgeEnded gives the verdict on an ended turn. It is given again when a fact
// changes (a background task ends, the process dies), under the same end.
func (s *State) judgeEnded(now time.Time, t *track) {
	if t.judged == t.session.Turn.EndID && now.Before(t.calmFrom) {
		t.wake(t.calmFrom) // the CLI is about to wake it: the verdict stands until then
		return
	}
	if word, _ := t.word(); word.Status == "waiting" && t.outdated(word) && (t.screen == nil || t.screen.At.Before(t.heardAt)) {
		in := lookAfterChange // a sub-agent's dialog may be open all the same
		if t.lookErr != "" {
			in = lookIdle
		}
		t.lookSoon(now, in)
	}
	f := s.facts(now, t)
	v := s.ask(t, f)
	if v.Ending == agent.Waits && f.Background != agent.Yes {
		// Its words tell of work that no register shows: believed, for a time.
		late := maxTime(t.session.Turn.Ended, t.known.Sign).Add(wordsOnly)
		if t.wake(late); !now.Before(late) {
			f.Background = agent.No
			f.Overdue = append(f.Overdue, agent.Task{Kind: agent.SubAgent, Summary: spokenOf, Started: t.session.Turn.Started})
			v = s.ask(t, f)
		}
	}
	v = s.appeal(now, t, f, v)
	v = s.restarted(t, t.stillFull(now, v))
	v.Evidence = append(v.Evidence, t.hollow(now)...)
	if stopWord(t) {
		v = agent.Verdict{Ending: agent.Interrupted, Confidence: 1, Evidence: []agent.Evidence{
			{Source: "transcript", Text: "a person said: " + agent.CleanLine(t.session.Turn.Prompt, 80), At: t.session.Turn.Started},
		}}
	}
	v.Evidence = append(v.Evidence, t.serverSaid()...)
	if t.alive == agent.No {
		v.Ending, v.Confidence = agent.Gone, 1
		v.Evidence = append([]agent.Evidence{{Source: "process", Text: endedBy(t.left), At: t.goneAt}}, v.Evidence...)
	}
	s.verdict(now, t, v, t.session.Turn.EndID)
	st := v.Ending.State()
	if v.Ending == agent.Gone && t.alive != agent.No { // started again
		st = agent.Stopped
	}
	if v.Ending == agent.Question && f.Dialog != agent.NoDialog {
		st = agent.Asking
	}
	s.become(now, t, st, t.session.Turn.Ended)
}

// ask has the rules judge, unless they did already: the facts of an agent at
// rest stay the same for hours, and are looked at every few seconds.
func (s *State) ask(t *track, f agent.Facts) agent.Verdict {
	now := f.Now
	f.Now = time.Time{}
	if t.askedOf != s.rules.Endings || !reflect.DeepEqual(f, t.asked) {
		t.asked, t.askedOf = f, s.rules.Endings
		f.Now = now
		r := s.rules.Endings.Explain(f)
		t.answer, t.trace = r.Verdict, traceOf(r)
	}
	v := t.answer
	v.Evidence = slices.Clone(v.Evidence)
	return v
}

// stopWord reports whether a person's prompt of the ended turn told the agent
// to stop: that is respected until the person speaks again.
func stopWord(t *track) bool {
	turn := t.session.Turn
	if turn.Origin != agent.Human || len(turn.Prompt) > 40 || turn.Tools > 3 {
		return false
	}
	word := strings.ToLower(strings.Trim(strings.TrimSpace(turn.Prompt), ".!"))
	return slices.Contains([]string{
		"stop", "stop please", "please stop", "stop now", "stop here", "pause", "please pause", "pause here",
		"wait", "please wait", "halt", "hold on", "hold", "stand by",
	}, word)
}

// verdict keeps the verdict on the end, and reports it if it is new.
func (s *State) verdict(now time.Time, t *track, v agent.Verdict, end string) {
	fresh := t.judged != end || t.spoken != v.Ending
	t.verdict = v
	if !fresh {
		return
	}
	at := t.session.Turn.Ended
	if at.IsZero() || t.judged == end { // a new fact, not the end, brought it
		at = now
	}
	t.judged, t.spoken = end, v.Ending
	r := Report{At: at, Event: "ending", State: v.Ending.State(), Ending: v.Ending, Confidence: v.Confidence, Text: agent.CleanLine(t.session.Turn.Final, 200)}
	for _, e := range v.Evidence {
		r.Evidence = append(r.Evidence, e.Source+": "+e.Text)
	}
	s.tell(now, t, r)
	if !t.session.Turn.Ended.IsZero() {
		s.do(Record{ID: t.Agent.ID, Session: t.Agent.SessionID, Turn: t.session.Turn, Verdict: v})
	}
}

// paneRows is how much of a screen's foot is read for what its agent says last:
// more would be tools' output, in which words mislead.
const paneRows = 20

// judgePane reads the state of an agent of a kind that has no transcript from
// its pane: agreeing looks make an ending.
func (s *State) judgePane(now time.Time, t *track) {
	sc := t.screen
	switch {
	case t.alive == agent.No:
		s.verdict(now, t, agent.Verdict{Ending: agent.Gone, Confidence: 1, Evidence: []agent.Evidence{{Source: "process", Text: "its process is gone", At: t.goneAt}}}, "gone")
		s.become(now, t, agent.Exited, t.goneAt)
	case sc == nil:
	case sc.Dialog != agent.NoDialog:
		v := s.ask(t, agent.Facts{Kind: t.Agent.Kind, Dialog: sc.Dialog, Process: t.alive, Now: now})
		s.verdict(now, t, v, "dialog:"+string(sc.Dialog))
		s.become(now, t, agent.Asking, now)
	case sc.Busy, sc.Composer == agent.NoComposer, t.looks == 1 && t.stirs > 0:
		t.judged = ""
		s.become(now, t, agent.Working, now)
	case t.looks < agreeing, foot(sc.Lines) == "":
	default:
		f := agent.Facts{Kind: t.Agent.Kind, Text: foot(sc.Lines), Last: agent.LastText, Process: t.alive, Now: now}
		if f.Waits = t.known.Waits; t.known.Background == agent.Yes {
			f.Background = agent.Yes
		}
		v := s.ask(t, f)
		if t.stirs == 0 && len(t.nudges) == 0 && v.Confidence <= unsure {
			return // it may never have been given anything to do
		}
		v = s.appeal(now, t, f, v)
		s.verdict(now, t, v, paneEnd(sc))
		if t.stirs < 2 {
			s.settleNudges(now, t, agent.Wasted)
		}
		s.become(now, t, v.Ending.State(), now)
	}
}

// unsure is the confidence of a verdict that no rule spoke for.
const unsure = 0.5

// foot is the last rows of a screen that hold anything.
func foot(lines []string) string {
	var kept []string
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept[max(len(kept)-paneRows, 0):], "\n")
}

// become notes a change of state.
func (s *State) become(now time.Time, t *track, st agent.State, since time.Time) {
	if t.state == st {
		return
	}
	t.state = st
	t.since = since
	if since.IsZero() {
		t.since = now
	}
}

// idle counts the time in which the agent was stopped with nothing alive.
func (s *State) idle(now time.Time, t *track) {
	stopped := t.state == agent.Stopped || t.state == agent.Exited || t.state == agent.Asking
	if t.idleFrom.IsZero() && !stopped || !t.restored {
		return
	}
	if !t.idleFrom.IsZero() && (!stopped || t.judged != t.idleEnd) {
		s.endIdle(now, t)
	}
	if !stopped {
		return
	}
	if t.idleFrom.IsZero() {
		t.idleFrom, t.idleEnd, t.idleCause, t.idleSaved = maxTime(t.since, t.firstSeen), t.judged, t.spoken, now
	}
	if now.Sub(t.idleSaved) >= saveIdleEvery {
		t.idleSaved = now
		s.saveIdle(t, now)
	}
	t.wake(t.idleSaved.Add(saveIdleEvery))
}

// endIdle ends the running idle stretch, if there is one.
func (s *State) endIdle(now time.Time, t *track) {
	if t.idleFrom.IsZero() {
		return
	}
	to := now
	if st := t.session.Turn.Started; st.After(t.idleFrom) { // also one that has ended meanwhile
		to = st
	}
	d := to.Sub(t.idleFrom)
	t.idleTotal += d
	s.saveIdle(t, to)
	if d >= time.Second {
		s.tell(now, t, Report{At: t.idleFrom, Event: "idle", Ending: t.idleCause, For: d, Text: "after " + string(t.idleCause)})
	}
	t.idleFrom = time.Time{}
}

func (s *State) saveIdle(t *track, to time.Time) {
	s.do(RecordIdle{ID: t.Agent.ID, Session: t.Agent.SessionID, EndID: t.idleEnd, Cause: t.idleCause, From: t.idleFrom, To: to})
}

// saveIdleEvery is how often a running idle stretch is written down, so that a
// crash loses little of it.
const saveIdleEvery = 5 * time.Minute

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
