package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	settle     = 100 * time.Millisecond // editors write a file in several steps
	configPoll = 5 * time.Second        // watchers miss changes on network file systems
)

// Watch calls changed with the new configuration, or with what is wrong with
// it, each time the file at path or the person's own rules beside it change, and
// once at its start, so that no
// change is missed between a load and the watch. It returns when ctx ends. The
// old configuration holds while the new one is wrong. load reads it anew.
func Watch(ctx context.Context, path string, load func() (Config, error), changed func(Config, error)) error {
	return watchFiles(ctx, func() []string { return []string{path, rulesPath(path)} }, func() { changed(load()) })
}

// renew puts what holds from now on into a channel with room for one, of which
// this is the only writer, in place of what nobody has taken yet.
func renew[T any](to chan T, next T) {
	select {
	case <-to:
	default:
	}
	to <- next
}

// watchFiles calls changed each time the content of one of the files, or which
// files those are, has changed, and once at its start. A file that is not there
// is an empty one. It returns when ctx ends.
func watchFiles(ctx context.Context, paths func() []string, changed func()) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w: raise fs.inotify.max_user_instances", paths()[0], err)
	}
	defer w.Close()
	read := func() (docs [][]byte) {
		for _, p := range paths() {
			// The folder, not the file: editors replace it. A folder that is
			// not there is left to the poll.
			_ = w.Add(filepath.Dir(p))
			doc, _ := os.ReadFile(p)
			docs = append(docs, []byte(p), doc)
		}
		return docs
	}
	same := func(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }
	poll := time.NewTicker(configPoll)
	defer poll.Stop()
	wait := time.NewTimer(settle)
	wait.Stop()
	last := read()
	changed()
	for {
		select {
		case <-ctx.Done():
			return nil
		case ev := <-w.Events:
			if slices.ContainsFunc(paths(), func(p string) bool { return filepath.Base(p) == filepath.Base(ev.Name) }) {
				wait.Reset(settle)
			}
			continue
		case <-w.Errors:
			continue // the poll makes good what the watcher lost
		case <-wait.C:
		case <-poll.C:
		}
		docs := read()
		if same(docs, last) {
			continue
		}
		last = docs
		changed()
	}
}
