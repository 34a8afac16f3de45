package transcript

import (
	"io/fs"
	"os"
	"path/filepath"

	"vigil/agent"
)

// Files reads files, on this machine or another.
type Files = agent.Files

// File is an open file.
type File = agent.File

// OS is the files of this machine.
type OS struct{}

var _ Files = OS{}

// Open opens a file of this machine.
func (OS) Open(name string) (File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Stat follows symbolic links.
func (OS) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// ReadDir lists a folder.
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// resolve returns a folder's path without symbolic links, where that can be
// told: of another machine the paths of processes have none.
func resolve(files Files, dir string) (string, bool) {
	if _, local := files.(OS); !local {
		return "", false
	}
	real, err := filepath.EvalSymlinks(dir)
	return real, err == nil
}

// exists reports whether there is a plain file.
func exists(files Files, path string) bool {
	info, err := files.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
