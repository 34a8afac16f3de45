package agent

import "time"

// Past is what was seen of the agents in a span of time: what a report is made
// of.
type Past struct {
	Agents      []PastAgent
	JudgeTokens int     // that the judge was paid for
	JudgeUSD    float64 // as the configured prices have it
}

// PastAgent is what was seen of one session of an agent. Its lists are oldest
// first.
type PastAgent struct {
	Agent
	Goal        GoalLine
	First, Last time.Time  // when it was found, first and last
	Open        time.Time  // when the turn began of which no end is known, also before the span; zero if there is none
	Turns       []PastTurn // that ended in the span
	Idle        []Stretch  // that overlap with it; also with one another, where several processes watched
	Nudges      []Nudge    // planned in it
	Moments     []Moment   // in it
	Results     []Result   // in it and before it
	Usage       []UsageAt  // in it, and the last one before it
	GPUs        []GPUTime  // in it
}

// PastTurn is a turn that ended, and why.
type PastTurn struct {
	Turn    // N, ID, Started, Ended, EndID, Final, Last and Tools only
	Verdict Verdict
}

// Stretch is a time in which an agent was idle, and why.
type Stretch struct {
	From, To time.Time
	Cause    Ending
}

// Result is what a run came to. A run that goes on has one as soon as it has
// reached the target.
type Result struct {
	Agent  ID
	Host   string
	Path   string // of its log
	Index  int    // of the run in the log
	Run    string // its name; clean, one line
	Status string // "running", "finished", "failed" or "stopped"
	Cause  string // why it failed; clean, one line
	Metric string
	Target float64

	Least   float64   // the least value of the metric
	Reached float64   // the step at which the target was reached; see Hit
	Hit     bool      // it was
	At      time.Time // of that step, else of the least value
	Ended   time.Time // when the log was last written
}

// UsageAt is how many tokens a session had used in all at a time.
type UsageAt struct {
	Started time.Time // of the session, as far as is known
	At      time.Time
	Turn    time.Time // when the turn began that ran then; zero if none did
	Usage   Usage     // Input, CachedInput and Output only
}

// GPUTime is how long the GPUs of an agent's jobs were held in a part of the
// span, summed over the GPUs. Where nothing looked at them, they were neither
// seen busy nor idle.
type GPUTime struct {
	At         time.Time // when that part began
	Held       time.Duration
	Busy, Idle time.Duration
}
