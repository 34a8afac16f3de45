package workspace

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRoot(t *testing.T) {
	top := t.TempDir()
	home := filepath.Join(top, "home")
	t.Setenv("HOME", home)
	for _, f := range []string{
		"outside/plan.md", "AGENTS.md", // above the home folder
		"home/CLAUDE.md",
		"home/repo/.git/config", "home/repo/v3/PLAN.md", "home/repo/v3/scratchpad/plan.md", "home/repo/v3/src/deep/x.py",
		"home/repo/v4/program.md", "home/repo/v5/task",
		"home/bare/x/y.txt", "home/agents/AGENTS.md", "home/agents/sub/z",
	} {
		write(t, filepath.Join(top, f), "x")
	}
	for dir, want := range map[string]string{
		"home/repo/v3":                 "home/repo/v3",
		"home/repo/v3/src/deep":        "home/repo/v3",
		"home/repo/v3/scratchpad":      "home/repo/v3",
		"home/repo/v3/not/there":       "home/repo/v3",
		"home/repo/v4":                 "home/repo/v4",
		"home/repo/v5":                 "home/repo",
		"home/agents/sub":              "home/agents",
		"home/bare/x":                  "home/bare/x", // CLAUDE.md at home is for all folders
		"home":                         "home",
		"outside":                      "outside",
		"other/a":                      ".",
		"home/repo/../repo/v3/./src//": "home/repo/v3",
	} {
		if got := Root(filepath.Join(top, dir)); got != filepath.Join(top, want) {
			t.Errorf("%s: %s, want %s", dir, got, want)
		}
	}
	write(t, filepath.Join(home, "goal.md"), "x")
	if got := Root(filepath.Join(home, "bare")); got != home {
		t.Errorf("with a goal at home: %s", got)
	}
	if got := Root("/"); got != "/" {
		t.Errorf("/: %s", got)
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		rel  string
		size int64
		want kind
	}{
		{"scratchpad/THREAD.md", 200 << 10, text},
		{"scratchpad/runs.jsonl", 900 << 10, text},
		{"scratchpad/runs.jsonl", 3 << 20, tailed},
		{"scratchpad/metrics.jsonl", 10 << 10, text},
		{"scratchpad/metrics.jsonl", 300 << 10, log},
		{"scratchpad/runs/a.log", 1, log},
		{"scratchpad/logs/0af3.txt", 1, log},
		{"scratchpad/runs/notes.md", 1, text},
		{"scratchpad/slurm-12.out", 1, log},
		{"scratchpad/variants/v1.py", 9000, text},
		{"scratchpad/all.txt", 2 << 20, large},
		{"scratchpad/model.pt", 1, binary},
		{"plan.md", 10, text},
	} {
		if got := kindOf(c.rel, c.size); got != c.want {
			t.Errorf("%s of %d bytes is %d, want %d", c.rel, c.size, got, c.want)
		}
	}
}
