package agent

import "time"

// Signs is what an event tells of how the work goes, where it tells anything:
// at most 128 trials, 16 checks and 32 edits, whatever the event holds.
type Signs struct {
	Trials  []Trial
	Checks  []Check
	Edits   []Edit
	Thought *Thought
	Done    bool // the call declares the goal to be reached
}

// Trial is one finished training run of a candidate.
type Trial struct {
	At      time.Time
	Run     string  // its log, where told; clean
	Horizon int64   // the steps that it was planned for and did; 0 where not told
	Loss    float64 // the metric at its end
	Took    float64 // seconds of training; 0 where not told
}

// Check is a verifier's word on a set of trials.
type Check struct {
	Losses []float64 // of the trials, where told; at most 64
	Mean   float64
	Pass   bool
}

// Edit is one change of a file. Lines are known by their hashes, so that an
// edit stays small and tells no text.
type Edit struct {
	Path  string   // clean
	Lines []uint64 // the changed lines, taken out and put in, with their numbers masked; empty where not told
	Out   uint64   // of the whole text taken out, and put in: an edit with
	In    uint64   // the two swapped takes this one back; 0 where not told
	Knobs []string // what the numbers that differ are called; clean, at most 8
}

// Thought is a long block of thinking.
type Thought struct {
	Size  int     // bytes
	Ratio float64 // of its size compressed (zlib) to its size; text that repeats itself is below 0.1
}
