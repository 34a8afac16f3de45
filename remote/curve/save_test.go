package curve

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"vigil/remote"
)

// saved returns what Save writes of a store.
func saved(t testing.TB, s *Store, host string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Snapshot().Save(&b, host); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// loaded returns a store with all that was saved.
func loaded(t testing.TB, b []byte) *Store {
	t.Helper()
	s := NewStore()
	c, err := s.Load(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// script is what two files tell: restarts, gaps, irregular steps, several
// metrics, settings, notes, several runs.
func script(n int) []remote.Record {
	r := rand.New(rand.NewPCG(7, 8))
	recs := []remote.Record{{Kind: remote.Setting, Step: -1, Key: "lr", Text: "0.02"}}
	step, run, wall := int64(0), 0, 0.0
	for i := range n {
		switch r.IntN(400) {
		case 0:
			step = max(step-int64(r.IntN(300)), 0)
		case 1:
			run, step, wall = run+1, 0, 0
			recs = append(recs, remote.Record{Kind: remote.RunStart, Run: run, Step: -1, Text: fmt.Sprint("trial ", run)})
		case 2:
			recs = append(recs, remote.Record{Kind: remote.Note, Run: run, Step: step, Text: "saved"})
		case 3:
			step += int64(r.IntN(5))
		}
		v := digits(3+8*math.Exp(-float64(step)/300)+0.02*r.NormFloat64(), 4)
		if r.IntN(300) == 0 {
			v = math.NaN()
		}
		wall += 0.5 + r.Float64()/100
		ms := []remote.Metric{{Name: "train_loss", Raw: "loss", Value: v}, {Name: "tokens", Raw: "tokens", Value: float64(step) * 524288}}
		if i%10 == 0 {
			ms = append(ms, remote.Metric{Name: "lr", Raw: "lr", Value: 0.02 / (1 + float64(step))})
		}
		recs = append(recs, remote.Record{Run: run, Step: step, Plan: 5000, Wall: wall, Metrics: ms})
		step++
	}
	return recs
}

// sameRuns compares all that two sets say of their runs.
func sameRuns(t *testing.T, got, want *Set) {
	t.Helper()
	if got.Len() != want.Len() {
		t.Fatalf("%d runs, want %d", got.Len(), want.Len())
	}
	for i, b := range want.All() {
		a := got.At(i)
		x, y := *a, *b
		x.Series, y.Series = nil, nil
		if len(x.Config) == 0 && len(y.Config) == 0 {
			x.Config, y.Config = nil, nil
		}
		if !reflect.DeepEqual(x, y) {
			t.Fatalf("run %d: %+v\nwant %+v", i, x, y)
		}
		if len(a.Series) != len(b.Series) {
			t.Fatalf("run %d: %d series, want %d", i, len(a.Series), len(b.Series))
		}
		for j := range b.Series {
			sameSeries(t, &a.Series[j], &b.Series[j])
		}
	}
}

func sameSeries(t *testing.T, a, b *Named) {
	t.Helper()
	if a.Name != b.Name || a.Raw != b.Raw || a.Len() != b.Len() || a.Segments() != b.Segments() || a.last != b.last || a.least != b.least || a.some != b.some {
		t.Fatalf("series %s: %+v, want %+v", b.Name, a.Name, b.Name)
	}
	for i := range b.Segments() {
		g, h := a.segment(i), b.segment(i)
		for j := range h.n {
			x, v := g.at(j)
			y, w := h.at(j)
			if x != y || math.Float32bits(v) != math.Float32bits(w) {
				t.Fatalf("series %s: point %d of segment %d is %d %v, want %d %v", b.Name, j, i, x, v, y, w)
			}
		}
		for k := range h.lv {
			// Sums of packed values and of plain ones are rounded differently.
			if !slices.EqualFunc(g.lv[k], h.lv[k], func(a, b bucket) bool {
				near := math.Abs(float64(a.mean-b.mean)) <= 1e-6*math.Abs(float64(b.mean))
				return near && a.min == b.min && a.max == b.max && a.n == b.n
			}) {
				t.Fatalf("series %s: level %d of segment %d differs", b.Name, k, i)
			}
		}
		for k := range h.ends {
			if len(g.ends[k]) != len(h.ends[k]) {
				t.Fatalf("series %s: ends %d of segment %d differ", b.Name, k, i)
			}
		}
	}
}

// TestSaveAndGoOn: a store that was saved, loaded and went on is the one that
// never stopped.
func TestSaveAndGoOn(t *testing.T) {
	const n = 9000
	recs := script(n)
	mod := func(i int) time.Time { return time.Unix(1_770_000_000+int64(i), 0).UTC() }
	feed := func(s *Store, from, to int) {
		for i := from; i < to; i++ {
			w := s.Writer(remote.Source{Key: "a", Host: "h", Path: fmt.Sprintf("/w/%d.log", i%2)})
			w.Add(recs[i])
			if i%500 == 0 {
				w.Seen(mod(i))
			}
		}
	}
	for _, cut := range []int{1, 100, 2048, 5000, n} {
		whole, first := NewStore(), NewStore()
		feed(whole, 0, cut)
		feed(first, 0, cut)
		whole.Snapshot() // so that runs appear in the same order
		b := saved(t, first, "h")
		second := loaded(t, b)
		sameRuns(t, second.Snapshot(), whole.Snapshot())
		feed(whole, cut, n)
		feed(second, cut, n)
		sameRuns(t, second.Snapshot(), whole.Snapshot())

		// The same, with nothing read of the file but what is needed to go on.
		third := NewStore()
		if _, err := third.Load(bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
		for i, r := range third.Snapshot().All() {
			if q := first.Snapshot().At(i); !r.Pending() || r.Name != q.Name || len(r.Series) != len(q.Series) || len(r.Series) > 0 && (r.Series[0].last != q.Series[0].last || r.Series[0].Len() != 0) {
				t.Fatalf("pending run %d: %+v", i, r)
			}
		}
		again := saved(t, third, "h") // while the points are still in the file
		if !bytes.Equal(again, b) {
			t.Errorf("cut %d: saved again, it differs", cut)
		}
		feed(third, cut, n)
		for _, w := range third.files {
			if err := w.fill(); err != nil {
				t.Fatal(err)
			}
		}
		sameRuns(t, third.Snapshot(), whole.Snapshot())
	}
}

func TestSaveIsOfOneHost(t *testing.T) {
	s := NewStore()
	for _, h := range []string{"a", "b", "a"} {
		s.Writer(remote.Source{Host: h, Path: fmt.Sprint("/", s.Snapshot().Len())}).Add(point(0, 1, 0, 1, "val_loss", 1.0))
	}
	for h, want := range map[string]int{"a": 2, "b": 1, "c": 0} {
		if n := loaded(t, saved(t, s, h)).Snapshot().Len(); n != want {
			t.Errorf("%d runs of %s, want %d", n, h, want)
		}
	}
	// A file that the store has already stays as it is.
	b := saved(t, s, "a")
	s.Writer(remote.Source{Host: "a", Path: "/0"}).Add(point(0, 2, 0, 2, "val_loss", 0.5))
	if _, err := s.Load(bytes.NewReader(b), int64(len(b))); err != nil || s.Snapshot().Len() != 3 || s.Snapshot().At(0).Step != 2 {
		t.Errorf("%v, %d runs", err, s.Snapshot().Len())
	}
	// Its owner is the one that asks for it.
	l := loaded(t, b)
	l.Writer(remote.Source{Key: "me", Host: "a", Path: "/0"})
	if got := l.Snapshot().At(0).Key; got != "me" {
		t.Errorf("key = %q", got)
	}
}

// TestDamage: whatever byte is wrong or missing, it is told, and nothing wrong
// is shown.
func TestDamage(t *testing.T) {
	s := NewStore()
	for i := range 2 {
		w := s.Writer(remote.Source{Host: "h", Path: fmt.Sprint("/", i)})
		for step := range int64(40) {
			w.Add(point(0, step, 100, float64(step), "val_loss", digits(3+1/float64(step+1), 4)))
		}
	}
	b := saved(t, s, "h")
	for i := range b {
		bad := slices.Clone(b)
		bad[i] ^= 0x10
		l := NewStore()
		c, err := l.Load(bytes.NewReader(bad), int64(len(bad)))
		if err == nil {
			err = c.Rest(t.Context())
		}
		if err == nil {
			if i < len(magic) { // of no use but for people
				continue
			}
			t.Fatalf("byte %d of %d: no error", i, len(b))
		}
		if !errors.Is(err, ErrCache) {
			t.Fatalf("byte %d: %v", i, err)
		}
		for _, r := range l.Snapshot().All() {
			if r.Pending() || r.Metric("val_loss").Len() != 40 {
				t.Fatalf("byte %d: %+v is shown", i, r)
			}
		}
	}
	for n := range b {
		if _, err := NewStore().Load(bytes.NewReader(b[:n]), int64(n)); !errors.Is(err, ErrCache) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

// TestDamageIsTold: a follower that asks later learns too that the points of
// its file are lost, until it reads the file anew.
func TestDamageIsTold(t *testing.T) {
	s := NewStore()
	src := remote.Source{Host: "h", Path: "/x"}
	s.Writer(src).Add(point(0, 1, 100, 1, "val_loss", 3.0))
	b := saved(t, s, "h")
	b[len(magic)+3] ^= 1
	l := NewStore()
	c, err := l.Load(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Fill(src); !errors.Is(err, ErrCache) {
			t.Fatalf("err = %v", err)
		}
	}
	l.Writer(src).Reset()
	l.Writer(src).Add(point(0, 1, 100, 1, "val_loss", 3.0))
	if err := c.Fill(src); err != nil || l.Snapshot().At(0).Metric("val_loss").Len() != 1 {
		t.Errorf("after a reset: %v", err)
	}
	if err := c.Fill(remote.Source{Host: "h", Path: "/none"}); err != nil {
		t.Error(err)
	}
}

// FuzzLoad decodes what may stand in a saved file behind right checksums, and
// uses it as a screen does.
func FuzzLoad(f *testing.F) {
	s := NewStore()
	w := s.Writer(remote.Source{Host: "h", Path: "/x"})
	for _, r := range script(1500) {
		w.Add(r)
	}
	for _, r := range s.Snapshot().All() {
		var info, points encoder
		info.runInfo(r)
		points.runPoints(r)
		f.Add(info.b, points.b)
	}
	f.Fuzz(func(t *testing.T, info, points []byte) {
		r := &Run{}
		d := decoder{b: info, words: map[string]string{}}
		if d.runInfo(r); d.bad {
			return
		}
		d = decoder{b: points}
		if d.runPoints(r); d.bad {
			return
		}
		for _, a := range []Axis{Step, Wall, Tokens} {
			for i := range r.Series {
				if tr, ok := r.Trace(r.Series[i].Name, a); ok {
					lo, hi, _ := tr.Bounds()
					tr.Window(lo, hi, 50, nil)
					tr.Smooth(lo, hi, 50, 0.9, nil)
					tr.Replaced(lo, hi, 50, nil)
					tr.Near(lo)
				}
			}
		}
		for i := range r.Series {
			s := &r.Series[i].Series
			Crossing(s, 3.28)
			s.Append(10, 1)
			s.Append(20, 1)
		}
		e := encoder{}
		e.runPoints(r)
	})
}
