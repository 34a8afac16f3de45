package follow

import (
	"fmt"
	"testing"
	"time"

	"vigil/remote"
)

// TestResume is a follower that goes on where another ended, with a sink that
// has kept what that one told.
func TestResume(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, h := newWorld(t), newFar(20*time.Millisecond)
		var resets []string
		w.onReset = func(path string) { resets = append(resets, path) }
		kept := map[remote.Source]Position{}
		start := func() {
			if w.stop != nil {
				w.stop()
			}
			w.loaded = map[string]bool{}
			f := w.start(Options{
				Host:   h,
				Resume: func(src remote.Source) (Position, bool) { p, ok := kept[src]; return p, ok },
				Checkpoint: func(all []Position) {
					for _, p := range all {
						kept[p.Source] = p
					}
				},
			}, usual)
			f.Add("k", "/w")
			settle(30 * time.Second)
			if !w.loaded["k"] {
				t.Error("not loaded")
			}
		}
		const a, b, c, old = "/w/a.log", "/w/b.log", "/w/c.log", "/w/logs/old.log"
		h.append(old, lines(0, 1000)+"half")
		time.Sleep(time.Hour)
		for _, name := range []string{a, b, c} {
			h.append(name, lines(0, 100)+"1")
		}
		start()
		if len(kept) != 0 {
			t.Error("told of positions at once")
		}
		settle(saveEvery)
		if p := kept[remote.Source{Key: "k", Host: "far", Path: a}]; p.Offset != int64(len(lines(0, 100))+1) || p.Done {
			t.Errorf("position %+v", p)
		}
		resets = nil
		h.append(a, "00\n") // told when Run ends, or read again
		w.stop()

		h.append(a, lines(101, 110))
		h.append(b, "00\n")
		h.truncate(c, 0)
		h.append(c, lines(500, 700)) // another file
		h.count("open " + old)
		start()
		w.check(t, a, steps(0, 110))
		w.check(t, b, steps(0, 101))
		w.check(t, c, steps(500, 700))
		w.check(t, old, steps(0, 1000))
		if n := h.count("open " + old); n != 0 {
			t.Errorf("a finished file was opened %d times", n)
		}
		if fmt.Sprint(resets) != fmt.Sprint([]string{c}) {
			t.Errorf("resets %v", resets)
		}

		// A finished file that grows; a parser's state that is not one.
		resets = nil
		h.append(old, "\n1000\n")
		settle(10 * time.Minute)
		w.stop()
		for src, p := range kept {
			if src.Path == b {
				p.Parser = []byte("?")
				kept[src] = p
			}
		}
		h.append(b, "101\n")
		start()
		w.check(t, old, steps(0, 1001))
		w.check(t, b, steps(0, 102))
		if fmt.Sprint(resets) != fmt.Sprint([]string{b}) {
			t.Errorf("resets %v", resets)
		}
	})
}
