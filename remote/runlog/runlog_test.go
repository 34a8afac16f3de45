package runlog_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vigil/remote"
	"vigil/remote/runlog"
)

// show writes records as text, one a line: what the tests compare.
func show(r remote.Record) string {
	var b strings.Builder
	switch r.Kind {
	case remote.RunStart:
		fmt.Fprintf(&b, "run %d", r.Run)
	case remote.RunEnd:
		fmt.Fprintf(&b, "end %d", r.Run)
	case remote.Failure:
		fmt.Fprintf(&b, "failed %d", r.Run)
	case remote.Note:
		fmt.Fprintf(&b, "note %d at %d", r.Run, r.Step)
	case remote.Setting:
		fmt.Fprintf(&b, "set %d %s", r.Run, r.Key)
	case remote.Aside:
		fmt.Fprintf(&b, "aside %d at %d", r.Run, r.Step)
	default:
		fmt.Fprintf(&b, "%d/%d", r.Step, r.Plan)
		if !math.IsNaN(r.Wall) {
			fmt.Fprintf(&b, " %vs", r.Wall)
		}
	}
	for _, m := range r.Metrics {
		fmt.Fprintf(&b, " %s=%v", m.Name, m.Value)
		if m.Raw != m.Name {
			fmt.Fprintf(&b, "(%s)", m.Raw)
		}
	}
	if r.Text != "" {
		fmt.Fprintf(&b, ": %s", r.Text)
	}
	return b.String()
}

// parse feeds text in pieces of random size and returns what was told.
func parse(p *runlog.Parser, text []byte, r *rand.Rand) []string {
	var out []string
	emit := func(rec remote.Record) { out = append(out, show(rec)) }
	for len(text) > 0 {
		n := len(text)
		if r != nil {
			n = min(n, 1+r.IntN(1+r.IntN(200)))
		}
		piece := bytes.Clone(text[:n])
		p.Feed(piece, emit)
		for i := range piece {
			piece[i] = '7' // what it kept of the piece would show
		}
		text = text[n:]
	}
	p.Flush(emit)
	return out
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"speedrun val", "step:0/5610 val_loss:10.825840 train_time:0ms step_avg:0.17ms", "0/5610 0s val_loss=10.82584 train_time=0 step_avg=0.00017"},
		{"progress", "step:1/5610 train_time:292ms step_avg:292.13ms", "1/5610 0.292s train_time=0.292 step_avg=0.29213"},
		{"nan unit", "step:1/7500 train_time:960506ms step_avg:nanms", "1/7500 960.506s train_time=960.506 step_avg=NaN"},
		{"seconds", "step:125/2900 val_loss:4.46544 train_time:96.315s step_avg:770.52ms ema_beta:0", "125/2900 96.315s val_loss=4.46544 train_time=96.315 step_avg=0.77052 ema_beta=0"},
		{"negative", "step:2850/2900 val_loss:3.28085 ref_gamma:-0.075 ref_step:2375", "2850/2900 val_loss=3.28085 ref_gamma=-0.075 ref_step=2375"},
		{"word and exponent", "step:2830/3020 val_loss:3.28660 extrap_rel:1.000e-03 handoff:keep", "2830/3020 val_loss=3.2866 extrap_rel=0.001"},
		{"three losses", "step:125/2900 val_loss:4.4 val_avg_loss:4.5 val_ema_loss:4.6", "125/2900 val_loss=4.4 val_avg_loss=4.5 val_ema_loss=4.6"},
		{"llm.c val", "s:250 tel:6.3097", "250/0 val_loss=6.3097(tel)"},
		{"llm.c train", "s:0 trl:11.0091 lr:0.000001 norm:15.37", "0/0 train_loss=11.0091(trl) lr=1e-06 grad_norm=15.37(norm)"},
		{"inf", "step:9/10 train_loss:inf lr:-inf", "9/10 train_loss=+Inf lr=-Inf\nnote 0 at 9: train_loss is infinite"},
		{"nan", "step:9/10 train_loss:nan", "9/10 train_loss=NaN\nnote 0 at 9: train_loss is nan"},
		{"nanoGPT eval", "step 250: train loss 4.2874, val loss 4.2823", "250/0 train_loss=4.2874(train loss) val_loss=4.2823(val loss)"},
		{"nanoGPT iter", "iter 10: loss 3.1459, time 220.50ms, mfu 1.69%", "10/0 train_loss=3.1459(loss) step_time=0.2205(time) mfu=1.69"},
		{"nanoGPT first", "iter 0: loss 4.2639, time 25857.56ms, mfu -100.00%", "0/0 train_loss=4.2639(loss) step_time=25.857560000000003(time)"},
		{"nanoGPT fork", "iter 3: loss 3.1, cuda memory 0.499G, lr 6.00e-04", "3/0 train_loss=3.1(loss) memory=0.499(cuda memory) lr=0.0006"},
		{"json", `{"step": 120, "loss": 2.31, "lr": 0.0003, "time": 12.5}`, "120/0 12.5s train_loss=2.31(loss) lr=0.0003 time=12.5"},
		{"json nested", `{"global_step":7,"eval":{"loss":NaN},"x":[1,{"step":3}],"note":"a \"b\" }","ok":true,"none":null}`, "7/0 val_loss=NaN(eval/loss)\nnote 0 at 7: val_loss is nan"},
		{"json clash", `{"loss":1,"step":3,"train_loss":2,"max_steps":9}`, "3/9 loss=1 train_loss=2"},
		{"json infinity", `{"step":1,"a":-Infinity,"b":1e400}`, "1/0 a=-Inf b=+Inf"},
		{"colour", "\x1b[32mstep:5/10\x1b[0m val_loss:\x1b[1m3.5\x1b[0m", "5/10 val_loss=3.5"},
		{"title", "\x1b]0;evil\x07step:5/10 val_loss:3.5", "5/10 val_loss=3.5"},
		{"nul", "\x00\x00step:5/10 val_loss:3.5", "5/10 val_loss=3.5"},
		{"rank", "[rank0]: step:5/10 val_loss:3.5", "5/10 val_loss=3.5"},
		{"label", "3: step:5/10 val_loss:3.5", "5/10 val_loss=3.5"},
		{"logger", "2025-06-04 08:51:58,557 - root - INFO - step:5/10 val_loss:3.5", "5/10 val_loss=3.5"},
		{"hydra", "[2024-01-15 10:03:21,451][INFO] - step:5/10 val_loss:3.5", "5/10 val_loss=3.5"},
		{"titan", "[rank0]:[titan] 2025-06-04 08:51:58,557 - root - INFO - step:5 loss:2.5", "5/0 train_loss=2.5(loss)"},
		{"blanks", "step:5/10  val_loss:3.5 \t", "5/10 val_loss=3.5"},
		{"many digits", "step:5/10 val_loss:3.123456789012345678901", "5/10 val_loss=3.1234567890123457"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := parse(runlog.New(), []byte(c.in+"\n"), nil)
			if want := "run 0\n" + c.want; strings.Join(got, "\n") != want {
				t.Errorf("%q\ngot  %q\nwant %q", c.in, got, want)
			}
		})
	}
}

func TestNothing(t *testing.T) {
	for _, in := range []string{
		`print0(f"step:{step}/{train_steps} val_loss:{val_loss:.4f} train_time:{t:.0f}ms")`,
		`    step:1/2 val_loss:3`,
		"# step:1/2 val_loss:3",
		"Warmup step 1/10",
		"step:one/10 val_loss:3",
		"step:1/x val_loss:3",
		"step:-1 val_loss:3",
		"step:1/2 val_loss:{x}",
		"step:1/2",
		"step:1/2 val_loss:",
		"val_loss:3.2",
		"peak memory allocated: 33456 MiB reserved: 34000 MiB",
		`{"step": 1}`, `{"loss": 1}`, `{"step": 1, "loss": 2`, `{"step": 1, "loss": 2} x`,
		`{"step": 1.5, "loss": 2}`, `{"step": "1", "loss": 2}`, `{step: 1, "loss": 2}`,
		strings.Repeat(`{"a":`, 100) + "1",
		"Running PyTorch 2.11.0 on NVIDIA H200 seed:1 lr:0.0015",
		"step 3: nothing here", "iter : loss 3", "iter 3: loss x",
		"tail_ema applied step:2730 tau:150", // a remark, before any run
		"step:1/2 val_loss:3 " + strings.Repeat("x", 70_000),
		"step:99999999999999999999 val_loss:3",
		"", "=", "{", "[", "[]", "0:", "[rank0]:", "\x1b", "\x1b[", "\x1b]0;", "\xef\xbb\xbf",
	} {
		if got := parse(runlog.New(), []byte(in+"\n"), nil); len(got) != 0 {
			t.Errorf("%.80q: %q", in, got)
		}
	}
}

func TestFiles(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"source", `import os
"""
Sample output:
step:0/10 val_loss:9.9
"""
x = '"""'  # """
print(f"step:{step}/{n} val_loss:{v:.4f}")
s = r'''
step:1/10 val_loss:9.8
'''
====================================================================================================
Running Python 3.12
step:0/10 val_loss:10.8 train_time:0ms
step:5/10 val_loss:5.5 train_time:50ms
step:10/10 val_loss:3.5 train_time:100ms
peak memory consumption: 33 MiB
`, `run 0
set 0 Python: 3.12
0/10 0s val_loss=10.8 train_time=0
5/10 0.05s val_loss=5.5 train_time=0.05
10/10 0.1s val_loss=3.5 train_time=0.1
end 0`},
		{"source after a rule", `====================================================================================================
"""module
step:0/10 val_loss:9.9
"""
====================================================================================================
step:0/10 val_loss:10.8
`, "run 0\n0/10 val_loss=10.8"},
		{"source without an end", "import os\nx = 1\nstep:0/10 val_loss:10.8\n", "run 0\nset 0 x: 1\n0/10 val_loss=10.8"},
		{"several runs", `trial:1/2 seed:0
step:0/10 val_loss:10.8
step:5/10 val_loss:5
trial:2/2 seed:1
step:0/10 val_loss:10.9
step:5/10 val_loss:5.1
step:0/12 val_loss:11
`, `run 0: trial 1/2 seed 0
0/10 val_loss=10.8
5/10 val_loss=5
run 1: trial 2/2 seed 1
0/10 val_loss=10.9
5/10 val_loss=5.1
run 2
0/12 val_loss=11`},
		{
			"falls back", "step:0 loss:3\nstep:1 loss:3\nstep:2 loss:2\nstep:0 loss:3\nstep:1 loss:3\n",
			"run 0\n0/0 train_loss=3(loss)\n1/0 train_loss=3(loss)\n2/0 train_loss=2(loss)\nrun 1\n0/0 train_loss=3(loss)\n1/0 train_loss=3(loss)",
		},
		{
			"resumes", "step:0 loss:3\nstep:100 loss:2\nstep:200 loss:1\nstep:100 loss:2\n",
			"run 0\n0/0 train_loss=3(loss)\n100/0 train_loss=2(loss)\n200/0 train_loss=1(loss)\n100/0 train_loss=2(loss)",
		},
		{
			"a late line", "step:0/9 loss:3\nstep:1/9 loss:3\nstep:0/9 val_loss:2\n",
			"run 0\n0/9 train_loss=3(loss)\n1/9 train_loss=3(loss)\n0/9 val_loss=2",
		},
		{
			"aside", "step:2850/2900 val_loss:3.29\ntailavg step:2720 tau:25 lambda:0.25 val_loss:3.28153\ntail_ema applied step:2730 tau:150\nstep:2900/2900 val_loss:3.28\n",
			"run 0\n2850/2900 val_loss=3.29\naside 0 at 2720 tailavg/val_loss=3.28153(val_loss)\nnote 0 at 2730: tail_ema applied step:2730 tau:150\n2900/2900 val_loss=3.28",
		},
		{
			"ranks", "[rank1]: step:1 loss:3\n[rank0]: step:1 loss:3\n[rank1]: step:2 loss:2\n",
			"run 0\n1/0 train_loss=3(loss)\n2/0 train_loss=2(loss)",
		},
		{"carriage returns", "step:1 loss:3\rstep:2 loss:2\r\nstep:3 loss:1", "run 0\n1/0 train_loss=3(loss)\n2/0 train_loss=2(loss)\n3/0 train_loss=1(loss)"},
		{
			"dates", "{\"step\":1,\"time\":1700000000.5,\"loss\":3}\n{\"step\":2,\"time\":1700000002,\"loss\":2}\n",
			"run 0\n1/0 0s time=1.7000000005e+09 train_loss=3(loss)\n2/0 1.5s time=1.700000002e+09 train_loss=2(loss)",
		},
		{
			"requeue", "step:1 loss:3\nslurmstepd-h200-004: error: *** JOB 10 ON h200-004 CANCELLED AT 2026-11-22T21:15:59 DUE TO JOB REQUEUE ***\n",
			"run 0\n1/0 train_loss=3(loss)\nfailed 0: requeued by Slurm",
		},
		{
			"traceback", "step:1 loss:3\n[rank0]: Traceback (most recent call last):\n[rank0]:   File \"x.py\", line 3\n[rank0]: torch.OutOfMemoryError: CUDA out of memory. \x1b[1mTried\x07\n",
			"run 0\n1/0 train_loss=3(loss)\nfailed 0: torch.OutOfMemoryError: CUDA out of memory. Tried",
		},
		{
			"failed at once", "Traceback (most recent call last):\n  File \"x.py\"\nFileNotFoundError: no such folder: logs\nstep:0 loss:3\n",
			"run 0\nfailed 0: FileNotFoundError: no such folder: logs\nrun 1\n0/0 train_loss=3(loss)",
		},
		{
			"oom", "step:1 loss:3\nslurmstepd: error: Detected 1 oom_kill event in StepId=8538204.0. Some of the step tasks have been OOM Killed.\n",
			"run 0\n1/0 train_loss=3(loss)\nfailed 0: out of memory (killed by the kernel)",
		},
		{
			"nccl", "step:1 loss:3\n[rank3]:[E1122 10:00:00] [Rank 3] Watchdog caught collective operation timeout: WorkNCCL\n",
			"run 0\n1/0 train_loss=3(loss)\nfailed 0: NCCL timeout",
		},
		{"long line", "step:1 loss:3\n" + strings.Repeat("y", 70_000) + "\nstep:2 loss:2\n", "run 0\n1/0 train_loss=3(loss)\n2/0 train_loss=2(loss)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(parse(runlog.New(), []byte(c.in), nil), "\n")
			if got != c.want {
				t.Fatalf("got\n%s\nwant\n%s", got, c.want)
			}
			r := rand.New(rand.NewPCG(1, 2))
			for range 50 {
				if cut := strings.Join(parse(runlog.New(), []byte(c.in), r), "\n"); cut != got {
					t.Fatalf("in pieces\n%s\nwant\n%s", cut, got)
				}
			}
		})
	}
}

// TestHalfWritten: an unfinished line tells nothing until it is finished.
func TestHalfWritten(t *testing.T) {
	p := runlog.New()
	var got []string
	emit := func(r remote.Record) { got = append(got, show(r)) }
	p.Feed([]byte("step:1/2 val_loss:3.2"), emit)
	if len(got) != 0 {
		t.Fatalf("got %q", got)
	}
	p.Feed([]byte("81\nstep:2/2 val_loss:3"), emit)
	if want := []string{"run 0", "1/2 val_loss=3.281"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("got %q", got)
	}
}

func TestBounds(t *testing.T) {
	var b bytes.Buffer
	for i := range 5000 { // each line a new shape, a new name, a new run
		fmt.Fprintf(&b, "step:%d key%d:1 x:%d\n", 5000-i%2*4000, i, i)
		fmt.Fprintf(&b, "step:0/%d x:1\n", i+1)
	}
	runs := map[int]bool{}
	names := map[string]bool{}
	p := runlog.New()
	p.Feed(b.Bytes(), func(r remote.Record) {
		runs[r.Run] = true
		for _, m := range r.Metrics {
			names[m.Name] = true
		}
	})
	if len(runs) > 1000 || len(names) > 256 {
		t.Errorf("%d runs, %d names", len(runs), len(names))
	}
}

// TestBoundedState feeds what makes a parser remember most.
func TestBoundedState(t *testing.T) {
	p := runlog.New()
	long := strings.Repeat("k", 300)
	for i := range 2000 {
		for _, line := range []string{
			fmt.Sprintf("%s%d = %d", long, i, i), fmt.Sprintf("step,%d%s", i, strings.Repeat(",c"+long[:200], 60)), fmt.Sprintf(`{"step":%d,"%s%d":1}`, i, long[:240], i),
			"{'a': 1, 'epoch': 1}", " 10%|# | 5/50 [00:27<03:58, 5.30s/it]", "trial:1/2 " + long, long,
		} {
			p.Feed([]byte(line+"\n"), func(remote.Record) {})
		}
	}
	p.Feed(bytes.Repeat([]byte("x"), 1<<20), func(remote.Record) {})
	state, err := p.MarshalBinary()
	if err != nil || len(state) > 256<<10 {
		t.Errorf("%d bytes, %v", len(state), err)
	}
}

// speedrun writes a log as the speedruns do, with a line a step.
func speedrun(steps int) []byte {
	var b bytes.Buffer
	r := rand.New(rand.NewPCG(7, 7))
	wall := 0.0
	for s := 0; s <= steps; s++ {
		v := 3.28 + 7.5*math.Exp(-float64(s)/300) + r.NormFloat64()/50
		if s%125 == 0 {
			fmt.Fprintf(&b, "step:%d/%d val_loss:%.5f train_time:%.3fs step_avg:%.2fms\n", s, steps, v, wall, 1000*wall/float64(max(s, 1)))
		}
		wall += 0.035 + r.Float64()/1000
		fmt.Fprintf(&b, "step:%d/%d train_loss:%.5f train_time:%.3fs step_avg:%.2fms\n", s+1, steps, v, wall, 1000*wall/float64(s+1))
	}
	return b.Bytes()
}

// TestAgainstRegexp has a reader of its own for the speedruns' lines.
func TestAgainstRegexp(t *testing.T) {
	text := speedrun(3000)
	re := regexp.MustCompile(`(?m)^step:(\d+)/\d+ (val_loss|train_loss):([\d.]+) train_time:([\d.]+)s`)
	want := re.FindAllSubmatch(text, -1)
	i := 0
	runlog.New().Feed(text, func(r remote.Record) {
		if r.Kind != remote.Point {
			return
		}
		w := want[i]
		i++
		step, _ := strconv.ParseInt(string(w[1]), 10, 64)
		v, _ := strconv.ParseFloat(string(w[3]), 64)
		wall, _ := strconv.ParseFloat(string(w[4]), 64)
		if r.Step != step || r.Metrics[0].Name != string(w[2]) || r.Metrics[0].Value != v || r.Wall != wall {
			t.Fatalf("point %d: %s, want %q", i, show(r), w[0])
		}
	})
	if i != len(want) {
		t.Errorf("%d points, want %d", i, len(want))
	}
}

// shared returns a folder of the material that is not part of the project; the
// test is skipped where it is not there.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("VIGIL_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no samples here (%v); set VIGIL_SHARED to their folder", err)
	}
	return dir
}

// TestSamples reads real logs where they lie beside the repository.
func TestSamples(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared(t, "samples", "h200"), "*.log"))
	re := regexp.MustCompile(`(?m)^step:(\d+)/(\d+) (val_loss|train_loss):(\S+) `)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		want := re.FindAllSubmatch(text, -1)
		n := 0
		runlog.New().Feed(text, func(r remote.Record) {
			if r.Kind != remote.Point {
				return
			}
			w := want[n]
			n++
			v, _ := strconv.ParseFloat(string(w[4]), 64)
			if fmt.Sprint(r.Step) != string(w[1]) || fmt.Sprint(r.Plan) != string(w[2]) || r.Metrics[0].Value != v {
				t.Errorf("%s: %s, want %q", f, show(r), w[0])
			}
		})
		if n == 0 || n != len(want) {
			t.Errorf("%s: %d points, want %d", f, n, len(want))
		}
	}
}

func TestNoAllocations(t *testing.T) {
	text := speedrun(2000)
	p := runlog.New()
	n := 0
	emit := func(r remote.Record) { n += len(r.Metrics) }
	p.Feed(text, emit)
	if a := testing.AllocsPerRun(5, func() { p.Feed(text, emit) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
	slow := runlog.Slow(runlog.New())
	slow.Feed(text, emit)
	if a := testing.AllocsPerRun(5, func() { slow.Feed(text, emit) }); a != 0 {
		t.Errorf("%v allocations in the general way", a)
	}
}
