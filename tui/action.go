package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// action is one thing that keys do to a T. The tables in keys.go are the only
// place where keys are named: they dispatch what is pressed, make the help and
// fill the command palette.
type action[T any] struct {
	key.Binding
	id string               // in kebab case, and stable: people bind keys by it
	do func(T, int) tea.Cmd // so often; 0 where the person gave no count
}

// newAction makes an action. Its help names all its keys.
func newAction[T any](id string, do func(T, int) tea.Cmd, help string, keys []string) action[T] {
	return action[T]{key.NewBinding(key.WithKeys(keys...), key.WithHelp(names(keys), help)), id, do}
}

// names is how help writes keys.
func names(keys []string) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = keyName(k)
	}
	return strings.Join(out, " ")
}

// bind makes an action that is done once, whatever the count.
func bind[T any](id string, do func(T) tea.Cmd, help string, keys ...string) action[T] {
	return newAction(id, func(t T, _ int) tea.Cmd { return do(t) }, help, keys)
}

// act makes an action of a method that needs no command.
func act[T any](id string, do func(T), help string, keys ...string) action[T] {
	return newAction(id, func(t T, _ int) tea.Cmd { do(t); return nil }, help, keys)
}

// steps makes an action that moves by so much, or a multiple of it.
func steps[T any](id string, move func(T, int), by int, help string, keys ...string) action[T] {
	return newAction(id, func(t T, n int) tea.Cmd { move(t, by*max(n, 1)); return nil }, help, keys)
}

// times is steps for a move that gives a command.
func times[T any](id string, move func(T, int) tea.Cmd, by int, help string, keys ...string) action[T] {
	return newAction(id, func(t T, n int) tea.Cmd { return move(t, by*max(n, 1)) }, help, keys)
}

// jumps makes an action that goes to an end (-many or many), or with a count to
// the entry of that number.
func jumps[T any](id string, move func(T, int), to int, help string, keys ...string) action[T] {
	return newAction(id, func(t T, n int) tea.Cmd {
		if n == 0 {
			move(t, to)
		} else {
			move(t, -many)
			move(t, n-1)
		}
		return nil
	}, help, keys)
}

// Amounts to move by.
const (
	page = 10
	many = 1 << 30
)

// bound is an action tied to what it acts on.
type bound struct {
	key.Binding
	id string
	do func(n int) tea.Cmd
}

// tie ties a table to what it acts on.
func tie[T any](actions []action[T], t T) []bound {
	out := make([]bound, len(actions))
	for i, a := range actions {
		out[i] = bound{a.Binding, a.id, func(n int) tea.Cmd { return a.do(t, n) }}
	}
	return out
}

// dispatch does what the pressed key is bound to, n times, and reports whether
// it was.
func dispatch(keys []bound, msg tea.KeyPressMsg, n int) (tea.Cmd, bool) {
	for _, b := range keys {
		if key.Matches(msg, b.Binding) {
			return b.do(n), true
		}
	}
	return nil, false
}

// firstKey is how help writes the first key of an action, if it has one.
func firstKey(b key.Binding) string {
	if keys := b.Keys(); len(keys) > 0 {
		return keyName(keys[0])
	}
	return ""
}

// keyName is how help writes a key.
func keyName(k string) string {
	switch k {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "pgdown":
		return "PgDn"
	case "pgup":
		return "PgUp"
	}
	return k
}

// zone is a table of keys, and how one comes to where they work.
type zone struct {
	name string
	keys []bound
	open func() // makes it the one that has the keys
}

// faced is a pane that has more than one table of keys, of which one works at
// a time.
type faced interface {
	Faces() []zone // open turns to the face; its tab is open by then
}

// everywhere names the zone whose keys work in all the others.
const everywhere = "everywhere"

// zones returns every table of keys of the screen: what works everywhere, the
// fleet's and the tabs'. What floats is in [Model.floating].
func (m *Model) zones() []zone {
	out := []zone{
		{everywhere, tie(m.root, m), func() {}},
		{"agents", m.fleet.Keys(), m.openFleet},
	}
	for i, t := range m.tabs {
		open := func() { m.tab, m.onTabs = i, true }
		f, ok := t.pane.(faced)
		if !ok {
			out = append(out, zone{t.title, t.pane.Keys(), open})
			continue
		}
		for _, face := range f.Faces() {
			turn := face.open
			face.open = func() { open(); turn() }
			out = append(out, face)
		}
	}
	return out
}

// floating returns the tables of what floats over the screen; each works alone.
func (m *Model) floating() []zone {
	return []zone{
		{"in a box of text", tie(m.above, m), nil},
		{"before a job is cancelled", tie(m.confirm, m), nil},
		{"while a line is written", tie(m.typed, m), nil},
		{"in the palette", tie(m.picking, m), nil},
	}
}

// openFleet gives the keys to the fleet, which is not on the screen while the
// detail is zoomed.
func (m *Model) openFleet() { m.onTabs, m.zoom = false, false }
