package curve

import (
	"sync"
	"time"

	"vigil/remote"
)

// Writer puts the records of one file into the store.
type Writer struct {
	store *Store
	src   remote.Source

	mu    sync.Mutex
	runs  []*writing // those behind the first n are gone, but keep their places
	n     int
	dirty bool
	mod   time.Time
	lost  error // why what was saved of the file is not here; nil if it is
}

type writing struct {
	Run
	at    int // in the set; -1 before the first snapshot
	dirty bool
}

var _ remote.Sink = (*Writer)(nil)

// maxRuns bounds the runs of one file.
const maxRuns = 1000

// Add is of [remote.Sink].
func (w *Writer) Add(rec remote.Record) {
	w.update(func() {
		index := min(max(rec.Run, 0), maxRuns-1)
		for w.n <= index {
			w.open()
		}
		r := w.runs[index]
		r.ready()
		r.take(rec)
		r.dirty = true
	})
}

// open adds a run; the one before it in the file can only have ended.
func (w *Writer) open() {
	w.stop()
	if w.n == len(w.runs) {
		w.runs = append(w.runs, &writing{at: -1})
	}
	r := &w.runs[w.n].Run
	*r = Run{
		ID: ID{w.src.Host, w.src.Path, w.n}, Key: w.src.Key, Name: name(w.src, w.n),
		Status: Running, Step: -1, Updated: w.mod, Note: Note{Step: -1},
	}
	r.relate()
	w.n++
}

// stop takes the last run for ended.
func (w *Writer) stop() {
	if w.n == 0 {
		return
	}
	r := w.runs[w.n-1]
	r.rest()
	if r.Status == Running {
		r.Status = Stopped
	}
	r.dirty = true
}

// Reset is of [remote.Sink]. What the file told before is empty from here on,
// and left out of what [Set.All] yields.
func (w *Writer) Reset() {
	w.update(func() {
		w.drop()
		w.lost = nil
	})
}

func (w *Writer) drop() {
	for _, r := range w.runs[:w.n] {
		r.Run = Run{ID: r.ID, Key: r.Key, Name: r.Name, Status: Stopped, Step: -1, Note: Note{Step: -1}, gone: true}
		r.dirty = true
	}
	w.n = 0
}

// rekey hands the file to another owner, where one is named.
func (w *Writer) rekey(key string) {
	w.mu.Lock()
	same := key == "" || key == w.src.Key
	w.mu.Unlock()
	if same {
		return
	}
	w.update(func() {
		w.src.Key = key
		for _, r := range w.runs[:w.n] {
			r.Key, r.dirty = key, true
		}
	})
}

// Seen is of [remote.Sink].
func (w *Writer) Seen(mod time.Time) {
	w.update(func() {
		w.mod = mod
		if w.n > 0 {
			r := w.runs[w.n-1]
			r.ready()
			r.seen(mod)
			r.dirty = true
		}
	})
}

// Quiet is of [remote.Sink]. A run that neither came to its end nor failed has
// stopped.
func (w *Writer) Quiet() { w.update(w.stop) }

func (w *Writer) update(fn func()) {
	w.mu.Lock()
	fn()
	first := !w.dirty && len(w.runs) > 0
	w.dirty = w.dirty || first
	w.mu.Unlock()
	if first { // outside the lock: Snapshot takes the two the other way round
		w.store.mark(w)
	}
}
