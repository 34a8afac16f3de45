package tui

import (
	"strings"
	"testing"

	"charm.land/bubbles/v2/key"
)

// Every key does one thing where one is, and its help names it.
func TestKeys(t *testing.T) {
	m := New(newFake(nil), Options{Now: at0})
	contexts := map[string][][]key.Binding{
		"overlay": {bindings(m.above)},
		"input":   {bindings(m.typed)},
		"fleet":   {bindings(m.root), bindings(m.fleet.keys)},
		"confirm": {bindings(confirmKeys())},
		"front":   {bindings(m.root), bindings(frontierKeys())},
	}
	for _, tab := range m.tabs {
		contexts[tab.title] = [][]key.Binding{bindings(m.root), tab.pane.Keys()}
	}
	for name, tables := range contexts {
		taken := map[string]string{}
		for _, table := range tables {
			if len(table) == 0 {
				t.Errorf("%s has no keys", name)
			}
			for _, b := range table {
				if b.Help().Desc == "" {
					t.Errorf("%s: %q has no help", name, b.Keys())
				}
				for _, k := range b.Keys() {
					if other, ok := taken[k]; ok {
						t.Errorf("%s: %q is %q and %q", name, k, other, b.Help().Desc)
					}
					taken[k] = b.Help().Desc
					if !strings.Contains(b.Help().Key, keyName(k)) {
						t.Errorf("%s: help for %q says %q", name, k, b.Help().Key)
					}
					if got := keyMsg(k).String(); got != k {
						t.Errorf("%s: no key press is called %q, this one is %q", name, k, got)
					}
				}
			}
		}
	}
}

// The help shows every key of where one is.
func TestHelpIsComplete(t *testing.T) {
	for _, tab := range []string{"1", "2", "3", "4", "5", "6", "7", ""} {
		m := start(newFake(story()), size{120, 40})
		keys := bindings(m.fleet.keys)
		if tab != "" {
			press(m, tab)
			keys = m.tabs[m.tab].pane.Keys()
		}
		press(m, "?")
		help := strings.Join(m.over.body(80, m.st), "\n")
		for _, b := range append(keys, bindings(m.root)...) {
			if !strings.Contains(help, b.Help().Desc) {
				t.Errorf("tab %q: the help leaves out %q", tab, b.Help().Desc)
			}
		}
	}
}
