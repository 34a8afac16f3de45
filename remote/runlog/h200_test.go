package runlog_test

import (
	"os"
	"path/filepath"
	"testing"

	"vigil/remote"
	"vigil/remote/curve"
	"vigil/remote/runlog"
)

// TestH200 reads the log of a real run: a small GPT on one H200.
func TestH200(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "h200-gpt.log"))
	if err != nil {
		t.Fatal(err)
	}
	store := curve.NewStore()
	w := store.Writer(remote.Source{Host: "local", Path: "h200-gpt.log"})
	p := runlog.New()
	p.Feed(b, w.Add)
	p.Flush(w.Add)
	set := store.Snapshot()
	if set.Len() != 1 {
		t.Fatalf("%d runs", set.Len())
	}
	r := set.At(0)
	val, train := r.Metric("val_loss"), r.Metric("train_loss")
	if val == nil || train == nil || val.Len() != 37 || train.Len() != 180 {
		t.Fatalf("series %+v", r.Series)
	}
	last, _ := val.Last()
	if r.Step != 900 || r.Plan != 900 || r.Status != curve.Finished || last != (curve.Point{Step: 900, Value: 0.92552}) {
		t.Errorf("run %s at %d of %d, last %v", r.Status, r.Step, r.Plan, last)
	}
	if wall, ok := r.Wall(900); !ok || wall < 76.2 || wall > 76.4 {
		t.Errorf("%v s of training", wall)
	}
	if v, ok := r.Setting("seed"); !ok || v != "1" {
		t.Errorf("settings %+v", r.Config)
	}
}
