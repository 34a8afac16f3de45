package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil/remote"
)

// far is a host in memory, with the delay and the faults of a line. Time is
// that of the test, so within synctest a slow line costs none.
type far struct {
	rtt  time.Duration
	rate int // bytes a second; 0 without a bound

	mu      sync.Mutex
	free    time.Time     // when the line has sent what is to be sent
	longest time.Duration // that a request took
	nodes   map[string]*node
	offline bool
	rude    bool // a lost connection looks like an end of file, as it does in the depths of SSH
	epoch   int  // of the connection
	calls   map[string]int
	flight  int // requests on their way
	most    int // that were so at once
	fault   func(op, name string) error
}

type node struct {
	data []byte
	mod  time.Time
	mode fs.FileMode
	size int64 // a lie, if not 0
}

var _ remote.Host = (*far)(nil)

func newFar(rtt time.Duration) *far {
	return &far{rtt: rtt, nodes: map[string]*node{"/": {mode: fs.ModeDir | 0o755}}, calls: map[string]int{}}
}

// trip is a request on its way to the host and back. what is done there is done
// half way.
func (h *far) trip(op, name string, what func() error) error {
	began := time.Now()
	h.mu.Lock()
	h.calls[op]++
	h.calls[op+" "+name]++
	epoch, offline := h.epoch, h.offline
	h.flight++
	h.most = max(h.most, h.flight)
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.flight--
		h.longest = max(h.longest, time.Since(began))
		h.mu.Unlock()
	}()
	if offline {
		return fmt.Errorf("%s %s: %w", op, name, remote.ErrOffline)
	}
	time.Sleep(h.rtt / 2)
	h.mu.Lock()
	err := what()
	if h.fault != nil {
		if e := h.fault(op, name); e != nil {
			err = e
		}
	}
	sent := time.Until(h.free) // answers come one after the other
	h.mu.Unlock()
	time.Sleep(h.rtt/2 + max(sent, 0))
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.epoch != epoch {
		if h.rude {
			return io.EOF
		}
		return fmt.Errorf("%s %s: %w", op, name, remote.ErrOffline)
	}
	return err
}

func (h *far) find(name string) (*node, error) {
	if n := h.nodes[name]; n != nil {
		return n, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (h *far) Name() string                                    { return "far" }
func (h *far) Run(context.Context, remote.Cmd) ([]byte, error) { return nil, errors.ErrUnsupported }
func (h *far) Start(context.Context, remote.Cmd) (remote.Process, error) {
	return nil, errors.ErrUnsupported
}

func (h *far) Open(name string) (remote.File, error) {
	var n *node
	err := h.trip("open", name, func() (err error) { n, err = h.find(name); return err })
	if err != nil {
		return nil, err
	}
	return &handle{h, n, name}, nil
}

func (h *far) Stat(name string) (fs.FileInfo, error) {
	var fi fs.FileInfo
	err := h.trip("stat", name, func() error {
		n, err := h.find(name)
		if err == nil {
			fi = n.info(name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return fi, nil
}

func (h *far) ReadDir(name string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	err := h.trip("readdir", name, func() error {
		if _, err := h.find(name); err != nil {
			return err
		}
		for p, n := range h.nodes {
			if path.Dir(p) == name && p != name {
				out = append(out, fs.FileInfoToDirEntry(n.info(p)))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// handle is a file that stays the same one whatever happens to its name.
type handle struct {
	h    *far
	n    *node
	name string
}

func (f *handle) Close() error { return f.h.trip("close", f.name, func() error { return nil }) }

func (f *handle) Stat() (fs.FileInfo, error) { return f.h.Stat(f.name) }

// ReadAt needs a second answer to know that there is no more, as SFTP does.
func (f *handle) ReadAt(b []byte, off int64) (n int, _ error) {
	for n < len(b) {
		var part []byte
		err := f.h.trip("read", f.name, func() error {
			part = f.n.data[min(off+int64(n), int64(len(f.n.data))):]
			if part = part[:min(len(part), len(b)-n)]; len(part) == 0 {
				return io.EOF
			}
			part = slices.Clone(part)
			if f.h.rate > 0 {
				f.h.free = time.Now().Add(max(time.Until(f.h.free), 0) + time.Duration(len(part))*time.Second/time.Duration(f.h.rate))
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += copy(b[n:], part)
	}
	return n, nil
}

type attrs struct {
	name string
	size int64
	mod  time.Time
	mode fs.FileMode
}

func (n *node) info(name string) fs.FileInfo {
	return attrs{path.Base(name), cmp.Or(n.size, int64(len(n.data))), n.mod, n.mode}
}

func (i attrs) Name() string       { return i.name }
func (i attrs) Size() int64        { return i.size }
func (i attrs) Mode() fs.FileMode  { return i.mode }
func (i attrs) ModTime() time.Time { return i.mod }
func (i attrs) IsDir() bool        { return i.mode.IsDir() }
func (i attrs) Sys() any           { return nil }

// do is what somebody does on the host.
func (h *far) do(what func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	what()
}

// now is the host's clock: file times of SFTP are in seconds.
func now() time.Time { return time.Now().Truncate(time.Second) }

// make makes a file or a folder, and the folders that it lies in.
func (h *far) make(name string, mode fs.FileMode) *node {
	if n := h.nodes[name]; n != nil {
		return n
	}
	h.make(path.Dir(name), fs.ModeDir|0o755)
	n := &node{mode: mode, mod: now()}
	h.nodes[name] = n
	h.nodes[path.Dir(name)].mod = now()
	return n
}

func (h *far) append(name, text string) {
	h.do(func() {
		n := h.make(name, 0o644)
		n.data, n.mod = append(n.data, text...), now()
	})
}

// truncate leaves a file no longer than size, in place.
func (h *far) truncate(name string, size int) {
	h.do(func() {
		n := h.make(name, 0o644)
		n.data, n.mod = slices.Clone(n.data[:min(size, len(n.data))]), now()
	})
}

// writeAt writes where a writer stands that does not append, whatever has
// become of the file.
func (h *far) writeAt(name string, off int, text string) {
	h.do(func() {
		n := h.make(name, 0o644)
		n.data = append(n.data, make([]byte, max(0, off+len(text)-len(n.data)))...)
		copy(n.data[off:], text)
		n.mod = now()
	})
}

func (h *far) rename(from, to string) {
	h.do(func() {
		h.nodes[to] = h.nodes[from]
		delete(h.nodes, from)
		h.nodes[path.Dir(from)].mod, h.nodes[path.Dir(to)].mod = now(), now()
	})
}

func (h *far) remove(name string) {
	h.do(func() {
		delete(h.nodes, name)
		h.nodes[path.Dir(name)].mod = now()
	})
}

// copy copies a file to a new one.
func (h *far) copy(from, to string) {
	h.do(func() {
		n := h.make(to, 0o644)
		n.data, n.mod = slices.Clone(h.nodes[from].data), now()
	})
}

// cut cuts the connection: requests on their way get no answer.
func (h *far) cut() { h.do(func() { h.offline = true; h.epoch++ }) }

// mend brings it back.
func (h *far) mend() { h.do(func() { h.offline = false }) }

// count returns how often something was asked for since the last count.
func (h *far) count(op string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.calls[op]
	h.calls[op] = 0
	return n
}

// lines are numbers, each on its line.
func lines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}
