package gpu

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vigil/remote"
)

// line is a GPU as nvidia-smi tells it.
const line = "0, GPU-a, NVIDIA H200, 97, 9147, 143771, 576.06, 700.00, 52"

// at is the moment at which tests of a desk begin.
var at = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// orders lets a desk work and returns what it ordered since the last time.
func orders(d *desk, now time.Time) []string {
	b := d.out.(*bytes.Buffer)
	d.work(now)
	defer b.Reset()
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\n' })
}

func newDesk(ts ...Target) *desk {
	w := New(remote.Local{}, Options{})
	w.SetNodes(ts)
	d := &desk{w: w, out: &bytes.Buffer{}}
	d.sync(w.wanted(), at)
	return d
}

// One job shows its whole node, and another takes over when it ends; starts on
// nodes keep apart.
func TestDeskSharesNodes(t *testing.T) {
	one, two, far := Target{Node: "n1", Job: "1"}, Target{Node: "n1", Job: "2"}, Target{Node: "n2", Job: "3"}
	d := newDesk(one, two, far, Target{Node: "h", Local: true})
	if got := orders(d, at); !slices.Equal(got, []string{"start 1 srun 1 n1", "start 2 here - -"}) {
		t.Fatalf("%q", got)
	}
	if got := orders(d, at.Add(stagger)); !slices.Equal(got, []string{"start 3 srun 3 n2"}) {
		t.Fatalf("%q", got)
	}
	now := at.Add(time.Minute / 2)
	d.hear("1 "+line, now)
	d.hear("1 @apps", now)
	d.hear("1 @app GPU-a 77 1", now)
	d.hear("1 @app GPU-a 78 2", now)
	d.hear("1 @done", now)
	orders(d, now)
	if g := d.w.GPUs(); len(g) != 1 || !slices.Equal(g[0].Jobs, []string{"1", "2"}) || g[0].Node != "n1" {
		t.Fatalf("%+v", g)
	}
	d.sync([]Target{two, far}, now)
	if g := d.gpus(); len(g) != 1 || !g[0].At.Equal(now) {
		t.Errorf("the node's GPU is lost between two jobs: %+v", g)
	}
	if got := orders(d, now); !slices.Equal(got, []string{"stop 1", "stop 2", "start 4 srun 2 n1"}) {
		t.Errorf("%q", got)
	}
	d.hear("1 "+line, now) // it has not heard
	d.hear("1 @exit 143", now)
	if got := orders(d, now); !slices.Equal(got, []string{"stop 1", "forget 1"}) {
		t.Errorf("%q", got)
	}
}

// Where the site shows each job its own GPUs only, each job is looked at.
func TestDeskOwnGPUs(t *testing.T) {
	one, two := Target{Node: "n1", Job: "1"}, Target{Node: "n1", Job: "2"}
	d := newDesk(one, two)
	orders(d, at)
	d.hear("1 No devices were found", at)
	d.hear("1 @exit 6", at)
	now := at.Add(stagger)
	if got := orders(d, now); !slices.Equal(got, []string{"forget 1", "start 2 own 1 n1"}) {
		t.Fatalf("%q", got)
	}
	d.hear("2 "+line, now)
	now = now.Add(stagger)
	if got := orders(d, now); !slices.Equal(got, []string{"start 3 srun 2 n1"}) {
		t.Fatalf("%q", got)
	}
	if g := d.gpus(); len(g) != 1 || !slices.Equal(g[0].Jobs, []string{"1"}) {
		t.Errorf("%+v", g)
	}
}

// A way that says nothing any more is given up.
func TestDeskSilence(t *testing.T) {
	d := newDesk(Target{Node: "n1", Job: "1"})
	orders(d, at)
	now := at.Add(silence / 2)
	d.hear("1 "+line, now)
	if got := orders(d, now.Add(silence-1)); len(got) > 0 {
		t.Errorf("%q", got)
	}
	now = now.Add(silence)
	if got := orders(d, now); !slices.Equal(got, []string{"stop 1"}) {
		t.Errorf("%q", got)
	}
	if next := d.work(now); next.Sub(now) != again {
		t.Errorf("tried again after %v", next.Sub(now))
	}
	if got := orders(d, now.Add(again)); !slices.Equal(got, []string{"start 2 srun 1 n1"}) {
		t.Errorf("%q", got)
	}
}

// flaky is a host whose script is the test.
type flaky struct {
	remote.Local
	starts chan *script
	err    error // of Start
	off    atomic.Bool
}

type script struct {
	ctx     context.Context
	in, out *io.PipeReader
	orders  *io.PipeWriter
	say     *io.PipeWriter
	once    sync.Once
}

func (f *flaky) Name() string { return "head" }

func (f *flaky) Start(ctx context.Context, _ remote.Cmd) (remote.Process, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.off.Load() {
		return nil, remote.ErrOffline
	}
	s := &script{ctx: ctx}
	s.in, s.orders = io.Pipe()
	s.out, s.say = io.Pipe()
	context.AfterFunc(ctx, s.Kill)
	f.starts <- s
	return s, nil
}

func (s *script) Stdin() io.WriteCloser { return s.orders }
func (s *script) Stdout() io.Reader     { return s.out }
func (s *script) Wait() error           { return errors.New("gone") }
func (s *script) Kill()                 { s.once.Do(func() { s.in.Close(); s.say.Close() }) }

// A lost connection costs no more than the time until there is one again; what
// was seen stays, and tells when.
func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &flaky{starts: make(chan *script, 1)}
		var problems []string
		w := New(h, Options{Problem: func(_, what, _ string) { problems = append(problems, what) }})
		w.SetNodes([]Target{{Node: "n1", Job: "1"}})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { w.Run(ctx) })
		read := func(s *script) string {
			b := make([]byte, 100)
			n, err := s.in.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			return string(b[:n])
		}
		s := <-h.starts
		if got := read(s); got != "start 1 srun 1 n1\n" {
			t.Fatalf("%q", got)
		}
		if _, err := io.WriteString(s.say, "1 "+line+"\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // of the bubble's clock
		synctest.Wait()
		if g := w.GPUs(); len(g) != 1 || g[0].Host != "head" {
			t.Fatalf("%+v", g)
		}
		seen := w.GPUs()[0].At

		h.off.Store(true)
		s.Kill()
		time.Sleep(time.Minute)
		synctest.Wait()
		if g := w.GPUs(); len(g) != 1 || !g[0].At.Equal(seen) || problems != nil {
			t.Errorf("%+v, problems %q", g, problems)
		}
		h.off.Store(false)
		if got := read(<-h.starts); !strings.HasPrefix(got, "start 2 srun 1 n1") {
			t.Errorf("%q", got)
		}
		cancel()
		wg.Wait()
	})
}

// A host where nothing can be started is told of once.
func TestNoShell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var problems []string
		w := New(&flaky{err: errors.New("sh: not found")}, Options{Problem: func(node, what, _ string) { problems = append(problems, node+what) }})
		w.SetNodes([]Target{{Node: "n1", Local: true}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		w.Run(ctx)
		if !slices.Equal(problems, []string{"sh: not found"}) {
			t.Errorf("%q", problems)
		}
	})
}
