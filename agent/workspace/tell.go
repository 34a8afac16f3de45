package workspace

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"vigil/agent"
)

// tell makes a new State if anything has changed.
func (w *Watcher) tell() {
	old := w.state.Load()
	s := State{Goal: old.Goal, Plan: old.Plan, Files: old.Files, Tried: old.Tried, Problem: w.problem()}
	if !w.changed && s.Problem == old.Problem {
		return
	}
	if w.changed {
		s.Goal = w.document(w.first(goalNames))
		s.Plan = w.document(w.first(planNames))
		s.Files = w.changes()
		s.Tried = w.tried()
	}
	w.changed = false
	w.state.Store(&s)
	if w.o.Changed != nil {
		w.o.Changed(s)
	}
}

// problem joins what is wrong to one line.
func (w *Watcher) problem() string {
	var out []string
	for _, p := range []string{w.gone, w.unread, w.limited, w.unwatched, w.unkept} {
		if p != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return agent.CleanLine("workspace "+w.dir+": "+strings.Join(out, "; "), 1000)
}

// first returns the path of the document with the earliest of the names: in
// the workspace itself, else in a scratchpad. One that is there wins over one
// that was deleted.
func (w *Watcher) first(names []string) string {
	best, at := "", [3]int{3, 0, 0}
	for rel, f := range w.files {
		base := filepath.Base(rel)
		r := rank(base, names)
		if r < 0 || !document(base) || f.kind != text || strings.Count(rel, "/") > 1 {
			continue
		}
		place := [3]int{0, strings.Count(rel, "/"), r}
		if f.change.Deleted {
			place[0] = 1
		}
		if c := slices.Compare(place[:], at[:]); c < 0 || c == 0 && rel < best {
			best, at = rel, place
		}
	}
	return best
}

func (w *Watcher) document(rel string) agent.Document {
	f := w.files[rel]
	if f == nil {
		return agent.Document{}
	}
	d := agent.Document{Path: f.change.Path, Text: f.text, At: f.change.At, Versions: f.change.Versions}
	switch {
	case f.change.Deleted:
		d.Problem = "deleted; this is its last version"
	case f.change.Note != "":
		d.Problem = f.change.Note
	}
	return d
}

// changes lists the files of the scratchpad, newest first.
func (w *Watcher) changes() []agent.FileChange {
	out := make([]agent.FileChange, 0, len(w.files))
	for rel, f := range w.files {
		if strings.Contains(rel, "/") || !document(rel) {
			out = append(out, f.change)
		}
	}
	slices.SortFunc(out, func(a, b agent.FileChange) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Path, b.Path))
	})
	return out
}
