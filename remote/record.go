package remote

import (
	"math"
	"time"
)

// RecordKind says what a Record tells.
type RecordKind uint8

// The kinds of records.
const (
	Point    RecordKind = iota // values at a step
	Aside                      // values told about an earlier step, which the run is past
	RunStart                   // a run starts in the file; Text labels it where the log does
	RunEnd                     // the log says that the run came to its end
	Failure                    // the run was ended by Text
	Note                       // something happened at Step; Text tells
	Setting                    // the run was configured so: Key is Text
)

// Record is what a line of a training log tells. Metrics belongs to the
// parser and is valid only until the callback that got the record returns;
// everything else may be kept.
type Record struct {
	Kind    RecordKind
	Run     int     // counts the runs in the file, from 0
	Step    int64   // -1 where the line tells none
	Plan    int64   // how many steps are planned; 0 where not told
	Wall    float64 // seconds of training since the run's start; NaN where not told
	Metrics []Metric
	Key     string // of a Setting, as the log calls it; clean
	Text    string // clean, one line; of a Setting its value
}

// Metric is one value. Name is canonical ("val_loss", "train_loss", "lr",
// "step_avg", ...) where the metric is known, and Raw is what the log calls
// it. Times are in seconds, memory in GiB where the log tells a unit. Value is
// NaN or infinite where the log says so.
type Metric struct {
	Name, Raw string
	Value     float64
}

// NoWall is Record.Wall where the log does not tell the time.
func NoWall() float64 { return math.NaN() }

// Parser turns the bytes of one file into records.
type Parser interface {
	// Feed takes the next bytes, cut anywhere.
	Feed(chunk []byte, emit func(Record))
	// Flush takes an unfinished last line as finished: at the end of a file
	// that will not grow.
	Flush(emit func(Record))
	// Restart drops an unfinished line: another file follows under the same
	// name. What was told of runs stands, and the file may continue it.
	Restart()
}

// Source names a file.
type Source struct {
	Key  string // whose it is: an agent's id, or what the caller likes
	Host string
	Path string
}

// Sink takes what a Source tells. Its methods are called by one goroutine at a
// time.
type Sink interface {
	Add(Record)
	// Reset drops all that was told of the file before, by an earlier process
	// too: the file is read anew from its start.
	Reset()
	// Seen says that the file was last written at mod.
	Seen(mod time.Time)
	// Quiet says that the file has not grown for long and is left alone.
	Quiet()
}
