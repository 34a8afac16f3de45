package transcript

import (
	"bytes"
	"errors"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
)

// codex reads the rollout files of the Codex CLI: one JSON object a line with
// timestamp, type and payload (and ordinal, from 0.169 on).
//
// Turns are marked from about 0.118 on (task_started, task_complete with an
// error if one ended it, turn_aborted). Before that a turn starts with a
// user_message and its end is not told. Messages are written twice, as the item
// that the model sees (response_item) and as what a person sees (event_msg); the
// second of a pair is left out.
type codex struct {
	frame
	turn    string // the open turn; empty if none is, or none is marked
	marked  bool   // the starts of turns are marked
	prompt  string // of the open turn, as last told
	said    string // the last message, until something else happens
	failed  bool   // an error was told for the open turn
	calls   map[string]codexCall
	shells  map[string]string // background terminals: session and the call that started it
	helpers map[string]bool   // sub-agents at work
	total   agent.Usage       // tokens counted in the file so far
	window  int64
	resets  time.Time // of the quota in force
	usedUp  bool      // it is used up, so that resets is the reset of a limit that is met
	goal    bool
}

type codexCall struct {
	name, summary string
	session       string // of write_stdin
}

func newCodex() *codex {
	return &codex{
		frame: newFrame(), calls: map[string]codexCall{}, shells: map[string]string{}, helpers: map[string]bool{},
	}
}

// codexLine is one line, with the type within its payload.
type codexLine struct {
	line    []byte
	typ     string
	ordinal string
	stamp   raw
	payload raw
	sub     string
}

func parseCodex(line []byte) (codexLine, bool) {
	l := codexLine{line: line}
	whole := walk(line, func(key string, v raw) bool {
		switch key {
		case "type":
			l.typ = v.text(64)
		case "ordinal":
			if n := v.int(); n > 0 || string(v) == "0" {
				l.ordinal = strconv.FormatInt(n, 10)
			}
		case "timestamp":
			l.stamp = v
		case "payload":
			l.payload = v
		}
		return true
	})
	switch l.typ {
	case "event_msg", "response_item":
		l.sub = l.payload.get("type").text(64)
	}
	return l, whole
}

// id names the line. Lines have no id of their own in most versions, so it is
// their number or, failing that, a hash of what they hold.
func (l codexLine) id() string {
	if l.ordinal != "" {
		return "line/" + l.ordinal
	}
	h := fnv.New64a()
	h.Write(l.line)
	return "line/" + strconv.FormatUint(h.Sum64(), 36)
}

// Line takes one line.
func (c *codex) Line(line []byte, emit func(agent.Event)) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	l, whole := parseCodex(line)
	if !whole {
		c.skip("broken line")
		return
	}
	c.at = stamp(l.stamp, c.at)
	send := func(e agent.Event) {
		e.At = c.at
		if e.ID == "" {
			e.ID = l.id()
		}
		if e.Turn == "" {
			e.Turn = c.turn
		}
		emit(e)
	}
	switch l.typ {
	case "session_meta":
		c.meta(l.payload, send)
	case "turn_context":
		c.inform(agent.SessionInfo{Model: agent.CleanLine(l.payload.get("model").text(100), 100)}, send)
	case "event_msg":
		c.event(l, send)
	case "response_item":
		c.item(l, send)
	case "compacted":
		send(agent.Event{Type: agent.Compacted})
	default:
		c.skip(l.typ)
	}
}

// meta reads session_meta. A second one with the same id is written when the
// session is resumed; one with another id is the history of a forked session.
func (c *codex) meta(p raw, send func(agent.Event)) {
	in := agent.SessionInfo{
		Kind:    agent.Codex,
		ID:      agent.CleanLine(p.get("id").text(100), 100),
		Dir:     agent.Clean(p.get("cwd").text(4096)),
		Version: agent.CleanLine(p.get("cli_version").text(100), 100),
		Parent:  agent.CleanLine(p.get("parent_thread_id").text(100), 100),
	}
	if in.Parent == "" {
		in.Parent = agent.CleanLine(p.get("source", "subagent", "thread_spawn", "parent_thread_id").text(100), 100)
	}
	thread := p.get("thread_source").text(64)
	in.Side = (thread != "" && thread != "user") || p.get("source", "subagent") != nil || in.Parent != ""
	switch {
	case c.info.ID == "":
		c.info.ID = in.ID
		send(agent.Event{Type: agent.SessionMeta, Session: &in})
	case in.ID == c.info.ID:
		c.restarted(send)
	default:
		c.skip("session_meta of another session")
	}
}

// restarted forgets what died with the process.
func (c *codex) restarted(send func(agent.Event)) {
	clear(c.shells)
	clear(c.helpers)
	clear(c.calls)
	c.turn = ""
	send(agent.Event{Type: agent.Restarted})
}

// event reads what a person sees of a session.
func (c *codex) event(l codexLine, send func(agent.Event)) {
	p := l.payload
	switch l.sub {
	case "task_started", "turn_started":
		c.started(p, send)
	case "task_complete", "turn_complete", "turn_completed":
		c.completed(p, send)
	case "turn_aborted":
		c.aborted(p, send)
	case "error":
		c.fail(p, send)
	case "user_message":
		c.told(p.get("message").text(maxText), send)
	case "agent_message":
		c.say(p.get("message").text(maxText), send)
	case "token_count":
		c.tokens(p, send)
	case "thread_goal_updated":
		c.goals(p.get("goal"), send)
	case "thread_goal_cleared":
		c.goals(nil, send)
	case "exec_command_end":
		c.exited(p.get("process_id").text(64), send)
	case "item_completed":
		c.completedItem(p.get("item"), send)
	default:
		c.skip("event_msg/" + l.sub)
	}
}

// started reads the mark of a turn's start. If another turn is open still, the
// process that ran it was killed: nothing else tells of that.
func (c *codex) started(p raw, send func(agent.Event)) {
	id := agent.CleanLine(p.get("turn_id").text(100), 100)
	if c.turn != "" && c.turn != id {
		c.restarted(send)
	}
	c.marked = true
	c.turn, c.prompt, c.said, c.failed = id, "", "", false
	if w := p.get("model_context_window").int(); w > 0 {
		c.window = w
	}
	e := agent.Event{Type: agent.Prompt, Origin: agent.Human}
	switch trigger := p.get("turn_attribution", "turn_trigger").text(64); trigger {
	case "", "user", "exec", "app_server", "queue":
	case "goal":
		e.Origin = agent.Goal
	default:
		e.Origin = agent.System
	}
	if id != "" {
		e.ID = id + "/start"
	}
	send(e)
}

// completed reads the mark of a turn's end.
func (c *codex) completed(p raw, send func(agent.Event)) {
	e := agent.Event{Type: agent.TurnEnded, Turn: agent.CleanLine(p.get("turn_id").text(100), 100)}
	if e.Turn != "" {
		e.ID = e.Turn + "/end"
	}
	e.Text = clean(p.get("last_agent_message").text(maxText))
	status := p.get("status").text(64)
	switch err := p.get("error"); {
	case err.isObject():
		e.Type, e.Text, e.Failure = agent.TurnFailed, "", c.failure(err)
	case err.isString():
		e.Type, e.Text, e.Failure = agent.TurnFailed, "", failure{text: err.text(maxText), at: c.at}.judge()
	case status == "interrupted":
		e.Type = agent.TurnAborted
	case status == "failed" && !c.failed:
		e.Type, e.Failure = agent.TurnFailed, failure{code: status, at: c.at}.judge()
	}
	c.close()
	send(e)
}

// close notes that no turn is open.
func (c *codex) close() {
	c.turn, c.prompt, c.said, c.failed = "", "", "", false
	clear(c.calls)
}

func (c *codex) aborted(p raw, send func(agent.Event)) {
	turn := agent.CleanLine(p.get("turn_id").text(100), 100)
	e := agent.Event{Type: agent.TurnAborted, Turn: turn}
	if turn != "" {
		e.ID = turn + "/end"
	}
	if reason := p.get("reason").text(64); reason == "budget_limited" {
		e.Type, e.Failure = agent.TurnFailed, failure{code: reason, at: c.at}.judge()
	}
	c.close()
	send(e)
}

// fail reads an error that ends the turn. The end itself is marked by a later
// line, in those versions that have it.
func (c *codex) fail(p raw, send func(agent.Event)) {
	c.failed = true
	send(agent.Event{Type: agent.TurnFailed, Failure: c.failure(p)})
}

// failure reads an error: a message and codex_error_info, which is a name or an
// object with a name for its only key.
func (c *codex) failure(p raw) *agent.Failure {
	f := failure{text: p.get("message").text(maxText), at: c.at}
	info := p.get("codex_error_info")
	if info == nil {
		info = p.get("codexErrorInfo")
	}
	f.code = snake(info.text(64))
	walk(info, func(key string, v raw) bool {
		f.code = snake(key)
		if f.status = v.get("http_status_code").int(); f.status == 0 {
			f.status = v.get("httpStatusCode").int()
		}
		return false
	})
	out := f.judge()
	if out.Ending == agent.Limit && c.resets.After(c.at) && (c.usedUp || out.Resets.IsZero()) && out.Code != agent.Overloaded {
		out.Resets = c.resets // the text has only a clock time, of the minute
	}
	return out
}

// told reads a message to the agent; it may stand in the file twice.
func (c *codex) told(text string, send func(agent.Event)) {
	text = strings.TrimSpace(text)
	has := func(prefix string) bool { return strings.HasPrefix(text, prefix) }
	e := agent.Event{Type: agent.Prompt, Origin: agent.Human, Text: clean(text)}
	switch {
	case text == "", text == c.prompt && c.said == "":
		return
	case has("<environment_context>"), has("<user_instructions>"), has("# AGENTS.md instructions"),
		has("<skills_instructions>"), has("<permissions instructions>"), has("<collaboration_mode>"),
		has("<codex_internal_context source=\"user_goal\">"):
		c.skip("context for the model")
		return
	case has("[context compacted"):
		if c.prompt != text {
			c.prompt, c.said = text, ""
			send(agent.Event{Type: agent.Compacted})
		}
		return
	case has("<turn_aborted>"): // tells the model of what turn_aborted tells us
		c.skip("context for the model")
		return
	case has("<subagent_notification>"):
		e.Origin = agent.Notice
	case has("<hook_prompt"):
		e.Origin = agent.Hook
	case has("<codex_internal_context source=\"goal\">"):
		e.Origin = agent.Goal
	case has("<codex_internal_context"):
		e.Origin = agent.System
	}
	c.prompt, c.said = text, ""
	if e.Origin == agent.Notice {
		c.notice(text, send)
		if c.marked { // it is taken into the running turn, or waits for the next
			return
		}
	}
	send(e)
}

// say reads a message of the agent; it may stand in the file twice in a row.
func (c *codex) say(text string, send func(agent.Event)) {
	text = clean(text)
	if strings.TrimSpace(text) == "" || text == c.said {
		return
	}
	c.said = text
	send(agent.Event{Type: agent.Message, Text: text})
}

// starts looks at a line from behind, for Tail.
func (c *codex) starts(line []byte) start {
	head := line[:min(len(line), 1024)]
	if !bytes.Contains(head, []byte("_started")) && !bytes.Contains(head, []byte("user_message")) {
		return inside
	}
	l, whole := parseCodex(line)
	if !whole || l.typ != "event_msg" {
		return inside
	}
	switch l.sub {
	case "task_started", "turn_started":
		return begins
	case "user_message":
		text := l.payload.get("message").text(64)
		if strings.HasPrefix(text, "<environment_context>") || strings.HasPrefix(text, "[context compacted") {
			return inside
		}
		return echoes
	}
	return inside
}

// marks reports whether the head of the file has a mark of a turn's start: the
// first turn is marked in a file where any is.
func (c *codex) marks(f io.ReaderAt) (bool, error) {
	head := make([]byte, chunk)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	head = head[:n]
	return bytes.Contains(head, []byte(`"task_started"`)) || bytes.Contains(head, []byte(`"turn_started"`)), nil
}

func (c *codex) needles() [][]byte {
	return [][]byte{
		[]byte("running with session ID"), []byte("CommandExecution"), []byte("exec_command_end"),
		[]byte("write_stdin"), []byte("Process exited with code"), []byte("spawn_agent"), []byte("agent_id"),
		[]byte("subagent_notification"), []byte("session_meta"),
	}
}
