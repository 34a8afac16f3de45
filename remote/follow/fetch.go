package follow

import (
	"errors"
	"io"
	"io/fs"
	"time"

	"vigil/remote"
)

const (
	// headLen and tailLen are how many of the first and of the last bytes that
	// were read are kept, to know a file again. Lines that tell a time or a
	// loss differ within that many from one run to the next.
	headLen = 64
	tailLen = 128
)

// position is how far a file has been read, and what it is known by.
type position struct {
	off  int64
	head []byte    // its first bytes; nil where they are not known
	tail []byte    // the last bytes before off
	mod  time.Time // of the file when it had nothing more; zero before
}

// stamp is what a host tells of a file without opening it.
type stamp struct {
	size int64
	mod  time.Time
}

// identity says what a file is to the one that was read under its name.
type identity int

const (
	same    identity = iota // grown, or as it was
	shorter                 // shorter, but it may yet turn out to be the same
	another
)

// answer is what a host tells of a file to be read on.
type answer struct {
	stamp
	is   identity
	data []byte // what follows the offset, as far as there was room for
	err  error
}

var (
	errKind  = errors.New("not a regular file")
	errShort = errors.New("the file ends before the size that its host tells")
)

// fetch reads a file on from a position. buf bounds how much, and holds it.
//
// The file is opened anew each time, since network file systems look for what
// other machines wrote only when a file is opened. What the path leads to is
// asked for at the same time, so that exactly what is there is read then: two
// round trips for a file that has grown, one for a file that has not. The two
// answers may be of different files, or of the same one at different moments.
// That does no harm: the size only says how much to read, and bytes count only
// behind those that were read before. What does not fit together is an error,
// and fits the next time. An end of file from the host is never believed, since
// a connection that breaks looks like one.
func (p *position) fetch(h remote.Host, name string, buf []byte, careful bool) answer {
	var a answer
	open := openBoth
	if careful {
		open = openAfter
	}
	f, fi, err := open(h, name, p)
	if err != nil {
		return answer{err: err}
	}
	a.stamp = stamp{max(fi.Size(), 0), fi.ModTime()}
	if f == nil {
		return a
	}
	defer func() { go f.Close() }() // nothing depends on when it is answered
	if !fi.Mode().IsRegular() {
		return answer{err: kindError(name)}
	}
	if p.has(fi) {
		return a
	}
	if a.size < p.off {
		n := min(int64(len(p.head)), a.size)
		if err := exactly(f, buf[:n], 0); err != nil {
			return answer{err: err}
		}
		a.is = shorter
		if !alike(p.head[:n], buf[:n]) {
			a.is = another
		}
		return a
	}
	known := len(p.tail)
	b := buf[:min(int64(len(buf)), a.size-p.off+int64(known))]
	if err := exactly(f, b, p.off-int64(known)); err != nil {
		return answer{err: err}
	}
	if !alike(p.tail, b[:known]) {
		a.is = another
		return a
	}
	a.data = b[known:]
	return a
}

// has reports whether a file is as it was when all of it was read.
func (p *position) has(fi fs.FileInfo) bool {
	return fi.Size() == p.off && fi.ModTime().Equal(p.mod)
}

// openBoth opens a file and asks what its path leads to at the same time. The
// request to open is the first to go out as a rule: what a network file system
// tells after it is not old.
func openBoth(h remote.Host, name string, _ *position) (remote.File, fs.FileInfo, error) {
	type told struct {
		fi  fs.FileInfo
		err error
	}
	c := make(chan told, 1)
	go func() { // ends with the host's answer
		fi, err := h.Stat(name)
		c <- told{fi, err}
	}()
	f, err := h.Open(name)
	t := <-c
	switch {
	case err != nil && !errors.Is(t.err, remote.ErrOffline):
		return nil, nil, err
	case t.err != nil:
		if err == nil {
			go f.Close()
		}
		return nil, nil, t.err
	}
	return f, t.fi, nil
}

// openAfter opens a file once it is known to be one: to open a pipe would stop
// a host until somebody writes to it. One that has nothing new is not opened.
func openAfter(h remote.Host, name string, p *position) (remote.File, fs.FileInfo, error) {
	fi, err := h.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, nil, kindError(name)
	}
	if p.has(fi) {
		return nil, fi, nil
	}
	f, err := h.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, fi, nil
}

func kindError(name string) error { return &fs.PathError{Op: "read", Path: name, Err: errKind} }

// exactly fills b from an offset.
func exactly(r io.ReaderAt, b []byte, off int64) error {
	if len(b) == 0 {
		return nil
	}
	n, err := r.ReadAt(b, off)
	switch {
	case n >= len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return errShort
	}
	return err
}

// alike reports whether bytes are what they were. A NUL may have been filled
// since: it stood for what had not come yet.
func alike(was, is []byte) bool {
	for i, c := range was {
		if c != is[i] && c != 0 {
			return false
		}
	}
	return true
}

// pass notes that bytes have been read.
func (p *position) pass(b []byte) {
	if n := headLen - len(p.head); n > 0 && p.off == int64(len(p.head)) {
		p.head = append(p.head, b[:min(n, len(b))]...)
	}
	p.off += int64(len(b))
	if len(b) >= tailLen {
		p.tail = append(p.tail[:0], b[len(b)-tailLen:]...)
		return
	}
	if n := len(p.tail) + len(b) - tailLen; n > 0 {
		p.tail = append(p.tail[:0], p.tail[n:]...)
	}
	p.tail = append(p.tail, b...)
}
