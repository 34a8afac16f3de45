package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vigil/tui"
)

// ownKeys reads the [keys] table: an action with a key or a list of keys.
func ownKeys(table map[string]any, origins map[string]string) (map[string][]string, error) {
	if len(table) == 0 {
		return nil, nil
	}
	out := map[string][]string{}
	for _, action := range slices.Sorted(maps.Keys(table)) {
		list, ok := table[action].([]any)
		if !ok {
			list = []any{table[action]}
		}
		out[action] = []string{}
		for _, v := range list {
			k, ok := v.(string)
			if !ok {
				return nil, fmt.Errorf("%s: wrong value for keys.%s: write a key, \"x\", or a list of keys, [\"x\", \"ctrl+x\"]",
					cmp.Or(origins["keys."+action], "configuration"), action)
			}
			out[action] = append(out[action], k)
		}
	}
	return out, nil
}

// controls is what the screen is steered by.
func (c Config) controls() tui.Controls { return tui.Controls{Keys: c.Keys, NoMouse: !c.Mouse} }

// checkBindings refuses keys that the screen cannot take. Its error names both
// actions that want a key, and where each was given it.
func checkBindings(c Config, at func(string, ...any) string) error {
	err := tui.CheckKeys(c.Keys)
	var wrong *tui.KeyError
	if !errors.As(err, &wrong) {
		return err
	}
	where := at("keys.%s", wrong.Action)
	switch {
	case wrong.Other != "":
		other := "its usual key"
		if o := c.Origins["keys."+wrong.Other]; o != "" {
			other = o
		}
		return fmt.Errorf("%s: %s (%s): give one of them another in [keys]", where, wrong, other)
	case strings.HasPrefix(wrong.Why, "there is no action"):
		do := "docs/keys.md lists them"
		if near := nearestAction(wrong.Action); near != "" {
			do = "did you mean " + near + "?"
		}
		return fmt.Errorf("%s: %s: %s", where, wrong, do)
	}
	return fmt.Errorf("%s: keys.%s: %s", where, wrong.Action, wrong)
}

// nearestAction returns the action named most like name, or "" if none is
// close.
func nearestAction(name string) string {
	best, dist := "", 3 // typing errors of up to two letters
	for _, a := range tui.Actions(nil) {
		if d := distance(name, a.ID); d < dist {
			best, dist = a.ID, d
		}
	}
	return best
}

// keysDocs is docs/keys.md.
func keysDocs() string {
	var b strings.Builder
	b.WriteString("# Keys\n\n" +
		"`?` shows the keys of where you are; `:` finds any action, agent, file, job and run by a few letters of its name, and does\n" +
		"or opens it. A number before a key does it so often, or goes to the entry of that number: `8j`, `alt+1` `2` `G`; the first\n" +
		"digit takes alt where it has a key of its own, as those of the tabs do.\n\n" +
		"Other keys can be given to any action, one or a list of them, in the configuration; the help, the palette and every hint show\n" +
		"them then, and a change of the file is taken over while the screen is open:\n\n" +
		"```toml\n[keys]\nzoom = \"f11\"\nnudge-now = [\"n\", \"ctrl+n\"]\n```\n\n" +
		"`ctrl+c` always quits. Two actions that work in the same place cannot have the same key; those of \"everywhere\" work in all\n" +
		"places but those that float (the last four). This page is made from the tables that the program uses:\n" +
		"`go test ./cmd/vigil -run Docs -update`.\n\n" +
		"The mouse: click selects, a click on what is selected opens it; the tabs, the hints in the last line, `auto` in the first one,\n" +
		"and every line of the help and the palette can be clicked. The wheel scrolls what is under the pointer; in the curves it zooms\n" +
		"there (with ctrl or over the numbers of y: y), dragging pans, dragging with the right button or with ctrl draws a\n" +
		"box that is zoomed into, and the values under the pointer are read until a click keeps the\n" +
		"cursor where it is. The edge between the agents and the detail can be dragged. Hold shift to select text as ever, or set\n" +
		"`mouse = false`.\n")
	zone := ""
	for _, a := range tui.Actions(nil) {
		if a.Zone != zone {
			zone = a.Zone
			fmt.Fprintf(&b, "\n## %s\n\n| key | what it does | action |\n|---|---|---|\n", zone)
		}
		keys := make([]string, len(a.Keys))
		for i, k := range a.Keys {
			keys[i] = "`" + k + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` |\n", strings.Join(keys, " "), a.Help, a.ID)
	}
	return b.String()
}
