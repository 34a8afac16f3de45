package appserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Socket is where the server of a CODEX_HOME listens, if there is one: a Codex
// that runs its server within itself has none.
func Socket(codexHome string) string {
	return filepath.Join(codexHome, "app-server-control", "app-server-control.sock")
}

// ErrUnsafe is wrapped by the errors of Check about a socket that another user
// could have put there.
var ErrUnsafe = errors.New("it may be another user's")

// Check reports why the socket must not be used: it is not there (the error
// wraps fs.ErrNotExist), or it or the folder of it or of what it links to
// belongs to somebody else or can be written to by others.
func Check(socket string) error {
	real, err := filepath.EvalSymlinks(socket)
	if err != nil {
		return fmt.Errorf("app-server: %w", err)
	}
	for _, path := range []string{filepath.Dir(socket), filepath.Dir(real), real} {
		info, err := os.Lstat(path)
		if err != nil {
			return fmt.Errorf("app-server: %w", err)
		}
		if !ours(info) || info.Mode().Perm()&0o022 != 0 {
			return fmt.Errorf("app-server: %s: %w: it must belong to you and be writable by nobody else", path, ErrUnsafe)
		}
		if path == real && info.Mode().Type() != fs.ModeSocket {
			return fmt.Errorf("app-server: %s: %w: it is no socket", path, ErrUnsafe)
		}
	}
	return nil
}
