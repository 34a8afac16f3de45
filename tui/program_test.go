package tui

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"vigil/agent"
)

// terminal takes what the program writes.
type terminal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *terminal) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// take returns what was written since the last time.
func (o *terminal) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.buf.String()
	o.buf.Reset()
	return s
}

// program runs the whole program in a bubble of fake time, and hands it to do.
func program(t *testing.T, s *agent.Snapshot, env []string, profile colorprofile.Profile, do func(*tea.Program, *fake, *terminal)) *Model {
	t.Helper()
	src, out := newFake(s), &terminal{}
	src.changed = make(chan struct{}, 1) // of the bubble
	src.sent = make(chan agent.Intent, 1000)
	done := make(chan struct{})
	m := New(src, Options{Done: done})
	p := tea.NewProgram(m, append(ProgramOptions(),
		tea.WithInput(nil), tea.WithOutput(out), tea.WithWindowSize(120, 40), tea.WithColorProfile(profile),
		tea.WithEnvironment(env), tea.WithoutSignalHandler())...)
	ended := make(chan error, 1)
	go func() { _, err := p.Run(); ended <- err }()
	time.Sleep(time.Second)
	synctest.Wait()
	do(p, src, out)
	p.Quit()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	close(done)
	return m
}

// quiet is the story with nothing that is counted down to, at the time of the
// bubble.
func quiet() *agent.Snapshot {
	s := story()
	shift := time.Since(clock)
	s.At = s.At.Add(shift)
	for i := range s.Agents {
		v := &s.Agents[i]
		v.Next, v.Since, v.Started = nil, v.Since.Add(shift), v.Started.Add(shift)
	}
	return s
}

var env = []string{"TERM=xterm-256color"}

// In an idle minute nothing is written but the clock and the ages that go with
// it: once a minute, a few dozen bytes.
func TestIdleWritesNothing(t *testing.T) {
	for _, keys := range [][]string{nil, {"3"}, {"3", "o"}, {"3", "f"}, {"6", "e"}} {
		t.Run(strings.Join(keys, " "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				program(t, quiet(), env, colorprofile.TrueColor, func(p *tea.Program, src *fake, out *terminal) {
					src.cluster = cluster()
					src.changed <- struct{}{}
					for _, k := range keys {
						p.Send(keyMsg(k))
					}
					time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute + time.Second)))
					synctest.Wait()
					out.take()
					time.Sleep(58 * time.Second)
					synctest.Wait()
					if got := out.take(); got != "" {
						t.Errorf("within a minute it wrote %q", got)
					}
					time.Sleep(2 * time.Second)
					synctest.Wait()
					got := out.take()
					if got == "" || len(got) > 1000 {
						t.Errorf("at the minute it wrote %d bytes: %q", len(got), got)
					}
				})
			})
		})
	}
}

// Moves of the mouse that change nothing write nothing.
func TestMovesWriteNothing(t *testing.T) {
	for _, tab := range []string{"1", "3"} {
		synctest.Test(t, func(t *testing.T) {
			program(t, quiet(), env, colorprofile.TrueColor, func(p *tea.Program, _ *fake, out *terminal) {
				p.Send(keyMsg(tab))
				time.Sleep(time.Second)
				synctest.Wait()
				out.take()
				for i := range 100 { // over the fleet, where no cursor follows
					p.Send(tea.MouseMotionMsg{X: i % 30, Y: 5 + i%20})
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := out.take(); got != "" {
					t.Errorf("tab %s: it wrote %q", tab, got)
				}
			})
		})
	}
}

// However much happens, and however fast the keys are, no more than 30 frames a
// second are written.
func TestFramesPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		program(t, quiet(), env, colorprofile.TrueColor, func(p *tea.Program, src *fake, out *terminal) {
			out.take()
			frames := 0
			for i := range 1000 {
				p.Send(keyMsg([]string{"1", "2", "3", "4"}[i%4]))
				select {
				case src.changed <- struct{}{}:
				default:
				}
				time.Sleep(time.Millisecond)
				synctest.Wait()
				if out.take() != "" {
					frames++
				}
			}
			if frames < 20 || frames > 31 {
				t.Errorf("it wrote %d frames in a second", frames)
			}
		})
	})
}

// A countdown is seen from second to second, and no longer than it runs.
func TestCountdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		program(t, quiet(), env, colorprofile.TrueColor, func(p *tea.Program, src *fake, out *terminal) {
			s := quiet()
			s.Agents[0].Next = &agent.Next{At: time.Now().Add(5 * time.Second), Text: "Keep going."}
			src.snap = s
			src.changed <- struct{}{}
			time.Sleep(frameTime + 100*time.Millisecond)
			synctest.Wait()
			out.take()
			writes := 0
			for range 10 {
				time.Sleep(time.Second)
				synctest.Wait()
				if out.take() != "" {
					writes++
				}
			}
			if writes < 4 || writes > 6 {
				t.Errorf("it drew in %d of 10 seconds, 5 of them counted down", writes)
			}
		})
	})
}

// A burst of changes costs one look at the source, and intents arrive in order.
func TestBurstAndIntents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var intents []agent.Intent
		m := program(t, quiet(), env, colorprofile.TrueColor, func(p *tea.Program, src *fake, out *terminal) {
			for range 500 {
				select {
				case src.changed <- struct{}{}:
				default:
				}
			}
			for _, k := range []string{"a", "h", "H", "N", "g", "o", "enter", "5", "1"} {
				p.Send(keyMsg(k))
			}
			time.Sleep(time.Second)
			synctest.Wait()
			for len(src.sent) > 0 {
				intents = append(intents, <-src.sent)
			}
		})
		want := []agent.Intent{
			{Type: agent.AutoOff},
			{Type: agent.Hold, Agent: "a1"},
			{Type: agent.Release, Agent: "a1"},
			{Type: agent.NudgeNow, Agent: "a1", Text: "go"},
			{Type: agent.WatchPane, Agent: "a1"},
			{Type: agent.WatchPane},
		}
		if len(intents) != len(want) {
			t.Fatalf("intents are %+v", intents)
		}
		for i := range want {
			if intents[i] != want[i] {
				t.Errorf("intent %d is %+v, want %+v", i, intents[i], want[i])
			}
		}
		if m.note == "" && m.now.IsZero() {
			t.Error("the model saw nothing")
		}
	})
}

// A person's wish for no colour is kept, and the fewer colours of other
// terminals too.
func TestColourProfiles(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile colorprofile.Profile
		has     string
		not     []string // as regular expressions
	}{
		{"no colour", colorprofile.ASCII, "\x1b[1", []string{`\x1b\[([0-9]+;)*(3[0-8]|4[0-8]|9[0-7])[0-9;]*m`}},
		{"16", colorprofile.ANSI, "\x1b[", []string{"38;2;", "38;5;", "48;2;", "48;5;"}},
		{"256", colorprofile.ANSI256, "38;5;", []string{"38;2;", "48;2;"}},
		{"true", colorprofile.TrueColor, "38;2;", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				program(t, quiet(), env, c.profile, func(_ *tea.Program, _ *fake, out *terminal) {
					got := out.take()
					if !strings.Contains(got, c.has) {
						t.Errorf("no %q in the output", c.has)
					}
					for _, n := range c.not {
						if seq := regexp.MustCompile(n).FindString(got); seq != "" {
							t.Errorf("%q is in the output", seq)
						}
					}
				})
			})
		})
	}
}
