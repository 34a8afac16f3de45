package ending

import (
	"fmt"
	"strings"

	"vigil/agent"
)

// Finding is one structural fact that bears on an ending.
type Finding struct {
	Fact    string       // what is known, one line
	Ending  agent.Ending // what it speaks for; empty: it only sets the scene
	Decided bool
}

// ruling is what structure alone decides.
type ruling struct {
	ending     agent.Ending
	confidence float64
	fact       string
}

// Confidence of what structure decides, by how it can be wrong.
const (
	certain  = 0.99 // the CLI or the screen says so
	strong   = 0.95 // the shape of the turn allows nothing else that is usual
	likely   = 0.85
	halfSure = 0.6
)

// structure decides what needs no words. ok is false where words are needed.
func structure(f agent.Facts) (r ruling, ok bool) {
	switch {
	case f.Aborted:
		return ruling{agent.Interrupted, certain, "a person interrupted the turn"}, true
	case f.Dialog == agent.PermissionDialog:
		return ruling{agent.Permission, certain, "a permission prompt is on the screen"}, true
	case f.Dialog == agent.QuestionDialog:
		return ruling{agent.Question, certain, "a question dialog is on the screen"}, true
	case f.Dialog == agent.LimitDialog:
		return ruling{agent.Limit, certain, "a limit dialog is on the screen"}, true
	case f.Failure != nil:
		return failed(f.Failure), true
	}
	if open, fact := broken(f); open {
		return brokenOff(f, fact), true
	}
	return silent(f)
}

// failed reads an error that the CLI itself reported.
func failed(x *agent.Failure) ruling {
	e := x.Ending
	switch e {
	case agent.Limit, agent.Context, agent.Failed, agent.Empty:
	default:
		e = agent.Failed
	}
	fact := "the CLI reported an error"
	if x.Code != "" {
		fact += " (" + agent.CleanLine(x.Code, 60) + ")"
	}
	if x.Text != "" {
		fact += ": " + agent.CleanLine(x.Text, evidenceBytes)
	}
	return ruling{e, certain, fact}
}

// broken reports whether a turn stands in the middle of something: its last
// event is a tool call, or a tool's result came after it. (Codex writes a
// call before the text of the same response, so a text with a result behind it
// is not a final message.)
func broken(f agent.Facts) (bool, string) {
	switch {
	case f.Last == agent.LastToolUse && f.ResultAfter:
		return true, "the last event is a tool's result, with nothing after it"
	case f.Last == agent.LastToolUse:
		return true, "the last event is a tool call without a result"
	case f.ResultAfter:
		return true, "a tool's result came after the last " + lastName(f.Last) + ", and nothing after it"
	}
	return false, ""
}

// brokenOff judges a turn in the middle of something. Unless the process is
// known to live, it died there.
func brokenOff(f agent.Facts, fact string) ruling {
	switch {
	case f.Process == agent.No:
		return ruling{agent.Gone, certain, fact + ", and the process is gone"}
	case f.Process == agent.Yes && f.Background == agent.Yes:
		return ruling{agent.Waits, halfSure, fact + ", but the process lives and something will wake it"}
	case f.Process == agent.Yes:
		return ruling{agent.Empty, halfSure, fact + ", but the process lives: the turn was cut off"}
	case f.ResultAfter:
		return ruling{agent.Gone, strong, fact}
	}
	return ruling{agent.Gone, strong, fact}
}

// silent judges a turn that showed nothing.
func silent(f agent.Facts) (ruling, bool) {
	fact := ""
	switch {
	case f.Last == agent.LastThinking:
		fact = "the turn ended in thinking, with no visible text"
	case f.Last == agent.LastNone:
		fact = "no event of the agent followed the prompt"
	case strings.TrimSpace(f.Text) == "":
		fact = "there is no final text"
	default:
		return ruling{}, false
	}
	if f.Process == agent.No {
		return ruling{agent.Gone, likely, fact + ", and the process is gone"}, true
	}
	return ruling{agent.Empty, strong, fact}, true
}

func lastName(k agent.LastKind) string {
	if k == "" {
		return "event"
	}
	return agent.CleanLine(string(k), 20)
}

// findings lists what is known, for a reader.
func findings(f agent.Facts) []Finding {
	var out []Finding
	add := func(e agent.Ending, format string, a ...any) {
		out = append(out, Finding{Fact: fmt.Sprintf(format, a...), Ending: e})
	}
	if f.Kind != "" {
		add("", "kind of agent: %s", agent.CleanLine(string(f.Kind), 40))
	}
	if f.Last != "" {
		add("", "last event: %s", lastName(f.Last))
	}
	if f.Dialog == agent.OtherDialog {
		add("", "a dialog is on the screen")
	}
	switch f.Process {
	case agent.Yes:
		add("", "the process lives")
	case agent.No:
		add(agent.Gone, "the process is gone")
	}
	switch f.Background {
	case agent.Yes:
		add(agent.Waits, "something alive will wake the agent%s", names(f.Waits))
	case agent.No:
		add(agent.Terminal, "nothing alive will wake the agent")
	default:
		add("", "whether something alive will wake the agent is not known")
	}
	if len(f.Died) > 0 {
		add(agent.Stalled, "dead: it waited for%s", names(f.Died))
	}
	if len(f.Overdue) > 0 {
		add(agent.Stalled, "overdue:%s", names(f.Overdue))
	}
	return out
}

// names lists up to three tasks, with a leading ": ", or nothing.
func names(ts []agent.Task) string {
	const most = 3
	if len(ts) == 0 {
		return ""
	}
	var parts []string
	for _, t := range ts[:min(len(ts), most)] {
		s := strings.TrimSpace(string(t.Kind) + " " + agent.CleanLine(t.Summary, 80))
		if s == "" {
			s = agent.CleanLine(t.ID, 40)
		}
		parts = append(parts, s)
	}
	if len(ts) > most {
		parts = append(parts, fmt.Sprintf("and %d more", len(ts)-most))
	}
	return ": " + strings.Join(parts, "; ")
}
