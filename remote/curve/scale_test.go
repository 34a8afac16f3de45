package curve

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// resident returns the memory of this process that is in use, in bytes; 0
// where the system does not tell.
func resident() int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(f[1])
	return pages * os.Getpagesize()
}

// TestMemory holds 10,000 runs of 3,000 points, which take below 250 MB with
// everything else that the process has, and collected as it likes.
func TestMemory(t *testing.T) {
	if testing.Short() || race {
		t.Skip("30 million points take too long")
	}
	debug.FreeOSMemory() // what the tests before have left
	const runs, points = 10_000, 3000
	s := NewStore()
	fleet(s, runs, points)
	set := s.Snapshot()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	rss := resident()
	runtime.GC()
	var live runtime.MemStats
	runtime.ReadMemStats(&live)
	t.Logf("%d runs, %d points: resident %.0f MB; heap %.0f MB, live %.0f MB, %.2f bytes a point",
		set.Len(), runs*points, float64(rss)/1e6, float64(m.HeapInuse)/1e6, float64(live.HeapAlloc)/1e6, float64(live.HeapAlloc)/(runs*points))
	if rss > 250e6 {
		t.Errorf("%d MB resident", rss/1e6)
	}
	runtime.KeepAlive(s)
}
