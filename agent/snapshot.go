package agent

import "time"

// Snapshot is everything a reader may show, at one moment. It is never written
// to once made; a reader may keep it for as long as it likes.
type Snapshot struct {
	At       time.Time
	Agents   []View
	Auto     bool   // this process sends nudges
	DryRun   bool   // ... or only records what it would have sent
	Holder   string // who holds the auto-resume lease, if another process does
	Problems []Problem
	Goal     GoalLine
}

// Find returns the agent with the id, or nil.
func (s *Snapshot) Find(id ID) *View {
	for i := range s.Agents {
		if s.Agents[i].ID == id {
			return &s.Agents[i]
		}
	}
	return nil
}

// View is one agent in a Snapshot.
type View struct {
	Agent
	State   State
	Since   time.Time // of the state
	Started time.Time // the first event seen
	Verdict Verdict   // of the last ended turn; zero while the first one runs
	Trace   *Trace    // how the rules came to their part of it; nil where they were not asked
	Sources []Sight   // what each source last saw, the most trusted first
	Turn    Turn
	Tasks   []Task // what could wake it, with the state of each
	Usage   Usage
	Screen  *Screen // the last look at its pane, if any

	Next      *Next // the nudge that is being counted down to, or held back
	LastNudge *Nudge
	Recent    []Nudge       // the last few, LastNudge at the end
	Nudges    int           // sent, in all
	Wasted    int           // in a row
	Idle      time.Duration // stopped with nothing alive, in all, up to Snapshot.At
	Best      *Best         // best result so far, if its runs tell

	Goal    Document
	Plan    Document
	Files   []FileChange // of the scratchpad, newest first
	Moments []Moment     // newest last
	Problem string       // a failed source, and what to do; empty if none

	Conditions []Condition // oldest first
	Need       *Need       // what only a person can do for it; nil if there is nothing
	Measure    GoalLine    // what its work is measured by
}

// Condition is something that lies over an agent's state, and has gone on for
// long enough to be said.
type Condition struct {
	Type     ConditionType
	Since    time.Time
	Evidence []string // clean, one line each, the weightiest first
}

// ConditionType names a Condition.
type ConditionType string

// The conditions.
const (
	Grinding    ConditionType = "grinding"     // long without a new best, on the same knobs
	KeepAlive   ConditionType = "keep-alive"   // commands that do nothing, to stay awake
	Degenerate  ConditionType = "degenerate"   // thinking that repeats itself
	Reproposing ConditionType = "reproposing"  // the same result declared again and again
	RetryStorm  ConditionType = "retry storm"  // failed turns in quick succession
	IdleCompute ConditionType = "idle compute" // GPUs of its allocation idle, nothing queued
)

// Next is a nudge that has not been sent.
type Next struct {
	At      time.Time // when it will be sent; zero while held
	Text    string
	Held    string // why it is held back; empty if it is not
	Rung    int    // of the message ladder
	Wording string // the template of its words
	By      string // ByJudge where a model wrote a line of it; else empty
	Channel Channel
}

// Best is the best result of an agent's runs against the goal line.
type Best struct {
	Run   string
	Value float64 // of what is minimised
	At    time.Time
}

// Document is a watched text with its newest versions.
type Document struct {
	Path     string
	Text     string
	At       time.Time // of the newest version
	Versions []Version // oldest first
	Problem  string    // why it cannot be read; empty if it can
}

// Version is one state of a watched file.
type Version struct {
	At   time.Time
	Turn int    // the agent's turn in which it was written; 0 if not known
	Hash string // content address in the journal
	Size int64
}

// FileChange is one file of the scratchpad and what happened to it.
type FileChange struct {
	Path           string // relative to the workspace
	At             time.Time
	Turn           int
	Added, Removed int // lines, against the version before
	New, Deleted   bool
	Binary         bool
	Diff           string // unified, against the version before
	Note           string // why there is no diff ("log", "over 1 MiB", ...); empty if there could be one
	Versions       []Version
}

// MomentType says what a Moment tells.
type MomentType string

// The types of moments on a timeline.
const (
	MTurnStart MomentType = "turn"
	MTurnEnd   MomentType = "ending"
	MNudge     MomentType = "nudge"
	MIdle      MomentType = "idle"
	MFile      MomentType = "file"
	MRecord    MomentType = "record"
	MState     MomentType = "state"
	MNote      MomentType = "note"
)

// Moment is one entry of an agent's timeline.
type Moment struct {
	At     time.Time
	Agent  ID
	Type   MomentType
	Ending Ending
	Text   string        // clean, one line
	For    time.Duration // of a stretch
}

// Problem is a source that failed: what, where, and what to do.
type Problem struct {
	At    time.Time
	Where string
	What  string
	Do    string
}

// Intent is what a person asks of the supervisor.
type Intent struct {
	Type  IntentType
	Agent ID
	Text  string // of a manual nudge
}

// IntentType names an Intent.
type IntentType string

// The intents.
const (
	NudgeNow  IntentType = "now"  // send the planned nudge at once, or Text if set
	Hold      IntentType = "hold" // hold this agent's nudges until released
	Release   IntentType = "release"
	AutoOn    IntentType = "auto on"
	AutoOff   IntentType = "auto off"
	WatchPane IntentType = "watch pane" // keep Screen fresh for this agent; empty Agent ends it
)
