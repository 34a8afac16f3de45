package transcript_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

// TestFollowerIsQuiet follows 20 files to which nothing happens: they must cost
// next to nothing, and give no news.
func TestFollowerIsQuiet(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for two slow polls")
	}
	dir := t.TempDir()
	f, news := follow(t)
	for n := range 20 {
		path := filepath.Join(dir, fmt.Sprint("project", n%5, "-", n), "s.jsonl")
		put(t, mkdir(t, path), claudeTurn(1, ""))
		f.Add(fmt.Sprint(n), path, agent.Claude)
	}
	for started := 0; started < 20; started++ {
		await(t, news, "a start", func(b transcript.Batch) bool { return b.Started })
	}
	begun, start := processor(t), time.Now()
	select {
	case b := <-news:
		t.Errorf("news of an idle file: %+v", b)
	case <-time.After(4500 * time.Millisecond): // two slow polls
	}
	used, passed := processor(t)-begun, time.Since(start)
	share := 100 * float64(used) / float64(passed)
	t.Logf("20 idle files: %v of processor time in %v, %.3f %% of a core", used, passed, share)
	if share > 0.5 && !raced {
		t.Errorf("20 idle files cost %.3f %% of a core", share)
	}
}
