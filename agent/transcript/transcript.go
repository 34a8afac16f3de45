// Package transcript turns the session files of agent CLIs into events
// ([agent.Event]) that [agent.Session] folds into what an agent is doing.
//
// Start with [Reader], which takes one line of a file at a time ([NewReader];
// claude*.go, codex*.go, gemini.go and qwen.go hold one format each). [Scan] and [Replay] read whole
// files, [Tail] a growing one from its last turn on, [Follower] many of those at
// once, and [Find] says which file belongs to a process.
//
// The formats are undocumented and change monthly, so behaviour is keyed on what
// a line holds and never on a version; what is not known is skipped and counted.
package transcript

import (
	"errors"
	"fmt"
	"io"
	"time"

	"vigil/agent"
)

// Reader reads one session file, line by line and in order. It is not safe for
// concurrent use. The same lines give the same events, ids included, whoever
// reads them and in whatever pieces they were written.
type Reader interface {
	// Line takes one line, with or without its newline, and calls emit for each
	// event in it. It keeps no reference to line.
	Line(line []byte, emit func(agent.Event))
	// Skipped counts what was not understood or does not matter, by type.
	Skipped() map[string]int
}

// format is what this package needs of a format beside reading it.
type format interface {
	Reader
	// starts tells what a line says of where a turn begins, seen from its end:
	// Tail asks while it goes backwards, so that state is of later lines.
	starts(line []byte) start
	// marks reports whether a turn that a line only echoes begins at another
	// line before it, in this file.
	marks(f io.ReaderAt) (bool, error)
	// needles are strings, one of which is in each line that may start or end
	// a background task.
	needles() [][]byte
}

// start is the answer of format.starts.
type start uint8

const (
	inside start = iota // this line does not begin a turn
	begins              // this line begins a turn
	echoes              // follows the line that begins a turn, if marks says so; else begins it
	heads               // begins a turn if an echo comes after it
)

// ErrFormat is returned for a file that is no session file of a known kind.
var ErrFormat = errors.New("not a session file of a known agent")

// NewReader returns a reader for the session files of an agent kind.
func NewReader(kind agent.Kind) (Reader, error) {
	f, err := newFormat(kind)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func newFormat(kind agent.Kind) (format, error) {
	switch kind {
	case agent.Claude:
		return newClaude(), nil
	case agent.Codex:
		return newCodex(), nil
	case agent.Gemini:
		return newGemini(), nil
	case agent.Qwen:
		return newQwen(), nil
	}
	return nil, fmt.Errorf("read a session of kind %q: %w; vigil reads files of %s, %s, %s and %s",
		kind, ErrFormat, agent.Claude, agent.Codex, agent.Gemini, agent.Qwen)
}

// Detect tells by one line which agent wrote a session file. Not every line
// tells; of the first few, one does.
func Detect(line []byte) (agent.Kind, bool) {
	var payload, session, uuid, origin, hash bool
	var typ string
	walk(line, func(key string, v raw) bool {
		switch key {
		case "type":
			typ = v.text(64)
		case "payload":
			payload = v.isObject()
		case "sessionId":
			session = v.isString()
		case "uuid", "parentUuid":
			uuid = true
		case "provenance":
			origin = v.isString()
		case "projectHash":
			hash = v.isString()
		}
		return true
	})
	switch {
	case payload && typ != "":
		return agent.Codex, true
	case hash && session:
		return agent.Gemini, true
	case origin && session:
		return agent.Qwen, true
	case typ != "" && (session || uuid):
		return agent.Claude, true
	}
	return "", false
}

// Bounds on what is kept of foreign text, in bytes.
const (
	maxText    = 64 << 10 // of a message
	maxExcerpt = 300      // of a tool's result
	maxSummary = 200      // of a call or task; the contract of agent.Call
	maxKept    = 1024     // entries of a map that a file could grow for ever
)

// counter counts what a reader skips.
type counter map[string]int

// skip counts one thing; a file cannot grow the counter without bound.
func (c counter) skip(what string) {
	if _, ok := c[what]; !ok && len(c) >= maxKept {
		what = "other"
	}
	c[what]++
}

// clean makes foreign text safe and bounds it.
func clean(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return agent.Clean(s)
}

// stamp parses a time stamp of a session file; it returns old for one that is
// missing or makes no sense.
func stamp(v raw, old time.Time) time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.text(64))
	if err != nil {
		return old
	}
	return t
}

// epoch turns a number of seconds or milliseconds since 1970 into a time; zero
// for what cannot be one.
func epoch(n int64) time.Time {
	switch {
	case n <= 0:
		return time.Time{}
	case n > 1e14:
		return time.Time{}
	case n > 1e11:
		return time.UnixMilli(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}
