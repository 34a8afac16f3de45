package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
)

// Action is an entry of the key tables.
type Action struct {
	ID    string   // by which people bind keys to it
	Zone  string   // where it works
	Help  string   // what it does, in a few words
	Keys  []string // as key presses are called
	Float bool     // its zone floats over the screen, and works alone
}

// Actions lists the actions of all key tables, zone by zone, with a person's
// own keys (by action) in place of the usual ones.
func Actions(own map[string][]string) []Action {
	m := blank(own)
	var out []Action
	for i, z := range append(m.zones(), m.floating()...) {
		for _, b := range z.keys {
			out = append(out, Action{b.id, z.name, b.Help().Desc, b.Keys(), i >= len(m.zones())})
		}
	}
	return out
}

// KeyError says which of a person's keys cannot be, and why.
type KeyError struct {
	Action string // whose key it is
	Other  string // the action that has the same key in the same place, if there is one
	Why    string
}

// Error implements error.
func (e *KeyError) Error() string { return e.Why }

// CheckKeys refuses a person's own keys (by action) of which one belongs to no
// action, is no key, or does two things in one place. Its error is a
// [*KeyError].
func CheckKeys(own map[string][]string) error {
	if len(own) == 0 {
		return nil
	}
	known := map[string]Action{}
	for _, a := range Actions(nil) {
		known[a.ID] = a
	}
	for _, id := range slices.Sorted(maps.Keys(own)) {
		a, ok := known[id]
		if !ok {
			return &KeyError{Action: id, Why: fmt.Sprintf("there is no action %q", id)}
		}
		for _, k := range own[id] {
			switch {
			case !isKey(k):
				return &KeyError{Action: id, Why: fmt.Sprintf("%q is no key: write one character, or a name like \"enter\", \"ctrl+x\", \"alt+left\" or \"f5\"", k)}
			case k == interrupt && !slices.Contains(a.Keys, interrupt):
				return &KeyError{Action: id, Why: interrupt + " always quits: choose another key"}
			case writes(a) && utf8.RuneCountInString(k) == 1:
				return &KeyError{Action: id, Why: fmt.Sprintf("%q would be written into the line: choose another key", k)}
			}
		}
	}
	return collision(own)
}

// writes reports whether an action works while a line is being written.
func writes(a Action) bool {
	return strings.HasPrefix(a.ID, "input-") || strings.HasPrefix(a.ID, "palette-")
}

// collision finds a key that does two things where both work: an action of the
// person's own with any other.
func collision(own map[string][]string) error {
	all := Actions(own)
	together := func(a, b Action) bool {
		return a.Zone == b.Zone || !a.Float && !b.Float && (a.Zone == everywhere || b.Zone == everywhere)
	}
	for i, a := range all {
		for _, b := range all[:i] {
			for _, k := range a.Keys {
				if !slices.Contains(b.Keys, k) || !together(a, b) {
					continue
				}
				first, second := a, b
				if _, ok := own[first.ID]; !ok {
					first, second = b, a
				}
				return &KeyError{Action: first.ID, Other: second.ID, Why: fmt.Sprintf("%q is the key of %s and of %s", k, first.ID, second.ID)}
			}
		}
	}
	return nil
}

// interrupt is the key that quits whatever the person's own keys are.
const interrupt = "ctrl+c"

// rebound returns a table with a person's own keys.
func rebound[T any](table []action[T], own map[string][]string) []action[T] {
	for i := range table {
		a := &table[i]
		keys, ok := own[a.id]
		if !ok {
			continue
		}
		if slices.Contains(a.Keys(), interrupt) && !slices.Contains(keys, interrupt) {
			keys = append(slices.Clone(keys), interrupt)
		}
		a.Binding = key.NewBinding(key.WithKeys(keys...), key.WithHelp(names(keys), a.Help().Desc))
	}
	return table
}

// namedKeys are the keys that have names.
var namedKeys = [...]string{
	"up", "down", "left", "right", "enter", "esc", "tab", "space", "backspace", "delete", "insert", "home", "end", "pgup", "pgdown",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
}

// isKey reports whether a key press can be called so.
func isKey(k string) bool {
	if utf8.RuneCountInString(k) == 1 {
		return k != " " && isPrintable(k)
	}
	bare, ctrl := strings.CutPrefix(k, "ctrl+")
	bare, alt := strings.CutPrefix(bare, "alt+")
	name, _ := strings.CutPrefix(bare, "shift+") // always the last
	if slices.Contains(namedKeys[:], name) {
		return true
	}
	return (ctrl || alt) && utf8.RuneCountInString(bare) == 1 && bare == strings.ToLower(bare) && isPrintable(bare)
}

func isPrintable(s string) bool { return cells(s) > 0 && line(s) == s }
