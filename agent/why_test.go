package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// How a task stands is said with its source, its age, its last sign of life and
// until when it is believed in.
func TestStands(t *testing.T) {
	for _, c := range []struct {
		task Task
		want string
	}{
		{
			Task{
				State: TaskAlive, Source: "process", Wakes: true, Started: noon.Add(-25 * time.Minute),
				Sign: noon.Add(-2 * time.Minute), Until: noon.Add(8 * time.Minute),
			},
			"alive, by the process, for 25m, last sign of life 2m ago, until 12:08 at most",
		},
		{Task{State: TaskHollow, Source: "process", Started: noon.Add(-3 * time.Hour)}, "hollow: what it watches is dead, by the process, for 3h00m"},
		{Task{Source: "transcript", Started: noon.Add(-time.Minute)}, "not seen to live, by the transcript, for 1m"},
		{Task{State: TaskOverdue, Due: noon.Add(-time.Hour)}, "overdue, due at 11:00"},
	} {
		if got := c.task.Stands(noon); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := ClockTime(noon, noon.Add(24*time.Hour)); got != "Tue 12:00" {
		t.Errorf("another day: %q", got)
	}
}

func TestSpans(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "now", 3 * time.Second: "3s", 99 * time.Second: "99s", 100 * time.Second: "1m40s", 2 * time.Hour: "2h00m",
	} {
		if got := Countdown(d); got != want {
			t.Errorf("%s left: %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		-time.Hour: "<1m", 42 * time.Minute: "42m", 9*time.Hour + 7*time.Minute: "9h07m", 76 * time.Hour: "3d04h",
	} {
		if got := Age(d); got != want {
			t.Errorf("age %s: %q, want %q", d, got, want)
		}
	}
}

// Who decided is told apart: the rules, the judge, or a source that overruled
// them.
func TestDecidedBy(t *testing.T) {
	of := func(source string) []Evidence { return []Evidence{{Source: source}} }
	words := &Trace{Ending: Terminal, Decided: "words"}
	for _, c := range []struct {
		v    View
		want string
	}{
		{View{Verdict: Verdict{Ending: Terminal, Evidence: of("rule:x")}, Trace: words}, "its words"},
		{View{Verdict: Verdict{Ending: Terminal, Evidence: of("fact")}, Trace: &Trace{Ending: Terminal, Decided: "structure"}}, "the shape of the turn, whatever its words"},
		{View{Verdict: Verdict{Ending: Gone, Evidence: of("process")}, Trace: words}, "the process; the rules said terminal"},
		{View{Verdict: Verdict{Ending: Question, Evidence: of("judge")}, Trace: words}, "the judge; the rules said terminal"},
		{View{Verdict: Verdict{Ending: Terminal}}, ""},
		{View{Trace: words}, ""},
	} {
		if got := c.v.DecidedBy(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.v.Verdict, got, c.want)
		}
	}
}

// Everything that is known is told, what is not known is left out, and many
// rules are cut short.
func TestWhy(t *testing.T) {
	tr := &Trace{Ending: Terminal, Decided: "words"}
	for i := range 12 {
		tr.Rules = append(tr.Rules, RuleMatch{Name: fmt.Sprint("r", i), Ending: Terminal, Weight: 3, Sentence: "done"})
	}
	v := View{
		State: Stopped, Since: noon.Add(-time.Hour), Verdict: Verdict{Ending: Terminal, Confidence: 0.97, Evidence: []Evidence{{Source: "rule:r0", Text: "done"}}},
		Trace:   tr,
		Sources: []Sight{{Source: "pane", Text: "shows an empty input line", At: noon.Add(-time.Minute)}},
		Recent:  []Nudge{{Status: Wasted, Channel: ViaTmux, Text: "Keep going.", Note: "no tool was used", PlannedAt: noon.Add(-2 * time.Hour)}},
		Nudges:  1, Wasted: 1, Next: &Next{Held: "auto-resume is off", Text: "Go on.", Rung: 2, Wording: "plan", By: ByJudge},
	}
	text := flat(v.Why(noon))
	for _, want := range []string{
		"state: stopped for 1h00m", "ending: terminal, confidence 97%", "r0: terminal, weight 3.0", "and 4 weaker ones",
		"pane: shows an empty input line, 1m ago", "held: auto-resume is off", "words: rung 2, plan, with a line by the judge",
		"last: wasted by tmux, 2h00m ago: Keep going.", "no tool was used",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if got := flat((&View{State: Unknown}).Why(noon)); got != "now\nstate: unknown\n" {
		t.Errorf("of an agent of which nothing is known: %q", got)
	}
}

func flat(all []Section) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintln(&b, s.Title)
		for _, f := range s.Facts {
			fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Text)
		}
	}
	return b.String()
}

// What is said of background tasks is right for what the agent does: one that
// works waits for nothing, and is told what its work goes on with when its turn
// is over.
func TestWhyOfTasks(t *testing.T) {
	tasks := []Task{
		{Kind: Shell, Summary: "tail -F a.log", State: TaskAlive, Source: "process", Wakes: true},
		{Kind: Child, Summary: "train.py", State: TaskAlive, Source: "process"},
		{Kind: Monitor, Summary: "until grep b.log", State: TaskDead, Source: "process"},
	}
	for _, c := range []struct {
		state       State
		title       string
		child, wake string
	}{
		{
			Waiting, "what it waits for",
			"alive, by the process; nothing but a nudge wakes the agent at its end", "alive, by the process",
		},
		{
			Working, "beside its turn",
			"alive, by the process; once the turn is over, nothing but a nudge wakes the agent at its end",
			"alive, by the process; once the turn is over, its end wakes the agent",
		},
	} {
		s := (&View{State: c.state, Tasks: tasks}).whyWaits(noon)
		var got []string
		for _, f := range s.Facts {
			got = append(got, f.Text)
		}
		want := []string{"train.py", c.child, "tail -F a.log", c.wake, "until grep b.log", "dead, by the process"}
		if s.Title != c.title || !slices.Equal(got, want) {
			t.Errorf("%s: %q %q", c.state, s.Title, got)
		}
	}
}
