package simagent

import (
	"fmt"
	"time"
)

// claudeRecord writes lines as Claude Code 2.1.330 does.
type claudeRecord struct {
	jsonl
	last string // the prompt of the turn
}

const claudeVersion = "2.1.330"

func newClaudeRecord(j jsonl) (record, error) {
	c := &claudeRecord{jsonl: j}
	if j.a.Turn > 0 {
		return c, nil
	}
	return c, c.write(
		line{"type": "mode", "mode": "normal", "sessionId": j.a.Session},
		line{"type": "permission-mode", "permissionMode": "bypassPermissions", "sessionId": j.a.Session},
	)
}

// chained adds the keys that every line of the conversation has, and links it
// to the one before.
func (c *claudeRecord) chained(l line) line {
	id := newID()
	var parent any
	if c.a.Parent != "" {
		parent = c.a.Parent
	}
	c.a.Parent = id
	for k, v := range (line{
		"parentUuid": parent, "uuid": id, "isSidechain": false, "timestamp": stamp(), "userType": "external",
		"entrypoint": "cli", "cwd": c.a.Workspace, "sessionId": c.a.Session, "version": claudeVersion, "gitBranch": "main",
	}) {
		l[k] = v
	}
	return l
}

func (c *claudeRecord) prompt(text string, from origin) error {
	c.last = text
	source, turn := "typed", "human"
	if from == notice {
		source, turn = "system", "task_notification"
	}
	return c.write(c.chained(line{
		"type": "user", "promptId": newID(), "message": line{"role": "user", "content": text},
		"permissionMode": "bypassPermissions", "origin": line{"kind": string(from)}, "promptSource": source, "turnOrigin": turn,
	}))
}

// assistant writes one block of an API message.
func (c *claudeRecord) assistant(stop string, block line) error {
	return c.write(c.chained(line{
		"type": "assistant", "requestId": "req_" + shortID(),
		"message": line{
			"id": "msg_" + newID(), "type": "message", "role": "assistant", "model": "claude-opus-4-7",
			"content": []line{block}, "stop_reason": stop, "stop_sequence": nil,
			"usage": line{
				"input_tokens": 420, "cache_creation_input_tokens": 900,
				"cache_read_input_tokens": 41000 + 600*c.a.Turn, "output_tokens": 160,
			},
		},
	}))
}

func (c *claudeRecord) say(text string) error {
	return c.assistant("tool_use", line{"type": "text", "text": text})
}

func (c *claudeRecord) call(tool, command string) (string, error) {
	id := "toolu_" + newID()
	input := line{"command": command, "description": tool}
	switch tool {
	case "Write", "Edit", "Read":
		input = line{"file_path": command}
	case background:
		tool, input = "Bash", line{"command": command, "description": "Training run", "run_in_background": true}
	}
	return id, c.assistant("tool_use", line{"type": "tool_use", "id": id, "name": tool, "input": input})
}

// background is the tool name of a step that starts a background shell.
const background = "Bash in background"

func (c *claudeRecord) result(id, output, task string) error {
	told := line{"stdout": output, "stderr": "", "interrupted": false, "isImage": false}
	if task != "" {
		output = "Command running in background with ID: " + task + ". You will be notified when it completes."
		told = line{"stdout": "", "stderr": "", "interrupted": false, "isImage": false, "backgroundTaskId": task}
	}
	return c.write(c.chained(line{
		"type": "user", "message": line{"role": "user", "content": []line{{
			"type": "tool_result", "tool_use_id": id, "content": output, "is_error": false,
		}}},
		"toolUseResult": told,
	}))
}

func (c *claudeRecord) queue(op, text string, more line) line {
	l := line{"type": "queue-operation", "operation": op, "timestamp": stamp(), "sessionId": c.a.Session, "content": text}
	for k, v := range more {
		l[k] = v
	}
	return l
}

func (c *claudeRecord) queued(text string) error { return c.write(c.queue("enqueue", text, nil)) }

func (c *claudeRecord) absorbed(text string) error {
	return c.write(
		c.queue("remove", text, line{"reason": "absorbed_mid_turn", "commandUuid": newID()}),
		c.chained(line{"type": "attachment", "attachment": line{
			"type": "queued_command", "prompt": text, "commandMode": "prompt", "origin": line{"kind": "human"},
		}}),
	)
}

func (c *claudeRecord) done(task, summary string) error {
	text := fmt.Sprintf("<task-notification>\n<task-id>%s</task-id>\n<status>completed</status>\n"+
		"<summary>Background command %q completed (exit code 0)</summary>\n</task-notification>", task, summary)
	if err := c.write(c.queue("enqueue", text, nil), c.queue("dequeue", text, nil)); err != nil {
		return err
	}
	return c.prompt(text, notice)
}

func (c *claudeRecord) final(text string, took time.Duration) error {
	if err := c.assistant("end_turn", line{"type": "text", "text": text}); err != nil {
		return err
	}
	return c.write(
		c.chained(line{
			"type": "system", "subtype": "turn_duration", "durationMs": took.Milliseconds(), "isMeta": false,
		}),
		line{"type": "last-prompt", "lastPrompt": c.last, "sessionId": c.a.Session},
	)
}
