package clients

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// CloseScreen ends the tmux server with all that runs in it, as a lost
// terminal does. What has left its pane, Codex's background server above all,
// goes on.
func (c *Client) CloseScreen() {
	c.t.Helper()
	c.Tmux("kill-server")
}

// KillDaemon kills Codex's background server.
func (c *Client) KillDaemon() {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.Home, ".codex/app-server-daemon/daemon.pid"))
	if err != nil {
		c.t.Fatal(err)
	}
	var d struct{ PID int }
	if err := json.Unmarshal(raw, &d); err != nil || d.PID <= 1 {
		c.t.Fatalf("daemon.pid holds %q: %v", raw, err)
	}
	killAll([]int{d.PID})
}
