package tui

import (
	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/agent/workspace"
)

// paired is what two versions of a file are to one another.
type paired struct {
	tally
	diff  *difference // nil where only the lines were counted
	table *table      // the newer one, where it is one
	err   error
}

// tally counts the lines of a difference.
type tally struct{ added, removed int }

// pairsRead brings differences that were asked for. They are of contents, and
// so never out of date.
type pairsRead struct {
	got map[pairKey]*paired
}

// What is kept of what was read, and asked for at once.
const (
	maxPairs    = 12
	maxTallies  = 4096
	pairsAtOnce = 16
	maxUnified  = 1 << 20 // bytes of a diff
)

// readPairs has the differences read that are on screen, the selected file's
// first.
func (m *Model) readPairs() tea.Cmd {
	p := &m.files
	if m.tabs[m.tab].pane != pane(p) || p.reading || len(p.rows) == 0 {
		return nil
	}
	var whole, count []pairKey
	if c := p.cmp; !c.kept && p.pairs[c.key] == nil {
		whole = append(whole, c.key)
	}
	at := p.baseTime()
	for i := p.top; i < min(p.top+p.listRect().H, len(p.rows)) && len(count) < pairsAtOnce; i++ {
		f := p.fileAt(i)
		if c := compare(f, p.base, at); p.counted(f, c) && !c.same {
			if _, ok := p.tallies[c.key]; !ok {
				count = append(count, c.key)
			}
		}
	}
	if len(whole)+len(count) == 0 {
		return nil
	}
	p.reading = true
	read := p.read
	return func() tea.Msg {
		msg := pairsRead{map[pairKey]*paired{}}
		for _, k := range count {
			msg.got[k] = readPair(read, k, false)
		}
		for _, k := range whole {
			msg.got[k] = readPair(read, k, true)
		}
		return msg
	}
}

// readPair reads two versions and compares them.
func readPair(read func(string) (string, error), k pairKey, whole bool) *paired {
	var t texts
	for _, v := range []struct {
		hash string
		to   *string
	}{{k.from, &t.before}, {k.to, &t.after}} {
		if v.hash == "" {
			continue
		}
		var err error
		if *v.to, err = read(v.hash); err != nil {
			return &paired{err: err}
		}
	}
	t.whole = true
	out := &paired{}
	var unified string
	unified, out.added, out.removed = workspace.DiffUpTo(maxUnified, k.path, t.before, t.after)
	if whole {
		if k.from == k.to {
			out.diff = asItIs(k.path, t.after)
		} else {
			out.diff = newDifference(k.path, unified, t)
		}
		out.table = newTable(k.path, t.before, t.after)
	}
	return out
}

// keptPair is what a snapshot itself tells of a file's last change.
func keptPair(f *agent.FileChange) *paired {
	out := &paired{tally: tally{f.Added, f.Removed}}
	if f.Diff != "" {
		out.diff = newDifference(f.Path, f.Diff, texts{})
		out.table = appendedTable(f.Path, out.diff)
	}
	return out
}

// onPairs takes over what was read.
func (p *scratchPane) onPairs(msg pairsRead) {
	p.reading = false
	if p.pairs == nil || len(p.pairs) > maxPairs {
		p.pairs = map[pairKey]*paired{}
	}
	if p.tallies == nil || len(p.tallies) > maxTallies {
		p.tallies = map[pairKey]*tally{}
	}
	for k, q := range msg.got {
		if q.diff != nil || q.err != nil {
			p.pairs[k] = q
		}
		p.tallies[k] = nil
		if q.err == nil {
			p.tallies[k] = &q.tally
		}
	}
	p.pick(p.at)
}

// counted reports whether a file's lines are counted here: the snapshot counts
// those of its last change.
func (p *scratchPane) counted(f *agent.FileChange, c comparison) bool {
	return !c.kept && (p.base != lastChange || p.look.past && !f.Deleted)
}
