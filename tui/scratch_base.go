package tui

import (
	"fmt"
	"time"

	"vigil/agent"
	"vigil/agent/workspace"
)

// base is what the files of a scratchpad are compared with.
type base uint8

const (
	lastChange base = iota // what each file was before its last change
	lastLook               // what it was when the person last marked it as seen
	lastTurn               // ... before the agent's last turn
	lastHour               // ... an hour ago
	atStart                // ... when the agent was first seen
	bases
)

// baseTime is when a base was; zero for the last change, which each file had
// at a time of its own, and for a start that is not known.
func (p *scratchPane) baseTime() time.Time {
	v, now := p.look.v, p.look.now
	switch p.base {
	case lastLook:
		return p.seen[v.ID]
	case lastTurn:
		return v.Turn.Started
	case lastHour:
		return now.Add(-time.Hour)
	case atStart:
		return v.Started
	}
	return time.Time{}
}

// baseWords says what the files are compared with.
func (p *scratchPane) baseWords() string {
	at := ""
	if t := p.baseTime(); !t.IsZero() {
		at = ", " + moment(p.look.now, t)
	}
	switch p.base {
	case lastLook:
		if p.marked[p.look.v.ID] {
			return "since you marked all as seen" + at
		}
		return "since your first look" + at
	case lastTurn:
		if n := p.look.v.Turn.N; n > 0 {
			return fmt.Sprintf("since turn %d began%s", n, at)
		}
		return "since the turn began" + at
	case lastHour:
		return "since 1 h ago" + at
	case atStart:
		return "since the start" + at
	}
	return "its last change"
}

// moment says a time of day, with its day where that is another one.
func moment(now, t time.Time) string {
	t = t.In(now.Location())
	switch d := now.Sub(t); {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04")
	case d < 6*24*time.Hour && d > -6*24*time.Hour:
		return t.Format("Mon 15:04")
	}
	return t.Format("2 Jan 15:04")
}

// comparison is what a file is to be compared with.
type comparison struct {
	key   pairKey
	kept  bool // what the snapshot says of its last change is all there is
	same  bool // nothing has changed since: it is shown as it is
	first bool // it was found like that: there is no version before

	oldest time.Time // the version that it is compared with, where none is kept of then
}

// pairKey names two versions of a file. An empty hash is no file.
type pairKey struct{ path, from, to string }

// compare says which versions of a file are to be compared. at is when the
// base was; the zero time is the last change.
func compare(f *agent.FileChange, b base, at time.Time) comparison {
	vs := f.Versions
	n := len(vs)
	c := comparison{key: pairKey{path: f.Path}}
	switch {
	case n == 0:
		c.kept = true
		if b != lastChange {
			c.same = !f.At.After(at)
		}
		return c
	case f.Deleted:
		c.key.from = vs[n-1].Hash
		c.kept = b == lastChange
	default:
		c.key.to = vs[n-1].Hash
	}
	if b == lastChange {
		switch {
		case f.Deleted:
		case n > 1:
			c.key.from = vs[n-2].Hash
		default:
			if c.first = vs[0].Turn == 0; c.first {
				c.key.from = c.key.to
			}
		}
		return c
	}
	then := before(vs, at)
	switch {
	case then >= 0:
		c.key.from = vs[then].Hash
	case vs[0].Turn > 0 && n < workspace.Listed: // written while vigil watched: there was none before
		c.key.from = ""
	default:
		c.key.from = vs[0].Hash
		c.oldest = vs[0].At
	}
	if f.Deleted && !f.At.After(at) {
		c.key.to = c.key.from
	}
	c.same = c.key.from == c.key.to
	return c
}

// before returns the last version that a file had at a time, or -1.
func before(vs []agent.Version, at time.Time) int {
	for i := len(vs) - 1; i >= 0; i-- {
		if !vs[i].At.After(at) {
			return i
		}
	}
	return -1
}
