package tui

import (
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"vigil/agent"
)

// unread is the story with files that cannot be read, and versions that are
// lost.
func unread() *agent.Snapshot {
	s := failing()
	v := &s.Agents[0]
	v.Files = story().Agents[0].Files
	v.Files[0].Diff = ""
	v.Files[0].Versions = []agent.Version{{At: clock.Add(-3 * time.Hour), Hash: "lost"}, {At: clock.Add(-2 * time.Minute), Turn: 212, Hash: "t3"}}
	v.Files[1] = agent.FileChange{Path: "scratchpad/runs.jsonl", At: clock, Note: "cannot be read: permission denied"}
	return s
}

// away is the story of an agent on a host that cannot be reached: what was read
// before stays.
func away() *agent.Snapshot {
	s := story()
	v := &s.Agents[0]
	v.Host, v.Problem = "head", "workspace /home/r/v3/claude-code: it cannot be read now (no route to host)"
	return s
}

// vast is the story with a plan of 2,000 lines, a diff of 10,000 lines, 500
// files and 5,000 moments.
func vast(src *fake) *agent.Snapshot {
	s := huge(3)
	v := &s.Agents[0]
	v.Files = v.Files[:500]
	var a, b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&a, "lr_%d = %g\n", i, float64(i)/1000)
		fmt.Fprintf(&b, "lr_%d = %g  # swept\n", i, float64(i)/900)
	}
	src.versions["big1"], src.versions["big2"] = a.String(), b.String()
	v.Files[0] = agent.FileChange{
		Path: "scratchpad/sweep.py", At: clock.Add(-time.Minute), Turn: 212, Added: 10_000, Removed: 10_000,
		Versions: []agent.Version{{At: clock.Add(-2 * time.Hour), Turn: 210, Hash: "big1"}, {At: clock.Add(-time.Minute), Turn: 212, Hash: "big2"}},
	}
	return s
}

// TestStates keeps pictures of the plan, the scratchpad and the timeline when
// there is nothing, when something fails, and when there is much.
func TestStates(t *testing.T) {
	states := []struct {
		name string
		of   func(*fake) *agent.Snapshot
		net  *Cluster
		keys []string // before the tab's
	}{
		{"empty", func(*fake) *agent.Snapshot { return story() }, nil, []string{"J", "J"}},
		{"error", func(*fake) *agent.Snapshot { return unread() }, nil, nil},
		{"away", func(*fake) *agent.Snapshot { return away() }, offline(), nil},
		{"huge", vast, nil, nil},
	}
	tabs := []struct{ name, key string }{{"plan", "1"}, {"scratchpad", "2"}, {"timeline", "4"}}
	frame := func(name string, s size, dark bool, src *fake, keys ...string) {
		name = fmt.Sprintf("%s-%dx%d-%s", name, s.w, s.h, map[bool]string{true: "dark", false: "light"}[dark])
		t.Run(name, func(t *testing.T) {
			m := start(src, s)
			if !dark {
				m.Update(tea.BackgroundColorMsg{Color: color.White})
			}
			press(m, keys...)
			got := m.View().Content
			check(t, got, s)
			golden.RequireEqual(t, got)
		})
	}
	for _, s := range []size{{80, 24}, {120, 40}, {200, 60}} {
		for _, dark := range []bool{true, false} {
			frame("loading", s, dark, newFake(nil), "2")
			for _, state := range states {
				for _, tab := range tabs {
					src := newFake(nil)
					src.snap = state.of(src)
					src.cluster = state.net
					frame(state.name+"-"+tab.name, s, dark, src, append(state.keys, tab.key)...)
				}
			}
		}
	}
}

// A diff of 10,000 lines is compared in a command, and drawn as fast as any.
func BenchmarkHugeDiff(b *testing.B) {
	src := newFake(nil)
	src.snap = vast(src)
	k := pairKey{"scratchpad/sweep.py", "big1", "big2"}
	b.Run("compare", func(b *testing.B) {
		for b.Loop() {
			readPair(src.Content, k, true)
		}
	})
	m := start(src, size{200, 60})
	press(m, "2", "s")
	b.Run("draw", func(b *testing.B) {
		for b.Loop() {
			m.Update(keyMsg("space"))
			_ = m.View()
		}
	})
}
