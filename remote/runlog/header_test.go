package runlog_test

import (
	"fmt"
	"strings"
	"testing"

	"vigil/remote"
	"vigil/remote/runlog"
)

// TestSettings reads the headers of logs; "settings" are what follows "set 0 ".
func TestSettings(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"argparse", "Namespace(lr=0.001, data='a, b', betas=(0.9, 0.95), resume=None)\n", "lr: 0.001|data: a, b|betas: (0.9, 0.95)|resume: None"},
		{"dataclass", "config: GPTConfig(block_size=1024, bias=False)\n", "block_size: 1024|bias: False"},
		{"assignments", "Overriding config with config/train.py:\nbatch_size = 12\ndataset = 'shakespeare'\nUsing muon_lr=0.025\n", "batch_size: 12|dataset: shakespeare|muon_lr: 0.025"},
		{"YAML", "lr: 0.001\n  nproc_per_node   : 8\nmodel:\n  depth: 12\na sentence: with words\n", "lr: 0.001|nproc_per_node: 8|depth: 12"},
		{"Megatron-LM", "  adam_beta1 ...................................... 0.9\n", "adam_beta1: 0.9"},
		{"a command", "+ torchrun --standalone --nproc_per_node=8 train.py --depth 26 --name 'x'\n", "standalone: true|nproc_per_node: 8|depth: 26|name: x"},
		{"a command with its name", "command=torchrun --nproc_per_node=4 train.py --seed 2\n", "nproc_per_node: 4|seed: 2"},
		{"secrets", "wandb_api_key = abc\nhf_token: abc\npython x.py --password abc --num_tokens 7\n", "num_tokens: 7"},
		{"commit", "git commit: 1a2b3c4d5e\n", "commit: 1a2b3c4d5e"},
		{"versions", "Running Python 3.12.7 (main, Oct 1 2024, 08:30:00) [GCC 11]\nRunning PyTorch 2.11.0+cu130 on NVIDIA H200 seed:1 lr:0.0015\n", "Python: 3.12.7|PyTorch: 2.11.0+cu130|seed: 1|lr: 0.0015"},
		{"a device", "Running on device_name=NVIDIA H100 80GB HBM3 with world_size=8\n", "world_size: 8"},
		{"told twice", "lr = 1\nlr = 2\n", "lr: 2"},
		{"a program", `import os
class Other:
    a = 1
@dataclass
class Hyperparameters:
    """of the run"""
    # of the data
    files : str = 'data/*.bin' # no number
    batch_size : int = 8*64 # sequences
    lr: float = 3.6e-4
    nested: bool = True
    def __post_init__(self):
        self.c = 5
warmup_steps = 30
done = 0
x += 1
y == 3
args = Hyperparameters()
f(a=1)
`, "batch_size: 8*64|lr: 3.6e-4|nested: True|warmup_steps: 30"},
		{"prose", "Loading the data from disk, 3 files: a, b, c\nhttp://x.y/z\n12:30:45 up 3 days\n| 0  NVIDIA H100 | 3W / 700W |\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := parse(runlog.New(), []byte(c.in+"step:0/9 val_loss:3\nlr = 77\n"), nil)
			var settings []string
			for _, l := range got {
				if s, ok := strings.CutPrefix(l, "set 0 "); ok {
					settings = append(settings, s)
				}
			}
			if s := strings.Join(settings, "|"); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
			if len(got) != len(settings)+2 || got[0] != "run 0" {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestSettingsOfEachRun: what the file tells once is true of all its runs.
func TestSettingsOfEachRun(t *testing.T) {
	got := strings.Join(parse(runlog.New(), []byte("lr = 1\ntrial:1/2 seed:4\nstep:0/9 val_loss:3\nstep:5/9 val_loss:2\ntrial:2/2 seed:5\nlr = 2\nstep:0/9 val_loss:3\n"), nil), "\n")
	want := `run 0: trial 1/2 seed 4
set 0 lr: 1
0/9 val_loss=3
5/9 val_loss=2
run 1: trial 2/2 seed 5
set 1 lr: 2
0/9 val_loss=3`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestManySettings: a header of any length is bounded, and a file without
// values tells nothing.
func TestManySettings(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "knob%d = %d\n", i, i)
	}
	if got := parse(runlog.New(), []byte(b.String()), nil); len(got) != 0 {
		t.Errorf("%d records", len(got))
	}
	n := 0
	runlog.New().Feed([]byte(b.String()+"step:1 loss:2\n"), func(r remote.Record) {
		if r.Kind == remote.Setting {
			n++
		}
	})
	if n == 0 || n > 64 {
		t.Errorf("%d settings", n)
	}
}
