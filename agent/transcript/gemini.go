package transcript

import (
	"bytes"
	"regexp"
	"strings"
	"time"

	"vigil/agent"
)

// gemini reads the session files of Gemini CLI (0.61): one JSON object a line.
// The first tells of the session; then come messages (type user, gemini, error
// or info) and patches ({"$set": ...}). A message that is written again under
// its id replaces the first: its calls are added when they have ended, so a
// running tool is not in the file. Nothing marks the end of a turn.
type gemini struct {
	frame
	told recent[geminiTold] // messages, by id
	open bool               // a turn has begun and no end of it was told
}

// geminiTold is what was told of a message.
type geminiTold struct {
	text   string
	usage  bool
	calls  map[string]bool // by id: whether the result was told, too
	failed bool
}

func newGemini() *gemini { return &gemini{frame: newFrame()} }

// geminiLine is the top of a line.
type geminiLine struct {
	id, typ, session, kind, model  string
	content, shown, tokens, calls  raw
	set, rewind, thoughts, started raw
	stamped                        raw
	whole                          bool
}

func parseGemini(line []byte) geminiLine {
	var l geminiLine
	l.whole = walk(line, func(key string, v raw) bool {
		switch key {
		case "id":
			l.id = v.text(100)
		case "type":
			l.typ = v.text(64)
		case "sessionId":
			l.session = v.text(100)
		case "kind":
			l.kind = v.text(64)
		case "model":
			l.model = v.text(100)
		case "timestamp":
			l.stamped = v
		case "startTime":
			l.started = v
		case "content":
			l.content = v
		case "displayContent":
			l.shown = v
		case "tokens":
			l.tokens = v
		case "toolCalls":
			l.calls = v
		case "thoughts":
			l.thoughts = v
		case "$set":
			l.set = v
		case "$rewindTo":
			l.rewind = v
		}
		return true
	})
	return l
}

// Line takes one line.
func (g *gemini) Line(line []byte, emit func(agent.Event)) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	l := parseGemini(line)
	if !l.whole {
		g.skip("broken line")
		return
	}
	id := agent.CleanLine(l.id, 100)
	g.at = stamp(l.stamped, g.at)
	send := g.sender(id, emit)
	switch {
	case l.set != nil:
		g.skip("$set")
	case l.rewind != nil:
		g.skip("$rewindTo")
	case l.typ == "user":
		g.user(id, l, send)
	case l.typ == "gemini":
		g.model(id, l, send)
	case l.typ == "error":
		g.failed(id, l, send)
	case l.typ == "info":
		g.noted(l, send)
	case l.typ == "" && l.session != "":
		g.at = stamp(l.started, g.at)
		id = agent.CleanLine(l.session, 100)
		g.inform(agent.SessionInfo{Kind: agent.Gemini, ID: id, Side: l.kind == "subagent"}, g.sender(id, emit))
	default:
		g.skip(l.typ)
	}
}

// user reads a prompt, or the results of tools.
func (g *gemini) user(id string, l geminiLine, send func(agent.Event)) {
	if _, again := g.told.get(id); again {
		return
	}
	g.told.set(id, geminiTold{})
	m := readParts(l.content)
	if len(m.results) > 0 { // they are in the message with the calls, too
		g.skip("results")
		return
	}
	text, origin := geminiPrompt(m.text)
	if text == "" {
		g.skip("user text of the CLI")
		return
	}
	if shown := readParts(l.shown); shown.text != "" {
		text = shown.text // what was typed, without the files it names
	}
	g.open = true
	send(agent.Event{Type: agent.Prompt, Text: text, Origin: origin})
}

// geminiPrompt tells what a user text is; empty for one that begins no turn.
func geminiPrompt(text string) (string, agent.Origin) {
	switch {
	case strings.HasPrefix(text, "<session_context>"), strings.HasPrefix(text, "<state_snapshot>"):
		return "", ""
	case text == "Please continue.", text == "System: Please continue.":
		return text, agent.System
	}
	return text, agent.Human
}

// model reads a message of the model, as far as it was not told before.
func (g *gemini) model(id string, l geminiLine, send func(agent.Event)) {
	told, again := g.told.get(id)
	m := readParts(l.content)
	if l.model != "" {
		g.inform(agent.SessionInfo{Model: agent.CleanLine(l.model, 100)}, send)
	}
	if u := geminiUsage(l.tokens); !told.usage && u != (agent.Usage{}) {
		told.usage = true
		send(agent.Event{Type: agent.TokenUsage, Usage: &u})
	}
	switch {
	case m.text != "" && m.text != told.text:
		told.text = m.text
		send(agent.Event{Type: agent.Message, Text: m.text})
	case !again && m.text == "" && thinks(l.thoughts):
		send(agent.Event{Type: agent.Thinking})
	}
	told.calls = g.calls(told.calls, l.calls, send)
	g.told.set(id, told)
}

func thinks(thoughts raw) bool {
	some := false
	each(thoughts, func(int, raw) bool { some = true; return false })
	return some
}

// calls tells of the calls of a message that are new, and of new results.
func (g *gemini) calls(told map[string]bool, calls raw, send func(agent.Event)) map[string]bool {
	each(calls, func(i int, c raw) bool { // a call's time is that of its end
		call := agent.Call{
			ID: agent.CleanLine(c.get("id").text(200), 200), Name: agent.CleanLine(c.get("name").text(100), 100),
			Summary: summarize(c.get("args")),
		}
		had, known := told[call.ID]
		if call.ID == "" || !known && len(told) >= maxKept {
			g.skip("call")
			return true
		}
		if !known {
			send(agent.Event{Type: agent.ToolCall, ID: call.ID, Call: &call})
		}
		status := c.get("status").text(32)
		at := stamp(c.get("timestamp"), g.at)
		over := status == "success" || status == "error" || status == "cancelled"
		if over && !had {
			var text string
			each(c.get("result"), func(_ int, r raw) bool {
				text = r.get("functionResponse", "response", "output").text(8 * maxExcerpt)
				return text == ""
			})
			send(agent.Event{
				Type: agent.ToolResult, ID: call.ID + "/result", At: at,
				Call: &agent.Call{ID: call.ID, Name: call.Name}, Text: agent.CleanLine(text, maxExcerpt),
			})
			if status == "success" && c.get("args", "is_background").isTrue() {
				// It wakes nobody when it ends.
				send(agent.Event{Type: agent.TaskStarted, ID: call.ID + "/task", At: at, Task: &agent.Task{
					ID: call.ID, Kind: agent.Shell, Summary: call.Summary, Started: at, Source: "transcript",
				}})
			}
		}
		if told == nil {
			told = map[string]bool{}
		}
		told[call.ID] = had || over
		return i < maxParts
	})
	return told
}

// geminiUsage reads the token counts of a message; output includes thoughts.
func geminiUsage(tokens raw) agent.Usage {
	var u agent.Usage
	walk(tokens, func(key string, v raw) bool {
		switch key {
		case "input":
			u.Input += v.int()
		case "cached":
			u.CachedInput = v.int()
		case "output", "thoughts":
			u.Output += v.int()
		}
		return true
	})
	u.Context = u.Input
	u.Input = max(u.Input-u.CachedInput, 0)
	return u
}

// Texts of Gemini CLI and of the service behind it.
var (
	geminiQuota   = regexp.MustCompile(`(?i)\bquota\b|resource_exhausted|usage limit|rate limit|too many requests|\b429\b`)
	geminiContext = regexp.MustCompile(`(?i)input token count .{0,40}exceeds|context window|maximum number of tokens`)
	geminiLoad    = regexp.MustCompile(`(?i)\b503\b|high demand|unavailable|no capacity`)
	geminiAfter   = regexp.MustCompile(`(?i)reset after ((?:\d+h)?(?:\d+m)?(?:\d+s)?)`)
)

// failed reads an error that ended a turn. One while no turn runs is of a slash
// command.
func (g *gemini) failed(id string, l geminiLine, send func(agent.Event)) {
	told, _ := g.told.get(id)
	text := readParts(l.content).text
	if told.failed || !g.open || text == "" {
		g.skip("error")
		return
	}
	told.failed = true
	g.told.set(id, told)
	g.open = false
	f := failure{text: text, at: g.at}
	switch {
	case geminiContext.MatchString(text):
		f.cut = "context_window"
	case geminiQuota.MatchString(text):
		f.code = "rate_limit"
		if m := geminiAfter.FindStringSubmatch(text); m != nil && m[1] != "" {
			if d, err := time.ParseDuration(m[1]); err == nil && !g.at.IsZero() {
				f.resets = g.at.Add(d)
			}
		}
	case geminiLoad.MatchString(text):
		f.code = agent.Overloaded
	}
	send(agent.Event{Type: agent.TurnFailed, Failure: f.judge()})
}

// noted reads what the CLI tells a person.
func (g *gemini) noted(l geminiLine, send func(agent.Event)) {
	text := readParts(l.content).text
	if g.open && strings.HasPrefix(text, "Request cancelled") {
		g.open = false
		send(agent.Event{Type: agent.TurnAborted})
		return
	}
	g.skip("info")
}

// starts looks at a line from behind, for Tail.
func (g *gemini) starts(line []byte) start {
	if !bytes.Contains(line, []byte(`"user"`)) {
		return inside
	}
	l := parseGemini(line)
	if !l.whole || l.typ != "user" || l.set != nil {
		return inside
	}
	m := readParts(l.content)
	if text, _ := geminiPrompt(m.text); text == "" || len(m.results) > 0 {
		return inside
	}
	return begins
}

func (g *gemini) needles() [][]byte { return [][]byte{[]byte(`"is_background":true`)} }
