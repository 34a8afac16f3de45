package agent

import "time"

// Channel is how a nudge travels.
type Channel string

// The channels.
const (
	ViaTmux   Channel = "tmux"
	ViaExec   Channel = "exec"
	ViaHook   Channel = "hook"
	ViaNative Channel = "native"
)

// NudgeStatus is how far a nudge has come. It only grows.
type NudgeStatus string

// The life of a nudge.
const (
	Planned   NudgeStatus = "planned"   // in the journal, perhaps on its way
	Sent      NudgeStatus = "sent"      // handed to the channel
	Received  NudgeStatus = "received"  // seen in the transcript
	Effective NudgeStatus = "effective" // the agent used a tool after it
	Wasted    NudgeStatus = "wasted"    // the agent stopped again without using a tool
	Dropped   NudgeStatus = "dropped"   // never seen by the agent, and no longer needed
)

// Open reports whether it is not yet known that the agent got the nudge.
func (s NudgeStatus) Open() bool { return s == Planned || s == Sent }

// Nudge is one message to get a stopped agent going.
type Nudge struct {
	Key     string // agent and turn end: one nudge each, ever
	Agent   ID
	Session string
	EndID   string // the turn end that it answers
	Ending  Ending
	Channel Channel
	Rung    int    // of the message ladder, from 1; or a step's
	Wording string // the template of its words; empty for a person's own
	By      string // ByJudge where a model wrote a line of it; else empty
	Text    string
	Status  NudgeStatus
	Note    string // how it fared, for people
	Manual  bool   // a person asked for it
	DryRun  bool   // recorded only
	Tries   int    // deliveries begun by this process
	Pasted  int    // deliveries of this process that typed or pressed something

	PlannedAt, SentAt, ReceivedAt, SettledAt time.Time
}

// Steps are what is done to an agent without telling it anything. They are
// journalled as nudges are, under keys of the same end, so that each happens
// once; the rung tells them from messages.
const (
	StepCompact = -1 // the CLI's own command that makes the context smaller
	StepFresh   = -2 // the CLI's own command that begins a new session in its place
	StepRestart = -3 // its CLI is started again, by the command that resumes the session
)

// Step reports whether n is a step, not a message.
func (n Nudge) Step() bool { return n.Rung < 0 }

// ByJudge says that a line of a nudge was written by the judge.
const ByJudge = "judge"

// NudgeKey returns the key of the nudge for one turn end of one session.
func NudgeKey(session, endID string) string { return session + "/" + endID }

// Policy says when a nudge is sent. The zero value sends none.
type Policy struct {
	Auto       bool
	Delay      time.Duration   // before the first nudge after an ending
	BackOff    []time.Duration // delay after 0, 1, 2, ... wasted nudges in a row; the last one repeats
	MaxPerHour int             // 0 means none
	MaxWasted  int             // in a row; then a person is told
	Quiet      []DaySpan       // no nudges in these hours
	Until      time.Time       // no nudges after; zero means no end
	Question   bool            // answer questions with "decide yourself"
	Compact    bool            // compact a full context by the CLI's own command
	HandOver   bool            // where that fails, or every rung was wasted, go on in a fresh session

	Restart       RestartWhen // of agents whose process is gone
	MaxRestarts   int         // within RestartWithin; then a person is told
	RestartWithin time.Duration

	Typed  time.Duration // a person who typed this recently is not disturbed
	Native bool          // nudge through the CLI's own server where it has one

	Grinding bool // an agent that grinds is told to change direction at its next end; else only a person is told
}

// RestartWhen says which exited agents are started again.
type RestartWhen string

// The values of a RestartWhen; the zero value means never.
const (
	RestartNever     RestartWhen = "never"
	RestartOnFailure RestartWhen = "on-failure" // those that a person did not end
	RestartAlways    RestartWhen = "always"
)

// DaySpan is a span of local time that may go over midnight.
type DaySpan struct{ From, To time.Duration } // since midnight

// Covers reports whether the span covers t in t's own location.
func (d DaySpan) Covers(t time.Time) bool {
	h, m, s := t.Clock()
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	if d.From <= d.To {
		return at >= d.From && at < d.To
	}
	return at >= d.From || at < d.To
}

// DefaultPolicy is what holds where the configuration says nothing.
func DefaultPolicy() Policy {
	return Policy{
		Auto:  true,
		Delay: time.Second,
		BackOff: []time.Duration{
			time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		},
		MaxPerHour: 20,
		MaxWasted:  4,
		Question:   true,
		Compact:    true,
		Restart:    RestartNever,
		Typed:      10 * time.Second,
		Native:     true,

		MaxRestarts: 3, RestartWithin: 10 * time.Minute,
	}
}

// GoalLine is what the work is measured by.
type GoalLine struct {
	Metric   string  // "val_loss"
	Target   float64 // the metric must fall to it
	Minimize string  // "step": what is made small once the target is met
	Record   float64 // to beat
}

// Brief is what the judge is told of an agent for which it writes a line. All of
// it is hostile text.
type Brief struct {
	Rung       int    // of the message
	Final      string // the agent's last message
	Goal       string
	Best       string
	Record     string
	Open       []string // the plan's open items
	Tried      []string
	Conditions []string
}
