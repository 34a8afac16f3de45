// Package workspace reads what an agent writes for itself: the goal, the plan
// and the scratchpad. Start with [Watcher], which follows the files of one
// workspace and gives each change as a new [State]; [Root] finds the workspace
// of a folder, [Items] reads a plan, and [Diff]
// compares two versions. Text is made clean when it is read, so that whatever
// is in a State may be shown.
package workspace

import (
	"context"
	"time"

	"vigil/agent"
)

// Listed is how many versions of a file a State lists, at most: the newest.
const Listed = 200

// Limits of what is watched. Beyond them a State says so.
const (
	maxFile   = 1 << 20   // bytes of a file that is compared and kept
	maxData   = 256 << 10 // bytes of a data file (.jsonl, .csv) that is no ledger
	maxFiles  = 5000
	maxWatch  = 512      // folders
	maxTexts  = 32 << 20 // bytes of text held for comparing
	maxGone   = 200      // deleted files that a State lists
	maxLedger = 64 << 20 // bytes of a ledger whose new lines are shown
)

const (
	quiet    = 50 * time.Millisecond  // without an event: a burst is over
	latest   = 500 * time.Millisecond // a burst is shown after this, over or not
	pollEach = 10 * time.Second       // a look at everything, since watches miss events
	pollOnly = 2 * time.Second        // the same where nothing can be watched
	// racy is the age below which a file's time stamp may hide a later write.
	racy = 2 * time.Second
	// racyFar is the same where time stamps have whole seconds, and another clock.
	racyFar = 4 * time.Second
	// maxFetch bounds the files of another machine that one look reads ahead.
	maxFetch = 64
)

// State is what a workspace holds. It is never written to once made.
type State struct {
	Goal, Plan agent.Document     // with paths relative to the workspace; zero if there is none
	Files      []agent.FileChange // of the scratchpad, newest first
	Tried      []string           // what the notes call tried and closed, the newest first
	Problem    string             // what cannot be watched, and what to do; empty if all can
}

// Store keeps the versions of files. The journal is one.
type Store interface {
	// PutVersion keeps content; a content that the file had just before is not
	// kept twice, and its version returned.
	PutVersion(ctx context.Context, workspace, path string, at time.Time, turn int, content []byte) (agent.Version, error)
	// Versions returns the versions of a file, oldest first.
	Versions(ctx context.Context, workspace, path string) ([]agent.Version, error)
	// Content returns what a version held.
	Content(ctx context.Context, hash string) ([]byte, error)
}

// Options are what a Watcher may be given; the zero value watches and keeps
// nothing.
type Options struct {
	Keep    Store         // keeps versions; nil keeps none
	Turn    func() int    // the agent's turn now; nil is 0. It may be called at any time
	Changed func(State)   // called by Run, once for each change
	Poll    time.Duration // between looks at everything; 0 is 10 s

	Files agent.Files          // of another machine, which is polled; nil is this one
	Key   string               // names the workspace in Keep; empty is its path
	Ahead func() time.Duration // how far the files' clock is ahead of ours; nil is not at all
}
