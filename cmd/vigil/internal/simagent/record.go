package simagent

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"vigil/agent"
)

// origin says who a prompt is from.
type origin string

const (
	human  origin = "human"
	notice origin = "task-notification"
)

// record writes the session file of one CLI. Each method appends the lines
// that the CLI would write at that moment, with the real time.
type record interface {
	prompt(text string, from origin) error
	say(text string) error
	call(tool, command string) (id string, err error)
	result(id, output, task string) error // task: the background task it started, if any
	queued(text string) error             // a message came in while the turn runs
	absorbed(text string) error           // and was taken into the turn
	done(task, summary string) error      // a background task ended: its notice
	final(text string, took time.Duration) error
	close() error
}

// jsonl appends lines to the session file. The file stays open, as it does in
// the real CLIs.
type jsonl struct {
	a *Actor
	f *os.File
}

func openLines(a *Actor) (jsonl, error) {
	f, err := os.OpenFile(a.File, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return jsonl{a, f}, err
}

// line is one JSON object.
type line map[string]any

func (j jsonl) write(lines ...line) error {
	for _, l := range lines {
		b, err := json.Marshal(l)
		if err != nil {
			return err
		}
		if _, err := j.f.Write(append(b, '\n')); err != nil {
			return fmt.Errorf("session file: %w", err)
		}
	}
	return nil
}

func (j jsonl) close() error { return j.f.Close() }

// stamp is the time as both CLIs write it.
func stamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// openRecord opens the session file for its kind of CLI. A new file gets its
// head.
func openRecord(a *Actor) (record, error) {
	j, err := openLines(a)
	if err != nil {
		return nil, err
	}
	if a.Kind == agent.Codex {
		return newCodexRecord(j)
	}
	return newClaudeRecord(j)
}
