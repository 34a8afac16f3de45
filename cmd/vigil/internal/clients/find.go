package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigil/agent"
)

// Kinds are the agents that can be run.
func Kinds() []agent.Kind { return []agent.Kind{agent.Codex, agent.Claude} }

// Others are the agents that can be run beside those, in fewer tests.
func Others() []agent.Kind { return []agent.Kind{agent.Gemini, agent.Qwen, agent.OpenCode} }

// Find returns the path of a CLI: below the folder that VIGIL_E2E_CLIENTS
// names or one in it (as npm install --prefix leaves them), else on PATH. Where it, or tmux
// or git, is missing, the test is skipped; with VIGIL_E2E=require it fails,
// unless VIGIL_E2E_WITHOUT lists the kind ("codex,claude").
func Find(t testing.TB, k agent.Kind) string {
	t.Helper()
	if os.Getenv("VIGIL_E2E") == "off" {
		t.Skip("VIGIL_E2E=off: no end-to-end tests")
	}
	for _, tool := range []string{"tmux", "git", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, k, err.Error())
		}
	}
	if root := os.Getenv("VIGIL_E2E_CLIENTS"); root != "" {
		for _, dir := range []string{root, filepath.Join(root, "*")} {
			paths, _ := filepath.Glob(filepath.Join(dir, "node_modules", ".bin", string(k)))
			if len(paths) > 0 {
				return paths[0]
			}
		}
	}
	path, err := exec.LookPath(string(k))
	if err != nil {
		missing(t, k, "no "+string(k)+" on PATH or in VIGIL_E2E_CLIENTS; npm install "+npmPackage(k))
	}
	return path
}

// npmPackage is where a CLI comes from.
func npmPackage(k agent.Kind) string {
	switch k {
	case agent.Codex:
		return "@openai/codex"
	case agent.Gemini:
		return "@google/gemini-cli"
	case agent.Qwen:
		return "@qwen-code/qwen-code node@22"
	case agent.OpenCode:
		return "opencode-ai"
	}
	return "@anthropic-ai/claude-code"
}

// missing skips the test or, where everything must be there, ends it.
func missing(t testing.TB, k agent.Kind, why string) {
	t.Helper()
	without := strings.Split(os.Getenv("VIGIL_E2E_WITHOUT"), ",")
	if os.Getenv("VIGIL_E2E") == "require" && !slices.Contains(without, string(k)) {
		t.Fatalf("VIGIL_E2E=require, but %s", why)
	}
	t.Skip(why)
}
