package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/remote/follow"
	"vigil/remote/runlog"
)

func TestQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changes := 0
		q := newQuestions(func() { changes++ })
		type answer struct {
			text string
			err  error
		}
		ask := func(ctx context.Context, prompt string) chan answer {
			got := make(chan answer, 1)
			go func() {
				text, err := q.ask(ctx, remote.Question{Host: "head", Prompt: prompt, Secret: true})
				got <- answer{text, err}
			}()
			synctest.Wait()
			return got
		}
		first := ask(t.Context(), "Passphrase:")
		second := ask(t.Context(), "Code:")
		open := q.open()
		if len(open) != 2 || open[0].Prompt != "Passphrase:" || open[0].ID == open[1].ID || !open[1].Secret {
			t.Fatalf("open: %+v", open)
		}
		q.answer(open[1].ID, "123456", false)
		if a := <-second; a.text != "123456" || a.err != nil {
			t.Errorf("second: %+v", a)
		}
		q.answer(open[0].ID, "", true)
		if a := <-first; !errors.Is(a.err, errRefused) {
			t.Errorf("first: %+v", a)
		}
		q.answer(open[0].ID, "again", false) // gone: nobody hears it
		ctx, cancel := context.WithCancel(t.Context())
		third := ask(ctx, "Code:")
		cancel()
		if a := <-third; !errors.Is(a.err, context.Canceled) || len(q.open()) != 0 {
			t.Errorf("third: %+v, open %+v", a, q.open())
		}
		if changes != 6 {
			t.Errorf("%d changes", changes)
		}
	})
}

func TestAskWithoutTerminal(t *testing.T) {
	e, _, _ := testEnv(t)
	_, err := e.ask(t.Context(), remote.Question{Host: "head", Prompt: "Passphrase for id:", Secret: true})
	if !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "ssh-agent") {
		t.Error(err)
	}
}

func TestHostAndPath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("a:b", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string][2]string{
		"runs":           {local, "runs"},
		"head:runs/*":    {"head", "runs/*"},
		"head:~/x.log":   {"head", "~/x.log"},
		"a:b":            {local, "a:b"}, // it is there
		"./head:x":       {local, "./head:x"},
		"/a/b:c":         {local, "/a/b:c"},
		":x":             {local, ":x"},
		"head:":          {local, "head:"},
		"u@head:/r/*.x":  {"u@head", "/r/*.x"},
		dir + "/no:file": {local, dir + "/no:file"},
	} {
		if host, path := hostAndPath(arg); [2]string{host, path} != want {
			t.Errorf("%s: %s, %s", arg, host, path)
		}
	}
}

func TestJobsOwner(t *testing.T) {
	for _, c := range []struct {
		dir, name string
		want      bool
	}{
		{"/w", "/w", true},
		{"/w", "/w/runs/a.log", true},
		{"/w/", "/w/a", true},
		{"/w", "/wx/a", false},
		{"/w", "", false},
	} {
		if got := within(c.dir, c.name); got != c.want {
			t.Errorf("within(%q, %q) = %v", c.dir, c.name, got)
		}
	}
}

// keeper follows one log with a cache, as vigil does from one start to its end.
func keeper(t *testing.T, state, log string) (*curve.Store, *follow.Follower, func()) {
	t.Helper()
	store := curve.NewStore()
	c := openCurveCache(state, local, store, slog.New(slog.DiscardHandler))
	f := follow.New(follow.Options{
		Resume: c.resume, Checkpoint: c.checkpoint,
		Parse: func() remote.Parser { return runlog.New() },
		Sink:  func(src remote.Source) remote.Sink { return store.Writer(src) },
	})
	f.AddFile("k", log)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		c.run(ctx)
		_ = f.Run(ctx)
		c.close()
		close(done)
	}()
	return store, f, func() { stop(); <-done }
}

// TestCurveCache ends and starts again, with what came meanwhile, with the log
// replaced, and with the cache damaged: the points are those of the log, once.
func TestCurveCache(t *testing.T) {
	state, log := t.TempDir(), filepath.Join(t.TempDir(), "a.log")
	write := func(flags, from, to int) {
		t.Helper()
		f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|flags, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for step := from; step <= to; step++ {
			fmt.Fprintf(f, "step:%d/1000 val_loss:%.4f train_time:%d.0s step_avg:1.00ms\n", step, 4-float64(step)/1000, step)
		}
	}
	has := func(name string, last int64, points int) {
		t.Helper()
		store, f, end := keeper(t, state, log)
		defer end()
		info, err := os.Stat(log)
		if err != nil {
			t.Fatal(err)
		}
		if !clients.Poll(time.Minute, func() bool {
			at, ok := f.File(log)
			return ok && !at.Looked.IsZero() && at.Offset == info.Size()
		}) {
			t.Fatalf("%s: the log is not read", name)
		}
		set := store.Snapshot()
		if set.Len() != 1 {
			t.Fatalf("%s: %d runs", name, set.Len())
		}
		s := set.At(0).Metric("val_loss")
		if p, _ := s.Last(); s.Len() != points || p.Step != last {
			t.Errorf("%s: %d points to step %d, want %d to %d", name, s.Len(), p.Step, points, last)
		}
	}
	write(0, 1, 50)
	has("first", 50, 50)
	write(os.O_APPEND, 51, 80)
	has("grown meanwhile", 80, 80)
	has("as it was", 80, 80)
	cache := filepath.Join(state, "curves", local+".cache")
	b, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"empty": {}, "cut": b[:len(b)/2], "of another version": append(b[:len(b)-2:len(b)-2], "9\n"...),
	} {
		if err := os.WriteFile(cache, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		has(name, 80, 80)
	}
	write(os.O_TRUNC, 1, 20)
	has("begun anew", 20, 20)
	if info, err := os.Stat(cache); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestAgentHost(t *testing.T) {
	h := agentHost{remote.Local{}}
	out, err := h.Run(t.Context(), "in", "cat")
	if err != nil || string(out) != "in" {
		t.Errorf("%q, %v", out, err)
	}
	var _ agent.Host = h
	for script, code := range map[string]int{"exit 0": 0, "exit 3": 3} {
		s, err := h.Start(t.Context(), "sh", "-c", "cat >/dev/null; "+script)
		if err != nil {
			t.Fatal(err)
		}
		_ = s.(stream).in.Close() // its end makes it end
		buf := make([]byte, 1)
		if n, err := s.Read(buf); n != 0 || err == nil {
			t.Errorf("%s: read %d", script, n)
		}
		failed, _ := errors.AsType[*remote.ExitError](s.Close())
		if (failed != nil) != (code != 0) || failed != nil && failed.Code != code {
			t.Errorf("%s: %v", script, failed)
		}
	}
	s, err := h.Start(t.Context(), "sleep", "100")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("ended by us: %v", err)
	}
}
