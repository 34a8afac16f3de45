package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"vigil/agent"
)

var (
	errNotPlain = errors.New("it is no regular file")
	errReplaced = errors.New("it was replaced while it was read")
)

// found is one file of a scan.
type found struct {
	rel string
	in  os.FileInfo
}

// sweep is one look at everything.
type sweep struct {
	w       *Watcher
	files   []found
	folders map[string]bool // absolute, seen
	queue   []string        // folders to read, relative
	failed  []string        // folders that could not be read, relative
	full    bool            // more files than the limit
	seen    int             // names read
	lists   map[string]listing
}

// listing is a folder of another machine that was listed ahead.
type listing struct {
	entries []os.DirEntry
	err     error
}

// scan looks at everything and reads what has changed.
func (w *Watcher) scan(ctx context.Context) {
	w.limited, w.unread = "", ""
	in, err := w.disk.stat(w.dir)
	if err == nil && !in.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		w.vanished(err)
		return
	}
	w.gone = ""
	s := sweep{w: w, folders: map[string]bool{w.dir: true}}
	w.watch(w.dir, in)
	s.root()
	for len(s.queue) > 0 && !s.full && ctx.Err() == nil {
		s.ahead()
		next := s.queue[0]
		s.queue = s.queue[1:]
		s.folder(next)
	}
	for dir := range w.watched {
		if !s.folders[dir] && !s.full {
			w.forget(dir)
		}
	}
	s.read(ctx)
}

// vanished notes that the workspace cannot be read. What was seen stays: a
// network file system may be back in a moment.
func (w *Watcher) vanished(err error) {
	if errors.Is(err, fs.ErrNotExist) {
		w.gone = "the folder is gone; it is looked for every second"
	} else {
		w.gone = "the folder cannot be read (" + reason(err) + "); it is tried every second"
	}
	for dir := range w.watched {
		w.forget(dir)
	}
}

// root reads the workspace itself: documents, drafts beside them, scratchpads.
func (s *sweep) root() {
	for _, e := range s.list(".") {
		name := e.Name()
		path := filepath.Join(s.w.dir, name)
		switch {
		case padDir(name):
			// A scratchpad is often a link to a larger disk; links within it
			// are not followed.
			if in, err := s.w.disk.stat(path); err == nil && in.IsDir() {
				s.queue = append(s.queue, name)
			}
		case inRoot(name):
			in, err := e.Info()
			if err == nil && in.Mode()&fs.ModeSymlink != 0 {
				in, err = s.w.plainFile(path, document(name))
			}
			if err == nil && in.Mode().IsRegular() {
				s.files = append(s.files, found{name, in})
			}
		}
	}
}

// ahead lists the next folders of another machine, some at a time.
func (s *sweep) ahead() {
	if _, ok := s.lists[s.queue[0]]; ok || !s.w.far() {
		return
	}
	next := s.queue[:min(len(s.queue), atOnce)]
	got := make([]listing, len(next))
	together(len(next), func(i int) {
		got[i].entries, got[i].err = s.w.disk.list(filepath.Join(s.w.dir, next[i]), 4*maxFiles)
	})
	s.lists = make(map[string]listing, len(next))
	for i, rel := range next {
		s.lists[rel] = got[i]
	}
}

// folder reads one folder of a scratchpad.
func (s *sweep) folder(rel string) {
	path := filepath.Join(s.w.dir, rel)
	if !s.w.far() {
		in, err := os.Stat(path)
		if err != nil {
			return
		}
		s.folders[path] = true
		if !logDir(rel) {
			s.w.watch(path, in) // before it is read: what comes later is an event
		}
	}
	for _, e := range s.list(rel) {
		name := e.Name()
		child := filepath.Join(rel, name)
		switch {
		case e.IsDir():
			if !skipped(name) {
				s.queue = append(s.queue, child)
			}
		case e.Type().IsRegular() && !passing(name):
			if in, err := e.Info(); err == nil {
				s.files = append(s.files, found{child, in})
			}
		}
		if len(s.files) >= maxFiles {
			s.full = true
			return
		}
	}
}

// list reads a folder, at most as much of it as is watched.
func (s *sweep) list(rel string) []os.DirEntry {
	left := max(4*maxFiles-s.seen, 1)
	l, ok := s.lists[rel]
	if !ok {
		l.entries, l.err = s.w.disk.list(filepath.Join(s.w.dir, rel), left)
	}
	es := l.entries[:min(len(l.entries), left)]
	s.seen += len(es)
	s.full = s.full || s.seen >= 4*maxFiles
	if l.err != nil {
		s.missed(rel, l.err)
	}
	return es
}

func (s *sweep) missed(rel string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		return // deleted meanwhile
	}
	s.failed = append(s.failed, rel)
	if s.w.far() && !told(err) {
		s.w.gone = "it cannot be read now (" + reason(err) + ")"
		return
	}
	s.w.unread = fmt.Sprintf("%s cannot be read (%s); check its rights", agent.CleanLine(rel, 100), reason(err))
}

// read takes in what the sweep found, and what it did not find any more.
func (s *sweep) read(ctx context.Context) {
	w := s.w
	if s.full {
		w.limited = fmt.Sprintf("more than %d files: the others are not shown; move logs and data elsewhere", maxFiles)
	}
	// The newest first: they are what the memory for texts is for.
	slices.SortFunc(s.files, func(a, b found) int {
		return cmp.Or(b.in.ModTime().Compare(a.in.ModTime()), cmp.Compare(a.rel, b.rel))
	})
	w.fetch(s.files)
	seen := make(map[string]bool, len(s.files))
	for _, f := range s.files {
		if ctx.Err() != nil {
			return
		}
		seen[f.rel] = true
		w.visit(ctx, f.rel, f.in)
	}
	for rel, f := range w.files {
		if !seen[rel] && !f.change.Deleted && !s.under(rel) {
			w.visit(ctx, rel, nil)
		}
	}
	w.fetched = nil
	w.trim()
}

// fetch reads ahead what has changed on another machine, some at a time, and
// the newest first.
func (w *Watcher) fetch(files []found) {
	if !w.far() {
		return
	}
	var due []found
	for _, f := range files {
		if old := w.files[f.rel]; len(due) < maxFetch && kindOf(f.rel, f.in.Size()) == text && (old == nil || !w.unchanged(old, f.in)) {
			due = append(due, f)
		}
	}
	got := make([]fetched, len(due))
	together(len(due), func(i int) {
		got[i].data, got[i].in, got[i].err = w.slurp(filepath.Join(w.dir, due[i].rel), due[i].in, 0, maxFile+1)
	})
	w.fetched = make(map[string]fetched, len(due))
	for i, f := range due {
		w.fetched[f.rel] = got[i]
	}
}

// fetched is a file of another machine that was read ahead.
type fetched struct {
	data []byte
	in   os.FileInfo
	err  error
}

// under reports whether the file is in a folder that could not be read: then
// nothing is known of it.
func (s *sweep) under(rel string) bool {
	return slices.ContainsFunc(s.failed, func(dir string) bool {
		return dir == "." || strings.HasPrefix(rel, dir+"/")
	})
}

// plainFile returns what a name stands for if that is a regular file. follow
// allows a link, but to a text only: an agent could link its plan to a key.
func (w *Watcher) plainFile(path string, follow bool) (os.FileInfo, error) {
	in, err := w.disk.lstat(path)
	if err == nil && follow && in.Mode()&fs.ModeSymlink != 0 {
		var to string
		if to, err = w.disk.real(path); err != nil {
			return nil, err
		}
		if ext := strings.ToLower(filepath.Ext(to)); ext != ".md" && ext != ".txt" {
			return nil, errNotPlain
		}
		in, err = w.disk.lstat(to)
	}
	if err != nil {
		return nil, err
	}
	if !in.Mode().IsRegular() {
		return nil, errNotPlain
	}
	return in, nil
}

// slurp reads at most so many bytes of a regular file, from an offset.
// The file must still be the one that was looked at.
func (w *Watcher) slurp(path string, was os.FileInfo, offset, most int64) ([]byte, os.FileInfo, error) {
	f, err := w.disk.open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	in, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !in.Mode().IsRegular() || !sameFile(in, was) {
		return nil, nil, errReplaced
	}
	b, err := io.ReadAll(io.NewSectionReader(f, offset, most))
	return b, in, err
}

// reason is the last part of an error: "permission denied".
func reason(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no.Error()
	}
	return agent.CleanLine(err.Error(), 200)
}

// unwatch notes that the system gives no watch, or no more of them.
func (w *Watcher) unwatch(err error) {
	each := min(w.o.Poll, pollOnly)
	what := "no watches (" + reason(err) + ")"
	switch {
	case errors.Is(err, syscall.ENOSPC):
		what += "; raise fs.inotify.max_user_watches"
	case errors.Is(err, syscall.EMFILE):
		what += "; raise fs.inotify.max_user_instances or the limit of open files"
	}
	w.unwatched = what + "; it is looked at every " + each.Round(time.Millisecond).String()
}
