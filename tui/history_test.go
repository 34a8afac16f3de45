package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
	"vigil/agent/workspace"
)

// Of a file with more versions than a snapshot lists, the older ones are read
// when a moment is looked at that they are of.
func TestHistory(t *testing.T) {
	src := newFake(story())
	v := &src.snap.Agents[0]
	var all []agent.Version
	for i := range 500 {
		all = append(all, agent.Version{At: v.Started.Add(time.Duration(i) * 5 * time.Minute), Turn: i, Hash: fmt.Sprint("v", i)})
		src.versions[fmt.Sprint("v", i)] = fmt.Sprintf("# Plan\n\n- [ ] probe %d\n", i)
	}
	v.Plan.Versions = all[500-workspace.Listed:]
	v.Files[0] = agent.FileChange{Path: "scratchpad/THREAD.md", At: clock, Versions: v.Plan.Versions}
	src.older = map[string][]agent.Version{v.Plan.Path: all, v.Files[0].Path: all}
	m := start(src, size{120, 40})
	has := func(what, want string) {
		t.Helper()
		if got := ansi.Strip(m.View().Content); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", what, want, got)
		}
	}
	press(m, "4", "g", "j", "j", "enter", "1") // the record of T+9h: version 108
	has("the plan of then", "probe 108")
	has("the plan of then", "revision 109 of 109")
	press(m, "esc", "2", "b", "b", "b", "b")
	has("since the start", "-- [ ] probe 0")
}

// A history that cannot be read is told as one that is not kept.
func TestHistoryLost(t *testing.T) {
	src := newFake(story())
	v := &src.snap.Agents[0]
	var all []agent.Version
	for i := range workspace.Listed {
		all = append(all, agent.Version{At: clock.Add(time.Duration(i-300) * time.Second), Hash: "h1"})
	}
	v.Plan.Versions = all
	src.lost = fmt.Errorf("the disk is gone")
	m := start(src, size{120, 40})
	press(m, "1", "(", "(")
	if got := ansi.Strip(m.View().Content); !strings.Contains(got, "No version of the plan is kept that is so old") {
		t.Errorf("it is not told:\n%s", got)
	}
}

// A file that is written on while its history is known: what a snapshot lists
// no longer, and was written after that was read, is read again.
func TestHistoryGrows(t *testing.T) {
	src := newFake(story())
	v := &src.snap.Agents[0]
	var all []agent.Version
	for i := range 800 {
		all = append(all, agent.Version{At: clock.Add(time.Duration(i-600) * time.Minute), Turn: 1, Hash: fmt.Sprint("v", i)})
		src.versions[fmt.Sprint("v", i)] = fmt.Sprintf("# Plan\n\n- [ ] probe %d\n", i)
	}
	v.Plan.Versions = all[500-workspace.Listed : 500]
	src.older = map[string][]agent.Version{v.Plan.Path: all[:500]}
	m := start(src, size{120, 40})
	at := func(minute int) {
		t.Helper()
		m.past = past{at: clock.Add(time.Duration(minute-600)*time.Minute + time.Second)}
		m.show()
		_, cmd := m.Update(nil)
		follow(m, cmd)
		if got := ansi.Strip(m.View().Content); !strings.Contains(got, fmt.Sprintf("probe %d ", minute)) {
			t.Errorf("as of minute %d:\n%s", minute, got)
		}
	}
	at(100)
	next := *src.snap
	next.Agents = slices.Clone(next.Agents)
	next.Agents[0].Plan.Versions = all[800-workspace.Listed:]
	src.snap, src.older[v.Plan.Path] = &next, all
	m.past.end()
	m.refresh()
	at(550)
	at(100)
}
