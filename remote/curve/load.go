package curve

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"vigil/remote"
)

// ErrCache is why a saved file is of no use: it is damaged, or of another
// version. Whoever loads it starts without.
var ErrCache = errors.New("the saved curves cannot be used")

// Cache is a saved file whose runs are in a store, and whose points are read
// as they are wanted. Its methods may be called from several goroutines; the
// file must stay open until Rest has returned without an error.
type Cache struct {
	store *Store
	files []*Writer // as saved
}

// stored is the points of a run in a saved file.
type stored struct {
	file io.ReaderAt
	place
}

// read returns the block, if it is as it was saved.
func (s *stored) read() ([]byte, error) {
	b := make([]byte, s.n)
	if n, err := s.file.ReadAt(b, s.at); n < len(b) {
		return nil, fmt.Errorf("%w: read at %d: %w", ErrCache, s.at, err)
	}
	if crc32.Checksum(b, castagnoli) != s.sum {
		return nil, fmt.Errorf("%w: the points at %d are damaged", ErrCache, s.at)
	}
	return b, nil
}

// Load adds the runs of a file that [Set.Save] wrote, of size bytes. They are
// there at once with all that is known of them but their points ([Run.Pending]),
// and go on as if their writers had never ended. Files that the store has runs
// of already stay as they are. An error wraps [ErrCache], and leaves the store
// as it was.
func (s *Store) Load(file io.ReaderAt, size int64) (*Cache, error) {
	index, err := readIndex(file, size)
	if err != nil {
		return nil, err
	}
	runs, err := decodeIndex(index, size)
	if err != nil {
		return nil, err
	}
	c := &Cache{store: s}
	c.adopt(file, runs)
	return c, nil
}

// adopt gives the runs to the writers of their files, and shows them.
func (c *Cache) adopt(file io.ReaderAt, runs []*Run) {
	s := c.store
	s.mu.Lock()
	defer s.mu.Unlock()
	set, fresh := s.set.with(), map[int]bool{}
	ours := make(map[*Writer]bool, len(runs))
	for _, r := range runs {
		w := s.writer(remote.Source{Key: r.Key, Host: r.Host, Path: r.Path})
		w.mu.Lock()
		if !ours[w] && len(w.runs) == 0 {
			ours[w] = true
			c.files = append(c.files, w)
		}
		if ours[w] {
			r.stored.file = file
			w.runs = append(w.runs, &writing{Run: *r, at: set.n})
			w.n, w.mod = len(w.runs), r.Updated
			set.put(set.n, r, fresh)
		}
		w.mu.Unlock()
	}
	s.set = set
	s.wake()
}

func readIndex(file io.ReaderAt, size int64) ([]byte, error) {
	foot := make([]byte, footerLen)
	if size < int64(len(magic)+footerLen) {
		return nil, fmt.Errorf("%w: too short", ErrCache)
	}
	if n, err := file.ReadAt(foot, size-int64(footerLen)); n < footerLen {
		return nil, fmt.Errorf("%w: read its end: %w", ErrCache, err)
	}
	if string(foot[footerLen-len(magic):]) != magic {
		return nil, fmt.Errorf("%w: not whole, or of another version", ErrCache)
	}
	at, n := binary.LittleEndian.Uint64(foot), binary.LittleEndian.Uint64(foot[8:])
	sum := binary.LittleEndian.Uint32(foot[16:])
	if crc32.Checksum(foot[:20], castagnoli) != binary.LittleEndian.Uint32(foot[20:]) ||
		at > uint64(size) || n > uint64(size)-at {
		return nil, fmt.Errorf("%w: its end is damaged", ErrCache)
	}
	index := make([]byte, n)
	if m, err := file.ReadAt(index, int64(at)); m < len(index) {
		return nil, fmt.Errorf("%w: read its index: %w", ErrCache, err)
	}
	if crc32.Checksum(index, castagnoli) != sum {
		return nil, fmt.Errorf("%w: its index is damaged", ErrCache)
	}
	return index, nil
}

// decodeIndex returns the runs of a saved file of size bytes.
func decodeIndex(index []byte, size int64) ([]*Run, error) {
	d := decoder{b: index, words: map[string]string{}}
	var runs []*Run
	next := map[fileKey]int{} // run in the file
	for d.flag() {
		r := &Run{stored: &stored{}}
		d.runInfo(r)
		k := fileKey{r.Host, r.Path}
		at, n, sum := d.uint(), d.uint(), d.uint()
		if at > uint64(size) || n > uint64(size)-at || r.Index != next[k] {
			d.fail()
		}
		next[k]++
		r.stored.place = place{int64(at), int64(n), uint32(sum)}
		runs = append(runs, r)
	}
	if d.bad || len(d.b) > 0 {
		return nil, fmt.Errorf("%w: its index makes no sense", ErrCache)
	}
	return runs, nil
}

// Fill reads the points of a file's runs, so that the file can be followed
// from where it was. On an error they are dropped as by a Reset: the file has
// to be read from its start.
func (c *Cache) Fill(src remote.Source) error {
	c.store.mu.Lock()
	w := c.store.files[fileKey{src.Host, src.Path}]
	c.store.mu.Unlock()
	if w == nil { // it told of no run
		return nil
	}
	return w.fill()
}

// Rest reads all points that are not read yet, those of the newest files
// first, until ctx is done. The files of which it cannot are joined in the
// error, as of Fill.
func (c *Cache) Rest(ctx context.Context) error {
	var errs []error
	for i := len(c.files) - 1; i >= 0 && ctx.Err() == nil; i-- {
		if err := c.files[i].fill(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// fill reads the points of the runs that a saved file still has. An error
// stays until the file is read anew.
func (w *Writer) fill() error {
	w.mu.Lock()
	lost := w.lost
	pending := slices.ContainsFunc(w.runs[:w.n], func(r *writing) bool { return r.Pending() })
	w.mu.Unlock()
	if lost != nil || !pending {
		return lost
	}
	w.update(func() {
		for _, r := range w.runs[:w.n] {
			if err := r.fill(); err != nil {
				w.lost = fmt.Errorf("%s: %w", w.src.Path, err)
				w.drop()
				break
			}
		}
		lost = w.lost
	})
	return lost
}

// fill reads the run's points from where they are stored.
func (r *writing) fill() error {
	if !r.Pending() {
		return nil
	}
	b, err := r.stored.read()
	if err != nil {
		return err
	}
	r.Series = slices.Clone(r.Series) // the set has the others
	d := decoder{b: b}
	if d.runPoints(&r.Run); d.bad {
		return fmt.Errorf("%w: the points at %d make no sense", ErrCache, r.stored.at)
	}
	r.stored, r.dirty = nil, true
	return nil
}

// ready fills the run before something is added to it. If that fails its
// points so far are lost; whoever has them filled before is told.
func (r *writing) ready() {
	if r.fill() == nil {
		return
	}
	r.stored, r.Series = nil, nil
	r.wall, r.tokens, r.real = meter{}, meter{}, meter{}
}
