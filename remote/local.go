package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Local is the machine that vigil runs on.
type Local struct{}

var _ Host = Local{}

// Name is "local".
func (Local) Name() string { return "local" }

// killDelay is how long a command may hold its pipes open (by children that
// outlive it) before they are closed under it.
const killDelay = 2 * time.Second

// Run is of [Host].
func (Local) Run(ctx context.Context, c Cmd) ([]byte, error) {
	cmd, err := command(ctx, c)
	if err != nil {
		return nil, err
	}
	cmd.Stdin = c.Stdin
	out := &bounded{max: MaxOutput}
	stderr := &last{max: 4 << 10}
	cmd.Stdout, cmd.Stderr = out, stderr
	err = exitError(c, cmd.Run(), stderr)
	if err == nil && out.over {
		err = fmt.Errorf("%s: more than %d MiB of output", c.Args[0], MaxOutput>>20)
	}
	return out.b, err
}

// Start is of [Host].
func (Local) Start(ctx context.Context, c Cmd) (Process, error) {
	cmd, err := command(ctx, c)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, c: c, stderr: &last{max: 4 << 10}}
	cmd.Stderr = p.stderr
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Args[0], err)
	}
	if p.out, err = cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Args[0], err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	return p, nil
}

// Open is of [Host].
func (Local) Open(name string) (File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err // not f: a nil *os.File is no nil File
	}
	return f, nil
}

// Stat is of [Host].
func (Local) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// ReadDir is of [Host].
func (Local) ReadDir(name string) ([]fs.DirEntry, error) {
	d, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.ReadDir(-1) // unsorted: the caller sorts by age
}

func command(ctx context.Context, c Cmd) (*exec.Cmd, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("run: an empty command")
	}
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Dir = c.Dir
	cmd.WaitDelay = killDelay
	ownGroup(cmd)
	return cmd, nil
}

type process struct {
	cmd    *exec.Cmd
	c      Cmd
	in     io.WriteCloser
	out    io.Reader
	stderr *last
}

func (p *process) Stdin() io.WriteCloser { return p.in }
func (p *process) Stdout() io.Reader     { return p.out }
func (p *process) Wait() error           { return exitError(p.c, p.cmd.Wait(), p.stderr) }
func (p *process) Kill()                 { _ = p.cmd.Cancel() } // gone already is as good

func exitError(c Cmd, err error, stderr *last) error {
	ee, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		if err != nil {
			return fmt.Errorf("run %s: %w", c.Args[0], err)
		}
		return nil
	}
	text := strings.TrimRight(string(stderr.b), "\r\n ")
	text = text[strings.LastIndexByte(text, '\n')+1:]
	return &ExitError{Cmd: Line(Quote(c.Args...), 200), Code: ee.ExitCode(), Stderr: Line(text, 400)}
}

// bounded keeps the first max bytes and takes the rest for nothing, so that
// the command does not block on a full pipe.
type bounded struct {
	b    []byte // not an embedded bytes.Buffer: its ReadFrom would know no bound
	max  int
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.max-len(b.b))
	b.over = b.over || n < len(p)
	b.b = append(b.b, p[:n]...)
	return len(p), nil
}

// last keeps the last max bytes.
type last struct {
	b   []byte
	max int
}

func (l *last) Write(p []byte) (int, error) {
	l.b = append(l.b, p...)
	if n := len(l.b) - l.max; n > 0 {
		l.b = append(l.b[:0], l.b[n:]...)
	}
	return len(p), nil
}
