package supervise

import (
	"time"

	"vigil/agent"
	"vigil/agent/appserver"
	"vigil/agent/liveness"
	"vigil/agent/nudge"
	"vigil/agent/workspace"
)

// Observation is something that a source saw. The set is closed: the types of
// this file and those of the hook.
type Observation interface{ observation() }

// Seen tells that an agent was found, or found changed (a new pane, process or
// session file).
type Seen struct{ Agent agent.Agent }

// Lost tells that nothing is left of an agent: no process, no pane.
type Lost struct{ ID agent.ID }

// Moved tells that an agent's process goes on with another session: a person
// or vigil began a fresh one, or a resume made a new file. For people it is the
// same agent.
type Moved struct {
	From  agent.ID
	Agent agent.Agent // as it is now
}

// Restored gives what the journal knows of an agent. No nudge is planned for
// an agent before it has come.
type Restored struct {
	ID      agent.ID
	Nudges  []agent.Nudge // of its session, oldest first
	Settled []agent.Nudge // and of earlier ones in its workspace, of which it is known how they fared
	Moments []agent.Moment
	Idle    time.Duration
	Again   bool // only the nudges count: the rest was told before
}

// Heard gives events of an agent's session file.
type Heard struct {
	ID     agent.ID
	Events []agent.Event
	First  bool // they are what was there before vigil looked
	Err    error
}

// Process tells whether an agent's process lives.
type Process struct {
	ID    agent.ID
	Alive bool
	Left  agent.Tri // of a process that is gone: it was ended in good order, by a person
	Title string    // of its pane
	// Began is when the process began, and Work what it started and runs, also
	// what left its tree; nil where that was not looked at.
	Began time.Time
	Work  []liveness.Process
	// Signs are when its sub-agents last wrote something, by task.
	Signs map[string]time.Time
}

// Backed gives what a poller knows of the jobs or the logs of an agent.
type Backed struct {
	ID     agent.ID
	Source string // "scheduler" or "log"
	Tasks  []agent.Task
}

// Registered gives what the CLI's own registry says.
type Registered struct {
	ID         agent.ID
	Status     string // "busy", "idle", "shell", "waiting"
	WaitingFor string
	At         time.Time // of the registry's own last change
}

// Reported gives what the CLI's own server says of an agent's session.
type Reported struct {
	ID     agent.ID
	Thread appserver.Thread
}

// Judged gives the judge's word on an AskJudge.
type Judged struct {
	ID      agent.ID
	N       int // of the question
	Verdict agent.Verdict
	Err     error // the rules' verdict stands
}

// Wrote gives the judge's line on an AskLine.
type Wrote struct {
	ID   agent.ID
	N    int // of the question
	Line string
	Err  error // the message goes without
}

// Informed gives what other sources than the agent tell of its work.
type Informed struct {
	ID    agent.ID
	Tried []string // families of its runs, those with the most runs first
	GPUs  string   // those that are free, in words; empty if none is known to be
}

// Reached tells whether another machine can be reached. It can until the first
// word; with Up, all that its agents did meanwhile has been told before.
type Reached struct {
	Host string
	Up   bool
	Why  string // not
}

// Looked gives what an agent's pane shows.
type Looked struct {
	ID     agent.ID
	Screen agent.Screen
	Err    error
}

// Fared tells how a delivery went.
type Fared struct {
	ID     agent.ID
	Key    string
	Result nudge.Result
	Err    error
}

// Entered tells that a delivery has pressed Enter, so that its nudge is sent.
type Entered struct {
	ID  agent.ID
	Key string
}

// Worked gives the state of an agent's workspace.
type Worked struct {
	ID    agent.ID
	State workspace.State
}

// Ranked gives the best result of an agent's runs, when there is a new one.
type Ranked struct {
	ID   agent.ID
	Best agent.Best
}

// Leased tells who may send nudges.
type Leased struct {
	Mine   bool
	Holder string // of the lease, when it is another
}

// Asked is what a person wants.
type Asked struct{ Intent agent.Intent }

// Failing tells that a source fails, or with an empty What that it works again.
type Failing struct{ Problem agent.Problem }

// Configured replaces the policies and templates.
type Configured struct{ Rules Rules }

// Tick only lets time pass.
type Tick struct{}

func (HookCalled) observation() {}
func (HookTold) observation()   {}
func (Seen) observation()       {}
func (Lost) observation()       {}
func (Moved) observation()      {}
func (Restored) observation()   {}
func (Heard) observation()      {}
func (Process) observation()    {}
func (Backed) observation()     {}
func (Registered) observation() {}
func (Reported) observation()   {}
func (Reached) observation()    {}
func (Wrote) observation()      {}
func (Informed) observation()   {}
func (Judged) observation()     {}
func (Looked) observation()     {}
func (Fared) observation()      {}
func (Entered) observation()    {}
func (Worked) observation()     {}
func (Ranked) observation()     {}
func (Leased) observation()     {}
func (Asked) observation()      {}
func (Failing) observation()    {}
func (Configured) observation() {}
func (Tick) observation()       {}

// Action is something to be done outside. The set is closed: the types below and
// those of the hook.
type Action interface{ action() }

// Restore asks for what the journal knows of an agent (answer: Restored).
type Restore struct {
	Agent agent.Agent
	Again bool // another process has sent nudges since
}

// Follow asks that the session that goes on with another one's work be
// followed, and that the journal link them.
type Follow struct {
	Agent agent.Agent
	From  agent.ID
}

// AskJudge puts a verdict that is not sure to the judge (answer: Judged).
type AskJudge struct {
	ID    agent.ID
	N     int // of the agent's questions
	Facts agent.Facts
}

// AskLine asks the judge for a line of a message (answer: Wrote).
type AskLine struct {
	ID    agent.ID
	N     int // of the agent's messages
	Brief agent.Brief
}

// LookAt asks for a look at an agent's pane (answer: Looked).
type LookAt struct{ ID agent.ID }

// Send asks for the delivery of a nudge (answers: Entered, Fared). The nudge
// is in the journal before anything is typed.
type Send struct {
	Agent agent.Agent
	Nudge agent.Nudge
	Typed time.Duration // hold if a person typed this recently
	// Again: the nudge was tried before and never seen in the transcript. What
	// stands in the input line, or what the CLI's server has, decides.
	Again  bool
	Anew   bool // in other words than the journal has
	Always bool // a restart is wanted even if a person ended the agent
}

// Confirm tells a running delivery that the transcript shows its nudge.
type Confirm struct{ Key string }

// Advance records how far a nudge has come.
type Advance struct {
	Key  string
	To   agent.NudgeStatus
	Note string
}

// Record writes an ending to the journal.
type Record struct {
	ID      agent.ID
	Session string
	Turn    agent.Turn
	Verdict agent.Verdict
}

// RecordIdle writes an idle stretch to the journal; a running one again and
// again, growing.
type RecordIdle struct {
	ID             agent.ID
	Session, EndID string
	Cause          agent.Ending
	From, To       time.Time
}

// Tell reports one thing that happened, for people and for the timeline.
type Tell struct{ Report Report }

func (AnswerHook) action()  {}
func (LookForWork) action() {}
func (Restore) action()     {}
func (Follow) action()      {}
func (LookAt) action()      {}
func (AskJudge) action()    {}
func (AskLine) action()     {}
func (Send) action()        {}
func (Confirm) action()     {}
func (Advance) action()     {}
func (Record) action()      {}
func (RecordIdle) action()  {}
func (Tell) action()        {}

// Report is one thing that happened. Its JSON form is what the auto command
// prints.
type Report struct {
	At         time.Time           `json:"at"`
	Event      string              `json:"event"` // agent, turn, ending, nudge, record, file, idle, condition, problem
	Agent      string              `json:"agent,omitempty"`
	Kind       agent.Kind          `json:"kind,omitempty"`
	Session    string              `json:"session,omitempty"`
	State      agent.State         `json:"state,omitempty"`
	Ending     agent.Ending        `json:"ending,omitempty"`
	Confidence float64             `json:"confidence,omitempty"`
	Evidence   []string            `json:"evidence,omitempty"`
	Status     agent.NudgeStatus   `json:"status,omitempty"` // of a nudge; "held" while it is held back
	Key        string              `json:"key,omitempty"`
	Condition  agent.ConditionType `json:"condition,omitempty"`
	Text       string              `json:"text,omitempty"`
	For        time.Duration       `json:"-"` // of an idle stretch
	ID         agent.ID            `json:"-"`
}

// Held is the status of a nudge in a Report while it is held back.
const Held agent.NudgeStatus = "held"
