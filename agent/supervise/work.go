package supervise

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/hook"
	"vigil/agent/liveness"
	"vigil/agent/tmux"
	"vigil/agent/transcript"
)

// Bounds of what is looked at for one agent.
const (
	maxRoots   = 64               // processes
	maxGlob    = 2000             // entries of a folder
	farFiles   = 30 * time.Second // between looks at the files of another machine
	writersFor = 30 * time.Second // a look at who writes a file holds
)

// labour is what is remembered of an agent's processes between looks.
type labour struct {
	family  map[procKey]bool // processes that were seen below the agent
	files   map[string]looked[[]liveness.File]
	writers map[string]looked[agent.Tri]
	signs   looked[map[string]time.Time]
}

// looked is what a look showed, and when that was.
type looked[T any] struct {
	at time.Time
	v  T
}

// root is the topmost process of a piece of work.
type root struct {
	tmux.Process
	tree []tmux.Process // it and all below
	left bool
}

// work returns what the agent runs: the processes below its CLI, and those that
// left it. It is nil if the machine does not tell now.
func (f *finder) work(ctx context.Context, table tmux.Table, x *find) []liveness.Process {
	roots, cli := f.roots(table, x)
	roots = append(roots, f.orphans(table, x, cli)...)
	roots = roots[:min(len(roots), maxRoots)]
	ps := make([]tmux.Process, len(roots))
	for i, r := range roots {
		ps[i] = r.Process
	}
	outs, err := f.machine.Outputs(ctx, ps)
	if err != nil {
		return nil
	}
	out := make([]liveness.Process, 0, len(roots))
	watching := maps.Clone(cli) // processes that write nothing that counts
	watching[os.Getpid()] = true
	for i, r := range roots {
		p := liveness.Process{
			Key: r.ident(), Command: liveness.ReadCommand(r.Args), Started: f.ours(r.Started), Left: r.left,
		}
		for _, q := range r.tree {
			p.Programs = append(p.Programs, q.Comm)
			p.CPU += q.CPU
		}
		if m := taskOutput.FindStringSubmatch(outs[i]); m != nil && x.agent.Kind == agent.Claude {
			p.Task = m[1]
		}
		if liveness.Idle(p.Programs) {
			for _, q := range r.tree {
				watching[q.PID] = true
			}
		} else if p.Task == "" && outs[i] != "" {
			p.Output, _ = f.stat(outs[i])
		}
		out = append(out, p)
	}
	for i := range out {
		if out[i].Command.Loops && liveness.Idle(out[i].Programs) {
			out[i].Files = f.watched(ctx, x, roots[i], out[i], watching)
		}
	}
	x.labour.forget(out)
	return out
}

// taskOutput is where Claude Code has a background shell write to: the file is
// named after the task.
var taskOutput = regexp.MustCompile(`/tasks/([A-Za-z0-9_-]{1,100})\.output$`)

// ident tells the process from a later one with the same number.
func (r root) ident() string { return fmt.Sprintf("%d/%s", r.PID, r.StartTicks) }

// roots returns the topmost processes below an agent that are not its CLI, nor
// a helper of it, and the CLI's own processes.
func (f *finder) roots(table tmux.Table, x *find) ([]root, map[int]bool) {
	cli := map[int]bool{x.proc.PID: true}
	of := map[int]int{} // process to its place in roots
	var roots []root
	family := map[procKey]bool{}
	served := map[int]bool{} // what runs below its server may be another agent's
	for _, p := range table.Tree(x.proc.PID) {
		if served[p.PPID] || cli[p.PPID] && isServer(table, p, x.proc) {
			served[p.PID] = true
			continue
		}
		family[procKey{p.PID, p.StartTicks}] = true
		if i, ok := of[p.PPID]; ok {
			of[p.PID] = i
			if i >= 0 {
				roots[i].tree = append(roots[i].tree, p)
			}
			continue
		}
		switch {
		case !cli[p.PPID]: // its parent ended while the table was read
		case isCLI(p, x.proc):
			cli[p.PID] = true
		case f.helps(p, x):
			of[p.PID] = -1
		default:
			of[p.PID] = len(roots)
			q, ok := table.Details(p.PID)
			if !ok || hook.Runs(q.Args) {
				of[p.PID] = -1
				continue
			}
			roots = append(roots, root{Process: q, tree: []tmux.Process{p}})
		}
	}
	for k := range x.labour.family { // those that still live
		if p, ok := table.Get(k.pid); ok && p.StartTicks == k.ticks {
			family[k] = true
		}
	}
	x.labour.family = family
	return roots, cli
}

// isCLI reports whether a child of a CLI's process is the CLI itself: a wrapper
// and its native program.
func isCLI(p, of tmux.Process) bool {
	return p.PGID == of.PGID && (p.Comm == of.Comm || isProgram(p.Comm))
}

// isServer reports whether a child of a CLI's process is the server that it
// shares with other agents (Codex's app-server), or what keeps that.
func isServer(table tmux.Table, p, of tmux.Process) bool {
	if p.PGID == of.PGID || !isProgram(p.Comm) {
		return false
	}
	q, ok := table.Details(p.PID)
	return ok && slices.Contains(q.Args, "app-server")
}

// helps reports whether a child of a CLI is a helper (an MCP server, a language
// server) and no command of the agent: Claude Code and Codex give each command
// a session of its own, with another terminal or none. What another kind starts
// with itself is its own.
func (f *finder) helps(p tmux.Process, x *find) bool {
	if x.agent.Kind == agent.Claude || x.agent.Kind == agent.Codex {
		return p.PGID == x.proc.PGID || p.SameTerminal(x.proc)
	}
	return p.Started.Sub(x.proc.Started) < startup
}

// startup is what a CLI takes to start what belongs to it.
const startup = 5 * time.Second

// inits are the names of processes that orphans are given to.
var inits = []string{"systemd", "init", "tini", "dumb-init", "docker-init", "catatonit", "launchd"}

// orphans returns work that left its agent's tree: without a terminal, younger
// than the session, and working in its workspace or seen below it before. What
// runs below a CLI's own server has not left.
func (f *finder) orphans(table tmux.Table, x *find, cli map[int]bool) []root {
	ws := x.agent.Workspace
	if ws == "/" || ws == x.home {
		ws = "" // everything is in there
	}
	since := x.proc.Started
	if v := f.s.Snapshot().Find(x.agent.ID); v != nil && !v.Started.IsZero() {
		// An earlier process of the session may have left work. When the system
		// was started is told in whole seconds.
		if began := v.Started.Add(-2 * time.Second); began.Before(since) {
			since = began
		}
	}
	var out []root
	for _, p := range table.All() {
		if p.OnTerminal() || p.PID <= 1 || cli[p.PID] || p.Started.Before(since) {
			continue
		}
		up, ok := table.Get(p.PPID)
		server := ok && isProgram(up.Comm) && !up.OnTerminal() && (orphan(table, up) || ownedByCLI(table, up))
		if !server && !orphan(table, p) || isProgram(p.Comm) {
			continue
		}
		q, ok := table.Details(p.PID)
		if !ok || hook.Runs(q.Args) || !x.labour.family[procKey{p.PID, p.StartTicks}] && !f.in(ws, q.Dir, x) {
			continue
		}
		out = append(out, root{Process: q, tree: append([]tmux.Process{p}, table.Tree(p.PID)...), left: !server})
		if len(out) == maxRoots {
			break
		}
	}
	return out
}

// ownedByCLI reports whether a CLI's process is below another one of a CLI: a
// server is until the screen that has started it is closed.
func ownedByCLI(table tmux.Table, p tmux.Process) bool {
	up, ok := table.Get(p.PPID)
	return ok && isProgram(up.Comm)
}

func orphan(table tmux.Table, p tmux.Process) bool {
	up, ok := table.Get(p.PPID)
	return !ok || up.PID == 1 || slices.Contains(inits, up.Comm)
}

// in reports whether a folder is in the agent's workspace, and not in that of
// another one within it.
func (f *finder) in(ws, dir string, x *find) bool {
	if ws == "" || !below(ws, dir) {
		return false
	}
	for _, y := range f.found {
		if w := y.agent.Workspace; y != x && !y.gone && len(w) > len(ws) && below(w, dir) {
			return false
		}
	}
	return true
}

// below reports whether a path is dir or lies below it.
func below(dir, name string) bool {
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// stat looks at a file of the machine.
func (f *finder) stat(name string) (liveness.File, bool) {
	info, err := f.files.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return liveness.File{}, false
	}
	return liveness.File{Path: name, Size: info.Size(), Modified: f.ours(info.ModTime())}, true
}

// watched looks at the files that a watcher's command names.
func (f *finder) watched(ctx context.Context, x *find, r root, p liveness.Process, watching map[int]bool) []liveness.File {
	now := time.Now()
	old, ok := x.labour.files[p.Key]
	if !ok || f.far == nil || now.Sub(old.at) >= farFiles {
		old = looked[[]liveness.File]{now, nil}
		for _, name := range p.Command.Files {
			if file, ok := f.newest(f.place(name, r.Dir, x)); ok {
				old.v = append(old.v, file)
			}
		}
		if x.labour.files == nil {
			x.labour.files = map[string]looked[[]liveness.File]{}
		}
		x.labour.files[p.Key] = old
	}
	files := slices.Clone(old.v)
	for i := range files {
		if now.Sub(files[i].Modified) > liveness.Quiet {
			files[i].Writer = f.writer(ctx, x, files[i].Path, watching)
		}
	}
	return files
}

// place is the absolute path of what a command in a folder names.
func (f *finder) place(name, dir string, x *find) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return path.Join(x.home, rest)
	}
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(dir, name)
}

// newest looks at a file, or at the newest of those that a pattern fits. Only
// the last part of a pattern counts as one.
func (f *finder) newest(name string) (liveness.File, bool) {
	if !strings.ContainsAny(name, "*?[") {
		if f.far == nil { // descriptors show where links lead
			if real, err := filepath.EvalSymlinks(name); err == nil {
				name = real
			}
		}
		return f.stat(name)
	}
	dir, pattern := path.Split(name)
	if strings.ContainsAny(dir, "*?[") {
		return liveness.File{}, false
	}
	entries, err := f.files.ReadDir(path.Clean(dir))
	if err != nil {
		return liveness.File{}, false
	}
	var best liveness.File
	for _, e := range entries[:min(len(entries), maxGlob)] {
		if ok, err := path.Match(pattern, e.Name()); err != nil || !ok {
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !f.ours(info.ModTime()).After(best.Modified) {
			continue
		}
		best = liveness.File{Path: path.Join(dir, e.Name()), Size: info.Size(), Modified: f.ours(info.ModTime())}
	}
	return best, best.Path != ""
}

// writer reports whether anything but watchers has a file open for writing.
func (f *finder) writer(ctx context.Context, x *find, file string, watching map[int]bool) agent.Tri {
	now := time.Now()
	if old, ok := x.labour.writers[file]; ok && now.Sub(old.at) < writersFor {
		return old.v
	}
	v := agent.Unsure
	if pids, told, err := f.machine.Writers(ctx, file); err == nil && told {
		v = agent.TriOf(slices.ContainsFunc(pids, func(pid int) bool { return !watching[pid] }))
	}
	if x.labour.writers == nil {
		x.labour.writers = map[string]looked[agent.Tri]{}
	}
	x.labour.writers[file] = looked[agent.Tri]{now, v}
	return v
}

// signs looks when the sub-agents of an agent last wrote something.
func (f *finder) signs(x *find) map[string]time.Time {
	now := time.Now()
	if f.far != nil && now.Sub(x.labour.signs.at) < farFiles {
		return x.labour.signs.v
	}
	out := map[string]time.Time{}
	v := f.s.Snapshot().Find(x.agent.ID)
	if v != nil && x.agent.Kind == agent.Claude && x.agent.Session != "" {
		for _, k := range v.Tasks {
			if k.Kind != agent.SubAgent {
				continue
			}
			if file, ok := f.stat(transcript.SubAgentPath(x.agent.Session, k.ID)); ok {
				out[k.ID] = file.Modified
			}
		}
	}
	x.labour.signs = looked[map[string]time.Time]{now, out}
	return out
}

// forget lets go what is remembered of files that nothing watches any more.
func (l *labour) forget(ps []liveness.Process) {
	keys, files := map[string]bool{}, map[string]bool{}
	for _, p := range ps {
		keys[p.Key] = true
		for _, file := range p.Files {
			files[file.Path] = true
		}
	}
	maps.DeleteFunc(l.files, func(k string, _ looked[[]liveness.File]) bool { return !keys[k] })
	maps.DeleteFunc(l.writers, func(k string, _ looked[agent.Tri]) bool { return !files[k] })
}
