package transcript

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"vigil/agent"
)

// Files of another machine are polled: a look at each costs a round trip, so
// some are under way at once, and one that hangs holds up no other.
const (
	pollActive = time.Second     // a file that has grown lately
	activeFor  = time.Minute     // what lately is
	maxFlights = 8               // reads under way
	pollIdle   = 2 * time.Second // the others
)

// farRun is what Run needs for files of another machine.
type farRun struct {
	flights int
	landed  chan flight
	ticks   int
}

// flight is a read that has come to its end.
type flight struct {
	t      *followed
	events []agent.Event
	err    error
	same   bool // there was nothing to read
}

// Look has the files of another machine read at once: something tells that
// they may have grown. Those of this machine are watched, and it does nothing.
func (f *Follower) Look() {
	if f.watcher != nil {
		return
	}
	f.mu.Lock()
	f.hurry = true
	f.mu.Unlock()
	f.rouse()
}

func (f *Follower) runFar(ctx context.Context) error {
	f.far.landed = make(chan flight, maxFlights)
	var flights sync.WaitGroup
	defer flights.Wait()
	tick := time.NewTicker(pollActive)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.wake:
			f.changes()
			f.expect()
		case x := <-f.far.landed:
			f.land(x)
		case <-tick.C:
			f.far.ticks++
			f.due(f.far.ticks%int(pollIdle/pollActive) == 0)
		}
		f.launch(&flights)
	}
}

// expect notes what Sync and Look ask for.
func (f *Follower) expect() {
	for _, w := range f.waits() {
		for _, k := range w.keys {
			if t := f.tails[k]; t != nil {
				t.dirty = true
				t.waits = append(t.waits, w)
				continue
			}
			w.settle(nil)
		}
	}
	f.mu.Lock()
	hurry := f.hurry
	f.hurry = false
	f.mu.Unlock()
	if hurry {
		f.due(true)
	}
}

// due marks the files that are to be looked at.
func (f *Follower) due(all bool) {
	now := time.Now()
	for _, t := range f.tails {
		if all || now.Sub(t.grewAt) < activeFor {
			t.dirty = true
		}
	}
}

// launch begins as many reads as may be under way.
func (f *Follower) launch(flights *sync.WaitGroup) {
	for _, k := range slices.Sorted(maps.Keys(f.tails)) {
		t := f.tails[k]
		if f.far.flights >= maxFlights {
			return
		}
		if !t.dirty || t.busy {
			continue
		}
		t.dirty, t.busy = false, true
		t.served, t.waits = t.waits, nil
		f.far.flights++
		landed, failed := f.far.landed, t.failure != ""
		flights.Go(func() { landed <- t.fly(f.files, failed) }) // there is room
	}
}

// fly reads a file, unless a look at it says that there is nothing new.
func (t *followed) fly(files Files, failed bool) flight {
	if info := t.tail.info; info != nil && !failed {
		now, err := files.Stat(t.path)
		if err == nil && now.Size() == t.tail.offset && now.ModTime().Equal(info.ModTime()) || errors.Is(err, fs.ErrNotExist) {
			return flight{t: t, same: true}
		}
	}
	events, err := t.tail.Poll()
	return flight{t: t, events: events, err: err}
}

// land tells what a read gave.
func (f *Follower) land(x flight) {
	t := x.t
	f.far.flights--
	t.busy = false
	followed := f.tails[t.key] == t
	if followed && !x.same {
		if len(x.events) > 0 {
			t.grewAt = time.Now()
		}
		f.tell(t, x.events, x.err)
	}
	for _, w := range t.served {
		w.settle(x.err)
	}
	t.served = nil
	if !followed {
		t.abandon()
	}
}

// abandon ends the waiting for a file that is no longer followed.
func (t *followed) abandon() {
	for _, w := range t.waits {
		w.settle(nil)
	}
	t.waits = nil
}
