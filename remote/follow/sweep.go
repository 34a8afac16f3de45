package follow

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"time"

	"vigil/remote"
)

// sweep is the state of a running Follower. Run's goroutine has it; lanes have
// copies, and the position of the file that they read.
type sweep struct {
	f     *Follower
	host  remote.Host
	watch *watcher
	roots []*root
	asked map[ask]*file
	dirs  map[string]*dir
	files map[string]*file // never forgotten: what was read must not be read again

	later   agenda // by when they are due
	backlog agenda // files that have not been read, by age
	focus   map[string]bool
	watched []*file // in focus, those that are known
	turn    bool    // the backlog's, of the two

	began   time.Time
	answers chan func()
	lanes   int       // in use
	bytes   int       // asked for
	room    int       // how many may be
	cut     time.Time // when they were last made fewer
	spare   [][]byte  // buffers of the size little
	large   [][]byte  // and of the size batch

	down  bool // the host cannot be reached
	retry time.Time
	wait  time.Duration

	unread int       // files
	dirty  bool      // positions have changed since they were told
	saved  time.Time // when they were told
	full   bool      // told that there are too many files or folders
}

type root struct {
	key, path string
	patterns  []pattern
	pending   int  // folders to be listed, and files to be read, for the first time
	loaded    bool // there are none left
}

func newSweep(f *Follower) *sweep {
	return &sweep{
		f: f, host: f.opt.Host, watch: newWatcher(f.opt.Host), asked: map[ask]*file{}, dirs: map[string]*dir{}, files: f.files,
		began: time.Now(), answers: make(chan func(), maxLanes), room: someBytes, saved: time.Now(),
	}
}

// sync takes what Add, AddFile, Focus and their like have left.
func (s *sweep) sync() {
	s.f.mu.Lock()
	roots, asked := maps.Clone(s.f.roots), maps.Clone(s.f.asked)
	s.focus = maps.Clone(s.f.focus)
	s.f.mu.Unlock()
	s.syncRoots(roots)
	s.syncAsked(asked)
	for _, f := range s.watched {
		f.focus = s.focus[f.path]
	}
	s.watched = s.watched[:0]
	for name := range s.focus {
		if f := s.files[name]; f != nil {
			s.watched = append(s.watched, f)
			if !f.focus {
				f.focus = true
				s.soon(f)
			}
		}
	}
}

func (s *sweep) syncRoots(want map[string]string) {
	s.roots = slices.DeleteFunc(s.roots, func(r *root) bool {
		if want[r.key] == r.path {
			delete(want, r.key)
			return false
		}
		s.drop(r)
		r.loaded = true // nobody waits for it any more
		return true
	})
	for key, p := range want {
		r := &root{key: key, path: p, patterns: compile(s.f.opt.Patterns), pending: 1}
		s.roots = append(s.roots, r)
		s.addDir(p, view{root: r})
		s.came(r) // all that there is, if there is no room for it
	}
}

func (s *sweep) syncAsked(want map[ask]bool) {
	for a, f := range s.asked {
		if !want[a] {
			delete(s.asked, a)
			f.asked--
		}
	}
	for a := range want {
		if s.asked[a] != nil {
			continue
		}
		f := s.files[a.path]
		if f == nil {
			if f = s.newFile(a.key, a.path, stamp{}); f == nil {
				continue
			}
			f.careful, f.active = true, time.Now() // it is awaited
		}
		s.asked[a] = f
		f.asked++
		s.soon(f)
	}
}

// drop leaves what only this root holds.
func (s *sweep) drop(r *root) {
	for p, d := range s.dirs {
		if d.views = slices.DeleteFunc(d.views, func(v view) bool { return v.root == r }); len(d.views) == 0 {
			s.removeDir(p, d)
		}
	}
	for p, f := range s.files {
		f.listed = f.listed && s.dirs[path.Dir(p)].fits(path.Base(p))
	}
}

// newFile begins to follow a file, from where an earlier process left it. It
// returns nil if there are too many.
func (s *sweep) newFile(key, name string, is stamp) *file {
	if len(s.files) >= maxFiles {
		s.tooMany(key, name, fmt.Errorf("more than %d logs: the others are not followed", maxFiles))
		return nil
	}
	f := &file{path: name, key: key, seen: is}
	src := remote.Source{Key: key, Host: s.host.Name(), Path: name}
	f.sink = s.f.opt.Sink(src)
	s.resume(f, src)
	s.unread++
	s.f.mu.Lock()
	s.files[name] = f
	s.f.state.Files, s.f.state.Unread = len(s.files), s.unread
	s.f.mu.Unlock()
	if f.focus = s.focus[name]; f.focus {
		s.watched = append(s.watched, f)
	}
	return f
}

func (s *sweep) tooMany(key, name string, err error) {
	if !s.full {
		s.full = true
		s.f.opt.Problem(key, name, err)
	}
}

// soon has a file looked at at once, or nearly so if it just was.
func (s *sweep) soon(f *file) { s.due(f, f.looked.Add(gather)) }

// came counts what a root held at first.
func (s *sweep) came(r *root) {
	if r.pending--; r.pending == 0 && !r.loaded {
		r.loaded = true
		s.f.opt.Loaded(r.key)
	}
}

// notice takes what the system tells: something at the path has changed.
func (s *sweep) notice(p string) {
	if f := s.files[p]; f != nil {
		if f.wanted() {
			s.soon(f)
		}
		return
	}
	d := s.dirs[path.Dir(p)]
	if d == nil || s.dirs[p] != nil {
		return
	}
	fi, err := s.host.Stat(p) // there are notices only on a local host
	if err != nil {
		return // gone again
	}
	s.entry(d, found{path.Base(p), fi})
}

// buffer returns room for some bytes, within bounds.
func (s *sweep) buffer(n int64) []byte {
	list, size := &s.spare, little
	if n > little {
		list, size = &s.large, batch
	}
	if k := len(*list); k > 0 {
		b := (*list)[k-1]
		*list = (*list)[:k-1]
		return b
	}
	return make([]byte, size)
}

// release takes a buffer back.
func (s *sweep) release(b []byte) {
	if len(b) == batch {
		s.large = append(s.large, b)
		return
	}
	s.spare = append(s.spare, b)
}
