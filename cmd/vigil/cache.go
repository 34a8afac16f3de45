package main

import (
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"vigil/remote"
	"vigil/remote/curve"
	"vigil/remote/follow"
)

// curveCache keeps the curves of one host, and how far its logs are read, from
// one start of vigil to the next. Both are of the same moment, in one file: the
// curves, the positions as gob, the length of the curves and cacheMark. What
// cannot be read is left, and everything read anew.
type curveCache struct {
	name  string
	host  string
	store *curve.Store
	log   *slog.Logger

	loaded *curve.Cache // nil without a saved file
	file   *os.File
	rest   atomic.Bool // all points are in the store

	mu        sync.Mutex // of all below
	positions map[string]follow.Position
	saving    bool
	writes    sync.WaitGroup
}

// cacheMark ends a cache file; its number grows with the format.
const cacheMark = "vigil-curves-1\n"

// lastSave bounds the save at the end of the program: where it takes longer,
// the one before it stands.
const lastSave = 5 * time.Second

// openCurveCache opens a host's cache in the state folder and puts its runs
// into the store.
func openCurveCache(state, host string, store *curve.Store, log *slog.Logger) *curveCache {
	c := &curveCache{
		name: filepath.Join(state, "curves", url.PathEscape(host)+".cache"), host: host, store: store, log: log,
		positions: map[string]follow.Position{},
	}
	if err := c.load(); err != nil {
		c.positions = map[string]follow.Position{}
		if !errors.Is(err, fs.ErrNotExist) {
			log.Warn("curves are read anew", "host", host, "err", err)
		}
	}
	c.rest.Store(c.loaded == nil)
	return c
}

func (c *curveCache) load() error {
	f, err := os.Open(c.name)
	if err != nil {
		return err
	}
	curves, positions, err := parts(f)
	if err == nil {
		err = gob.NewDecoder(positions).Decode(&c.positions)
	}
	if err == nil {
		c.loaded, err = c.store.Load(curves, curves.Size())
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", c.name, err)
	}
	c.file = f
	return nil
}

// parts are the curves and the positions of a cache file.
func parts(f *os.File) (curves, positions *io.SectionReader, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	end := info.Size() - int64(len(cacheMark)) - 8
	tail := make([]byte, 8+len(cacheMark))
	if _, err := f.ReadAt(tail, max(end, 0)); err != nil || end < 0 || string(tail[8:]) != cacheMark {
		return nil, nil, errors.New("not a cache of this version")
	}
	n := int64(binary.LittleEndian.Uint64(tail))
	if n < 0 || n > end {
		return nil, nil, errors.New("the cache is damaged")
	}
	return io.NewSectionReader(f, 0, n), io.NewSectionReader(f, n, end-n), nil
}

// resume is follow.Options.Resume.
func (c *curveCache) resume(src remote.Source) (follow.Position, bool) {
	c.mu.Lock()
	p, ok := c.positions[src.Path]
	c.mu.Unlock()
	if !ok || c.loaded == nil {
		return follow.Position{}, false
	}
	if err := c.loaded.Fill(src); err != nil {
		c.log.Warn("a saved curve is read anew", "host", c.host, "path", src.Path, "err", err)
		return follow.Position{}, false
	}
	return p, true
}

// run brings in the points that nobody has asked for yet.
func (c *curveCache) run(ctx context.Context) {
	if c.loaded == nil {
		return
	}
	err := c.loaded.Rest(ctx)
	if ctx.Err() == nil {
		if err != nil {
			c.log.Warn("some saved curves are read anew", "host", c.host, "err", err)
		}
		c.rest.Store(true)
	}
}

// checkpoint is follow.Options.Checkpoint. The store has exactly what the
// positions say now; it is written while the follower goes on.
func (c *curveCache) checkpoint(at []follow.Position) {
	if !c.rest.Load() {
		return // what is not in the store would be lost; the file that there is stands
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range at {
		c.positions[p.Source.Path] = p
	}
	if c.saving {
		return // the next one, or the last, is as good
	}
	c.saving = true
	set, positions := c.store.Snapshot(), maps.Clone(c.positions)
	c.writes.Go(func() {
		if err := c.save(set, positions); err != nil {
			c.log.Warn("curves are not saved", "host", c.host, "err", err)
		}
		c.mu.Lock()
		c.saving = false
		c.mu.Unlock()
	})
}

func (c *curveCache) save(set *curve.Set, positions map[string]follow.Position) error {
	if err := os.MkdirAll(filepath.Dir(c.name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(c.name), ".saving-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	err = set.Save(f, c.host)
	n, serr := f.Seek(0, io.SeekCurrent)
	if err = errors.Join(err, serr); err == nil {
		err = gob.NewEncoder(f).Encode(positions)
	}
	if err == nil {
		_, err = f.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(n)), cacheMark...))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), c.name)
}

// close waits for a write that is under way, and lets the file go.
func (c *curveCache) close() {
	done := make(chan struct{})
	go func() { // ends with the write
		c.writes.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(lastSave):
	}
	if c.file != nil {
		_ = c.file.Close() // only read
	}
}
