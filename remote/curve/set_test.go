package curve

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"vigil/remote"
)

// TestQueryAgainstFilter lets runs come, change, and be read anew.
func TestQueryAgainstFilter(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	s := NewStore()
	var q Query
	ws := map[int]*Writer{}
	for round := range 300 {
		for range r.IntN(4) {
			i := r.IntN(150)
			w := ws[i]
			if w == nil {
				w = s.Writer(remote.Source{Key: fmt.Sprint("k", i%3), Path: fmt.Sprintf("/w/Muon-%d.log", i)})
				ws[i] = w
			}
			switch r.IntN(10) {
			case 0:
				w.Reset()
			case 1:
				w.Add(remote.Record{Kind: remote.RunStart, Step: -1, Text: "seed 7"})
			case 2:
				s.Writer(remote.Source{Key: fmt.Sprint("k", r.IntN(3)), Path: fmt.Sprintf("/w/Muon-%d.log", i)})
			default:
				w.Add(point(r.IntN(2), int64(round), 0, 1, "val_loss", 3.0))
			}
		}
		set := s.Snapshot()
		key, text := []string{"", "k1"}[round/60%2], []string{"", "muon-1", "SEED"}[round/30%3]
		if got, want := q.Runs(set, key, text), set.Filter(nil, key, text); !slices.Equal(got, want) {
			t.Fatalf("round %d: %d runs, want %d", round, len(got), len(want))
		}
		for i := range set.Len() {
			if set.Find(set.At(i).ID) != set.At(i) {
				t.Fatalf("run %d is not found", i)
			}
		}
	}
	if (&Set{}).Find(ID{}) != nil || len(new(Query).Runs(&Set{}, "", "")) != 0 {
		t.Error("found in an empty set")
	}
}

func TestFrameAllocatesNothing(t *testing.T) {
	w := newGrowing(300)
	for i := range w.ws {
		w.grow(i, 100)
	}
	set := w.s.Snapshot()
	var q Query
	var d Density
	g := Grid{Metric: "val_loss", X0: 0, X1: 300, Y0: 2, Y1: 12, Cols: 100, Rows: 80}
	d.Draw(g, q.Runs(set, "", ""), 1000)
	w.grow(3, 1)
	w.grow(50, 1)
	next := w.s.Snapshot()
	sets := []*Set{set, next}
	i := 0
	dst := make([]Column, 400)
	tr, _ := set.At(0).Trace("val_loss", Wall)
	for what, fn := range map[string]func(){
		"query":    func() { i++; q.Runs(sets[i%2], "", "") },
		"density":  func() { i++; d.Draw(g, q.Runs(sets[i%2], "", ""), 1000) },
		"window":   func() { tr.Window(0, 300, 400, dst) },
		"smooth":   func() { tr.Smooth(0, 300, 400, 0.9, dst) },
		"replaced": func() { tr.Replaced(0, 300, 400, dst) },
		"near":     func() { tr.Near(100) },
		"find":     func() { set.Find(set.At(7).ID) },
		"trace":    func() { set.At(1).Trace("val_loss", Tokens) },
	} {
		fn()
		fn()
		if n := testing.AllocsPerRun(50, fn); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

// BenchmarkFilter compares a query with the filter that it remembers for, at
// 10,000 runs of which one has changed.
func BenchmarkFilter(b *testing.B) {
	s := NewStore()
	for i := range 10_000 {
		s.Writer(remote.Source{Host: "h", Path: fmt.Sprintf("/home/lab/v3/scratchpad/runs/v%03d-Muon-s%d.log", i/4, i%4)}).Add(point(0, 1, 0, 1, "val_loss", 3.0))
	}
	sets := []*Set{s.Snapshot(), nil}
	s.Writer(remote.Source{Host: "h", Path: "/home/lab/v3/scratchpad/runs/v009-Muon-s1.log"}).Add(point(0, 2, 0, 1, "val_loss", 3.0))
	sets[1] = s.Snapshot()
	b.Run("filter", func(b *testing.B) {
		var runs []*Run
		for i := 0; b.Loop(); i++ {
			runs = sets[i%2].Filter(runs[:0], "", "muon-s3")
		}
	})
	b.Run("query", func(b *testing.B) {
		var q Query
		for i := 0; b.Loop(); i++ {
			q.Runs(sets[i%2], "", "muon-s3")
		}
	})
	b.Run("find", func(b *testing.B) {
		id := sets[1].At(9000).ID
		for b.Loop() {
			sets[1].Find(id)
		}
	})
}
