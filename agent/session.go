package agent

import (
	"slices"
	"time"
)

// LastKind is the type of the last thing an agent did in a turn. The names are
// those of the classify command.
type LastKind string

// The last things an agent can have done.
const (
	LastNone     LastKind = "none"
	LastText     LastKind = "text"
	LastThinking LastKind = "thinking"
	LastToolUse  LastKind = "tool_use"
)

// tailCalls is how many of the last tool calls a Turn remembers.
const tailCalls = 3

// maxTasks bounds the register of background tasks of a session: a CLI that
// never tells their end must not grow it for ever.
const maxTasks = 256

// Turn runs from a prompt to the moment the agent gives control back.
type Turn struct {
	N       int // 1 is the first turn seen
	ID      string
	Prompt  string
	Origin  Origin
	Started time.Time
	Ended   time.Time // zero while it runs
	EndID   string    // the event that ended it: the key by which a nudge is sent once
	Final   string    // the last visible text

	Last        LastKind
	LastAt      time.Time
	ActedAt     time.Time // when the agent itself did the last thing; a tool's result may be later
	LastID      string
	ResultAfter bool     // a tool's result came after the last thing the agent did
	SaidEnd     bool     // the API said that the turn ends with the last text
	Tail        []string // the last tool calls, "Name: summary"
	Open        []Call   // calls with no result yet
	Tools       int      // tool calls in this turn
	Failure     *Failure
	Aborted     bool // a person interrupted it
	Silent      bool // ... as its silence has it: a mark of another end may come late
}

// Running reports whether the turn has started and not ended.
func (t Turn) Running() bool { return t.N > 0 && t.Ended.IsZero() }

// Session folds the events of one session file into what an agent is doing.
// The zero value is ready to use. Copies made by Clone are independent.
type Session struct {
	Info   SessionInfo
	Turn   Turn // the current turn, or the last one
	Tasks  []Task
	Usage  Usage
	LastAt time.Time // of the newest event
	Failed int       // failed turns in a row
	Goal   string    // the CLI's own goal loop, while it is active
	Marks  bool      // the format marks the ends of turns
	Quota  time.Time // when the quota in force resets, as last told
	Queue  []string  // messages queued while the turn runs
}

// Clone returns a copy that shares nothing with s.
func (s *Session) Clone() Session {
	c := *s
	c.Tasks = slices.Clone(s.Tasks)
	c.Queue = slices.Clone(s.Queue)
	c.Turn.Tail = slices.Clone(s.Turn.Tail)
	c.Turn.Open = slices.Clone(s.Turn.Open)
	return c
}

// Apply takes one event in. Events come in the order of the file.
func (s *Session) Apply(e Event) {
	if e.At.After(s.LastAt) {
		s.LastAt = e.At
	}
	switch e.Type {
	case SessionMeta:
		s.meta(*e.Session)
	case Prompt:
		s.prompt(e)
	case Queued:
		s.Queue = append(s.Queue, e.Text)
	case Absorbed:
		if i := slices.Index(s.Queue, e.Text); i >= 0 {
			s.Queue = slices.Delete(s.Queue, i, i+1)
		}
	case Message:
		s.did(e, LastText)
		s.Turn.Final, s.Turn.SaidEnd = e.Text, e.Final
	case Thinking:
		s.did(e, LastThinking)
	case ToolCall:
		s.call(e)
	case ToolResult:
		s.result(e)
	case TaskStarted:
		s.startTask(*e.Task)
	case TaskEnded:
		s.endTask(e.Task.ID)
	case TokenUsage:
		s.Usage.Add(*e.Usage)
	case TurnEnded:
		s.Marks = true
		s.spoke()
		if e.Text != "" {
			s.Turn.Final = e.Text
			if s.Turn.Last == LastNone {
				s.Turn.Last = LastText
			}
		}
		s.EndTurn(e.At, e.ID)
	case TurnFailed:
		s.spoke()
		s.Turn.Failure = e.Failure
		s.Failed++
		s.EndTurn(e.At, e.ID)
	case TurnAborted:
		s.Turn.Aborted = true
		s.EndTurn(e.At, e.ID)
	case QuotaStatus:
		s.Quota = e.Failure.Resets
	case GoalActive:
		s.Goal = e.Text
	case GoalDone:
		s.Goal = ""
	case Restarted:
		s.Tasks = nil
	}
}

func (s *Session) meta(in SessionInfo) {
	set := func(dst *string, v string) {
		if v != "" {
			*dst = v
		}
	}
	if in.Kind != "" {
		s.Info.Kind = in.Kind
	}
	set(&s.Info.ID, in.ID)
	set(&s.Info.Parent, in.Parent)
	set(&s.Info.Dir, in.Dir)
	set(&s.Info.Version, in.Version)
	set(&s.Info.Model, in.Model)
	s.Info.Side = s.Info.Side || in.Side
}

func (s *Session) prompt(e Event) {
	if i := slices.Index(s.Queue, e.Text); i >= 0 {
		s.Queue = slices.Delete(s.Queue, i, i+1)
	}
	id := e.Turn
	if id == "" {
		id = e.ID
	}
	// Formats with turn ids tell one start in several lines; the prompt itself
	// may come after the mark. A hook's feedback has the id of the turn whose end
	// it answers, and starts another.
	if s.Turn.Running() && e.Turn != "" && e.Turn == s.Turn.ID && e.Origin != Hook {
		if s.Turn.Prompt == "" {
			s.Turn.Prompt, s.Turn.Origin = e.Text, e.Origin
		}
		return
	}
	s.Turn = Turn{
		N: s.Turn.N + 1, ID: id, Prompt: e.Text, Origin: e.Origin,
		Started: e.At, Last: LastNone, LastAt: e.At, LastID: e.ID,
	}
}

// did notes that the agent itself did something: a turn runs, whatever was
// thought before (a wrong guess at its end is mended here).
func (s *Session) did(e Event, k LastKind) {
	t := &s.Turn
	if t.N == 0 {
		t.N, t.Started, t.ID = 1, e.At, e.Turn
	}
	t.Ended, t.EndID = time.Time{}, ""
	t.Failure, t.Aborted, t.Silent = nil, false, false
	t.Last, t.LastAt, t.LastID, t.ResultAfter, t.SaidEnd = k, e.At, e.ID, false, false
	t.ActedAt = e.At
}

func (s *Session) call(e Event) {
	s.did(e, LastToolUse)
	t := &s.Turn
	t.Tools++
	t.Open = append(t.Open, *e.Call)
	t.Tail = append(t.Tail, e.Call.Name+": "+e.Call.Summary)
	if n := len(t.Tail); n > tailCalls {
		t.Tail = slices.Clone(t.Tail[n-tailCalls:])
	}
	s.Failed = 0
}

func (s *Session) result(e Event) {
	t := &s.Turn
	t.Open = slices.DeleteFunc(t.Open, func(c Call) bool { return c.ID == e.Call.ID })
	t.ResultAfter = true
	t.LastAt = e.At
	t.LastID = e.ID
}

// EndTurn marks the current turn as ended by the event id. Apply calls it for
// formats that mark the end; a supervisor calls it where it has inferred one.
// A turn that has ended already is left as it is.
//
// The EndID is the id of the agent's last act where it has one, not that of
// the mark: an end that was first inferred and then marked must stay the same
// end, since a nudge is sent once for each.
func (s *Session) EndTurn(at time.Time, id string) {
	t := &s.Turn
	if t.N == 0 || !t.Ended.IsZero() {
		return
	}
	if t.Failure == nil {
		s.Failed = 0
	}
	if t.Failure == nil && !t.Aborted && t.Last != LastNone && t.LastID != "" {
		id = t.LastID
	}
	t.Ended, t.EndID = at, id
}

// spoke takes back that a person interrupted the turn, if only its silence said
// so.
func (s *Session) spoke() {
	if t := &s.Turn; t.Silent {
		t.Aborted, t.Silent = false, false
	}
}

func (s *Session) startTask(t Task) {
	s.endTask(t.ID)
	s.Tasks = append(s.Tasks, t)
	if n := len(s.Tasks); n > maxTasks {
		s.Tasks = slices.Clone(s.Tasks[n-maxTasks:])
	}
}

func (s *Session) endTask(id string) {
	s.Tasks = slices.DeleteFunc(s.Tasks, func(t Task) bool { return t.ID == id })
}
