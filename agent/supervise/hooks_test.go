package supervise

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/hook"
	"vigil/agent/journal"
	"vigil/agent/nudge"
)

// A CLI's hook is answered by the process that holds the lease, over the socket,
// and what became of the answer is written down.
func TestHooksAreServed(t *testing.T) {
	dir, err := os.MkdirTemp("", "vglh") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	home, work := filepath.Join(dir, "home"), filepath.Join(dir, "work")
	if err := os.MkdirAll(work, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(work) // openCLI keeps the session of this folder
	c := openCLI(filepath.Join(home, ".claude"))
	t.Cleanup(func() { c.file.Close() })
	human := func(text string, more map[string]any) {
		m := map[string]any{"message": map[string]any{"role": "user", "content": text}}
		for k, v := range more {
			m[k] = v
		}
		c.write("user", m)
	}
	tool := func() {
		c.assistant("tool_use", map[string]any{"type": "tool_use", "id": "t", "name": "Bash", "input": map[string]any{"command": "ls"}})
		c.write("user", map[string]any{"message": map[string]any{"role": "user", "content": []any{
			map[string]any{"type": "tool_result", "tool_use_id": "t", "content": "ok"},
		}}})
	}
	human("start", map[string]any{"origin": map[string]any{"kind": "human"}, "promptSource": "typed"})
	tool()

	j, err := journal.Open(t.Context(), filepath.Join(dir, "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	templates, err := nudge.NewTemplates(nil)
	if err != nil {
		t.Fatal(err)
	}
	policy := agent.DefaultPolicy()
	policy.Typed = 0
	var mu sync.Mutex
	told := map[agent.NudgeStatus]string{} // keys
	s, err := New(Options{
		Rules: Rules{
			Endings: ending.Default(), Templates: templates,
			Policy: func(agent.Agent) agent.Policy { return policy },
			Goal:   func(agent.Agent) agent.GoalLine { return agent.GoalLine{} },
		},
		Auto: true, Journal: j, Holder: journal.Holder("h", os.Getpid(), time.Now()),
		Sockets: func() []string { return nil }, NoLoose: true, Home: home, Env: func(string) string { return "" },
		Fixed: []Fixed{{Name: "opus", Kind: agent.Claude, Workspace: work}}, HookSocket: hook.Path(dir),
		Report: func(r Report) {
			mu.Lock()
			defer mu.Unlock()
			if r.Event == "nudge" {
				told[r.Status] = r.Key
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		hook.Relay(hook.Path(dir), strings.NewReader("{}"), os.Stdout) // refused at once
	})
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(60 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s did not come", what)
			}
		}
	}
	until("the agent", func() bool {
		a := s.Snapshot().Agents
		return len(a) == 1 && a[0].State == agent.Working
	})
	until("the server", func() bool {
		_, err := hook.Ping(hook.Path(dir))
		return err == nil
	})
	ask := func(session, text string) string {
		t.Helper()
		payload, err := json.Marshal(map[string]any{
			"hook_event_name": "Stop", "session_id": session, "prompt_id": "p", "last_assistant_message": text,
			"background_tasks": []any{}, "session_crons": []any{},
		})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		hook.Relay(hook.Path(dir), bytes.NewReader(payload), &out)
		return out.String()
	}
	if out := ask("another", final); out != "" {
		t.Errorf("a session that nobody knows was answered: %q", out)
	}
	if out := ask(cliSession, "Heartbeat 3: the sub-agent reports 4 of 8 trials done. Standing by for its report."); out != "" {
		t.Errorf("a wait was answered: %q", out)
	}
	var answer struct{ Decision, Reason string }
	if out := ask(cliSession, final); json.Unmarshal([]byte(out), &answer) != nil || answer.Decision != "block" || !strings.Contains(answer.Reason, "Keep going") {
		t.Fatalf("answered %q", out)
	}
	c.assistant("end_turn", map[string]any{"type": "text", "text": final})
	human("Stop hook feedback:\n"+answer.Reason, map[string]any{"isMeta": true})
	status := func(want agent.NudgeStatus) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return told[want] != ""
		}
	}
	until("its receipt", status(agent.Received))
	tool()
	until("its effect", status(agent.Effective))
	mu.Lock()
	key := told[agent.Effective]
	mu.Unlock()
	until("the record", func() bool {
		n, ok, err := j.Nudge(t.Context(), key)
		return err == nil && ok && n.Status == agent.Effective && n.Channel == agent.ViaHook && n.Text == answer.Reason
	})
	s.Send(agent.Intent{Type: agent.AutoOff})
	until("the end of the server", func() bool {
		_, err := hook.Ping(hook.Path(dir))
		return err != nil
	})
}
