package follow

import (
	"github.com/fsnotify/fsnotify"

	"vigil/remote"
)

// watcher tells of changes in folders where the host can. It never fails: a
// folder that cannot be watched (there are limits on how many) is polled like
// all others.
type watcher struct {
	fs  *fsnotify.Watcher
	out chan string
}

func newWatcher(h remote.Host) *watcher {
	w := &watcher{out: make(chan string, 1024)}
	if _, local := h.(remote.Local); !local {
		return w
	}
	fw, err := fsnotify.NewBufferedWatcher(1024)
	if err != nil {
		return w
	}
	w.fs = fw
	go w.pump() // until close
	return w
}

// pump hands on the paths that changed. It drops what nobody takes in time:
// the poll finds it, and the system's own queue must not overflow.
func (w *watcher) pump() {
	for {
		select {
		case e, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if e.Op == fsnotify.Chmod {
				continue
			}
			select {
			case w.out <- e.Name:
			default:
			}
		case _, ok := <-w.fs.Errors:
			if !ok {
				return
			}
		}
	}
}

func (w *watcher) changed() <-chan string { return w.out }

func (w *watcher) add(dir string) {
	if w.fs != nil {
		_ = w.fs.Add(dir) // see the type's comment
	}
}

func (w *watcher) remove(dir string) {
	if w.fs != nil {
		_ = w.fs.Remove(dir) // it may be gone already
	}
}

func (w *watcher) close() {
	if w.fs != nil {
		_ = w.fs.Close()
	}
}
