package tmux

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"vigil/agent"
)

// Starter runs a program where a tmux server is. What is written to the result
// is the program's standard input, what is read its standard output. Close ends
// the program, frees everything it used, unblocks a Read or Write under way and
// may be called twice; its error says why the program failed, if it did.
type Starter interface {
	Start(ctx context.Context, argv ...string) (io.ReadWriteCloser, error)
}

// Local starts programs on this machine.
type Local struct{}

var _ Starter = Local{}

// endWithin is how long a program has to end after its input was closed.
const endWithin = 300 * time.Millisecond

// Start starts the program in a process group of its own, so that an interrupt
// typed at vigil's terminal does not reach it, and without TMUX, so that tmux
// does not take it for a client inside a pane.
func (Local) Start(_ context.Context, argv ...string) (io.ReadWriteCloser, error) {
	if len(argv) == 0 {
		return nil, errors.New("start a program: no name given")
	}
	c := exec.Command(argv[0], argv[1:]...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "TMUX=") && !strings.HasPrefix(kv, "TMUX_PANE=") {
			c.Env = append(c.Env, kv)
		}
	}
	ownGroup(c)
	p := &localProcess{cmd: c}
	c.Stderr = &p.stderr
	c.WaitDelay = time.Second // for a grandchild that keeps a pipe open
	var err error
	if p.in, err = c.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	if p.out, err = c.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	return p, nil
}

type localProcess struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	stderr tail
	once   sync.Once
	err    error
}

func (p *localProcess) Read(b []byte) (int, error)  { return p.out.Read(b) }
func (p *localProcess) Write(b []byte) (int, error) { return p.in.Write(b) }

func (p *localProcess) Close() error {
	p.once.Do(func() {
		_ = p.in.Close()
		kill := time.AfterFunc(endWithin, func() { _ = p.cmd.Process.Kill() })
		err := p.cmd.Wait()
		if !kill.Stop() {
			return // it was made to end: no news
		}
		if text := agent.CleanLine(p.stderr.String(), 200); err != nil && text != "" {
			p.err = errors.New(text)
		}
	})
	return p.err
}

// tail keeps the last bytes written to it.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const tailSize = 1 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Write(b)
	if over := t.b.Len() - tailSize; over > 0 {
		t.b.Next(over)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
