package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vigil/agent"
)

// Transcript returns the path of the agent's session file; empty before the
// CLI has made one.
func (c *Client) Transcript() string {
	pattern := ".claude/projects/*/*.jsonl"
	switch c.Kind {
	case agent.Codex:
		pattern = ".codex/sessions/*/*/*/rollout-*.jsonl"
	case agent.Gemini:
		pattern = ".gemini/tmp/*/chats/session-*.jsonl"
	case agent.Qwen:
		pattern = ".qwen/projects/*/chats/*.jsonl"
	case agent.OpenCode:
		pattern = ".local/share/opencode/opencode.db"
	}
	paths, _ := filepath.Glob(filepath.Join(c.Home, pattern)) // the pattern is right
	if len(paths) == 0 {
		return ""
	}
	slices.Sort(paths) // Codex: by start; sub-agents have later ones
	return paths[0]
}

// TurnEnds returns when the turns of the session ended, by the time stamps of
// the CLI's own marks. It is a reading of the file apart from the product's,
// so that the one can check the other.
func (c *Client) TurnEnds() ([]time.Time, error) {
	f, err := os.Open(c.Transcript())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return turnEnds(f)
}

func turnEnds(r io.Reader) ([]time.Time, error) {
	var out []time.Time
	br := bufio.NewReaderSize(r, 1<<20)
	for {
		raw, err := br.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return out, nil // what is left is half a line
		}
		if err != nil {
			return out, err
		}
		if !bytes.Contains(raw, []byte(`turn_duration`)) && !bytes.Contains(raw, []byte(`task_complete`)) {
			continue
		}
		var l struct {
			Timestamp     time.Time
			Type, Subtype string
			Payload       struct{ Type string }
		}
		if json.Unmarshal(raw, &l) != nil {
			continue // a line that only quotes the mark, in another shape
		}
		if (l.Type == "system" && l.Subtype == "turn_duration") || (l.Type == "event_msg" && l.Payload.Type == "task_complete") {
			out = append(out, l.Timestamp)
		}
	}
}
