package follow

import (
	"bytes"
	"encoding"
	"errors"
	"io/fs"
	"time"

	"vigil/remote"
)

// file is one log and how far it has been read. While a lane has it (busy), its
// position stands still.
type file struct {
	slot
	position
	path   string
	key    string
	sink   remote.Sink
	parser remote.Parser // nil while it is not needed; then state says where it was
	state  []byte
	seen   stamp // as last told by the host

	looked time.Time // when that was
	active time.Time // when it last grew, by our clock as far as we saw it
	shrunk time.Time // since when it is shorter than off; zero if it is not
	hole   time.Time // since when NUL bytes follow; zero if they do not
	beyond int64     // the size at that time
	solid  int64     // up to where NUL bytes are no longer waited for
	aside  string    // where it was moved with its end unread; empty if it was not
	sought time.Time // since when that is looked for; zero if it is not

	trouble trouble
	waiting []*root // for its first reading
	asked   int     // by how many keys it is wanted for itself
	listed  bool    // a root has it
	careful bool    // it may be no file
	focus   bool
	gone    bool // not there now
	whole   bool // all of it has been read once
	done    bool // finished, as far as can be told: left alone
	told    bool // the sink has something of it
	vague   bool // read by an earlier process, and not yet known to be the same

	fact Fact // for others; the Follower's mu is held
}

// wanted reports whether anything still asks for the file.
func (f *file) wanted() bool { return f.listed || f.asked > 0 }

// begin is of [task].
func (f *file) begin(s *sweep) {
	name := f.path
	if f.aside != "" {
		name = f.aside
	}
	expected := f.seen.size - f.off + int64(len(f.tail))
	if !f.hole.IsZero() {
		expected = 0
	}
	buf, cost, start := s.buffer(expected), int(min(max(expected, poll), batch)), time.Now()
	s.lane(&f.slot, cost, func() func() {
		a := f.fetch(s.host, name, buf, f.careful)
		took := time.Since(start)
		return func() {
			s.fit(took, cost)
			s.took(f, a)
			s.release(buf)
		}
	})
}

// took takes what the host told of a file.
func (s *sweep) took(f *file, a answer) {
	if !f.wanted() {
		return
	}
	if !s.reached(a.err) {
		s.due(f, time.Now())
		return
	}
	f.looked = time.Now()
	switch {
	case f.aside != "":
		s.drained(f, a)
	case a.err != nil:
		s.failed(f, a.err)
	default:
		f.seen, f.trouble, f.gone, f.careful = a.stamp, trouble{}, false, false
		switch a.is {
		case same:
			s.grew(f, a)
		case shorter:
			s.shrank(f)
		case another:
			s.replaced(f)
		}
	}
	s.publish(f)
}

// grew takes what a file has more than before, which may be nothing.
func (s *sweep) grew(f *file, a answer) {
	f.shrunk, f.vague = time.Time{}, false
	if len(a.data) > 0 && !s.feed(f, a) {
		s.anew(f)
		return
	}
	if f.off < a.size && f.hole.IsZero() {
		s.due(f, f.looked) // behind what is due already, so that none starves
		return
	}
	changed := len(a.data) > 0
	if f.off == a.size && !f.mod.Equal(a.mod) {
		f.mod, changed = a.mod, true
		f.sink.Seen(f.mod)
	}
	switch {
	case !f.whole:
		f.active = earlier(a.mod, f.looked)
		s.read(f)
	case changed:
		f.active = f.looked
	}
	s.plan(f)
}

// feed hands bytes to the parser, without NUL bytes. These are not passed at
// once: on a network file system they may be a part that comes later than the
// one behind it. If they stay, they are a hole: somebody made the file shorter
// while its writer kept its place. It reports whether the parser could go on.
func (s *sweep) feed(f *file, a answer) bool {
	if !s.ready(f) {
		return false
	}
	s.dirty, f.told = true, true
	for b := a.data; len(b) > 0; {
		n := bytes.IndexByte(b, 0)
		switch {
		case n < 0:
			n = len(b)
			fallthrough
		case n > 0:
			f.parser.Feed(b[:n], f.sink.Add)
			f.hole, f.done = time.Time{}, false
		case f.off < f.solid:
			n = len(b) - len(bytes.TrimLeft(b, "\x00"))
		default:
			if f.hole.IsZero() {
				f.hole, f.beyond = f.looked, a.size
			}
			if f.looked.Sub(f.hole) < holePatience && f.looked.Sub(a.mod) < ancient {
				return true
			}
			f.hole, f.solid = time.Time{}, f.beyond // what lies before had as long to come
			continue
		}
		f.pass(b[:n])
		b = b[n:]
	}
	return true
}

// shrank takes a file that is shorter than before, and starts as before.
func (s *sweep) shrank(f *file) {
	if f.shrunk.IsZero() {
		f.shrunk, f.active = f.looked, f.looked
	}
	if f.looked.Sub(f.shrunk) >= patience {
		s.replaced(f)
		return
	}
	s.plan(f)
}

// restart reads another file under the same name, from its start. What the one
// before told stands: it was so.
func (s *sweep) restart(f *file) {
	if !s.ready(f) {
		s.anew(f)
		return
	}
	f.parser.Restart()
	s.rewind(f)
}

// anew reads a file from its start as if it had never been read.
func (s *sweep) anew(f *file) {
	f.sink.Reset()
	f.parser, f.state = nil, nil
	s.rewind(f)
}

func (s *sweep) rewind(f *file) {
	f.position = position{}
	f.shrunk, f.hole, f.solid, f.aside, f.sought = time.Time{}, time.Time{}, 0, "", time.Time{}
	f.vague, f.done = false, false
	s.dirty = true
	s.due(f, f.looked)
}

// plan says when the file is looked at next, if at all.
func (s *sweep) plan(f *file) {
	idle := f.looked.Sub(f.active)
	switch {
	case f.again:
		s.due(f, f.looked.Add(gather))
	case !f.hole.IsZero() || !f.shrunk.IsZero():
		s.due(f, f.looked.Add(s.f.pace.running))
	case idle > quiet:
		s.finish(f)
		if f.focus {
			s.due(f, f.looked.Add(s.f.pace.file(idle, true)))
		}
	default:
		s.due(f, f.looked.Add(s.f.pace.file(idle, f.focus)))
	}
}

// finish leaves the file alone until its folder's listing tells that it grew.
// A half line at its end may be half a number, and is left for the rest of it;
// only an object that is closed is whole.
func (s *sweep) finish(f *file) {
	if f.done {
		return
	}
	f.done, s.dirty = true, true
	if n := len(f.tail); f.parser != nil && n > 0 && bytes.IndexByte([]byte("\n\r}"), f.tail[n-1]) >= 0 {
		f.parser.Flush(f.sink.Add)
	}
	f.park()
	f.sink.Quiet()
}

// failed takes an error that is of the file, not of the host.
func (s *sweep) failed(f *file, err error) {
	s.read(f)
	idle := f.looked.Sub(f.active)
	if errors.Is(err, fs.ErrNotExist) {
		if !f.gone && f.off > 0 && !f.done {
			f.done, s.dirty = true, true
			f.park()
			f.sink.Quiet()
		}
		f.gone = true
		switch every := s.f.pace.file(idle, f.focus); {
		case f.asked > 0:
			s.due(f, f.looked.Add(min(every, s.f.pace.least)))
		case idle < quiet: // later its folder's listing tells that it is back
			s.due(f, f.looked.Add(every))
		}
		return
	}
	f.careful = f.careful || errors.Is(err, errKind)
	if f.trouble.is(err) {
		s.f.opt.Problem(f.key, f.path, err)
	}
	switch {
	case f.trouble.times == 1:
		s.due(f, f.looked.Add(s.f.pace.running))
	case idle < quiet:
		s.due(f, f.looked.Add(s.f.pace.least))
	default:
		s.due(f, f.looked.Add(s.f.pace.most))
	}
}

// trouble is why something cannot be read.
type trouble struct {
	times int    // in a row
	told  string // empty if nothing was
}

// is notes an error, and reports whether it must be told: each once, and not
// at first where it may be an answer that was cut off.
func (t *trouble) is(err error) bool {
	t.times++
	text := err.Error()
	if text == t.told || t.times == 1 && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	t.told = text
	return true
}

// read notes that the file has been read as far as it goes, or cannot be.
func (s *sweep) read(f *file) {
	if !f.whole {
		f.whole = true
		s.unread--
	}
	for _, r := range f.waiting {
		s.came(r)
	}
	f.waiting = nil
}

// savable is a parser that can be left and taken up again.
type savable interface {
	remote.Parser
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// ready has the parser where the position is, and reports whether it can be.
func (s *sweep) ready(f *file) bool {
	if f.parser != nil {
		return true
	}
	p := s.f.opt.Parse()
	if f.off > 0 {
		if b, ok := p.(savable); !ok || b.UnmarshalBinary(f.state) != nil {
			return false
		}
	}
	f.parser, f.state = p, nil
	return true
}

// park drops the parser and keeps where it is, if it can be taken up again.
func (f *file) park() {
	if p, ok := f.parser.(savable); ok {
		if b, err := p.MarshalBinary(); err == nil {
			f.parser, f.state = nil, b
		}
	}
}
