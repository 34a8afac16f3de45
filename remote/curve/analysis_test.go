package curve

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/remote"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// told returns the run that a script of records makes.
func told(name string, recs ...remote.Record) *Run {
	w := NewStore().Writer(remote.Source{Key: "a", Host: "h", Path: "/w/" + name + ".log"})
	for _, r := range recs {
		w.Add(r)
	}
	return w.store.Snapshot().At(0)
}

// line returns a run whose metric falls in a straight line: at step i*every it
// is from - i*by, until upTo, at a second a step from start on.
func line(name string, plan, upTo, every int64, from, by float64, start time.Time) *Run {
	w := NewStore().Writer(remote.Source{Key: "a", Host: "h", Path: "/w/" + name + ".log"})
	for step := int64(0); step <= upTo; step += every {
		w.Add(point(0, step, plan, float64(step), "val_loss", from-float64(step/every)*by))
	}
	w.Seen(start.Add(seconds(float64(upTo))))
	return w.store.Snapshot().At(0)
}

func TestETA(t *testing.T) {
	// Slow at first, then half a second a step.
	var recs []remote.Record
	for step := int64(0); step <= 500; step += 10 {
		recs = append(recs, point(0, step, 1000, 60+0.5*float64(step), "val_loss", 3.0))
	}
	recs[0].Wall = 0
	r := told("x", recs...)
	if d, ok := ETA(r, time.Time{}); !ok || (d-250*time.Second).Abs() > 2*time.Second {
		t.Errorf("ETA = %v, %v", d, ok)
	}
	r.Updated = noon
	if d, ok := ETA(r, noon.Add(100*time.Second)); !ok || (d-150*time.Second).Abs() > 2*time.Second {
		t.Errorf("ETA after 100 s = %v, %v", d, ok)
	}
	if d, ok := ETA(r, noon.Add(time.Hour)); !ok || d != 0 {
		t.Errorf("ETA of what is late = %v, %v", d, ok)
	}
	if d, ok := TimeTo(r, "val_loss", 3); !ok || d != 0 {
		t.Errorf("TimeTo = %v, %v", d, ok)
	}
	for name, q := range map[string]*Run{
		"no time":  told("y", point(0, 10, 100, remote.NoWall(), "val_loss", 3.0), point(0, 20, 100, remote.NoWall(), "val_loss", 3.0)),
		"no plan":  told("y", point(0, 10, 0, 1, "val_loss", 3.0), point(0, 20, 0, 2, "val_loss", 3.0)),
		"finished": line("z", 100, 100, 10, 4, 0.1, noon),
		"begins":   told("y", point(0, 0, 100, 0, "val_loss", 3.0)),
	} {
		if d, ok := ETA(q, noon); ok {
			t.Errorf("%s: ETA = %v", name, d)
		}
	}
}

// TestETAOfAWatchedLog: the times at which a log grew know of pauses that it
// does not tell.
func TestETAOfAWatchedLog(t *testing.T) {
	for _, told := range []bool{false, true} {
		w := NewStore().Writer(remote.Source{Path: "/x"})
		for i := range int64(21) {
			wall := remote.NoWall()
			if told {
				wall = float64(i) * 10
			}
			w.Add(point(0, i*10, 1000, wall, "val_loss", 3.0))
			w.Seen(noon.Add(time.Duration(i) * 20 * time.Second)) // two seconds a step
		}
		r := w.store.Snapshot().At(0)
		if d, ok := ETA(r, r.Updated); !ok || (d-1600*time.Second).Abs() > 40*time.Second {
			t.Errorf("told %v: ETA = %v, %v", told, d, ok)
		}
		if at := r.When(100); at.Sub(noon.Add(200*time.Second)).Abs() > 10*time.Second {
			t.Errorf("told %v: step 100 was at %v", told, at)
		}
	}
}

func TestFrontier(t *testing.T) {
	h := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	runs := []*Run{
		line("late", 100, 100, 10, 4, 0.10, h(5)),  // 3.5 at 50, but after the others
		line("first", 100, 100, 10, 4, 0.08, h(1)), // 3.5 at 62.5
		line("worse", 100, 100, 10, 4, 0.06, h(2)), // 3.5 at 83.3
		line("never", 100, 100, 10, 4, 0.01, h(3)),
		line("best", 100, 70, 10, 4, 0.2, h(4)), // 3.5 at 25; still runs
		told("empty", point(0, 1, 0, 1, "train_loss", 3.0)),
	}
	show := func(ms []Milestone) string {
		var out []string
		for _, m := range ms {
			out = append(out, fmt.Sprintf("%s %.1f %.2f %s", m.Run.Name, m.Step, m.Value, m.At.Sub(noon).Round(time.Second)))
		}
		return strings.Join(out, "; ")
	}
	if got, want := show(Frontier(runs, "val_loss", 3.5)), "first 62.5 3.20 1h1m3s; best 25.0 2.60 4h0m25s"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, none := range []float64{0, nan} {
		if got, want := show(Frontier(runs, "val_loss", none)), "first 100.0 3.20 1h1m40s; best 70.0 2.60 4h1m10s"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := Frontier(runs, "none", 3.5); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestStem(t *testing.T) {
	for name, want := range map[string]string{
		"v11c-s2":                              "v11c",
		"v11c_seed3":                           "v11c",
		"v11c-seed-42":                         "v11c",
		"v11c.seed=42":                         "v11c",
		"v11cseed7":                            "v11c",
		"s1-muoneq-lr02":                       "muoneq-lr02",
		"muon-lr-1":                            "muon-lr-1",
		"adams2":                               "adams2",
		"exp7/train":                           "exp7/train",
		"v12#2":                                "v12",
		"v12#2 · trial 2/25 seed 7":            "v12",
		"slurm-1234":                           "",
		"8d1f3a52-1c1d-4e0c-9a45-0123456789ab": "",
		"0123456789abcdef":                     "",
		"2026-05-01":                           "",
		"":                                     "",
		"-_.":                                  "",
		"seed":                                 "seed",
	} {
		if got := Stem(name); got != want {
			t.Errorf("Stem(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestFamilies(t *testing.T) {
	run := func(key, name string, config ...string) *Run {
		r := &Run{Key: key, Name: name}
		r.relate()
		for i := 0; i < len(config); i += 2 {
			r.set(config[i], config[i+1])
		}
		return r
	}
	base := []string{"lr", "0.02", "batch_size", "512", "num_layers", "12"}
	with := func(kv ...string) []string { return append(slices.Clone(base), kv...) }
	runs := []*Run{
		run("a", "v11c-s1"), run("a", "v11b-s1"), run("a", "v11c-s2"), run("b", "v11c-s3"),
		run("a", "slurm-10", with("seed", "1")...), run("a", "slurm-11", with("seed", "2")...),
		run("a", "slurm-12", with("lr", "0.03")...), run("a", "slurm-13"), run("a", "slurm-14"),
		run("a", "qkv-s1", with("seed", "1", "out_dir", "/x")...), run("a", "qkv-s2", with("seed", "2", "out_dir", "/y")...),
		run("a", "qkv-s3", with("lr", "0.04")...),
	}
	var got []string
	for _, f := range Families(runs) {
		var names []string
		for _, r := range f.Runs {
			names = append(names, r.Name)
		}
		got = append(got, f.Name+": "+strings.Join(names, " "))
	}
	want := []string{
		"v11c: v11c-s1 v11c-s2", "v11b: v11b-s1", "v11c: v11c-s3",
		"slurm-10: slurm-10 slurm-11", "slurm-12: slurm-12", "slurm-13: slurm-13", "slurm-14: slurm-14",
		"qkv: qkv-s1 qkv-s2", "qkv: qkv-s3",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestBand(t *testing.T) {
	f := Family{Runs: []*Run{
		line("s1", 100, 100, 10, 4, 0.1, noon),
		line("s2", 100, 100, 20, 5, 0.2, noon), // half as many points
		line("s3", 100, 50, 10, 3, 0.1, noon),  // still runs
		told("other", point(0, 1, 0, 1, "train_loss", 3.0)),
	}}
	dst := f.Band("val_loss", false, 0, 110, 11, nil)
	for c, want := range []Column{
		{Min: 3, Mean: 4, Max: 5, N: 3},
		{Min: 2.9, Mean: 11.7 / 3, Max: 4.9, N: 3},
		2: {Min: 2.8, Mean: 11.4 / 3, Max: 4.8, N: 3}, 7: {Min: 3.3, Mean: 3.8, Max: 4.3, N: 2}, 10: {Min: 3, Mean: 3.5, Max: 4, N: 2},
	} {
		if want.N == 0 {
			continue
		}
		got := dst[c]
		d := math.Abs(float64(got.Min-want.Min)) + math.Abs(float64(got.Max-want.Max)) + math.Abs(float64(got.Mean-want.Mean))
		if d > 1e-5 || got.N != want.N {
			t.Errorf("column %d: %+v, want %+v", c, got, want)
		}
	}
	if n := testing.AllocsPerRun(20, func() { dst = f.Band("val_loss", false, 0, 110, 11, dst) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestParent(t *testing.T) {
	run := func(name string, step int64, config ...string) *Run {
		r := &Run{ID: ID{Path: name}, Key: "a", Name: name, Step: step}
		r.relate()
		for i := 0; i < len(config); i += 2 {
			r.set(config[i], config[i+1])
		}
		return r
	}
	all := []*Run{
		run("v11-s1", 10), run("v11b-s1", 10), run("v11b-s2", 20), run("v11c-s1", 10), run("muoneq", 5),
		run("muoneq-lr02", 5), run("slurm-17", 5),
	}
	for _, c := range []struct {
		r    *Run
		want string
	}{
		{all[3], "v11b-s2"}, // the seed that came furthest
		{run("v11a-s1", 1), "v11-s1"},
		{run("v11c-qkvp-s1", 1), "v11c-s1"},
		{run("v11c-qkvp-x", 1), "v11c-s1"},
		{run("x-from-v11b", 1), "v11b-s2"},
		{run("x", 1, "init_from", "/w/runs/muoneq.pt"), "muoneq"},
		{run("x", 1, "model.parent", "v11b"), "v11b-s2"},
		{run("v12", 1), ""}, // nothing tells that it comes of v11
		{run("v11e", 1), ""},
		{run("slurm-18", 1), ""},
		{run("new", 1), ""},
	} {
		got := ""
		if p := Parent(c.r, all); p != nil {
			got = p.Name
		}
		if got != c.want {
			t.Errorf("parent of %s is %q, want %q", c.r.Name, got, c.want)
		}
	}
	other := run("v11b", 99)
	other.Key = "b"
	if p := Parent(run("v11c", 1), []*Run{other}); p != nil {
		t.Errorf("%s of another agent is the parent", p.Name)
	}
}

func TestBehind(t *testing.T) {
	parent := line("p", 100, 100, 10, 4, 0.1, noon)
	for _, c := range []struct {
		name string
		r    *Run
		want Gap
	}{
		{"behind", line("a", 100, 40, 10, 4.2, 0.1, noon), Gap{40, 0.2, 20}},
		{"ahead", line("b", 100, 40, 10, 3.8, 0.1, noon), Gap{40, -0.2, -20}},
		{"far ahead", line("c", 100, 40, 10, 2, 0.1, noon), Gap{40, -2, -40}},
		{"equal", line("d", 100, 40, 10, 4, 0.1, noon), Gap{40, 0, 0}},
		{"between points", line("e", 100, 45, 15, 4.2, 0.15, noon), Gap{45, 0.2, 20}},
		{"beyond", line("f", 200, 200, 10, 4.2, 0.1, noon), Gap{100, 0.2, 20}},
	} {
		got, ok := Behind(c.r, parent, "val_loss")
		if !ok || got.Step != c.want.Step || math.Abs(got.Delta-c.want.Delta) > 1e-5 || math.Abs(got.Steps-c.want.Steps) > 1e-3 {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, ok, c.want)
		}
	}
	if _, ok := Behind(parent, nil, "val_loss"); ok {
		t.Error("behind nobody")
	}
	if _, ok := Behind(parent, parent, "none"); ok {
		t.Error("behind in nothing")
	}
}

// However few are asked for, they are the first of all, in the same order.
func TestBestOfMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	store := NewStore()
	for i := range 300 {
		w := store.Writer(remote.Source{Key: "a", Host: "local", Path: fmt.Sprintf("/w/r%d.log", i)})
		w.Add(remote.Record{Kind: remote.Point, Step: 10, Wall: remote.NoWall(), Metrics: []remote.Metric{
			{Name: "loss", Raw: "loss", Value: float64(rng.IntN(40)) / 10},
		}})
	}
	runs := store.Snapshot().Filter(nil, "", "")
	all := Best(runs, "loss", 1, len(runs))
	for _, n := range []int{0, 1, 2, 7, 8, 100, 299, 1000} {
		got := Best(runs, "loss", 1, n)
		if len(got) != min(n, len(runs)) {
			t.Fatalf("%d of %d", len(got), n)
		}
		for i, k := range got {
			if k.Run != all[i].Run {
				t.Fatalf("of %d, number %d is %s, want %s", n, i, k.Run.Name, all[i].Run.Name)
			}
		}
	}
	if !slices.IsSortedFunc(all, Rank.Compare) {
		t.Error("they are not in order")
	}
}
