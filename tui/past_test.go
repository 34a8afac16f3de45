package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/curve"
)

func TestViewThen(t *testing.T) {
	ago := func(d time.Duration) time.Time { return clock.Add(-d) }
	vs := func(at ...time.Duration) []agent.Version {
		var out []agent.Version
		for i, d := range at {
			out = append(out, agent.Version{At: ago(d), Turn: i, Hash: fmt.Sprint(i)})
		}
		return out
	}
	born := vs(time.Minute)
	born[0].Turn = 7
	v := agent.View{
		Plan: agent.Document{Path: "plan.md", Text: "now", Versions: vs(9*time.Hour, 3*time.Hour, time.Minute)},
		Goal: agent.Document{Text: "now", Versions: vs(time.Minute)},
		Files: []agent.FileChange{
			{Path: "newest", At: ago(time.Minute), Added: 3, Diff: "+x", Versions: vs(5*time.Hour, 3*time.Hour, time.Minute)},
			{Path: "born", At: ago(time.Minute), Versions: born},
			{Path: "found", At: ago(time.Minute), Versions: vs(time.Minute)},
			{Path: "log", At: ago(time.Minute)},
			{Path: "gone", At: ago(time.Minute), Deleted: true, Versions: vs(4 * time.Hour)},
			{Path: "old log", At: ago(8 * time.Hour)},
			{Path: "gone before", At: ago(2*time.Hour + time.Minute), Deleted: true, Versions: vs(6 * time.Hour)},
		},
		Moments: []agent.Moment{{At: ago(7 * time.Hour), Type: agent.MTurnStart}, {At: ago(time.Hour), Type: agent.MTurnStart}},
	}
	then, lost := viewThen(&v, ago(2*time.Hour))
	if then.Plan.Text != "" || len(then.Plan.Versions) != 2 || !then.Plan.At.Equal(ago(3*time.Hour)) || len(then.Goal.Versions) != 0 {
		t.Errorf("the documents are %+v, %+v", then.Plan, then.Goal)
	}
	var got []string
	for _, f := range then.Files {
		got = append(got, fmt.Sprintf("%s %s %d %v", f.Path, age(clock.Sub(f.At)), len(f.Versions), f.Deleted))
	}
	want := "gone before 2h01m 1 true|newest 3h00m 2 false|gone 4h00m 1 false|old log 8h00m 0 false"
	if strings.Join(got, "|") != want || lost != 2 {
		t.Errorf("files are %s, and %d are lost", strings.Join(got, "|"), lost)
	}
	if !then.Turn.Started.Equal(ago(7 * time.Hour)) {
		t.Errorf("the turn began %s", then.Turn.Started)
	}
	if v.Files[0].Diff != "+x" || len(v.Files[0].Versions) != 3 || v.Plan.Text != "now" {
		t.Error("the view of now has changed")
	}
}

// The whole screen goes to a moment, from moment to moment, and back to now.
func TestTravel(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	press(m, "4", "k", "k", "k", "enter") // the file of 23:43
	has := func(tab string, want ...string) {
		t.Helper()
		press(m, tab)
		got := ansi.Strip(m.View().Content)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("tab %s has no %q:\n%s", tab, w, got)
			}
		}
	}
	banner := "as of Sun 23:43, 3h23m ago: file scratchpad/variants/qkvp.py +88"
	has("4", banner, "esc: back to now")
	has("1", banner, "☐ probe 1", "43h43m before")
	has("2", banner, "variants/ts3025.py", "1 of 4 files", "of 1 more file nothing is kept of then")
	has("6", "as of Sun 23:43, 3h23m ago; this tab shows now")
	has("3", banner, "10 runs")
	press(m, "(", "(")
	has("1", "as of Sun 23:26")
	press(m, "h")
	if !strings.Contains(m.note, "are held; H releases them (now, not as of then)") {
		t.Errorf("the note is %q", m.note)
	}
	press(m, ")", ")", ")", ")", ")", ")", ")")
	if m.past.on() {
		t.Errorf("behind the last moment it is %s", m.past.at)
	}
	press(m, "(", "J")
	if got := ansi.Strip(m.viewBanner(120)); strings.Contains(strings.TrimSuffix(got, "esc: back to now "), ": ") {
		t.Errorf("for another agent the banner tells what happened: %q", got)
	}
	press(m, "K", "esc")
	if m.past.on() || strings.Contains(ansi.Strip(m.View().Content), "as of") {
		t.Error("esc does not go back to now")
	}
	has("1", "below 2930 steps", "revision 3 of 3")
	has("3", "12 runs")
	press(m, "4", "G", "enter", "enter")
	if !m.over.open() || m.over.title != "T+47h06m ending terminal" {
		t.Errorf("the second enter opened %q", m.over.title)
	}
}

// Where nothing is kept of then, one line says so.
func TestTravelUnkept(t *testing.T) {
	m := start(newFake(unkept()), size{120, 40})
	press(m, "1", "(", "(")
	if got := ansi.Strip(m.View().Content); !strings.Contains(got, "No version of the plan is kept that is so old.") {
		t.Errorf("the plan:\n%s", got)
	}
	m = start(newFake(story()), size{120, 40})
	m.Update(changed{clock})
	press(m, "J", "J", "1", "(")
	if m.past.on() || !strings.Contains(m.note, "nothing has happened before") {
		t.Errorf("an agent with no moments: %q, at %s", m.note, m.past.at)
	}
}

// A count that is greater than the number of moments before goes to the first
// one; one that is greater than those behind goes to now.
func TestTravelByCount(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "1")
	m.stepMoment(-2)
	second := m.past.at
	m.stepMoment(-1)
	m.stepMoment(1)
	if !m.past.at.Equal(second) {
		t.Errorf("one back and forth from %s is %s", second, m.past.at)
	}
	m.stepMoment(-99999)
	if first := m.moment.all[0].At; !m.past.at.Equal(first) {
		t.Errorf("many moments back is %s, not the first one, %s", m.past.at, first)
	}
	m.stepMoment(-1)
	if !strings.Contains(m.note, "this is the first moment") {
		t.Errorf("before the first: %q", m.note)
	}
	m.stepMoment(99999)
	if m.past.on() {
		t.Errorf("many moments on is %s, not now", m.past.at)
	}
}

// The runs of an earlier moment are ranked by what was known then, also where
// all that are drawn ran by then: the clock stands still there, and so nothing
// may wait for it.
func TestTravelRanksAnew(t *testing.T) {
	store := curve.NewStore()
	for i := range 3 {
		w := store.Writer(remote.Source{Key: "a1", Host: "local", Path: fmt.Sprintf("/w/r%d.log", i)})
		for step := range int64(200) {
			v := 3.3 - 0.001*float64(step)*float64(i+1)
			w.Add(remote.Record{Kind: remote.Point, Step: step, Plan: 200, Wall: float64(step) * 60, Metrics: []remote.Metric{{Name: "val_loss", Raw: "val_loss", Value: v}}})
		}
		w.Seen(clock)
	}
	src := newFake(story())
	src.runs = store.Snapshot()
	m := start(src, size{120, 40})
	m.past = past{at: m.runs.At(0).When(5)}
	press(m, "3")
	if m.past.runs == nil || len(m.curves.picked) != 3 {
		t.Fatalf("%d runs are drawn, of %v", len(m.curves.picked), m.past.runs)
	}
	for _, q := range m.curves.picked {
		want := curve.Best([]*curve.Run{q.run}, "val_loss", m.snap.Goal.Target, 1)[0]
		if q.rank.Hit != want.Hit || q.rank.Crossed != want.Crossed {
			t.Errorf("%s met the target: %v at %v, want %v at %v", q.run.Name, q.rank.Hit, q.rank.Crossed, want.Hit, want.Crossed)
		}
	}
	if m.curves.late {
		t.Error("it is put off for ever")
	}
}
