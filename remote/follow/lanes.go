package follow

import (
	"container/heap"
	"errors"
	"fmt"
	"time"

	"vigil/remote"
)

const (
	// maxLanes is how many things are looked at at once. SFTP answers requests
	// in order without waiting for each, so that a round trip is paid once for
	// all of them.
	maxLanes = 64
	// maxBytes is how much may be asked for at once, at most: twice what an SSH
	// channel takes before it must be told to go on, since half of the time a
	// file is being opened. It begins with someBytes and is fitted to the line,
	// down to minBytes: answers come one after the other, and what a person
	// looks at must not wait for long, nor the host be taken for dead.
	maxBytes  = 4 << 20
	someBytes = 256 << 10
	minBytes  = 64 << 10
	// brisk and slow answers allow for more and for less.
	brisk = time.Second
	slow  = 3 * time.Second
	// batch is how much of one file is read at once.
	batch = 256 << 10
	// little is how much is asked for where little is expected: what one
	// packet of SFTP can hold.
	little = 32 << 10
	// poll is what a look at a file is reckoned at that may not have grown.
	poll = 4 << 10
)

// task is a file or a folder to be looked at.
type task interface {
	place() *slot
	begin(s *sweep)
}

// slot is a task's place among the others.
type slot struct {
	order int64 // the least is next
	index int   // in the agenda
	in    *agenda
	busy  bool // being looked at
	again bool // to be looked at again at once
}

func (s *slot) place() *slot { return s }

// agenda is a heap of tasks.
type agenda []task

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].place().order < a[j].place().order }
func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].place().index, a[j].place().index = i, j
}

// Push is of [heap.Interface].
func (a *agenda) Push(x any) {
	t := x.(task)
	t.place().in, t.place().index = a, len(*a)
	*a = append(*a, t)
}

// Pop is of [heap.Interface].
func (a *agenda) Pop() any {
	n := len(*a) - 1
	t := (*a)[n]
	(*a)[n] = nil
	*a = (*a)[:n]
	t.place().in = nil
	return t
}

// put puts a task into an agenda, and takes it out of the one that it is in.
// One that is being looked at is put there by its answer.
func put(a *agenda, t task, order int64) {
	if p := t.place(); p.busy {
		p.again = true
		return
	}
	take(t)
	t.place().order = order
	heap.Push(a, t)
}

// take takes a task out of its agenda.
func take(t task) {
	if p := t.place(); p.in != nil {
		heap.Remove(p.in, p.index)
	}
}

// due has a task looked at at a time.
func (s *sweep) due(t task, at time.Time) { put(&s.later, t, s.order(at)) }

// order is a time as the order of a task that is due at it: by the clock that
// nobody sets.
func (s *sweep) order(at time.Time) int64 { return int64(at.Sub(s.began)) }

// load has a file read when nothing is more urgent, the newest first.
func (s *sweep) load(f *file) { put(&s.backlog, f, -f.seen.mod.UnixNano()) }

// dispatch starts what is due, as far as there is room.
func (s *sweep) dispatch() {
	now := time.Now()
	for s.lanes < maxLanes && s.bytes < s.room {
		if s.down && now.Before(s.retry) {
			return
		}
		t := s.next(now)
		if t == nil {
			return
		}
		take(t)
		t.begin(s)
		if s.down { // one tries for all
			s.wait = min(2*s.wait, retryMax)
			s.retry = now.Add(s.wait)
		}
	}
}

// next is what to look at next, or nil: what a person looks at, then what is
// due and what was never read by turns, so that neither starves the other.
func (s *sweep) next(now time.Time) task {
	order := s.order(now)
	for _, f := range s.watched {
		if f.in != nil && (f.in == &s.backlog || f.order <= order) {
			return f
		}
	}
	isDue := len(s.later) > 0 && s.later[0].place().order <= order
	s.turn = !s.turn
	switch {
	case isDue && (s.turn || len(s.backlog) == 0):
		return s.later[0]
	case len(s.backlog) > 0:
		return s.backlog[0]
	}
	return nil
}

// rest is how long there is nothing to do but to wait for answers.
func (s *sweep) rest() time.Duration {
	save := s.saved.Add(saveEvery)
	if s.lanes >= maxLanes || s.bytes >= s.room || len(s.later)+len(s.backlog) == 0 {
		return max(time.Until(save), 0)
	}
	var at time.Time
	if len(s.backlog) == 0 {
		at = s.began.Add(time.Duration(s.later[0].place().order))
	}
	if s.down && at.Before(s.retry) {
		at = s.retry
	}
	return max(time.Until(earlier(at, save)), 0)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// lane has the host asked in a goroutine of its own, which ends with the
// host's answer. What ask returns is done with the answer in Run's goroutine.
func (s *sweep) lane(p *slot, cost int, ask func() (apply func())) {
	p.busy, p.again = true, false
	s.lanes++
	s.bytes += cost
	go func() {
		apply := ask()
		s.answers <- func() { // there is room for one from each lane
			p.busy = false
			s.lanes--
			s.bytes -= cost
			apply()
		}
	}()
}

// fit fits how much is asked for at once to how long an answer took.
func (s *sweep) fit(took time.Duration, cost int) {
	switch now := time.Now(); {
	case took < brisk:
		s.room = min(s.room+cost, maxBytes)
	case took > slow && now.Sub(s.cut) > took: // what was asked before the last cut tells nothing new
		s.room, s.cut = max(s.room/2, minBytes), now
	}
}

// reached notes what an answer tells of the host, and reports whether it was
// one: if the host cannot be reached, nothing is known of what was asked for.
func (s *sweep) reached(err error) bool {
	offline := errors.Is(err, remote.ErrOffline)
	if offline == s.down {
		return !offline
	}
	s.down = offline
	var since time.Time
	if offline {
		since = time.Now()
		s.wait = retryMin
		s.retry = since.Add(s.wait)
		s.f.opt.Problem("", "", fmt.Errorf("logs on %s: %w", s.host.Name(), err))
	}
	s.f.mu.Lock()
	s.f.state.Offline = since
	s.f.mu.Unlock()
	return !offline
}
