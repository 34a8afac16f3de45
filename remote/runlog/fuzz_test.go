package runlog_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"vigil/remote"
	"vigil/remote/runlog"
)

// resumed is like parse, but now and then goes on with another parser that was
// given the state of the one before.
func resumed(t *testing.T, data []byte, r *rand.Rand) []string {
	t.Helper()
	var out []string
	emit := func(rec remote.Record) { out = append(out, show(rec)) }
	p := runlog.New()
	for len(data) > 0 {
		n := min(len(data), 1+r.IntN(1+r.IntN(200)))
		p.Feed(data[:n], emit)
		data = data[n:]
		if r.IntN(3) > 0 {
			continue
		}
		state, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		p = runlog.New()
		if err := p.UnmarshalBinary(state); err != nil {
			t.Fatalf("%v: %s", err, state)
		}
	}
	p.Flush(emit)
	return out
}

// same checks that the data tell the same however they are cut, by templates
// and without, and with the parser's state put away and fetched.
func same(t *testing.T, data []byte, seed uint64) {
	t.Helper()
	want := strings.Join(parse(runlog.New(), data, nil), "\n")
	r := rand.New(rand.NewPCG(seed, 1))
	for _, c := range []struct {
		way string
		got []string
	}{
		{"in the general way", parse(runlog.Slow(runlog.New()), data, nil)},
		{"in pieces", parse(runlog.New(), data, r)},
		{"resumed", resumed(t, data, r)},
	} {
		if got := strings.Join(c.got, "\n"); got != want {
			t.Fatalf("%s\n%s\nwant\n%s", c.way, got, want)
		}
	}
	for _, c := range want {
		if c < 0x20 && c != '\n' || c == 0x7f {
			t.Fatalf("%q came through", c)
		}
	}
}

func FuzzFeed(f *testing.F) {
	for i, text := range []string{
		"step:1/2 val_loss:3.5 train_time:1ms\nstep:2/2 val_loss:nan train_time:2ms\nstep:3/2 val_loss:1e3 train_time:3ms\n",
		"iter 0: loss 3, time 2ms\niter 1: loss 2.5, time 3ms\rstep 2: train loss 1, val loss 2\n",
		"{\"step\":1,\"a\":{\"b\":2}}\n\"\"\"\nstep:1 x:2\n'''\nimport os\nlr = 1e-3 # x\nclass Args:\n    a: int = 3\n",
		"[rank0]: s:1 trl:2\n0: s:2 trl:3\x1b[0m\nTraceback (most recent call last):\nE: x\ntrial:1/2 seed:3\n",
		"step:1/2 a:1. b:-0.5%\nstep:2/2 a:2. b:-1%\nstep:3/2 a:3e b:1%\na step:1 loss:2\n" + strings.Repeat("=", 40) + "\n",
		"lr = 3\nstep     0 | loss: 10.8 | dt: 2741.50ms | tok/sec: 1,191,242\nstep     1 | loss: nan | dt: 1ms | tok/sec: 91,242\nval loss: 3\n",
		"{'loss': '2.5', 'epoch': 0.2}\n 10%|# | 5/50 [00:27<03:58, 5.30s/it]\r{'loss': nan, 'epoch': 0.2}\n 12%|# | 6/50 [00:27<03:58, 5.30s/it, a=1]\r",
		"epoch,step,loss\n0,1,\n,,\n1,2,3.5\nEpoch 1: 1%|| 3/9 [00:01<00:02, 1.0it/s, v_num=0]\n",
		"[step=1/9]\n  a=1,000\n  b: 2\n[batch=2/9]:\n  c: 3\n iteration 10/ 20 | lm loss: 1E+0 |\n validation loss at iteration 7 | lm loss value: 7 |\n",
		"step: 10  loss: 10.7069  memory: 30.99GiB(32.62%)  mfu: N/A\nvalidate step: 10  loss: 3\n0 val 3\nNamespace(a=1, b='x')\n",
		"iter 0: loss 0, time 0ms\niter 0: loss 0, time  0ms\nstep  1: loss 2, time 3ms, x: 1\nstep 1: loss 2, time 3ms, x: 1\n",
		"slurmstepd: error: *** JOB 1 ON n CANCELLED AT 2026-11-22T21:15:59 DUE TO TIME LIMIT ***\ntorchrun --a=1 x.py --b 2\n",
	} {
		f.Add([]byte(text), uint64(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) { same(t, text, seed) })
}

// FuzzState gives a parser any state, and then text.
func FuzzState(f *testing.F) {
	p := runlog.New()
	p.Feed([]byte("a,step\n1,2\n{'loss': 1, 'epoch': 1}\nstep:"), func(remote.Record) {})
	state, err := p.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(state, []byte("1/2 val_loss:3\n"))
	f.Add([]byte(`{"Version":1,"Format":3,"Binary":{"At":32767}}`), []byte("1/2 val_loss:3\n"))
	f.Fuzz(func(t *testing.T, state, text []byte) {
		p := runlog.New()
		if p.UnmarshalBinary(state) != nil {
			return
		}
		parse(p, text, nil)
	})
}

// FuzzPattern compiles any pattern and reads any text with it.
func FuzzPattern(f *testing.F) {
	f.Add(`^it (?P<step>\d+) of (?P<plan>\d+): L=(?P<val_loss>\S+) after (?P<wall>\S+)$`, []byte("it 3 of 9: L=2.5 after 3ms\n"))
	f.Add(`(?P<a>x*)`, []byte("xxx\n1\n"))
	f.Fuzz(func(t *testing.T, expr string, text []byte) {
		c, err := runlog.ParsePattern(expr)
		if err != nil {
			return
		}
		want := strings.Join(parse(runlog.New(c), text, nil), "\n")
		got := strings.Join(parse(runlog.New(c), bytes.Clone(text), rand.New(rand.NewPCG(1, 2))), "\n")
		if got != want {
			t.Fatalf("in pieces\n%s\nwant\n%s", got, want)
		}
	})
}
