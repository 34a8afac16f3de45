package remote_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/curve"
	"vigil/remote/follow"
	"vigil/remote/runlog"
)

// TestJoined is the three packages below joined as a command joins them: a log
// grows, is broken off by the scheduler and starts again, and the store has
// every point of it once.
func TestJoined(t *testing.T) {
	root := t.TempDir()
	store := curve.NewStore()
	f := follow.New(follow.Options{
		Parse: func() remote.Parser { return runlog.New() },
		Sink:  func(src remote.Source) remote.Sink { return store.Writer(src) },
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = f.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	f.Add("agent-1", root)

	wait := func(what string, ok func(*curve.Set) bool) *curve.Set {
		t.Helper()
		limit := time.After(20 * time.Second)
		for {
			set := store.Snapshot()
			if ok(set) {
				return set
			}
			select {
			case <-store.Changed():
			case <-limit:
				t.Fatalf("%s: %d runs", what, set.Len())
			}
		}
	}

	dir := filepath.Join(root, "scratchpad", "runs")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "v11c.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	line := func(step int) string {
		return fmt.Sprintf("step:%d/100 val_loss:%.5f train_time:%.3fs step_avg:35.00ms\n", step, 4-float64(step)/100, float64(step)*0.035)
	}
	for step := 0; step <= 60; step += 10 {
		l := line(step)
		for _, part := range []string{l[:9], l[9:]} { // half-written lines
			if _, err := log.WriteString(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	wait("first launch", func(s *curve.Set) bool { return s.Len() == 1 && s.At(0).Step == 60 })
	fmt.Fprintln(log, "slurmstepd-n1: error: *** JOB 10 ON n1 CANCELLED AT 2026-11-22T21:15:59 DUE TO JOB REQUEUE ***")
	for step := 0; step <= 100; step += 10 {
		fmt.Fprint(log, line(step))
	}
	set := wait("second launch", func(s *curve.Set) bool { return s.Len() == 2 && s.At(1).Status == curve.Finished })
	one, two := set.At(0), set.At(1)
	if one.Status != curve.Failed || one.Cause != "requeued by Slurm" || one.Key != "agent-1" || one.Metric("val_loss").Len() != 7 {
		t.Errorf("first run: %+v", one)
	}
	if two.Name != "v11c#2" || two.Metric("val_loss").Len() != 11 || two.Plan != 100 {
		t.Errorf("second run: %+v", two)
	}
	if x, ok := two.Crossing("val_loss", 3.28); !ok || x < 71.9 || x > 72.1 {
		t.Errorf("crossing at %v, %v", x, ok)
	}
}

// TestJoinedOnce is how one file is read to its end.
func TestJoinedOnce(t *testing.T) {
	p := filepath.Join(t.TempDir(), "a.jsonl")
	text := "{\"step\": 0, \"loss\": 3.5}\n{\"step\": 10, \"loss\": NaN}\n{\"step\": 20, \"loss\": 2.5}"
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	store := curve.NewStore()
	src := remote.Source{Host: "local", Path: p}
	if err := follow.ReadFile(t.Context(), remote.Local{}, p, runlog.New(), store.Writer(src)); err != nil {
		t.Fatal(err)
	}
	r := store.Snapshot().At(0)
	s := r.Metric("train_loss")
	if last, _ := s.Last(); s.Len() != 3 || last != (curve.Point{Step: 20, Value: 2.5}) || r.Name != "a" {
		t.Errorf("run = %+v", r)
	}
}

// BenchmarkLoad is a log on its way from bytes to the store.
func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "step:%d/100000 train_loss:%.5f train_time:%.3fs step_avg:35.12ms\n", i, 3.5, float64(i)*0.035)
	}
	b.SetBytes(int64(text.Len()))
	data := []byte(text.String())
	n := 0
	for b.Loop() {
		n++
		w := curve.NewStore().Writer(remote.Source{Path: fmt.Sprint(n)})
		runlog.New().Feed(data, w.Add)
	}
}
