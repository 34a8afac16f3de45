package supervise

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
	"vigil/agent/tmux"
)

// act starts what an action asks for. Nothing here waits.
func (s *Supervisor) act(l lives, a Action) {
	if l.run.Err() != nil && !s.last(a) {
		return
	}
	switch a := a.(type) {
	case Restore:
		s.wg.Go(func() { s.restore(l.run, a) })
		if a.Again {
			return
		}
		if a.Agent.Session != "" {
			if f := s.finders[a.Agent.Host]; f != nil {
				f.follower.Add(string(a.Agent.ID), a.Agent.Session, a.Agent.Kind)
			}
		}
		if a.Agent.Session != "" && a.Agent.Host == local {
			s.wg.Go(func() { s.lookBack(l.run, a.Agent) })
		}
		s.desks.add(a.Agent)
	case Follow:
		s.followOn(a)
	case AskJudge:
		s.wg.Go(func() {
			v, err := s.o.Judge.Ask(l.run, a.Facts)
			s.observe(Judged{ID: a.ID, N: a.N, Verdict: v, Err: err})
		})
	case AskLine:
		s.wg.Go(func() {
			line, err := s.o.Judge.Write(l.run, a.Brief)
			s.observe(Wrote{ID: a.ID, N: a.N, Line: line, Err: err})
		})
	case LookAt:
		s.wg.Go(func() { s.look(l.run, a.ID) })
	case LookForWork:
		s.finders[local].lookNow()
	case AnswerHook:
		s.sends.Go(func() { s.hooks.answer(l, a) })
	case Send:
		s.sends.Go(func() { s.deliver(l, a) })
	case Confirm:
		s.confirm(a.Key)
	case Advance:
		at := time.Now()
		s.write(func(ctx context.Context) error {
			_, err := s.o.Journal.Advance(ctx, a.Key, a.To, at, a.Note)
			return err
		})
	case Record:
		s.write(func(ctx context.Context) error {
			return s.o.Journal.RecordEnding(ctx, a.ID, a.Session, a.Turn, a.Verdict)
		})
	case RecordIdle:
		s.write(func(ctx context.Context) error {
			return s.o.Journal.RecordIdle(ctx, a.ID, a.Session, a.EndID, a.Cause, a.From, a.To)
		})
	case Tell:
		s.report(a.Report)
	}
}

// last reports whether an action is still done when vigil ends: what has
// happened is written down, nothing new is begun.
func (s *Supervisor) last(a Action) bool {
	switch a.(type) {
	case Confirm, Advance, Record, RecordIdle, Tell:
		return true
	}
	return false
}

// write puts a write to the journal behind the others.
func (s *Supervisor) write(w func(context.Context) error) { s.book <- w }

func (s *Supervisor) report(r Report) {
	s.log.Info("seen", "event", r.Event, "agent", r.Agent, "state", r.State, "ending", r.Ending, "status", r.Status, "text", r.Text)
	if s.o.Report != nil {
		s.o.Report(r)
	}
	if r.ID == "" {
		return
	}
	var t track
	t.Agent.ID = r.ID
	t.note(r)
	moments := t.moments
	if len(moments) == 0 {
		return
	}
	s.write(func(ctx context.Context) error { return s.o.Journal.AddMoments(ctx, moments) })
}

// Spans of the past that are read when an agent is first seen.
const (
	nudgesBack  = 24 * time.Hour
	momentsBack = 14 * 24 * time.Hour
	settledBack = 500 // nudges
)

func (s *Supervisor) restore(ctx context.Context, what Restore) {
	now, a := time.Now(), what.Agent
	r := Restored{ID: a.ID, Again: what.Again}
	err := s.o.Journal.RecordAgent(ctx, a, now)
	var before []agent.ID
	if err == nil {
		before, err = s.o.Journal.Before(ctx, a.ID)
	}
	if err == nil {
		r.Settled, err = s.o.Journal.Settled(ctx, a, settledBack)
	}
	slices.Reverse(before)
	for _, id := range append(before, a.ID) {
		if err == nil {
			err = s.recall(ctx, id, now, &r)
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			s.Problem(agent.Problem{Where: "journal", What: agent.CleanLine(err.Error(), 160), Do: "nudges of " + a.Name + " are held; mend the state folder and restart vigil"})
		}
		return
	}
	s.observe(r)
}

// recall adds what the journal knows of one session of an agent.
func (s *Supervisor) recall(ctx context.Context, id agent.ID, now time.Time, r *Restored) error {
	nudges, err := s.o.Journal.Nudges(ctx, id, now.Add(-nudgesBack))
	if err != nil {
		return err
	}
	moments, err := s.o.Journal.Moments(ctx, id, now.Add(-momentsBack), maxMoments)
	if err != nil {
		return err
	}
	idle, err := s.o.Journal.Idle(ctx, id, now.Add(-momentsBack))
	if err != nil {
		return err
	}
	r.Nudges, r.Moments = append(r.Nudges, nudges...), append(r.Moments, moments...)
	for _, d := range idle {
		r.Idle += d
	}
	return nil
}

func (s *Supervisor) look(ctx context.Context, id agent.ID) {
	p, ok := s.panes.get(id)
	if !ok {
		s.observe(Looked{ID: id, Err: errNoPane})
		return
	}
	c, err := p.server.Capture(ctx, p.Pane.ID)
	o := Looked{ID: id, Err: err}
	if err == nil {
		o.Screen = p.read(c)
		o.Screen.At = time.Now()
	}
	s.observe(o)
}

// deliver carries one nudge out. It is in the journal before anything is
// typed, and only the process that claims it types.
func (s *Supervisor) deliver(l lives, a Send) {
	res, err := s.tryDeliver(l.send, a)
	s.mu.Lock()
	delete(s.receipts, a.Nudge.Key)
	s.mu.Unlock()
	if l.run.Err() != nil { // the next vigil looks for it
		return
	}
	s.observe(Fared{ID: a.Agent.ID, Key: a.Nudge.Key, Result: res, Err: err})
}

func (s *Supervisor) tryDeliver(ctx context.Context, a Send) (nudge.Result, error) {
	var received chan struct{} // nil where no transcript can tell
	if a.Agent.Session != "" && !a.Nudge.Step() {
		received = make(chan struct{})
		s.mu.Lock()
		s.receipts[a.Nudge.Key] = received
		s.mu.Unlock()
	}
	held := func(why string) nudge.Result { return nudge.Result{Status: agent.Planned, Note: why} }
	if _, err := s.o.Journal.Plan(ctx, a.Nudge); err != nil {
		return held("the journal cannot be written"), err
	}
	mine, err := s.o.Journal.Claim(ctx, a.Nudge.Key, s.o.Holder, time.Now(), claimFor)
	if err != nil || !mine {
		return held("another vigil is sending it"), err
	}
	if a.Anew {
		if err := s.o.Journal.Reword(ctx, a.Nudge); err != nil {
			return held("the journal cannot be written"), err
		}
	}
	if a.Nudge.Rung == agent.StepRestart {
		return s.startAgain(ctx, a)
	}
	if a.Nudge.Channel == agent.ViaExec {
		s.observe(Entered{a.Agent.ID, a.Nudge.Key})
		return nudge.Resume(ctx, s.runner(a), a.Agent.Workspace, a.Agent.Resume, a.Nudge.Text)
	}
	if a.Nudge.Channel == agent.ViaNative {
		return s.hand(ctx, a, received)
	}
	p, ok := s.panes.get(s.current(a.Agent.ID))
	if !ok {
		return held(errNoPane.Error()), nil
	}
	f := s.finders[a.Agent.Host]
	return nudge.Deliver(ctx, p, nudge.Delivery{
		Text: a.Nudge.Text, Command: a.Nudge.Step(), Typed: a.Typed, Received: received, Now: time.Now,
		Still: func() string { return s.still(ctx, f, a) },
		Sent: func() {
			s.observe(Entered{a.Agent.ID, a.Nudge.Key})
			f.sentTo(a.Agent.ID, a.Nudge)
		},
	})
}

// runner runs the resume command where the agent is.
func (s *Supervisor) runner(a Send) nudge.Runner {
	if f := s.finders[a.Agent.Host]; f.far != nil {
		return nudge.Detached{Host: f.far.host, Key: a.Nudge.Key}
	}
	return s.o.Runner
}

// still says why the nudge is not wanted any more; empty if it is.
func (s *Supervisor) still(ctx context.Context, f *finder, a Send) string {
	if err := f.current(ctx, s.current(a.Agent.ID)); err != nil {
		return "its session file cannot be read: " + agent.CleanLine(err.Error(), 160)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.state.due(a.Nudge.Key, a.Agent.ID) {
		return "it went on by itself"
	}
	return ""
}

var errNoPane = errors.New("its pane is gone")

func (s *Supervisor) confirm(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.receipts[key]; ok {
		close(c)
		delete(s.receipts, key)
	}
}

// desk is an agent's pane as a nudge.Terminal.
type desk struct {
	server  *tmux.Server
	Pane    agent.Pane
	read    func(tmux.Capture) agent.Screen
	machine tmux.Machine
	proc    tmux.Process
	env     map[string]string // of the process: where its CLI keeps sessions
	restart []string          // configured command that starts the CLI again
}

// Look captures the pane and checks who is in front of it.
func (d desk) Look(ctx context.Context) (nudge.Look, error) {
	c, err := d.server.Capture(ctx, d.Pane.ID)
	if err != nil {
		return nudge.Look{}, doubtful(err)
	}
	typed, err := d.server.LastTyped(ctx, d.Pane.ID)
	if err != nil {
		return nudge.Look{}, doubtful(err)
	}
	front, err := d.machine.InFront(ctx, d.proc, c.TTY)
	if err != nil {
		return nudge.Look{}, doubtful(err)
	}
	sc := d.read(c)
	sc.At = time.Now()
	return nudge.Look{Screen: sc, Foreground: front, Typed: typed}, nil
}

// Paste puts text into the pane as a bracketed paste.
func (d desk) Paste(ctx context.Context, text string) error {
	return doubtful(d.server.Paste(ctx, d.Pane.ID, text))
}

// Enter presses Enter in the pane.
func (d desk) Enter(ctx context.Context) error {
	return doubtful(d.server.Enter(ctx, d.Pane.ID))
}

var _ nudge.Terminal = desk{}

// doubtful marks the errors that leave open what arrived: all but those by which
// tmux itself says why it did nothing.
func doubtful(err error) error {
	refused := []error{
		tmux.ErrNoPane, tmux.ErrMode, tmux.ErrDead, tmux.ErrSynchronized, tmux.ErrInputOff, tmux.ErrLate, tmux.ErrText,
	}
	if err == nil || slices.ContainsFunc(refused, func(r error) bool { return errors.Is(err, r) }) {
		return err
	}
	return fmt.Errorf("%w: %w", nudge.ErrUnsure, err)
}
