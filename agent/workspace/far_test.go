package workspace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/agent"
)

// otherDisk is this machine's files as another machine's: they cannot be told
// apart, and the connection to them can be lost.
type otherDisk struct {
	mu    sync.Mutex
	down  bool
	opens int
}

var errDown = errors.New("connection lost")

func (d *otherDisk) up(open bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return errDown
	}
	if open {
		d.opens++
	}
	return nil
}

func (d *otherDisk) Open(name string) (agent.File, error) {
	if err := d.up(true); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d *otherDisk) Stat(name string) (fs.FileInfo, error) {
	if err := d.up(false); err != nil {
		return nil, err
	}
	return os.Stat(name)
}

func (d *otherDisk) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := d.up(false); err != nil {
		return nil, err
	}
	return os.ReadDir(name)
}

func TestFarWatcher(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	put := func(rel, text string, at time.Time) {
		t.Helper()
		write(t, filepath.Join(dir, rel), text)
		if err := os.Chtimes(filepath.Join(dir, rel), at, at); err != nil {
			t.Fatal(err)
		}
	}
	put("plan.md", "- [ ] one\n", old)
	put("scratchpad/THREAD.md", "first\n", old)
	put("scratchpad/deep/er/x.py", "x = 1\n", old)
	put("scratchpad/runs/a.log", "step:1\n", old)
	write(t, filepath.Join(dir, "secret.txt"), "key")
	if err := os.Symlink(filepath.Join(dir, "secret.txt"), filepath.Join(dir, "goal.md")); err != nil {
		t.Fatal(err)
	}
	d := &otherDisk{}
	states := make(chan State, 1000)
	w, err := New(dir, Options{Files: d, Key: "head:" + dir, Changed: func(s State) { states <- s }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.Run(ctx) })
	defer wg.Wait()
	defer cancel()
	await := func(what string, ok func(State) bool) {
		t.Helper()
		limit := time.After(30 * time.Second)
		for !ok(w.State()) {
			select {
			case <-states:
			case <-limit:
				t.Fatalf("%s: %+v", what, w.State())
			}
		}
	}
	await("the first look", func(s State) bool { return s.Plan.Text == "- [ ] one\n" && len(s.Files) == 3 })
	if s := w.State(); s.Goal.Text != "" || s.Problem != "" {
		t.Errorf("state: %+v", s)
	}
	d.mu.Lock()
	opens := d.opens
	d.mu.Unlock()
	put("plan.md", "- [x] one\n", old.Add(time.Minute))
	put("scratchpad/deep/new.py", "y = 2\n", old)
	await("changes", func(s State) bool {
		return s.Plan.Text == "- [x] one\n" && len(s.Files) == 4
	})
	d.mu.Lock()
	if n := d.opens - opens; n != 2 {
		t.Errorf("%d files were opened for two changes", n)
	}
	d.down = true
	d.mu.Unlock()
	await("the loss", func(s State) bool { return strings.Contains(s.Problem, "connection lost") })
	if s := w.State(); s.Plan.Text == "" || len(s.Files) != 4 {
		t.Errorf("without a connection: %+v", s)
	}
	put("scratchpad/THREAD.md", "first\nsecond\n", time.Now())
	d.mu.Lock()
	d.down = false
	d.mu.Unlock()
	await("the return", func(s State) bool {
		return s.Problem == "" && s.Files[0].Added == 1 && s.Files[0].Path == "scratchpad/THREAD.md"
	})
	for _, f := range w.State().Files {
		if f.Deleted || f.Note != "" && f.Note != "log" {
			t.Errorf("file: %+v", f)
		}
	}
}

func TestRootOn(t *testing.T) {
	top := t.TempDir()
	write(t, filepath.Join(top, "home", "repo", ".git", "config"), "x")
	write(t, filepath.Join(top, "home", "repo", "v3", "goal.md"), "x")
	home := filepath.Join(top, "home")
	d := &otherDisk{}
	for dir, want := range map[string]string{"repo/v3/a": "repo/v3", "repo/v4": "repo", "x": "x"} {
		if got := RootOn(d, home, filepath.Join(home, dir)); got != filepath.Join(home, want) {
			t.Errorf("%s: %s, want %s", dir, got, want)
		}
	}
}
