package tui

import (
	"strings"
	"testing"
)

// A number before a key does it so often, or goes to the entry of that number.
// Digits that are keys stay keys, unless a count has begun.
func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		want func(*Model) bool
	}{
		{"down", []string{"9", "j"}, func(m *Model) bool { return m.fleet.at == 9 }},
		{"a tab's digit behind another", []string{"8", "3", "down"}, func(m *Model) bool { return m.fleet.at == 59 && m.tab == 0 }},
		{"with alt", []string{"alt+1", "2", "j"}, func(m *Model) bool { return m.fleet.at == 12 && m.tab == 0 }},
		{"a nought first", []string{"0", "5", "j"}, func(m *Model) bool { return m.fleet.at == 5 }},
		{"agents from anywhere", []string{"4", "alt+1", "0", "J"}, func(m *Model) bool { return m.fleet.at == 10 && m.tab == 3 }},
		{"a tab without it", []string{"3", "j"}, func(m *Model) bool { return m.tab == 2 && m.fleet.at == 0 && m.curves.at == 1 }},
		{"to an entry", []string{"8", "G"}, func(m *Model) bool { return m.fleet.at == 7 }},
		{"back to one", []string{"G", "9", "g"}, func(m *Model) bool { return m.fleet.at == 8 }},
		{"lines", []string{"1", "8", "j"}, func(m *Model) bool { return m.plan.top == 8 }},
		{"a line", []string{"1", "9", "9", "G"}, func(m *Model) bool { return m.plan.top == 98 }},
		{"pages", []string{"1", "8", "ctrl+d"}, func(m *Model) bool { return m.plan.top == 8*(m.plan.h/2) }},
		{"once", []string{"8", "j", "j"}, func(m *Model) bool { return m.fleet.at == 9 }},
		{"esc drops it and no more", []string{"/", "a", "enter", "8", "esc", "j"}, func(m *Model) bool { return m.fleet.at == 1 && m.fleet.filter == "a" }},
		{"ctrl+g too", []string{"8", "ctrl+g", "j"}, func(m *Model) bool { return m.fleet.at == 1 }},
		{
			"too many digits",
			[]string{"9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "j"},
			func(m *Model) bool { return m.fleet.at == 59 },
		},
		{"of what takes none", []string{"8", "z"}, func(m *Model) bool { return m.zoom }},
		{"in a box", []string{"w", "5", "j"}, func(m *Model) bool { return m.over.top == 5 }},
		{"in the curves", []string{"3", "8", "j"}, func(m *Model) bool { return m.curves.at == 8 }},
		{"zooming", []string{"3", "9", "9", "9", "9", "9", "+"}, func(m *Model) bool { return m.curves.x0 != m.curves.x1 }},
		{"written, it is text", []string{"N", "8", "j"}, func(m *Model) bool { return m.input.value() == "8j" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := start(newFake(huge(60)), size{80, 24})
			press(m, c.keys...)
			if !c.want(m) {
				t.Errorf("%q made of the screen\n%s", c.keys, screenText(m))
			}
			if m.count.digits != "" {
				t.Errorf("%q is left", m.count.digits)
			}
			check(t, m.View().Content, size{80, 24})
		})
	}
	m := start(newFake(huge(60)), size{80, 24})
	press(m, "9", "1")
	if lines := strings.Split(screenText(m), "\n"); !strings.Contains(lines[23], "91 [") {
		t.Errorf("the count is not seen: %q", lines[23])
	}
}

// The keys by which people move are the same in every list and text.
func TestKeysAreConsistent(t *testing.T) {
	m := New(newFake(nil), Options{Now: at0})
	for _, z := range append(m.zones()[1:], m.floating()[0]) {
		for _, k := range []string{"j", "down", "k", "up", "g", "home", "G", "end", "pgdown", "pgup", "ctrl+d", "ctrl+u"} {
			found := false
			for _, b := range z.keys {
				for _, have := range b.Keys() {
					found = found || have == k
				}
			}
			if !found {
				t.Errorf("%s: %q does nothing", z.name, k)
			}
		}
	}
}
