package supervise

import (
	"strings"
	"testing"

	"vigil/agent/tmux"
)

func TestSaidGoodbye(t *testing.T) {
	const id = "0aa1b2c3-0000-4000-8000-00000000000a"
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"Claude Code", "$ claude\n\nResume this session with:\nclaude --resume " + id + "\n$ ", true},
		{"Codex", "Token usage: total=0 input=0 output=0\nTo continue this session, run:\n  codex resume " + id + "\n$ ", true},
		{"an older Codex", "To continue this session, run codex resume " + id + "\n$ ", true},
		{"of another session", "Resume this session with:\nclaude --resume 11111111-0000-4000-8000-000000000001\n$ ", false},
		{"killed after a restart", "$ claude --resume " + id + "\nhello\nKilled\n$ ", false},
		{"long ago", "Resume this session with:\nclaude --resume " + id + strings.Repeat("\nwork", goodbyeRows) + "\n$ ", false},
		{"below the prompt", "$ \nResume this session with:\nclaude --resume " + id, false},
	} {
		rows := strings.Split(c.text, "\n")
		y := len(rows) - 1
		if c.name == "below the prompt" {
			y = 0
		}
		got := saidGoodbye(tmux.Capture{Text: c.text, Cursor: true, X: 2, Y: y}, id)
		if got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
