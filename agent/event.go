package agent

import "time"

// EventType says what an Event tells.
type EventType uint8

// The types of events. A reader of a session file emits only what changes what
// vigil knows; everything else is skipped and counted.
const (
	_           EventType = iota
	SessionMeta           // Session is set: id, folder, CLI version, model, parent
	Prompt                // a message to the agent starts a turn; Text, Origin
	Queued                // a message was queued while a turn runs; Text
	Absorbed              // a queued message was taken into the running turn; Text
	Message               // visible text of the agent; Text; Final if the API said the turn ends with it
	Thinking              // thinking with no visible text
	ToolCall              // Call is set
	ToolResult            // Call.ID is set; Text is a short clean excerpt
	TaskStarted           // Task is set: something that will wake the agent
	TaskEnded             // Task.ID is set: it ended, or its notice was delivered
	TokenUsage            // Usage is set; counted once per API message
	TurnEnded             // the CLI's own mark of a turn's end; Text is the final message where the mark has it
	TurnFailed            // the turn ended with Failure
	TurnAborted           // a person interrupted the turn
	Compacted             // the context was compacted; Origin is System where the CLI tells that nobody asked for it
	QuotaStatus           // Failure.Resets tells when the quota in force resets; no turn ends
	GoalActive            // the CLI's own goal loop goes on by itself; Text is the goal
	GoalDone              // the goal loop ended
	Restarted             // the session was resumed in a new process: background tasks of the old one are dead
)

// Origin says who wrote a prompt.
type Origin string

// The origins of a prompt.
const (
	Human     Origin = "human"     // typed or pasted: a person, or a nudge of vigil
	Notice    Origin = "notice"    // a background task's notification
	Scheduled Origin = "scheduled" // a wake-up
	Hook      Origin = "hook"      // a hook's feedback
	Goal      Origin = "goal"      // the CLI's goal loop
	System    Origin = "system"    // injected by the CLI for another reason
)

// Event is one thing that a session file tells.
type Event struct {
	Type   EventType
	At     time.Time
	ID     string // the line's uuid, turn id or call id: the same at each reading
	Turn   string // the turn's id, where the format has one
	Text   string // clean (see Clean)
	Origin Origin
	Final  bool

	Session *SessionInfo
	Call    *Call
	Task    *Task
	Usage   *Usage
	Failure *Failure
	Signs   *Signs // of ToolCall, ToolResult, Thinking and of notices, where there are any
}

// SessionInfo is what a session file says of itself.
type SessionInfo struct {
	Kind    Kind
	ID      string
	Parent  string // the session that spawned this one; empty for a person's own
	Dir     string // working folder
	Version string // of the CLI; for display only: behaviour is keyed on what is seen
	Model   string
	Side    bool // a sub-agent's or a title's session, not an agent of its own
}

// Call is one use of a tool.
type Call struct {
	ID      string
	Name    string
	Summary string // the command, path or prompt: clean, one line, at most 200 bytes
}

// TaskKind says what kind of background task could wake an agent.
type TaskKind string

// The kinds of background tasks.
const (
	Shell    TaskKind = "shell"
	SubAgent TaskKind = "sub-agent"
	Monitor  TaskKind = "monitor"
	Wakeup   TaskKind = "wake-up"
	Job      TaskKind = "job"
	Child    TaskKind = "process" // a child process that no transcript tells of
	Log      TaskKind = "log"     // a training log that grows
)

// TaskState says whether a background task will do what it was started for.
type TaskState string

// The states of a background task. A task of whose life no source tells but
// the transcript that started it is TaskUnsure.
const (
	TaskUnsure  TaskState = ""
	TaskAlive   TaskState = "alive"
	TaskOverdue TaskState = "overdue" // should have ended or fired, and did not
	TaskHollow  TaskState = "hollow"  // lives, but what it watches is dead
	TaskDead    TaskState = "dead"
)

// Task is work that an agent started and that will wake it.
type Task struct {
	ID      string
	Kind    TaskKind
	Summary string    // clean, one line
	Started time.Time // when the agent started it
	Due     time.Time // when a wake-up fires, or a monitor gives up; zero for others
	Wakes   bool      // the CLI wakes the agent when it ends (Claude Code does, Codex does not)

	// What the register of background tasks adds to it.
	State  TaskState
	Source string    // what told of it: "transcript", "process", "scheduler", "log", "registry"
	Sign   time.Time // its last sign of life; zero if there was none
	Until  time.Time // when it is not believed in any longer; zero if never
}

// Usage counts tokens.
type Usage struct {
	Input, CachedInput, Output int64
	Context                    int64 // tokens in the context after this message
	Window                     int64 // size of the context window; zero if not told
}

// Add adds the token counts of v and takes over its context.
func (u *Usage) Add(v Usage) {
	u.Input += v.Input
	u.CachedInput += v.CachedInput
	u.Output += v.Output
	if v.Context > 0 {
		u.Context = v.Context
	}
	if v.Window > 0 {
		u.Window = v.Window
	}
}

// Overloaded is the Code of a Failure by which the service turned the agent
// away because of its own load. It is a limit that passes within minutes.
const Overloaded = "overloaded"

// Failure is an error that ended a turn.
type Failure struct {
	Ending Ending    // Limit, Context, Failed or Empty
	Code   string    // the CLI's own name for it: "rate_limit", "usage_limit_exceeded", ...
	Text   string    // what the CLI showed, clean
	Resets time.Time // when a limit ends, as stated; zero if unknown
	Person bool      // only a person can help: billing, authentication, unknown model
}
