package workspace

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"vigil/agent"
)

const (
	maxTail   = 64 << 10 // new bytes of a large ledger that are shown at once
	maxAppend = 4 << 20  // new bytes of it that are read at once
	overlap   = 256      // bytes by which an append is told from a rewrite
)

// ending is where a large ledger ended when it was last read.
type ending struct {
	size  int64  // up to the last whole line
	lines int    // up to there
	last  []byte // the bytes before size, at most overlap of them
}

// readTail shows what was appended to a ledger that is too large to be kept:
// the runs of two weeks are several megabytes, and the newest ones matter.
func (w *Watcher) readTail(path string, f *file, in os.FileInfo) {
	c := &f.change
	known := f.kind == tailed && f.in != nil && !c.Deleted
	if known && in.Size() == f.in.Size() && in.ModTime().Equal(f.in.ModTime()) {
		f.saw(in, tailed)
		return
	}
	added, diff := 0, ""
	var appended []byte
	if known {
		appended, known = f.end.appended(w, path, in)
	}
	if known {
		added = bytes.Count(appended, []byte("\n"))
		diff = tailDiff(c.Path, f.end.lines, added, appended)
		f.end.grow(appended)
	} else {
		var err error
		if f.end, err = w.measure(path, in); err != nil {
			w.note(f, in, large)
			return
		}
	}
	c.New = w.started && f.in == nil
	c.Deleted, c.Binary, c.Removed = false, false, 0
	c.Added, c.Diff, c.Note = added, diff, "over 1 MiB: its new lines"
	c.At, c.Turn = w.clock(in), w.turnIf(w.started)
	w.drop(f)
	f.hash = ""
	f.saw(in, tailed)
	w.changed = true
}

// appended returns the whole lines that came after the ending, and whether the
// file still goes on from there.
func (e ending) appended(w *Watcher, path string, in os.FileInfo) ([]byte, bool) {
	from := e.size - int64(len(e.last))
	if in.Size() < e.size || in.Size()-e.size > maxAppend {
		return nil, false
	}
	data, _, err := w.slurp(path, in, from, overlap+maxAppend)
	if err != nil {
		return nil, false
	}
	data, ok := bytes.CutPrefix(data, e.last)
	return data[:bytes.LastIndexByte(data, '\n')+1], ok
}

// grow moves the ending on over whole lines.
func (e *ending) grow(appended []byte) {
	e.size += int64(len(appended))
	e.lines += bytes.Count(appended, []byte("\n"))
	if n := len(appended); n >= overlap {
		e.last = bytes.Clone(appended[n-overlap:])
		return
	}
	last := append(bytes.Clone(e.last), appended...)
	e.last = last[max(0, len(last)-overlap):]
}

// measure finds a file's ending, in pieces.
func (w *Watcher) measure(path string, was os.FileInfo) (ending, error) {
	var e ending
	for {
		piece, _, err := w.slurp(path, was, e.size, maxAppend)
		if err != nil {
			return e, err
		}
		if piece = piece[:bytes.LastIndexByte(piece, '\n')+1]; len(piece) == 0 {
			return e, nil
		}
		if e.grow(piece); e.size > 2*maxLedger {
			return e, io.ErrShortBuffer // it grows faster than it is read
		}
	}
}

// tailDiff is the unified diff of an append.
func tailDiff(path string, before, lines int, appended []byte) string {
	if lines == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", path, path)
	if n := len(appended); n > maxTail {
		appended = appended[n-maxTail:]
		appended = appended[bytes.IndexByte(appended, '\n')+1:]
		shown := bytes.Count(appended, []byte("\n"))
		fmt.Fprintf(&b, "\\ %d earlier new lines are not shown\n", lines-shown)
		before, lines = before+lines-shown, shown
	}
	fmt.Fprintf(&b, "@@ -%d,0 +%d,%d @@\n", before, before+1, lines)
	for line := range strings.Lines(agent.Clean(string(appended))) {
		b.WriteByte('+')
		b.WriteString(line)
	}
	return shorten(b.String(), maxDiff)
}
