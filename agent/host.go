package agent

import (
	"context"
	"io"
	"io/fs"
)

// Host is what supervising agents needs of another machine: commands and
// files. It is declared here in terms of standard types, since agent and
// remote do not know each other; the command joins them. Its methods may be
// called from several goroutines. While there is no connection they fail at
// once, and the host goes on trying by itself.
type Host interface {
	// Name is what the user calls the machine. It becomes part of the ids of
	// agents, so it holds no "/".
	Name() string
	// Start starts a command that streams: reads are its standard output,
	// writes its standard input. Every element of argv reaches the program as
	// it is. Close ends the command, unblocks a Read or Write under way and may
	// be called twice; its error says why the command failed, if it did.
	Start(ctx context.Context, argv ...string) (io.ReadWriteCloser, error)
	// Run runs a command to its end, with stdin as its input, and returns what
	// it printed.
	Run(ctx context.Context, stdin string, argv ...string) ([]byte, error)
	Files
}

// Files reads the files of a machine. Paths are absolute; errors satisfy
// errors.Is with fs.ErrNotExist and fs.ErrPermission.
type Files interface {
	Open(name string) (File, error)
	// Stat follows symbolic links.
	Stat(name string) (fs.FileInfo, error)
	// ReadDir lists a folder in no particular order. The entries' own Info does
	// not follow links.
	ReadDir(name string) ([]fs.DirEntry, error)
}

// File is an open file, read at offsets since it grows while it is read.
type File interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}
