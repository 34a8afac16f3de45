package curve

import (
	"testing"

	"vigil/remote"
)

// TestReset is a file that is read anew: what it held before is gone, and its
// runs keep their places.
func TestReset(t *testing.T) {
	s := NewStore()
	w := s.Writer(remote.Source{Path: "/a.log"})
	tell := func(run int, step int64, value float64) {
		w.Add(remote.Record{Run: run, Step: step, Wall: remote.NoWall(), Metrics: []remote.Metric{{Name: "val_loss", Raw: "val_loss", Value: value}}})
	}
	tell(0, 10, 3)
	tell(1, 10, 4)
	s.Snapshot()
	w.Reset()
	tell(0, 20, 2)

	set := s.Snapshot()
	if set.Len() != 2 {
		t.Fatalf("%d runs", set.Len())
	}
	one, two := set.At(0), set.At(1)
	if p, _ := one.Metric("val_loss").Last(); one.Metric("val_loss").Len() != 1 || p != (Point{Step: 20, Value: 2}) || one.Status != Running {
		t.Errorf("first run: %+v", one)
	}
	if len(two.Series) != 0 || two.Status != Stopped || two.ID.Index != 1 {
		t.Errorf("second run: %+v", two)
	}
	tell(1, 30, 1)
	set = s.Snapshot()
	if one, two = set.At(0), set.At(1); one.Status != Stopped || two.Step != 30 || two.Status != Running {
		t.Errorf("told again: %+v, %+v", one, two)
	}
}
