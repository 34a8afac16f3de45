// Package agent says what an autonomous research agent is and what it is
// doing. It holds the types that every other room speaks: start with [Agent]
// (who), [Session] (what its transcript tells), [Verdict] (why its turn ended),
// [Nudge] (what was sent to get it going) and [Snapshot] (all of it, for a
// reader). It does no I/O and knows nothing of screens or of other machines.
package agent

import (
	"strings"
	"time"
)

// Kind names the CLI that an agent runs. Other values than the two built-in
// ones come from the configuration.
type Kind string

// The kinds whose session files vigil reads.
const (
	Claude Kind = "claude"
	Codex  Kind = "codex"
)

// ID identifies an agent for as long as vigil watches it. It is derived from
// what outlives a restart of vigil (host, kind and session), never from a
// process or pane number.
type ID string

// Agent is one autonomous session in one workspace on one host.
type Agent struct {
	ID        ID
	Name      string // shown to people; unique in a snapshot
	Kind      Kind
	Host      string // "local", or a name of ssh_config
	Workspace string // absolute path of the folder it works in
	SessionID string
	Session   string   // path of the session file; empty when the kind has none
	Pane      Pane     // zero when it runs outside tmux
	PID       int      // zero when no process is known
	Resume    []string // command that resumes the session headless; empty when there is none
	Account   string   // opaque name of the account whose limits hold for it; empty if not known
}

// Pane is the place of an agent in tmux.
type Pane struct {
	Socket string // path of the tmux server's socket
	ID     string // "%3"; never a name, since names hold "." and ":"
	Target string // "session:window.pane", for people only
}

// State is what an agent does now.
type State string

// The states of an agent.
const (
	Working State = "working" // a turn runs
	Waiting State = "waiting" // its turn ended; something alive will wake it
	Stopped State = "stopped" // its turn ended; nothing alive will wake it
	Limited State = "limited" // held back by a usage or rate limit
	Asking  State = "asking"  // a dialog or question needs a person
	Exited  State = "exited"  // its process is gone
	Unknown State = "unknown" // no source tells
)

// Ending is why a turn ended.
type Ending string

// The endings of a turn.
const (
	Terminal    Ending = "terminal"    // declares the work finished, or reports and just stops
	Question    Ending = "question"    // needs a decision from a person
	Permission  Ending = "permission"  // waits at a permission prompt of its CLI
	Waits       Ending = "waiting"     // something alive will wake it
	Stalled     Ending = "stalled"     // says it waits, but nothing alive will wake it
	Limit       Ending = "limit"       // hit a usage or rate limit
	Context     Ending = "context"     // ran out of context
	Failed      Ending = "error"       // stopped on an API or transport error
	Empty       Ending = "empty"       // ended with no visible output, or cut off
	Gone        Ending = "exited"      // its process is gone
	Interrupted Ending = "interrupted" // stopped by a person
)

// Endings lists every ending, in the order of the design's table.
func Endings() []Ending {
	return []Ending{
		Terminal, Question, Permission, Waits, Stalled, Limit, Context, Failed, Empty, Gone, Interrupted,
	}
}

// WantsNudge reports whether an agent with this ending needs to be got going
// (rather than left alone). Whether and how is the policy's decision.
func (e Ending) WantsNudge() bool {
	switch e {
	case Terminal, Question, Stalled, Context, Failed, Empty, Gone:
		return true
	}
	return false
}

// State returns the state of an agent whose last turn ended so.
func (e Ending) State() State {
	switch e {
	case Waits:
		return Waiting
	case Limit:
		return Limited
	case Permission:
		return Asking
	case Gone:
		return Exited
	case "":
		return Unknown
	}
	return Stopped
}

// Evidence is one thing that a source said about an agent.
type Evidence struct {
	Source string // "transcript", "registry", "process", "pane", "rule:NAME", ...
	Text   string // the sentence or fact, clean, one line
	At     time.Time
}

// Verdict is why a turn ended, how sure that is, and what decided.
type Verdict struct {
	Ending     Ending
	Confidence float64 // 0 to 1
	Evidence   []Evidence
	Resets     time.Time // when a limit ends, as stated; zero if unknown
}

// Reason is the evidence that says most to a person: the agent's own words
// where a rule or the text decided, else the first fact. quoted tells which.
func (v Verdict) Reason() (text string, quoted bool) {
	for _, e := range v.Evidence {
		if strings.HasPrefix(e.Source, "rule:") || e.Source == "text" {
			return e.Text, true
		}
	}
	if len(v.Evidence) > 0 {
		return v.Evidence[0].Text, false
	}
	return "", false
}

// Tri is a fact that may not be known.
type Tri int8

// The values of a Tri.
const (
	Unsure Tri = iota
	No
	Yes
)

// TriOf turns a known fact into a Tri.
func TriOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}
