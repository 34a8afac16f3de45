package curve

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"vigil/remote"
)

// uneven returns a run whose steps take unlike times, with a restart.
func uneven() *Run {
	w := NewStore().Writer(remote.Source{Path: "/x"})
	wall := 0.0
	add := func(step int64, dt float64) {
		wall += dt
		w.Add(point(0, step, 0, wall, "val_loss", float64(step), "tokens", float64(step)*1000))
	}
	for step := range int64(600) {
		add(step, 1)
	}
	wall = 0 // its time begins anew, as after a requeue
	for step := int64(400); step < 1000; step++ {
		add(step, 3)
	}
	return w.store.Snapshot().At(0)
}

func TestMeterBothWays(t *testing.T) {
	r := uneven()
	for _, c := range []struct{ step, wall float64 }{
		{0, 1}, {100, 101}, {399, 400}, {401, 404}, {500, 701}, {999, 401 + 599*3},
	} {
		if got, ok := r.Wall(c.step); !ok || math.Abs(got-c.wall) > fine(c.wall)+3 {
			t.Errorf("Wall(%v) = %v, want %v", c.step, got, c.wall)
		}
	}
	last := 0.0
	for step := 0.0; step < 999; step += 0.5 {
		x := r.wall.at(step)
		if x < last {
			t.Fatalf("time runs back at step %v", step)
		}
		last = x
		if back := r.wall.step(x); back > step+1e-6 || r.wall.at(back) < x-1e-6 {
			t.Fatalf("step(at(%v)) = %v", step, back)
		}
	}
	if !math.IsInf(r.wall.step(1e9), 1) || !math.IsInf(r.wall.step(-5), -1) {
		t.Error("beyond the ends")
	}
	var none meter
	if none.at(5) != 0 || !math.IsInf(none.step(5), 1) {
		t.Error("a meter of nothing")
	}
}

// TestMeterIsBounded: a log whose time makes no sense costs little.
func TestMeterIsBounded(t *testing.T) {
	var m meter
	r := rand.New(rand.NewPCG(4, 4))
	step := int64(0)
	for i := range 200_000 {
		if step++; i%10 == 0 {
			step = r.Int64N(1000)
		}
		m.add(step, 1e6*r.Float64(), 0)
	}
	m.add(step+1, math.Inf(1), 0)
	m.add(step+1, nan, 0)
	if len(m.ticks) > meterTicks {
		t.Errorf("%d ticks", len(m.ticks))
	}
	for i := 1; i < len(m.ticks); i++ {
		if !m.ticks[i-1].before(m.ticks[i]) {
			t.Fatalf("%v before %v", m.ticks[i-1], m.ticks[i])
		}
	}
}

// TestTrace holds a curve along each axis against its points, put there one by
// one.
func TestTrace(t *testing.T) {
	r := uneven()
	for _, a := range []Axis{Step, Wall, Tokens} {
		tr, ok := r.Trace("val_loss", a)
		if !ok {
			t.Fatalf("axis %d: none", a)
		}
		lo, hi, ok := tr.Bounds()
		if !ok || lo != tr.X(0) || hi != tr.X(999) {
			t.Fatalf("axis %d: bounds %v %v", a, lo, hi)
		}
		for _, cols := range []int{7, 100, 2000} {
			want := make([]int32, cols)
			dx := (hi - lo) / float64(cols)
			for p := range tr.Points() {
				want[min(int((tr.X(float64(p.Step))-lo)/dx), cols-1)]++
			}
			got := tr.Window(lo, hi, cols, nil)
			moved, total := int32(0), int32(0)
			for c := range got {
				d := got[c].N - want[c]
				moved += max(d, -d)
				total += got[c].N
			}
			// On a border a point may lie on either side of it; borders of wide
			// columns are rounded.
			if total != 1000 || moved > int32(cols)/10+2 && cols > 20 || moved > 2*fan*int32(cols) {
				t.Errorf("axis %d in %d columns: %d points, %d in other columns", a, cols, total, moved)
			}
		}
		for _, step := range []float64{0, 13, 399, 400, 777, 999} {
			at, p, ok := tr.Near(tr.X(step))
			if !ok || math.Abs(float64(p.Step)-step) > 2 || at > tr.X(step) {
				t.Errorf("axis %d: near step %v is %v at %v", a, step, p, at)
			}
		}
		old := 0
		for _, c := range tr.Replaced(lo, hi, 50, nil) {
			old += int(c.N)
		}
		if old != 200 {
			t.Errorf("axis %d: %d points replaced", a, old)
		}
	}
}

func TestTraceNeedsItsAxis(t *testing.T) {
	r := told("x", point(0, 1, 0, remote.NoWall(), "val_loss", 3.0), point(0, 2, 0, remote.NoWall(), "val_loss", 3.0))
	for _, a := range []Axis{Wall, Tokens} {
		if _, ok := r.Trace("val_loss", a); ok {
			t.Errorf("axis %d out of nothing", a)
		}
	}
	if _, ok := r.Trace("none", Step); ok {
		t.Error("a metric out of nothing")
	}
	r.set("total_batch_size", "524,288")
	if tr, ok := r.Trace("val_loss", Tokens); !ok || tr.X(2) != 1048576 {
		t.Errorf("tokens: %v", ok)
	}
}

func TestTokensPerStep(t *testing.T) {
	for _, c := range []struct {
		config []Setting
		want   float64
	}{
		{nil, 0},
		{[]Setting{{"tokens_per_step", "1000"}}, 1000},
		{[]Setting{{"train.tokens-per-step", "1_000"}}, 1000},
		{[]Setting{{"--total_batch_size", "524288"}}, 524288},
		{[]Setting{{"global_batch_size", "512"}, {"seq_length", "1024"}}, 524288},
		{[]Setting{{"batch_size", "8"}, {"seq_length", "1024"}}, 0}, // of one device?
		{[]Setting{{"tokens_per_step", "many"}}, 0},
		{[]Setting{{"tokens_per_step", "-5"}}, 0},
		{[]Setting{{"tokens_per_step", "NaN"}}, 0},
	} {
		if got := tokensPerStep(c.config); got != c.want {
			t.Errorf("tokensPerStep(%v) = %v, want %v", c.config, got, c.want)
		}
	}
}

func TestSettings(t *testing.T) {
	s := NewStore()
	w := s.Writer(remote.Source{Path: "/x"})
	set := func(k, v string) { w.Add(remote.Record{Kind: remote.Setting, Step: -1, Key: k, Text: v}) }
	set("lr", "0.02")
	first := s.Snapshot().At(0)
	set("lr", "0.03")
	set("Model-Dim", "768")
	second := s.Snapshot().At(0)
	if want := []Setting{{"lr", "0.02"}}; !slices.Equal(first.Config, want) {
		t.Errorf("config = %v, want %v", first.Config, want)
	}
	if v, ok := second.Setting("dim", "model_dim"); !ok || v != "768" {
		t.Errorf("setting = %q, %v", v, ok)
	}
	if v, _ := second.Setting("lr"); v != "0.03" {
		t.Errorf("lr = %q", v)
	}
	for i := range 2 * maxSettings {
		set(string(rune('a'+i%26))+string(rune('a'+i/26)), "x")
	}
	if n := len(s.Snapshot().At(0).Config); n != maxSettings {
		t.Errorf("%d settings", n)
	}
}
