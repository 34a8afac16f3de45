package transcript

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"vigil/agent"
)

// Bounds on what Start reads, in bytes.
const (
	maxTurn  = 64 << 20 // of the last turn
	maxTasks = 32 << 20 // before it, for background tasks
	maxHead  = 4 << 20  // of the head, until the session is known
	chunk    = 256 << 10
)

// begin reads the last turn and what must be known before it.
func (t *Tail) begin(f File, info fs.FileInfo) ([]agent.Event, error) {
	t.info = info
	size := info.Size()
	start, err := t.lastTurn(f, size)
	if err != nil {
		return nil, fmt.Errorf("read session %s: %w", t.name, err)
	}
	var events []agent.Event
	emit := func(e agent.Event) { events = append(events, e) }
	if start > 0 {
		known, err := t.head(f, start, emit)
		if err != nil {
			return nil, fmt.Errorf("read session %s: %w", t.name, err)
		}
		if err := t.tasks(f, known, start, emit); err != nil {
			return nil, fmt.Errorf("read session %s: %w", t.name, err)
		}
	}
	t.offset = start
	err = t.read(f, size, emit)
	return events, err
}

// head reads from the beginning until the session is known, and returns how
// far that was.
func (t *Tail) head(f File, end int64, emit func(agent.Event)) (int64, error) {
	known, read := false, int64(0)
	in := io.NewSectionReader(f, 0, min(end, maxHead))
	err := splitLines(in, func(line []byte) bool {
		read += int64(len(line)) + 1
		t.reader.Line(line, func(e agent.Event) {
			if e.Type == agent.SessionMeta {
				known = true
				emit(e)
			}
		})
		return !known
	})
	return read, err
}

// splitLines calls f for each whole line of in, until it returns false.
func splitLines(in io.Reader, f func(line []byte) bool) error {
	var rest []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := in.Read(buf)
		rest = append(rest, buf[:n]...)
		for {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			if !f(rest[:i]) {
				return nil
			}
			rest = rest[i+1:]
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// lastTurn finds where the last turn begins, reading backwards. If that is
// further away than may be read, the turn is cut.
func (t *Tail) lastTurn(f File, size int64) (int64, error) {
	back := backwards{f: f, pos: size, floor: max(size-maxTurn, 0)}
	marks, err := t.reader.marks(f)
	if err != nil {
		return 0, err
	}
	echoed := false
	for {
		line, at, err := back.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		switch t.reader.starts(line) {
		case begins:
			return at, nil
		case heads:
			if echoed {
				return at, nil
			}
		case echoes:
			if !marks {
				return at, nil
			}
			echoed = true
		}
	}
	if back.floor > 0 {
		t.cut = true
		return back.first(), nil
	}
	return 0, nil
}

// backwards reads a file line by line from its end.
type backwards struct {
	f     File
	pos   int64  // of the first byte in buf
	floor int64  // how far back it may read
	buf   []byte // not yet given out; ends at a line's end
	began bool
}

// line returns the line before the last one returned, and where it begins; the
// half line at the end of a file is left out. io.EOF says that there is no more
// within bounds.
func (b *backwards) line() ([]byte, int64, error) {
	for {
		end := len(b.buf)
		if b.began && end > 0 { // the newline of the line to be returned
			end--
		}
		if i := bytes.LastIndexByte(b.buf[:end], '\n'); i >= 0 {
			line, at := b.buf[i+1:end], b.pos+int64(i)+1
			b.buf = b.buf[:i+1]
			if !b.began { // what follows the last newline is half a line
				b.began = true
				continue
			}
			return line, at, nil
		}
		if b.pos <= b.floor {
			if b.pos == 0 && b.began && end > 0 {
				line := b.buf[:end]
				b.buf = nil
				return line, 0, nil
			}
			return nil, 0, io.EOF
		}
		if err := b.more(); err != nil {
			return nil, 0, err
		}
	}
}

// more reads the chunk before what is held. Chunks grow with the line that they
// are read for, so that a huge line is not copied again and again.
func (b *backwards) more() error {
	n := min(max(chunk, int64(len(b.buf))), b.pos-b.floor)
	buf := make([]byte, n, n+int64(len(b.buf)))
	if m, err := b.f.ReadAt(buf, b.pos-n); int64(m) < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	b.buf = append(buf, b.buf...)
	b.pos -= n
	return nil
}

// first returns where the first whole line begins that was read.
func (b *backwards) first() int64 { return b.pos + int64(len(b.buf)) }

// tasks reads those lines between the head and the last turn that may start or
// end a background task, and tells of the tasks alone.
func (t *Tail) tasks(f File, head, end int64, emit func(agent.Event)) error {
	pos := max(end-maxTasks, head)
	whole := pos == head // else the first line is not
	buf := make([]byte, 0, 4*chunk)
	for pos < end {
		if len(buf) == cap(buf) { // within a huge line
			buf = slices.Grow(buf, len(buf))
		}
		n, err := f.ReadAt(buf[len(buf):min(int64(cap(buf)), int64(len(buf))+end-pos)], pos)
		if err != nil && (n == 0 || !errors.Is(err, io.EOF)) {
			return err
		}
		buf, pos = buf[:len(buf)+n], pos+int64(n)
		last := bytes.LastIndexByte(buf, '\n') + 1
		if last == 0 {
			continue
		}
		lines := buf[:last]
		if !whole {
			lines, whole = lines[bytes.IndexByte(lines, '\n')+1:], true
		}
		t.taskLines(lines, emit)
		buf = append(buf[:0], buf[last:]...)
	}
	return nil
}

// What of a line is looked at for a needle, in bytes: what tells of a task
// stands at one end, while the middle of a long line is a tool's output.
const (
	lookFront = 3 << 10
	lookBack  = 512
)

// taskLines reads those of some lines that may start or end a task.
func (t *Tail) taskLines(lines []byte, emit func(agent.Event)) {
	needles := t.reader.needles()
	for line := range bytes.Lines(lines) {
		front, back := line, []byte(nil)
		if len(line) > lookFront+lookBack {
			front, back = line[:lookFront], line[len(line)-lookBack:]
		}
		if !hasAny(front, needles) && !hasAny(back, needles) {
			continue
		}
		t.reader.Line(line, func(e agent.Event) {
			switch e.Type {
			case agent.TaskStarted, agent.TaskEnded, agent.Restarted:
				emit(e)
			}
		})
	}
}

func hasAny(s []byte, needles [][]byte) bool {
	for _, n := range needles {
		if bytes.Contains(s, n) {
			return true
		}
	}
	return false
}
