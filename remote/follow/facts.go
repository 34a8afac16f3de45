package follow

import (
	"path"
	"time"
)

// State is how a Follower fares.
type State struct {
	Files   int       // that it follows
	Unread  int       // of these, to be read for the first time
	Offline time.Time // since when the host cannot be reached; zero if it can
}

// State returns how the follower fares.
func (f *Follower) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// Fact is what is known of one file.
type Fact struct {
	Offset  int64     // up to which it is read
	Size    int64     // as last told by the host
	Last    time.Time // when its last byte came, as far as it was seen to come; else by the host's clock
	Looked  time.Time // when the host last told of it
	Stale   time.Time // since when nothing can be known of it; zero if it can
	Done    bool      // taken for finished
	Problem string    // why it cannot be read; empty if it can
}

// File returns what is known of a file that is followed.
func (f *Follower) File(name string) (Fact, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.files[path.Clean(name)]
	if l == nil {
		return Fact{}, false
	}
	fact := l.fact
	if !f.state.Offline.IsZero() || fact.Problem != "" {
		fact.Stale = fact.Looked
	}
	return fact, true
}

// publish makes known what is known of a file.
func (s *sweep) publish(f *file) {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.f.state.Unread = s.unread
	f.fact = Fact{Offset: f.off, Size: f.seen.size, Last: f.active, Looked: f.looked, Done: f.done, Problem: f.trouble.told}
}
