package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigil/agent"
)

// memory is a Store that keeps everything.
type memory struct {
	mu       sync.Mutex
	versions map[string][]agent.Version
	contents map[string][]byte
	puts     int
	err      error
}

var _ Store = (*memory)(nil)

func newMemory() *memory {
	return &memory{versions: map[string][]agent.Version{}, contents: map[string][]byte{}}
}

func (m *memory) PutVersion(_ context.Context, _, path string, at time.Time, turn int, content []byte) (agent.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return agent.Version{}, m.err
	}
	m.puts++
	sum := sha256.Sum256(content)
	v := agent.Version{At: at, Turn: turn, Hash: hex.EncodeToString(sum[:]), Size: int64(len(content))}
	if vs := m.versions[path]; len(vs) > 0 && vs[len(vs)-1].Hash == v.Hash {
		return vs[len(vs)-1], nil
	}
	m.versions[path] = append(m.versions[path], v)
	m.contents[v.Hash] = append([]byte{}, content...)
	return v, nil
}

func (m *memory) Versions(_ context.Context, _, path string) ([]agent.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]agent.Version{}, m.versions[path]...), m.err
}

func (m *memory) Content(_ context.Context, hash string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.contents[hash]
	if !ok {
		return nil, errors.New("not kept")
	}
	return b, nil
}

// running is a watcher that runs, and what it told.
type running struct {
	*Watcher
	dir    string
	states chan State
	told   atomic.Int64
	turn   atomic.Int64
	stop   func()
}

// start runs a watcher and waits for its first look, which must find files.
func start(t testing.TB, dir string, o Options) *running {
	t.Helper()
	r := &running{dir: dir, states: make(chan State, 1<<16)}
	o.Changed = func(s State) {
		r.told.Add(1)
		r.states <- s
	}
	o.Turn = func() int { return int(r.turn.Load()) }
	w, err := New(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	r.Watcher = w
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// until waits for a State of which ok says that it is the one.
func (r *running) until(t testing.TB, what string, ok func(State) bool) State {
	t.Helper()
	late := time.After(20 * time.Second)
	var s State
	for {
		select {
		case s = <-r.states:
			if ok(s) {
				return s
			}
		case <-late:
			t.Fatalf("never saw %s; the last state has the problem %q, the plan %q and %d files", what, s.Problem, s.Plan.Text, len(s.Files))
		}
	}
}

func (r *running) path(rel string) string { return filepath.Join(r.dir, rel) }

func find(s State, path string) *agent.FileChange {
	for i := range s.Files {
		if s.Files[i].Path == path {
			return &s.Files[i]
		}
	}
	return nil
}

// is tells a state in which the file's newest diff ends with these lines.
func is(path, diff string) func(State) bool {
	return func(s State) bool {
		f := find(s, path)
		return f != nil && strings.HasSuffix(f.Diff, diff)
	}
}

// hour is a poll that never comes in a test: only events can tell.
const hour = time.Hour

func TestWatcherTells(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "goal.md"), "# reach 3.28\n")
	write(t, filepath.Join(dir, "PLAN.md"), "- [ ] a\n")
	write(t, filepath.Join(dir, "scratchpad", "THREAD.md"), "start\n")
	write(t, filepath.Join(dir, "train.py"), "not watched\n")
	keep := newMemory()
	r := start(t, dir, Options{Keep: keep, Poll: hour})
	s := r.until(t, "the first look", func(s State) bool { return len(s.Files) == 1 })
	if s.Goal.Text != "# reach 3.28\n" || s.Goal.Path != "goal.md" || s.Plan.Path != "PLAN.md" || len(s.Plan.Versions) != 1 || s.Problem != "" {
		t.Errorf("goal %+v, plan %+v, problem %q", s.Goal, s.Plan, s.Problem)
	}
	if f := s.Files[0]; f.New || f.Diff != "" || f.Added != 0 || len(f.Versions) != 1 || f.At.IsZero() {
		t.Errorf("the base is %+v", f)
	}

	r.turn.Store(7)
	write(t, r.path("scratchpad/THREAD.md"), "start\nE1 queued\x1b[31m\n")
	s = r.until(t, "the append", is("scratchpad/THREAD.md", " start\n+E1 queued\n"))
	if f := s.Files[0]; f.Turn != 7 || f.Added != 1 || f.Removed != 0 || len(f.Versions) != 2 || f.Versions[1].Turn != 7 {
		t.Errorf("the change is %+v", f)
	}
	b, err := keep.Content(t.Context(), s.Files[0].Versions[1].Hash)
	if string(b) != "start\nE1 queued\n" || err != nil {
		t.Errorf("kept %q, %v", b, err)
	}

	// As editors do it: write beside, rename over.
	write(t, r.path(".PLAN.md.tmp.123"), "- [x] a\n- [ ] b\n")
	if err := os.Rename(r.path(".PLAN.md.tmp.123"), r.path("PLAN.md")); err != nil {
		t.Fatal(err)
	}
	s = r.until(t, "the new plan", func(s State) bool { return s.Plan.Text == "- [x] a\n- [ ] b\n" })
	if len(s.Plan.Versions) != 2 || len(s.Files) != 1 {
		t.Errorf("plan %+v with %d files", s.Plan, len(s.Files))
	}

	// New folders, with files made before the watch could be there.
	write(t, r.path("scratchpad/variants/deep/v1.py"), "lr = 1\n")
	s = r.until(t, "the new file", is("scratchpad/variants/deep/v1.py", "+lr = 1\n"))
	if f := find(s, "scratchpad/variants/deep/v1.py"); !f.New || f.Added != 1 {
		t.Errorf("new file %+v", f)
	}
	write(t, r.path("scratchpad/variants/deep/v1.py"), "lr = 2\n")
	s = r.until(t, "a change in the new folder", is("scratchpad/variants/deep/v1.py", "-lr = 1\n+lr = 2\n"))
	if s.Files[0].Path != "scratchpad/variants/deep/v1.py" || s.Files[0].New {
		t.Errorf("newest first: %+v", s.Files[0])
	}

	if err := os.Remove(r.path("goal.md")); err != nil {
		t.Fatal(err)
	}
	s = r.until(t, "the goal's end", func(s State) bool { return s.Goal.Problem != "" })
	if s.Goal.Text != "# reach 3.28\n" {
		t.Errorf("the deleted goal's last version is %q", s.Goal.Text)
	}
}

func TestWatcherFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "w")
	write(t, filepath.Join(dir, "plan.md"), "p\n")
	write(t, filepath.Join(dir, "scratchpad/a.md"), "1\n")
	r := start(t, dir, Options{Keep: newMemory(), Poll: 300 * time.Millisecond})
	r.until(t, "the first look", func(s State) bool { return len(s.Files) == 1 })

	if err := os.RemoveAll(r.path("scratchpad")); err != nil {
		t.Fatal(err)
	}
	s := r.until(t, "the deletion", func(s State) bool { return s.Files[0].Deleted })
	if f := s.Files[0]; f.Removed != 1 || !strings.HasSuffix(f.Diff, "-1\n") {
		t.Errorf("deleted: %+v", f)
	}
	write(t, r.path("scratchpad/a.md"), "1\n2\n")
	s = r.until(t, "the file again", is("scratchpad/a.md", " 1\n+2\n"))
	if f := s.Files[0]; f.Deleted || len(f.Versions) != 2 {
		t.Errorf("again: %+v", f)
	}
	write(t, r.path("scratchpad/a.md"), "1\n2\n3\n")
	r.until(t, "a change in the folder made again", is("scratchpad/a.md", "+3\n"))

	// The folder makes way for another one of its name.
	if err := os.Rename(r.path("scratchpad"), r.path("old")); err != nil {
		t.Fatal(err)
	}
	write(t, r.path("scratchpad/a.md"), "other\n")
	r.until(t, "the other folder's file", is("scratchpad/a.md", "+other\n"))
	write(t, r.path("scratchpad/a.md"), "other\nmore\n")
	r.until(t, "a change in it", is("scratchpad/a.md", " other\n+more\n"))

	// The whole workspace goes and comes back.
	away := dir + ".away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	s = r.until(t, "that it is gone", func(s State) bool { return strings.Contains(s.Problem, "the folder is gone") })
	if s.Plan.Text != "p\n" || strings.Contains(s.Problem, "\n") {
		t.Errorf("while it is gone: plan %q, problem %q", s.Plan.Text, s.Problem)
	}
	write(t, filepath.Join(away, "plan.md"), "p\nq\n")
	if err := os.Rename(away, dir); err != nil {
		t.Fatal(err)
	}
	r.until(t, "that it is back", func(s State) bool { return s.Problem == "" && s.Plan.Text == "p\nq\n" })
	write(t, r.path("plan.md"), "r\n")
	r.until(t, "a change after that", func(s State) bool { return s.Plan.Text == "r\n" })
}

// A watcher may be started before its workspace is there.
func TestWatcherWaitsForTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	r := start(t, dir, Options{Poll: 100 * time.Millisecond})
	r.until(t, "that it is not there", func(s State) bool { return s.Problem != "" })
	write(t, filepath.Join(dir, "program.md"), "go\n")
	r.until(t, "its goal", func(s State) bool { return s.Goal.Text == "go\n" && s.Problem == "" })
}

// What changed while no vigil ran is a diff against what the last one kept.
func TestWatcherGoesOn(t *testing.T) {
	dir := t.TempDir()
	keep := newMemory()
	write(t, filepath.Join(dir, "scratchpad/a.md"), "1\n")
	write(t, filepath.Join(dir, "scratchpad/b.md"), "same\n")
	r := start(t, dir, Options{Keep: keep, Poll: hour})
	r.until(t, "the first look", func(s State) bool { return len(s.Files) == 2 })
	r.stop()
	write(t, filepath.Join(dir, "scratchpad/a.md"), "1\n2\n")
	r = start(t, dir, Options{Keep: keep, Poll: hour})
	s := r.until(t, "the first look", func(s State) bool { return len(s.Files) == 2 })
	if f := find(s, "scratchpad/a.md"); f.Added != 1 || f.New || len(f.Versions) != 2 {
		t.Errorf("changed: %+v", f)
	}
	if f := find(s, "scratchpad/b.md"); f.Added != 0 || f.Diff != "" || len(f.Versions) != 1 {
		t.Errorf("not changed: %+v", f)
	}
}

func TestWatcherLeavesOut(t *testing.T) {
	dir := t.TempDir()
	big := strings.Repeat("0123456789abcde\n", 70000)
	for path, s := range map[string]string{
		"scratchpad/.git/x.md": "no", "scratchpad/node_modules/x.md": "no", "scratchpad/__pycache__/x.md": "no",
		"scratchpad/.hidden.md": "no", "scratchpad/x.md.swp": "no", "scratchpad/x.md~": "no", "other/x.md": "no", "x.py": "no",
		"scratchpad/bin": "a\x00b", "scratchpad/weights.pt": "x", "scratchpad/big.txt": big,
		"scratchpad/runs/a.log": "step:1\n", "scratchpad/runs.jsonl": "{\"n\":1}\n", "scratchpad/all_results.jsonl": big, "NOTES.md": "n\n",
	} {
		write(t, filepath.Join(dir, path), s)
	}
	secret := filepath.Join(t.TempDir(), "id_key")
	write(t, secret, "secret")
	for _, l := range []string{"plan.md", "scratchpad/link.md"} {
		if err := os.Symlink(secret, filepath.Join(dir, l)); err != nil {
			t.Fatal(err)
		}
	}
	shared := filepath.Join(filepath.Dir(secret), "shared.md")
	write(t, shared, "common goal\n")
	if err := os.Symlink(shared, filepath.Join(dir, "goal.md")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "scratchpad", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	keep := newMemory()
	r := start(t, dir, Options{Keep: keep, Poll: 200 * time.Millisecond})
	s := r.until(t, "the first look", func(s State) bool { return len(s.Files) > 0 })
	got := map[string]string{}
	for _, f := range s.Files {
		got[f.Path] = f.Note
	}
	want := map[string]string{
		"scratchpad/bin": "binary", "scratchpad/weights.pt": "binary", "scratchpad/big.txt": "over 1 MiB", "scratchpad/runs/a.log": "log",
		"scratchpad/runs.jsonl": "", "scratchpad/all_results.jsonl": "over 1 MiB: its new lines", "NOTES.md": "",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("files %v\nwant  %v", got, want)
	}
	if s.Plan.Text != "" || s.Goal.Text != "common goal\n" {
		t.Errorf("plan %q, goal %q", s.Plan.Text, s.Goal.Text)
	}
	if len(keep.versions) != 3 { // the goal, the notes and the ledger
		t.Errorf("kept %v", keep.versions)
	}

	add := func(rel, s string) {
		t.Helper()
		f, err := os.OpenFile(r.path(rel), os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(s)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("scratchpad/runs.jsonl", "{\"n\":2}\n")
	r.until(t, "the ledger's line", is("scratchpad/runs.jsonl", "+{\"n\":2}\n"))
	add("scratchpad/all_results.jsonl", "{\"n\":3}\n{\"ha")
	s = r.until(t, "the large ledger's line", is("scratchpad/all_results.jsonl", "@@ -70000,0 +70001,1 @@\n+{\"n\":3}\n"))
	if f := find(s, "scratchpad/all_results.jsonl"); f.Added != 1 || len(f.Versions) != 0 {
		t.Errorf("large ledger %+v", f)
	}
	add("scratchpad/all_results.jsonl", "lf\":1}\n")
	r.until(t, "the rest of its line", is("scratchpad/all_results.jsonl", "@@ -70001,0 +70002,1 @@\n+{\"half\":1}\n"))
	before := find(s, "scratchpad/runs/a.log").At
	add("scratchpad/runs/a.log", "step:2\n")
	s = r.until(t, "the log's growth", func(s State) bool { return find(s, "scratchpad/runs/a.log").At.After(before) })
	if f := find(s, "scratchpad/runs/a.log"); f.Diff != "" || f.Added != 0 {
		t.Errorf("log %+v", f)
	}
}

// A file that is rewritten in place is empty for a moment: no version of that.
func TestWatcherWaitsForTheText(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plan.md"), "1\n")
	keep := newMemory()
	w, err := New(dir, Options{Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	w.look(t.Context(), true)
	write(t, w.dir+"/plan.md", "")
	w.look(t.Context(), true)
	if s := w.State(); s.Plan.Text != "1\n" || !w.dirty["plan.md"] {
		t.Errorf("took %q at once", s.Plan.Text)
	}
	write(t, w.dir+"/plan.md", "2\n")
	w.look(t.Context(), false)
	if s := w.State(); s.Plan.Text != "2\n" || len(s.Plan.Versions) != 2 {
		t.Errorf("then %+v", s.Plan)
	}
	write(t, w.dir+"/plan.md", "")
	w.look(t.Context(), true)
	w.look(t.Context(), false)
	if s := w.State(); s.Plan.Text != "" || len(s.Plan.Versions) != 3 {
		t.Errorf("a file that stays empty is %+v", s.Plan)
	}
}

// A thousand writes are few states, and the last write is in the last one.
func TestWatcherGathersBursts(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		write(t, filepath.Join(dir, "scratchpad", fmt.Sprintf("%d.md", i)), "start\n")
	}
	r := start(t, dir, Options{Keep: newMemory(), Poll: hour})
	r.until(t, "the first look", func(s State) bool { return len(s.Files) == 10 })
	told := r.told.Load()
	begin := time.Now()
	for i := range 1000 {
		write(t, r.path(fmt.Sprintf("scratchpad/%d.md", i%10)), fmt.Sprintf("start\n%d\n", i))
	}
	for i := 990; i < 1000; i++ {
		s := r.State()
		if !is(fmt.Sprintf("scratchpad/%d.md", i%10), fmt.Sprintf("+%d\n", i))(s) {
			r.until(t, "the last write", is(fmt.Sprintf("scratchpad/%d.md", i%10), fmt.Sprintf("+%d\n", i)))
		}
	}
	n, took := r.told.Load()-told, time.Since(begin)
	t.Logf("1000 writes in %v: %d states", took, n)
	// On a busy machine the writes are no burst: each may be followed by quiet.
	if most := int64(took/quiet) + 5; n > most {
		t.Errorf("%d states, want at most %d", n, most)
	}
}

// Nothing changes, nothing is told, and next to nothing is done.
func BenchmarkPollIdle1000(b *testing.B) {
	dir := b.TempDir()
	old := time.Now().Add(-time.Hour)
	for i := range 1000 {
		path := filepath.Join(dir, "scratchpad", fmt.Sprint(i%20), fmt.Sprintf("%d.md", i))
		write(b, path, "text\n")
		if err := os.Chtimes(path, old, old); err != nil {
			b.Fatal(err)
		}
	}
	told := 0
	w, err := New(dir, Options{Changed: func(State) { told++ }})
	if err != nil {
		b.Fatal(err)
	}
	w.look(b.Context(), true)
	for b.Loop() {
		w.look(b.Context(), true)
	}
	if told != 1 {
		b.Errorf("told %d states", told)
	}
}
