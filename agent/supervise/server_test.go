package supervise

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"vigil/agent"
	"vigil/agent/tmux"
)

// Codex's server is a child of the screen that has started it, and never ends:
// it is no work that would wake the agent.
func TestTheServerIsNoWork(t *testing.T) {
	l := newLab(t, agent.Codex)
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	program := filepath.Join(l.work, "codex")
	l.send(fmt.Sprintf("cp %s %s; setsid %s -c 'sleep 1000 & wait' app-server </dev/null >/dev/null 2>&1 &", bash, program, program))
	l.until("the server", func() bool {
		table, err := tmux.Processes()
		return err == nil && slices.ContainsFunc(table.Tree(l.cli.Process.Pid), func(p tmux.Process) bool { return p.Comm == "sleep" })
	})
	if ps := l.seen(); len(ps) > 0 {
		t.Errorf("work: %+v", ps)
	}
}
