package journal

import (
	"path/filepath"
	"testing"
	"time"

	"vigil/agent"
)

func TestEvict(t *testing.T) {
	ctx := t.Context()
	j, err := Open(ctx, filepath.Join(t.TempDir(), "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	now := time.Now()
	dead, alive := Holder("h", 41, now), Holder("h", 42, now)
	if host, pid, err := ProcessOf(dead); host != "h" || pid != 41 || err != nil {
		t.Fatalf("ProcessOf(%q) = %q, %d, %v", dead, host, pid, err)
	}
	if _, _, err := ProcessOf("nobody"); err == nil {
		t.Error("a foreign name was taken for a holder")
	}
	if _, err := j.Plan(ctx, agent.Nudge{Key: "k", Agent: "a", Status: agent.Planned, PlannedAt: now, Text: "x"}); err != nil {
		t.Fatal(err)
	}
	take := func(holder string) (lease, claim bool) {
		l, err := j.Acquire(ctx, holder, time.Minute, now)
		if err != nil {
			t.Fatal(err)
		}
		ok, err := j.Claim(ctx, "k", holder, now, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return l.Mine, ok
	}
	if l, c := take(dead); !l || !c {
		t.Fatalf("first: lease %v, claim %v", l, c)
	}
	if l, c := take(alive); l || c {
		t.Fatalf("taken from a living holder: lease %v, claim %v", l, c)
	}
	if err := j.Evict(ctx, dead); err != nil {
		t.Fatal(err)
	}
	if l, c := take(alive); !l || !c {
		t.Fatalf("after the eviction: lease %v, claim %v", l, c)
	}
}
