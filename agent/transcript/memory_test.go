package transcript_test

import (
	"bytes"
	"io/fs"
	"time"

	"vigil/agent/transcript"
)

// memory is one file in memory, as of a machine whose files cannot be told
// apart.
type memory struct {
	data  []byte
	there bool
	err   error
}

var _ transcript.Files = (*memory)(nil)

func (m *memory) Open(string) (transcript.File, error) {
	if m.err != nil {
		return nil, m.err
	}
	if !m.there {
		return nil, fs.ErrNotExist
	}
	return memoryFile{bytes.NewReader(m.data)}, nil
}

func (m *memory) Stat(name string) (fs.FileInfo, error) {
	f, err := m.Open(name)
	if err != nil {
		return nil, err
	}
	return f.Stat()
}

func (m *memory) ReadDir(string) ([]fs.DirEntry, error) { return nil, fs.ErrNotExist }

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error                 { return nil }
func (f memoryFile) Stat() (fs.FileInfo, error) { return memoryInfo{f.Reader.Size()}, nil }

type memoryInfo struct{ size int64 }

func (i memoryInfo) Name() string     { return "s" }
func (i memoryInfo) Size() int64      { return i.size }
func (memoryInfo) Mode() fs.FileMode  { return 0o600 }
func (memoryInfo) ModTime() time.Time { return time.Time{} }
func (memoryInfo) IsDir() bool        { return false }
func (memoryInfo) Sys() any           { return nil }
