package workspace

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watcher follows the files of one workspace. Events of the file system say
// where to look, and a slow poll looks at everything, since watches miss what
// happens on network file systems, in bursts, and while a folder is new.
//
// Only Run touches the fields below state.
type Watcher struct {
	dir   string
	key   string // under which versions are kept
	disk  disk
	o     Options
	state atomic.Pointer[State]

	files   map[string]*file // by path relative to dir
	texts   int              // bytes of text held in files
	changed bool             // since the last State
	started bool             // the first scan is over
	cost    time.Duration    // of the last scan

	notify  *fsnotify.Watcher      // nil where there is none
	watched map[string]os.FileInfo // folders, by absolute path

	fetched map[string]fetched // read ahead in this scan, by path relative to dir

	dirty map[string]bool // files to look at
	whole bool            // everything is to be looked at
	since time.Time       // of the first event of this burst; zero outside one

	// Problems, in the words of a State.
	gone, limited, unwatched, unkept, unread string
}

// New returns a watcher of the workspace. It reads nothing before Run, and the
// folder need not be there yet.
func New(dir string, o Options) (*Watcher, error) {
	abs, disk := filepath.Clean(dir), disk(here{})
	if o.Files != nil {
		disk = far{o.Files}
	} else {
		var err error
		if abs, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
	}
	if o.Key == "" {
		o.Key = abs
	}
	if o.Poll <= 0 {
		o.Poll = pollEach
	}
	w := &Watcher{
		dir: abs, key: o.Key, disk: disk, o: o,
		files:   make(map[string]*file),
		watched: make(map[string]os.FileInfo),
		dirty:   make(map[string]bool),
	}
	w.state.Store(&State{})
	return w, nil
}

// State returns what was last seen; the zero State before Run's first look.
// Any goroutine may call it.
func (w *Watcher) State() State { return *w.state.Load() }

// Run watches until ctx is done and returns its error. It may be called once.
// What fails (a folder that is gone, a limit of the system) is told in State
// and tried again.
func (w *Watcher) Run(ctx context.Context) error {
	var events <-chan fsnotify.Event
	var faults <-chan error
	if !w.far() {
		n, err := fsnotify.NewWatcher()
		if err == nil {
			defer n.Close()
			w.notify, events, faults = n, n.Events, n.Errors
		} else {
			w.unwatch(err)
		}
	}
	burst := time.NewTimer(time.Hour) // armed by the first event
	burst.Stop()
	w.look(ctx, true)
	poll := time.NewTimer(w.pollAfter())
	defer poll.Stop()
	defer burst.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			w.event(e)
		case err, ok := <-faults:
			if !ok {
				faults = nil
				continue
			}
			// Events were lost: an overflow, or a fault of the system.
			w.whole = true
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				w.unwatch(err)
			}
		case <-burst.C:
			w.since = time.Time{}
			w.look(ctx, false)
		case <-poll.C:
			w.look(ctx, true)
			poll.Reset(w.pollAfter())
		}
		if w.whole || len(w.dirty) > 0 {
			w.arm(burst)
		}
	}
}

// far reports whether the workspace is on another machine, where it is polled.
func (w *Watcher) far() bool { return w.o.Files != nil }

// arm sets the time of the next look: when the burst has been quiet, and at
// the latest when it has gone on for long. A look at everything that takes
// long is not taken often.
func (w *Watcher) arm(burst *time.Timer) {
	now := time.Now()
	if w.since.IsZero() {
		w.since = now
	}
	most := latest
	if w.whole {
		most = max(latest, 20*w.cost)
	}
	wait := min(max(quiet, w.pause()), w.since.Add(most).Sub(now))
	burst.Reset(max(wait, 0))
}

// pause is how long after an event a look may come.
func (w *Watcher) pause() time.Duration {
	if w.whole {
		return 20 * w.cost
	}
	return quiet
}

// pollAfter is the time to the next look at everything. The looks take at most
// a half per mille of one core, since there may be a fleet of watchers; ten
// times that where nothing else tells of changes.
func (w *Watcher) pollAfter() time.Duration {
	if w.far() { // the cost is round trips, not work
		return max(min(w.o.Poll, pollOnly), 3*w.cost)
	}
	d, share := w.o.Poll, time.Duration(2000)
	if w.unwatched != "" || w.limited != "" {
		d, share = min(d, pollOnly), 200
	}
	if w.gone != "" {
		d = min(d, time.Second)
	}
	return max(d, share*w.cost)
}

// event notes where to look.
func (w *Watcher) event(e fsnotify.Event) {
	if e.Op == fsnotify.Chmod {
		return
	}
	rel, err := filepath.Rel(w.dir, e.Name)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return
	}
	if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
		if _, ok := w.watched[e.Name]; ok { // a folder: its watch went with it
			w.forget(e.Name)
			w.whole = true
			return
		}
	}
	base := filepath.Base(rel)
	switch f := w.files[rel]; {
	case f != nil:
		if f.kind != log || e.Op != fsnotify.Write { // a log's growth is the poll's
			w.dirty[rel] = true
		}
	case e.Op == fsnotify.Write, passing(base), skipped(base):
		// Not a file that is watched.
	case strings.Contains(rel, "/") || padDir(base) || inRoot(base):
		w.whole = true
	}
}

// look reads what may have changed and tells it.
func (w *Watcher) look(ctx context.Context, all bool) {
	if all || w.whole {
		clear(w.dirty)
		w.whole = false
		begin := time.Now()
		w.scan(ctx)
		if w.started { // the first one reads everything and says nothing of the later ones
			w.cost = time.Since(begin)
		}
		w.started = w.started || w.gone == ""
	} else {
		paths := w.dirty
		w.dirty = make(map[string]bool)
		for rel := range paths {
			w.visit(ctx, rel, nil)
		}
	}
	if ctx.Err() == nil {
		w.tell()
	}
}

// watch sees to it that a folder is watched, and reports whether it is.
func (w *Watcher) watch(dir string, in os.FileInfo) bool {
	if w.notify == nil {
		return false
	}
	if old, ok := w.watched[dir]; ok {
		if os.SameFile(old, in) {
			return true
		}
		w.forget(dir) // another folder has its name now
	}
	if len(w.watched) >= maxWatch {
		w.limited = "more than 512 folders: the others are looked at every " + min(w.o.Poll, pollOnly).String()
		return false
	}
	if err := w.notify.Add(dir); err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			w.unwatch(err)
		}
		return false
	}
	w.watched[dir] = in
	return true
}

// forget ends the watch of a folder.
func (w *Watcher) forget(dir string) {
	delete(w.watched, dir)
	_ = w.notify.Remove(dir) // the watch of a deleted folder is gone already
}
