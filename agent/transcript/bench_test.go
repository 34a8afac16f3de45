package transcript_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

// work is one long turn's worth of Claude Code lines, about 1 MB: calls whose
// results are of the size that training logs have.
func work(n int) string {
	var b strings.Builder
	b.WriteString(`{"type":"user","uuid":"p","sessionId":"5e55","cwd":"/srv","version":"2.1.330","timestamp":"2026-03-04T00:00:00Z","message":{"content":"go on"}}` + "\n")
	out := strings.Repeat(`step:12/2798 train_time:9.794s step_avg:816.15ms\n`, 80)
	for i := range n {
		fmt.Fprintf(&b, `{"parentUuid":"x","isSidechain":false,"type":"assistant","uuid":"a%d","sessionId":"5e55","version":"2.1.330","timestamp":"2026-03-04T00:00:01Z","message":{"id":"m%d","model":"baker","content":[{"type":"tool_use","id":"t%d","name":"Bash","input":{"command":"tail -n 80 logs/run.txt"}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}}`+"\n", i, i, i)
		fmt.Fprintf(&b, `{"parentUuid":"x","isSidechain":false,"type":"user","uuid":"r%d","sessionId":"5e55","version":"2.1.330","timestamp":"2026-03-04T00:00:02Z","message":{"role":"user","content":[{"tool_use_id":"t%d","type":"tool_result","content":"%s"}]},"toolUseResult":{"stdout":"%s"}}`+"\n", i, i, out, out)
	}
	b.WriteString(`{"type":"system","subtype":"turn_duration","uuid":"e","sessionId":"5e55","timestamp":"2026-03-04T00:00:03Z"}` + "\n")
	return b.String()
}

func BenchmarkScan(b *testing.B) {
	data := []byte(strings.Repeat(work(120), 8))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := transcript.Scan(bytes.NewReader(data), func(agent.Event) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// big writes a session of about 500 MB.
func big(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "big.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	turn := work(120)
	for n := 0; n < 500<<20; n += len(turn) {
		if _, err := io.WriteString(f, turn); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// BenchmarkStart starts in a session of 500 MB with turns of 1 MB.
func BenchmarkStart(b *testing.B) {
	path := big(b)
	b.ReportAllocs()
	for b.Loop() {
		events, err := transcript.NewTail(transcript.OS{}, path, agent.Claude).Start()
		if err != nil || len(events) == 0 {
			b.Fatal(len(events), err)
		}
	}
}

// BenchmarkIdle is one second of 20 idle files: ten looks at a size.
func BenchmarkIdle(b *testing.B) {
	path := filepath.Join(b.TempDir(), "s.jsonl")
	put(b, path, claudeTurn(1, ""))
	tail := transcript.NewTail(transcript.OS{}, path, agent.Claude)
	if _, err := tail.Start(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for range 10 {
			if events, err := tail.Poll(); err != nil || len(events) > 0 {
				b.Fatal(len(events), err)
			}
		}
	}
}

// TestStartIsQuick starts in 500 MB within the time that a person does not
// notice.
func TestStartIsQuick(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("writes 500 MB and takes the time")
	}
	path := big(t)
	best, wall := time.Hour, time.Hour
	for range 5 {
		begun, start := processor(t), time.Now()
		events, err := transcript.NewTail(transcript.OS{}, path, agent.Claude).Start()
		if err != nil || !strings.HasPrefix(kinds(events), "session prompt") || !strings.HasSuffix(kinds(events), "END") {
			t.Fatalf("%d events, %v", len(events), err)
		}
		best, wall = min(best, processor(t)-begun), min(wall, time.Since(start))
	}
	t.Logf("started in %v (%v of processor time)", wall, best)
	if best > 100*time.Millisecond { // not wall time, which is also that of the machine's other work
		t.Errorf("started in %v of processor time", best)
	}
}

// processor is the processor time used so far.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
