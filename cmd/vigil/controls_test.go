package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/tui"
)

// A change of [keys] or of mouse in the file comes to the open screen; one that
// cannot be does not.
func TestControlsAreReloaded(t *testing.T) {
	e, _, _ := testEnv(t)
	path, err := e.configPath()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	none := "[tmux]\nsockets = [\"" + filepath.Join(t.TempDir(), "none") + "\"]\n"
	write(none)
	w, err := openWatch(t.Context(), e, overrides{}, watchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.rebind = make(chan tui.Controls, 1)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- w.run(ctx) }() // ends with ctx
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	next := func() tui.Controls {
		t.Helper()
		select {
		case c := <-w.rebind:
			return c
		case <-ctx.Done():
			t.Fatal("nothing came")
			return tui.Controls{}
		}
	}
	write(none + "[keys]\nzoom = \"Z\"\n")
	if c := next(); len(c.Keys["zoom"]) != 1 || c.Keys["zoom"][0] != "Z" || c.NoMouse {
		t.Errorf("%+v", c)
	}
	// Two actions on one key cannot be: what comes next is of the third change.
	write(none + "[keys]\nzoom = \"n\"\n")
	if !clients.Poll(time.Minute, func() bool {
		s := w.Snapshot()
		return s != nil && slices.ContainsFunc(s.Problems, func(p agent.Problem) bool { return p.Where == path })
	}) {
		t.Fatal("nobody was told of the clash")
	}
	write("mouse = false\n" + none)
	if c := next(); len(c.Keys) != 0 || !c.NoMouse {
		t.Errorf("%+v", c)
	}
}
