package supervise

import (
	"strconv"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
)

// recent is how many of an agent's last nudges a reader is shown.
const recent = 5

// traceOf keeps of a report of the rules what readers are shown.
func traceOf(r ending.Report) *agent.Trace {
	out := &agent.Trace{Ending: r.Verdict.Ending, Decided: r.Decided, Scores: r.Scores}
	for _, m := range r.Matches {
		out.Rules = append(out.Rules, agent.RuleMatch{Name: m.Rule, Ending: m.Ending, Weight: m.Weight, Sentence: m.Sentence})
	}
	return out
}

// sources tells what each source last saw of the agent, the most trusted first.
func (t *track) sources() []agent.Sight {
	out := []agent.Sight{t.sawHook(), t.sawCLI(), t.sawTranscript(), t.sawProcess(), t.sawPane(), t.sawWorkspace()}
	for _, source := range []string{"scheduler", "log"} {
		at, tasks := t.live.Told(source)
		if s := sawTasks(source, at, tasks); s.Text != "" {
			out = append(out, s)
		}
	}
	return out
}

func (t *track) sawHook() agent.Sight {
	s := agent.Sight{Source: "hook", Text: "has not asked this vigil"}
	switch {
	case t.asking != nil:
		s.Text, s.At = "asks whether the turn may end", t.asking.at
	case !t.answered.at.IsZero():
		s.Text, s.At = "asked whether the turn may end, and was answered", t.answered.at
	}
	return s
}

func (t *track) sawCLI() agent.Sight {
	w, source := t.word()
	s := agent.Sight{Source: source, Text: "tells nothing", At: w.At}
	if w.Status != "" {
		s.Text = "says " + agent.CleanLine(w.Status, 40)
	}
	if w.WaitingFor != "" {
		s.Text += " for " + agent.CleanLine(w.WaitingFor, 80)
	}
	return s
}

func (t *track) sawTranscript() agent.Sight {
	s := agent.Sight{Source: "transcript", At: t.session.LastAt}
	turn := t.session.Turn
	switch {
	case t.problem != "":
		s.Text = t.problem
	case t.Agent.Session == "":
		s.Text = "none is known"
	case !t.heard:
		s.Text = "not read yet"
	case turn.N == 0:
		s.Text = "has no turn yet"
	case turn.Running():
		s.Text = "turn " + strconv.Itoa(turn.N) + " runs; last event: " + lastOf(turn)
	default:
		s.Text = "turn " + strconv.Itoa(turn.N) + " ended; last event: " + lastOf(turn)
	}
	return s
}

// lastOf names the last event of a turn.
func lastOf(t agent.Turn) string {
	s := "none"
	switch t.Last {
	case agent.LastText:
		s = "a text"
	case agent.LastThinking:
		s = "thinking"
	case agent.LastToolUse:
		s = "a tool call"
	}
	if t.ResultAfter {
		s += ", and a result after it"
	}
	return s
}

func (t *track) sawProcess() agent.Sight {
	s := agent.Sight{Source: "process", Text: "none is known"}
	switch t.alive {
	case agent.Yes:
		s.Text, s.At, s.Since = "lives", t.began, true
		if t.Agent.PID > 0 {
			s.Text = strconv.Itoa(t.Agent.PID) + " lives"
		}
	case agent.No:
		s.Text, s.At = endedBy(t.left), t.goneAt
	}
	return s
}

func (t *track) sawPane() agent.Sight {
	s := agent.Sight{Source: "pane"}
	sc := t.screen
	switch {
	case t.away != (away{}):
		s.Text, s.At = t.away.String(), t.away.since
	case t.Agent.Pane.ID == "":
		s.Text = "none: it runs outside tmux"
	case t.lookErr != "":
		s.Text = t.lookErr
	case sc == nil:
		s.Text = "not looked at: the other sources were enough"
	default:
		s.Text, s.At = shows(sc), sc.At
	}
	return s
}

// shows says what a screen shows.
func shows(sc *agent.Screen) string {
	var parts []string
	switch sc.Dialog {
	case agent.NoDialog:
	case agent.OtherDialog:
		parts = append(parts, "a dialog")
	default:
		parts = append(parts, "a "+string(sc.Dialog)+" dialog")
	}
	if sc.Busy {
		parts = append(parts, "that a turn runs")
	}
	switch sc.Composer {
	case agent.NoComposer:
		parts = append(parts, "no input line")
	case agent.EmptyComposer:
		parts = append(parts, "an empty input line")
	case agent.DraftComposer:
		parts = append(parts, "a half-written input line")
	}
	return "shows " + strings.Join(parts, ", ")
}

func (t *track) sawWorkspace() agent.Sight {
	s := agent.Sight{Source: "workspace", Text: "not read yet"}
	w := t.work
	switch {
	case !t.worked:
		return s
	case w.Problem != "":
		s.Text = w.Problem
		return s
	}
	s.Text = "no plan, goal or scratchpad in it"
	for _, d := range []agent.Document{w.Goal, w.Plan} {
		if d.Path != "" && d.At.After(s.At) {
			s.Text, s.At = d.Path+" changed last", d.At
		}
	}
	for _, f := range w.Files {
		if f.At.After(s.At) {
			s.Text, s.At = f.Path+" changed last", f.At
		}
	}
	s.Text = agent.CleanLine(s.Text, 200)
	return s
}

// sawTasks sums up what a poller told; empty if it has told nothing.
func sawTasks(source string, at time.Time, tasks []agent.Task) agent.Sight {
	if at.IsZero() || len(tasks) == 0 {
		return agent.Sight{}
	}
	alive := 0
	for _, k := range tasks {
		if k.Lives() {
			alive++
		}
	}
	what := "job"
	if source == "log" {
		what = "log"
	}
	if len(tasks) != 1 {
		what += "s"
	}
	return agent.Sight{
		Source: source, At: at,
		Text: strconv.Itoa(len(tasks)) + " " + what + " of it, " + strconv.Itoa(alive) + " alive",
	}
}
