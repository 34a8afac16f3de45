package curve

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"vigil/remote"
)

func point(run int, step, plan int64, wall float64, kv ...any) remote.Record {
	r := remote.Record{Run: run, Step: step, Plan: plan, Wall: wall}
	for i := 0; i < len(kv); i += 2 {
		r.Metrics = append(r.Metrics, remote.Metric{Name: kv[i].(string), Raw: kv[i].(string), Value: kv[i+1].(float64)})
	}
	return r
}

func TestStore(t *testing.T) {
	s := NewStore()
	w := s.Writer(remote.Source{Key: "a1", Host: "local", Path: "/w/runs/v11c.log"})
	if w != s.Writer(remote.Source{Host: "local", Path: "/w/runs/v11c.log"}) {
		t.Fatal("two writers of one file")
	}
	if s.Snapshot().Len() != 0 {
		t.Fatal("a run without a record")
	}
	for i := range int64(11) {
		w.Add(point(0, i*10, 100, float64(i), "val_loss", 4-float64(i)/10, "train_time", float64(i), "step_avg", 0.1))
	}
	mod := time.Date(2026, 5, 1, 2, 3, 4, 0, time.UTC)
	w.Seen(mod)
	select {
	case <-s.Changed():
	default:
		t.Fatal("no wake-up")
	}
	first := s.Snapshot()
	r := first.At(0)
	if first.Len() != 1 || r.Name != "v11c" || r.Key != "a1" || r.Status != Finished || r.Step != 100 || r.Plan != 100 {
		t.Fatalf("run = %+v", r)
	}
	if !r.Updated.Equal(mod) || !r.Started.Equal(mod.Add(-10*time.Second)) {
		t.Errorf("started %v, updated %v", r.Started, r.Updated)
	}
	if len(r.Series) != 1 { // time is kept by the clock
		t.Errorf("series = %v", r.Series)
	}
	if sec, ok := r.Wall(45); !ok || math.Abs(sec-4.5) > 0.01 {
		t.Errorf("Wall(45) = %v, %v", sec, ok)
	}
	if x, ok := r.Crossing("val_loss", 3.55); !ok || math.Abs(x-45) > 1e-3 {
		t.Errorf("Crossing = %v, %v", x, ok)
	}

	w.Add(remote.Record{Kind: remote.RunStart, Run: 1, Step: -1, Text: "trial 2/3 seed 7"})
	w.Add(point(1, 0, 100, remote.NoWall(), "val_loss", 10.8))
	w.Add(remote.Record{Kind: remote.Failure, Run: 1, Step: -1, Text: "out of memory"})
	second := s.Snapshot()
	if first.Len() != 1 || second.Len() != 2 || second.Version <= first.Version {
		t.Fatalf("%d and %d runs", first.Len(), second.Len())
	}
	if q := second.At(1); q.Name != "v11c#2 · trial 2/3 seed 7" || q.Status != Failed || q.Cause != "out of memory" || second.Find(q.ID) != q || first.Find(q.ID) != nil {
		t.Errorf("run = %+v", q)
	}
	if s.Snapshot() != second {
		t.Error("a new snapshot of nothing new")
	}
	// It was requeued and goes on: neither failed nor stopped any more.
	w.Add(point(1, 10, 100, remote.NoWall(), "val_loss", 7.0))
	if q := s.Snapshot().At(1); q.Status != Running || q.Cause != "" {
		t.Errorf("run = %+v", q)
	}
	w.Quiet()
	third := s.Snapshot()
	if q := third.At(1); q.Status != Stopped {
		t.Errorf("status = %v", q.Status)
	}
	if third.At(0) != second.At(0) {
		t.Error("an unchanged run was copied")
	}
	// Values told afterwards about an earlier step do not set it back.
	w.Add(remote.Record{Kind: remote.Aside, Run: 0, Step: 90, Metrics: []remote.Metric{{Name: "tailavg/val_loss", Value: 2.9}}})
	if q := s.Snapshot().At(0); q.Step != 100 || q.Status != Finished || q.Metric("tailavg/val_loss") == nil {
		t.Errorf("run = %+v", q)
	}
}

func TestNames(t *testing.T) {
	for path, want := range map[string]string{
		"/a/b/v11c-s2.log":          "v11c-s2",
		"/a/runs/job.out":           "job",
		"/a/exp7/train.log":         "exp7/train",
		"/a/e\x1b[31mvil\u202e.txt": "e[31mvil",
	} {
		if got := name(remote.Source{Path: path}, 0); got != want {
			t.Errorf("name(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestSeriesOfARunAreBounded(t *testing.T) {
	s := NewStore()
	w := s.Writer(remote.Source{Path: "/x"})
	for i := range 200 {
		w.Add(point(0, int64(i), 0, remote.NoWall(), fmt.Sprint("m", i), 1.0))
	}
	if n := len(s.Snapshot().At(0).Series); n != maxSeries {
		t.Errorf("%d series", n)
	}
	w.Add(point(1e9, 0, 0, remote.NoWall(), "a", 1.0))
	if n := s.Snapshot().Len(); n != maxRuns {
		t.Errorf("%d runs", n)
	}
}

func TestBestAndFilter(t *testing.T) {
	s := NewStore()
	for i, name := range []string{"slow", "fast", "never", "other"} {
		w := s.Writer(remote.Source{Key: "k", Host: "local", Path: "/w/" + name + ".log"})
		for step := range int64(10) {
			v := []float64{5 - 0.2*float64(step), 5 - 0.4*float64(step), 4.5, nan}[i]
			w.Add(point(0, step, 0, remote.NoWall(), "val_loss", v))
		}
	}
	set := s.Snapshot()
	got := ""
	for _, k := range Best(set.Filter(nil, "k", ""), "val_loss", 3.5, 3) {
		got += fmt.Sprintf("%s %.2f %v; ", k.Run.Name, k.Crossed, k.Hit)
	}
	if got != "fast 3.75 true; slow 7.50 true; never 0.00 false; " {
		t.Errorf("best = %s", got)
	}
	if rs := set.Filter(nil, "", "FAS"); len(rs) != 1 || rs[0].Name != "fast" {
		t.Errorf("filter = %v", rs)
	}
	if rs := set.Filter(nil, "nobody", ""); len(rs) != 0 {
		t.Errorf("filter = %v", rs)
	}
}

func TestMeter(t *testing.T) {
	var c meter
	wall := func(step int64) float64 {
		if step < 1000 {
			return float64(step) * 0.5
		}
		return 500 + float64(step-1000)*0.7 + 5*math.Sin(float64(step)/3000)
	}
	for step := range int64(20_000) {
		c.add(step, wall(step), fine(wall(step)))
	}
	for step := range int64(20_000) {
		got := c.at(float64(step))
		if e := fine(wall(step)); math.Abs(got-wall(step)) > e+1e-9 {
			t.Fatalf("at(%d) = %v, want %v within %v", step, got, wall(step), e)
		}
	}
	if len(c.ticks) > 100 {
		t.Errorf("%d ticks for 20000 moments", len(c.ticks))
	}
	c.add(500, 20_000, 1) // resumed
	c.add(600, 20_050, 1)
	if got := c.at(550); math.Abs(got-20_025) > 30 {
		t.Errorf("at(550) = %v after a restart", got)
	}
}

// TestConcurrent has writers and a reader at once; -race judges.
func TestConcurrent(t *testing.T) {
	s := NewStore()
	var wg sync.WaitGroup
	const files, n = 4, 3000
	for f := range files {
		wg.Go(func() {
			w := s.Writer(remote.Source{Host: "local", Path: fmt.Sprintf("/w/%d.log", f)})
			for i := range int64(n) {
				if i == n/2 {
					w.Quiet()
				}
				w.Add(point(0, i%2000, 0, float64(i), "val_loss", float64(i)))
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var dst []Column
	for {
		set := s.Snapshot()
		for _, r := range set.All() {
			for i := range r.Series {
				dst = r.Series[i].Window(0, 2000, 100, dst)
				Crossing(&r.Series[i].Series, 5)
			}
			r.Wall(10)
		}
		select {
		case <-done:
			total := 0
			for _, r := range s.Snapshot().All() {
				total += r.Metric("val_loss").Len()
			}
			if total != files*n {
				t.Errorf("%d points, want %d", total, files*n)
			}
			return
		case <-s.Changed():
		}
	}
}

// BenchmarkSnapshot has 10,000 runs of which one changes.
func BenchmarkSnapshot(b *testing.B) {
	s := NewStore()
	var w *Writer
	for i := range 10_000 {
		w = s.Writer(remote.Source{Host: "local", Path: fmt.Sprintf("/w/%d.log", i)})
		w.Add(point(0, 1, 0, remote.NoWall(), "val_loss", 1.0, "train_loss", 1.0))
	}
	s.Snapshot()
	rec := point(0, 2, 0, remote.NoWall(), "val_loss", 1.0)
	b.ReportAllocs()
	for b.Loop() {
		rec.Step++
		w.Add(rec)
		s.Snapshot()
	}
}

func BenchmarkWriterAdd(b *testing.B) {
	w := NewStore().Writer(remote.Source{})
	rec := point(0, 2, 0, 1, "train_loss", 1.0, "train_time", 1.0, "step_avg", 1.0)
	b.ReportAllocs()
	for b.Loop() {
		rec.Step++
		rec.Wall += 0.1
		w.Add(rec)
	}
}
