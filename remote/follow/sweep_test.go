package follow

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigil/remote"
)

// steps are the numbers from..to-1, as a sink has them.
func steps(from, to int) []int64 {
	var out []int64
	for i := from; i < to; i++ {
		out = append(out, int64(i))
	}
	return out
}

// bubble is synctest.Test, with time at the end for requests to be answered.
func bubble(t *testing.T, test func(t *testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Minute) })
		test(t)
	})
}

// inTime runs a test in a bubble, with a follower of /w on a far host.
func inTime(t *testing.T, rtt time.Duration, test func(t *testing.T, w *world, h *far, f *Follower)) {
	bubble(t, func(t *testing.T) {
		w, h := newWorld(t), newFar(rtt)
		h.do(func() { h.make("/w", 0o755|1<<31) })
		time.Sleep(time.Minute)
		f := w.start(Options{Host: h}, usual)
		f.Add("k", "/w")
		test(t, w, h, f)
	})
}

// settle lets time pass, and all that is due in it happen.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) check(t *testing.T, path string, want []int64) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if fmt.Sprint(w.got[path]) != fmt.Sprint(want) {
		t.Errorf("%s: got %.2000s, want %.2000s", path, fmt.Sprint(w.got[path]), fmt.Sprint(want))
	}
}

// TestPace is how often a file is looked at, from its last line on until it is
// finished, and what brings it back.
func TestPace(t *testing.T) {
	inTime(t, 0, func(t *testing.T, w *world, h *far, f *Follower) {
		h.append("/w/a.log", "1\n")
		settle(20 * time.Second)
		w.check(t, "/w/a.log", []int64{1})
		h.count("open /w/a.log")
		per := func(d time.Duration, least, most int) {
			t.Helper()
			h.count("open /w/a.log")
			settle(d)
			if n := h.count("open /w/a.log"); n < least || n > most {
				t.Errorf("looked %d times in %v, not %d to %d", n, d, least, most)
			}
		}
		per(time.Minute, 28, 31)
		f.Focus("/w/a.log")
		per(10*time.Second, 38, 41)
		f.Focus()
		settle(time.Minute)         // written two minutes ago
		per(5*time.Minute, 7, 20)   // 15 s, later more
		settle(10 * time.Minute)    // and finished
		per(10*time.Minute, 0, 0)   // but for its folder's listing,
		h.append("/w/a.log", "2\n") // which tells that it grew
		settle(6 * time.Minute)
		w.check(t, "/w/a.log", []int64{1, 2})
		if fact, ok := f.File("/w/a.log"); !ok || fact.Done || fact.Offset != 4 || !fact.Stale.IsZero() {
			t.Errorf("fact = %+v", fact)
		}
		settle(time.Hour)
		if fact, _ := f.File("/w/a.log"); !fact.Done {
			t.Errorf("fact = %+v", fact)
		}
		if w.quiet["/w/a.log"] != 2 {
			t.Errorf("quiet %v", w.quiet)
		}
	})
}

// TestFar is fifty logs that grow behind a line with a third of a second of
// delay, beside two thousand that are finished.
func TestFar(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, h := newWorld(t), newFar(300*time.Millisecond)
		for i := range 2000 {
			h.append(fmt.Sprintf("/w/logs/old%d.log", i), lines(0, 100))
		}
		time.Sleep(24 * time.Hour)
		name := func(i int) string { return fmt.Sprintf("/w/logs/%d.log", i) }
		for i := range 50 {
			h.append(name(i), lines(0, 1000))
		}
		begin := time.Now()
		f := w.start(Options{Host: h}, usual)
		f.Add("k", "/w")
		all := func(n int) func() bool {
			return func() bool {
				for i := range 50 {
					if len(w.got[name(i)]) != n {
						return false
					}
				}
				return true
			}
		}
		w.wait("the new ones first", all(1000))
		first := time.Since(begin)
		w.wait("all", func() bool { return w.loaded["k"] })
		t.Logf("50 running logs were read after %v, 2000 others after %v", first, time.Since(begin))
		if first > 3*time.Second {
			t.Errorf("50 logs took %v", first)
		}
		settle(time.Minute)
		for round := range 5 {
			begin := time.Now()
			for i := range 50 {
				h.append(name(i), lines(1000+round, 1001+round))
			}
			w.wait("growth", all(1001+round))
			if d := time.Since(begin); d > 3500*time.Millisecond {
				t.Errorf("growth was read after %v", d)
			}
		}
		h.count("open")
		h.count("stat")
		settle(time.Minute)
		if n := h.count("open") + h.count("stat"); n > 50*2*31+100 {
			t.Errorf("%d requests in a minute", n)
		}
		h.do(func() {
			if h.most > 3*maxLanes { // with those to close what is read
				t.Errorf("%d requests at once", h.most)
			}
		})
	})
}

// TestSlow is a line of 32 KiB a second: it takes its time, and no request so
// long that the host would be taken for dead.
func TestSlow(t *testing.T) {
	inTime(t, 200*time.Millisecond, func(t *testing.T, w *world, h *far, f *Follower) {
		h.rate = 32 << 10
		for i := range 40 {
			h.append(fmt.Sprintf("/w/logs/%d.log", i), lines(0, 30_000))
		}
		settle(time.Minute)
		h.do(func() {
			if h.longest > 18*time.Second {
				t.Errorf("a request took %v", h.longest)
			}
			h.longest = 0
		})
		for i := range 20 {
			h.append("/w/logs/0.log", lines(30_000+i, 30_001+i))
			f.Focus("/w/logs/0.log")
			settle(10 * time.Second)
		}
		w.check(t, "/w/logs/0.log", steps(0, 30_020))
		settle(10 * time.Minute)
		for i := range 40 {
			w.check(t, fmt.Sprintf("/w/logs/%d.log", i), steps(0, 30_000+max(0, 20-20*i)))
		}
		h.do(func() {
			if h.longest > 8*time.Second {
				t.Errorf("a request took %v", h.longest)
			}
		})
	})
}

// TestOffline is a connection that breaks at any moment, in both ways.
func TestOffline(t *testing.T) {
	for _, rude := range []bool{false, true} {
		t.Run(fmt.Sprintf("rude %v", rude), func(t *testing.T) {
			inTime(t, 100*time.Millisecond, func(t *testing.T, w *world, h *far, f *Follower) {
				h.rude = rude
				h.append("/w/a.log", lines(0, 100))
				settle(10 * time.Second)
				for i := range 40 {
					h.append("/w/a.log", lines(100+i*10, 110+i*10))
					time.Sleep(time.Duration(i) * 53 * time.Millisecond)
					h.cut()
					settle(time.Duration(i) * 170 * time.Millisecond)
					h.mend()
					settle(time.Duration(i%7) * time.Second)
				}
				settle(10 * time.Second)
				w.check(t, "/w/a.log", steps(0, 500))
				for _, err := range w.errs {
					if !errors.Is(err, remote.ErrOffline) {
						t.Errorf("told %v", err)
					}
				}
			})
		})
	}
}

// TestCutOff is answers that look like an end of file, while the host can be
// reached again at once.
func TestCutOff(t *testing.T) {
	inTime(t, 20*time.Millisecond, func(t *testing.T, w *world, h *far, f *Follower) {
		n := 0
		h.do(func() {
			h.fault = func(op, name string) error {
				if n++; op != "close" && n%3 == 0 {
					return io.EOF
				}
				return nil
			}
		})
		for i := range 100 {
			h.append("/w/a.log", lines(i*10, i*10+10))
			settle(3 * time.Second)
		}
		h.do(func() { h.fault = nil })
		settle(time.Minute)
		w.check(t, "/w/a.log", steps(0, 1000))
	})
}

// TestProblem is a file that cannot be read: it is told once, and read when it
// can be.
func TestProblem(t *testing.T) {
	inTime(t, 20*time.Millisecond, func(t *testing.T, w *world, h *far, f *Follower) {
		h.do(func() {
			h.fault = func(op, name string) error {
				if op == "open" && name == "/w/a.log" {
					return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
				}
				return nil
			}
		})
		h.append("/w/a.log", "1\n")
		h.append("/w/b.log", "1\n")
		settle(10 * time.Minute)
		w.check(t, "/w/b.log", []int64{1})
		fact, _ := f.File("/w/a.log")
		if len(w.errs) != 1 || !errors.Is(w.errs[0], fs.ErrPermission) || fact.Problem == "" || fact.Stale.IsZero() || !w.loaded["k"] {
			t.Errorf("told %v, fact %+v, loaded %v", w.errs, fact, w.loaded)
		}
		h.do(func() { h.fault = nil })
		settle(2 * time.Minute)
		w.check(t, "/w/a.log", []int64{1})
	})
}

// TestLies is a host that tells sizes that are none.
func TestLies(t *testing.T) {
	inTime(t, 20*time.Millisecond, func(t *testing.T, w *world, h *far, f *Follower) {
		const a = "/w/a.log"
		h.append(a, "1\n")
		for _, size := range []int64{math.MaxInt64, -1, math.MinInt64, 1} {
			h.do(func() { h.nodes[a].size, h.nodes[a].mod = size, now() })
			settle(30 * time.Second)
			if err := ReadFile(t.Context(), h, a, &numbers{}, sink{w, "once"}); err == nil && size > 1 {
				t.Error("no error")
			}
		}
		h.do(func() { h.nodes[a].size = 0 })
		h.append(a, "2\n")
		settle(time.Minute)
		w.check(t, a, []int64{1, 2})
	})
}

// TestStale is what is told while the host cannot be reached.
func TestStale(t *testing.T) {
	inTime(t, 10*time.Millisecond, func(t *testing.T, w *world, h *far, f *Follower) {
		for i := range 100 {
			h.append(fmt.Sprintf("/w/%d.log", i), "1\n")
		}
		settle(20 * time.Second)
		began := time.Now()
		h.cut()
		settle(time.Minute)
		if len(w.errs) != 1 || !errors.Is(w.errs[0], remote.ErrOffline) || !strings.Contains(w.errs[0].Error(), "far") {
			t.Errorf("told %v", w.errs)
		}
		if st := f.State(); st.Offline.Before(began) || st.Offline.After(began.Add(3*time.Second)) || st.Files != 100 {
			t.Errorf("state = %+v", st)
		}
		fact, _ := f.File("/w/7.log")
		if fact.Stale.IsZero() || fact.Stale.After(began) {
			t.Errorf("fact = %+v", fact)
		}
		h.count("open")
		h.count("stat")
		settle(10 * time.Minute)
		if n := h.count("open"); n > 100 {
			t.Errorf("%d files were tried in ten minutes", n)
		}
		h.append("/w/7.log", "2\n")
		h.mend()
		settle(retryMax + time.Second)
		w.check(t, "/w/7.log", []int64{1, 2})
		if st := f.State(); !st.Offline.IsZero() {
			t.Errorf("state = %+v", st)
		}
		if fact, _ := f.File("/w/7.log"); !fact.Stale.IsZero() {
			t.Errorf("fact = %+v", fact)
		}
		h.cut()
		settle(time.Minute)
		if len(w.errs) != 2 {
			t.Errorf("told %v", w.errs)
		}
	})
}

// TestAddFile is a job's output: it lies anywhere, and comes when it comes.
func TestAddFile(t *testing.T) {
	inTime(t, 10*time.Millisecond, func(t *testing.T, w *world, h *far, f *Follower) {
		f.AddFile("job 7", "/home/me/slurm-7.out")
		f.AddFile("job 7", "/w/logs/x.log") // the root has it too
		f.AddFile("job 8", "/dev/fifo")
		h.do(func() { h.make("/dev/fifo", 0o644|1<<25) })
		settle(time.Minute)
		if n := h.count("open /dev/fifo"); n != 0 {
			t.Error("a pipe was opened")
		}
		h.append("/home/me/slurm-7.out", "1\n")
		h.append("/w/logs/x.log", "1\n")
		settle(20 * time.Second)
		w.check(t, "/home/me/slurm-7.out", []int64{1})
		w.check(t, "/w/logs/x.log", []int64{1})
		if w.keys["/home/me/slurm-7.out"] != "job 7" {
			t.Errorf("keys %v", w.keys)
		}
		f.RemoveFile("job 7", "/home/me/slurm-7.out")
		f.RemoveFile("job 7", "/w/logs/x.log")
		settle(time.Second)
		h.append("/home/me/slurm-7.out", "2\n")
		h.append("/w/logs/x.log", "2\n")
		settle(time.Minute)
		w.check(t, "/home/me/slurm-7.out", []int64{1})
		w.check(t, "/w/logs/x.log", []int64{1, 2})
		f.AddFile("job 7", "/home/me/slurm-7.out")
		settle(time.Minute)
		w.check(t, "/home/me/slurm-7.out", []int64{1, 2})
	})
}
