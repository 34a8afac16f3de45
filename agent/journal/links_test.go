package journal

import (
	"testing"
	"time"

	"vigil/agent"
)

func TestContinue(t *testing.T) {
	j := fresh(t)
	for _, id := range []agent.ID{"a", "b", "c", "d"} {
		if err := j.RecordAgent(t.Context(), agent.Agent{ID: id, Name: "opus"}, t0()); err != nil {
			t.Fatal(err)
		}
	}
	before := func(id agent.ID) []agent.ID { return must[[]agent.ID](t)(j.Before(t.Context(), id)) }
	for _, link := range [][2]agent.ID{{"b", "a"}, {"c", "b"}, {"d", "d"}} {
		if err := j.Continue(t.Context(), link[0], link[1]); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "before c", before("c"), []agent.ID{"b", "a"})
	same(t, "before a", len(before("a")), 0)
	same(t, "before d", len(before("d")), 0)
	// A person goes back to the first session: a ring, which ends.
	if err := j.Continue(t.Context(), "a", "c"); err != nil {
		t.Fatal(err)
	}
	same(t, "before a in a ring", before("a"), []agent.ID{"c", "b"})
	// Seen again, it keeps its link.
	if err := j.RecordAgent(t.Context(), agent.Agent{ID: "c", Name: "opus"}, t0().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	same(t, "before c, seen again", before("c"), []agent.ID{"b", "a"})
}
