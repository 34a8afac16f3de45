package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// A person's own keys are what works, what the help, the hints and the palette
// show; the usual ones of the same action do nothing any more.
func TestOwnKeys(t *testing.T) {
	own := map[string][]string{
		"zoom": {"f11", "Z"}, "nudges-hold": {"ctrl+h"}, "plan-goal": {"p"}, "quit": {"Q"}, "fleet-down": {"n"}, "nudge-now": {}, "jobs-cancel": {"alt+x"},
		"confirm-yes": {"Y"},
	}
	if err := CheckKeys(own); err != nil {
		t.Fatal(err)
	}
	src := newFake(story())
	src.cluster = cluster()
	done := make(chan struct{})
	close(done)
	m := New(src, Options{Now: at0, Done: done, Keys: own})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	press(m, "z")
	if m.zoom {
		t.Error("the usual key still works")
	}
	press(m, "Z")
	if !m.zoom {
		t.Error("the own key does nothing")
	}
	press(m, "Z", "n")
	if m.fleet.sel != "a2" {
		t.Errorf("the key of an action that gave it up selects %s", m.fleet.sel)
	}
	press(m, "K")
	lines := strings.Split(screenText(m), "\n")
	if foot := lines[len(lines)-1]; strings.Contains(foot, "[n]ow") || !strings.Contains(foot, "[ctrl+h] hold") {
		t.Errorf("the footer is %q", foot)
	}
	press(m, "?")
	shows(t, m, "help", "f11 Z", "ctrl+h")
	press(m, "esc", ":")
	if i := slices.IndexFunc(m.palette.all, func(e entry) bool { return e.text == "zoom the detail" }); i < 0 || m.palette.all[i].right != "f11 Z" {
		t.Error("the palette shows other keys")
	}
	press(m, "esc", "J", "6", "alt+x", "y")
	if len(src.cancelled) != 0 {
		t.Error("the usual key still confirms")
	}
	shows(t, m, "the question", "Y cancel it")
	press(m, "Y")
	if len(src.cancelled) != 1 {
		t.Error("the own key does not confirm")
	}
	for _, a := range Actions(own) {
		if strings.HasSuffix(a.ID, "quit") && !slices.Contains(a.Keys, "ctrl+c") {
			t.Errorf("%s: ctrl+c does not quit", a.ID)
		}
	}
}

func TestCheckKeys(t *testing.T) {
	if err := CheckKeys(nil); err != nil {
		t.Error(err)
	}
	all := map[string][]string{}
	for _, a := range Actions(nil) {
		all[a.ID] = a.Keys
	}
	if err := CheckKeys(all); err != nil {
		t.Errorf("the usual keys cannot be: %v", err)
	}
	for _, c := range []struct {
		name          string
		own           map[string][]string
		action, other string
	}{
		{"unknown", map[string][]string{"zooom": {"z"}}, "zooom", ""},
		{"no key", map[string][]string{"zoom": {"control+z"}}, "zoom", ""},
		{"upper with ctrl", map[string][]string{"zoom": {"ctrl+Z"}}, "zoom", ""},
		{"a control character", map[string][]string{"zoom": {"\x1b"}}, "zoom", ""},
		{"a blank", map[string][]string{"zoom": {" "}}, "zoom", ""},
		{"nothing", map[string][]string{"zoom": {""}}, "zoom", ""},
		{"everywhere and in a tab", map[string][]string{"plan-goal": {"z"}}, "plan-goal", "zoom"},
		{"in a tab and everywhere", map[string][]string{"zoom": {"o"}}, "zoom", "plan-goal"},
		{"in the same tab", map[string][]string{"plan-goal": {"m"}}, "plan-goal", "plan-seen"},
		{"on the face of a tab", map[string][]string{"frontier-open": {"f"}}, "frontier-open", "frontier-curves"},
		{"in what floats", map[string][]string{"confirm-yes": {"n"}}, "confirm-yes", "confirm-no"},
		{"in different tabs", map[string][]string{"plan-goal": {"x"}}, "", ""},
		{"where something floats", map[string][]string{"confirm-yes": {"z"}}, "", ""},
		{"exchanged", map[string][]string{"zoom": {"n"}, "nudge-now": {"z"}}, "", ""},
	} {
		err := CheckKeys(c.own)
		var wrong *KeyError
		switch {
		case c.action == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.action != "" && (!errors.As(err, &wrong) || wrong.Action != c.action || wrong.Other != c.other):
			t.Errorf("%s: %+v", c.name, err)
		}
	}
}
