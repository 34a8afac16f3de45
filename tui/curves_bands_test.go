package tui

import (
	"slices"
	"testing"

	"vigil/remote/curve"
)

// A family of many runs is drawn over some frames, and then as it is at once;
// the same runs in the same window are not looked at again.
func TestBandsOverFrames(t *testing.T) {
	src := newFake(story())
	src.runs = runs(2*bandWork, "a1")
	m := start(src, size{120, 40})
	press(m, "3", "S")
	p := &m.curves
	frames := 0
	for ; p.left > 0; frames++ {
		if !m.drawing || frames > 10 {
			t.Fatalf("%d runs wait after %d frames", p.left, frames)
		}
		m.Update(drew{clock})
	}
	if frames != 1 {
		t.Errorf("%d runs of %d families took %d frames more", 2*bandWork, p.folded(), frames)
	}
	same := func(a, b float32) bool { return a-b < 1e-4 && b-a < 1e-4 }
	for key, made := range p.bands.made {
		want := key.family.Band(key.metric, key.log, key.x0, key.x1, key.cols, nil)
		if made.runs == len(key.family.Runs) && !slices.EqualFunc(made.cols, want, func(a, b curve.Column) bool {
			return a.N == b.N && same(a.Min, b.Min) && same(a.Max, b.Max) && same(a.Mean, b.Mean)
		}) {
			t.Errorf("the band of %s is not that of its %d runs", key.family.Name, len(key.family.Runs))
		}
	}
	n := len(p.bands.made)
	press(m, "right", "right", "j")
	if len(p.bands.made) != n {
		t.Error("the cursor makes bands anew")
	}
	frame := m.View().Content
	if m.refresh(); m.View().Content != frame {
		t.Error("the same runs, another picture")
	}
}
