package workspace

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"vigil/agent"
)

// kind is how a file is followed.
type kind uint8

const (
	text   kind = iota // versions and diffs
	log                // grows for ever: only its time
	large              // too large for versions: only its time
	tailed             // a large ledger: its new lines
	binary             // only its time
)

// file is what is known of one file.
type file struct {
	kind   kind
	in     os.FileInfo // when it was last read
	read   time.Time
	text   string // of the newest version, clean, if held
	held   bool
	hash   string // of the newest version; empty before the first
	hollow bool   // it was found empty once and is looked at again
	end    ending // of a tailed file
	change agent.FileChange

	tried   []string // what it calls tried, of its text as it was
	triedOf string
}

// visit looks at one file. in is what a listing gave, if it comes from one.
func (w *Watcher) visit(ctx context.Context, rel string, in os.FileInfo) {
	path := filepath.Join(w.dir, rel)
	f := w.files[rel]
	listed := in != nil
	if !listed || in.Mode()&fs.ModeSymlink != 0 {
		var err error
		in, err = w.plainFile(path, !strings.Contains(rel, "/") && document(rel))
		if err != nil {
			w.lost(f, err)
			return
		}
	}
	if f == nil {
		f = &file{change: agent.FileChange{Path: agent.CleanLine(rel, 512)}}
		w.files[rel] = f
	}
	if listed && w.unchanged(f, in) {
		return
	}
	k := kindOf(rel, in.Size())
	_, ahead := w.fetched[rel]
	if k == text && !w.started && (w.texts > maxTexts || w.far() && !ahead) && f.in == nil && !document(rel) {
		f.saw(in, k) // read when it changes; a first look must not read gigabytes
		f.change.At = w.clock(in)
		f.change.Note = "not read yet: too many texts"
		w.changed = true
		return
	}
	switch k {
	case text:
		w.readText(ctx, rel, path, f, in)
	case tailed:
		w.readTail(path, f, in)
	default:
		w.note(f, in, k)
	}
}

// unchanged reports whether a file need not be read. A time stamp younger than
// the last look by little may hide a later write.
func (w *Watcher) unchanged(f *file, in os.FileInfo) bool {
	young := racy
	if w.far() {
		young = racyFar
	}
	return f.in != nil && !f.change.Deleted && in.Size() == f.in.Size() && in.ModTime().Equal(f.in.ModTime()) &&
		sameFile(in, f.in) && (f.kind != text || f.read.Sub(w.written(in)) > young)
}

func (f *file) saw(in os.FileInfo, k kind) { f.in, f.kind, f.read = in, k, time.Now() }

// kindOf tells from the name and size how a file is followed.
func kindOf(rel string, size int64) kind {
	switch {
	case slices.Contains(binaryExts, strings.ToLower(filepath.Ext(rel))):
		return binary
	case growing(rel, size):
		return log
	case size <= maxFile:
		return text
	case ledger(rel) && size <= maxLedger:
		return tailed
	}
	return large
}

// lost notes that a file is not there any more.
func (w *Watcher) lost(f *file, err error) {
	if f == nil || f.change.Deleted {
		return
	}
	if w.far() && !told(err) {
		w.gone = "it cannot be read now (" + reason(err) + ")"
		return
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) && !errors.Is(err, errNotPlain) {
		w.unread = f.change.Path + " cannot be read (" + reason(err) + "); check its rights"
		return
	}
	f.change.Deleted, f.change.New = true, false
	f.change.Added, f.change.Removed, f.change.Diff, f.change.Note = 0, 0, "", ""
	f.change.At, f.change.Turn = time.Now(), w.turn()
	if f.held {
		f.change.Diff, f.change.Added, f.change.Removed = Diff(f.change.Path, f.text, "")
	}
	w.changed = true
}

// note takes in a file of which only the time is shown.
func (w *Watcher) note(f *file, in os.FileInfo, k kind) {
	if f.in != nil && f.kind == k && !f.change.Deleted && in.Size() == f.in.Size() && in.ModTime().Equal(f.in.ModTime()) {
		f.saw(in, k)
		return
	}
	c := &f.change
	c.New = w.started && (f.in == nil || c.Deleted)
	c.Deleted, c.Added, c.Removed, c.Diff = false, 0, 0, ""
	c.Binary = k == binary
	c.Note = map[kind]string{log: "log", large: "over 1 MiB", binary: "binary"}[k]
	c.At, c.Turn = w.clock(in), w.turnIf(w.started)
	w.drop(f)
	f.saw(in, k)
	w.changed = true
}

// readText takes in a file whose versions are kept.
func (w *Watcher) readText(ctx context.Context, rel, path string, f *file, was os.FileInfo) {
	got, ahead := w.fetched[rel]
	if !ahead {
		got.data, got.in, got.err = w.slurp(path, was, 0, maxFile+1)
	}
	data, in, err := got.data, got.in, got.err
	switch {
	case errors.Is(err, errReplaced), errors.Is(err, fs.ErrNotExist), err == nil && len(data) > maxFile:
		w.dirty[rel] = true // it was changed while it was read
		return
	case err != nil && w.far() && !told(err):
		w.gone = "it cannot be read now (" + reason(err) + ")"
		return
	case err != nil:
		w.unread = f.change.Path + " cannot be read (" + reason(err) + "); check its rights"
		if note := "cannot be read: " + reason(err); f.change.Note != note {
			f.change.Note, f.change.At = note, w.clock(was)
			w.changed = true
		}
		return
	case isBinary(data):
		w.note(f, in, binary)
		return
	case len(data) == 0 && len(f.text) > 0 && !f.hollow && !f.change.Deleted:
		// Most likely it is being rewritten: its text comes in a moment.
		f.hollow = true
		w.dirty[rel] = true
		return
	}
	f.hollow = false
	w.accept(ctx, f, in, agent.Clean(string(data)))
}

// accept takes in the text of a file, which may be the same as before.
func (w *Watcher) accept(ctx context.Context, f *file, in os.FileInfo, now string) {
	first, back := f.in == nil, f.change.Deleted
	f.saw(in, text)
	sum := sha256.Sum256([]byte(now))
	hash := hex.EncodeToString(sum[:])
	if hash == f.hash && !back {
		w.changed = w.changed || f.change.Note != ""
		f.change.Note = "" // it could not be read for a time
		return
	}
	before, known := f.text, f.held
	if !known {
		before, known = w.earlier(ctx, f)
	}
	c := &f.change
	if n := len(c.Versions); n > 0 && hash == c.Versions[n-1].Hash && first {
		known, before = true, now // as it was when an earlier vigil ended
	}
	c.Turn = w.turnIf(w.started)
	c.At = w.clock(in)
	if n := len(c.Versions); n > 0 && before != now && !c.At.After(c.Versions[n-1].At) {
		c.At = time.Now() // it was replaced by an older file
	}
	c.Binary, c.Deleted, c.Note = false, false, ""
	c.New = w.started && (first || back && !known)
	switch {
	case known:
		c.Diff, c.Added, c.Removed = Diff(c.Path, before, now)
	case c.New:
		c.Diff, c.Added, c.Removed = Diff(c.Path, "", now)
	default: // the base of later ones
		c.Diff, c.Added, c.Removed = "", 0, 0
	}
	if hash != f.hash {
		w.keep(ctx, f, hash, now)
	}
	w.hold(f, now)
	f.hash = hash
	w.changed = true
}

// earlier returns the newest kept version of a file whose text is not held:
// it was let go, or an earlier vigil saw it.
func (w *Watcher) earlier(ctx context.Context, f *file) (string, bool) {
	if w.o.Keep == nil {
		return "", false
	}
	c := &f.change
	if f.hash == "" {
		vs, err := w.o.Keep.Versions(ctx, w.key, c.Path)
		if err != nil {
			w.unkept = "earlier versions: " + agent.CleanLine(err.Error(), 300)
			return "", false
		}
		c.Versions = slices.Clip(vs[max(0, len(vs)-Listed):])
	}
	if len(c.Versions) == 0 {
		return "", false
	}
	b, err := w.o.Keep.Content(ctx, c.Versions[len(c.Versions)-1].Hash)
	return string(b), err == nil
}

// keep stores a version and lists it. A version that cannot be stored is not
// listed: nobody could open it.
func (w *Watcher) keep(ctx context.Context, f *file, hash, now string) {
	c := &f.change
	v := agent.Version{At: c.At, Turn: c.Turn, Hash: hash, Size: int64(len(now))}
	if w.o.Keep != nil {
		var err error
		if v, err = w.o.Keep.PutVersion(ctx, w.key, c.Path, c.At, c.Turn, []byte(now)); err != nil {
			if ctx.Err() == nil {
				w.unkept = "versions are not kept: " + agent.CleanLine(err.Error(), 300)
			}
			return
		}
		w.unkept = ""
	}
	if n := len(c.Versions); n > 0 && c.Versions[n-1].Hash == v.Hash && c.Versions[n-1].At.Equal(v.At) {
		return
	}
	vs := c.Versions[max(0, len(c.Versions)+1-Listed):]
	c.Versions = append(slices.Clip(vs), v) // readers have the old slice
}

// hold keeps the text for the next comparison.
func (w *Watcher) hold(f *file, now string) {
	w.texts += len(now) - len(f.text)
	f.text, f.held = now, true
}

// drop lets a file's text go.
func (w *Watcher) drop(f *file) {
	w.texts -= len(f.text)
	f.text, f.held = "", false
}

// trim keeps the memory for texts and deleted files within its limits.
func (w *Watcher) trim() {
	var texts, gone []string
	for rel, f := range w.files {
		switch {
		case f.change.Deleted:
			gone = append(gone, rel)
		case f.held && !document(rel):
			texts = append(texts, rel)
		}
	}
	oldest := func(a, b string) int { return w.files[a].change.At.Compare(w.files[b].change.At) }
	if w.texts > maxTexts+maxTexts/4 {
		slices.SortFunc(texts, oldest)
		for _, rel := range texts {
			if w.texts <= maxTexts {
				break
			}
			w.drop(w.files[rel])
		}
	}
	if len(gone) > maxGone {
		slices.SortFunc(gone, oldest)
		for _, rel := range gone[:len(gone)-maxGone] {
			w.drop(w.files[rel])
			delete(w.files, rel)
			w.changed = true
		}
	}
}

// clock is when a file was written: its time stamp, but not in the future (the
// clocks of network file systems differ).
func (w *Watcher) clock(in os.FileInfo) time.Time {
	at := w.written(in)
	if now := time.Now(); at.After(now) {
		return now
	}
	return at
}

// written is a file's time stamp by our clock.
func (w *Watcher) written(in os.FileInfo) time.Time {
	if w.o.Ahead == nil {
		return in.ModTime()
	}
	return in.ModTime().Add(-w.o.Ahead())
}

func (w *Watcher) turn() int {
	if w.o.Turn == nil {
		return 0
	}
	return w.o.Turn()
}

// turnIf is the agent's turn now if the change is of now.
func (w *Watcher) turnIf(now bool) int {
	if !now {
		return 0
	}
	return w.turn()
}

// isBinary judges by the start, as other programs do: a NUL, or no UTF-8.
func isBinary(data []byte) bool {
	head := data[:min(len(data), 8000)]
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	bad := 0
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		}
		i += n
	}
	return bad > len(head)/10+3
}
