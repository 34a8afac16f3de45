package supervise

import (
	"errors"
	"io/fs"
	"time"

	"vigil/agent"
)

// limited is the files of another machine with an end to every call: a file
// system that hangs there, or a connection that died without a word, must hold
// up nothing for ever, least of all vigil's end. A call that is given up ends
// with the host's connection.
type limited struct {
	files agent.Files
	ended <-chan struct{} // vigil ends
}

var _ agent.Files = limited{}

// fileWithin is how long one call may take.
const fileWithin = 20 * time.Second

var (
	errSlow  = errors.New("the machine's files did not answer in " + fileWithin.String())
	errEnded = errors.New("vigil ends")
)

// within waits for call, but not for long; a value that comes too late is
// dropped.
func within[T any](l limited, call func() (T, error), drop func(T)) (T, error) {
	type result struct {
		v   T
		err error
	}
	got := make(chan result, 1)
	go func() { // ends with the call
		v, err := call()
		got <- result{v, err}
	}()
	t := time.NewTimer(fileWithin)
	defer t.Stop()
	err := errSlow
	select {
	case r := <-got:
		return r.v, r.err
	case <-t.C:
	case <-l.ended:
		err = errEnded
	}
	go func() { // ends with the call
		if r := <-got; r.err == nil && drop != nil {
			drop(r.v)
		}
	}()
	var none T
	return none, err
}

// Open is of [agent.Files].
func (l limited) Open(name string) (agent.File, error) {
	f, err := within(l, func() (agent.File, error) { return l.files.Open(name) }, func(f agent.File) { _ = f.Close() })
	if err != nil {
		return nil, err
	}
	return limitedFile{f, l}, nil
}

// Stat is of [agent.Files].
func (l limited) Stat(name string) (fs.FileInfo, error) {
	return within(l, func() (fs.FileInfo, error) { return l.files.Stat(name) }, nil)
}

// ReadDir is of [agent.Files].
func (l limited) ReadDir(name string) ([]fs.DirEntry, error) {
	return within(l, func() ([]fs.DirEntry, error) { return l.files.ReadDir(name) }, nil)
}

type limitedFile struct {
	agent.File
	l limited
}

// ReadAt reads into a buffer of its own: a call that was given up may still
// write to it.
func (f limitedFile) ReadAt(b []byte, off int64) (int, error) {
	type read struct {
		b   []byte
		err error // may come with bytes
	}
	r, err := within(f.l, func() (read, error) {
		own := make([]byte, len(b))
		n, err := f.File.ReadAt(own, off)
		return read{own[:n], err}, nil
	}, nil)
	if err != nil {
		return 0, err
	}
	return copy(b, r.b), r.err
}

func (f limitedFile) Stat() (fs.FileInfo, error) { return within(f.l, f.File.Stat, nil) }

func (f limitedFile) Close() error {
	_, err := within(f.l, func() (struct{}, error) { return struct{}{}, f.File.Close() }, nil)
	return err
}
