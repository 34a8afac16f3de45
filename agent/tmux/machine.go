package tmux

import (
	"context"
	"io"
	"os"
)

// Machine answers questions about the processes and tmux servers of one
// machine: [Here] about this one, a [Prober] about another. An error says that
// nothing is known now; it never stands for "there is none".
type Machine interface {
	// Processes reads the table of processes: all of them here, those of the
	// user on another machine.
	Processes(ctx context.Context) (Table, error)
	// Beat tells which of the processes still run, and what the small files
	// hold, by name; one that cannot be read is left out.
	Beat(ctx context.Context, ps []Process, files []string) (alive []bool, contents map[string][]byte, err error)
	// InFront reports whether the process still runs and is in the foreground
	// of the terminal, as the function InFront does.
	InFront(ctx context.Context, p Process, tty string) (bool, error)
	// Env returns those of the variables that the process was started with.
	Env(ctx context.Context, pid int, keys ...string) (map[string]string, error)
	// Sessions returns the paths of the session files (".jsonl") that the
	// process holds open.
	Sessions(ctx context.Context, pid int) ([]string, error)
	// Outputs returns, for each of the processes, the file that its standard
	// output goes to; empty if that is none, or cannot be told.
	Outputs(ctx context.Context, ps []Process) ([]string, error)
	// Writers returns the processes of the user that have the file open for
	// writing. told is false where that cannot be told.
	Writers(ctx context.Context, file string) (pids []int, told bool, err error)
	// Sockets returns the sockets of the user's tmux servers that live.
	Sockets(ctx context.Context) ([]string, error)
}

// maxBeat bounds a file that Beat reads, in bytes.
const maxBeat = 64 << 10

// Here is this machine. Its questions start no process on Linux.
type Here struct{}

var _ Machine = Here{}

// Processes is of [Machine].
func (Here) Processes(context.Context) (Table, error) { return Processes() }

// Beat is of [Machine].
func (Here) Beat(_ context.Context, ps []Process, files []string) ([]bool, map[string][]byte, error) {
	alive := make([]bool, len(ps))
	for i, p := range ps {
		alive[i] = Alive(p.PID, p.StartTicks)
	}
	contents := make(map[string][]byte, len(files))
	for _, name := range files {
		if b, err := readHead(name); err == nil {
			contents[name] = b
		}
	}
	return alive, contents, nil
}

func readHead(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBeat))
}

// InFront is of [Machine].
func (Here) InFront(_ context.Context, p Process, tty string) (bool, error) {
	return InFront(p.PID, p.StartTicks, tty), nil
}

// Env is of [Machine].
func (Here) Env(_ context.Context, pid int, keys ...string) (map[string]string, error) {
	return Env(pid, keys...), nil
}

// Sessions is of [Machine].
func (Here) Sessions(_ context.Context, pid int) ([]string, error) {
	return sessionFiles(OpenFiles(pid)), nil
}

// Outputs is of [Machine].
func (Here) Outputs(_ context.Context, ps []Process) ([]string, error) {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = outputOf(p.PID)
	}
	return out, nil
}

// Writers is of [Machine].
func (Here) Writers(_ context.Context, file string) ([]int, bool, error) {
	pids, told := writersOf(file)
	return pids, told, nil
}

// Sockets is of [Machine].
func (Here) Sockets(context.Context) ([]string, error) { return Sockets(), nil }
