package tmux

import (
	"errors"
	"strings"
	"testing"
)

func TestAgain(t *testing.T) {
	const id = "0aa1b2c3-0000-4000-8000-00000000000a"
	for _, c := range []struct{ args, want string }{
		{"claude", "claude --resume ID"},
		{"claude --dangerously-skip-permissions --model opus", "claude --dangerously-skip-permissions --model opus --resume ID"},
		{"claude --model opus|do the work", "claude --model opus --resume ID"},
		{"claude -c --model opus", "claude --model opus --resume ID"},
		{"claude --continue --fork-session", "claude --resume ID"},
		{"claude --resume 11111111-0000-4000-8000-000000000001 --verbose", "claude --verbose --resume ID"},
		{"claude --resume=11111111-0000-4000-8000-000000000001 go", "claude --resume ID"},
		{"claude -r --ide", "claude --ide --resume ID"},
		{"claude --session-id 11111111-0000-4000-8000-000000000001 -d api", "claude -d api --resume ID"},
		{"claude --allowedTools Bash Edit --add-dir /x /y --effort high|begin", "claude --allowedTools Bash Edit --add-dir /x /y --effort high --resume ID"},
		{"/opt/bin/claude --settings={} -- --odd prompt", "/opt/bin/claude --settings={} --resume ID"},
		{"node /l/node_modules/@anthropic-ai/claude-code/cli.js --ide x", "node /l/node_modules/@anthropic-ai/claude-code/cli.js --ide --resume ID"},
		{"codex", "codex resume ID"},
		{"codex --no-daemon -m gpt|start", "codex resume ID --no-daemon -m gpt"},
		{"codex resume --last -s read-only", "codex resume ID -s read-only"},
		{"codex resume 11111111-0000-4000-8000-000000000001 --search -c a=1|go on", "codex resume ID --search -c a=1"},
		{"codex -i a.png b.png --yolo", "codex resume ID --yolo"},
		{"node /usr/bin/codex fork x --full-auto", "node /usr/bin/codex resume ID --full-auto"},
		{"gemini -y -m pro -i start", "gemini -y -m pro --resume ID"},
		{"node /l/qwen --continue --approval-mode yolo", "node /l/qwen --approval-mode yolo --resume ID"},
		{"opencode -c --agent build --prompt go", "opencode --agent build --session ID"},
		{"claude -w try", ""},
		{"codex --worktree", ""},
		{"vim plan.md", ""},
	} {
		args := strings.Fields(c.args)
		if before, prompt, ok := strings.Cut(c.args, "|"); ok {
			args = append(strings.Fields(before), prompt)
		}
		got, err := Again(Process{Args: args}, id)
		if c.want == "" {
			if !errors.Is(err, ErrAgain) {
				t.Errorf("%s: %q, %v", c.args, got, err)
			}
			continue
		}
		if err != nil || strings.Join(got, " ") != strings.ReplaceAll(c.want, "ID", id) {
			t.Errorf("%s: %q, %v", c.args, got, err)
		}
	}
	for _, p := range []Process{{Args: []string{"claude --model opus"}}, {Args: nil}} {
		if got, err := Again(p, id); !errors.Is(err, ErrAgain) {
			t.Errorf("%q: %q, %v", p.Args, got, err)
		}
	}
	if _, err := Again(Process{Args: []string{"claude"}}, ""); !errors.Is(err, ErrAgain) {
		t.Errorf("without a session: %v", err)
	}
}
