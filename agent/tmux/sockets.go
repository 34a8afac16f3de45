package tmux

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Sockets returns the sockets of this user's tmux servers that live: the one
// that vigil runs in ($TMUX) first, then those in the folder where tmux keeps
// them (tmux-UID in $TMUX_TMPDIR or /tmp). No process is started.
func Sockets() []string {
	return sockets(os.Getenv("TMUX"), os.Getenv("TMUX_TMPDIR"), os.Getuid())
}

func sockets(tmuxVar, tmpdir string, uid int) []string {
	var found []string
	if path, _, _ := strings.Cut(tmuxVar, ","); path != "" {
		found = append(found, path)
	}
	if tmpdir == "" {
		tmpdir = "/tmp"
	}
	dir := filepath.Join(tmpdir, fmt.Sprintf("tmux-%d", uid))
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real // tmux resolves it too: $TMUX holds the real path
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		names = nil // no server was ever started there
	}
	for _, n := range names {
		path := filepath.Join(dir, n.Name())
		if n.Type()&os.ModeSocket != 0 && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	return slices.DeleteFunc(found, func(path string) bool { return !live(path) })
}

// live reports whether a server accepts connections on the socket.
func live(path string) bool {
	c, err := net.DialTimeout("unix", path, 200*time.Millisecond)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
