package curve

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"vigil/remote"
)

// tenThousand returns a store with 10,000 runs of 3,000 points.
func tenThousand() *Store {
	s := NewStore()
	fleet(s, 10_000, 3000)
	s.Snapshot()
	return s
}

// saveTo writes a store to a file.
func saveTo(b *testing.B, s *Store) *os.File {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "curves"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	if err := s.Snapshot().Save(f, "head"); err != nil {
		b.Fatal(err)
	}
	return f
}

// BenchmarkSave writes 30 million points.
func BenchmarkSave(b *testing.B) {
	s := tenThousand()
	for b.Loop() {
		saveTo(b, s)
	}
}

// BenchmarkSaveStall is what one writer feels of a save: the longest time that
// an append took while another goroutine saved all.
func BenchmarkSaveStall(b *testing.B) {
	s := tenThousand()
	w := s.Writer(remote.Source{Key: "agent", Host: "head", Path: "/live.log"})
	f, err := os.Create(filepath.Join(b.TempDir(), "curves"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var worst time.Duration
	step := int64(0)
	for b.Loop() {
		done := make(chan error, 1)
		set := s.Snapshot()
		go func() { done <- set.Save(f, "head") }()
		for saving := true; saving; {
			start := time.Now()
			w.Add(point(0, step, 0, float64(step), "val_loss", 3.0))
			worst = max(worst, time.Since(start))
			step++
			select {
			case <-done:
				saving = false
			default:
			}
		}
	}
	b.ReportMetric(float64(worst.Microseconds())/1000, "worst-append-ms")
}

// BenchmarkFirstCurve is a restart with 30 million points saved: until the
// first curve that is wanted can be drawn.
func BenchmarkFirstCurve(b *testing.B) {
	f := saveTo(b, tenThousand())
	runtime.GC() // a restart has no heap yet
	st, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(st.Size())/1e6, "MB")
	var dst []Column
	for b.Loop() {
		s := NewStore()
		c, err := s.Load(f, st.Size())
		if err != nil {
			b.Fatal(err)
		}
		r := s.Snapshot().At(5000)
		if err := c.Fill(remote.Source{Host: r.Host, Path: r.Path}); err != nil {
			b.Fatal(err)
		}
		if dst = s.Snapshot().At(5000).Metric("train_loss").Window(0, 3000, 400, dst); dst[200].N == 0 {
			b.Fatal("nothing to draw")
		}
	}
}

// BenchmarkLoadAll is the same until all curves can be drawn.
func BenchmarkLoadAll(b *testing.B) {
	f := saveTo(b, tenThousand())
	runtime.GC() // a restart has no heap yet
	st, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, err := NewStore().Load(f, st.Size())
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Rest(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
