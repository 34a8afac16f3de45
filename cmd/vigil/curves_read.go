package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"vigil/remote"
	"vigil/remote/curve"
	"vigil/remote/follow"
	"vigil/remote/runlog"
)

// curveReader reads logs once.
type curveReader struct {
	e     env
	c     Config
	hosts map[string]remote.Host
	ends  []func() error
	files []logFile
}

// logFile is a log on a host.
type logFile struct {
	host remote.Host
	path string
}

// readTogether is how many logs of a far host are read at the same time: what
// takes long is the way there.
const readTogether = 8

func newCurveReader(e env, c Config) *curveReader {
	return &curveReader{e: e, c: c, hosts: map[string]remote.Host{}}
}

func (r *curveReader) close() {
	for _, end := range r.ends {
		_ = end() // only read from
	}
}

func (r *curveReader) host(name string) remote.Host {
	h, ok := r.hosts[name]
	if !ok {
		var end func() error
		h, end = openHost(r.e, r.c, name)
		r.hosts[name] = h
		r.ends = append(r.ends, end)
	}
	return h
}

// find expands the arguments to files, by host and path and each once. A
// folder stands for the logs below it. What names no log is an error beside
// the files of the others.
func (r *curveReader) find(ctx context.Context, args []string) error {
	var errs []error
	for _, arg := range args {
		name, glob := hostAndPath(arg)
		h := r.host(name)
		found, err := findLogs(ctx, h, glob)
		switch {
		case errors.Is(err, remote.ErrOffline):
			errs = append(errs, err) // it says what to do
		case err != nil:
			errs = append(errs, fmt.Errorf("%w: check the path", err))
		case len(found) == 0:
			errs = append(errs, fmt.Errorf("%s: no log there: check the path", arg))
		}
		for _, p := range found {
			r.files = append(r.files, logFile{h, p})
		}
	}
	slices.SortFunc(r.files, func(a, b logFile) int {
		return cmp.Or(cmp.Compare(a.host.Name(), b.host.Name()), cmp.Compare(a.path, b.path))
	})
	r.files = slices.CompactFunc(r.files, func(a, b logFile) bool { return a.host.Name() == b.host.Name() && a.path == b.path })
	return errors.Join(errs...)
}

// hostAndPath splits HOST:PATH as scp does: a path that begins with "./" or
// "/", or is there on this machine, is one of this machine.
func hostAndPath(arg string) (host, path string) {
	name, rest, ok := strings.Cut(arg, ":")
	if !ok || name == "" || rest == "" || strings.Contains(name, "/") {
		return local, arg
	}
	if _, err := os.Lstat(arg); err == nil {
		return local, arg
	}
	return name, rest
}

// read parses the files. A file that cannot be read is an error at the end; the
// others are read all the same.
func (r *curveReader) read(ctx context.Context) (*curve.Set, error) {
	store := curve.NewStore()
	errs := make([]error, len(r.files))
	var wg sync.WaitGroup
	room := make(chan struct{}, readTogether)
	for i, f := range r.files {
		w := store.Writer(remote.Source{Host: f.host.Name(), Path: f.path})
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			if err := follow.ReadFile(ctx, f.host, f.path, runlog.New(r.c.patterns()...), w); err != nil {
				errs[i] = fmt.Errorf("%w: check its permissions", err)
			}
		})
	}
	wg.Wait()
	return store.Snapshot(), errors.Join(errs...)
}

// inOrder are the runs by host, path and place in the file.
func inOrder(set *curve.Set) []*curve.Run {
	out := make([]*curve.Run, 0, set.Len())
	for _, r := range set.All() {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *curve.Run) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Index, b.Index))
	})
	return out
}
