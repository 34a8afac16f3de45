package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	settle     = 100 * time.Millisecond // editors write a file in several steps
	configPoll = 5 * time.Second        // watchers miss changes on network file systems
)

// Watch calls changed with the new configuration, or with what is wrong with
// it, each time the file at path changes, and once at its start, so that no
// change is missed between a load and the watch. It returns when ctx ends. The
// old configuration holds while the new one is wrong. load reads it anew.
func Watch(ctx context.Context, path string, load func() (Config, error), changed func(Config, error)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w: raise fs.inotify.max_user_instances", path, err)
	}
	defer w.Close()
	// The folder, not the file: editors replace it. A folder that is not there
	// is left to the poll.
	_ = w.Add(filepath.Dir(path))
	poll := time.NewTicker(configPoll)
	defer poll.Stop()
	wait := time.NewTimer(settle)
	wait.Stop()
	last, _ := os.ReadFile(path) // one that is not there is an empty one
	changed(load())
	for {
		select {
		case <-ctx.Done():
			return nil
		case ev := <-w.Events:
			if filepath.Base(ev.Name) == filepath.Base(path) {
				wait.Reset(settle)
			}
			continue
		case <-w.Errors:
			continue // the poll makes good what the watcher lost
		case <-wait.C:
		case <-poll.C:
		}
		doc, _ := os.ReadFile(path)
		if bytes.Equal(doc, last) {
			continue
		}
		last = doc
		changed(load())
	}
}
