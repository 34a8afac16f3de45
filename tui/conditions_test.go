package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// A condition is marked in the list by a sign, with its word where there is
// room, and its evidence stands where the verdict is explained.
func TestConditions(t *testing.T) {
	s := story()
	s.Agents[1].Conditions = []agent.Condition{
		{Type: agent.Grinding, Since: clock.Add(-7 * time.Hour), Evidence: []string{"no new best for 11h 20m: 63 trials since 3045", "knobs: lr, wd (85 edits)"}},
		{Type: agent.IdleCompute, Since: clock.Add(-4 * time.Minute), Evidence: []string{"8 of the 8 GPUs of its job 4711 do nothing"}},
	}
	for _, tt := range []struct {
		name string
		size size
		want string
	}{
		{"three lines", size{140, 40}, "∞ grinding no new best"},
		{"the strip", size{80, 24}, "codex-v3 working ∞▱"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := start(newFake(s), tt.size)
			if got := screenText(m); !strings.Contains(got, tt.want) {
				t.Errorf("the screen lacks %q:\n%s", tt.want, got)
			}
		})
	}
	m := start(newFake(s), size{140, 40})
	text := ansi.Strip(strings.Join(m.why(&s.Agents[1], 80, m.st), "\n"))
	for _, want := range []string{"what lies over it", "grinding", "for 7h", "63 trials since 3045", "lr, wd", "idle compute", "job 4711"} {
		if !strings.Contains(text, want) {
			t.Errorf("the explanation lacks %q:\n%s", want, text)
		}
	}
}
