// Package report says what happened while nobody looked: turns and why they
// ended, idle time and its causes, nudges and their effect, new bests, the best
// runs, tokens and GPU hours, for each agent and for all. [Build] makes a
// [Report] of what the journal holds; [Lines] and [Text] lay it out for a
// terminal, [Markdown], [JSON] and [HTML] write it for others. Everything here is
// pure, and everything that comes from agents is hostile text.
package report

import (
	"time"

	"vigil/agent"
)

// Report is what happened from one moment up to another.
type Report struct {
	From, To time.Time // To's location is that of all times told
	All      bool      // From is the beginning of what is known
	Fleet    Totals
	Agents   []Agent   // by name; those of whom anything is known in the span
	Best     *Best     // of all agents with the same goal line as the first; nil without one
	Records  []Best    // the new bests of each agent, oldest first
	Top      []Best    // the best runs of the span, the best first
	Judge    JudgeCost // what the judge was paid
}

// JudgeCost is what the judge has cost.
type JudgeCost struct {
	Tokens int
	USD    float64 // 0 where no price is known
}

// Agent is what happened to one agent. Sessions that go on with each other's
// work under one name are one agent.
type Agent struct {
	Name      string
	Kind      agent.Kind
	Host      string
	Workspace string
	Sessions  int
	Goal      agent.GoalLine
	Totals

	Open   time.Time // when the turn began of which no end is known; zero if there is none
	Best   *Best     // at the end of the span; nil if no run has one
	Before *Best     // at its start
	Trace  []Best    // every new best up to the end of the span, oldest first

	Turns []Span // worked, in the span
	Idles []Span // idle, in the span
	Marks []Mark // what happened when, oldest first
}

// Totals are sums over the span.
type Totals struct {
	Turns   int // that ended
	Tools   int // used in them
	Worked  time.Duration
	Endings []Count
	Idle    time.Duration
	Causes  []Cause // of the idle time, the greatest first
	Nudges  Nudges
	Runs    Runs
	Tokens  *Tokens // nil where none were counted
	GPU     *GPU    // nil where none were seen
}

// Count is how many turns ended in one way.
type Count struct {
	Ending agent.Ending
	N      int
}

// Cause is the idle time after one kind of ending.
type Cause struct {
	Ending  agent.Ending
	Total   time.Duration
	N       int    // stretches
	Longest Span   // of them
	Agent   string // whose the longest is
}

// Span is a time, and the ending that it followed, if any.
type Span struct {
	From, To time.Time
	Ending   agent.Ending
}

// Len is how long the span is.
func (s Span) Len() time.Duration { return s.To.Sub(s.From) }

// Nudges are the messages sent to get agents going, by how far they came. A
// nudge that was received was sent.
type Nudges struct {
	Planned   int // all of them, but no dry runs and no steps
	Sent      int
	Received  int
	Effective int
	Wasted    int
	Dropped   int // no longer needed, and never seen by the agent
	Manual    int // of the planned ones, those that a person asked for
	Steps     int // compactions, fresh sessions and restarts
	DryRun    int // recorded only
	Held      []Held
	After     time.Duration // median time from an end to the nudge that was received; 0 without one

	waits []time.Duration
}

// HeldTimes is how often a nudge was held back.
func (n Nudges) HeldTimes() int {
	sum := 0
	for _, h := range n.Held {
		sum += h.N
	}
	return sum
}

// Held is why nudges were held back, and how often.
type Held struct {
	Why string // clean, one line
	N   int
}

// Runs counts the training runs that ended in the span.
type Runs struct {
	Ended  int
	Failed int
	Hit    int // reached the target
}

// Tokens are the tokens that were used.
type Tokens struct{ Input, CachedInput, Output int64 }

// GPU is the time for which the GPUs of jobs were held, summed over GPUs. What
// is neither busy nor idle was not looked at.
type GPU struct{ Held, Busy, Idle time.Duration }

// Best is a run that was better than those before it, or among the best.
type Best struct {
	Agent   string
	Run     string // clean, one line
	At      time.Time
	Value   float64 // of what is minimised: the step at which the target was reached, or the metric
	Before  float64 // the best until then; 0 without one
	First   bool    // there was none until then
	Hit     bool    // it reached the target
	Least   float64 // the least value of the metric
	Metric  string
	Record  float64 // to beat; 0 without one
	Failure string  // why the run failed; empty if it did not
}

// Beats reports whether it is better than the record.
func (b Best) Beats() bool { return b.Record != 0 && b.Hit && b.Value < b.Record }

// Mark is one thing that happened.
type Mark struct {
	At     time.Time
	Type   agent.MomentType // agent.MTurnEnd, agent.MNudge or agent.MRecord
	Ending agent.Ending
	Status agent.NudgeStatus
	Text   string // clean, one line
	Quoted bool   // Text is the agent's own words
}

// Empty reports whether nothing is known of the span.
func (r *Report) Empty() bool { return len(r.Agents) == 0 && r.Judge.Tokens == 0 }
