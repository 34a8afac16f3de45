package agent

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Sight is what one source last saw of an agent.
type Sight struct {
	Source string    // "hook", "registry", "app-server", "transcript", "process", "pane", "workspace", "scheduler" or "log"
	Text   string    // clean, one line
	At     time.Time // when that was seen; zero where nothing tells
	Since  bool      // it is so since At
}

// Trace is how the rules came to a verdict.
type Trace struct {
	Ending  Ending // their own, before other sources were heard
	Decided string // "structure", "failure", "liveness", "words" or "default"
	Rules   []RuleMatch
	Scores  map[Ending]float64
}

// RuleMatch is one rule that matched, the strongest first in a Trace.
type RuleMatch struct {
	Name     string
	Ending   Ending
	Weight   float64
	Sentence string // clean, one line; empty for a rule about the size of a text
}

// Tone says how a Fact is to be drawn.
type Tone uint8

// The tones.
const (
	Plain       Tone = iota
	Strong           // what matters most
	Quiet            // beside the point
	Coming           // what is about to happen
	Warning          // may need a person
	Bad              // failed, or dead
	OfState          // as the agent's state is drawn
	OfCondition      // as the condition that the fact is named after is drawn
)

// Fact is one thing that is known of an agent, in words.
type Fact struct {
	Name string // empty: it goes on with the one before
	Text string // of foreign origin in part: made clean where it is drawn
	Tone Tone
}

// Section is facts under a heading.
type Section struct {
	Title string
	Facts []Fact
}

// add appends a fact. An empty one is left out.
func (s *Section) add(name, text string, tone Tone) {
	if text = strings.TrimSpace(text); text != "" {
		s.Facts = append(s.Facts, Fact{name, text, tone})
	}
}

// Why tells all that is known of what an agent does, and what decided: for the
// explain command and for the screen.
func (v *View) Why(now time.Time) []Section {
	var out []Section
	for _, s := range []Section{
		v.whyState(now), v.whyConditions(now), v.whyEnding(now), v.whyRules(), v.whySources(now),
		v.whyTurn(now), v.whyWaits(now), v.whyNudges(now), v.whyWho(),
	} {
		if len(s.Facts) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func (v *View) whyState(now time.Time) Section {
	s := Section{Title: "now"}
	state := string(v.State)
	if !v.Since.IsZero() {
		state += " for " + Ago(now, v.Since)
	}
	s.add("state", state, OfState)
	s.add("problem", v.Problem, Bad)
	return s
}

func (v *View) whyConditions(now time.Time) Section {
	s := Section{Title: "what lies over it"}
	for _, c := range v.Conditions {
		s.add(string(c.Type), "for "+Ago(now, c.Since), OfCondition)
		for _, e := range c.Evidence {
			s.add("", e, Plain)
		}
	}
	return s
}

func (v *View) whyEnding(now time.Time) Section {
	s := Section{Title: "why its last turn ended"}
	if v.Verdict.Ending == "" {
		return s
	}
	s.add("ending", fmt.Sprintf("%s, confidence %.0f%%", v.Verdict.Ending, v.Verdict.Confidence*100), Strong)
	s.add("decided by", v.DecidedBy(), Plain)
	if !v.Verdict.Resets.IsZero() {
		s.add("resets", ClockTime(now, v.Verdict.Resets), Plain)
	}
	for _, e := range v.Verdict.Evidence {
		s.add(e.Source, e.Text, Plain)
	}
	return s
}

// DecidedBy says in a few words what decided the verdict; empty where nothing
// tells.
func (v *View) DecidedBy() string {
	first := ""
	if e := v.Verdict.Evidence; len(e) > 0 {
		first = e[0].Source
	}
	switch {
	case v.Trace == nil || v.Verdict.Ending == "":
		return ""
	case strings.HasPrefix(first, "judge"):
		return "the judge; the rules said " + string(v.Trace.Ending)
	case v.Trace.Ending != v.Verdict.Ending && first != "":
		return "the " + first + "; the rules said " + string(v.Trace.Ending)
	}
	switch v.Trace.Decided {
	case "structure":
		return "the shape of the turn, whatever its words"
	case "failure":
		return "the CLI's own line"
	case "liveness":
		return "what is alive and what is not, with the words"
	case "words":
		return "its words"
	}
	return "nothing spoke for another ending"
}

// rulesTold is how many rules are named: the strongest ones decide.
const rulesTold = 8

func (v *View) whyRules() Section {
	s := Section{Title: "rules that matched"}
	if v.Trace == nil || v.Verdict.Ending == "" {
		return s
	}
	for i, r := range v.Trace.Rules {
		if i == rulesTold {
			s.add("", fmt.Sprintf("and %d weaker ones", len(v.Trace.Rules)-i), Quiet)
			break
		}
		s.add(r.Name, fmt.Sprintf("%s, weight %.1f", r.Ending, r.Weight), Plain)
		s.add("", r.Sentence, Quiet)
	}
	return s
}

func (v *View) whySources(now time.Time) Section {
	s := Section{Title: "what each source saw"}
	for _, x := range v.Sources {
		at := ""
		switch {
		case x.At.IsZero():
		case x.Since:
			at = " for " + Age(now.Sub(x.At))
		default:
			at = ", " + ago(now, x.At)
		}
		s.add(x.Source, x.Text+at, Plain)
	}
	if sc := v.Screen; sc != nil {
		s.add("on its screen", [...]string{"", "", "a half-written line: " + sc.Draft}[min(int(sc.Composer), 2)], Warning)
		if sc.Mode {
			s.add("on its screen", "tmux is in copy mode or another mode", Warning)
		}
	}
	return s
}

func (v *View) whyTurn(now time.Time) Section {
	t := v.Turn
	s := Section{Title: fmt.Sprintf("turn %d", t.N)}
	if t.N == 0 {
		return s
	}
	s.add("prompt", CleanLine(t.Prompt, 400), Plain)
	s.add("tool calls", fmt.Sprint(t.Tools), Plain)
	for _, c := range t.Tail {
		s.add("", "· "+c, Quiet)
	}
	if t.Running() {
		s.add("runs since", Ago(now, t.Started), Plain)
	} else {
		s.add("ended", ago(now, t.Ended), Plain)
	}
	s.add("last words", CleanLine(t.Final, 800), Plain)
	if t.Failure != nil {
		s.add("failure", t.Failure.Code+" "+t.Failure.Text, Bad)
	}
	if t.Aborted {
		s.add("", "a person interrupted it", Warning)
	}
	return s
}

// whyWaits lists what could wake an agent, what is alive first. One that works
// waits for nothing yet: of that is said what its work goes on with.
func (v *View) whyWaits(now time.Time) Section {
	s := Section{Title: "what it waits for"}
	working := v.State == Working
	if working {
		s.Title = "beside its turn"
	}
	for _, alive := range []bool{true, false} {
		for i := len(v.Tasks) - 1; i >= 0; i-- {
			t := v.Tasks[i]
			if t.Lives() != alive {
				continue
			}
			tone := Plain
			if !alive {
				tone = Bad
			}
			s.add(string(t.Kind), cmp.Or(t.Summary, t.ID), tone)
			s.add("", t.Stands(now)+t.wakes(working), Quiet)
		}
	}
	return s
}

func (v *View) whyNudges(now time.Time) Section {
	s := Section{Title: "nudges"}
	if v.Next == nil && v.LastNudge == nil && v.Nudges == 0 {
		return s
	}
	if n := v.Next; n != nil {
		if n.Held != "" {
			s.add("held", n.Held, Warning)
		} else if !n.At.IsZero() {
			s.add("next", in(now, n.At), Coming)
		}
		s.add("text", n.Text, Plain)
		s.add("words", n.wordsOf(), Quiet)
	}
	for i := len(v.Recent) - 1; i >= 0; i-- {
		n := v.Recent[i]
		name := ""
		if i == len(v.Recent)-1 {
			name = "last"
		}
		s.add(name, strings.TrimSpace(n.Fared(now)+": "+CleanLine(n.Text, recentText)), Plain)
		s.add("", n.Note, Quiet)
	}
	s.add("in all", fmt.Sprintf("%d sent, %d wasted in a row", v.Nudges, v.Wasted), Plain)
	return s
}

// recentText is how much of a past nudge's text is shown, in bytes: it says which
// one it was.
const recentText = 60

// wordsOf says of what the words of a nudge were made.
func (n *Next) wordsOf() string {
	if n.Wording == "" {
		return ""
	}
	s := fmt.Sprintf("rung %d, %s", n.Rung, n.Wording)
	if n.By == ByJudge {
		s += ", with a line by the judge"
	}
	return s
}

// Fared says how far a nudge came, by which way, and when it was planned.
func (n *Nudge) Fared(now time.Time) string {
	s := string(n.Status)
	if n.DryRun {
		s = "dry run"
	}
	if n.Channel != "" {
		s += " by " + string(n.Channel)
	}
	if n.Manual {
		s += ", yours"
	}
	if !n.PlannedAt.IsZero() {
		s += ", " + ago(now, n.PlannedAt)
	}
	return s
}

func (v *View) whyWho() Section {
	s := Section{Title: "who"}
	s.add("workspace", v.Workspace, Plain)
	s.add("session", v.Session, Plain)
	if v.PID > 0 {
		s.add("process", fmt.Sprint(v.PID), Plain)
	}
	s.add("pane", strings.TrimSpace(v.Pane.Target+" "+v.Pane.ID), Plain)
	return s
}
