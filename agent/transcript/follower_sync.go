package transcript

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// wait is a call of Sync that is under way. Run's goroutine alone counts it
// down.
type wait struct {
	keys []string
	left int
	errs []error
	done chan error // takes one
}

// Sync reads the files of the keys now, if they are followed; with no key, all
// files. When it returns
// nil, all that they held at the call has been given to the sink. An error says
// what could not be read.
func (f *Follower) Sync(ctx context.Context, keys ...string) error {
	w := &wait{keys: keys, done: make(chan error, 1)}
	f.mu.Lock()
	f.asked = append(f.asked, w)
	f.mu.Unlock()
	f.rouse()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waits takes the new calls of Sync over.
func (f *Follower) waits() []*wait {
	f.mu.Lock()
	asked := f.asked
	f.asked = nil
	f.mu.Unlock()
	for _, w := range asked {
		if len(w.keys) == 0 {
			w.keys = slices.Sorted(maps.Keys(f.tails))
		}
		if w.left = len(w.keys); w.left == 0 {
			w.settle(nil)
		}
	}
	return asked
}

// settle tells that one file of those waited for has been read, or why not.
func (w *wait) settle(err error) {
	if err != nil {
		w.errs = append(w.errs, err)
	}
	if w.left--; w.left <= 0 {
		w.done <- errors.Join(w.errs...)
	}
}

// sync does what Sync asks for, on this machine.
func (f *Follower) sync() {
	for _, w := range f.waits() {
		for _, k := range w.keys {
			t := f.tails[k]
			if t == nil {
				w.settle(nil)
				continue
			}
			events, err := t.tail.Poll()
			f.tell(t, events, err)
			w.settle(err)
		}
	}
}
