package curve

import (
	"sync"

	"vigil/remote"
)

// Store holds the runs of all files. Any number of writers put records in,
// each into its own files; any number of readers take snapshots. The zero
// value is not ready: use NewStore.
type Store struct {
	changed chan struct{}

	mu    sync.Mutex // of all below
	files map[fileKey]*Writer
	dirty []*Writer
	set   *Set
}

type fileKey struct{ host, path string }

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{
		changed: make(chan struct{}, 1),
		files:   map[fileKey]*Writer{},
		set:     &Set{},
	}
}

// Changed receives when there is something that the last snapshot has not:
// one wake-up, however much has changed.
func (s *Store) Changed() <-chan struct{} { return s.changed }

// Writer returns the writer of a file: the same one each time it is asked for.
// The file belongs to the key it was last asked for with.
func (s *Store) Writer(src remote.Source) *Writer {
	s.mu.Lock()
	w := s.writer(src)
	s.mu.Unlock()
	w.rekey(src.Key)
	return w
}

// writer is Writer with the store locked.
func (s *Store) writer(src remote.Source) *Writer {
	k := fileKey{src.Host, src.Path}
	w := s.files[k]
	if w == nil {
		w = &Writer{store: s, src: src}
		s.files[k] = w
	}
	return w
}

// Snapshot returns all runs as they are now. It costs what has changed since
// the last one.
func (s *Store) Snapshot() *Set {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.dirty) == 0 {
		return s.set
	}
	set := s.set.with()
	fresh := map[int]bool{}
	for _, w := range s.dirty {
		w.mu.Lock()
		w.dirty = false
		for _, r := range w.runs {
			if !r.dirty {
				continue
			}
			r.dirty = false
			if r.at < 0 {
				r.at = set.n
			}
			set.put(r.at, r.frozen(), fresh)
		}
		w.mu.Unlock()
	}
	clear(s.dirty)
	s.dirty = s.dirty[:0]
	s.set = set
	return set
}

// mark notes that a writer has something new. The writer is not locked.
func (s *Store) mark(w *Writer) {
	s.mu.Lock()
	s.dirty = append(s.dirty, w)
	s.mu.Unlock()
	s.wake()
}

func (s *Store) wake() {
	select {
	case s.changed <- struct{}{}:
	default: // a wake-up is pending already
	}
}
