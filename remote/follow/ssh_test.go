//go:build unix

package follow

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/remotetest"
	"vigil/remote/runlog"
	"vigil/remote/ssh"
)

// asHelper tells this program, started by TestSSH, to follow: the ssh_config,
// the host and the folder, one a line.
const asHelper = "VIGIL_TEST_FOLLOW"

func TestMain(m *testing.M) {
	if how := strings.Split(os.Getenv(asHelper), "\n"); len(how) == 3 {
		if err := help(how[0], how[1], how[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// help follows, and prints each point as its file and its step, until its
// input ends.
func help(config, name, root string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h := ssh.New(name, ssh.Options{Config: config, Transport: "native"})
	f := New(Options{
		Host:    h,
		Parse:   func() remote.Parser { return runlog.New() },
		Sink:    func(src remote.Source) remote.Sink { return printer{filepath.Base(src.Path)} },
		Problem: func(key, path string, err error) { fmt.Fprintln(os.Stderr, "problem:", key, path, err) },
	})
	f.Add("k", root)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	err := f.Run(ctx)
	if e := h.Close(); err == nil {
		err = e
	}
	return err
}

// printer is a sink that prints.
type printer struct{ name string }

func (p printer) Add(r remote.Record) {
	if r.Kind == remote.Point {
		fmt.Println(p.name, r.Step)
	}
}
func (p printer) Reset()         { fmt.Println("reset", -1) }
func (p printer) Seen(time.Time) {}
func (p printer) Quiet()         {}

// helper is a follower in a process of its own.
type helper struct {
	cmd *exec.Cmd

	mu  sync.Mutex
	got map[string]map[int64]int // how often, by file and step
}

func startHelper(t *testing.T, s *remotetest.SSHD, root string) *helper {
	t.Helper()
	h := &helper{cmd: exec.Command(os.Args[0]), got: map[string]map[int64]int{}}
	h.cmd.Env = append(os.Environ(), asHelper+"="+s.Config+"\n"+s.Alias+"\n"+root)
	var told strings.Builder
	h.cmd.Stderr = &told
	in, err := h.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { h.read(out) })
	t.Cleanup(func() {
		_ = h.cmd.Process.Signal(syscall.SIGCONT)
		_ = in.Close()
		wg.Wait()
		if err := h.cmd.Wait(); err != nil || t.Failed() {
			t.Errorf("the follower: %v\n%s", err, told.String())
		}
	})
	return h
}

func (h *helper) read(r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		var name string
		var step int64
		if _, err := fmt.Sscan(lines.Text(), &name, &step); err != nil {
			continue
		}
		h.mu.Lock()
		if h.got[name] == nil {
			h.got[name] = map[int64]int{}
		}
		h.got[name][step]++
		h.mu.Unlock()
	}
}

// count is how many points there are, each once.
func (h *helper) count(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.got[name])
}

// await waits until it has as many points of each log as were written.
func (h *helper) await(t *testing.T, what string, ws []*writer) {
	t.Helper()
	late := time.After(2 * time.Minute)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for _, w := range ws {
		name := filepath.Base(w.path)
		for h.count(name) < w.step {
			select {
			case <-look.C:
			case <-late:
				t.Fatalf("%s: %d of %d points of %s", what, h.count(name), w.step, w.path)
			}
		}
	}
}

// eachOnce checks that it has every point of the logs, and each once.
func (h *helper) eachOnce(t *testing.T, ws []*writer) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range ws {
		name := filepath.Base(w.path)
		for step, n := range h.got[name] {
			if n != 1 || step < 1 || step > int64(w.step) {
				t.Errorf("%s: step %d came %d times", name, step, n)
			}
		}
		if len(h.got[name]) != w.step {
			t.Errorf("%s: %d of %d points", name, len(h.got[name]), w.step)
		}
	}
	if len(h.got["reset"]) > 0 {
		t.Error("a file was taken for another one than before")
	}
}

// writer writes a log as a training process does.
type writer struct {
	path string
	file *os.File
	step int
}

func (w *writer) open(t *testing.T, flags int) {
	t.Helper()
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_WRONLY|flags, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if w.file != nil {
		_ = w.file.Close()
	}
	w.file = f
}

func (w *writer) write(t *testing.T, n int) {
	t.Helper()
	for range n {
		w.step++
		line := fmt.Sprintf("step:%d/1000000 train_loss:%.5f train_time:%.3fs step_avg:35.00ms\n", w.step, 3+1/float64(w.step), float64(w.step)*0.035)
		cut := w.step % len(line) // half lines
		for _, part := range []string{line[:cut], line[cut:]} {
			if _, err := w.file.WriteString(part); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// fifty begins fifty logs of a workspace.
func fifty(t *testing.T) (root string, logs []*writer) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "w")
	if err := os.MkdirAll(filepath.Join(root, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		w := &writer{path: filepath.Join(root, "logs", fmt.Sprintf("run-%d.log", i))}
		w.open(t, os.O_APPEND)
		t.Cleanup(func() { w.file.Close() })
		w.write(t, 100)
		logs = append(logs, w)
	}
	return root, logs
}

// TestSSH is fifty logs that grow behind a real sshd, while its connections are
// killed, it is killed itself and comes back, logs are begun anew and moved
// aside, and the follower is suspended. In the end it has every point, once.
func TestSSH(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	root, logs := fifty(t)
	h := startHelper(t, s, root)
	wait := func(what string, ws ...*writer) { t.Helper(); h.await(t, what, ws) }
	rnd := rand.New(rand.NewPCG(1, 2))
	grow := func(d time.Duration) {
		beat := time.NewTicker(10 * time.Millisecond)
		defer beat.Stop()
		for end := time.Now().Add(d); time.Now().Before(end); <-beat.C {
			logs[rnd.IntN(len(logs))].write(t, 1+rnd.IntN(20))
		}
	}
	caughtUp := func() { wait("in between", logs...) }
	wait("first", logs...)
	for _, event := range []func(){
		s.KillConnections,
		caughtUp,
		s.KillConnections,
		s.Stop,
		s.Start,
		caughtUp,
		func() { _ = h.cmd.Process.Signal(syscall.SIGSTOP) },
		func() { _ = h.cmd.Process.Signal(syscall.SIGCONT) },
		s.KillConnections,
		func() { _ = h.cmd.Process.Signal(syscall.SIGSTOP) },
		s.KillConnections,
		func() { _ = h.cmd.Process.Signal(syscall.SIGCONT) },
		caughtUp,
		s.Pause,
		s.Resume,
		func() { // jobs that run again
			wait("before they run again", logs[:10]...)
			for _, w := range logs[:10] {
				w.open(t, os.O_TRUNC|os.O_APPEND)
			}
		},
		func() { // moved aside with their ends unread
			for _, w := range logs[20:25] {
				w.write(t, 50)
				if err := os.Rename(w.path, w.path+".1"); err != nil {
					t.Fatal(err)
				}
				w.open(t, os.O_APPEND)
				w.write(t, 50)
			}
		},
		s.KillConnections,
	} {
		grow(300 * time.Millisecond)
		event()
	}
	grow(time.Second)
	wait("last", logs...)
	h.eachOnce(t, logs)
}

// BenchmarkSFTP is one look at logs that have all grown, through sshd on
// loopback.
func BenchmarkSFTP(b *testing.B) {
	for _, n := range []int{500, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := remotetest.NewSSHD(b, remotetest.SSHDOptions{})
			root := b.TempDir()
			grow := func() {
				for i := range n {
					f, err := os.OpenFile(filepath.Join(root, fmt.Sprintf("%d.log", i)), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
					if err != nil {
						b.Fatal(err)
					}
					for k := range 20 {
						fmt.Fprintln(f, k)
					}
					f.Close()
				}
			}
			grow()
			h := ssh.New(s.Alias, ssh.Options{Config: s.Config, Transport: "native"})
			defer h.Close()
			count := 0
			f := New(Options{
				Host:  h,
				Parse: func() remote.Parser { return &numbers{} },
				Sink:  func(remote.Source) remote.Sink { return tally{&count} },
			})
			f.Add("k", root)
			sweep := newSweep(f)
			defer sweep.watch.close()
			sweep.sync()
			until := func(want int) {
				for count < want {
					sweep.dispatch()
					(<-sweep.answers)()
				}
			}
			until(20 * n)
			want := 20 * n
			for b.Loop() {
				b.StopTimer()
				for sweep.lanes > 0 {
					(<-sweep.answers)()
				}
				grow()
				want += 20 * n
				for _, f := range sweep.files {
					sweep.due(f, time.Now())
				}
				b.StartTimer()
				until(want)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/file")
		})
	}
}
