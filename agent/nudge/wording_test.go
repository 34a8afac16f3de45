package nudge

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"vigil/agent"
)

// life nudges an agent again and again, and says of each nudge how it fares.
type life struct {
	t    *testing.T
	tm   *Templates
	h    History
	f    Fields
	said []Choice
}

func newLife(t *testing.T, e agent.Ending) *life {
	return &life{t: t, tm: templates(t), h: History{Session: "s1"}, f: Fields{Ending: e, Count: 1}}
}

func (l *life) nudge(fared agent.NudgeStatus) (Choice, error) {
	l.t.Helper()
	c, err := l.tm.Choose(l.f, l.h)
	if again, err2 := l.tm.Choose(l.f, l.h); again != c || !errors.Is(err2, err) {
		l.t.Fatalf("two choices of the same: %+v and %+v", c, again)
	}
	if err != nil {
		return c, err
	}
	l.said = append(l.said, c)
	l.h.Settled = append(l.h.Settled, agent.Nudge{
		Key: fmt.Sprint(len(l.said)), Session: l.h.Session, Rung: c.Rung, Wording: c.Wording, Text: c.Text, By: c.By, Status: fared,
	})
	l.f.Count++
	l.f.Wasted++
	if fared == agent.Effective {
		l.f.Wasted = 0
	}
	return c, nil
}

func (l *life) rungs() []int {
	var out []int
	for _, c := range l.said {
		out = append(out, c.Rung)
	}
	return out
}

// TestWastedWordsAreSpent wastes nudges until there are no words left.
func TestWastedWordsAreSpent(t *testing.T) {
	for _, e := range agent.Endings() {
		l := newLife(t, e)
		seen := map[string]bool{}
		for {
			c, err := l.nudge(agent.Wasted)
			if errors.Is(err, ErrSpent) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if seen[mask(c.Text)] {
				t.Fatalf("%s: wasted words come again: %q", e, c.Text)
			}
			seen[mask(c.Text)] = true
		}
		want := 4
		if e != agent.Failed && e != agent.Limit {
			want = len(l.tm.wordings[onRung(1, e)]) + len(l.tm.wordings["plan"]) + len(l.tm.wordings["change"])
			if got := l.rungs(); !slices.Equal(got[:4], []int{1, 2, 3, 3}) {
				t.Errorf("%s: rungs %v", e, got)
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d texts before a person is needed, want %d", e, len(seen), want)
		}
		l.h.Session = "s2" // a fresh session has not heard them
		if _, err := l.tm.Choose(l.f, l.h); err != nil {
			t.Errorf("%s: %v in a new session", e, err)
		}
	}
}

// TestWhatWorkedIsPreferred has plain words wasted and the plan's work.
func TestWhatWorkedIsPreferred(t *testing.T) {
	l := newLife(t, agent.Terminal)
	for range 3 {
		fared := agent.Effective
		if l.said == nil {
			fared = agent.Wasted
		}
		if _, err := l.nudge(fared); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.rungs(); !slices.Equal(got, []int{1, 2, 2}) || l.said[1].Wording != l.said[2].Wording {
		t.Fatalf("%v, %+v", got, l.said)
	}
	// It stops to work: the ladder goes on from there, with other words.
	for range 2 {
		if _, err := l.nudge(agent.Wasted); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.rungs(); !slices.Equal(got[3:], []int{2, 3}) {
		t.Errorf("rungs %v", got)
	}
	// What worked in another session counts, and what is long past fades.
	other := newLife(t, agent.Terminal)
	other.h.Settled = []agent.Nudge{{Session: "s0", Rung: 1, Wording: "plain-3", Status: agent.Effective}}
	if c, _ := other.nudge(agent.Effective); c.Wording != "plain-3" {
		t.Errorf("%+v, want the wording that worked", c)
	}
	for range 12 {
		other.h.Settled = append(other.h.Settled, agent.Nudge{Session: "s0", Rung: 1, Wording: "plain-2", Status: agent.Effective})
	}
	if c, _ := other.nudge(agent.Effective); c.Wording != "plain-2" {
		t.Errorf("%+v, want the one that works now", c)
	}
}

func TestWhatDoesNotCount(t *testing.T) {
	l := newLife(t, agent.Terminal)
	first, err := l.nudge(agent.Wasted)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*agent.Nudge){
		"a dry run":          func(n *agent.Nudge) { n.DryRun = true },
		"one never answered": func(n *agent.Nudge) { n.Note = Unread },
		"one still open":     func(n *agent.Nudge) { n.Status = agent.Received },
	} {
		n := l.h.Settled[0]
		change(&n)
		c, err := l.tm.Choose(Fields{Ending: agent.Terminal, Count: 7}, History{Session: "s1", Settled: []agent.Nudge{n}})
		if err != nil || c.Wording != first.Wording {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func TestMask(t *testing.T) {
	for _, c := range [][2]string{
		{"Keep going (vigil, nudge 7): best 2,950.5 steps.", "keep going (Vigil, nudge 12):\nbest 3.1 steps"},
		{"  so \u2014 it goes", "So it goes!"},
	} {
		if mask(c[0]) != mask(c[1]) {
			t.Errorf("%q and %q are the same words", mask(c[0]), mask(c[1]))
		}
	}
	if mask("keep going") == mask("keep it going") {
		t.Error("other words are the same")
	}
}

// TestJudgesLine has a line in the second rung, and none in the first.
func TestJudgesLine(t *testing.T) {
	l := newLife(t, agent.Terminal)
	l.f.Line = "Test whether the warm-up matters at all"
	if c, err := l.nudge(agent.Wasted); err != nil || c.By != "" || c.TakesLine() {
		t.Errorf("%+v, %v", c, err)
	}
	c, err := l.nudge(agent.Wasted)
	if err != nil || c.By != agent.ByJudge || !c.TakesLine() {
		t.Errorf("%+v, %v", c, err)
	}
	// Another line does not make other words of it.
	l.f.Line, l.f.Wasted = "Try a much smaller batch for the last tenth", 1
	if again, err := l.nudge(agent.Wasted); err != nil || again.Wording == c.Wording {
		t.Errorf("%+v, %v", again, err)
	}
}
