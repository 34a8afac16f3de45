package transcript

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"vigil/agent"
)

// pollEvery is how often every file is looked at beside the watching, which
// misses events (network file systems, full queues, folders made later).
const pollEvery = 2 * time.Second

// Batch is news of one followed file.
type Batch struct {
	Key     string
	Events  []agent.Event
	Err     error // why the file cannot be read (further) now; it is tried again
	Started bool  // the file was read anew: what was told before is void
}

// Follower follows many session files with one watcher. Files of this machine
// ([OS]) are read within milliseconds of being written; those of others are
// polled. Methods but Run may be called from any goroutine, also from the sink.
type Follower struct {
	files   Files
	sink    func(Batch)
	watcher *fsnotify.Watcher // nil for files of another machine

	mu      sync.Mutex
	pending []change
	asked   []*wait // by Sync
	hurry   bool    // by Look
	wake    chan struct{}

	// The rest belongs to Run's goroutine.
	tails map[string]*followed
	dirs  map[string]bool // watched folders
	far   farRun
}

// followed is one file of a Follower.
type followed struct {
	key, path string
	tail      *Tail // of another goroutine while busy
	dirty     bool
	told      bool   // the first batch is out
	failure   string // as last told

	// Of another machine's.
	busy   bool
	grewAt time.Time
	waits  []*wait // for the next read to begin
	served []*wait // for the one under way
}

// change is a call of Add or Remove that Run has not seen yet.
type change struct {
	key, path string
	kind      agent.Kind
	remove    bool
}

// NewFollower returns a follower that gives its news to sink, which is called
// from Run's goroutine only and should return soon.
func NewFollower(files Files, sink func(Batch)) (*Follower, error) {
	f := &Follower{
		files: files, sink: sink, wake: make(chan struct{}, 1),
		tails: map[string]*followed{}, dirs: map[string]bool{},
	}
	if _, local := files.(OS); !local {
		return f, nil
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch session files: %w; raise fs.inotify.max_user_instances if it is used up", err)
	}
	f.watcher = w
	return f, nil
}

// Add follows the file at path, which need not exist yet, under a key. A key
// that is followed already changes to the new file.
func (f *Follower) Add(key, path string, kind agent.Kind) {
	f.change(change{key: key, path: filepath.Clean(path), kind: kind})
}

// Remove ends the following of a key. A batch of it may still be on its way.
func (f *Follower) Remove(key string) { f.change(change{key: key, remove: true}) }

func (f *Follower) change(c change) {
	f.mu.Lock()
	f.pending = append(f.pending, c)
	f.mu.Unlock()
	f.rouse()
}

func (f *Follower) rouse() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Run follows until ctx ends, which is no error. It can be called once.
func (f *Follower) Run(ctx context.Context) error {
	if f.watcher == nil {
		return f.runFar(ctx)
	}
	defer f.watcher.Close()
	events, failures := f.watcher.Events, f.watcher.Errors
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.wake:
			f.changes()
			f.watch() // before reading, so that nothing falls between
			f.poll(false)
			f.sync()
		case e := <-events:
			f.touched(e)
			f.drain(events)
			f.poll(false)
		case <-failures: // the queue overflowed, or a folder is gone
			f.poll(true)
		case <-tick.C:
			f.watch()
			f.poll(true)
		}
	}
}

// changes does what Add and Remove asked for.
func (f *Follower) changes() {
	f.mu.Lock()
	todo := f.pending
	f.pending = nil
	f.mu.Unlock()
	for _, c := range todo {
		if old := f.tails[c.key]; old != nil && !old.busy {
			old.abandon()
		}
		if c.remove {
			delete(f.tails, c.key)
			continue
		}
		f.tails[c.key] = &followed{key: c.key, path: c.path, tail: NewTail(f.files, c.path, c.kind), dirty: true}
	}
}

// watch sees to it that the folders of the files are watched, and no others. A
// folder that is not there yet is tried again at the next poll.
func (f *Follower) watch() {
	want := make(map[string]bool, len(f.dirs))
	for _, t := range f.tails {
		want[filepath.Dir(t.path)] = true
	}
	for dir := range f.dirs {
		if !want[dir] {
			_ = f.watcher.Remove(dir) // it may be gone already
			delete(f.dirs, dir)
		}
	}
	for dir := range want {
		if !f.dirs[dir] && f.watcher.Add(dir) == nil {
			f.dirs[dir] = true
		}
	}
}

// touched notes which files an event is about.
func (f *Follower) touched(e fsnotify.Event) {
	if e.Op == fsnotify.Chmod {
		return
	}
	if f.dirs[e.Name] && (e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)) {
		delete(f.dirs, e.Name) // watched again once it is back
	}
	for _, t := range f.tails {
		if t.path == e.Name || t.tail.base.belongs(e.Name) {
			t.dirty = true
		}
	}
}

// drain takes what is queued, so that a burst costs one read.
func (f *Follower) drain(events chan fsnotify.Event) {
	for range 1000 {
		select {
		case e := <-events:
			f.touched(e)
		default:
			return
		}
	}
}

// poll reads the files that were touched, or all.
func (f *Follower) poll(all bool) {
	var due []*followed
	for _, t := range f.tails {
		if t.dirty || (all && f.changed(t)) {
			due = append(due, t)
		}
	}
	if len(due) > 1 {
		slices.SortFunc(due, func(a, b *followed) int {
			if a.key < b.key {
				return -1
			}
			return 1
		})
	}
	for _, t := range due {
		if f.tails[t.key] == t {
			f.read(t)
		}
	}
}

// changed reports whether a file may have news: a look at its size saves
// opening it.
func (f *Follower) changed(t *followed) bool {
	if t.tail.info == nil || t.failure != "" {
		return true
	}
	info, err := os.Stat(t.path)
	return err != nil || info.Size() != t.tail.offset || !os.SameFile(info, t.tail.info)
}

// read reads one file and tells what is new.
func (f *Follower) read(t *followed) {
	t.dirty = false
	events, err := t.tail.Poll()
	f.tell(t, events, err)
}

// tell tells what a read of a file gave. A read that failed begins nothing
// anew, but what it had read before stands.
func (f *Follower) tell(t *followed, events []agent.Event, err error) {
	b := Batch{Key: t.key, Events: events, Err: err, Started: err == nil && (t.tail.Fresh() || !t.told)}
	failure := ""
	if err != nil {
		failure = err.Error()
	}
	news := len(b.Events) > 0 || b.Started || failure != t.failure
	t.failure = failure
	if news {
		t.told = t.told || b.Started
		f.sink(b)
	}
}
