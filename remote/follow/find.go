package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil/remote"
)

// walkers is how many folders are listed at once.
const walkers = 16

// Find lists the files that a pattern fits, newest first. A pattern without
// "*", "?" and "[" names a file, or a folder all of whose logs are meant
// (those that [Patterns] fit, and any *.log, *.txt, *.jsonl, *.out and
// *.stdout). A folder below that cannot be read hides only itself.
func Find(h remote.Host, glob string) ([]string, error) {
	glob = path.Clean(glob)
	root, rest := split(glob)
	patterns := compile([]string{rest})
	if rest == "" {
		fi, err := h.Stat(glob)
		if err != nil {
			return nil, err
		}
		if !fi.IsDir() {
			return []string{glob}, nil
		}
		patterns = compile([]string{"**/*.log", "**/*.txt", "**/*.jsonl", "**/*.out", "**/*.stdout"})
	}
	w := &walk{host: h, patterns: patterns, room: make(chan struct{}, walkers)}
	w.dir(root, nil)
	w.wg.Wait()
	newest(w.out)
	names := make([]string, len(w.out))
	for i, f := range w.out {
		names[i] = f.path
	}
	return names, w.err
}

// walk goes through a folder and those below, many at once: each costs a far
// host several round trips.
type walk struct {
	host     remote.Host
	patterns []pattern
	room     chan struct{}
	wg       sync.WaitGroup // the folders below; Find waits for them

	mu  sync.Mutex
	out []found
	err error
}

// dir lists a folder; parts is its path below the first one.
func (w *walk) dir(name string, parts []string) {
	w.room <- struct{}{}
	entries, err := w.host.ReadDir(name)
	<-w.room
	if err != nil {
		if len(parts) == 0 || offline(err) != nil {
			w.mu.Lock()
			w.err = err
			w.mu.Unlock()
		}
		return
	}
	for _, e := range entries {
		at := append(slices.Clone(parts), e.Name())
		below := path.Join(name, e.Name())
		if e.IsDir() {
			lead := func(p pattern) bool { return p.leads(at) }
			if len(at) <= maxDepth && !ignored(e.Name()) && slices.ContainsFunc(w.patterns, lead) {
				w.wg.Go(func() { w.dir(below, at) })
			}
			continue
		}
		if !slices.ContainsFunc(w.patterns, func(p pattern) bool { return p.fits(at) }) {
			continue
		}
		if fi, err := info(w.host, below, e); err == nil && fi.Mode().IsRegular() {
			w.mu.Lock()
			w.out = append(w.out, found{below, fi})
			w.mu.Unlock()
		}
	}
}

// split cuts a pattern where its first special character makes it one.
func split(glob string) (root, rest string) {
	i := strings.IndexAny(glob, "*?[")
	if i < 0 {
		return glob, ""
	}
	j := strings.LastIndexByte(glob[:i], '/')
	switch {
	case j < 0:
		return ".", glob
	case j == 0:
		return "/", glob[1:]
	}
	return glob[:j], glob[j+1:]
}

// found is a file or folder that a listing tells of, by its name in the folder
// or by its path.
type found struct {
	path string
	info fs.FileInfo
}

// newest sorts files by age, newest first.
func newest(fs []found) {
	slices.SortStableFunc(fs, func(a, b found) int { return b.info.ModTime().Compare(a.info.ModTime()) })
}

// info is what Stat tells of an entry, through a link if it is one. It asks the
// host only for a link.
func info(h remote.Host, name string, e fs.DirEntry) (fs.FileInfo, error) {
	if e.Type()&fs.ModeSymlink != 0 {
		return h.Stat(name)
	}
	return e.Info()
}

// ReadFile reads a file to its end, as it is now, into a parser and on to a
// sink. On a far host, read several at once.
func ReadFile(ctx context.Context, h remote.Host, name string, p remote.Parser, sink remote.Sink) error {
	f, fi, err := openAfter(h, name, &position{})
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, min(max(fi.Size(), 0), 4*batch))
	for off := int64(0); off < fi.Size(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(int64(len(buf)), fi.Size()-off)]
		if err := exactly(f, b, off); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		off += int64(len(b))
		for part := range bytes.SplitSeq(b, []byte{0}) {
			p.Feed(part, sink.Add)
		}
	}
	p.Flush(sink.Add)
	sink.Seen(fi.ModTime())
	if time.Since(fi.ModTime()) > quiet {
		sink.Quiet()
	}
	return nil
}

// offline returns err if it says that the host cannot be reached.
func offline(err error) error {
	if errors.Is(err, remote.ErrOffline) {
		return err
	}
	return nil
}
