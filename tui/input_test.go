package tui

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// A line fills its room wherever the cursor stands, also where a sign was typed
// that makes the character before it wider.
func TestInputFillsItsRoom(t *testing.T) {
	m := start(newFake(nil), size{80, 24})
	m.input.ask(forFilter, "filter", "", "")
	for _, k := range []string{"q", "☑", "\ufe0f", "é", "e", "\u0301", "日"} {
		m.input.update(keyMsg(k))
	}
	for range 12 {
		for _, w := range []int{5, 12, 13, 40} {
			if got := ansi.StringWidth(ansi.Strip(m.input.View(w))); got != w || cells(m.input.View(w)) != w {
				t.Errorf("at %d of %q the line of %d cells has %d: %q", m.input.text.Position(), m.input.value(), w, got, m.input.View(w))
			}
		}
		m.input.update(keyMsg("left"))
	}
}
