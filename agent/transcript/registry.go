package transcript

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
)

// Registry is what a running Claude Code says of itself: it keeps the file
// sessions/PID.json in its configuration folder and rewrites it at each change
// of state. The file is undocumented: 2.1.100 has it without Status, 2.1.197
// without WaitingFor and Tmux, 2.1.50 not at all.
type Registry struct {
	PID        int
	SessionID  string
	Dir        string // working folder
	Version    string
	Kind       string // "interactive" or another way of being run
	ProcStart  string // field 22 of /proc/PID/stat, by which a stale file is known
	Tmux       string // "session:@window.%pane"
	Status     string // "busy", "idle", "shell" (a background shell runs) or "waiting"
	WaitingFor string // "permission prompt", "input needed", "dialog open"
	UpdatedAt  time.Time
}

// maxRegistry bounds a registry file, in bytes.
const maxRegistry = 1 << 20

// RegistryPath is where a process, given its HOME and environment, has its
// registry file, if it keeps one.
func RegistryPath(home string, env map[string]string, pid int) string {
	return filepath.Join(homeOf(agent.Claude, home, env), "sessions", strconv.Itoa(pid)+".json")
}

// ReadRegistry reads a registry file. The error wraps fs.ErrNotExist if there
// is none. A file is left behind by a killed process: compare ProcStart.
func ReadRegistry(files Files, path string) (Registry, error) {
	f, err := files.Open(path)
	if err != nil {
		return Registry{}, fmt.Errorf("read registry: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, maxRegistry))
	if err != nil {
		return Registry{}, fmt.Errorf("read registry %s: %w", path, err)
	}
	r, err := ParseRegistry(data)
	if err != nil {
		return Registry{}, fmt.Errorf("read registry %s: %w", path, err)
	}
	return r, nil
}

// errRegistry is told of a file that is half written, as a rule.
var errRegistry = errors.New("not a registry entry; try again")

// ParseRegistry reads what a registry file holds.
func ParseRegistry(data []byte) (Registry, error) {
	var r Registry
	if !json.Valid(data) {
		return r, errRegistry
	}
	line := func(v raw) string { return agent.CleanLine(v.text(4096), 1024) }
	ok := walk(data, func(key string, v raw) bool {
		switch key {
		case "pid":
			r.PID = int(v.int())
		case "sessionId":
			r.SessionID = line(v)
		case "cwd":
			r.Dir = agent.Clean(v.text(4096))
		case "version":
			r.Version = line(v)
		case "kind":
			r.Kind = line(v)
		case "procStart":
			if r.ProcStart = line(v); r.ProcStart == "" {
				r.ProcStart = line(raw(strconv.Quote(string(v))))
			}
		case "tmux":
			r.Tmux = line(v)
		case "status":
			r.Status = line(v)
		case "waitingFor":
			r.WaitingFor = line(v)
		case "statusUpdatedAt", "updatedAt":
			if t := epoch(v.int()); t.After(r.UpdatedAt) {
				r.UpdatedAt = t
			}
		}
		return true
	})
	if !ok || r.PID == 0 {
		return Registry{}, errRegistry
	}
	return r, nil
}

// ClaudeState is the file in which a Claude Code process, given its HOME and
// environment, keeps what is not of one folder: the account among it.
func ClaudeState(home string, env map[string]string) string {
	if dir := env["CLAUDE_CONFIG_DIR"]; dir != "" {
		return filepath.Join(dir, ".claude.json")
	}
	return filepath.Join(home, ".claude.json")
}

// CodexHome is the configuration folder of a Codex process, given its HOME and
// environment.
func CodexHome(home string, env map[string]string) string {
	return homeOf(agent.Codex, home, env)
}

// SubAgentPath is where Claude Code has the transcript of a sub-agent, by the
// session file of the agent that started it.
func SubAgentPath(session, id string) string {
	return filepath.Join(strings.TrimSuffix(session, ".jsonl"), "subagents", "agent-"+filepath.Base("/"+id)+".jsonl")
}
