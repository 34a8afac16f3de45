package transcript_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

// line is a connection to files: it can be lost, also in the middle of a file,
// and slow for some.
type line struct {
	mu    sync.Mutex
	down  bool
	left  int // bytes until it is lost; 0: it is not
	block map[string]chan struct{}
	reads int // bytes
}

var errLine = errors.New("connection lost")

func (l *line) up(err error, name string) error {
	l.mu.Lock()
	gate := l.block[name]
	if l.down {
		err = errLine
	}
	l.mu.Unlock()
	if gate != nil {
		<-gate
	}
	return err
}

func (l *line) Open(name string) (transcript.File, error) {
	if err := l.up(nil, name); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return farFile{f, l}, nil
}

func (l *line) Stat(name string) (fs.FileInfo, error) {
	if err := l.up(nil, name); err != nil {
		return nil, err
	}
	return os.Stat(name)
}

func (l *line) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := l.up(nil, name); err != nil {
		return nil, err
	}
	return os.ReadDir(name)
}

type farFile struct {
	*os.File
	l *line
}

func (f farFile) ReadAt(b []byte, off int64) (int, error) {
	f.l.mu.Lock()
	defer f.l.mu.Unlock()
	if f.l.down {
		return 0, errLine
	}
	n, err := f.File.ReadAt(b, off)
	f.l.reads += n
	if f.l.left > 0 && n >= f.l.left {
		n, err = f.l.left, errLine
		f.l.left, f.l.down = 0, true
	}
	return n, err
}

func (l *line) set(change func(*line)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

// followFar runs a follower over a line.
func followFar(t *testing.T, l *line) (*transcript.Follower, chan transcript.Batch) {
	t.Helper()
	news := make(chan transcript.Batch, 10000)
	f, err := transcript.NewFollower(l, func(b transcript.Batch) { news <- b })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = f.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return f, news
}

// gather folds what came into the texts of prompts, in order, and tells how
// often the file was begun anew.
func gather(news chan transcript.Batch) (texts []string, begun int) {
	for len(news) > 0 {
		b := <-news
		if b.Started {
			texts, begun = nil, begun+1
		}
		for _, e := range b.Events {
			if e.Type == agent.Prompt {
				texts = append(texts, e.Text)
			}
		}
	}
	return texts, begun
}

// A connection that is lost anywhere, within lines too, loses nothing and
// repeats nothing.
func TestFarFollowerResumes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.jsonl")
	put(t, path, claudePrompt(0))
	l := &line{}
	f, news := followFar(t, l)
	f.Add("a", path, agent.Claude)
	if err := f.Sync(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	want := []string{"prompt 0"}
	for i := 1; i <= 40; i++ {
		add(t, path, claudePrompt(i))
		want = append(want, fmt.Sprint("prompt ", i))
		l.set(func(l *line) { l.left = 1 + 37*i%300 })
		err := f.Sync(t.Context(), "a")
		lost := false
		l.set(func(l *line) { lost, l.down, l.left = l.down, false, 0 })
		if lost != (err != nil) {
			t.Fatalf("loss %d: lost %v, error %v", i, lost, err)
		}
		if i%3 == 0 {
			if err := f.Sync(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.Sync(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	got, begun := gather(news)
	if fmt.Sprint(got) != fmt.Sprint(want) || begun != 1 {
		t.Errorf("got %q, begun %d times", got, begun)
	}
	l.set(func(l *line) { l.reads = 0 })
	if err := f.Sync(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	l.set(func(l *line) {
		if l.reads != 0 {
			t.Errorf("%d bytes were read again", l.reads)
		}
	})

	put(t, path, claudePrompt(100)) // written anew, shorter
	if err := f.Sync(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if got, begun := gather(news); fmt.Sprint(got) != "[prompt 100]" || begun != 1 {
		t.Errorf("after a rewrite: %q, begun %d times", got, begun)
	}
}

// A file that hangs holds up no other, and growth is seen without being asked
// for.
func TestFarFollowerPolls(t *testing.T) {
	dir := t.TempDir()
	l := &line{block: map[string]chan struct{}{}}
	gate := make(chan struct{})
	f, news := followFar(t, l)
	t.Cleanup(func() { close(gate) }) // before the follower ends
	hung := filepath.Join(dir, "hung.jsonl")
	l.block[hung] = gate
	f.Add("0", hung, agent.Claude)
	for i := 1; i < 5; i++ {
		f.Add(fmt.Sprint(i), filepath.Join(dir, fmt.Sprint(i)), agent.Claude)
	}
	await(t, news, "a file that is not there", func(b transcript.Batch) bool { return b.Key == "4" && b.Started })
	put(t, filepath.Join(dir, "3"), claudePrompt(7))
	await(t, news, "its growth", has(agent.Prompt, "prompt 7"))
	add(t, filepath.Join(dir, "3"), claudePrompt(8))
	await(t, news, "more of it", has(agent.Prompt, "prompt 8"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := f.Sync(ctx, "0"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("sync of a hung file: %v", err)
	}
	if err := f.Sync(t.Context(), "3", "none"); err != nil {
		t.Errorf("sync with a file that is not followed: %v", err)
	}
	f.Remove("3")
	if err := f.Sync(t.Context(), "3"); err != nil {
		t.Errorf("sync of a removed file: %v", err)
	}
}

// The same is found through another machine's files as through our own.
func TestFindFar(t *testing.T) {
	home := t.TempDir()
	now := time.Now()
	project := filepath.Join(home, ".claude", "projects", "-w")
	file(t, now.Add(-time.Hour), claudeTurn(1, ""), project, idA+".jsonl")
	b := file(t, now, claudeTurn(1, ""), project, idB+".jsonl")
	q := transcript.Query{Files: &line{}, Kind: agent.Claude, Home: home, Dir: "/w", PID: 9, Started: now.Add(-time.Minute)}
	if path, id, err := transcript.Find(q); path != b || id != idB || err != nil {
		t.Errorf("got %s, %s, %v", path, id, err)
	}
	q.Files = &line{down: true}
	if _, _, err := transcript.Find(q); !errors.Is(err, errLine) {
		t.Errorf("without a connection: %v", err)
	}
}

func claudePrompt(n int) string {
	return fmt.Sprintf(`{"type":"user","uuid":"u%d","sessionId":"`+idA+`","cwd":"/w","timestamp":"2026-03-04T10:00:%02d.000Z","message":{"role":"user","content":"prompt %d"}}`+"\n", n, n%60, n)
}
