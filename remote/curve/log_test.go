package curve

import (
	"math"
	"testing"
)

// Columns of equal ratio have every point of the window, each in the column
// where it lies: exactly while columns hold few points, and within a part of a
// column where they hold many.
func TestLogWindow(t *testing.T) {
	for _, n := range []int{50, 3000, 200_000} {
		r := &Run{Series: []Named{{Name: "y", Series: *filled(n)}}}
		tr, _ := r.Trace("y", Step)
		const cols = 120
		x0, x1 := 1.0, float64(n-1)
		got := tr.Log(true).Window(x0, x1, cols, nil)
		want := make([]int, cols)
		dx := math.Log(x1/x0) / cols
		for step := 1; step < n; step++ {
			want[min(int(math.Log(float64(step)/x0)/dx+1e-9), cols-1)]++
		}
		total := 0
		for c := range got {
			total += int(got[c].N)
			moved := int(got[c].N) - want[c]
			if max(moved, -moved) > want[c]/2+1 {
				t.Errorf("%d points: column %d has %d of them, not %d", n, c, got[c].N, want[c])
			}
		}
		if total != n-1 {
			t.Errorf("%d points in the window, not %d", total, n-1)
		}
		smooth := tr.Log(true).Smooth(x0, x1, cols, 0.9, nil)
		for c := range smooth {
			if smooth[c].N != got[c].N {
				t.Fatalf("smoothed column %d has %d points, not %d", c, smooth[c].N, got[c].N)
			}
		}
		if a := testing.AllocsPerRun(10, func() { got = tr.Log(true).Window(x0, x1, cols, got) }); a != 0 {
			t.Errorf("%v allocations", a)
		}
	}
}
