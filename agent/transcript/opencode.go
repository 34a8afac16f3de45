package transcript

import (
	"database/sql"
	"errors"
	"strings"
	"time"

	"vigil/agent"
)

// opencode reads one session of opencode (1.18) out of its base. The tables
// message and part hold JSON in data: a message has a role and the times of its
// beginning and end, its parts are texts, thoughts and calls. Rows are changed in
// place, so each look reads those that changed since the one before, and tells
// what was not told. The last message of a turn has an end, and a finish other
// than "tool-calls" or an error.
type opencode struct {
	session string
	info    agent.SessionInfo
	first   int64 // when the first message that is read began, in milliseconds
	since   int64 // the newest change that was read
	until   int64 // when the newest message began that was read
	told    recent[opencodeTold]
	parts   recent[opencodePart]
}

// opencodeTold is what was told of a message.
type opencodeTold struct {
	data     opencodeMessage
	prompted bool
	usage    bool
	ended    bool
}

// opencodePart is what was told of a part.
type opencodePart struct {
	text, call, result bool
}

// opencodeMessage is what matters of a message's data.
type opencodeMessage struct {
	role, finish string
	summary      bool
	completed    int64
	failure      *agent.Failure
	aborted      bool
	usage        agent.Usage
}

// opencodeRow is a row of message or part.
type opencodeRow struct {
	id, message string
	at, changed int64
	data        raw
}

func newOpencode(session string) *opencode { return &opencode{session: session} }

// read reads what changed. At first that is the last turn.
func (o *opencode) read(tx *sql.Tx, emit func(agent.Event)) error {
	if err := o.head(tx, emit); err != nil {
		return err
	}
	if o.first == 0 {
		err := tx.QueryRow(`SELECT time_created FROM message WHERE session_id = ? AND json_extract(data, '$.role') = 'user'
			ORDER BY time_created DESC, id DESC LIMIT 1`, o.session).Scan(&o.first)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	messages, err := rows(tx, `SELECT id, id, time_created, time_updated, substr(data, 1, ?) FROM message
		WHERE session_id = ? AND time_created >= ? AND time_updated >= ? ORDER BY time_created, id LIMIT ?`,
		maxRow, o.session, o.first, o.since, maxRows)
	if err != nil {
		return err
	}
	parts, err := rows(tx, `SELECT p.id, p.message_id, p.time_created, p.time_updated, substr(p.data, 1, ?) FROM part p
		JOIN message m ON m.id = p.message_id
		WHERE p.session_id = ? AND m.time_created >= ? AND (p.time_updated >= ? OR m.time_updated >= ?)
		ORDER BY m.time_created, m.id, p.id LIMIT ?`,
		maxRow, o.session, o.first, o.since, o.since, maxRows)
	if err != nil {
		return err
	}
	o.take(messages, parts, emit)
	return nil
}

// head tells of the session itself.
func (o *opencode) head(tx *sql.Tx, emit func(agent.Event)) error {
	var dir, version string
	var parent, model sql.NullString
	var at int64
	err := tx.QueryRow(`SELECT directory, version, parent_id, model, time_created FROM session WHERE id = ?`, o.session).
		Scan(&dir, &version, &parent, &model, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	in := agent.SessionInfo{
		Kind: agent.OpenCode, ID: agent.CleanLine(o.session, 100), Parent: agent.CleanLine(parent.String, 100),
		Dir: agent.Clean(dir), Version: agent.CleanLine(version, 100), Side: parent.String != "",
		Model: agent.CleanLine(raw(model.String).get("id").text(100), 100),
	}
	if in != o.info {
		o.info = in
		emit(agent.Event{Type: agent.SessionMeta, ID: in.ID, At: epoch(at), Session: &in})
	}
	return nil
}

func rows(tx *sql.Tx, query string, args ...any) ([]opencodeRow, error) {
	rs, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []opencodeRow
	for rs.Next() {
		var r opencodeRow
		if err := rs.Scan(&r.id, &r.message, &r.at, &r.changed, (*[]byte)(&r.data)); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rs.Err()
}

// take tells what is new in rows that changed; both lists are in the order of
// the messages.
func (o *opencode) take(messages, parts []opencodeRow, emit func(agent.Event)) {
	of := map[string][]opencodeRow{}
	order := []string{}
	note := func(id string) {
		if _, ok := of[id]; !ok {
			of[id] = nil
			order = append(order, id)
		}
	}
	for _, m := range messages {
		o.since = max(o.since, m.changed)
		id := agent.CleanLine(m.id, 100)
		t, ok := o.told.get(id)
		if !ok && m.at < o.until {
			continue // told so long ago that it is forgotten
		}
		t.data = parseOpencode(m)
		o.told.set(id, t)
		note(id)
	}
	for _, m := range messages {
		o.until = max(o.until, m.at)
	}
	for _, p := range parts {
		o.since = max(o.since, p.changed)
		id := agent.CleanLine(p.message, 100)
		note(id)
		of[id] = append(of[id], p)
	}
	for _, id := range order {
		if t, ok := o.told.get(id); ok {
			o.message(id, &t, of[id], emit)
			o.told.set(id, t)
		}
	}
}

// message tells what is new of a message and its parts.
func (o *opencode) message(id string, t *opencodeTold, parts []opencodeRow, emit func(agent.Event)) {
	switch t.data.role {
	case "user":
		o.prompt(id, t, parts, emit)
	case "assistant":
		for _, p := range parts {
			o.part(p, t.data, emit)
		}
		o.end(id, t, emit)
	}
}

// prompt tells of a prompt once its text is there: the row comes before it.
func (o *opencode) prompt(id string, t *opencodeTold, parts []opencodeRow, emit func(agent.Event)) {
	var texts, synthetic []string
	var at int64
	for _, p := range parts {
		at = p.at
		switch p.data.get("type").text(32) {
		case "compaction":
			t.prompted = true // it is no turn of the agent
		case "text":
			s := strings.TrimSpace(p.data.get("text").text(maxText))
			if p.data.get("synthetic").isTrue() || p.data.get("ignored").isTrue() {
				synthetic = append(synthetic, s)
			} else if s != "" {
				texts = append(texts, s)
			}
		}
	}
	e := agent.Event{Type: agent.Prompt, ID: id, At: epoch(at), Origin: agent.Human, Text: clean(strings.Join(texts, "\n"))}
	if e.Text == "" {
		e.Origin, e.Text = agent.System, clean(strings.Join(synthetic, "\n"))
	}
	if !t.prompted && e.Text != "" {
		t.prompted = true
		emit(e)
	}
}

// part tells what is new of a part of the model's message.
func (o *opencode) part(p opencodeRow, m opencodeMessage, emit func(agent.Event)) {
	id := agent.CleanLine(p.id, 100)
	told, _ := o.parts.get(id)
	defer func() { o.parts.set(id, told) }()
	switch p.data.get("type").text(32) {
	case "text":
		end := p.data.get("time", "end").int()
		text := clean(strings.TrimSpace(p.data.get("text").text(maxText)))
		if told.text || text == "" || end == 0 && m.completed == 0 {
			return
		}
		told.text = true
		emit(agent.Event{Type: agent.Message, ID: id, At: epochOr(end, p.changed), Text: text, Final: m.finish == "stop"})
	case "reasoning":
		if !told.text {
			told.text = true
			emit(agent.Event{Type: agent.Thinking, ID: id, At: epoch(p.at)})
		}
	case "tool":
		o.call(id, p, &told, emit)
	}
}

// call tells of a call once its input is whole, and of its result.
func (o *opencode) call(id string, p opencodeRow, told *opencodePart, emit func(agent.Event)) {
	state := p.data.get("state")
	status := state.get("status").text(32)
	c := agent.Call{
		ID: agent.CleanLine(p.data.get("callID").text(200), 200), Name: agent.CleanLine(p.data.get("tool").text(100), 100),
		Summary: summarize(state.get("input")),
	}
	if c.ID == "" {
		c.ID = id
	}
	over := status == "completed" || status == "error"
	if !told.call && (over || status == "running") {
		told.call = true
		emit(agent.Event{Type: agent.ToolCall, ID: id, At: epochOr(state.get("time", "start").int(), p.at), Call: &c})
	}
	if !told.result && over {
		told.result = true
		text := state.get("output").text(8 * maxExcerpt)
		if status == "error" {
			text = state.get("error").text(8 * maxExcerpt)
		}
		emit(agent.Event{
			Type: agent.ToolResult, ID: id + "/result", At: epochOr(state.get("time", "end").int(), p.changed),
			Call: &agent.Call{ID: c.ID, Name: c.Name}, Text: agent.CleanLine(text, maxExcerpt),
		})
	}
}

// end tells how a message of the model ended, and with it a turn.
func (o *opencode) end(id string, t *opencodeTold, emit func(agent.Event)) {
	m := t.data
	if m.completed == 0 && m.failure == nil && !m.aborted || t.ended {
		return
	}
	at := epochOr(m.completed, o.since)
	if !t.usage && m.usage != (agent.Usage{}) {
		t.usage = true
		emit(agent.Event{Type: agent.TokenUsage, ID: id, At: at, Usage: &m.usage})
	}
	t.ended = true
	e := agent.Event{ID: id + "/end", At: at}
	switch {
	case m.aborted:
		e.Type = agent.TurnAborted
	case m.failure != nil:
		e.Type, e.Failure = agent.TurnFailed, m.failure
	case m.summary:
		e.Type = agent.Compacted
	case m.finish == "tool-calls" || m.finish == "":
		return
	case m.finish == "length":
		e.Type, e.Failure = agent.TurnFailed, failure{code: "max_output_tokens", text: "the answer was cut off at its greatest length"}.judge()
	default:
		e.Type = agent.TurnEnded
	}
	emit(e)
}

// parseOpencode reads the data of a message.
func parseOpencode(r opencodeRow) opencodeMessage {
	var m opencodeMessage
	walk(r.data, func(key string, v raw) bool {
		switch key {
		case "role":
			m.role = v.text(32)
		case "finish":
			m.finish = v.text(32)
		case "summary":
			m.summary = v.isTrue() // a user's has an object there
		case "time":
			m.completed = v.get("completed").int()
		case "tokens":
			m.usage = opencodeUsage(v)
		case "error":
			m.failure, m.aborted = opencodeFailure(v, epoch(r.changed))
		}
		return true
	})
	return m
}

func opencodeUsage(v raw) agent.Usage {
	u := agent.Usage{
		Input:       v.get("input").int() + v.get("cache", "write").int(),
		CachedInput: v.get("cache", "read").int(),
		Output:      v.get("output").int() + v.get("reasoning").int(),
	}
	u.Context = u.Input + u.CachedInput
	return u
}

// opencodeFailure reads an error: its name, and data with the message and the
// HTTP status.
func opencodeFailure(v raw, at time.Time) (f *agent.Failure, aborted bool) {
	name := v.get("name").text(64)
	if name == "MessageAbortedError" {
		return nil, true
	}
	if !v.isObject() {
		return nil, false
	}
	x := failure{code: snake(name), status: v.get("data", "statusCode").int(), text: v.get("data", "message").text(maxText), at: at}
	switch name {
	case "ProviderAuthError":
		x.code = "authentication_error"
	case "MessageOutputLengthError":
		x.code = "max_output_tokens"
	case "ContextOverflowError":
		x.cut = "context_window"
	case "APIError", "UnknownError":
		x.code = ""
	}
	if geminiContext.MatchString(x.text) {
		x.cut = "context_window"
	}
	return x.judge(), false
}

// epochOr turns milliseconds into a time; the second if the first is not known.
func epochOr(ms, or int64) time.Time {
	if ms > 0 {
		return epoch(ms)
	}
	return epoch(or)
}
