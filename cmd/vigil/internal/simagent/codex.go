package simagent

import (
	"encoding/json"
	"time"
)

// codexRecord writes lines as Codex 0.169 does.
type codexRecord struct {
	jsonl
	turn     string
	started  time.Time
	commands map[string]string // by call id
}

const codexWindow = 258400 // tokens

func newCodexRecord(j jsonl) (record, error) {
	c := &codexRecord{jsonl: j, commands: map[string]string{}}
	if j.a.Turn > 0 {
		return c, nil
	}
	return c, c.item("session_meta", line{
		"id": j.a.Session, "session_id": j.a.Session, "timestamp": stamp(), "cwd": j.a.Workspace,
		"originator": "codex-tui", "cli_version": "0.169.0", "source": "cli", "thread_source": "user",
		"parent_thread_id": nil, "model_provider": "openai",
	})
}

func (c *codexRecord) item(typ string, payload line) error {
	l := line{"timestamp": stamp(), "ordinal": c.a.Ordinal, "type": typ, "payload": payload}
	c.a.Ordinal++
	return c.write(l)
}

func (c *codexRecord) event(typ string, payload line) error {
	payload["type"] = typ
	return c.item("event_msg", payload)
}

// message writes a message as a response item and as a completed item.
func (c *codexRecord) message(role, text string) error {
	in, kind, part := "output_text", "AgentMessage", "Text"
	if role == "user" {
		in, kind, part = "input_text", "UserMessage", "text"
	}
	if err := c.item("response_item", line{
		"type": "message", "id": "msg_" + newID(), "role": role, "content": []line{{"type": in, "text": text}},
	}); err != nil {
		return err
	}
	return c.event("item_completed", line{
		"thread_id": c.a.Session, "turn_id": c.turn,
		"item": line{"type": kind, "id": newID(), "content": []line{{"type": part, "text": text}}},
	})
}

func (c *codexRecord) prompt(text string, _ origin) error {
	c.turn, c.started = newID(), time.Now()
	if err := c.event("task_started", line{
		"turn_id": c.turn, "root_turn_id": c.turn, "turn_attribution": line{"turn_id": c.turn, "turn_trigger": "user"},
		"started_at": c.started.Unix(), "model_context_window": codexWindow,
	}); err != nil {
		return err
	}
	if err := c.item("turn_context", line{
		"turn_id": c.turn, "cwd": c.a.Workspace, "approval_policy": "never", "model": "gpt-5.5",
		"sandbox_policy": line{"type": "danger-full-access"},
	}); err != nil {
		return err
	}
	return c.message("user", text)
}

func (c *codexRecord) say(text string) error { return c.message("assistant", text) }

func (c *codexRecord) call(_, command string) (string, error) {
	id := "call_" + newID()
	c.commands[id] = command
	args, err := json.Marshal(line{"cmd": command})
	if err != nil {
		return "", err
	}
	return id, c.item("response_item", line{
		"type": "function_call", "status": "completed", "id": "fc_" + shortID(), "name": "exec_command",
		"arguments": string(args), "call_id": id,
	})
}

func (c *codexRecord) result(id, output, _ string) error {
	command := c.commands[id]
	delete(c.commands, id)
	if err := c.event("item_completed", line{
		"thread_id": c.a.Session, "turn_id": c.turn, "item": line{
			"type": "CommandExecution", "id": id, "command": []string{"/bin/bash", "-lc", command},
			"status": "completed", "aggregated_output": output, "exit_code": 0,
		},
	}); err != nil {
		return err
	}
	if err := c.item("response_item", line{
		"type": "function_call_output", "call_id": id,
		"output": "Wall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n" + output,
	}); err != nil {
		return err
	}
	used := line{"input_tokens": 24000, "cached_input_tokens": 22000, "output_tokens": 300, "total_tokens": 24300}
	return c.event("token_count", line{
		"info": line{
			"total_token_usage": line{
				"input_tokens": 24000 * c.a.Ordinal, "cached_input_tokens": 22000 * c.a.Ordinal,
				"output_tokens": 300 * c.a.Ordinal, "total_tokens": 24300 * c.a.Ordinal,
			},
			"last_token_usage": used, "model_context_window": codexWindow,
		},
		"rate_limits": line{"primary": nil, "secondary": nil},
	})
}

func (c *codexRecord) queued(string) error { return nil } // kept in the client until it is taken in

func (c *codexRecord) absorbed(text string) error { return c.message("user", text) }

func (c *codexRecord) done(string, string) error { return nil } // Codex does not wake for a job

func (c *codexRecord) final(text string, took time.Duration) error {
	if err := c.message("assistant", text); err != nil {
		return err
	}
	return c.event("task_complete", line{
		"turn_id": c.turn, "root_turn_id": c.turn, "last_agent_message": text, "started_at": c.started.Unix(),
		"completed_at": time.Now().Unix(), "duration_ms": took.Milliseconds(),
	})
}
