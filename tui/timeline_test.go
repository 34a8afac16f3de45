package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// Kinds of moments, one after the other; esc shows all again.
func TestTimelineKinds(t *testing.T) {
	src := newFake(story())
	src.cluster = cluster()
	m := start(src, size{120, 40})
	press(m, "4")
	all := len(m.moment.rows)
	for _, c := range []struct {
		note  string
		types []agent.MomentType
	}{
		{"endings 3 moments", []agent.MomentType{agent.MTurnEnd}},
		{"nudges 1 moment", []agent.MomentType{agent.MNudge}},
		{"runs and jobs", []agent.MomentType{ofRun, agent.MRecord, ofJob}},
		{"files 1 moment", []agent.MomentType{agent.MFile}},
	} {
		press(m, "f")
		if got := ansi.Strip(m.moment.Note()); !strings.HasPrefix(got, c.note) {
			t.Errorf("the note is %q, want %q", got, c.note)
		}
		for _, i := range m.moment.rows {
			if typ := m.moment.all[i].Type; !slices.Contains(c.types, typ) {
				t.Errorf("%s has a %s", c.note, typ)
			}
		}
	}
	press(m, "esc")
	if len(m.moment.rows) != all || m.moment.kind != anyMoment {
		t.Errorf("after esc there are %d moments of %d", len(m.moment.rows), all)
	}
}

// The strip shows a span of time up to now, or around what is selected, and
// the states in it.
func TestTimelineStrip(t *testing.T) {
	s := story()
	v := &s.Agents[0]
	ago := func(d time.Duration) time.Time { return clock.Add(-d) }
	v.Started = ago(10 * time.Hour)
	v.Moments = []agent.Moment{
		{At: ago(10 * time.Hour), Type: agent.MTurnStart},
		{At: ago(5 * time.Hour), Type: agent.MTurnEnd, Ending: agent.Terminal},
		{At: ago(4 * time.Hour), Type: agent.MNudge},
		{At: ago(4 * time.Hour), Type: agent.MTurnStart},
		{At: ago(2 * time.Hour), Type: agent.MRecord, Text: "2930"},
	}
	src := newFake(s)
	src.runs = nil
	m := start(src, size{120, 40})
	press(m, "4")
	p := &m.moment
	w := p.w - 2
	strip := func() (states, marks, axis []rune) {
		return []rune(ansi.Strip(p.strip[0]))[1:], []rune(ansi.Strip(p.strip[1]))[1:], []rune(ansi.Strip(p.strip[2]))[1:]
	}
	states, marks, axis := strip()
	for x, want := range map[int]rune{w / 4: '━', w / 2: '■', w * 11 / 20: '┄', w * 7 / 10: '━'} {
		if states[x] != want {
			t.Errorf("at %d is %q, want %q in %q", x, states[x], want, string(states))
		}
	}
	if marks[w*6/10] != '↻' || marks[w*8/10] != '★' || axis[w*8/10] != '▲' {
		t.Errorf("marks are %q, and it points with %q", string(marks), string(axis))
	}
	press(m, "+", "g") // 6 hours, at the start: the longer spans have all of it
	if _, _, axis := strip(); !strings.Contains(string(axis), "▲") || !strings.Contains(string(axis), "17:06") || !strings.Contains(string(axis), "6h00m, to") {
		t.Errorf("at the start the axis is %q", string(axis))
	}
	press(m, "G", "+")
	if from, to := p.window(); !to.Equal(clock) || to.Sub(from) != time.Hour {
		t.Errorf("the last hour is %v to %v", from, to)
	}
	press(m, "-", "-", "-", "+", "+", "+", "+", "+", "-")
	if from, to := p.window(); to.Sub(from) != time.Hour {
		t.Errorf("one back from the shortest span is %v to %v", from, to)
	}
	press(m, "0")
	if from, _ := p.window(); !from.Equal(v.Started) {
		t.Errorf("all of it begins at %v", from)
	}
	p.Click(1+w/2, 0, true)
	if p.sel.Type != agent.MTurnEnd || m.over.open() {
		t.Errorf("a click in the strip selected %+v", p.sel)
	}
}

// The selected moment stays selected when an earlier one comes to be known.
func TestTimelineKeepsItsMoment(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	press(m, "4", "k", "k")
	was := m.moment.sel
	src.runs = runs(14, "a1")
	m.Update(changed{clock.Add(2 * time.Second)})
	if m.moment.sel != was {
		t.Errorf("%+v is selected, was %+v", m.moment.sel, was)
	}
}

// A turn that a notice of the CLI began says what the notice is about.
func TestTimelineSaysTheNotice(t *testing.T) {
	for text, want := range map[string]string{
		"go on": "go on",
		"<task-notification>\n<task-id>b1</task-id>\n<summary>Background command \"x\" completed</summary>\n</task-notification>": `Background command "x" completed`,
		"<task-notification> <task-id>b1</task-id> <summary>Background comm…":                                                     "Background comm…",
		"<task-notification> <task-id>b1</task-id> …":                                                                             "<task-notification> <task-id>b1</task-id> …",
	} {
		if got := said(&agent.Moment{Type: agent.MTurnStart, Text: text}); got != want {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
}
