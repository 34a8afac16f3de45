package tmux_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
)

// counting counts what is started.
type counting struct{ n atomic.Int32 }

func (c *counting) Start(ctx context.Context, argv ...string) (io.ReadWriteCloser, error) {
	c.n.Add(1)
	return tmux.Local{}.Start(ctx, argv...)
}

var _ tmux.Starter = (*counting)(nil)

func children(t testing.TB) []string {
	t.Helper()
	table, err := tmux.Processes()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range table.Tree(os.Getpid()) {
		names = append(names, p.Comm)
	}
	return names
}

// However much is asked, nothing is started for it: a connection takes a process
// to choose the session, which is gone at once, and the client.
func TestForksNothing(t *testing.T) {
	r := newRig(t)
	pane := r.pane("a", "cat", "-")
	goroutines := runtime.NumGoroutine()
	var count counting
	s := tmux.NewServer(r.socket, tmux.Options{Tmux: r.bin, Starter: &count})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r.await("a connection", s.Connected)
	// Before tmux 3.2 a first try with unknown flags fails.
	started := count.n.Load()
	if started != 2 && started != 4 {
		t.Errorf("%d processes were started to connect", started)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				_, err1 := s.Panes(t.Context())
				_, err2 := s.Capture(t.Context(), pane)
				_, err3 := s.LastTyped(t.Context(), pane)
				if err := errors.Join(err1, err2, err3); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := count.n.Load(); n != started {
		t.Errorf("%d processes were started", n-started)
	}
	if c := children(t); len(c) != 1 || !strings.HasPrefix(c[0], "tmux") {
		t.Errorf("children: %v", c)
	}
	cancel()
	<-ended
	r.await("the end of what was started", func() bool {
		return len(children(t)) == 0 && runtime.NumGoroutine() <= goroutines
	})
}

// A server that hangs costs a time-out, and what was to be typed is not typed
// when it wakes up.
func TestHungServer(t *testing.T) {
	r := newRig(t)
	pane, file := r.sink("a", false)
	pid, err := strconv.Atoi(r.run("display-message", "-p", "#{pid}"))
	if err != nil {
		t.Fatal(err)
	}
	s := r.server(tmux.Options{Timeout: 200 * time.Millisecond})
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()
	start := time.Now()
	for _, do := range []func() error{
		func() error { _, err := s.Panes(t.Context()); return err },
		func() error { return s.Paste(t.Context(), pane, strings.Repeat("late ", 10000)) },
		func() error { return s.Paste(t.Context(), pane, "late") },
		func() error { return s.Enter(t.Context(), pane) },
	} {
		if err := do(); !errors.Is(err, tmux.ErrTimeout) {
			t.Errorf("a hung server: %v", err)
		}
	}
	if s.Connected() || !errors.Is(s.Problem(), tmux.ErrTimeout) {
		t.Errorf("connected to a hung server; problem %v", s.Problem())
	}
	for n := range 40 { // the queue fills; nothing blocks
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		err = s.Enter(ctx, pane)
		cancel()
		if n == 0 && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("own deadline: %v", err)
		}
	}
	if !errors.Is(err, tmux.ErrBusy) {
		t.Errorf("a full queue: %v", err)
	}
	// Later than what may still be typed: the time-out and a second, in a clock
	// of whole seconds.
	await(t, "the time to be up", func() bool { return time.Since(start) > 5*time.Second })
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	r.await("an answer", func() bool { _, err := s.Panes(t.Context()); return err == nil && s.Connected() })
	if err := s.Paste(t.Context(), pane, "now"); err != nil {
		t.Fatal(err)
	}
	await(t, "a paste", func() bool { return strings.HasSuffix(contents(file), "now") })
	if got := contents(file); got != "now" {
		t.Errorf("typed: %.100q", got)
	}
	if got := r.run("list-buffers"); got != "" {
		t.Errorf("buffers are left: %s", got)
	}
}

// silent is a client that never says anything.
type silent struct{ closed chan struct{} }

func (s *silent) Read([]byte) (int, error)  { <-s.closed; return 0, io.EOF }
func (s *silent) Write([]byte) (int, error) { <-s.closed; return 0, io.ErrClosedPipe }
func (s *silent) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}

type silentStarter struct{ n atomic.Int32 }

func (s *silentStarter) Start(context.Context, ...string) (io.ReadWriteCloser, error) {
	s.n.Add(1)
	return &silent{make(chan struct{})}, nil
}

type failing struct{ err error }

func (f failing) Start(context.Context, ...string) (io.ReadWriteCloser, error) { return nil, f.err }

func TestRunEndsWhateverTheClientDoes(t *testing.T) {
	for name, st := range map[string]tmux.Starter{"silent": &silentStarter{}, "failing": failing{errors.New("no such host")}} {
		t.Run(name, func(t *testing.T) {
			s := tmux.NewServer("/nowhere", tmux.Options{Starter: st})
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			if err := s.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Run: %v", err)
			}
			if _, err := s.Capture(t.Context(), "%0"); !errors.Is(err, tmux.ErrNotConnected) {
				t.Errorf("capture: %v", err)
			}
			if f, ok := st.(failing); ok && !errors.Is(s.Problem(), f.err) {
				t.Errorf("problem: %v", s.Problem())
			}
		})
	}
	s := tmux.NewServer(filepath.Join(t.TempDir(), "none"), tmux.Options{Tmux: "no-such-tmux"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.Run(ctx); !errors.Is(err, context.DeadlineExceeded) || s.Problem() == nil {
		t.Errorf("no server: %v, %v", err, s.Problem())
	}
}

func TestSockets(t *testing.T) {
	dir, err := os.MkdirTemp("", "vigil")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // after the server in it has been ended
	r := newRig(t)
	folder := filepath.Join(dir, "tmux-7")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	r.socket = filepath.Join(folder, "one")
	r.pane("a", "cat", "-")
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(folder, "dead")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: dead}); err != nil {
		t.Fatal(err)
	}
	_ = syscall.Close(fd)
	for _, env := range []string{"", r.socket + ",123,0", dead + ",1,0", "/nowhere/at/all,1,0"} {
		if got := tmux.Sockets0(env, dir, 7); !slices.Equal(got, []string{r.socket}) {
			t.Errorf("TMUX=%q: %v", env, got)
		}
	}
	if got := tmux.Sockets0("", dir, 8); len(got) != 0 {
		t.Errorf("another user's: %v", got)
	}
}

// What one round of watching 20 panes costs, when it is done.
func BenchmarkTwentyPanes(b *testing.B) {
	s, _ := twentyPanes(b)
	for b.Loop() {
		ps, err := s.Panes(b.Context())
		if err != nil || len(ps) != 20 {
			b.Fatal(len(ps), err)
		}
		for _, p := range ps {
			c, err := s.Capture(b.Context(), p.ID)
			if err != nil {
				b.Fatal(err)
			}
			tmux.ReadScreen(agent.Claude, c)
		}
	}
}

// What 20 idle panes cost when nothing is asked, in ms of CPU a second, in this
// process and in the tmux server (which looks for changes once a second).
func BenchmarkTwentyIdlePanes(b *testing.B) {
	s, pid := twentyPanes(b)
	for b.Loop() {
		own, server, start := ownCPU(b), cpu(b, pid), time.Now()
		quiet := time.NewTimer(3 * time.Second)
		for waiting := true; waiting; {
			select {
			case <-s.Changes():
			case <-quiet.C:
				waiting = false
			}
		}
		secs := time.Since(start).Seconds()
		b.ReportMetric(float64((ownCPU(b)-own).Milliseconds())/secs, "own-ms/s")
		b.ReportMetric(float64((cpu(b, pid)-server).Milliseconds())/secs, "tmux-ms/s")
	}
}

func twentyPanes(b *testing.B) (*tmux.Server, int) {
	r := newRig(b)
	for i := range 20 {
		r.pane(fmt.Sprintf("s%d", i), "sh", "-c", "seq 1 25; exec cat")
	}
	pid, err := strconv.Atoi(r.run("display-message", "-p", "#{pid}"))
	if err != nil {
		b.Fatal(err)
	}
	return r.server(tmux.Options{}), pid
}

func ownCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func cpu(b *testing.B, pid int) time.Duration {
	stat := contents(fmt.Sprintf("/proc/%d/stat", pid))
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) < 13 {
		b.Skip("no /proc")
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
