package transcript

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"vigil/agent"
)

// claude reads the session files of Claude Code: one JSON object a line, with
// the keys type, uuid, sessionId, timestamp and isSidechain; the content stands
// in message (user and assistant), subtype (system) or attachment.
//
// From 2.1.145 on the end of a turn is marked (system/turn_duration); before,
// the last assistant text with stop_reason end_turn is all there is, and in
// 2.1.50 not even that. Errors that end a turn are assistant lines with
// isApiErrorMessage; no mark follows them.
type claude struct {
	frame
	entry   string         // how the process was started: "cli", "sdk-cli"
	usage   []messageUsage // of the last messages, newest last
	calls   map[string]claudeCall
	agents  map[string]string // sub-agents: id and what for
	wakeups map[string]bool   // armed; true for one that fires again and again
	compact bool              // a boundary told of the compaction whose summary follows
	command *agent.Event      // a slash command that has not started a turn yet
	queue   []string
	taken   string // left the queue and has not been seen since
}

// claudeCall is what is remembered of a call until its result.
type claudeCall struct {
	name, summary string
	target        string // the task it stops or asks after, the agent it writes to
	recurring     bool   // of CronCreate
}

// messageUsage is what was counted of one API message. The lines of a message
// repeat its usage, and in some versions only the last has the whole of it.
type messageUsage struct {
	id string
	agent.Usage
}

func newClaude() *claude {
	return &claude{
		frame: newFrame(), calls: map[string]claudeCall{}, agents: map[string]string{}, wakeups: map[string]bool{},
	}
}

// claudeLine is the top of a line.
type claudeLine struct {
	typ, uuid, session, version, cwd, entry         string
	side, meta, companion, summary, visible, failed bool
	message, attachment, result                     raw
	fields                                          raw
	whole                                           bool
}

func parseClaude(line []byte) claudeLine {
	l := claudeLine{fields: line}
	l.whole = walk(line, func(key string, v raw) bool {
		switch key {
		case "type":
			l.typ = v.text(64)
		case "uuid":
			l.uuid = v.text(64)
		case "sessionId":
			l.session = v.text(64)
		case "version":
			l.version = v.text(64)
		case "cwd":
			l.cwd = v.text(4096)
		case "entrypoint":
			l.entry = v.text(64)
		case "isSidechain":
			l.side = v.isTrue()
		case "isMeta":
			l.meta = v.isTrue()
		case "turnCompanion":
			l.companion = v.isTrue()
		case "isCompactSummary":
			l.summary = v.isTrue()
		case "isVisibleInTranscriptOnly":
			l.visible = v.isTrue()
		case "isApiErrorMessage":
			l.failed = v.isTrue()
		case "message":
			l.message = v
		case "attachment":
			l.attachment = v
		case "toolUseResult":
			l.result = v
		}
		return true
	})
	return l
}

// Line takes one line.
func (c *claude) Line(line []byte, emit func(agent.Event)) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	l := parseClaude(line)
	switch {
	case !l.whole:
		c.skip("broken line")
		return
	case l.side: // a sub-agent's work is not the agent's own turn
		c.skip("sidechain")
		return
	}
	c.at = stamp(l.fields.get("timestamp"), c.at)
	send := c.sender(l.uuid, emit)
	switch l.typ {
	case "user", "assistant", "system", "attachment", "queue-operation":
		c.session(l, send)
	}
	switch l.typ {
	case "user":
		c.user(l, send)
	case "assistant":
		c.assistant(l, send)
	case "system":
		c.system(l, send)
	case "attachment":
		c.attached(l, send)
	case "queue-operation":
		c.queued(l, send)
	default:
		c.skip(l.typ)
	}
}

// session tells of the session when something about it is new. The folder is
// that of the first line: later ones follow the agent's own cd.
func (c *claude) session(l claudeLine, send func(agent.Event)) {
	in := agent.SessionInfo{}
	if l.session != "" && l.session != c.info.ID {
		in.Kind, in.ID = agent.Claude, agent.CleanLine(l.session, 100)
	}
	if c.info.Dir == "" {
		in.Dir = agent.Clean(l.cwd)
	}
	updated := c.info.Version != "" && l.version != "" && l.version != c.info.Version
	moved := c.entry != "" && l.entry != "" && l.entry != c.entry
	if l.version != c.info.Version {
		in.Version = agent.CleanLine(l.version, 100)
	}
	if l.entry != "" {
		c.entry = l.entry
	}
	if updated || moved { // only another process has another version or entry
		c.restarted(send)
	}
	c.inform(in, send)
}

// restarted forgets what died with the process.
func (c *claude) restarted(send func(agent.Event)) {
	for _, q := range c.queue {
		send(agent.Event{Type: agent.Absorbed, Text: q})
	}
	c.queue, c.taken = nil, ""
	clear(c.wakeups)
	clear(c.agents)
	send(agent.Event{Type: agent.Restarted})
}

// assistant reads one line of an API message: one content block, or several.
func (c *claude) assistant(l claudeLine, send func(agent.Event)) {
	var id, model, stop string
	var content, usage raw
	walk(l.message, func(key string, v raw) bool {
		switch key {
		case "id":
			id = v.text(100)
		case "model":
			model = v.text(100)
		case "stop_reason":
			stop = v.text(64)
		case "content":
			content = v
		case "usage":
			usage = v
		}
		return true
	})
	text := firstText(content)
	if strings.TrimSpace(text) == "No response requested." {
		// Written for a turn that had been cut off when the session is resumed:
		// the agent now waits, and has said nothing.
		send(agent.Event{Type: agent.TurnFailed, Failure: &agent.Failure{
			Ending: agent.Empty, Code: noResponse, Text: clean(text),
		}})
		return
	}
	if l.failed || model == "<synthetic>" {
		if c.synthetic(l, text, send) {
			return
		}
	} else if model != "" && model != c.info.Model {
		c.inform(agent.SessionInfo{Model: agent.CleanLine(model, 100)}, send)
	}
	c.flush(send)
	c.count(id, usage, send)
	if content.isString() {
		c.say(content.text(maxText), l.uuid, stop, send)
		return
	}
	each(content, func(i int, b raw) bool {
		eid := l.uuid
		if i > 0 {
			eid += "#" + strconv.Itoa(i)
		}
		c.block(b, eid, stop, send)
		return true
	})
}

func (c *claude) block(b raw, id, stop string, send func(agent.Event)) {
	switch typ := b.get("type").text(64); typ {
	case "text":
		c.say(b.get("text").text(maxText), id, stop, send)
	case "thinking", "redacted_thinking":
		send(agent.Event{Type: agent.Thinking, ID: id, Signs: thoughtSigns(b.get("thinking"))})
	case "tool_use", "server_tool_use", "mcp_tool_use":
		c.call(b, id, send)
	default:
		c.skip("content " + typ)
	}
}

func (c *claude) say(text, id, stop string, send func(agent.Event)) {
	if text = clean(text); strings.TrimSpace(text) == "" {
		c.skip("empty text")
		return
	}
	send(agent.Event{Type: agent.Message, ID: id, Text: text, Final: stop == "end_turn" || stop == "stop_sequence"})
}

// firstText returns the first text of a message's content.
func firstText(content raw) string {
	text := content.text(maxText)
	each(content, func(_ int, b raw) bool {
		if b.get("type").text(64) == "text" {
			text = b.get("text").text(maxText)
		}
		return text == ""
	})
	return text
}

// synthetic reads a line that the CLI itself wrote in the model's name; false
// if its text is to be read as a message.
func (c *claude) synthetic(l claudeLine, text string, send func(agent.Event)) bool {
	f := failure{code: l.fields.get("error").text(64), text: text, at: c.at}
	if api := l.fields.get("apiError").text(64); api != "" && f.code != "server_error" {
		f.code = api
	}
	f.status = l.fields.get("apiErrorStatus").int()
	f.cut = l.fields.get("apiErrorParams", "cut").text(64)
	f.resets = epoch(l.fields.get("quotaLimits", "resetsAt").int())
	if f.resets.IsZero() {
		f.resets = epoch(l.fields.get("apiErrorParams", "rate_limit_info", "resetsAt").int())
	}
	if !l.failed && f.code == "" && !strings.HasPrefix(text, "API Error") &&
		!usageLimit.MatchString(text) && !tooLong.MatchString(text) && !needsPerson.MatchString(text) {
		return false
	}
	c.flush(send)
	send(agent.Event{Type: agent.TurnFailed, Failure: f.judge()})
	return true
}

// noResponse is the code of the failure that stands for a turn cut off by the
// end of its process, told when the session is resumed.
const noResponse = "no_response"

// count tells the tokens of a message that were not told yet.
func (c *claude) count(id string, usage raw, send func(agent.Event)) {
	if id == "" || usage == nil {
		return
	}
	var now agent.Usage
	var created int64
	walk(usage, func(key string, v raw) bool {
		switch key {
		case "input_tokens":
			now.Input = v.int()
		case "cache_creation_input_tokens":
			created = v.int()
		case "cache_read_input_tokens":
			now.CachedInput = v.int()
		case "output_tokens":
			now.Output = v.int()
		}
		return true
	})
	now.Input += created
	now.Context = now.Input + now.CachedInput
	i := slices.IndexFunc(c.usage, func(u messageUsage) bool { return u.id == id })
	var old agent.Usage
	if i >= 0 {
		old = c.usage[i].Usage
		c.usage[i].Usage = now
	} else {
		c.usage = append(c.usage, messageUsage{id, now})
		if n := len(c.usage); n > 32 {
			c.usage = slices.Delete(c.usage, 0, n-32)
		}
	}
	now.Input -= old.Input
	now.CachedInput -= old.CachedInput
	now.Output -= old.Output
	if now.Input > 0 || now.CachedInput > 0 || now.Output > 0 {
		send(agent.Event{Type: agent.TokenUsage, Usage: &now})
	}
}

// system reads the CLI's own notes.
func (c *claude) system(l claudeLine, send func(agent.Event)) {
	switch sub := l.fields.get("subtype").text(64); sub {
	case "turn_duration":
		send(agent.Event{Type: agent.TurnEnded})
	case "compact_boundary":
		c.compact = true
		e := agent.Event{Type: agent.Compacted}
		if l.fields.get("compactMetadata").get("trigger").text(16) == "auto" {
			e.Origin = agent.System
		}
		send(e)
	case "scheduled_task_fire":
		c.fired(l.fields.get("taskId").text(100), send)
	default:
		c.skip("system/" + sub)
	}
}

// attached reads what the CLI attached to a turn.
func (c *claude) attached(l claudeLine, send func(agent.Event)) {
	switch typ := l.attachment.get("type").text(64); typ {
	case "goal_status":
		e := agent.Event{Type: agent.GoalActive, Text: clean(l.attachment.get("condition").text(maxText))}
		if l.attachment.get("met").isTrue() {
			e.Type = agent.GoalDone
		}
		send(e)
	case "queued_command":
		text := clean(l.attachment.get("prompt").text(maxText))
		if text == "" {
			each(l.attachment.get("prompt"), func(_ int, b raw) bool {
				text = clean(b.get("text").text(maxText))
				return text == ""
			})
		}
		c.absorbed(text, send)
		c.notices(text, send)
	default:
		c.skip("attachment/" + typ)
	}
}
