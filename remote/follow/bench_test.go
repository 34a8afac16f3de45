package follow

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/runlog"
)

// finished is a host with logs that are finished, and a follower's sweep that
// has read them.
func finished(b *testing.B, n int) (*far, *sweep) {
	h := newFar(0)
	h.do(func() { h.make("/w", 0o755|1<<31) })
	at := time.Now().Add(-time.Hour)
	for i := range n {
		line := fmt.Sprintf("step:%d/3000 val_loss:3.28 train_time:1.5s step_avg:35.00ms\n", i)
		h.nodes[fmt.Sprintf("/w/logs/%d/run-%d.log", i/1000, i)] = &node{data: []byte(line), mod: at}
	}
	h.nodes["/w/logs"] = &node{mode: 1 << 31, mod: at}
	for i := range n/1000 + 1 {
		h.nodes[fmt.Sprintf("/w/logs/%d", i)] = &node{mode: 1 << 31, mod: at}
	}
	loaded := false
	count := 0
	f := New(Options{
		Host:   h,
		Parse:  func() remote.Parser { return runlog.New() },
		Sink:   func(remote.Source) remote.Sink { return tally{&count} },
		Loaded: func(string) { loaded = true },
	})
	f.Add("k", "/w")
	s := newSweep(f)
	s.sync()
	for !loaded {
		s.dispatch()
		(<-s.answers)()
	}
	if s.unread != 0 || len(s.files) != n || len(s.backlog) != 0 {
		b.Fatalf("%d unread of %d", s.unread, len(s.files))
	}
	return h, s
}

// BenchmarkMemory is what a finished log costs that is known.
func BenchmarkMemory(b *testing.B) {
	const n = 50_000
	for b.Loop() {
		h, s := finished(b, n)
		runtime.GC()
		var with, without runtime.MemStats
		runtime.ReadMemStats(&with)
		s.f.files, s.f.asked = nil, nil
		s.watch.close()
		runtime.KeepAlive(s)
		*s = sweep{}
		runtime.GC()
		runtime.ReadMemStats(&without)
		runtime.KeepAlive(h)
		b.ReportMetric(float64(with.HeapAlloc-without.HeapAlloc)/n, "B/file")
	}
}

// BenchmarkIdle is all that finished logs cost while nothing happens: their
// folder is listed again.
func BenchmarkIdle(b *testing.B) {
	const n = 1000
	_, s := finished(b, n)
	d := s.dirs["/w/logs/0"]
	b.ResetTimer()
	for b.Loop() {
		d.listed = time.Time{}
		take(d)
		d.begin(s)
		(<-s.answers)()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/file")
}

// tally is a sink that counts the points of all files.
type tally struct{ n *int }

func (s tally) Add(remote.Record) { *s.n++ }
func (s tally) Reset()            {}
func (s tally) Seen(time.Time)    {}
func (s tally) Quiet()            {}
