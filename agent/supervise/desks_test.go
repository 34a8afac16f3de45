package supervise

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"vigil/agent"
	"vigil/agent/journal"
	"vigil/agent/workspace"
)

// The versions of a file are found under the name that its workspace is
// watched by.
func TestVersionsOfAFile(t *testing.T) {
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, "plan.md"), []byte("# Plan\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), filepath.Join(t.TempDir(), "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	a := agent.Agent{ID: "a", Host: local, Workspace: work + "/"}
	s := &Supervisor{o: Options{Journal: j}}
	s.snap.Store(&agent.Snapshot{Agents: []agent.View{{Agent: a}}})

	seen := make(chan workspace.State, 100)
	w, err := workspace.New(a.Workspace, workspace.Options{Keep: j, Changed: func(st workspace.State) { seen <- st }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // ends with ctx
		defer close(done)
		_ = w.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	plan := (<-seen).Plan
	vs, err := s.Versions(t.Context(), a.ID, plan.Path)
	if err != nil || len(vs) != 1 || len(plan.Versions) != 1 || vs[0].Hash != plan.Versions[0].Hash {
		t.Errorf("the versions are %+v, %v; the watcher lists %+v", vs, err, plan.Versions)
	}
	if _, err := s.Versions(t.Context(), "nobody", plan.Path); err == nil {
		t.Error("an agent that is not there has versions")
	}
}
