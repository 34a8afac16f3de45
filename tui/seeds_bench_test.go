package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Seeds as one with 10,000 runs: the first layout, when the key is pressed, and
// each one after, while the pointer moves.
func BenchmarkSeeds(b *testing.B) {
	src := newFake(fleet50())
	src.runs = runs(5000, "a1", "a2")
	m := start(src, size{200, 60})
	press(m, "3", "e")
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			m.curves.bands = bands{}
			m.Update(keyMsg("S"))
			m.Update(keyMsg("S"))
		}
	})
	press(m, "S")
	n := 0
	b.Run("hover", func(b *testing.B) {
		for b.Loop() {
			n++
			m.Update(tea.MouseMotionMsg{X: 60 + n%80, Y: 20})
		}
	})
	b.Run("news", func(b *testing.B) {
		for b.Loop() {
			n++
			m.Update(changed{clock.Add(time.Duration(n) * time.Millisecond)})
		}
	})
}
