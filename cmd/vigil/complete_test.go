package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent/journal"
)

// A shell completes the names of agents by what a vigil that watches wrote down.
func TestCompleteAgent(t *testing.T) {
	complete := func(args ...string) string {
		t.Helper()
		e, out, _ := testEnv(t, append([]string{"__complete"}, args...)...)
		state, err := e.stateDir()
		if err != nil {
			t.Fatal(err)
		}
		j, err := journal.Open(t.Context(), filepath.Join(state, "journal.db"))
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(standing{Agents: []string{"opus-v3", "opus-nov", "codex-v3"}})
		if err != nil {
			t.Fatal(err)
		}
		e.Now = time.Now
		if err := j.Stand(t.Context(), journal.Standing{Holder: "h", At: time.Now(), Data: string(data)}); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		words, _, _ := strings.Cut(out.String(), ":")
		return strings.Join(strings.Fields(words), " ")
	}
	for line, want := range map[string]string{
		"explain op":     "opus-v3 opus-nov",
		"nudge c":        "codex-v3",
		"nudge codex-v3": "codex-v3",
		"expl":           "explain Say why vigil thinks what it thinks of an agent",
	} {
		if got := complete(strings.Fields(line)...); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// The scripts that a shell reads come out of the program.
func TestCompletionScripts(t *testing.T) {
	for line, want := range map[string]string{
		"completion bash": "__vigil_", "completion zsh": "#compdef vigil", "completion fish": "complete -c vigil",
	} {
		e, out, _ := testEnv(t, strings.Fields(line)...)
		if err := run(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "vigil") {
			t.Errorf("vigil %s: %.200q", line, out.String())
		}
	}
}

// The manual names every command that the help names. It goes to the process's
// own output, hence the binary.
func TestMan(t *testing.T) {
	tmp := t.TempDir()
	out, _, err := runSelf(t, buildSelf(t), tmp, os.Getenv("PATH"), "man")
	if err != nil || !strings.HasPrefix(out, ".TH VIGIL 1 ") {
		t.Fatalf("%v: %.200q", err, out)
	}
	e, _, _ := testEnv(t)
	for _, c := range newRoot(e).Commands() {
		if c.IsAvailableCommand() && !strings.Contains(out, c.Short) {
			t.Errorf("it leaves out %s: %s", c.Name(), c.Short)
		}
	}
}
