package transcript_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

// follow runs a follower whose batches arrive on the channel it returns.
func follow(t testing.TB) (*transcript.Follower, chan transcript.Batch) {
	t.Helper()
	news := make(chan transcript.Batch, 10000)
	f, err := transcript.NewFollower(transcript.OS{}, func(b transcript.Batch) { news <- b })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return f, news
}

// await waits for a batch that ok takes.
func await(t testing.TB, news chan transcript.Batch, what string, ok func(transcript.Batch) bool) transcript.Batch {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case b := <-news:
			if ok(b) {
				return b
			}
		case <-deadline:
			t.Fatalf("no news of %s", what)
		}
	}
}

func has(typ agent.EventType, text string) func(transcript.Batch) bool {
	return func(b transcript.Batch) bool {
		return slices.ContainsFunc(b.Events, func(e agent.Event) bool { return e.Type == typ && e.Text == text })
	}
}

func TestFollower(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "later", "s.jsonl")
	f, news := follow(t)
	f.Add("a", path, agent.Claude)
	if b := await(t, news, "a file that is not there", func(transcript.Batch) bool { return true }); !b.Started || b.Key != "a" || b.Err != nil {
		t.Errorf("first batch %+v", b)
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, path, claudeTurn(1, ""))
	await(t, news, "a folder made later", has(agent.Prompt, "prompt 1"))
	half := claudeTurn(2, "")
	add(t, path, half[:40])
	add(t, path, half[40:])
	await(t, news, "a line in halves", has(agent.Prompt, "prompt 2"))
	put(t, path, claudeTurn(3, "")[:250])
	add(t, path, claudeTurn(3, "")[250:])
	anew := false // told with the first part of it or with all
	await(t, news, "a cut file", func(b transcript.Batch) bool {
		anew = anew || b.Started
		return has(agent.Prompt, "prompt 3")(b)
	})
	if !anew {
		t.Error("a file that was cut is not told as read anew")
	}
	next := filepath.Join(dir, "later", "n")
	put(t, next, claudeTurn(4, ""))
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	await(t, news, "a replaced file", has(agent.Prompt, "prompt 4"))
	f.Add("b", path, agent.Claude)
	await(t, news, "the same file under another key", func(b transcript.Batch) bool { return b.Key == "b" && b.Started })
	f.Remove("a")
	add(t, path, claudeTurn(5, ""))
	await(t, news, "b", func(b transcript.Batch) bool { return b.Key == "b" && has(agent.Prompt, "prompt 5")(b) })
}

// TestFollowerRace adds, removes, cuts and writes from many sides at once.
func TestFollowerRace(t *testing.T) {
	dir := t.TempDir()
	f, news := follow(t)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			key := fmt.Sprint("k", w)
			path := filepath.Join(dir, key)
			f.Add(key, path, agent.Claude)
			for n := range 30 {
				text := claudeTurn(n, "")
				switch n % 10 {
				case 3:
					put(t, path, text)
				case 7:
					put(t, path+".n", text)
					if err := os.Rename(path+".n", path); err != nil {
						t.Error(err)
					}
				case 9:
					f.Remove(key)
					f.Add(key, path, agent.Claude)
				default:
					add(t, path, text[:n])
					add(t, path, text[n:])
				}
			}
			add(t, path, claudeTurn(99, ""))
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	await(t, news, "the last turn of each file", func(b transcript.Batch) bool {
		if has(agent.Prompt, "prompt 99")(b) {
			seen[b.Key] = true
		}
		return len(seen) == 4
	})
}

// TestFollowerLatency measures how long after a write its event is told.
func TestFollowerLatency(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	put(t, path, claudeTurn(1, ""))
	f, news := follow(t)
	f.Add("a", path, agent.Claude)
	await(t, news, "the start", func(b transcript.Batch) bool { return b.Started })
	var took []time.Duration
	for n := range 200 {
		start := time.Now()
		add(t, path, claudeTurn(n+2, ""))
		await(t, news, "a turn", has(agent.Prompt, fmt.Sprint("prompt ", n+2)))
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	p50, p95 := took[len(took)/2], took[len(took)*95/100]
	t.Logf("from write to event: p50 %v, p95 %v, max %v", p50, p95, took[len(took)-1])
	if p95 > 200*time.Millisecond && !raced { // far below the slow poll, far above a busy machine's noise
		t.Errorf("p95 %v", p95)
	}
}
