package tmux

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"vigil/agent"
)

// Process is one process. Args and Dir are read by Table.Details and
// Table.Agents only: they cost more than the rest.
type Process struct {
	PID   int
	PPID  int
	PGID  int
	TPGID int // foreground process group of its terminal; -1 without one

	// StartTicks tells a process from a later one with the same PID. It is opaque
	// (on Linux field 22 of /proc/PID/stat); compare, or give to Alive.
	StartTicks string
	Started    time.Time
	Comm       string        // name, as the kernel has it: short, and hostile
	CPU        time.Duration // used by it and by its children that have ended; zero if not told
	Args       []string
	Dir        string // working folder; empty if it cannot be read

	tty uint64 // device number of its terminal; zero without one
}

// OnTerminal reports whether the process has a terminal.
func (p Process) OnTerminal() bool { return p.tty != 0 }

// SameTerminal reports whether two processes have the same terminal.
func (p Process) SameTerminal(q Process) bool { return p.tty != 0 && p.tty == q.tty }

// Table is every process at one moment.
type Table struct {
	byPID    map[int]Process
	children map[int][]int // in the order of start
	more     source
}

// source tells what a table leaves out, as it is now.
type source interface {
	args(p Process) (args []string, alive bool)
	dir(p Process) string // empty if it cannot be read
}

func newTable(ps []Process, more source) Table {
	t := Table{make(map[int]Process, len(ps)), make(map[int][]int, len(ps)), more}
	slices.SortFunc(ps, func(a, b Process) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.PID, b.PID))
	})
	for _, p := range ps {
		t.byPID[p.PID] = p
		if p.PPID != p.PID {
			t.children[p.PPID] = append(t.children[p.PPID], p.PID)
		}
	}
	return t
}

// Len returns the number of processes.
func (t Table) Len() int { return len(t.byPID) }

// Get returns the process with the pid, without Args and Dir.
func (t Table) Get(pid int) (Process, bool) {
	p, ok := t.byPID[pid]
	return p, ok
}

// Tree returns the descendants of a process, parents before children, without
// the process itself.
func (t Table) Tree(pid int) []Process {
	var ps []Process
	t.walk(pid, func(p Process) bool {
		ps = append(ps, p)
		return true
	})
	return ps
}

// All returns every process, parents before children.
func (t Table) All() []Process {
	var ps []Process
	for _, pid := range slices.Sorted(maps.Keys(t.byPID)) {
		p := t.byPID[pid]
		if _, ok := t.byPID[p.PPID]; !ok || p.PPID == pid {
			ps = append(append(ps, p), t.Tree(pid)...)
		}
	}
	return ps
}

// walk visits the descendants of a process, parents first; below one for which
// visit is false it does not go.
func (t Table) walk(pid int, visit func(Process) bool) {
	// A table is not read at one instant, so parents may seem to form a ring.
	seen := map[int]bool{pid: true}
	var down func(int)
	down = func(pid int) {
		for _, c := range t.children[pid] {
			if seen[c] {
				continue
			}
			seen[c] = true
			if visit(t.byPID[c]) {
				down(c)
			}
		}
	}
	down(pid)
}

// Foreground returns the processes that a pane's keys go to: those of the
// foreground process group of the terminal of the pane's own process, among it
// and its descendants. below are their other descendants: helpers, tools, jobs.
func (t Table) Foreground(panePID int) (group, below []Process) {
	pane, ok := t.byPID[panePID]
	if !ok || pane.TPGID <= 0 {
		return nil, nil
	}
	in := map[int]bool{} // in the group, or below it
	for _, p := range append([]Process{pane}, t.Tree(panePID)...) {
		switch {
		case p.PGID == pane.TPGID && p.tty == pane.tty:
			in[p.PID] = true
			group = append(group, p)
		case in[p.PPID]:
			in[p.PID] = true
			below = append(below, p)
		}
	}
	return group, below
}

// Agent is an agent's process in a pane.
type Agent struct {
	Process
	Kind       agent.Kind
	Foreground bool // the pane's keys go to it
}

// Agents returns the outermost processes of a pane that match, with Args and
// Dir: a wrapper and its native child are one agent, the wrapper; what an agent
// itself starts is none. match, which is given the Args and no Dir, is KindOf
// where nothing is configured.
func (t Table) Agents(panePID int, match func(Process) (agent.Kind, bool)) []Agent {
	pane, ok := t.byPID[panePID]
	if !ok {
		return nil
	}
	var as []Agent
	look := func(p Process) (further bool) {
		var ok bool
		if p.Args, ok = t.more.args(p); !ok {
			return false // it has ended meanwhile
		}
		kind, ok := match(p)
		if ok {
			p.Dir = t.more.dir(p)
			as = append(as, Agent{p, kind, pane.TPGID > 0 && p.PGID == pane.TPGID && p.tty == pane.tty})
		}
		return !ok
	}
	if look(pane) {
		t.walk(panePID, look)
	}
	return as
}

// Details returns the process with its Args and Dir, read now. It reports false
// if the process has ended since the table was read.
func (t Table) Details(pid int) (Process, bool) {
	p, ok := t.byPID[pid]
	if !ok {
		return p, false
	}
	if p.Args, ok = t.more.args(p); ok {
		p.Dir = t.more.dir(p)
	}
	return p, ok
}

// here is the source of this machine's table.
type here struct{}

func (here) args(p Process) ([]string, bool) {
	args := argsOf(p.PID)
	return args, len(args) > 0 || Alive(p.PID, p.StartTicks)
}

func (here) dir(p Process) string { return dirOf(p.PID) }
