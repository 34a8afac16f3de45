package journal

import (
	"path/filepath"
	"testing"
	"time"

	"vigil/agent"
)

// A reader sees what there is, and changes nothing.
func TestOpenToRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j.db")
	if _, err := OpenToRead(t.Context(), path); err == nil {
		t.Error("there is no journal")
	}
	j, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	now := time.Now()
	if _, err := j.Acquire(t.Context(), "h", time.Minute, now); err != nil {
		t.Fatal(err)
	}
	r, err := OpenToRead(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if l, err := r.Lease(t.Context(), now); err != nil || l.Holder != "h" {
		t.Errorf("lease %+v, %v", l, err)
	}
	if _, err := r.Acquire(t.Context(), "x", time.Minute, now.Add(time.Hour)); err == nil {
		t.Error("it wrote")
	}
	if err := r.RecordAgent(t.Context(), agent.Agent{ID: "a"}, now); err == nil {
		t.Error("it wrote")
	}
}
