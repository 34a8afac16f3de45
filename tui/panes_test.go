package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// screenText is the frame without colours.
func screenText(m *Model) string { return ansi.Strip(m.View().Content) }

// The gutter marks what changed since the person last looked, and no longer
// once they have looked and left.
func TestPlanGutter(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	if n := len(m.plan.marks); n != 0 {
		t.Fatalf("%d lines are marked at the first look", n)
	}
	s := story()
	s.Agents[0].Plan.Text = strings.Replace(planText, "- [ ] MuonH, seed 1 and 2", "- [x] MuonH, seed 1 and 2", 1) + "\n- [ ] new probe\n"
	src.snap = s
	m.Update(changed{clock})
	var marked []string
	lines := strings.Split(s.Agents[0].Plan.Text, "\n")
	for i, l := range lines {
		if m.plan.marks[i] {
			marked = append(marked, l)
		}
	}
	want := []string{"- [x] MuonH, seed 1 and 2", "- [ ] new probe"}
	if !slices.Equal(marked, want) {
		t.Errorf("marked %q, want %q", marked, want)
	}
	if got := screenText(m); !strings.Contains(got, "▌ ☑ MuonH") || !strings.Contains(got, "3 open, 3 done") {
		t.Errorf("the screen shows\n%s", got)
	}
	press(m, "J", "K") // look away and back
	if n := len(m.plan.marks); n != 0 {
		t.Errorf("%d lines are marked after they were seen", n)
	}
}

func TestPlanRevisions(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "1", "[")
	got := screenText(m)
	if !strings.Contains(got, "revision 2 of 3") || !strings.Contains(got, "☑ probe 1") || !strings.Contains(got, "▌ ☐ probe 2") {
		t.Errorf("the second revision is\n%s", got)
	}
	press(m, "[", "[")
	if got = screenText(m); !strings.Contains(got, "revision 1 of 3") || !strings.Contains(got, "☐ probe 1") {
		t.Errorf("the first revision is\n%s", got)
	}
	press(m, "]", "]", "]")
	if got = screenText(m); !strings.Contains(got, "revision 3 of 3") || !strings.Contains(got, "below 2930 steps") {
		t.Errorf("the newest revision is\n%s", got)
	}
	// An answer that comes late is dropped.
	m.Update(versionRead{revision{of: versionPair{hash: "h1"}, text: "late", ready: true}})
	if strings.Contains(screenText(m), "late") {
		t.Error("a late answer is shown")
	}
	src := newFake(story())
	src.snap.Agents[0].Plan.Versions[1].Hash = "lost"
	m = start(src, size{120, 40})
	press(m, "1", "[")
	if got = screenText(m); !strings.Contains(got, "cannot be read: the journal has no version lost") {
		t.Errorf("a lost revision is\n%s", got)
	}
}

func TestChanges(t *testing.T) {
	for _, c := range []struct {
		name, before, now string
		want              []int
	}{
		{"same", "a\nb", "a\nb", nil},
		{"moved", "a\nb", "b\na", nil},
		{"added", "a", "a\nb", []int{1}},
		{"twice", "a", "a\na", []int{1}},
		{"indented", "a", "  a", nil},
		{"blank", "a", "a\n\n\nb", []int{3}},
		{"removed", "a\nb", "a", nil},
	} {
		got := changes(c.before, c.now)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for _, i := range c.want {
			if !got[i] {
				t.Errorf("%s: line %d is not marked", c.name, i)
			}
		}
	}
}

// The selection stays with its agent when the list changes, and passes on when
// the agent goes.
func TestSelectionStays(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	press(m, "J")
	if m.fleet.sel != "a2" {
		t.Fatalf("selected %q", m.fleet.sel)
	}
	s := story()
	slices.Reverse(s.Agents)
	src.snap = s
	m.Update(changed{clock})
	if m.fleet.sel != "a2" {
		t.Errorf("selected %q after the list was turned round", m.fleet.sel)
	}
	s = story()
	s.Agents = slices.Delete(s.Agents, 1, 2)
	src.snap = s
	m.Update(changed{clock})
	if m.fleet.sel != "a3" {
		t.Errorf("selected %q after the selected one went", m.fleet.sel)
	}
	src.snap = &agent.Snapshot{At: clock}
	m.Update(changed{clock})
	if m.fleet.sel != "" || m.view() != nil {
		t.Errorf("selected %q of nothing", m.fleet.sel)
	}
}

func TestTimelineFollows(t *testing.T) {
	src := newFake(huge(3))
	m := start(src, size{120, 40})
	press(m, "4")
	last := func() bool { return m.moment.at == len(m.moment.rows)-1 }
	more := func() {
		s := *src.snap
		s.Agents = slices.Clone(s.Agents)
		s.Agents[0].Moments = append(slices.Clone(s.Agents[0].Moments), agent.Moment{At: clock, Type: agent.MNote, Text: "newest"})
		src.snap = &s
		m.Update(changed{clock})
	}
	more()
	if !last() || !strings.Contains(screenText(m), "newest") {
		t.Error("it does not follow")
	}
	press(m, "k")
	at := m.moment.at
	more()
	if m.moment.at != at {
		t.Error("it moved away from where one looked")
	}
	press(m, "G")
	more()
	if !last() {
		t.Error("it does not follow again")
	}
}

func TestFooterSaysWhatIsNext(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*agent.View)
		want []string
	}{
		{"countdown", func(*agent.View) {}, []string{"T+47h06m ■ terminal", "→ Keep going in 3s", "[n]ow [h]old"}},
		{"minutes", func(v *agent.View) { v.Next.At = clock.Add(10 * time.Minute) }, []string{"in 10m00s"}},
		{"come", func(v *agent.View) { v.Next.At = clock }, []string{"→ Keep going now"}},
		{"obstacle", func(v *agent.View) { v.Next.Held = "the pane is in copy mode" }, []string{"held: the pane is in copy mode", "[n]ow [h]old"}},
		{"held", func(v *agent.View) { v.Next.Held = "held by you" }, []string{" held by you", "[H] release"}},
		{"limited", func(v *agent.View) {
			v.State, v.Next, v.Verdict = agent.Limited, nil, agent.Verdict{Ending: agent.Limit, Resets: clock.Add(2 * time.Hour)}
		}, []string{"◆ limited", "resets in 2h00m"}},
		{"sent", func(v *agent.View) { v.Next = nil; v.LastNudge = &agent.Nudge{Status: agent.Sent} }, []string{"nudge sent"}},
	} {
		s := story()
		c.set(&s.Agents[0])
		m := start(newFake(s), size{120, 40})
		lines := strings.Split(screenText(m), "\n")
		for _, w := range c.want {
			if got := lines[len(lines)-1]; !strings.Contains(got, w) {
				t.Errorf("%s: the footer is %q, want %q in it", c.name, got, w)
			}
		}
	}
}

func TestActionsSayWhatTheyCannotDo(t *testing.T) {
	for _, c := range []struct {
		key  string
		set  func(*agent.Snapshot)
		want string
	}{
		{"n", func(s *agent.Snapshot) { s.Agents[0].Next = nil }, "no nudge is planned for opus-v3"},
		{"n", func(s *agent.Snapshot) { s.Agents = nil }, "no agent is selected"},
		{"h", func(s *agent.Snapshot) { s.Agents = nil }, "no agent is selected"},
		{"N", func(s *agent.Snapshot) { s.Agents = nil }, "no agent is selected"},
		{"a", func(s *agent.Snapshot) { s.Holder = "vigil auto" }, "auto-resume is held by vigil auto"},
	} {
		s := story()
		c.set(s)
		src := newFake(s)
		m := start(src, size{120, 40})
		press(m, c.key)
		if !strings.Contains(m.note, c.want) {
			t.Errorf("%s: the note is %q, want %q", c.key, m.note, c.want)
		}
		if len(src.sent) != 0 {
			t.Errorf("%s: it sent %+v", c.key, <-src.sent)
		}
	}
}

// A paste goes into the line that is written, as one line, and nowhere else.
func TestPaste(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	m.Update(tea.PasteMsg{Content: "q"})
	press(m, "N")
	m.Update(tea.PasteMsg{Content: "try\nthe \x1b[31mother\u202e lever"})
	if got := m.input.value(); strings.ContainsAny(got, "\n\x1b\u202e") || !strings.Contains(got, "lever") {
		t.Errorf("the line is %q", got)
	}
}

func TestSGRLines(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"plain", "a\nb\n", []string{"a", "b"}},
		{"carried", "\x1b[31ma\nb\x1b[0m\nc", []string{"\x1b[31ma", "\x1b[31mb\x1b[0m", "c"}},
		{"reset and set", "\x1b[1m\x1b[0;32ma\nb", []string{"\x1b[1m\x1b[0;32ma", "\x1b[0;32mb"}},
		{"others go", "a\x1b[2Jb\x1b]52;c;x\x07c\x1b[?25ld", []string{"abcd"}},
		{"tab", "a\tb", []string{"a       b"}},
		{"bidi", "a\u202eb", []string{"ab"}},
	} {
		if got := sgrLines(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTexts(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "<1m", 59 * time.Second: "<1m", time.Minute: "1m", 59 * time.Minute: "59m",
		130 * time.Minute: "2h10m", 47*time.Hour + 6*time.Minute: "47h06m", 50 * time.Hour: "2d02h", 1 << 62: "years",
	} {
		if got := age(d); got != want {
			t.Errorf("age(%v) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "now", -time.Second: "now", time.Millisecond: "1s", 3 * time.Second: "3s", 100 * time.Second: "1m40s", 3 * time.Hour: "3h00m",
	} {
		if got := countdown(clock, clock.Add(d)); got != want {
			t.Errorf("countdown(%v) = %q, want %q", d, got, want)
		}
	}
	for _, c := range []struct {
		values []float64
		w      int
		want   string
	}{
		{nil, 8, ""},
		{[]float64{1}, 8, "▁"},
		{[]float64{3000, 2990, 2950, 2930}, 8, "█▇▃▁"},
		{[]float64{8, 7, 6, 5, 4, 3, 2, 1}, 4, "▇▅▃▁"},
	} {
		if got := spark(c.values, c.w); got != c.want {
			t.Errorf("spark(%v, %d) = %q, want %q", c.values, c.w, got, c.want)
		}
	}
	for s, want := range map[string]string{"a val_loss b": "a val_loss b", "*x* `y` **z** [l](u)": "x y z l", "2*3*4": "2*3*4", "**open": "**open"} {
		st := newStyles(New(newFake(nil), Options{Now: at0}).st.theme)
		if got := ansi.Strip(joined(inline(s, st, st.text))); got != want {
			t.Errorf("inline(%q) = %q, want %q", s, got, want)
		}
	}
}
