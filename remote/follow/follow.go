// Package follow carries the bytes of growing logs to parsers and their
// records on to sinks. Start with [New] and [Follower.Run]: folders and single
// files are added and removed while it runs, and every file that a pattern fits
// is read once and then as it grows. [ReadFile] reads one file to its end,
// [Find] lists what a pattern fits.
//
// On a local host the system tells of growth where it can. Besides, and on any
// other host, it is looked for: soon again where it is watched or was just
// seen, seldom where nothing happens, and for a finished file only in the
// listing of its folder (pace.go). Many files are looked at at once, since an
// answer of a far host may take a third of a second (lanes.go).
//
// A file is known by its path, and what was read of it by its last bytes: if
// they are still there, it has grown, whatever its inode says; if not, it is
// another file under the same name, and is read from its start, after what was
// left unread of the one that was moved aside (rotate.go). An answer counts as
// a whole or not at all, and nothing is taken for the end of a file but the
// size that its host tells: so a connection may break at any moment, and no
// line is lost or repeated (fetch.go). [Position] does the same for a follower
// that ends and another that goes on.
package follow

import (
	"context"
	"path"
	"sync"
	"time"

	"vigil/remote"
)

const (
	// maxFiles and maxDirs bound what a host can cost, and maxDepth how deep a
	// folder is searched.
	maxFiles = 50_000
	maxDirs  = 2000
	maxDepth = 8
)

// Patterns are where training logs are found in a workspace, if Options do not
// say otherwise. "**" stands for any number of folders.
func Patterns() []string {
	return []string{
		"*.log", "logs/**/*.txt", "logs/**/*.log", "logs/**/*.jsonl", "logs/**/*.out",
		"runs/**/*.log", "runs/**/*.txt", "runs/**/*.jsonl", "runs/**/*.out",
		"scratchpad/**/*.log", "scratchpad/runs/**/*.txt", "scratchpad/runs/**/*.jsonl", "scratchpad/**/*.out",
		"slurm-*.out",
		"runs/**/events.out.tfevents.*", "logs/**/events.out.tfevents.*", "tensorboard/**/events.out.tfevents.*",
		"lightning_logs/**/events.out.tfevents.*", "lightning_logs/**/metrics.csv", "logs/**/metrics.csv", "wandb/**/*.wandb",
	}
}

// Options say what to follow and where records go. Parse and Sink are needed.
type Options struct {
	Host     remote.Host                         // nil is the local one
	Patterns []string                            // nil is Patterns()
	Parse    func() remote.Parser                // makes a parser for a file
	Sink     func(src remote.Source) remote.Sink // makes where a file's records go
	// Problem is told what cannot be read, once for each; nil for nobody. Key
	// and path are empty where it is the whole host; an error that wraps
	// [remote.ErrOffline] passes by itself.
	Problem func(key, path string, err error)
	// Loaded is told when all that a folder held at first is read; nil for nobody.
	Loaded func(key string)
	// Resume tells how far an earlier follower had read a file whose records
	// the sink still has; nil if there was none. A file that it does not know,
	// or that is another one now, is read anew, after a Reset of its sink.
	Resume func(remote.Source) (Position, bool)
	// Checkpoint is told how far each file is read, every few minutes and when
	// Run ends, at a moment when the sinks have exactly that; nil for nobody.
	// Files of which it is not told have not been found by this follower: what
	// was known of them stands.
	Checkpoint func([]Position)
}

// Follower follows the logs under any number of folders of one host. Its
// methods may be called from any goroutine, before and while it runs.
type Follower struct {
	opt  Options
	pace pace
	wake chan struct{} // what is wanted has changed

	mu    sync.Mutex
	roots map[string]string // by key
	asked map[ask]bool
	focus map[string]bool
	files map[string]*file // written by Run alone, with mu held
	state State
}

// ask is a single file that is wanted.
type ask struct{ key, path string }

// New returns a follower; Run makes it work.
func New(opt Options) *Follower {
	if opt.Host == nil {
		opt.Host = remote.Local{}
	}
	if opt.Patterns == nil {
		opt.Patterns = Patterns()
	}
	if opt.Problem == nil {
		opt.Problem = func(string, string, error) {}
	}
	if opt.Loaded == nil {
		opt.Loaded = func(string) {}
	}
	return &Follower{
		opt: opt, pace: usual, wake: make(chan struct{}, 1),
		roots: map[string]string{}, asked: map[ask]bool{}, focus: map[string]bool{}, files: map[string]*file{},
	}
}

// Add follows the logs under a folder. A key has one folder.
func (f *Follower) Add(key, root string) {
	f.want(func() { f.roots[key] = path.Clean(root) })
}

// Remove follows them no more. What was read of them stays where it went.
func (f *Follower) Remove(key string) {
	f.want(func() { delete(f.roots, key) })
}

// AddFile follows one file, wherever it lies and whatever its name. It may be
// yet to come. A file that is wanted in several ways is read once, and counts
// as of the key that it was first found by.
func (f *Follower) AddFile(key, name string) {
	f.want(func() { f.asked[ask{key, path.Clean(name)}] = true })
}

// RemoveFile takes back an AddFile.
func (f *Follower) RemoveFile(key, name string) {
	f.want(func() { delete(f.asked, ask{key, path.Clean(name)}) })
}

// Focus says which files are being looked at by a person: these are read as
// soon as they grow. Each call replaces the one before.
func (f *Follower) Focus(names ...string) {
	f.want(func() {
		clear(f.focus)
		for _, name := range names {
			f.focus[path.Clean(name)] = true
		}
	})
}

func (f *Follower) want(change func()) {
	f.mu.Lock()
	change()
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Run follows until ctx is done. It calls parsers, sinks and the functions of
// Options from its own goroutine only. Requests to the host that are not
// answered when it ends are left to the host, and their answers dropped.
func (f *Follower) Run(ctx context.Context) error {
	s := newSweep(f)
	defer s.watch.close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		s.dispatch()
		timer.Reset(s.rest())
		select {
		case <-ctx.Done():
			s.checkpoint()
			return nil
		case <-f.wake:
			s.sync()
		case p := <-s.watch.changed():
			s.notice(p)
		case apply := <-s.answers:
			apply()
		case <-timer.C:
			if time.Since(s.saved) >= saveEvery {
				s.checkpoint()
			}
		}
	}
}
