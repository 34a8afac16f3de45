package transcript

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"vigil/agent"
)

// printLen is how many of the last bytes read are kept, to tell a file that
// grew from one that was written anew under the same name.
const printLen = 64

// Tail follows one growing session file. Start it once, then Poll it whenever
// it may have grown. It is not safe for concurrent use, keeps no file open
// between calls, and remembers of the file only the end of what it has read.
type Tail struct {
	files Files
	name  string
	kind  agent.Kind

	reader  format
	info    fs.FileInfo // of the file that offset belongs to; nil if there was none
	offset  int64       // what has been read
	print   []byte      // the last bytes before offset
	partial []byte      // a last line that has no newline yet
	long    bool        // the line in partial is too long; the rest is dropped
	fresh   bool
	cut     bool  // the last turn began further back than Start may read
	base    *base // the session is in a base, and no file of its own
}

// NewTail returns a tail of the file, which need not exist yet.
func NewTail(files Files, name string, kind agent.Kind) *Tail {
	if cli, _ := agent.CLIOf(kind); cli.Sessions == agent.SessionsInBase {
		return &Tail{files: files, name: name, kind: kind, base: newBase(name)}
	}
	return &Tail{files: files, name: name, kind: kind}
}

// Start reads the file from the beginning of its last turn on, and before that
// what the head says of the session and which background tasks, started within
// 32 MiB further back, may be alive. A file that does not exist gives no events
// and no error: Poll reads it once it does.
//
// Of a last turn longer than 64 MiB only that much is read, and Cut says so.
func (t *Tail) Start() ([]agent.Event, error) {
	if t.base != nil {
		return t.pollBase(true)
	}
	r, err := newFormat(t.kind)
	if err != nil {
		return nil, err
	}
	*t = Tail{files: t.files, name: t.name, kind: t.kind, reader: r, fresh: true}
	f, info, err := t.open()
	if err != nil || f == nil {
		return nil, err
	}
	defer f.Close()
	events, err := t.begin(f, info)
	if err != nil {
		t.reader = nil // the next poll starts again
		return nil, err
	}
	return events, nil
}

// Poll reads what was added since the last call. If the file was cut short,
// replaced or written anew it is started again, and Fresh says so. A file that
// is gone gives no events and no error until there is one again.
func (t *Tail) Poll() ([]agent.Event, error) {
	if t.base != nil {
		return t.pollBase(false)
	}
	if t.reader == nil {
		return t.Start()
	}
	t.fresh = false
	f, info, err := t.open()
	if err != nil || f == nil {
		return nil, err
	}
	defer f.Close()
	switch another, err := t.another(f, info); {
	case err != nil:
		return nil, fmt.Errorf("read session %s: %w", t.name, err)
	case another:
		return t.Start()
	}
	t.info = info
	var events []agent.Event
	err = t.read(f, info.Size(), func(e agent.Event) { events = append(events, e) })
	return events, err
}

func (t *Tail) pollBase(fresh bool) (events []agent.Event, err error) {
	events, t.fresh, err = t.base.poll(fresh)
	return events, err
}

// Fresh reports whether the last Start or Poll began anew: then its events
// follow nothing that was told before.
func (t *Tail) Fresh() bool { return t.fresh }

// Cut reports whether the last turn began further back than Start reads, so
// that its beginning was not told.
func (t *Tail) Cut() bool { return t.cut }

// Skipped counts what was not understood or does not matter, by type.
func (t *Tail) Skipped() map[string]int {
	if t.reader == nil {
		return nil
	}
	return t.reader.Skipped()
}

// open opens the file; it returns nil and no error if there is none.
func (t *Tail) open() (File, fs.FileInfo, error) {
	f, err := t.files.Open(t.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open session: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("look at session %s: %w", t.name, err)
	}
	return f, info, nil
}

// another reports whether the file is not the one that was read, or so long
// that it should be read from its end.
func (t *Tail) another(f File, info fs.FileInfo) (bool, error) {
	switch {
	case t.info == nil:
		return info.Size() > maxTasks, nil
	case info.Size() < t.offset:
		return true, nil
	case os.SameFile(info, info) && !os.SameFile(t.info, info): // the first is false where files cannot be told apart
		return true, nil
	case info.Size() == t.offset:
		return false, nil
	}
	same, err := t.same(f)
	return !same, err
}

// same reports whether the bytes before the offset are those that were read.
func (t *Tail) same(f File) (bool, error) {
	if len(t.print) == 0 {
		return true, nil
	}
	now := make([]byte, len(t.print))
	_, err := f.ReadAt(now, t.offset-int64(len(now)))
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err // a lost connection makes no other file of it
	}
	return bytes.Equal(now, t.print), nil
}

// read reads on from the offset to size.
func (t *Tail) read(f File, size int64, emit func(agent.Event)) error {
	if size <= t.offset {
		return nil
	}
	buf := make([]byte, min(size-t.offset, 256<<10))
	for t.offset < size {
		n, err := f.ReadAt(buf[:min(int64(len(buf)), size-t.offset)], t.offset)
		t.take(buf[:n], emit)
		if errors.Is(err, io.EOF) {
			return nil // it was cut short meanwhile; the next poll sees that
		}
		if err != nil {
			return fmt.Errorf("read session %s: %w", t.name, err)
		}
	}
	return nil
}

// take reads the next bytes of the file. What follows the last newline waits
// for the rest of its line.
func (t *Tail) take(p []byte, emit func(agent.Event)) {
	t.offset += int64(len(p))
	t.remember(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		line := p[:i]
		if len(t.partial) > 0 {
			t.partial = append(t.partial, line...)
			line = t.partial
		}
		if !t.long && len(line) <= maxLine {
			t.reader.Line(line, emit)
		}
		t.long = false
		if cap(t.partial) > 1<<20 { // one huge line must not stay for ever
			t.partial = nil
		}
		t.partial, p = t.partial[:0], p[i+1:]
	}
	if t.long = t.long || len(t.partial)+len(p) > maxLine; t.long {
		t.partial = nil
		return
	}
	t.partial = append(t.partial, p...)
}

// remember keeps the last bytes that were read.
func (t *Tail) remember(p []byte) {
	if len(p) >= printLen {
		t.print = append(t.print[:0], p[len(p)-printLen:]...)
		return
	}
	t.print = append(t.print, p...)
	if n := len(t.print); n > printLen {
		t.print = append(t.print[:0], t.print[n-printLen:]...)
	}
}
