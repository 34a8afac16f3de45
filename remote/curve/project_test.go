package curve

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vigil/remote"
)

// held is a run of a known end, of which only a part is shown.
type held struct {
	run  *Run
	end  float64 // its last value
	best float64 // its least value
}

// holdOut returns finished runs, and runs of other candidates that are shown up
// to a part of their plan.
// Every late-th one has its learning rate fall late.
func holdOut(seed uint64, peers, n int, part float64, late int) (done []*Run, out []held) {
	r := rand.New(rand.NewPCG(seed, 1))
	s := NewStore()
	for i := range peers {
		candidate(r, i, late).run(r, s, 1, 1<<40)
	}
	done = s.Snapshot().Filter(nil, "", "")
	for i := range n {
		c := candidate(r, 1000+i, late)
		whole, shown := NewStore(), NewStore()
		c.run(rand.New(rand.NewPCG(seed, uint64(i))), whole, 1, 1<<40)
		c.run(rand.New(rand.NewPCG(seed, uint64(i))), shown, 1, int64(part*float64(c.plan)))
		w := whole.Snapshot().At(0).Metric("val_loss")
		last, _ := w.Last()
		least, _ := w.Min()
		out = append(out, held{shown.Snapshot().At(0), last.Value, least.Value})
	}
	return done, out
}

// TestProjectCovers: four of five runs end in the band, however many peers
// there are, and the prediction is as often too high as too low.
func TestProjectCovers(t *testing.T) {
	for _, peers := range []int{2, 4, 8, 12, 40} {
		for _, part := range []float64{0.3, 0.5, 0.8} {
			in, above, n := 0, 0, 0
			width, miss := 0.0, 0.0
			for seed := range uint64(20) {
				done, out := holdOut(seed, peers, 20, part, 0)
				for _, h := range out {
					p, ok := Project(h.run, "val_loss", done)
					if !ok || p.Peers != peers || p.Step != h.run.Plan || p.Lo > p.Value || p.Hi < p.Value {
						t.Fatalf("projection %+v, %v", p, ok)
					}
					n++
					if p.Lo <= h.end && h.end <= p.Hi {
						in++
					}
					if h.end > p.Value {
						above++
					}
					width += p.Hi - p.Lo
					miss += math.Abs(p.Value - h.end)
				}
			}
			cover, up := float64(in)/float64(n), float64(above)/float64(n)
			t.Logf("%d peers at %.0f%%: %.0f%% in the band of %.4f, off by %.4f", peers, 100*part, 100*cover, width/float64(n), miss/float64(n))
			if cover < 0.72 || cover > 0.9 {
				t.Errorf("%d peers at %.1f: the band covers %.3f", peers, part, cover)
			}
			if peers >= 8 && (up < 0.35 || up > 0.65) {
				t.Errorf("%d peers at %.1f: %.3f end above the prediction", peers, part, up)
			}
		}
	}
}

// TestProjectAlone: without peers the band is wide, and it holds.
func TestProjectAlone(t *testing.T) {
	in, n := 0, 0
	for seed := range uint64(10) {
		_, out := holdOut(seed, 0, 20, 0.6, 0)
		for _, h := range out {
			p, ok := Project(h.run, "val_loss", nil)
			if !ok {
				continue
			}
			n++
			if p.Peers != 0 || p.Hi <= p.Lo {
				t.Fatalf("%+v", p)
			}
			if p.Lo <= h.end && h.end <= p.Hi {
				in++
			}
			if n <= 3 {
				t.Logf("%+v ended at %v", p, h.end)
			}
		}
	}
	t.Logf("%d of %d in the band", in, n)
	if n < 150 || float64(in)/float64(n) < 0.75 {
		t.Errorf("%d of %d in the band", in, n)
	}
}

func TestProjectRefuses(t *testing.T) {
	s := NewStore()
	add := func(name string, plan int64, v ...float64) *Run {
		w := s.Writer(remote.Source{Path: "/" + name})
		for i, x := range v {
			w.Add(point(0, int64(i)*10, plan, 1, "val_loss", x))
		}
		return s.Snapshot().At(s.Snapshot().Len() - 1)
	}
	peer := add("peer", 30, 5, 4, 3.5, 3.2)
	if _, ok := Project(add("noplan", 0, 5, 4), "val_loss", []*Run{peer}); ok {
		t.Error("without a plan")
	}
	if _, ok := Project(add("early", 30, 5), "val_loss", nil); ok {
		t.Error("from one point alone")
	}
	if _, ok := Project(add("nan", 30, nan, nan), "val_loss", []*Run{peer}); ok {
		t.Error("from gaps")
	}
	if _, ok := Project(peer, "none", []*Run{peer}); ok {
		t.Error("without the metric")
	}
	if p, ok := Project(peer, "val_loss", nil); !ok || p != (Projection{30, 3.2, 3.2, 3.2, 0}) {
		t.Errorf("finished: %+v, %v", p, ok)
	}
	// One peer: its fall, give or take half of it.
	if p, ok := Project(add("one", 30, 6, 5), "val_loss", []*Run{peer}); !ok || p.Peers != 1 || math.Abs(p.Value-4.2) > 1e-6 || math.Abs(p.Lo-3.8) > 1e-6 || math.Abs(p.Hi-4.6) > 1e-6 {
		t.Errorf("one peer: %+v, %v", p, ok)
	}
	// A peer with another plan is none.
	if _, ok := Project(add("other", 60, 6, 5), "val_loss", []*Run{peer}); ok {
		t.Error("a peer of half the plan")
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		v           []float64
		lo, mid, hi float64
	}{
		{[]float64{2}, 1, 2, 3},
		{[]float64{1, 3}, 2 - 3.078*math.Sqrt2*math.Sqrt(1.5), 2, 2 + 3.078*math.Sqrt2*math.Sqrt(1.5)},
		{[]float64{9, 1, 2, 3, 4, 5, 6, 7, 8}, 1, 5, 9},
		{[]float64{1, 1, 1}, 1, 1, 1},
	} {
		if lo, mid, hi := spread(c.v); math.Abs(lo-c.lo)+math.Abs(mid-c.mid)+math.Abs(hi-c.hi) > 1e-9 {
			t.Errorf("spread(%v) = %v %v %v", c.v, lo, mid, hi)
		}
	}
}

// TestProjectBySeeds: three seeds of the same candidate tell more than many
// others.
func TestProjectBySeeds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	s := NewStore()
	for i := range 20 {
		candidate(r, i, 0).run(r, s, 1, 1<<40)
	}
	c := candidate(r, 500, 0)
	for seed := range 4 {
		c.run(r, s, seed, 1<<40)
	}
	peers := s.Snapshot().Filter(nil, "", "")
	now := NewStore()
	c.run(r, now, 9, 1500)
	run := now.Snapshot().At(0)
	many, _ := Project(run, "val_loss", peers[:20])
	few, ok := Project(run, "val_loss", peers)
	if !ok || few.Peers != 4 || many.Peers != 20 || few.Hi-few.Lo > (many.Hi-many.Lo)/2 {
		t.Errorf("by seeds %+v, by others %+v", few, many)
	}
	// Many seeds of another candidate are one voice.
	other := candidate(r, 600, 0)
	for seed := range 6 {
		other.run(r, s, seed, 1<<40)
	}
	if p, ok := Project(run, "val_loss", s.Snapshot().Filter(nil, "", other.name+"-")); !ok || p.Peers != 1 {
		t.Errorf("%+v, %v", p, ok)
	}
}

// TestKillNamesTheLost is a table of curves without peers.
func TestKillNamesTheLost(t *testing.T) {
	down := func(n int) []float64 {
		var v []float64
		for i := range n {
			v = append(v, 3+7/(1+float64(i)/5))
		}
		return v
	}
	for _, c := range []struct {
		name string
		v    []float64
		why  string
	}{
		{"falls", down(50), ""},
		{"one gap", append(down(50), nan), ""},
		{"nan", append(down(50), nan, nan, nan), "val_loss is not a number any more"},
		{"back from nan", append(down(50), nan, nan, nan, 3.5), ""},
		{"spike", append(down(50), 9, 9, 3.4), ""},
		{"leap", append(down(50), 7, 7, 7, 7, 7, 7, 7, 7), "val_loss rose from 3.6481 to 7 and did not come back"},
		{"leap and back", append(down(50), 7, 7, 7, 7, 7, 7, 4, 3.7), ""},
		{"plateau", append(down(50), 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7), ""},
	} {
		w := NewStore().Writer(remote.Source{Path: "/" + c.name})
		for i, v := range c.v {
			w.Add(point(0, int64(i), 100, float64(i), "val_loss", v))
		}
		got := ""
		for _, k := range Kill(w.store.Snapshot().Filter(nil, "", ""), "val_loss", 3.28, time.Time{}) {
			got = k.Why
			if k.Left <= 0 {
				t.Errorf("%s: %v left", c.name, k.Left)
			}
		}
		if got != c.why {
			t.Errorf("%s: %q, want %q", c.name, got, c.why)
		}
	}
}

// TestKill: of the runs that it names at half of their plan, at most one in
// twenty would have reached the target, and it finds most that would not. It
// holds too where some schedules are late, which look bad at half.
func TestKill(t *testing.T) {
	for _, late := range []int{0, 4} {
		named, wrong, lost := 0, 0, 0
		for seed := range uint64(20) {
			done, out := holdOut(seed, 30, 30, 0.5, late)
			runs := done
			ends := map[ID]held{}
			var bests []float64
			for _, h := range out {
				runs = append(runs, h.run)
				ends[h.run.ID] = h
				bests = append(bests, h.best)
			}
			slices.Sort(bests)
			target := bests[len(bests)/3]
			lost += len(bests) - len(bests)/3 - 1
			if seed == 0 && len(Kill(runs, "val_loss", 0, time.Time{})) == 0 {
				t.Error("without a target none is below the others")
			}
			for _, c := range Kill(runs, "val_loss", target, time.Time{}) {
				h, ok := ends[c.Run.ID]
				if !ok || c.Why == "" {
					t.Fatalf("named %+v", c)
				}
				named++
				if h.best <= target {
					wrong++
				}
			}
		}
		t.Logf("one in %d late: %d named, %d wrongly; %d were lost", late, named, wrong, lost)
		if named < 30 || float64(wrong) > 0.05*float64(named) {
			t.Errorf("%d of %d named wrongly", wrong, named)
		}
	}
}
