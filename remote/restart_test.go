package remote_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/curve"
	"vigil/remote/follow"
	"vigil/remote/runlog"
)

// session is a command's life: it has the curves and the positions of the one
// before, and leaves its own.
type session struct {
	store  *curve.Store
	saved  []byte
	places map[remote.Source]follow.Position
	fresh  int // files that were read from their start
}

// live follows a folder until its store is as wanted, then ends.
func (s *session) live(t *testing.T, root string, want func(*curve.Set) bool) {
	t.Helper()
	s.store, s.fresh = curve.NewStore(), 0
	known := func(remote.Source) bool { return false }
	if s.saved != nil {
		cache, err := s.store.Load(bytes.NewReader(s.saved), int64(len(s.saved)))
		if err != nil {
			t.Fatal(err)
		}
		known = func(src remote.Source) bool { return cache.Fill(src) == nil }
	}
	f := follow.New(follow.Options{
		Parse: func() remote.Parser { return runlog.New() },
		Sink:  func(src remote.Source) remote.Sink { return s.store.Writer(src) },
		Resume: func(src remote.Source) (follow.Position, bool) {
			p, ok := s.places[src]
			if ok = ok && known(src); !ok {
				s.fresh++
			}
			return p, ok
		},
		Checkpoint: func(all []follow.Position) {
			for _, p := range all {
				s.places[p.Source] = p
			}
			var b bytes.Buffer
			if err := s.store.Snapshot().Save(&b, "local"); err != nil {
				t.Error(err)
			}
			s.saved = b.Bytes()
		},
	})
	f.Add("agent-1", root)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = f.Run(ctx) })
	late := time.After(time.Minute)
	for !want(s.store.Snapshot()) {
		select {
		case <-s.store.Changed():
		case <-late:
			t.Fatalf("%d runs", s.store.Snapshot().Len())
		}
	}
}

// TestRestart is a command that ends and starts again, over and over, while two
// logs grow: it goes on where it was, in the middle of a line too, and in the
// end its curves are those that the files tell when they are read at once.
func TestRestart(t *testing.T) {
	root := t.TempDir()
	paths := []string{filepath.Join(root, "a.log"), filepath.Join(root, "b.log")}
	var texts [2]string
	for step := range 100 {
		texts[0] += fmt.Sprintf("step:%d/100 train_loss:%.5f train_time:%.3fs step_avg:35.00ms\n", step, 4-float64(step)/100, float64(step)*0.035)
		texts[1] += fmt.Sprintf("{\"step\": %d, \"loss\": %.4f}\n", step%60, 4-float64(step)/100) // runs again at 60
	}
	s := session{places: map[remote.Source]follow.Position{}}
	const rounds = 7
	for round := range rounds {
		for i, path := range paths {
			at, end := len(texts[i])*round/rounds, len(texts[i])*(round+1)/rounds
			f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString(texts[i][at:end]); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		whole := curve.NewStore()
		for _, path := range paths {
			w := whole.Writer(remote.Source{Key: "agent-1", Host: "local", Path: path})
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			runlog.New().Feed(b, w.Add)
		}
		want := told(whole.Snapshot())
		s.live(t, root, func(set *curve.Set) bool { return told(set) == want })
		if round > 0 && s.fresh > 0 {
			t.Errorf("%d files were read anew in round %d", s.fresh, round)
		}
	}
}

// told is all points of all runs.
func told(set *curve.Set) string {
	var b bytes.Buffer
	for _, path := range []string{"a.log", "b.log"} {
		for _, r := range set.All() {
			if filepath.Base(r.Path) != path {
				continue
			}
			fmt.Fprintln(&b, r.ID.Index, r.Name)
			if s := r.Metric("train_loss"); s != nil {
				for p := range s.Points() {
					fmt.Fprintln(&b, p)
				}
			}
		}
	}
	return b.String()
}
