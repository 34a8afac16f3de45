package supervise

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The tests' own agent CLI: this test binary, started with cliVar in its
// environment. It draws itself as Claude Code does, takes pastes and Enter, and
// keeps a session file. To each prompt it answers with a tool call and then
// stops again.
const cliVar = "VIGIL_TEST_CLI"

// Started as "--test-resume TEXT" it takes one prompt without a screen.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "--test-resume" {
		openCLI(os.Getenv("CLAUDE_CONFIG_DIR")).prompt(os.Args[2])
		return
	}
	if dir := os.Getenv(cliVar); dir != "" {
		runCLI(dir)
		return
	}
	os.Exit(m.Run())
}

const cliSession = "aaaaaaaa-0000-4000-8000-00000000000a"

// cli is a running one.
type cli struct {
	file  *os.File // its session's
	n     int      // lines written
	turns int
	draft string
	said  []string
}

func openCLI(dir string) *cli {
	work, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	folder := filepath.Join(dir, "projects", strings.NewReplacer("/", "-", ".", "-", "_", "-").Replace(work))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		panic(err)
	}
	file, err := os.OpenFile(filepath.Join(folder, cliSession+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	return &cli{file: file}
}

func runCLI(dir string) {
	c := openCLI(dir)
	c.prompt("start")
	in := bufio.NewReader(os.Stdin)
	fmt.Print("\x1b[?2004h")
	for pasting := false; ; {
		c.draw()
		r, _, err := in.ReadRune()
		if err != nil {
			return
		}
		switch {
		case r == 0x1b:
			seq, _ := in.ReadString('~')
			pasting = seq == "[200~"
		case r == '\r' && !pasting:
			if c.draft != "" {
				c.prompt(c.draft)
				c.draft = ""
			}
		default:
			c.draft += strings.ReplaceAll(string(r), "\r", "\n")
		}
	}
}

func (c *cli) write(kind string, more map[string]any) {
	c.n++
	line := map[string]any{
		"type": kind, "uuid": fmt.Sprintf("u%d-%d", os.Getpid(), c.n), "sessionId": cliSession, "cwd": "/w", "version": "2.1.330",
		"timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	for k, v := range more {
		line[k] = v
	}
	b, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	if _, err := c.file.Write(append(b, '\n')); err != nil {
		panic(err)
	}
}

func (c *cli) assistant(stop string, block map[string]any) {
	c.write("assistant", map[string]any{"message": map[string]any{
		"id": fmt.Sprintf("m%d-%d", os.Getpid(), c.n), "model": "x", "stop_reason": stop, "content": []any{block},
	}})
}

// prompt is a turn: a tool call, and a final message.
func (c *cli) prompt(text string) {
	c.turns++
	c.write("user", map[string]any{
		"message": map[string]any{"role": "user", "content": text}, "origin": map[string]any{"kind": "human"}, "promptSource": "typed",
	})
	call := fmt.Sprint("t", c.turns)
	c.assistant("tool_use", map[string]any{"type": "tool_use", "id": call, "name": "Bash", "input": map[string]any{"command": "ls"}})
	c.write("user", map[string]any{"message": map[string]any{"role": "user", "content": []any{
		map[string]any{"type": "tool_result", "tool_use_id": call, "content": "ok"},
	}}})
	c.assistant("end_turn", map[string]any{"type": "text", "text": fmt.Sprintf("SESSION FINAL %d: every lever is exhausted. Stopping the autonomous loop here.", c.turns)})
	c.write("system", map[string]any{"subtype": "turn_duration", "durationMs": 1})
	c.said = append(c.said, fmt.Sprintf("● SESSION FINAL %d", c.turns))
}

func (c *cli) draw() {
	var b strings.Builder
	b.WriteString("\x1b[2J\x1b[H")
	said := c.said[max(0, len(c.said)-5):]
	for _, l := range said {
		b.WriteString(l + "\r\n")
	}
	rule := strings.Repeat("─", 100)
	lines := strings.Split(c.draft, "\n")
	b.WriteString(rule + "\r\n❯\u00a0" + strings.Join(lines, "\r\n  "))
	if c.draft == "" {
		b.WriteString("\x1b[7m \x1b[0m")
	}
	b.WriteString("\r\n" + rule + "\r\n  ⏵⏵ bypass permissions on (shift+tab to cycle)")
	fmt.Printf("%s\x1b[%d;3H", b.String(), len(said)+1+len(lines)) // the cursor, in the input line
}
