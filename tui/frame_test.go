package tui

import (
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"vigil/agent"
	"vigil/remote"
)

// size is a terminal's.
type size struct{ w, h int }

func at0() time.Time { return clock }

// start returns a screen of a size over a source.
func start(src *fake, s size) *Model {
	done := make(chan struct{})
	close(done)
	m := New(src, Options{Now: at0, Done: done})
	m.Update(tea.WindowSizeMsg{Width: s.w, Height: s.h})
	return m
}

// press sends keys, and carries out the commands that they give, as the
// program would, as long as they do not wait.
func press(m *Model, keys ...string) {
	for _, k := range keys {
		_, cmd := m.Update(keyMsg(k))
		follow(m, cmd)
	}
}

// keyMsg is the message of a key by the name that bindings use.
func keyMsg(k string) tea.KeyPressMsg {
	named := map[string]rune{
		"tab": tea.KeyTab, "enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp,
		"home": tea.KeyHome, "end": tea.KeyEnd, "space": tea.KeySpace,
	}
	var mod tea.KeyMod
	name := k
	if s, ok := strings.CutPrefix(name, "ctrl+"); ok {
		name, mod = s, tea.ModCtrl
	}
	if s, ok := strings.CutPrefix(name, "alt+"); ok {
		name, mod = s, mod|tea.ModAlt
	}
	if s, ok := strings.CutPrefix(name, "shift+"); ok {
		name, mod = s, mod|tea.ModShift
	}
	if c, ok := named[name]; ok {
		return tea.KeyPressMsg{Code: c, Mod: mod}
	}
	msg := tea.KeyPressMsg{Code: []rune(name)[0], Mod: mod}
	if mod == 0 {
		msg.Text = name
	}
	return msg
}

// follow runs a command and what comes of it. Commands that would wait find
// that the program is done, and return at once.
func follow(m *Model, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, tea.QuitMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			follow(m, c)
		}
	default:
		_, next := m.Update(msg)
		follow(m, next)
	}
}

// TestFrame keeps pictures of the screen: each tab at three sizes, both
// themes, and what a person sees when something is missing or much.
func TestFrame(t *testing.T) {
	small, mid, large := size{80, 24}, size{120, 40}, size{200, 60}
	type frame struct {
		name string
		size size
		snap *agent.Snapshot
		keys []string
		net  *Cluster // nil for none
	}
	frames := []frame{
		{"fleet", mid, story(), nil, nil},
		{"fleet-need", mid, crowd(12), []string{"s"}, nil},
		{"fleet-hosts", mid, crowd(12), []string{"b", "s", "s"}, nil},
		{"fleet-huge", mid, crowd(500), []string{"b", "G", "k"}, nil},
		{"fleet-folded", large, crowd(500), []string{"b", "f", "G"}, nil},
		{"fleet-strip", small, crowd(500), []string{"s", "J"}, nil},
		{"zoom", mid, story(), []string{"z"}, nil},
		{"help", mid, story(), []string{"?"}, nil},
		{"help-small", small, story(), []string{"4", "?"}, nil},
		{"palette", mid, story(), []string{":"}, cluster()},
		{"palette-found", small, story(), []string{"3", ":", "z", "o", "m"}, cluster()},
		{"palette-tiny", size{40, 12}, story(), []string{":", "r", "s", "2"}, cluster()},
		{"palette-none", small, story(), []string{":", "q", "q", "q"}, nil},
		{"why", mid, story(), []string{"w"}, nil},
		{"why-small", small, story(), []string{"w"}, nil},
		{"nudge", mid, story(), []string{"N", "g", "o", " ", "o", "n"}, nil},
		{"filter", mid, story(), []string{"/", "c", "o", "d"}, nil},
		{"goal", small, story(), []string{"1", "o"}, nil},
		{"revision", small, story(), []string{"1", "["}, nil},
		{"moment", small, story(), []string{"4", "k", "o"}, nil},
		{"past", mid, story(), []string{"4", "k", "k", "k", "enter"}, nil},
		{"past-small", small, story(), []string{"4", "k", "k", "k", "enter"}, nil},
		{"past-plan", mid, story(), []string{"1", "(", "(", "(", "("}, nil},
		{"past-plan-unkept", small, unkept(), []string{"1", "(", "("}, nil},
		{"past-scratch", mid, story(), []string{"2", "(", "("}, nil},
		{"past-scratch-large", large, story(), []string{"2", "(", "("}, nil},
		{"past-curves", mid, story(), []string{"3", "(", "(", "(", "(", "(", "(", "(", "(", "(", "("}, nil},
		{"past-jobs", mid, story(), []string{"6", "("}, cluster()},
		{"timeline-filter", small, story(), []string{"4", "/", "n", "u", "d", "enter"}, nil},
		{"working", small, story(), []string{"J"}, nil},
		{"waiting", mid, story(), []string{"J", "J"}, nil},
		{"scratch-turn", mid, story(), []string{"2", "b", "b", "c"}, nil},
		{"scratch-hour", small, story(), []string{"2", "b", "b", "b"}, nil},
		{"scratch-start", large, story(), []string{"2", "b", "b", "b", "b"}, nil},
		{"scratch-seen", small, story(), []string{"2", "b", "m"}, nil},
		{"scratch-code", mid, story(), []string{"2", "j", "j"}, nil},
		{"scratch-side", mid, story(), []string{"2", "j", "j", "s"}, nil},
		{"scratch-side-panned", small, story(), []string{"2", "j", "j", "s", "right", "right"}, nil},
		{"scratch-side-large", large, story(), []string{"2", "s", "j", "j"}, nil},
		{"scratch-side-narrow", size{60, 20}, story(), []string{"2", "s"}, nil},
		{"scratch-table", mid, story(), []string{"2", "j"}, nil},
		{"scratch-table-small", small, story(), []string{"2", "j", "b", "b", "b", "b"}, nil},
		{"scratch-table-raw", small, story(), []string{"2", "j", "t"}, nil},
		{"timeline-kind", mid, story(), []string{"4", "f", "f", "f"}, cluster()},
		{"timeline-zoomed", mid, story(), []string{"4", "+", "+", "k", "k", "k", "k", "k"}, nil},
		{"timeline-none", small, story(), []string{"J", "4", "f"}, nil},
		{"frontier", mid, story(), []string{"3", "f"}, cluster()},
		{"frontier-all", mid, story(), []string{"3", "f", "e", "j"}, cluster()},
		{"frontier-small", small, story(), []string{"3", "f"}, nil},
		{"frontier-none", small, story(), []string{"J", "J", "3", "f"}, nil},
		{"frontier-large", size{300, 100}, story(), []string{"3", "f", "e"}, cluster()},
		{"curves-cursor", mid, story(), []string{"3", "left", "ctrl+left"}, nil},
		{"curves-cursor-small", small, story(), []string{"3", "b", "left", "ctrl+left", "G"}, nil},
		{"curves-cursor-tiny", size{50, 16}, story(), []string{"3", "left", "ctrl+left"}, nil},
		{"curves-baseline", mid, story(), []string{"3", "j", "j", "j", "p", "left", "ctrl+left"}, nil},
		{"curves-difference", mid, story(), []string{"3", "j", "j", "p", "d"}, nil},
		{"curves-difference-small", small, story(), []string{"3", "G", "d", "s", "left", "ctrl+left"}, nil},
		{"curves-difference-seeds", mid, story(), []string{"3", "j", "j", "S", "p", "d", "F"}, nil},
		{"curves-grid", mid, story(), []string{"3", "m", "left", "ctrl+left"}, nil},
		{"curves-grid-small", small, story(), []string{"3", "m", "v", "j"}, nil},
		{"curves-grid-difference", size{200, 60}, story(), []string{"3", "m", "j", "d", "s", "left"}, nil},
		{"curves-box", mid, story(), []string{"3", "B", "ctrl+left", "up", "enter", "ctrl+right", "ctrl+right", "shift+down"}, nil},
		{"curves-seeds", mid, story(), []string{"3", "S"}, nil},
		{"curves-crowd", mid, story(), []string{"3", "b", "b", "b", "o"}, nil},
		{"curves-log", mid, story(), []string{"3", "X", "y", "s"}, nil},
		{"curves-time", small, story(), []string{"3", "x"}, nil},
		{"curves-marked", mid, story(), []string{"3", "G", "space", "b", "b", "b"}, nil},
		{"curves-kill", mid, story(), []string{"3", "c"}, nil},
		{"curves-zoomed", small, story(), []string{"3", "+", "+", "]", ">", "}"}, nil},
		{"curves-large", size{300, 100}, story(), []string{"3", "o"}, cluster()},
		{"curves-offline", mid, story(), []string{"J", "3", "j"}, offline()},
		{"curves-help", size{120, 60}, story(), []string{"3", "?"}, nil},
		{"jobs", mid, story(), []string{"J", "6"}, cluster()},
		{"jobs-small", small, story(), []string{"J", "6", "j"}, cluster()},
		{"jobs-tiny", size{40, 12}, story(), []string{"J", "6", "j"}, cluster()},
		{"jobs-all", size{200, 60}, story(), []string{"J", "6", "e", "G"}, cluster()},
		{"jobs-large", size{300, 100}, story(), []string{"J", "6", "e"}, cluster()},
		{"jobs-others", mid, story(), []string{"6"}, cluster()},
		{"jobs-filter", mid, story(), []string{"J", "6", "/", "q", "q", "enter"}, cluster()},
		{"jobs-offline", mid, story(), []string{"J", "6"}, offline()},
		{"jobs-none", mid, story(), []string{"6", "e", "d"}, &Cluster{Clusters: []*remote.Cluster{{Host: "head", Version: "slurm 26.05.1", At: clock}}}},
		{"jobs-cancel", mid, story(), []string{"J", "6", "x"}, cluster()},
		{"jobs-cancelled", mid, story(), []string{"J", "6", "x", "y"}, cluster()},
		{"jobs-ended", small, story(), []string{"J", "6", "G", "x"}, cluster()},
		{"report-week", mid, story(), []string{"7", "]", "]"}, nil},
		{"report-zoom", large, story(), []string{"7", "z", "G"}, nil},
		{"report-tiny", size{40, 12}, story(), []string{"7", "j"}, nil},
		{"report-help", mid, story(), []string{"7", "?"}, nil},
		{"offline", mid, failing(), nil, offline()},
		{"offline-small", small, story(), []string{"J"}, offline()},
	}
	for i := range 7 {
		for _, s := range []size{small, mid, large} {
			n := fmt.Sprint(i + 1)
			frames = append(frames, frame{fmt.Sprintf("tab%s-%dx%d", n, s.w, s.h), s, story(), []string{n}, nil})
		}
		n := fmt.Sprint(i + 1)
		frames = append(frames,
			frame{"error-tab" + n, small, failing(), []string{n}, nil},
			frame{"huge-tab" + n, mid, huge(200), []string{n}, nil})
	}
	for _, f := range frames {
		for _, dark := range []bool{true, false} {
			name := f.name + map[bool]string{true: "-dark", false: "-light"}[dark]
			if !dark && f.size != mid { // one size is enough to see a theme
				continue
			}
			t.Run(name, func(t *testing.T) {
				src := newFake(f.snap)
				src.cluster = f.net
				m := start(src, f.size)
				if !dark {
					m.Update(tea.BackgroundColorMsg{Color: color.White})
				}
				press(m, f.keys...)
				got := m.View().Content
				check(t, got, f.size)
				golden.RequireEqual(t, got)
			})
		}
	}
}

// check holds a frame to its terminal: as many lines as it has rows, and none
// wider.
func check(t *testing.T, frame string, s size) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	if len(lines) != s.h && s.w > 0 && s.h > 0 {
		t.Errorf("%d lines in %d rows", len(lines), s.h)
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n > s.w {
			t.Errorf("line %d is %d cells wide in %d columns: %q", i, n, s.w, ansi.Strip(l))
		}
	}
	if w, h := lipgloss.Size(frame); w > s.w || h > max(s.h, 1) {
		t.Errorf("the frame is %dx%d in %dx%d", w, h, s.w, s.h)
	}
}
