package tui

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
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

// Keys and the mouse change while the screen is open: the new keys work and are
// shown, and a question that named an old one is closed.
func TestRebind(t *testing.T) {
	src := newFake(story())
	src.cluster = cluster()
	m := start(src, size{120, 40})
	press(m, "J", "6", "x")
	shows(t, m, "the question", "y cancel it")
	rebind := func(c Controls) {
		_, cmd := m.Update(rebinding{c})
		follow(m, cmd)
	}
	rebind(Controls{Keys: map[string][]string{"zoom": {"Z"}, "help": {"f1"}, "confirm-yes": {"Y"}}, NoMouse: true})
	if m.over.open() {
		t.Error("a question is open that names the keys of before")
	}
	press(m, "y", "z")
	if len(src.cancelled) != 0 || m.zoom {
		t.Error("the keys of before still work")
	}
	press(m, "Z")
	if !m.zoom {
		t.Error("the new key does nothing")
	}
	shows(t, m, "the footer", "[f1] help")
	if m.View().MouseMode != tea.MouseModeNone {
		t.Error("the mouse is still taken")
	}
	press(m, "f1")
	press(m, "end")
	shows(t, m, "the help", "leaves the mouse to the terminal")
	rebind(Controls{})
	press(m, "z")
	if m.zoom || m.View().MouseMode == tea.MouseModeNone {
		t.Error("the usual keys and the mouse are not back")
	}
}

// What arrives by the channel is taken over.
func TestRebindChannel(t *testing.T) {
	fresh := make(chan Controls, 1)
	m := New(newFake(story()), Options{Now: at0, Rebind: fresh})
	fresh <- Controls{Keys: map[string][]string{"zoom": {"Z"}}}
	m.Update(m.watchControls()())
	if m.named["zoom"] != "Z" {
		t.Errorf("zoom has the key %q", m.named["zoom"])
	}
}

// No text names a key that the person has given up: with each action on another
// key, none of the usual ones is on the screen.
func TestTextsNameOwnKeys(t *testing.T) {
	own, next := map[string][]string{}, 'Ā' // letters that no text of ours has
	for _, a := range Actions(nil) {
		own[a.ID] = []string{string(next)}
		if writes(a) {
			own[a.ID] = []string{"alt+" + string(next)} // a letter alone would be written
		}
		next++
	}
	key := func(id string) string { return own[id][0] }
	named := regexp.MustCompile(`\[[a-zA-Z?:]\]|\b(?i:esc|enter)\b|\( \)|[^a-z]\[ \] |\b[b-zA-Z0] (shows?|goes|compares|changes|writes|releases|scroll|follows)\b`)
	src := newFake(story())
	src.cluster = cluster()
	for _, c := range []struct {
		name string
		snap *agent.Snapshot
		do   []string
	}{
		{"loading", nil, nil},
		{"empty", &agent.Snapshot{At: clock}, nil},
		{"plan", story(), []string{"tab-plan"}},
		{"scratchpad", story(), []string{"tab-scratchpad"}},
		{"curves", story(), []string{"tab-curves"}},
		{"frontier", story(), []string{"tab-curves", "curves-frontier"}},
		{"timeline", story(), []string{"tab-timeline"}},
		{"pane", story(), []string{"tab-pane"}},
		{"jobs", story(), []string{"agent-next", "tab-jobs"}},
		{"cancel", story(), []string{"agent-next", "tab-jobs", "jobs-cancel"}},
		{"report", story(), []string{"tab-report"}},
		{"timeline, away", story(), []string{"tab-timeline", "timeline-up"}},
		{"curves, zoomed", story(), []string{"tab-curves", "curves-zoom-in"}},
		{"curves, box", story(), []string{"tab-curves", "curves-box"}},
		{"curves, corner", story(), []string{"tab-curves", "curves-box", "box-corner"}},
		{"no file", story(), []string{"tab-scratchpad", "filter", "=~", "input-accept"}},
		{"nothing found", story(), []string{"palette", "=~"}},
		{"help", story(), []string{"help"}},
		{"why", story(), []string{"why"}},
		{"palette", story(), []string{"palette"}},
		{"palette without a match", story(), []string{"palette", "=nothing"}},
		{"files without a match", story(), []string{"tab-scratchpad", "filter", "=nothing"}},
		{"runs without a match", story(), []string{"tab-curves", "filter", "=nothing"}},
		{"moments without a match", story(), []string{"tab-timeline", "filter", "=nothing"}},
		{"jobs without a match", story(), []string{"tab-jobs", "filter", "=nothing"}},
		{"past", story(), []string{"tab-plan", "moment-before"}},
		{"unkept", unkept(), []string{"tab-plan", "moment-before", "moment-before"}},
	} {
		src.snap = c.snap
		m := New(src, Options{Now: at0, Done: closed(), Keys: own})
		for _, s := range []size{{120, 40}, {80, 24}} {
			m.Update(tea.WindowSizeMsg{Width: s.w, Height: s.h})
			for _, id := range c.do {
				if text, ok := strings.CutPrefix(id, "="); ok {
					press(m, strings.Split(text, "")...)
				} else {
					press(m, key(id))
				}
			}
			c.do = nil
			if found := named.FindString(screenText(m)); found != "" {
				t.Errorf("%s names %q:\n%s", c.name, found, screenText(m))
			}
		}
	}
}

// closed is a channel that is closed.
func closed() chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// Every action by whose key a text is written exists: else the text would leave
// it out and nobody would know.
func TestTextsNameActions(t *testing.T) {
	known := map[string]bool{}
	for _, a := range Actions(nil) {
		known[a.ID] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`(?:keys|named)\.(?:say|hint)\((?:st|m\.st|"[^"]*"), (.*)\)`)
	id := regexp.MustCompile(`"([a-z]+(?:-[a-z]+)*)", "`)
	n := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range call.FindAllStringSubmatch(string(text), -1) {
			for _, got := range id.FindAllStringSubmatch(c[1], -1) {
				n++
				if !known[got[1]] {
					t.Errorf("%s: there is no action %q", file, got[1])
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d names were found", n)
	}
}
