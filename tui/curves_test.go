package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/curve"
)

// shows holds the screen to texts.
func shows(t *testing.T, m *Model, step string, want ...string) {
	t.Helper()
	got := screenText(m)
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s: no %q on\n%s", step, w, got)
		}
	}
}

func TestCurves(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3")
	has := func(step string, want ...string) { t.Helper(); shows(t, m, step, want...) }
	has("first", "val_loss over step", "target 3.28", "10 of 12 runs", "● running 70%", "✓ 2895", "×")
	press(m, "j")
	has("next run", "▸ v11c-s1", "running 47%", "ends in", "will end at", "v11b-s1 at 1,400")
	press(m, "j")
	has("one that has ended", "▸ v11c-s2", "finished", "target met at 2895")
	press(m, "b")
	has("more runs", "12 of 12 runs")
	for m.curves.picked[m.curves.at].run.Status != curve.Failed {
		press(m, "j")
	}
	has("a failed one", "× CUDA out of memory")
	press(m, "+", "[")
	has("zoomed", "zoomed, 0 shows all")
	lo, hi := m.curves.x0, m.curves.x1
	if hi-lo < 1000 || hi-lo > 2000 || lo <= 0 {
		t.Errorf("zoomed to %v to %v", lo, hi)
	}
	for range 8 {
		press(m, "[")
	}
	if m.curves.x0 != 0 {
		t.Errorf("panned to %v, beyond the start", m.curves.x0)
	}
	press(m, "-")
	if m.curves.x0 != m.curves.x1 {
		t.Errorf("zoomed out to %v to %v", m.curves.x0, m.curves.x1)
	}
	press(m, "y", "s", "x")
	has("ways to draw", "val_loss over training time", "log y", "smooth 0.6", "5m")
	press(m, "x", "v")
	has("other metric, and no tokens", "train_loss over step")
	press(m, "v", "e")
	has("every agent", "every agent", "of 24 runs")
	press(m, "e", "/", "q", "k", "v", "p", "enter")
	has("filter", "/qkvp 2 of 2 runs", "qkvp-s1")
	press(m, "esc", "J", "J")
	has("none", "No training log of this agent has been seen; the others have 24 runs")
}

// The cursor reads every run that is drawn, and esc takes it away.
func TestCursor(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "left")
	if m.curves.cursor < 2900 {
		t.Errorf("it appears at %v, not at the end", m.curves.cursor)
	}
	for range 20 {
		press(m, "left")
	}
	at := m.curves.cursor
	r := m.curves.picked[len(m.curves.picked)-1]
	v, _ := r.trace.At(at)
	shows(t, m, "cursor", "cursor at "+thousands(int(at)), fmt.Sprintf("%.4f", v))
	press(m, "+")
	if x0, x1 := m.curves.x0, m.curves.x1; at < x0 || at > x1 {
		t.Errorf("zoomed to %v to %v, away from the cursor at %v", x0, x1, at)
	}
	press(m, "esc")
	if m.curves.aimed || strings.Contains(screenText(m), "cursor at") {
		t.Error("esc leaves the cursor")
	}
	press(m, "right")
	if m.curves.cursor > m.curves.x0+100 {
		t.Errorf("coming from the left it appears at %v", m.curves.cursor)
	}
}

func TestPanAndZoomY(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3")
	_, _, y0, y1 := m.curves.chart.Limits()
	press(m, ">")
	_, _, a0, a1 := m.curves.chart.Limits()
	if got := (a1 - a0) / (y1 - y0); math.Abs(got-0.6) > 0.01 {
		t.Errorf("zoomed to %v of y", got)
	}
	press(m, "}")
	if _, _, b0, b1 := m.curves.chart.Limits(); b0 <= a0 || b1 <= a1 {
		t.Errorf("panned up from %v, %v to %v, %v", a0, a1, b0, b1)
	}
	press(m, "0")
	if _, _, b0, b1 := m.curves.chart.Limits(); b0 != y0 || b1 != y1 {
		t.Errorf("0 shows %v to %v, not %v to %v", b0, b1, y0, y1)
	}
}

// A marked run stays drawn when it would not be chosen.
func TestMarks(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "b", "G")
	id := m.curves.picked[m.curves.at].run.ID
	press(m, "space", "b", "b")
	drawn := func() bool {
		return slices.ContainsFunc(m.curves.picked, func(q pick) bool { return q.run.ID == id })
	}
	if len(m.curves.picked) > 8 || !drawn() {
		t.Errorf("%d runs are drawn, the marked one: %v", len(m.curves.picked), drawn())
	}
	shows(t, m, "mark", "*")
	press(m, "u")
	if drawn() {
		t.Error("the unmarked run is still drawn")
	}
}

func TestSeeds(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "S")
	shows(t, m, "folded", "v11c ×3", "5 of 12 runs, seeds as one")
	press(m, "right")
	shows(t, m, "cursor", "to best", "v11c ×3")
	press(m, "x")
	shows(t, m, "bands are over steps only", "over training time")
}

func TestKillCandidates(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "G", "c")
	q := m.curves.picked[m.curves.at]
	if _, ok := m.curves.study.kill[q.run.ID]; !ok {
		t.Fatalf("c selects %s, which is no candidate; %d are", q.run.Name, len(m.curves.study.kill))
	}
	shows(t, m, "reason", "kill? ", "above the target")
}

// Runs of a host that cannot be reached say how old they are: in seconds while
// those are counted, in minutes where no second is drawn.
func TestStale(t *testing.T) {
	src := newFake(story())
	src.cluster = offline()
	m := start(src, size{120, 40})
	press(m, "J", "3")
	shows(t, m, "down", "● running 70% · ends in", "stale 40 s")
	src.cluster.Links[0].State, src.cluster.Links[0].Since = remote.LinkRefused, clock.Add(-7*time.Minute)
	m.refresh()
	shows(t, m, "refused", "stale 7m")
	src.cluster.Links[0].State = remote.LinkUp
	m.refresh()
	if strings.Contains(screenText(m), "stale") {
		t.Error("a host that is up has stale runs")
	}
}

// The crowd is drawn over some frames, and then only what changes.
func TestCrowd(t *testing.T) {
	src := newFake(story())
	src.runs = runs(3*crowdWork, "a1")
	m := start(src, size{120, 40})
	press(m, "3", "o")
	frames := 0
	for ; m.curves.left > 0; frames++ {
		if !m.drawing {
			t.Fatal("nothing draws the rest")
		}
		m.Update(drew{})
	}
	if frames != 2 {
		t.Errorf("%d runs took %d frames more", 3*crowdWork, frames)
	}
	frame := m.View().Content
	if m.Update(drew{}); m.View().Content != frame || m.curves.left != 0 {
		t.Error("the same runs, another picture")
	}
	press(m, "o")
	if m.View().Content == frame {
		t.Error("the crowd does not show")
	}
}

// once is a set of one agent's runs whose results and times are given.
func once(t *testing.T, results ...float64) *curve.Set {
	t.Helper()
	store := curve.NewStore()
	for i, cross := range results {
		w := store.Writer(remote.Source{Key: "a1", Host: "local", Path: fmt.Sprintf("/w/r%d.log", i)})
		for step := range int64(31) {
			w.Add(remote.Record{Kind: remote.Point, Step: step * 100, Plan: 3000, Wall: remote.NoWall(), Metrics: []remote.Metric{
				{Name: "val_loss", Value: 3.28 + (cross-float64(step*100))/1e4},
			}})
		}
		w.Seen(clock.Add(time.Duration(i-len(results)) * time.Hour))
	}
	return store.Snapshot()
}

func TestFrontier(t *testing.T) {
	src := newFake(story())
	src.runs = once(t, 2994.5, 2979.5, 2984.5, 2949.5, 9999)
	m := start(src, size{120, 40})
	press(m, "3", "f")
	var got []float64
	for _, r := range m.curves.front.rows {
		got = append(got, r.value)
	}
	if want := []float64{2950, 2980, 2995}; !slices.Equal(got, want) {
		t.Errorf("milestones are %v, want %v", got, want)
	}
	shows(t, m, "frontier", "frontier: least step with val_loss 3.28", "record 2990", "endings, idle", "nudges", "▼30", "-40", "+5", "3 milestones")
	press(m, "G")
	if m.curves.front.at != 2 {
		t.Errorf("the last milestone is %d", m.curves.front.at)
	}
	press(m, "k", "enter")
	shows(t, m, "its run", "val_loss over step", "▸ *r1")
	press(m, "f", "esc")
	if m.curves.frontier {
		t.Error("esc stays at the frontier")
	}
}

// The frontier is a line of steps: it never leads down before a result came.
func TestFrontierSteps(t *testing.T) {
	f := &frontier{start: clock}
	at := func(s int) time.Time { return clock.Add(time.Duration(s) * time.Second) }
	tr := f.steps(0, []curve.Milestone{{At: at(10), Step: 100}, {At: at(60), Step: 90}, {At: at(60), Step: 80}, {At: at(61), Step: 70}}, true, at(100))
	var got []string
	for p := range tr.Points() {
		got = append(got, fmt.Sprintf("%d:%v", p.Step, p.Value))
	}
	if want := "10:100 59:100 60:90 61:70 100:70"; strings.Join(got, " ") != want {
		t.Errorf("steps are %v, want %v", got, want)
	}
}

// What became of an agent stands under the time at which it did.
func TestLanes(t *testing.T) {
	s := story()
	v := &s.Agents[0]
	v.Started = clock.Add(-10 * time.Hour)
	v.Moments = []agent.Moment{
		{At: clock.Add(-5 * time.Hour), Type: agent.MTurnEnd, Ending: agent.Terminal},
		{At: clock.Add(-5 * time.Hour), Type: agent.MIdle, For: time.Hour},
		{At: clock.Add(-4 * time.Hour), Type: agent.MNudge},
	}
	src := newFake(s)
	src.runs = once(t, 2979.5)
	m := start(src, size{120, 40})
	press(m, "3", "f")
	f := &m.curves.front
	left, _, w, _ := f.chart.Plot()
	ends, nudges := m.curves.lanesOf(v, w)
	col := func(h float64) int {
		c, _ := f.chart.Col(h * 3600)
		return c - left
	}
	if got := ends[col(5)].sign; got != "■" {
		t.Errorf("at the ending is %q", got)
	}
	if got := ends[col(5.5)].sign; got != "┄" {
		t.Errorf("in the idle stretch is %q", got)
	}
	if got := nudges[col(6)].sign; got != "↻" {
		t.Errorf("at the nudge is %q", got)
	}
	if got := ends[col(8)].sign; got != "─" {
		t.Errorf("while it works is %q", got)
	}
}

// TestProjectedAxis has a run at a third of its plan: what it has done so far is
// seen, though the axis reaches to the plan's end.
func TestProjectedAxis(t *testing.T) {
	store := curve.NewStore()
	w := store.Writer(remote.Source{Key: "a1", Host: "local", Path: "/w/runs/gpt.log"})
	var last float64
	for step := int64(0); step <= 350; step += 25 {
		last = 1.5 + 4*math.Exp(-float64(step)/60)
		w.Add(remote.Record{Step: step, Plan: 900, Wall: float64(step) / 12, Metrics: []remote.Metric{{Name: "val_loss", Raw: "val_loss", Value: last}}})
	}
	w.Seen(clock)
	f := newFake(story())
	f.runs = store.Snapshot()
	m := start(f, size{120, 40})
	press(m, "3")
	if len(m.curves.cones(m.curves.wholePanel())) == 0 {
		t.Fatal("nothing is projected")
	}
	half, _ := f.runs.At(0).Metric("val_loss").Near(200)
	if _, hi, lo, top := m.curves.chart.Limits(); hi < 900 || last < lo || half.Value > top {
		t.Errorf("x to %v, y from %v to %v: the curve falls from %v to %v", hi, lo, top, half.Value, last)
	}
}
