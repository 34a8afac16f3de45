// Package hook is the way in by which an agent CLI tells vigil that it is
// about to stop, and lets it answer: the payloads of the CLIs' hooks ([Parse]),
// the socket between the hook's short-lived process ([Relay]) and the vigil
// that decides ([Serve]), and the entries in the CLIs' settings ([Install],
// [Remove]). It decides nothing itself.
//
// Whatever goes wrong here, the CLI must stop as if there were no hook: every
// failure is an empty answer.
package hook

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"vigil/agent"
)

// The events that matter. Both CLIs use these names in hook_event_name.
const (
	Stop              = "Stop"
	PermissionRequest = "PermissionRequest"
	SessionEnd        = "SessionEnd"
)

// maxPayload is the longest payload that is read, in bytes. A final message is
// some kilobytes; of a longer payload nothing is believed.
const maxPayload = 1 << 20

// Call is what a CLI tells its hook. Claude Code's fields are those of 2.1.330,
// Codex's those of 0.169; a CLI that has fewer leaves the rest unset.
type Call struct {
	Event      string
	Session    string // the session's id
	Transcript string // path of the session file
	Turn       string // id of the prompt or turn
	SubAgent   bool   // a sub-agent stops, not the agent
	Active     bool   // the turn has been continued by a Stop hook already
	Message    string // the final message, clean
	HasMessage bool   // the CLI tells the final message; it may be empty

	Tasks    []agent.Task // alive background tasks and armed wake-ups
	HasTasks bool         // the CLI tells its background tasks
	HasCrons bool         // ... and its wake-ups
}

// errPayload says that a payload is none.
var errPayload = errors.New("hook: not the payload of a hook")

// Parse reads a hook's payload. A field of an unexpected type counts as not
// told.
func Parse(data []byte) (Call, error) {
	var raw map[string]json.RawMessage
	if len(data) > maxPayload || json.Unmarshal(data, &raw) != nil {
		return Call{}, errPayload
	}
	text := func(key string) (string, bool) {
		var s *string
		err := json.Unmarshal(raw[key], &s)
		if err != nil || s == nil {
			return "", false
		}
		return *s, true
	}
	name := func(key string, n int) string {
		s, _ := text(key)
		if len(s) > n {
			return ""
		}
		return agent.CleanLine(s, n)
	}
	c := Call{
		Event: name("hook_event_name", 64), Session: name("session_id", 200), Turn: name("prompt_id", 200),
		SubAgent: name("agent_id", 200) != "",
	}
	if c.Turn == "" {
		c.Turn = name("turn_id", 200)
	}
	if c.Event == "" || c.Session == "" {
		return Call{}, errPayload
	}
	if p, _ := text("transcript_path"); len(p) <= 4096 && agent.Clean(p) == p {
		c.Transcript = p
	}
	_ = json.Unmarshal(raw["stop_hook_active"], &c.Active)
	c.Message, c.HasMessage = text("last_assistant_message")
	c.Message = agent.Clean(c.Message)
	if v, ok := raw["last_assistant_message"]; ok && string(v) == "null" {
		c.HasMessage = true // it said nothing
	}
	c.HasTasks = c.alive(raw["background_tasks"], background)
	c.HasCrons = c.alive(raw["session_crons"], cron)
	return c, nil
}

// told is an entry of background_tasks or session_crons.
type told struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Status      string `json:"status"`
	Description string `json:"description"`
	Command     string `json:"command"`
	Schedule    string `json:"schedule"`
	Prompt      string `json:"prompt"`
}

// maxTasks bounds how many tasks are taken from one payload.
const maxTasks = 256

// alive adds the living tasks of a list and reports whether there is a list.
func (c *Call) alive(raw json.RawMessage, task func(told) (agent.Task, bool)) bool {
	var list []json.RawMessage
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, &list) != nil {
		return false
	}
	for _, r := range list[:min(len(list), maxTasks)] {
		var e told
		_ = json.Unmarshal(r, &e) // what cannot be read of it is still something that lives
		if t, ok := task(e); ok {
			t.ID = agent.CleanLine(e.ID, 100)
			t.Wakes, t.State, t.Source = true, agent.TaskAlive, "hook"
			c.Tasks = append(c.Tasks, t)
		}
	}
	return true
}

// background reads a background task. One of an unknown status is believed to
// live: an agent that is left alone wrongly is nudged later all the same.
func background(e told) (agent.Task, bool) {
	switch strings.ToLower(e.Status) {
	case "completed", "failed", "killed", "stopped", "exited", "done":
		return agent.Task{}, false
	}
	t := agent.Task{Kind: agent.Shell, Summary: e.Command}
	switch kind := strings.ToLower(e.Type); {
	case strings.Contains(kind, "agent"):
		t.Kind = agent.SubAgent
	case strings.Contains(kind, "monitor"):
		t.Kind = agent.Monitor
	}
	if t.Summary == "" {
		t.Summary = e.Description
	}
	t.Summary = agent.CleanLine(t.Summary, 200)
	return t, true
}

func cron(e told) (agent.Task, bool) {
	return agent.Task{Kind: agent.Wakeup, Summary: agent.CleanLine(strings.TrimSpace(e.Schedule+" "+e.Prompt), 200)}, true
}

// answer is what a Stop hook prints to have its turn go on. Both CLIs take it.
type answer struct {
	Decision string `json:"decision"`
	Reason   string `json:"reason"`
}

// block is the answer by which the turn goes on with the text; empty for an
// empty one, which lets it end.
func block(text string) []byte {
	if text == "" {
		return nil
	}
	out, err := json.Marshal(answer{"block", text})
	if err != nil {
		return nil
	}
	return out
}

// checked returns an answer that a server gave if it is one that a CLI may see,
// written anew; nil if it is not.
func checked(data []byte) []byte {
	var a answer
	if json.Unmarshal(data, &a) != nil || a.Decision != "block" || agent.Clean(a.Reason) != a.Reason {
		return nil
	}
	return block(a.Reason)
}
