package gpu

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/remote"
)

func TestRow(t *testing.T) {
	nan := math.NaN()
	for line, want := range map[string]remote.GPU{
		"0, GPU-0f17, NVIDIA H200, 97, 9147, 143771, 576.06, 700.00, 52": {
			UUID: "GPU-0f17", Name: "NVIDIA H200", Util: 97, MemUsed: 9147, MemTotal: 143771, Power: 576.06, PowerLimit: 700, Temp: 52,
		},
		// With MIG there is no use of the whole GPU.
		"7, GPU-a, NVIDIA A100-SXM4-40GB, [N/A], 20, 40960, 41.27, 400.00, 30": {
			Index: 7, UUID: "GPU-a", Name: "NVIDIA A100-SXM4-40GB", Util: nan, MemUsed: 20, MemTotal: 40960, Power: 41.27, PowerLimit: 400, Temp: 30,
		},
		"1, GPU-b, Tesla K80, [Not Supported], 0, 11441, [Unknown Error], ERR!, [GPU requires reset]": {
			Index: 1, UUID: "GPU-b", Name: "Tesla K80", Util: nan, MemTotal: 11441, Power: nan, PowerLimit: nan, Temp: nan,
		},
		"2, GPU-c, A, B, 1, 2, 3, 4,5, 6, 7":                         {Index: 2, UUID: "GPU-c", Name: "A, B", Util: 1, MemUsed: 2, MemTotal: 3, Power: 4.5, PowerLimit: 6, Temp: 7},
		"3, GPU-\x1b[31md, N\u202eX, 101, -1, 1e300, inf, nan, 0x10": {Index: 3, UUID: "GPU-[31md", Name: "NX", Util: nan, MemUsed: nan, MemTotal: nan, Power: nan, PowerLimit: nan, Temp: nan},
	} {
		got, ok := row(line)
		if !ok || !same(got, want) {
			t.Errorf("%q: %+v, %v", line, got, ok)
		}
	}
	for _, line := range []string{
		"", "No devices were found", "Failed to initialize NVML: Driver/library version mismatch",
		"index, uuid, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W], power.limit [W], temperature.gpu",
		"64, GPU-a, X, 1, 2, 3, 4, 5, 6", "-1, GPU-a, X, 1, 2, 3, 4, 5, 6", "0, , X, 1, 2, 3, 4, 5, 6",
		"0, GPU-a, " + strings.Repeat("x", maxLine) + ", 1, 2, 3, 4, 5, 6", "0, GPU-a, X, 1, 2, 3, 4, 5",
	} {
		if g, ok := row(line); ok {
			t.Errorf("%q was taken: %+v", line, g)
		}
	}
}

// same compares with NaN equal to NaN.
func same(a, b remote.GPU) bool {
	eq := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	return a.Index == b.Index && a.UUID == b.UUID && a.Name == b.Name && eq(a.Util, b.Util) && eq(a.MemUsed, b.MemUsed) &&
		eq(a.MemTotal, b.MemTotal) && eq(a.Power, b.Power) && eq(a.PowerLimit, b.PowerLimit) && eq(a.Temp, b.Temp)
}

// The recorded lines of real H200s are read. The recording asked for more
// fields than vigil does; its extra columns are cut here.
func TestRecorded(t *testing.T) {
	root := os.Getenv("VIGIL_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(root, "samples", "h200", "smi_idle.csv"))
	if err != nil {
		t.Skipf("no recorded lines here: %v", err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), ", ")
		if len(f) != 13 {
			continue
		}
		// timestamp, index, uuid, name, util, util of memory, used, total, power, limit, temperature, clock, state
		kept := append(append([]string{}, f[1:5]...), f[6:11]...)
		g, ok := row(strings.Join(kept, ", "))
		if !ok || g.Index != n || g.Name != "NVIDIA H200" || g.MemTotal != 143771 || g.PowerLimit != 700 || g.Power < 90 {
			t.Errorf("%q: %+v, %v", line, g, ok)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d GPUs", n)
	}
}

func TestApp(t *testing.T) {
	for line, want := range map[string][2]string{
		"@app GPU-1 17602 42": {"GPU-1", "42"},
		"@app GPU-1 17602 ":   {"GPU-1", ""},
		"@app GPU-1 1 x;y":    {"GPU-1", ""},
	} {
		if uuid, job, ok := app(line); !ok || uuid != want[0] || job != want[1] {
			t.Errorf("%q: %q, %q, %v", line, uuid, job, ok)
		}
	}
	if _, _, ok := app("@app GPU-1"); ok {
		t.Error("half a line was taken")
	}
}

func TestTargets(t *testing.T) {
	w := New(remote.Local{}, Options{})
	ok := []Target{{Node: "n1", Job: "12"}, {Node: "n1", Job: "13"}, {Node: "n2.x"}, {Node: "any name", Local: true}}
	w.SetNodes(append(ok, Target{}, Target{Node: "-oProxyCommand=x"}, Target{Node: "a b"}, Target{Node: "n", Job: "1;2"}, Target{Node: "n", Job: "1_2"}, ok[0]))
	if got := w.wanted(); len(got) != len(ok) {
		t.Errorf("%+v", got)
	}
	var many []Target
	for i := range 2 * MaxNodes {
		many = append(many, Target{Node: "n" + strings.Repeat("x", i)})
	}
	if w.SetNodes(many); len(w.wanted()) != MaxNodes {
		t.Errorf("%d nodes", len(w.wanted()))
	}
}

// Each end of a way leads to the next one, to a problem, or to silence.
func TestStreamEnds(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	job, local := Target{Node: "n1", Job: "7"}, Target{Node: "head", Local: true}
	type end struct{ says, code string }
	for _, c := range []struct {
		name string
		t    Target
		ends []end
		way  way    // tried next
		what string // told at the last end
		over bool
		soon bool // tried again at once
	}{
		{"an old Slurm", job, []end{{"srun: unrecognized option '--overlap'", "255"}}, bySSH, "", false, true},
		{"a site that hides GPUs", job, []end{{"No devices were found", "6"}}, byOwn, "", false, true},
		{"no way at all", job, []end{
			{"srun: error: Unable to create step for job 7: Access denied", "1"}, {"Permission denied (publickey).", "255"},
		}, bySrun, "srun: error: Unable to create step for job 7: Access denied", false, false},
		{"a job that ended", job, []end{{"srun: error: Slurm job 7 has expired", "1"}}, bySrun, "", false, false},
		{"a broken driver", job, []end{
			{"Failed to initialize NVML: Driver/library version mismatch", "18"}, {"Failed to initialize NVML: Driver/library version mismatch", "18"},
		}, bySrun, "Failed to initialize NVML: Driver/library version mismatch", false, false},
		{"a login node", local, []end{{"sh: 1: nvidia-smi: not found", "127"}}, here, "", true, false},
		{"no GPU", local, []end{{"No devices were found", "6"}}, here, "", true, false},
		{"killed", local, []end{{"", "137"}}, here, "nvidia-smi ended with code 137", false, false},
	} {
		s := &stream{Target: c.t, gpus: map[int]remote.GPU{}}
		var v verdict
		for i, e := range c.ends {
			s.start(i+1, now)
			s.hear("Welcome to the cluster", now)
			if e.says != "" {
				s.hear(e.says, now)
			} else {
				s.said = ""
			}
			v = s.ended(e.code, now)
		}
		if got := s.ways()[s.at]; got != c.way || v.what != c.what || s.over != c.over || !s.over && s.next.Equal(now) != c.soon {
			t.Errorf("%s: next %s at %v, over %v, told %+v", c.name, got, s.next.Sub(now), s.over, v)
		}
	}
}

// What had worked is tried again soon; what fails again and again, ever later.
func TestStreamPauses(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	s := &stream{Target: Target{Node: "head", Local: true}, gpus: map[int]remote.GPU{}}
	s.start(1, now)
	s.hear("0, GPU-1, X, 1, 2, 3, 4, 5, 6", now)
	now = now.Add(time.Hour)
	if s.ended("1", now); s.next.Sub(now) != again {
		t.Errorf("tried again after %v", s.next.Sub(now))
	}
	var last time.Duration
	for range 10 {
		s.start(1, now)
		s.ended("1", now)
		if d := s.next.Sub(now); d < last || d > lastPause {
			t.Errorf("a pause of %v after one of %v", d, last)
		} else {
			last = d
		}
	}
	if last != lastPause {
		t.Errorf("the last pause is %v", last)
	}
}

func FuzzSMI(f *testing.F) {
	for _, s := range []string{
		"0, GPU-0f17, NVIDIA H200, 97, 9147, 143771, 576.06, 700.00, 52",
		"7, GPU-a, NVIDIA A100, [N/A], 20, 40960, 41,27, ERR!, 30", "No devices were found",
		"@apps\n@app GPU-1 17602 42\n@done\n@exit 9", "3 @exit 0\n1 0, GPU-1, X, 1, 2, 3, 4, 5, 6\x00\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := make(chan string, len(text)+1)
		scan(strings.NewReader(text), lines)
		close(lines)
		now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		d := &desk{w: New(remote.Local{}, Options{})}
		d.sync([]Target{{Node: "n1", Job: "1"}, {Node: "n2", Job: "1"}}, now)
		d.work(now)
		for l := range lines {
			d.hear(l, now)
			d.hear("1 "+l, now)
			now = now.Add(time.Second)
			d.work(now)
		}
		d.dirty = true
		d.work(now.Add(time.Minute))
		for _, g := range d.w.GPUs() {
			texts := []string{g.UUID, g.Name}
			texts = append(texts, g.Jobs...)
			for _, s := range texts {
				if s != remote.Line(s, 80) {
					t.Errorf("%q is not clean", s)
				}
			}
			if g.Index < 0 || g.Index >= maxGPUs || g.Util < 0 || g.Util > 100 || g.Power < 0 || g.MemUsed < 0 {
				t.Errorf("%+v", g)
			}
		}
	})
}

// testdata/h200.csv was recorded on one H200 while a small GPT was trained: at
// rest, at work, and between two runs.
func TestH200(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "h200.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var util, power []float64
	for line := range strings.Lines(string(b)) {
		g, ok := row(strings.TrimSpace(line))
		if !ok || g.Index != 0 || g.Name != "NVIDIA H200" || g.MemTotal != 143771 || g.PowerLimit != 700 {
			t.Errorf("%q: %+v, %v", line, g, ok)
		}
		util, power = append(util, g.Util), append(power, g.Power)
	}
	if !slices.Equal(util, []float64{0, 100, 100, 0, 100, 99}) || power[0] != 78.80 || power[1] != 688.34 {
		t.Errorf("use %v, power %v", util, power)
	}
}
