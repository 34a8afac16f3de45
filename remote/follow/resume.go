package follow

import (
	"slices"
	"time"

	"vigil/remote"
)

// Position is how far a file has been read, for a follower that goes on where
// this one ends.
type Position struct {
	Source remote.Source
	Offset int64     // up to which the sink has what the file tells
	Tail   []byte    // the last bytes before it, by which the file is known again
	Mod    time.Time // of the file when it had nothing more; zero if it had
	Done   bool      // it was taken for finished
	Parser []byte    // the parser's state, by its MarshalBinary
}

// resume puts a file where an earlier process left it. Whether it is still the
// same file is seen when it is read.
func (s *sweep) resume(f *file, src remote.Source) {
	if s.f.opt.Resume == nil {
		return
	}
	p, ok := s.f.opt.Resume(src)
	if !ok || p.Offset <= 0 || len(p.Tail) == 0 || len(p.Tail) > tailLen || int64(len(p.Tail)) > p.Offset || len(p.Parser) == 0 {
		f.sink.Reset() // it may have records of which the position is lost
		return
	}
	f.position = position{off: p.Offset, tail: slices.Clone(p.Tail), mod: p.Mod}
	f.state, f.done, f.vague, f.told = p.Parser, p.Done, true, true
}

// checkpoint tells the positions. No answer is half taken at this moment, so
// the sinks have exactly that.
func (s *sweep) checkpoint() {
	s.saved = time.Now()
	if s.f.opt.Checkpoint == nil || !s.dirty {
		return
	}
	s.dirty = false
	all := make([]Position, 0, len(s.files))
	for _, f := range s.files {
		if f.told {
			all = append(all, f.at(s.host.Name()))
		}
	}
	s.f.opt.Checkpoint(all)
}

// at is the file's position. Without a parser's state it leads nowhere: the
// file is then read anew.
func (f *file) at(host string) Position {
	state := f.state
	if p, ok := f.parser.(savable); ok {
		state, _ = p.MarshalBinary() // none if it fails
	}
	return Position{
		Source: remote.Source{Key: f.key, Host: host, Path: f.path}, Offset: f.off,
		Tail: slices.Clone(f.tail), Mod: f.mod, Done: f.done, Parser: state,
	}
}
