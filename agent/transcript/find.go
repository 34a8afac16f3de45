package transcript

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// Query is what is known of a process whose session file is wanted.
type Query struct {
	Files     Files // of the process's machine; nil is this one
	Kind      agent.Kind
	Home      string            // the process's HOME
	Env       map[string]string // of its environment: agent.HomeVars
	Dir       string            // its working folder
	PID       int
	Below     []int  // the processes that it started: a CLI may begin as a wrapper of itself
	ProcStart string // field 22 of /proc/PID/stat; empty if not known
	Started   time.Time
	Open      func() []string // files it has open, if they must be asked for
	Args      []string        // its command line
	Taken     func(path string) bool
}

// ErrNoSession is returned for a process that has no session file yet: CLIs
// make one at the first message.
var ErrNoSession = errors.New("no session yet")

// slack is how much earlier than the process a file may have been written that
// is still taken for its own: clocks and file systems are coarse.
const slack = 3 * time.Second

// Find returns the session file of a process and the session's id. It asks, in
// this order: the CLI's registry, the files that the process has open, the
// session that its command line resumes, and the newest session of its folder
// that was written since it started and is not taken by another process. A
// session that is not an agent's own (of a sub-agent, of a title) is passed over.
//
// Where the registry names a session, its file may not exist yet.
func Find(q Query) (path, sessionID string, err error) {
	if q.Taken == nil {
		q.Taken = func(string) bool { return false }
	}
	if q.Files == nil {
		q.Files = OS{}
	}
	if _, local := q.Files.(OS); !local {
		far := &faulty{Files: q.Files}
		q.Files = far
		defer func() {
			if far.err != nil { // what was not seen may have been the answer
				path, sessionID, err = "", "", fmt.Errorf("find session of process %d: %w", q.PID, far.err)
			}
		}()
	}
	var s searcher
	switch q.Kind {
	case agent.Claude:
		s = &claudeSearch{q: q, home: homeOf(agent.Claude, q.Home, q.Env)}
	case agent.Codex:
		s = &codexSearch{q: q, home: homeOf(agent.Codex, q.Home, q.Env)}
	case agent.Gemini:
		s = &geminiSearch{q: q, home: homeOf(agent.Gemini, q.Home, q.Env)}
	case agent.Qwen:
		s = &qwenSearch{claudeSearch{q: q, home: homeOf(agent.Qwen, q.Home, q.Env)}}
	case agent.OpenCode:
		s = newOpencodeSearch(q, homeOf(agent.OpenCode, q.Home, q.Env))
	default:
		return "", "", fmt.Errorf("find session of kind %q: %w", q.Kind, ErrFormat)
	}
	if path, id := s.registered(); id != "" {
		return path, id, nil
	}
	if path, id := openOne(q, s); id != "" {
		return path, id, nil
	}
	if id := resumed(q.Args); id != "" {
		if path := s.byID(id); path != "" {
			return path, id, nil
		}
	}
	if path, id := s.newest(); id != "" {
		return path, id, nil
	}
	return "", "", fmt.Errorf("find session of process %d in %s: %w", q.PID, q.Dir, ErrNoSession)
}

// faulty notes the first failure that says nothing of a file.
type faulty struct {
	Files
	err error
}

func (f *faulty) note(err error) {
	if err != nil && f.err == nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		f.err = err
	}
}

// Open notes a failure.
func (f *faulty) Open(name string) (File, error) {
	file, err := f.Files.Open(name)
	f.note(err)
	return file, err
}

// Stat notes a failure.
func (f *faulty) Stat(name string) (fs.FileInfo, error) {
	info, err := f.Files.Stat(name)
	f.note(err)
	return info, err
}

// ReadDir notes a failure.
func (f *faulty) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := f.Files.ReadDir(name)
	f.note(err)
	return entries, err
}

// homeOf is the folder of the CLI of a process, given its HOME and environment.
func homeOf(k agent.Kind, home string, env map[string]string) string {
	cli, _ := agent.CLIOf(k)
	return cli.Home(home, env)
}

// searcher knows where one CLI keeps its sessions.
type searcher interface {
	registered() (path, id string)
	own(path string) (id string) // the id of a session file; empty if it is not an agent's own
	byID(id string) (path string)
	newest() (path, id string)
}

// openOne returns the newest session file among those that are open.
func openOne(q Query, s searcher) (path, id string) {
	if q.Open == nil {
		return "", ""
	}
	var newest time.Time
	for _, p := range q.Open() {
		if !strings.HasSuffix(p, ".jsonl") {
			continue
		}
		info, err := q.Files.Stat(p)
		if err != nil || !info.Mode().IsRegular() || info.ModTime().Before(newest) {
			continue
		}
		if i := s.own(p); i != "" {
			path, id, newest = p, i, info.ModTime()
		}
	}
	return path, id
}

// resumed returns the session that a command line resumes by its id.
func resumed(args []string) string {
	for i, a := range args {
		switch name, v, has := strings.Cut(a, "="); {
		case has && (name == "--resume" || name == "--session-id"):
			return plainID(v)
		case i+1 < len(args) && slices.Contains([]string{"--resume", "-r", "--session-id", "resume"}, a):
			if id := plainID(args[i+1]); id != "" {
				return id
			}
		}
	}
	return ""
}

// goesOn reports whether a command line goes on with the last session of the
// folder, whichever that is.
func goesOn(args []string) bool {
	return slices.Contains(args, "--continue") || slices.Contains(args, "-c") ||
		slices.Contains(args, "resume") && slices.Contains(args, "--last")
}

// plainID returns s if it has the form of a session id: it becomes part of a
// path.
func plainID(s string) string {
	if len(s) < 16 || len(s) > 64 {
		return ""
	}
	for _, r := range s {
		if !strings.ContainsRune("0123456789abcdefABCDEF-", r) {
			return ""
		}
	}
	return s
}

// candidate is a session file that may be the one.
type candidate struct {
	path string
	at   time.Time
}

// candidates lists the session files of a folder, newest first, leaving out
// those that another process has or that were written last before a time.
func candidates(files Files, dir string, since time.Time, taken func(string) bool) []candidate {
	entries, err := files.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []candidate
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".jsonl") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := e.Info()
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			info, err = files.Stat(path)
		}
		if err != nil || !info.Mode().IsRegular() || info.ModTime().Before(since) || taken(path) {
			continue
		}
		out = append(out, candidate{path, info.ModTime()})
	}
	slices.SortFunc(out, func(a, b candidate) int { return b.at.Compare(a.at) })
	return out
}

// since is the earliest time at which the session's file may have been written
// last.
func (q Query) since() time.Time {
	if goesOn(q.Args) || q.Started.IsZero() {
		return time.Time{}
	}
	return q.Started.Add(-slack)
}

// peek reads what the head of a session file says of the session.
func peek(files Files, kind agent.Kind, path string) (agent.SessionInfo, bool) {
	f, err := files.Open(path)
	if err != nil {
		return agent.SessionInfo{}, false
	}
	defer f.Close()
	r, err := NewReader(kind)
	if err != nil {
		return agent.SessionInfo{}, false
	}
	var s agent.Session
	lines := 0
	err = splitLines(io.NewSectionReader(f, 0, maxHead), func(line []byte) bool {
		r.Line(line, func(e agent.Event) {
			if e.Type == agent.SessionMeta {
				s.Apply(e)
			}
		})
		lines++
		return s.Info.ID == "" && lines < 4*maxDetect
	})
	return s.Info, err == nil && s.Info.ID != ""
}
