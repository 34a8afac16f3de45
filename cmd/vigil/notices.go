package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/notice"
	"vigil/agent/report"
	"vigil/tui"
)

// teller tells a person by one way. Each way has its own, so that one that hangs
// holds up no other, and none holds up the supervisor: all read snapshots.
type teller struct {
	way    string // part of the keys in the journal: each way tells an event once
	config func() NoticesConfig
	active func(*agent.Snapshot, NoticesConfig) bool
	send   func(context.Context, NoticesConfig, notice.Notice) error
	book   interface {
		ClaimNotice(ctx context.Context, key string, at time.Time) (bool, error)
		ReleaseNotice(ctx context.Context, key string) error
	}
	snapshot func() *agent.Snapshot
	changed  <-chan struct{}
	problem  func(agent.Problem)
	pause    time.Duration // after a failure; then what still stands is told again

	report func(ctx context.Context, from, to time.Time) (report.Report, error)
	write  func(report.Report) string // nil: reports do not go this way
	wrote  time.Time                  // for which time the last one was
}

// gatherNotices is how long a burst of changes gathers: nobody needs to hear
// sooner.
const gatherNotices = 500 * time.Millisecond

// tellPause is how long nothing is told after a way has failed.
const tellPause = 5 * time.Minute

// run tells until ctx ends.
func (t *teller) run(ctx context.Context) {
	var watch notice.Watch
	var pause time.Time
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.changed:
			gathered := time.NewTimer(gatherNotices)
			select {
			case <-ctx.Done():
				gathered.Stop()
				return
			case <-gathered.C:
			}
		case <-timer.C:
		}
		snap, c, now := t.snapshot(), t.config(), time.Now()
		if snap == nil || !t.active(snap, c) || now.Before(pause) {
			timer.Reset(max(time.Until(pause), time.Minute))
			continue
		}
		all, next := watch.See(now, snap, c.Rules)
		for i, n := range all {
			if err := t.tell(ctx, c, n); err != nil {
				for _, left := range all[i:] {
					watch.Forget(left.Key)
				}
				pause = now.Add(t.pause)
				next = pause
				break
			}
		}
		if now.After(pause) {
			if err := t.tellDay(ctx, c, began, now); err != nil {
				pause = now.Add(t.pause)
			}
		}
		if minute := now.Add(time.Minute); next.IsZero() || next.After(minute) {
			next = minute
		}
		timer.Reset(max(time.Until(next), 0))
	}
}

// tell sends one notice, unless somebody was told of its event by this way
// before. The right to do so is taken first: of a crash in between a person may
// not hear, but nobody hears anything twice.
func (t *teller) tell(ctx context.Context, c NoticesConfig, n notice.Notice) error {
	key := t.way + "/" + n.Key
	where := "notices by " + t.way
	mine, err := t.book.ClaimNotice(ctx, key, n.At)
	if err != nil || !mine {
		if err != nil && ctx.Err() == nil {
			t.problem(agent.Problem{Where: where, What: agent.CleanLine(err.Error(), 160), Do: "nobody is told until the journal works"})
		}
		return err
	}
	err = t.send(ctx, c, n)
	switch {
	case err == nil:
		t.problem(agent.Problem{Where: where})
		return nil
	case errors.Is(err, errUnsure): // it may have arrived, and is not sent twice
	default:
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), contentWithin)
		defer cancel()
		if rerr := t.book.ReleaseNotice(release, key); rerr != nil {
			err = errors.Join(err, rerr)
		}
	}
	if ctx.Err() == nil {
		t.problem(agent.Problem{Where: where, What: agent.CleanLine(err.Error(), 160), Do: "see [notices] in the configuration"})
	}
	return err
}

// reportGrace is how late a day's report may be for a vigil that was not there
// when it was due: one that starts in the evening does not send that of the
// morning.
const reportGrace = time.Hour

// tellDay sends the report of the day, once it is due. A day of which nothing is
// known has none.
func (t *teller) tellDay(ctx context.Context, c NoticesConfig, began, now time.Time) error {
	if t.write == nil || !c.Report.on {
		return nil
	}
	due := c.Report.last(now)
	if due.Equal(t.wrote) || due.Before(began.Add(-reportGrace)) {
		return nil
	}
	r, err := t.report(ctx, due.AddDate(0, 0, -1), due)
	where := "the report by " + t.way
	if err != nil {
		if ctx.Err() == nil {
			t.problem(agent.Problem{Where: where, What: agent.CleanLine(err.Error(), 160), Do: "it is tried again"})
		}
		return err
	}
	t.problem(agent.Problem{Where: where})
	if !r.Empty() {
		err = t.tell(ctx, c, notice.Notice{
			Key: string(notice.Report) + "/" + due.Format(time.DateOnly), Kind: notice.Report, At: now,
			Title: "vigil: " + report.Headline(r), Text: t.write(r), Good: true,
		})
	}
	if err == nil {
		t.wrote = due
	}
	return err
}

// tellers are the ways to a person. Those that lead away from this machine tell
// while this process does auto-resume: the others leave it to the one that does.
func (w *watching) tellers() []*teller {
	p := newPoster(w.env)
	away := func(address func(NoticesConfig) string) func(*agent.Snapshot, NoticesConfig) bool {
		return func(s *agent.Snapshot, c NoticesConfig) bool { return s.Auto && !s.DryRun && address(c) != "" }
	}
	out := []*teller{
		{way: "webhook", send: p.webhook, active: away(func(c NoticesConfig) string { return c.Webhook }), write: report.Markdown},
		{way: "ntfy", send: p.ntfy, active: away(func(c NoticesConfig) string { return c.Ntfy }), write: ntfyReport},
	}
	if w.alarms != nil {
		out = append(out, onScreen(w.env, w.alarms))
	}
	return out
}

// tellBy has a way tell until ctx ends.
func (w *watching) tellBy(ctx context.Context, t *teller) {
	changed, cancel := w.Subscribe()
	defer cancel()
	t.config, t.book, t.snapshot, t.changed = func() NoticesConfig { return *w.notices.Load() }, w.journal, w.Snapshot, changed
	t.problem, t.pause = w.Problem, tellPause
	t.report = func(ctx context.Context, from, to time.Time) (report.Report, error) {
		return readReport(ctx, w.journal, w.config, from, to)
	}
	t.run(ctx)
}

// onScreen is the way to the person at the screen. A notice that the screen is
// too slow to take is dropped: it shows the agents themselves.
func onScreen(e env, out chan<- tui.Alarm) *teller {
	return &teller{
		way:    "screen",
		active: func(_ *agent.Snapshot, c NoticesConfig) bool { return c.Bell || c.Desktop != "off" },
		send: func(_ context.Context, c NoticesConfig, n notice.Notice) error {
			a := tui.Alarm{Notice: n, Bell: c.Bell, Desktop: desktopOf(c.Desktop, e), Tmux: e.Seat != ""}
			select {
			case out <- a:
			default:
			}
			return nil
		},
	}
}

// desktopOf is how the terminal is had to tell the desktop something. Most that
// do at all know OSC 9; the others are known by what they set.
func desktopOf(how string, e env) tui.Desktop {
	term := e.Getenv("TERM")
	switch {
	case how == "off":
		return tui.NoDesktop
	case how == "osc9":
		return tui.OSC9
	case how == "osc777":
		return tui.OSC777
	case how == "osc99":
		return tui.OSC99
	case term == "" || term == "dumb" || term == "linux" || e.Getenv("WT_SESSION") != "":
		return tui.NoDesktop // Windows Terminal takes OSC 9 for something else
	case e.Getenv("KITTY_WINDOW_ID") != "" || strings.Contains(term, "kitty"):
		return tui.OSC99
	case e.Getenv("VTE_VERSION") != "" || strings.HasPrefix(term, "rxvt"):
		return tui.OSC777
	}
	return tui.OSC9
}
