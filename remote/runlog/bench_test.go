//go:build unix

package runlog_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/runlog"
)

// steps writes a log as most of the speedruns' are: a line a step that tells
// the time, and the loss every so often.
func steps(n int) []byte {
	var b bytes.Buffer
	for s := range n + 1 {
		ms := 292 + s*141
		if s%125 == 0 {
			fmt.Fprintf(&b, "step:%d/%d val_loss:%.6f train_time:%dms step_avg:%.2fms\n", s, n, 3.28+7.5/float64(1+s), ms, float64(ms)/float64(s+1))
		}
		fmt.Fprintf(&b, "step:%d/%d train_time:%dms step_avg:%.2fms\n", s+1, n, ms, float64(ms)/float64(s+1))
	}
	return b.Bytes()
}

func benchmark(b *testing.B, p *runlog.Parser, text []byte) {
	n := 0
	emit := func(r remote.Record) { n++ }
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	start := busy()
	for b.Loop() {
		for rest := text; len(rest) > 0; {
			k := min(len(rest), 256<<10)
			p.Feed(rest[:k], emit)
			rest = rest[k:]
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mrec/s")
	b.ReportMetric(float64(len(text)*b.N)/(busy()-start).Seconds()/1e6, "MB/cpu-s")
}

// busy is the processor time that this process has had: unlike the clock's, it
// does not grow while others have the processor.
func busy() time.Duration { return used(syscall.RUSAGE_SELF) }

func used(who int) time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSteps is the figure that counts. It also tells how many times as
// long the parser takes as wc -l on the same bytes in a file, and as counting
// line feeds in memory.
func BenchmarkSteps(b *testing.B) {
	text := steps(1_000_000)
	file := filepath.Join(b.TempDir(), "steps.log")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	count := fastest(syscall.RUSAGE_SELF, func() { bytes.Count(text, []byte("\n")) })
	wc := fastest(syscall.RUSAGE_CHILDREN, func() {
		if err := exec.Command("wc", "-l", file).Run(); err != nil {
			b.Skip(err)
		}
	})
	start := busy()
	benchmark(b, runlog.New(), text)
	each := (busy() - start).Seconds() / float64(b.N)
	b.ReportMetric(each/wc.Seconds(), "x-wc")
	b.ReportMetric(each/count.Seconds(), "x-count")
}

// fastest returns the least processor time of a few calls.
func fastest(who int, f func()) time.Duration {
	best := time.Hour
	for range 7 {
		start := used(who)
		f()
		best = min(best, used(who)-start)
	}
	return best
}

func BenchmarkStepsAndLoss(b *testing.B) { benchmark(b, runlog.New(), speedrun(100_000)) }

func BenchmarkGeneralWay(b *testing.B) {
	benchmark(b, runlog.Slow(runlog.New()), steps(100_000))
}

func BenchmarkColumns(b *testing.B) {
	var t bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&t, "step %5d/20000 (%.2f%%) | loss: %.6f | lr: %.4e | dt: %.2fms | tok/sec: %d,%03d\n", i, float64(i)/200, 3.5, 6e-4, 331.5, 100+i%900, i%1000)
	}
	benchmark(b, runlog.New(), t.Bytes())
}

func BenchmarkJSON(b *testing.B) {
	var t bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&t, "{\"step\": %d, \"loss\": %.5f, \"lr\": 0.0003, \"time\": %.2f}\n", i, 3.5, float64(i)/10)
	}
	benchmark(b, runlog.New(), t.Bytes())
}

func BenchmarkSource(b *testing.B) {
	line := "        self.lm_head_w = nn.Parameter(next_multiple_of_n(vocab_size, n=128))  # x\n"
	benchmark(b, runlog.New(), []byte("import os\n"+strings.Repeat(line, 5000)))
}

func BenchmarkOtherLines(b *testing.B) {
	line := "2025-06-04 08:51:58 - some.module - INFO - Loaded 12 shards from /data/fineweb10B, it took 3.2 s\n"
	benchmark(b, runlog.New(), []byte(strings.Repeat(line, 5000)))
}
