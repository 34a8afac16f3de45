// Package simagent plays coding agents for the demo and for tests: it writes
// real-format session files, plans, scratchpads and training logs, and behaves
// in a terminal as the CLIs do, without a model behind it. Start with [Create],
// which makes an [Actor] and its workspace, and [Actor.Run], which plays its
// story. The stories (story.go) are those of the incident that vigil was made
// for: an agent that declares itself finished again and again, one that grinds
// and one that rightly waits.
package simagent

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"vigil/agent"
)

// Actor is one simulated agent. It is kept in a file, so that a later process
// (a headless resume) can go on with it.
type Actor struct {
	Name      string
	Kind      agent.Kind
	Home      string // the private home folder, where the CLI keeps its files
	Workspace string
	Session   string  // id
	File      string  // the session file
	Speed     float64 // story seconds in one real second
	Turn      int     // turns played
	Parent    string  // the last line's id, to which the next one refers
	Ordinal   int     // lines written, for the format that counts them

	path string // the actor's own file
}

// Names lists the agents that have a story.
func Names() []string { return []string{"opus-v3", "codex-v3", "opus-nov"} }

// Create makes the workspace and the private home entries of the named agent
// below root, and its file, whose path it returns.
func Create(root, name string, speed float64) (string, error) {
	a := Actor{
		Name: name, Kind: agent.Claude, Home: filepath.Join(root, "home"),
		Workspace: filepath.Join(root, "agents", name), Session: newID(), Speed: speed,
		path: filepath.Join(root, name+".json"),
	}
	switch name {
	case "codex-v3":
		a.Kind = agent.Codex
	case "opus-v3", "opus-nov":
	default:
		return "", fmt.Errorf("simulated agent %q: no such story; there are %v", name, Names())
	}
	a.File = sessionFile(a)
	if err := os.MkdirAll(filepath.Dir(a.File), 0o700); err != nil {
		return "", err
	}
	if err := furnish(a); err != nil {
		return "", err
	}
	return a.path, a.save()
}

// Load reads an actor's file.
func Load(path string) (*Actor, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("simulated agent: %w", err)
	}
	a := &Actor{path: path}
	if err := json.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("simulated agent %s: %w", path, err)
	}
	if a.Speed <= 0 {
		return nil, fmt.Errorf("simulated agent %s: speed %v: must be above 0", path, a.Speed)
	}
	return a, nil
}

func (a *Actor) save() error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return replaceFile(a.path, b)
}

// replaceFile writes a file so that a reader sees the old or the new one.
func replaceFile(path string, b []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

var notAlnum = regexp.MustCompile(`[^A-Za-z0-9]`)

// sessionFile is where the real CLI keeps the session: Claude Code by working
// folder, Codex by date.
func sessionFile(a Actor) string {
	if a.Kind == agent.Claude {
		folder := notAlnum.ReplaceAllString(a.Workspace, "-")
		return filepath.Join(a.Home, ".claude", "projects", folder, a.Session+".jsonl")
	}
	now := time.Now()
	return filepath.Join(a.Home, ".codex", "sessions", now.Format("2006/01/02"),
		"rollout-"+now.Format("2006-01-02T15-04-05")+"-"+a.Session+".jsonl")
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// shortID returns a short random id, as the CLIs give to background tasks.
func shortID() string { return newID()[:8] }
