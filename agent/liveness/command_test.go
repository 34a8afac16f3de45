package liveness

import (
	"slices"
	"strings"
	"testing"
)

const wrapped = "source /h/.claude/shell-snapshots/snapshot-bash-1-a.sh 2>/dev/null || true && \\builtin shopt -u extglob 2>/dev/null || true && " +
	"{ \\builtin unalias -- 'which'; } >/dev/null 2>&1 || true && eval 'until grep -q '\"'\"'step:9/9 val'\"'\"' run.log; do sleep 5; done' \\< /dev/null && pwd -P >| /tmp/c-1-cwd"

func TestReadCommand(t *testing.T) {
	for _, c := range []struct {
		args  string // words between "|"
		loops bool
		ends  bool
		files string // words
	}{
		{"bash|-c|" + wrapped, true, false, "run.log"},
		{"/bin/bash|-lc|L=logs/a.txt; until [ $(grep -c 'step:2745/2745 val_loss' $L) -ge 8 ]; do sleep 120; done", true, false, "logs/a.txt"},
		{`bash|-c|while [ "$(wc -l < results.jsonl)" -lt 8 ]; do sleep 60; done; echo all`, true, false, "results.jsonl"},
		{"sh|-c|tail -n 0 -F runs/8.log | grep -m1 'val_loss'", true, false, "runs/8.log"},
		{"tail|-f|nohup", true, false, "nohup"},
		{"tail|--pid=77|-f|a.log", true, true, "a.log"},
		{"bash|-c|while kill -0 4711 2>/dev/null; do sleep 10; done", true, true, ""},
		{"bash|-c|while pgrep -f train.py >/dev/null; do sleep 30; done; tail -1 logs/x.txt", true, true, "logs/x.txt"},
		{"bash|-c|while true; do squeue -h -j 12 | grep -q 12 || break; sleep 30; done", true, true, ""},
		{"bash|-c|until grep -q done a.log; do squeue -u me; sleep 60; done", true, false, "a.log"},
		{"bash|-c|until [ -f out/finished ]; do sleep 5; done", true, false, "out/finished"},
		{"bash|-c|for i in $(seq 1 100); do sleep 60; tail -1 scratchpad/runs/$RUN.log; done", true, false, "scratchpad/runs/*.log"},
		{"bash|-c|until tail -1 \"$(ls -t logs/*.txt | head -1)\" | grep -q N/N; do sleep 9; done", true, false, "logs/*.txt"},
		{"bash|-c|timeout 3600 bash -c 'until grep -q PASS v.log; do sleep 3; done'", true, false, "v.log"},
		{"sleep|600", false, false, ""},
		{"bash|-c|sleep 600; python next.py", false, false, ""},
		{"python|train.py|--out|a.log", false, false, "a.log"},
		{"torchrun|--nproc_per_node=8|train.py", false, false, ""},
		{"bash|-c|python train.py > runs/9.log 2>&1", false, false, ""},
		{"bash|run_batch.sh", false, false, ""},
		{"bash|-c|# until x; do sleep\npython train.py", false, false, ""},
	} {
		got := ReadCommand(strings.Split(c.args, "|"))
		// The separator of the table also splits pipes: put those together again.
		if args := strings.SplitN(c.args, "|", 3); strings.HasSuffix(args[0], "sh") && len(args) == 3 {
			got = ReadCommand(args)
		}
		if got.Loops != c.loops || got.Ends != c.ends || !slices.Equal(got.Files, strings.Fields(c.files)) {
			t.Errorf("%s:\n got loops %v, ends %v, files %q\nwant loops %v, ends %v, files %q", c.args, got.Loops, got.Ends, got.Files, c.loops, c.ends, c.files)
		}
	}
	if got := ReadCommand([]string{"bash", "-c", wrapped}).Text; got != "until grep -q 'step:9/9 val' run.log; do sleep 5; done" {
		t.Errorf("text: %s", got)
	}
}

func TestServersAreNoWork(t *testing.T) {
	for line, want := range map[string]bool{
		"tensorboard --logdir runs": true, "python -m http.server 8000": true, "/usr/bin/env bash /x/shims/python3 -m http.server": true, "python3 -m jupyter lab": true, "npx -y some-mcp-server": true,
		"bash -c|tensorboard --logdir runs": true, "python train.py": false, "torchrun train.py": false, "python sweep.py --name mcp2": true,
		"bash -c|srun -N1 python train.py": false,
	} {
		head, script, ok := strings.Cut(line, "|")
		args := strings.Fields(head)
		if ok {
			args = append(args, script)
		}
		if got := ReadCommand(args); got.Serves != want {
			t.Errorf("%s: %v", line, got.Serves)
		}
	}
	if !ReadCommand([]string{"bash", "-c", "srun -N1 python train.py"}).Remote {
		t.Error("srun stands for work elsewhere")
	}
}

func FuzzReadCommand(f *testing.F) {
	f.Add("bash", "-c", wrapped)
	f.Add("sh", "-c", "x=$(a \"b `c` ${d}\" ; until [ -f \\\n e ]; do sleep 1 >&2 <f; done")
	f.Add("tail", "-f", "$")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		got := ReadCommand([]string{a, b, c})
		if len(got.Files) > maxFiles || len(got.Text) > maxText+3 {
			t.Errorf("%d files, %d bytes", len(got.Files), len(got.Text))
		}
	})
}
