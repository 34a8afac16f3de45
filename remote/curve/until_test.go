package curve

import (
	"fmt"
	"testing"
	"time"

	"vigil/remote"
)

// Of the runs, what stood in their logs at the time is left.
func TestUntil(t *testing.T) {
	s := NewStore()
	add := func(name string, began, took time.Duration, failed bool) {
		w := s.Writer(remote.Source{Key: "a", Host: "h", Path: "/w/" + name + ".log"})
		for step := int64(0); step <= 100; step += 10 {
			w.Add(point(0, step, 1000, took.Seconds()*float64(step)/100, "val_loss", 4-float64(step)/100))
		}
		if failed {
			w.Add(remote.Record{Kind: remote.Failure, Text: "out of memory"})
		}
		w.Seen(noon.Add(began + took))
	}
	add("over", -3*time.Hour, time.Hour, true)
	add("spans", -30*time.Minute, time.Hour, true)
	add("later", time.Minute, time.Hour, false)
	set := s.Snapshot()
	cut := set.Until(noon, -7)
	if cut.Version != -7 || cut.Len() != set.Len() || cut.At(0) != set.At(0) {
		t.Errorf("version %d, %d runs; the first changed: %v", cut.Version, cut.Len(), cut.At(0) != set.At(0))
	}
	var names []string
	for _, r := range cut.All() {
		names = append(names, r.Name)
	}
	if fmt.Sprint(names) != "[over spans]" {
		t.Errorf("there are %v", names)
	}
	r := cut.Find(set.At(1).ID)
	if r.Status != Running || r.Cause != "" || r.Step != 50 || !r.Updated.Equal(noon) {
		t.Errorf("the run that went on is %s (%s) at %d, updated %s", r.Status, r.Cause, r.Step, r.Updated)
	}
	if best, _ := r.Best("val_loss"); best != (Point{50, 3.5}) {
		t.Errorf("its best is %v", best)
	}
	if best, _ := set.At(1).Best("val_loss"); best != (Point{100, 3}) {
		t.Errorf("the set it is cut from has changed: %v", best)
	}
	if n := (&Set{}).Until(noon, 1).Len(); n != 0 {
		t.Errorf("of no runs there are %d", n)
	}
}

func BenchmarkUntil(b *testing.B) {
	set := tenThousand().Snapshot()
	at := set.At(set.Len() / 2).Updated
	for b.Loop() {
		set.Until(at, -1)
	}
}
