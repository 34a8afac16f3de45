package modelapi

import "time"

// Script is what the model says, in the order in which it is asked. The zero
// Script ends every turn with a line of text.
type Script struct {
	Turns    []Turn   // of the main conversation; each user message starts the next one
	LoopFrom int      // after the last turn it goes on from this index
	Threads  []Thread // conversations of sub-agents
	Title    string   // answer to side requests (titles, topics); empty means a fixed title
}

// Turn is what the model says from a user message until it gives control
// back: each tool result takes the next step.
type Turn []Step

// Thread is a conversation beside the main one, known by its first message.
type Thread struct {
	Name  string // in the log
	Match string // part of the first user message
	Turns []Turn
	Fresh bool // the agent itself goes on in it: a new session in place of the main one
}

// Step is one answer of the model. Say and Text are text before and after the
// tool calls; a step with neither a call nor a fault ends the turn.
type Step struct {
	Say  string
	Text string

	Run        string        // a shell command, by whatever shell tool the client has
	Background string        // a shell command that outlives the turn
	Permission string        // a shell command for which the client asks a person
	WakeUp     time.Duration // arm a wake-up
	SubAgent   string        // the task of a sub-agent
	Ask        string        // a question with Options, by the client's dialog
	Options    []string

	Delay      time.Duration // before the first byte
	Pace       time.Duration // between pieces of a text; 0 sends it whole
	Fault      Fault         // instead of an answer
	Times      int           // how many requests get the fault; 0 means each until the next user message
	LimitReset time.Duration // of UsageLimit: from now
}

// Fault is a way in which a request fails.
type Fault string

// The faults.
const (
	RateLimited Fault = "rate limited" // 429 without a usage limit
	ServerError Fault = "server error" // 500
	Overloaded  Fault = "overloaded"   // 529, or 503 where that is the custom
	UsageLimit  Fault = "usage limit"  // 429 that tells when the limit resets
	TooLong     Fault = "too long"     // the context is full
	CutStream   Fault = "cut stream"   // the connection drops in mid-answer
	BadKey      Fault = "bad key"      // 401
)

// Cycles returns a script in which the agent works (one tool call) and then
// stops with the next of the texts, over and over.
func Cycles(finals ...string) Script {
	var s Script
	for _, text := range finals {
		s.Turns = append(s.Turns, Turn{
			{Say: "One more measurement.", Run: "echo step"},
			{Text: text},
		})
	}
	return s
}

// turn returns the n-th turn of turns (from 0), looping from loop.
func turn(turns []Turn, loop, n int) Turn {
	if len(turns) == 0 {
		return Turn{{Text: "There is nothing to say here."}}
	}
	if n >= len(turns) {
		loop = min(max(loop, 0), len(turns)-1)
		n = loop + (n-loop)%(len(turns)-loop)
	}
	return turns[n]
}
