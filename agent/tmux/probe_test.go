package tmux_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigil/agent/tmux"
)

// shells runs one shell whatever is asked to be started, and can end it.
type shells struct {
	argv []string

	mu   sync.Mutex
	n    int
	last io.Closer
	down error
}

func (s *shells) Start(ctx context.Context, _ ...string) (io.ReadWriteCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return nil, s.down
	}
	rw, err := tmux.Local{}.Start(ctx, s.argv...)
	s.n, s.last = s.n+1, rw
	return rw, err
}

func (s *shells) set(down error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	if s.last != nil {
		_ = s.last.Close()
	}
}

// machines returns a prober for each shell there is, and this machine itself.
func machines(t *testing.T) map[string]tmux.Machine {
	t.Helper()
	out := map[string]tmux.Machine{"here": tmux.Here{}}
	for name, argv := range map[string][]string{
		"sh": {"sh"}, "bash": {"bash"}, "busybox": {"busybox", "sh"},
		"noisy": {"sh", "-c", "echo Welcome; echo 'vigil> 1'; exec sh"},
	} {
		if _, err := exec.LookPath(argv[0]); err != nil {
			continue
		}
		p := tmux.NewProber(&shells{argv: argv})
		t.Cleanup(func() { _ = p.Close() })
		out[name] = p
	}
	p := tmux.NewProber(&shells{argv: []string{"sh"}})
	t.Cleanup(func() { _ = p.Close() })
	if err := p.WithoutProc(t.Context()); err != nil {
		t.Fatal(err)
	}
	out["ps"] = p
	return out
}

// Every machine gives the same answers about a process with hostile texts.
func TestMachine(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc")
	}
	dir := filepath.Join(t.TempDir(), "a 'folder'")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	session := filepath.Join(dir, "s.jsonl")
	file, err := os.Create(session)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	c := exec.Command("sleep", "600", "0", " 0", "\n0")
	read, output := filepath.Join(dir, "r*ad"), filepath.Join(dir, "[out]put")
	if err := os.WriteFile(read, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(read)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	c.Dir, c.Stdin, c.Stdout, c.ExtraFiles = dir, file, out, []*os.File{in}
	c.Env = []string{"CODEX_HOME=x=y\nHOME=/fake", "HOME=/true"}
	begun := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	_, _ = in.Close(), out.Close()
	registry := filepath.Join(dir, "r: x.json")
	if err := os.WriteFile(registry, []byte("{\"a\":1,\n\"b\":\"é\"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, m := range machines(t) {
		t.Run(name, func(t *testing.T) {
			var p tmux.Process
			await(t, "the program", func() bool {
				table, err := m.Processes(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var ok bool
				p, ok = table.Details(c.Process.Pid)
				return ok && p.Comm == "sleep"
			})
			if name == "ps" {
				if len(p.Args) != 5 || p.Started.Sub(begun).Abs() > 5*time.Second || p.PPID != os.Getpid() {
					t.Errorf("process: %+v", p)
				}
			} else {
				if !slices.Equal(p.Args, c.Args) || p.Dir != dir || p.PPID != os.Getpid() || p.Started.Sub(begun).Abs() > 3*time.Second {
					t.Errorf("process: %+v", p)
				}
				env, err := m.Env(t.Context(), p.PID, "HOME", "CODEX_HOME", "NONE")
				if err != nil || env["HOME"] != "/true" || env["CODEX_HOME"] != "x=y\nHOME=/fake" || len(env) != 2 {
					t.Errorf("environment: %q, %v", env, err)
				}
				open, err := m.Sessions(t.Context(), p.PID)
				if err != nil || !slices.Equal(open, []string{session}) {
					t.Errorf("open: %q, %v", open, err)
				}
			}
			outs, err := m.Outputs(t.Context(), []tmux.Process{p})
			if err != nil || len(outs) != 1 || name != "ps" && outs[0] != output {
				t.Errorf("output: %q, %v", outs, err)
			}
			pids, told, err := m.Writers(t.Context(), output)
			if err != nil || name != "ps" && !told || told && !slices.Contains(pids, p.PID) {
				t.Errorf("writers: %v, %v, %v", pids, told, err)
			}
			if pids, _, err := m.Writers(t.Context(), read); err != nil || len(pids) != 0 {
				t.Errorf("a reader counts as a writer: %v, %v", pids, err)
			}
			other := p
			other.StartTicks += "1"
			alive, files, err := m.Beat(t.Context(), []tmux.Process{other, p}, []string{registry, "/none", "/a\nb"})
			if err != nil || !slices.Equal(alive, []bool{false, true}) {
				t.Errorf("alive: %v, %v", alive, err)
			}
			if len(files) != 1 || strings.TrimSpace(string(files[registry])) != "{\"a\":1,\n\"b\":\"é\"}" {
				t.Errorf("files: %q", files)
			}
			if front, err := m.InFront(t.Context(), p, "/dev/pts/0"); err != nil || front {
				t.Errorf("in front: %v, %v", front, err)
			}
			if env, err := m.Env(t.Context(), 1<<30, "HOME"); err != nil || len(env) != 0 {
				t.Errorf("environment of none: %v, %v", env, err)
			}
		})
	}
}

// A program in a pane is found, in front, and then not.
func TestMachineOfAPane(t *testing.T) {
	r := newRig(t)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("no sleep")
	}
	claude := filepath.Join(t.TempDir(), "claude")
	if err := os.Symlink(sleep, claude); err != nil {
		t.Fatal(err)
	}
	r.pane("a", "sh", "-c", claude+" 600; exec cat")
	s := r.server(tmux.Options{})
	ps, err := s.Panes(t.Context())
	if err != nil || len(ps) != 1 {
		t.Fatal(ps, err)
	}
	for name, m := range machines(t) {
		if name == "here" || name == "ps" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var as []tmux.Agent
			await(t, "the agent", func() bool {
				table, err := m.Processes(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				as = table.Agents(ps[0].PID, tmux.KindOf)
				return len(as) == 1
			})
			if !as[0].Foreground || as[0].Dir == "" {
				t.Errorf("agent: %+v", as[0])
			}
			for tty, want := range map[string]bool{ps[0].TTY: true, "": true, ps[0].TTY + "0": false, "/dev/null": false} {
				if got, err := m.InFront(t.Context(), as[0].Process, tty); err != nil || got != want {
					t.Errorf("in front of %q: %v, %v", tty, got, err)
				}
			}
		})
	}
}

func TestMachineSockets(t *testing.T) {
	dir := filepath.Join(t.TempDir(), fmt.Sprintf("tmux-%d", os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.socket = filepath.Join(dir, "my socket")
	r.pane("a", "cat", "-")
	if fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0); err == nil {
		_ = syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Join(dir, "dead")})
		_ = syscall.Close(fd)
	}
	p := tmux.NewProber(tmux.Local{})
	t.Cleanup(func() { _ = p.Close() })
	got, err := p.Sockets(t.Context())
	if err != nil || !slices.Contains(got, r.socket) || slices.Contains(got, filepath.Join(dir, "dead")) {
		t.Errorf("sockets: %q, %v", got, err)
	}
}

// A shell that ends is replaced; where none can be had, every question says so
// at once, and the next one after that works.
func TestProberLosesItsShell(t *testing.T) {
	s := &shells{argv: []string{"sh"}}
	p := tmux.NewProber(s)
	t.Cleanup(func() { _ = p.Close() })
	ask := func() error { _, err := p.Processes(t.Context()); return err }
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	s.set(nil)
	if err := ask(); err != nil || s.n != 2 {
		t.Errorf("after the shell's end: %v, %d shells", err, s.n)
	}
	gone := errors.New("no connection")
	s.set(gone)
	if err := ask(); !errors.Is(err, gone) {
		t.Errorf("without a connection: %v", err)
	}
	if _, _, err := p.Beat(t.Context(), nil, nil); !errors.Is(err, gone) {
		t.Errorf("without a connection: %v", err)
	}
	s.set(nil)
	if err := ask(); err != nil {
		t.Errorf("after the connection's return: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Processes(ctx); err == nil {
		t.Error("an answer after the end")
	}
	if a, err := p.About(t.Context()); err != nil || a.Home != os.Getenv("HOME") || a.System == "" || p.Ahead() != 0 {
		t.Errorf("about: %+v, %v, %v", a, err, p.Ahead())
	}
}

func TestSkew(t *testing.T) {
	at := func(s float64) time.Time {
		return time.Unix(1_800_000_000, 0).Add(time.Duration(s * float64(time.Second)))
	}
	for _, c := range []struct {
		name              string
		told, sent, heard []time.Time
		want              time.Duration
	}{
		{"same", []time.Time{at(0), at(5)}, []time.Time{at(0.5), at(5.9)}, []time.Time{at(0.6), at(5.95)}, 0},
		{"ahead", []time.Time{at(10), at(15)}, []time.Time{at(0), at(5.75)}, []time.Time{at(0.25), at(6)}, 10 * time.Second},
		{"set in between", []time.Time{at(10), at(5)}, []time.Time{at(0), at(5)}, []time.Time{at(0.2), at(5.2)}, 0},
	} {
		if got := tmux.Skew(c.told, c.sent, c.heard); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// oracle is a machine that answers whatever it likes.
type oracle struct {
	answer string
	frame  bool // between the marks
}

func (o *oracle) Start(context.Context, ...string) (io.ReadWriteCloser, error) {
	pr, pw := io.Pipe()
	or, ow := io.Pipe()
	go func() { // ends with the pipes
		in := bufio.NewScanner(pr)
		word := ""
		for in.Scan() {
			if w, ok := strings.CutPrefix(in.Text(), "N="); ok {
				word = w
			}
			f := strings.Fields(in.Text())
			if len(f) < 3 || f[0] != "q" || !strings.HasPrefix(f[2], "'") {
				continue
			}
			text := o.answer
			switch {
			case f[2] == "'hello'":
				text = fmt.Sprintf("\n%s< %s\nsystem=X\nbtime 1800000000\n\n%s> %s\n", word, f[1], word, f[1])
			case o.frame:
				text = fmt.Sprintf("\n%s< %s\n%s\n%s> %s\n", word, f[1], strings.ReplaceAll(o.answer, "NONCE", word), word, f[1])
			}
			if _, err := io.WriteString(ow, text); err != nil {
				return
			}
			if !o.frame && f[2] != "'hello'" {
				_ = ow.Close()
			}
		}
	}()
	return pipes{or, pw, pr, ow}, nil
}

type pipes struct {
	io.Reader
	io.Writer
	in  *io.PipeReader
	out *io.PipeWriter
}

func (p pipes) Close() error {
	_ = p.in.Close()
	_ = p.out.Close()
	if r, ok := p.Reader.(*io.PipeReader); ok {
		_ = r.Close()
	}
	if w, ok := p.Writer.(*io.PipeWriter); ok {
		_ = w.Close()
	}
	return nil
}

// FuzzProbe: whatever a machine answers, the prober comes to an end, tells of
// no process twice and of none with a number that makes no sense.
func FuzzProbe(f *testing.F) {
	for _, s := range []string{
		"", "1800000003\n/proc/1/stat:1 (a b) S 0 1 1 0 -1 1 0 0 0 0 0 0 0 0 20 0 1 0 77 1 1\n/proc/x/stat:2 (",
		"/proc/7/stat:7 (x\n/proc/7/stat:1 (y) S) S 1 7 7 34816 7 1 0 0 0 0 0 0 0 0 20 0 1 0 88 1 1",
		"NONCE= 7\nclaude\n\nNONCE= 8\n", "lr-x 1 u g 64 Jan 1 7 -> /h/s.jsonl", "HOME=/h\nHOME=/i",
		"0: 2 0 00010000 0001 01 9 /tmp/tmux-1/a b", "socket /x", "/h/r.json:{\"pid\":7}\n/h/r.json:x",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, answer string, frame bool) {
		p := tmux.NewProber(&oracle{answer: answer, frame: frame})
		defer p.Close()
		table, err := p.Processes(t.Context())
		if err == nil {
			for _, x := range table.Tree(0) {
				if x.PID <= 0 {
					t.Errorf("process %+v", x)
				}
				table.Details(x.PID)
			}
			table.Agents(7, tmux.KindOf)
		}
		alive, files, err := p.Beat(t.Context(), []tmux.Process{{PID: 7, StartTicks: "88"}}, []string{"/h/r.json"})
		if err == nil && (len(alive) != 1 || len(files) > 1) {
			t.Errorf("beat: %v, %v", alive, slices.Collect(maps.Keys(files)))
		}
		_, _ = p.InFront(t.Context(), tmux.Process{PID: 7, StartTicks: "88"}, "/dev/pts/0")
		_, _ = p.Env(t.Context(), 7, "HOME")
		for _, list := range []func() ([]string, error){
			func() ([]string, error) { return p.Sessions(t.Context(), 7) },
			func() ([]string, error) { return p.Sockets(t.Context()) },
		} {
			got, _ := list()
			for _, path := range got {
				if !strings.HasPrefix(path, "/") || strings.Contains(path, "\n") {
					t.Errorf("path %q", path)
				}
			}
		}
	})
}

// What a table of processes and a look at twenty of them cost, the shell and
// what it starts included.
func BenchmarkProber(b *testing.B) {
	p := tmux.NewProber(tmux.Local{})
	defer p.Close()
	table, err := p.Processes(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	twenty := table.All()
	twenty = twenty[:min(len(twenty), 20)]
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			if _, err := p.Processes(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("beat", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := p.Beat(b.Context(), twenty, []string{"/etc/passwd"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// What tmux on another machine says of its failure is what a person reads.
func TestWordsOfAnotherMachine(t *testing.T) {
	for want, o := range map[string]tmux.Options{
		"no-such-tmux": {Starter: tmux.Local{}, Tmux: "no-such-tmux"},
		"connecting":   {Starter: tmux.Local{}, Tmux: tmuxProgram(t)},
	} {
		s := tmux.NewServer(filepath.Join(t.TempDir(), "none"), o)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { _ = s.Run(ctx); close(ended) }()
		await(t, "a problem", func() bool { return s.Problem() != nil })
		if err := s.Problem(); !strings.Contains(err.Error(), want) {
			t.Errorf("problem: %v", err)
		}
		cancel()
		<-ended
	}
}
