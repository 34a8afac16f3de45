package tui

import (
	"regexp"
	"strings"
	"testing"
)

// Every key does one thing where one is, and its help names it.
func TestKeys(t *testing.T) {
	m := New(newFake(nil), Options{Now: at0})
	contexts := map[string][][]bound{}
	for _, z := range m.floating() {
		contexts[z.name] = [][]bound{z.keys}
	}
	for _, z := range m.zones()[1:] {
		contexts[z.name] = [][]bound{tie(m.root, m), z.keys}
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
		keys := m.fleet.Keys()
		if tab != "" {
			press(m, tab)
			keys = m.tabs[m.tab].pane.Keys()
		}
		press(m, "?")
		help := strings.Join(m.over.body(80, m.st), "\n")
		for _, b := range append(keys, tie(m.root, m)...) {
			if !strings.Contains(help, b.Help().Desc) {
				t.Errorf("tab %q: the help leaves out %q", tab, b.Help().Desc)
			}
		}
	}
}

// Every action has a name of its own, by which people bind keys and which
// therefore stays.
func TestActionNames(t *testing.T) {
	m := New(newFake(nil), Options{Now: at0})
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]string{}
	for _, z := range append(m.zones(), m.floating()...) {
		for _, b := range z.keys {
			if !kebab.MatchString(b.id) {
				t.Errorf("%s: %q is not in kebab case", z.name, b.id)
			}
			if other, ok := seen[b.id]; ok {
				t.Errorf("%q is in %s and in %s", b.id, other, z.name)
			}
			seen[b.id] = z.name
		}
	}
}
