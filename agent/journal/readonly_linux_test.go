package journal

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// A folder that cannot be written gives one clear line. As root, who may write
// everywhere, the test's thread takes on another user's rights to files.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	ro := filepath.Join(dir, "ro")
	if err := os.Mkdir(ro, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(ro, "journal.db"), filepath.Join(ro, "sub", "journal.db")} {
		err := openAs(t, 65534, path)
		if err == nil {
			t.Fatal("it could be opened")
		}
		if s := err.Error(); !strings.Contains(s, "it cannot be written; make the file and its folder writable") ||
			!strings.Contains(s, path) || strings.Contains(s, "\n") {
			t.Errorf("error %q", s)
		}
	}
}

// openAs opens the journal on a thread that has the rights of the user, if
// this process may give itself any.
func openAs(t *testing.T, uid int, path string) (err error) {
	done := make(chan struct{})
	go func() { // the thread ends with it, since it stays locked
		defer close(done)
		runtime.LockOSThread()
		if os.Getuid() == 0 {
			if err = syscall.Setfsuid(uid); err != nil {
				return
			}
		}
		var j *Journal
		if j, err = Open(t.Context(), path); err == nil {
			err = j.Close()
		}
	}()
	<-done
	return err
}

func TestNetworked(t *testing.T) {
	if networked("/proc") || networked(t.TempDir()+"/none") {
		t.Error("proc, or a folder that is not there, is taken for a network file system")
	}
}
