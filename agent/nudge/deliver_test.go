package nudge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigil/agent"
)

// fakeTerminal is a CLI's pane as Deliver sees it: the outermost edge. The
// real thing is tested with tmux and the real CLIs.
type fakeTerminal struct {
	look     Look
	pastes   []string
	enters   int
	slow     int  // looks until a paste shows
	lost     int  // Enters that are swallowed
	vanish   bool // a paste never shows
	mark     bool // a mark shows instead
	received chan struct{}
	onPaste  func()
}

var _ Terminal = (*fakeTerminal)(nil)

func (f *fakeTerminal) Look(context.Context) (Look, error) {
	l := f.look
	if len(f.pastes) > 0 && f.slow > 0 {
		f.slow--
		l.Screen.Composer, l.Screen.Draft = agent.EmptyComposer, ""
	}
	return l, nil
}

func (f *fakeTerminal) Paste(_ context.Context, text string) error {
	f.pastes = append(f.pastes, text)
	if f.onPaste != nil {
		f.onPaste()
	}
	if !f.vanish {
		f.look.Screen.Composer = agent.DraftComposer
		f.look.Screen.Draft = strings.ReplaceAll(text, " ", "  ") // wrapped as the CLI likes
		if f.mark {
			f.look.Screen.Draft, f.look.Screen.Pasted = "[Pasted ~1 lines]", true
		}
	}
	return nil
}

func (f *fakeTerminal) Enter(context.Context) error {
	f.enters++
	if f.enters > f.lost {
		f.look.Screen.Composer, f.look.Screen.Draft, f.look.Screen.Pasted = agent.EmptyComposer, "", false
		if f.received != nil {
			close(f.received)
			f.received = nil
		}
	}
	return nil
}

const text = "Keep going (vigil, nudge 1): on with it."

func TestDeliver(t *testing.T) {
	idle := Look{Screen: agent.Screen{Composer: agent.EmptyComposer}, Foreground: true}
	for _, c := range []struct {
		name   string
		change func(*fakeTerminal)
		want   agent.NudgeStatus
		note   string
		err    error
		pastes int
		enters int
	}{
		{"plain", func(*fakeTerminal) {}, agent.Received, "", nil, 1, 1},
		{"slow to draw", func(f *fakeTerminal) { f.slow = 7 }, agent.Received, "", nil, 1, 1},
		{"first Enters lost", func(f *fakeTerminal) { f.lost = 2 }, agent.Received, "", nil, 1, 3},
		{"every Enter lost", func(f *fakeTerminal) { f.lost = 99 }, agent.Sent, "still stands", ErrUnclear, 1, 4},
		{"paste lost", func(f *fakeTerminal) { f.vanish = true }, agent.Sent, "did not appear", ErrUnclear, 1, 0},
		{"not in the transcript", func(f *fakeTerminal) { f.received = nil }, agent.Sent, "taken", nil, 1, 1},
		{"our draft stands", func(f *fakeTerminal) {
			f.look.Screen.Composer, f.look.Screen.Draft = agent.DraftComposer, text
		}, agent.Received, "", nil, 0, 1},
		{"a person's draft", func(f *fakeTerminal) {
			f.look.Screen.Composer, f.look.Screen.Draft = agent.DraftComposer, "half typed"
		}, agent.Planned, "draft", nil, 0, 0},
		{"a mark for the paste", func(f *fakeTerminal) { f.mark = true }, agent.Received, "", nil, 1, 1},
		{"a mark, first Enters lost", func(f *fakeTerminal) { f.mark, f.lost = true, 2 }, agent.Received, "", nil, 1, 3},
		{"a person's paste", func(f *fakeTerminal) {
			f.look.Screen.Composer, f.look.Screen.Draft, f.look.Screen.Pasted = agent.DraftComposer, "[Pasted ~3 lines]", true
		}, agent.Planned, "draft", nil, 0, 0},
		{"not in front", func(f *fakeTerminal) { f.look.Foreground = false }, agent.Planned, "foreground", nil, 0, 0},
		{"copy mode", func(f *fakeTerminal) { f.look.Screen.Mode = true }, agent.Planned, "copy mode", nil, 0, 0},
		{"permission", func(f *fakeTerminal) { f.look.Screen.Dialog = agent.PermissionDialog }, agent.Planned, "dialog", nil, 0, 0},
		{"busy", func(f *fakeTerminal) { f.look.Screen.Busy = true }, agent.Planned, "works", nil, 0, 0},
		{"no input line", func(f *fakeTerminal) { f.look.Screen.Composer = agent.NoComposer }, agent.Planned, "input line", nil, 0, 0},
		{"typed just now", func(f *fakeTerminal) { f.look.Typed = time.Now().Add(-time.Second) }, agent.Planned, "typed", nil, 0, 0},
		{"a dialog opens after the paste", func(f *fakeTerminal) {
			f.onPaste = func() { f.look.Screen.Dialog = agent.PermissionDialog }
		}, agent.Sent, "", ErrUnclear, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeTerminal{look: idle, received: make(chan struct{})}
				got := f.received
				c.change(f)
				sent := 0
				r, err := Deliver(t.Context(), f, Delivery{
					Text: text, Typed: 10 * time.Second, Received: got, Now: time.Now,
					Still: func() string { return "" }, Sent: func() { sent++ },
				})
				if r.Status != c.want || !strings.Contains(r.Note, c.note) || !errors.Is(err, c.err) {
					t.Errorf("got %+v, %v; want %s (%s), %v", r, err, c.want, c.note, c.err)
				}
				if len(f.pastes) != c.pastes || f.enters != c.enters {
					t.Errorf("%d pastes and %d Enters, want %d and %d", len(f.pastes), f.enters, c.pastes, c.enters)
				}
				if want := min(c.enters, 1); sent != want {
					t.Errorf("sent was told %d times, want %d", sent, want)
				}
			})
		})
	}
}

func TestDeliverAsksOnceMore(t *testing.T) {
	f := &fakeTerminal{look: Look{Screen: agent.Screen{Composer: agent.EmptyComposer}, Foreground: true}}
	r, err := Deliver(t.Context(), f, Delivery{Text: text, Now: time.Now, Still: func() string { return "it went on" }, Sent: func() {}})
	if err != nil || r.Status != agent.Planned || len(f.pastes) != 0 {
		t.Errorf("got %+v, %v, %d pastes", r, err, len(f.pastes))
	}
}

func TestDeliverWithoutATranscript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTerminal{look: Look{Screen: agent.Screen{Composer: agent.EmptyComposer}, Foreground: true}, lost: 1}
		begin := time.Now()
		r, err := Deliver(t.Context(), f, Delivery{Text: text, Now: time.Now, Still: func() string { return "" }, Sent: func() {}})
		if err != nil || r.Status != agent.Sent || r.Note != "" || f.enters != 2 {
			t.Errorf("got %+v, %v after %d Enters", r, err, f.enters)
		}
		if d := time.Since(begin); d > 2*time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

func TestShows(t *testing.T) {
	if !Shows("<x>Keep\n going </x>", "Keep going") || Shows("keep", "Keep going") || Shows("anything", "") {
		t.Error("Shows is wrong")
	}
}

func TestResumeCommand(t *testing.T) {
	got := withText([]string{"claude", "-p", Placeholder, "--verbose"}, "on")
	if strings.Join(got, " ") != "claude -p on --verbose" {
		t.Errorf("got %q", got)
	}
	if got := withText([]string{"codex", "exec"}, "on"); len(got) != 3 {
		t.Errorf("got %q", got)
	}
}
