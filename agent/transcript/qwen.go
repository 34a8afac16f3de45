package transcript

import (
	"bytes"
	"cmp"
	"strings"

	"vigil/agent"
)

// qwen reads the session files of Qwen Code (0.24): one JSON object a line, with
// the keys uuid, sessionId, timestamp, type, subtype, cwd and version, as Claude
// Code has them; messages hold parts in the form of the Gemini API. A turn ends
// with an assistant's message without a call; its goal loop ends one by a tool
// with no text, and marks that (system/goal_turn_end). Failed requests are told
// one by one (system/ui_telemetry), whether they are made again or not.
type qwen struct {
	frame
	awaits bool               // the model is to answer
	calls  recent[agent.Call] // until their results
	goal   string
}

func newQwen() *qwen { return &qwen{frame: newFrame()} }

// qwenLine is the top of a line.
type qwenLine struct {
	typ, sub, origin, uuid, session, version, cwd, model string
	side, whole                                          bool
	parts, payload, usage, stamped                       raw
}

func parseQwen(line []byte) qwenLine {
	var l qwenLine
	l.whole = walk(line, func(key string, v raw) bool {
		switch key {
		case "type":
			l.typ = v.text(64)
		case "subtype":
			l.sub = v.text(64)
		case "provenance":
			l.origin = v.text(64)
		case "uuid":
			l.uuid = agent.CleanLine(v.text(64), 64)
		case "sessionId":
			l.session = v.text(100)
		case "version":
			l.version = v.text(64)
		case "cwd":
			l.cwd = v.text(4096)
		case "model":
			l.model = v.text(100)
		case "isSidechain":
			l.side = v.isTrue()
		case "timestamp":
			l.stamped = v
		case "message":
			l.parts = v.get("parts")
		case "systemPayload":
			l.payload = v
		case "usageMetadata":
			l.usage = v
		}
		return true
	})
	return l
}

// Line takes one line.
func (q *qwen) Line(line []byte, emit func(agent.Event)) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	l := parseQwen(line)
	if !l.whole {
		q.skip("broken line")
		return
	}
	q.at = stamp(l.stamped, q.at)
	send := q.sender(l.uuid, emit)
	q.session(l, send)
	if l.side { // a sub-agent's work is not the agent's own turn
		q.skip("sidechain")
		return
	}
	switch l.typ {
	case "user":
		q.user(l, send)
	case "assistant":
		q.assistant(l, send)
	case "tool_result":
		q.results(l, send)
	case "system":
		q.system(l, send)
	default:
		q.skip(l.typ)
	}
}

// session tells of the session when something about it is new.
func (q *qwen) session(l qwenLine, send func(agent.Event)) {
	in := agent.SessionInfo{
		ID: agent.CleanLine(l.session, 100), Version: agent.CleanLine(l.version, 100), Model: agent.CleanLine(l.model, 100),
	}
	if in.ID != "" && in.ID != q.info.ID {
		in.Kind, in.Side = agent.Qwen, l.side
	}
	if q.info.Dir == "" { // later ones follow the agent's own cd
		in.Dir = agent.Clean(l.cwd)
	}
	q.inform(in, send)
}

// user reads a message to the model that no tool wrote.
func (q *qwen) user(l qwenLine, send func(agent.Event)) {
	m := readParts(l.parts)
	if len(m.results) > 0 {
		q.results(l, send)
		return
	}
	if m.text == "" {
		q.skip("empty text")
		return
	}
	origin := agent.System
	switch l.sub {
	case "notification":
		origin = agent.Notice
	case "cron":
		origin = agent.Scheduled
	case "goal_runtime":
		origin = agent.Goal
	case "mid_turn_user_message":
		send(agent.Event{Type: agent.Absorbed, Text: m.text})
		return
	default:
		if l.origin == "real_user" || l.origin == "" {
			origin = agent.Human
		}
	}
	q.awaits = true
	send(agent.Event{Type: agent.Prompt, Text: m.text, Origin: origin})
	if origin == agent.Notice {
		q.ended(between(m.text, "<task-id>", "</task-id>"), l.uuid, send)
	}
}

// ended tells that a background task ended.
func (q *qwen) ended(task, id string, send func(agent.Event)) {
	if task = agent.CleanLine(task, 100); task != "" {
		send(agent.Event{Type: agent.TaskEnded, ID: id + "/task", Task: &agent.Task{ID: task}})
	}
}

// assistant reads a message of the model.
func (q *qwen) assistant(l qwenLine, send func(agent.Event)) {
	m := readParts(l.parts)
	if u := qwenUsage(l.usage); u != (agent.Usage{}) {
		send(agent.Event{Type: agent.TokenUsage, Usage: &u})
	}
	switch {
	case m.text != "":
		send(agent.Event{Type: agent.Message, Text: m.text, Final: len(m.calls) == 0})
	case m.thought:
		send(agent.Event{Type: agent.Thinking})
	}
	for _, c := range m.calls {
		q.calls.set(c.ID, c)
		send(agent.Event{Type: agent.ToolCall, ID: c.ID, Call: &c})
	}
	q.awaits = false
}

// qwenUsage reads the token counts of a message. Its thoughts are part of its
// output.
func qwenUsage(v raw) agent.Usage {
	var u agent.Usage
	walk(v, func(key string, v raw) bool {
		switch key {
		case "promptTokenCount":
			u.Input = v.int()
		case "cachedContentTokenCount":
			u.CachedInput = v.int()
		case "candidatesTokenCount":
			u.Output = v.int()
		}
		return true
	})
	u.Context = u.Input
	u.Input = max(u.Input-u.CachedInput, 0)
	return u
}

// results reads the results of tools.
func (q *qwen) results(l qwenLine, send func(agent.Event)) {
	for _, r := range readParts(l.parts).results {
		call, _ := q.calls.get(r.ID)
		send(agent.Event{Type: agent.ToolResult, ID: r.ID + "/result", Call: &agent.Call{ID: r.ID, Name: r.Name}, Text: r.Summary})
		q.launched(call, r, send)
	}
	q.awaits = true
}

// launched tells of a background task, if a result says that one was started.
// The CLI wakes the agent when it ends.
func (q *qwen) launched(call, r agent.Call, send func(agent.Event)) {
	kind, rest := agent.Shell, ""
	if _, after, ok := strings.Cut(r.Summary, "Background shell started."); ok {
		_, rest, _ = strings.Cut(after, "id: ")
	} else if _, after, ok := strings.Cut(r.Summary, "Background agent launched successfully."); ok {
		kind = agent.SubAgent
		_, rest, _ = strings.Cut(after, "task_id: ")
	}
	id, _, _ := strings.Cut(rest, " ")
	if id == "" {
		return
	}
	send(agent.Event{Type: agent.TaskStarted, ID: r.ID + "/task", Task: &agent.Task{
		ID: id, Kind: kind, Summary: cmp.Or(call.Summary, "in the background"), Started: q.at, Wakes: true, Source: "transcript",
	}})
}

// system reads the CLI's own notes.
func (q *qwen) system(l qwenLine, send func(agent.Event)) {
	switch l.sub {
	case "ui_telemetry":
		q.telemetry(l, send)
	case "chat_compression":
		send(agent.Event{Type: agent.Compacted})
	case "goal_turn_end":
		q.awaits = false
		send(agent.Event{Type: agent.TurnEnded})
	case "goal_state":
		goal := l.payload.get("snapshot", "goal")
		was := q.goal
		if q.goal = ""; goal.get("status").text(32) == "active" {
			q.goal = clean(goal.get("objective").text(maxText))
		}
		switch {
		case q.goal != "":
			send(agent.Event{Type: agent.GoalActive, Text: q.goal})
		case was != "":
			send(agent.Event{Type: agent.GoalDone})
		}
	default:
		q.skip("system/" + l.sub)
	}
}

// telemetry reads a failed request. One that comes while nothing is asked of
// the model is of a side thread.
func (q *qwen) telemetry(l qwenLine, send func(agent.Event)) {
	e := l.payload.get("uiEvent")
	name := e.get("event.name").text(100)
	if !strings.HasSuffix(name, ".api_error") || !q.awaits {
		q.skip("system/ui_telemetry")
		return
	}
	f := failure{
		code: snake(strings.TrimPrefix(e.get("error_type").text(64), "API")), status: e.get("status_code").int(),
		text: e.get("error_message").text(maxText), at: q.at,
	}
	if geminiContext.MatchString(f.text) {
		f.cut = "context_window"
	}
	if f.status == 503 {
		f.code = agent.Overloaded
	}
	send(agent.Event{Type: agent.TurnFailed, Failure: f.judge()})
}

// starts looks at a line from behind, for Tail.
func (q *qwen) starts(line []byte) start {
	if !bytes.Contains(line, []byte(`"user"`)) {
		return inside
	}
	l := parseQwen(line)
	if !l.whole || l.side || l.typ != "user" || l.sub == "mid_turn_user_message" {
		return inside
	}
	if m := readParts(l.parts); m.text == "" || len(m.results) > 0 {
		return inside
	}
	return begins
}

func (q *qwen) needles() [][]byte {
	return [][]byte{[]byte("Background shell started"), []byte("Background agent launched"), []byte("task-notification")}
}
