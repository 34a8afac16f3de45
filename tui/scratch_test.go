package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

func TestCompare(t *testing.T) {
	ago := func(d time.Duration) time.Time { return clock.Add(-d) }
	hour := time.Hour
	three := []agent.Version{{At: ago(5 * hour), Hash: "a"}, {At: ago(2 * hour), Turn: 3, Hash: "b"}, {At: ago(hour / 2), Turn: 4, Hash: "c"}}
	born := []agent.Version{{At: ago(2 * hour), Turn: 3, Hash: "b"}, {At: ago(hour), Turn: 4, Hash: "c"}}
	for _, c := range []struct {
		name string
		f    agent.FileChange
		b    base
		at   time.Time
		want comparison
	}{
		{"its last change", agent.FileChange{Versions: three}, lastChange, time.Time{}, comparison{key: pairKey{"", "b", "c"}}},
		{"as it was found", agent.FileChange{Versions: three[:1]}, lastChange, time.Time{}, comparison{key: pairKey{"", "a", "a"}, first: true}},
		{"written once", agent.FileChange{Versions: born[:1]}, lastChange, time.Time{}, comparison{key: pairKey{"", "", "b"}}},
		{"an hour ago", agent.FileChange{Versions: three}, lastHour, ago(hour), comparison{key: pairKey{"", "b", "c"}}},
		{"at the time of a version", agent.FileChange{Versions: three}, lastHour, ago(5 * hour), comparison{key: pairKey{"", "a", "c"}}},
		{"not changed since", agent.FileChange{Versions: three}, lastHour, ago(time.Minute), comparison{key: pairKey{"", "c", "c"}, same: true}},
		{"older than what is kept", agent.FileChange{Versions: three}, atStart, ago(9 * hour), comparison{key: pairKey{"", "a", "c"}, oldest: three[0].At}},
		{"was not there then", agent.FileChange{Versions: born}, atStart, ago(9 * hour), comparison{key: pairKey{"", "", "c"}}},
		{"no versions", agent.FileChange{At: clock}, lastHour, ago(hour), comparison{kept: true}},
		{"no versions, nor a change", agent.FileChange{At: ago(3 * hour)}, lastHour, ago(hour), comparison{kept: true, same: true}},
		{"deleted since", agent.FileChange{Versions: three, Deleted: true, At: clock}, lastHour, ago(hour), comparison{key: pairKey{"", "b", ""}}},
		{"deleted before", agent.FileChange{Versions: three, Deleted: true, At: ago(2 * hour)}, lastHour, ago(hour), comparison{key: pairKey{"", "b", "b"}, same: true}},
	} {
		if got := compare(&c.f, c.b, c.at); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// The base says since when, the list counts against it, and what was marked as
// seen has not changed.
func TestBases(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "2")
	for _, want := range []struct{ key, text, thread string }{
		{"", "its last change", "+4 −1"},
		{"b", "unchanged since your first look, 03:06", "="},
		{"b", "since turn 212 began, 02:24", "+4 −1"},
		{"b", "since 1 h ago, 02:06", "+4 −1"},
		{"b", "since the start, Sat 04:00", "+5"},
		{"b", "its last change", "+4 −1"},
	} {
		if want.key != "" {
			press(m, want.key)
		}
		got := ansi.Strip(m.View().Content)
		row := ""
		for l := range strings.Lines(got) {
			if strings.Contains(l, "•scratchpad/THREAD.md") {
				row = l
			}
		}
		if !strings.Contains(got, want.text) || !strings.Contains(row, " "+want.thread+" ") {
			t.Errorf("after %q: no %q, or no %q in %q:\n%s", want.key, want.text, want.thread, row, got)
		}
	}
	press(m, "b", "m")
	if got := ansi.Strip(m.View().Content); !strings.Contains(got, "since you marked all as seen, 03:06") {
		t.Errorf("nothing is said of what is seen:\n%s", got)
	}
}

// A version that is not there any more is told where its difference would be.
func TestLostVersion(t *testing.T) {
	src := newFake(story())
	delete(src.versions, "t2")
	m := start(src, size{120, 40})
	press(m, "2", "b", "b")
	got := ansi.Strip(m.View().Content)
	if !strings.Contains(got, "A version of it cannot be read: the journal has no version t2.") || !strings.Contains(got, "?") {
		t.Errorf("it is not told:\n%s", got)
	}
}
