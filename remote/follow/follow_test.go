package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/remote"
)

// numbers is a parser of lines that are numbers.
type numbers struct{ tail []byte }

func (n *numbers) Feed(b []byte, emit func(remote.Record)) {
	n.tail = append(n.tail, b...)
	for {
		line, rest, ok := bytes.Cut(n.tail, []byte("\n"))
		if !ok {
			return
		}
		if v, err := strconv.ParseInt(string(line), 10, 64); err == nil {
			emit(remote.Record{Step: v})
		}
		n.tail = rest
	}
}

func (n *numbers) Flush(emit func(remote.Record)) { n.Feed([]byte("\n"), emit) }
func (n *numbers) Restart()                       { n.tail = nil }
func (n *numbers) MarshalBinary() ([]byte, error) { return append([]byte("n"), n.tail...), nil }
func (n *numbers) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != 'n' {
		return errors.New("no numbers")
	}
	n.tail = bytes.Clone(b[1:])
	return nil
}

// world collects what comes out of a follower.
type world struct {
	t       *testing.T
	changed chan struct{}
	mu      sync.Mutex
	got     map[string][]int64 // steps by path
	keys    map[string]string
	order   []string // paths in order of their first record
	quiet   map[string]int
	loaded  map[string]bool
	errs    []error
	onReset func(path string)
	stop    func() // ends the follower that was started last
}

type sink struct {
	w    *world
	path string
}

func (s sink) do(fn func()) {
	s.w.mu.Lock()
	fn()
	s.w.mu.Unlock()
	select {
	case s.w.changed <- struct{}{}:
	default:
	}
}

func (s sink) Add(r remote.Record) {
	s.do(func() {
		if s.w.got[s.path] == nil {
			s.w.order = append(s.w.order, s.path)
		}
		s.w.got[s.path] = append(s.w.got[s.path], r.Step)
	})
}

func (s sink) Reset() {
	s.do(func() {
		delete(s.w.got, s.path)
		if s.w.onReset != nil {
			s.w.onReset(s.path)
		}
	})
}
func (s sink) Seen(time.Time) {}
func (s sink) Quiet()         { s.do(func() { s.w.quiet[s.path]++ }) }

func newWorld(t *testing.T) *world {
	return &world{t: t, changed: make(chan struct{}, 1), got: map[string][]int64{}, keys: map[string]string{}, quiet: map[string]int{}, loaded: map[string]bool{}}
}

// start runs a follower until the test ends.
func (w *world) start(opt Options, p pace) *Follower {
	opt.Parse = func() remote.Parser { return &numbers{} }
	opt.Sink = func(src remote.Source) remote.Sink {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.keys[src.Path] = src.Key
		return sink{w, src.Path}
	}
	opt.Problem = func(_, _ string, err error) { sink{w, ""}.do(func() { w.errs = append(w.errs, err) }) }
	opt.Loaded = func(key string) { sink{w, ""}.do(func() { w.loaded[key] = true }) }
	f := New(opt)
	f.pace = p
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	w.stop = func() { cancel(); wg.Wait() }
	w.t.Cleanup(w.stop)
	return f
}

// wait waits until a condition on what came out holds.
func (w *world) wait(what string, ok func() bool) {
	w.t.Helper()
	limit := time.After(time.Minute)
	for {
		w.mu.Lock()
		done := ok()
		w.mu.Unlock()
		if done {
			return
		}
		select {
		case <-w.changed:
		case <-limit:
			w.mu.Lock()
			defer w.mu.Unlock()
			w.t.Fatalf("%s: got %.2000s, loaded %v, errors %v", what, fmt.Sprint(w.got), w.loaded, w.errs)
		}
	}
}

func (w *world) has(path string, want ...int64) func() bool {
	return func() bool { return fmt.Sprint(w.got[path]) == fmt.Sprint(want) }
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// polled is the local machine under a name of its own, so that a follower gets
// no notices from the system.
type polled struct{ remote.Local }

func (polled) Name() string { return "far" }

// all looks at everything that often.
func all(d time.Duration) pace { return pace{d, d, d, d, d} }

func bothWays(t *testing.T, test func(t *testing.T, opt Options, p pace)) {
	t.Run("notices", func(t *testing.T) { test(t, Options{}, all(time.Hour)) })
	t.Run("poll", func(t *testing.T) { test(t, Options{Host: polled{}}, all(5*time.Millisecond)) })
}

func TestGrows(t *testing.T) {
	bothWays(t, func(t *testing.T, opt Options, p pace) {
		w, root := newWorld(t), t.TempDir()
		a := filepath.Join(root, "logs", "a.txt")
		write(t, a, "1\n2\n3")
		write(t, filepath.Join(root, "logs", "a.bin"), "9\n")
		write(t, filepath.Join(root, ".git", "b.log"), "9\n")
		w.start(opt, p).Add("k", root)
		w.wait("first", w.has(a, 1, 2))
		w.wait("loaded", func() bool { return w.loaded["k"] })
		write(t, a, "4\n5\n")
		w.wait("growth", w.has(a, 1, 2, 34, 5))
		b := filepath.Join(root, "scratchpad", "runs", "deep", "b.log") // folders that were not there
		write(t, b, "7\n")
		w.wait("new file", w.has(b, 7))
		write(t, b, "8\n")
		w.wait("its growth", w.has(b, 7, 8))
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.got) != 2 || w.keys[a] != "k" || len(w.errs) != 0 {
			t.Errorf("got %v, keys %v, errors %v", w.got, w.keys, w.errs)
		}
	})
}

func TestReplaced(t *testing.T) {
	bothWays(t, func(t *testing.T, opt Options, p pace) {
		w, root := newWorld(t), t.TempDir()
		a := filepath.Join(root, "a.log")
		write(t, a, "1\n2\n3\nhalf")
		w.start(opt, p).Add("k", root)
		w.wait("first", w.has(a, 1, 2, 3))

		// Truncated, and written anew.
		if err := os.WriteFile(a, []byte("4\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.wait("truncated", w.has(a, 1, 2, 3, 4))

		// Rotated: another file under the name, longer than the old one.
		if err := os.Rename(a, a+".1"); err != nil {
			t.Fatal(err)
		}
		write(t, a, "10\n11\n12\n")
		w.wait("rotated", w.has(a, 1, 2, 3, 4, 10, 11, 12))

		// Replaced by a longer copy of itself: nothing is repeated.
		tmp := filepath.Join(root, "tmp")
		write(t, tmp, "10\n11\n12\n13\n")
		if err := os.Rename(tmp, a); err != nil {
			t.Fatal(err)
		}
		w.wait("copied", w.has(a, 1, 2, 3, 4, 10, 11, 12, 13))

		// Gone, and back as it was with more.
		if err := os.Remove(a); err != nil {
			t.Fatal(err)
		}
		write(t, a, "10\n11\n12\n13\n14\n")
		w.wait("back", w.has(a, 1, 2, 3, 4, 10, 11, 12, 13, 14))
	})
}

func TestRemove(t *testing.T) {
	w, root := newWorld(t), t.TempDir()
	a, b := filepath.Join(root, "a.log"), filepath.Join(root, "sub", "b.log")
	write(t, a, "1\n")
	write(t, b, "1\n")
	f := w.start(Options{}, all(5*time.Millisecond))
	f.Add("k", root)
	f.Add("inner", filepath.Join(root, "sub")) // a root within the other, with a file of its own
	w.wait("first", func() bool { return w.has(a, 1)() && w.has(b, 1)() })
	f.Remove("k")
	write(t, a, "2\n")
	write(t, b, "2\n")
	w.wait("the other root goes on", w.has(b, 1, 2))
	f.Add("again", root)
	w.wait("back, with nothing repeated", w.has(a, 1, 2))
}

func TestNewestFirst(t *testing.T) {
	s := newSweep(New(Options{}))
	defer s.watch.close()
	at := time.Now()
	for i := range 50 {
		s.load(&file{path: strconv.Itoa(i * 7 % 50), seen: stamp{mod: at.Add(-time.Duration(i*7%50) * time.Minute)}})
	}
	for i := range 50 {
		f := s.next(at).(*file)
		if take(f); f.path != strconv.Itoa(i) {
			t.Errorf("number %d is %s", i, f.path)
		}
	}
}

func TestProblems(t *testing.T) {
	w, root := newWorld(t), t.TempDir()
	f := w.start(Options{}, all(5*time.Millisecond))
	f.Add("k", filepath.Join(root, "later"))
	w.wait("told", func() bool { return len(w.errs) > 0 && errors.Is(w.errs[0], fs.ErrNotExist) })
	a := filepath.Join(root, "later", "a.log")
	write(t, a, "1\n")
	w.wait("there now", w.has(a, 1))
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		fits, leads   bool
	}{
		{"*.log", "a.log", true, false},
		{"*.log", "x/a.log", false, false},
		{"logs/**/*.txt", "logs/a.txt", true, true},
		{"logs/**/*.txt", "logs/x/y/a.txt", true, true},
		{"logs/**/*.txt", "logs", false, true},
		{"logs/**/*.txt", "lags", false, false},
		{"**/*.log", "a/b.log", true, true},
		{"a/*/c/*.log", "a/b", false, true},
		{"a/*/c/*.log", "a/b/c/d", false, false},
		{"a/*/c/*.log", "a/b/c/d.log", true, false},
		{"[", "a", false, false},
	} {
		p, parts := compile([]string{c.pattern})[0], strings.Split(c.path, "/")
		if p.fits(parts) != c.fits || p.leads(parts) != c.leads {
			t.Errorf("%s, %s: fits %v, leads %v", c.pattern, c.path, p.fits(parts), p.leads(parts))
		}
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	for i, p := range []string{"a.log", "logs/b.txt", "logs/x/c.jsonl", "d.py", ".git/e.log"} {
		write(t, filepath.Join(root, p), "1\n")
		at := time.Now().Add(-time.Duration(i) * time.Hour)
		if err := os.Chtimes(filepath.Join(root, p), at, at); err != nil {
			t.Fatal(err)
		}
	}
	for glob, want := range map[string]string{
		"":             "a.log logs/b.txt logs/x/c.jsonl",
		"a.log":        "a.log",
		"d.py":         "d.py",
		"logs/*":       "logs/b.txt",
		"**/*.jsonl":   "logs/x/c.jsonl",
		"l*/**/*.json": "",
	} {
		got, err := Find(remote.Local{}, filepath.Join(root, glob))
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i], _ = filepath.Rel(root, got[i])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("Find(%q) = %q, want %q", glob, got, want)
		}
	}
	if _, err := Find(remote.Local{}, filepath.Join(root, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}

func TestReadFile(t *testing.T) {
	w, p := newWorld(t), filepath.Join(t.TempDir(), "a.log")
	var text strings.Builder
	for i := range 400_000 { // more than two batches
		fmt.Fprintln(&text, i)
	}
	write(t, p, strings.TrimSuffix(text.String(), "\n"))
	if err := ReadFile(t.Context(), remote.Local{}, p, &numbers{}, sink{w, p}); err != nil {
		t.Fatal(err)
	}
	if n := len(w.got[p]); n != 400_000 || w.got[p][n-1] != 399_999 {
		t.Errorf("%d records", n)
	}
	if err := ReadFile(t.Context(), remote.Local{}, p+"x", &numbers{}, sink{w, p}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}
