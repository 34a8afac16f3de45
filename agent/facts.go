package agent

import "time"

// Facts is all that is known about an ended (or dead) turn when its ending is
// judged: the final message and the structured facts beside it. A field at its
// zero value means "not known".
type Facts struct {
	Kind        Kind
	Text        string // the final message; of a turn that ends with a tool call, the call's summary
	Last        LastKind
	ResultAfter bool
	Tail        []string // the last tool calls, oldest first
	Background  Tri      // something alive will wake the agent
	Waits       []Task   // what that is
	Overdue     []Task   // what should have woken it and did not
	Died        []Task   // what it waited for and is dead
	Failure     *Failure
	Aborted     bool
	Process     Tri // the agent's process lives
	Dialog      Dialog
	Now         time.Time
}

// Dialog is what a CLI's screen asks of a person.
type Dialog string

// The dialogs that matter. Any of them forbids typing.
const (
	NoDialog         Dialog = ""
	PermissionDialog Dialog = "permission" // may this tool run
	QuestionDialog   Dialog = "question"   // the agent asks, with options
	LimitDialog      Dialog = "limit"      // what to do about a usage limit
	OtherDialog      Dialog = "dialog"     // a menu, a trust or review screen, ...
)

// Composer is the state of the line in which a CLI takes a person's message.
type Composer uint8

// The states of a composer.
const (
	NoComposer    Composer = iota // not on the screen
	EmptyComposer                 // empty, or a dim placeholder
	DraftComposer                 // holds text
)

// Screen is what a pane shows, read once.
type Screen struct {
	At       time.Time
	Lines    []string // plain text, clean, top to bottom
	Styled   string   // the same with SGR sequences only, for drawing
	Composer Composer
	Draft    string // the composer's text, one line
	Pasted   bool   // the draft is the CLI's mark for a pasted text, which it does not show
	Dialog   Dialog
	Busy     bool // the CLI shows that a turn runs
	Idle     bool // the CLI shows that none does; false where it shows neither
	Mode     bool // the pane is in copy mode or another mode
	Hash     uint64
}
