package workspace

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"vigil/agent"
)

// disk is the files of a machine.
type disk interface {
	stat(name string) (fs.FileInfo, error)
	lstat(name string) (fs.FileInfo, error)
	// real follows the links of a name.
	real(name string) (string, error)
	// open opens a file, and never waits for a pipe's other end where it can
	// help it.
	open(name string) (agent.File, error)
	// list lists a folder, but not much more of it than so many names.
	list(name string, most int) ([]fs.DirEntry, error)
}

// here is the files of this machine.
type here struct{}

func (here) stat(name string) (fs.FileInfo, error)  { return os.Stat(name) }
func (here) lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }
func (here) real(name string) (string, error)       { return filepath.EvalSymlinks(name) }

func (here) open(name string) (agent.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (here) list(name string, most int) ([]fs.DirEntry, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	es, err := f.ReadDir(most)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return es, err
}

// far is the files of another machine. Links in a workspace are not followed
// there, but that of a scratchpad to a larger disk.
type far struct{ agent.Files }

func (d far) stat(name string) (fs.FileInfo, error) { return d.Stat(name) }
func (far) real(string) (string, error)             { return "", errNotPlain }
func (d far) open(name string) (agent.File, error)  { return d.Open(name) }

func (d far) lstat(name string) (fs.FileInfo, error) {
	es, err := d.ReadDir(path.Dir(name))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(es, func(e fs.DirEntry) bool { return e.Name() == path.Base(name) })
	if i < 0 {
		return nil, fs.ErrNotExist
	}
	return es[i].Info()
}

func (d far) list(name string, most int) ([]fs.DirEntry, error) {
	es, err := d.ReadDir(name)
	return es[:min(len(es), most)], err
}

// sameFile reports whether two looks were at one file, as far as can be told.
func sameFile(a, b fs.FileInfo) bool { return os.SameFile(a, b) || !os.SameFile(a, a) }

// told reports whether an error says something of the file; the others say
// that nothing is known.
func told(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, errNotPlain)
}

// atOnce is how many folders or files of another machine are asked for at the
// same time: each costs several round trips.
const atOnce = 8

// together calls f for the numbers below n, some at a time.
func together(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, atOnce) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
