package transcript

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// item reads what the model sees of a session.
func (c *codex) item(l codexLine, send func(agent.Event)) {
	p := l.payload
	switch l.sub {
	case "message":
		c.message(p, send)
	case "reasoning":
		// It may be written after the call that it led to: then the call is the
		// last thing the agent did.
		if len(c.calls) == 0 {
			c.said = ""
			send(agent.Event{Type: agent.Thinking})
		}
	case "function_call":
		args := raw(p.get("arguments").text(maxText))
		if !args.isObject() {
			args = p.get("arguments")
		}
		c.call(p, unwrapText(args), send)
	case "custom_tool_call":
		c.call(p, p.get("input"), send)
	case "local_shell_call":
		c.call(p, p.get("action"), send)
	case "web_search_call", "image_generation_call", "tool_search_call": // these have no output
		c.call(p, p.get("action"), send)
		c.output(p, send)
	case "function_call_output", "custom_tool_call_output", "local_shell_call_output":
		c.output(p, send)
	default:
		c.skip("response_item/" + l.sub)
	}
}

// unwrapText looks into the arguments of a tool that takes a program for its
// only input.
func unwrapText(args raw) raw {
	if in := args.get("input"); in.isString() {
		return in
	}
	return args
}

// message reads a message that the model sees. Those of a person are told by
// events, except for what the CLI itself puts in.
func (c *codex) message(p raw, send func(agent.Event)) {
	var text string
	each(p.get("content"), func(_ int, b raw) bool {
		text += b.get("text").text(maxText)
		return len(text) < maxText
	})
	switch role := p.get("role").text(64); role {
	case "assistant":
		c.say(text, send)
	case "user":
		for _, tag := range []string{"<subagent_notification>", "<hook_prompt", "<codex_internal_context"} {
			if strings.HasPrefix(strings.TrimSpace(text), tag) {
				c.told(text, send)
				return
			}
		}
		c.skip("message/user")
	default:
		c.skip("message/" + role)
	}
}

// completedItem reads an item of the newer form of events.
func (c *codex) completedItem(it raw, send func(agent.Event)) {
	var text string
	each(it.get("content"), func(_ int, b raw) bool {
		text += b.get("text").text(maxText)
		return len(text) < maxText
	})
	switch typ := it.get("type").text(64); typ {
	case "UserMessage":
		c.told(text, send)
	case "AgentMessage":
		c.say(text, send)
	case "CommandExecution":
		c.exited(it.get("process_id").text(64), send)
	default:
		c.skip("item/" + typ)
	}
}

// call reads the use of a tool.
func (c *codex) call(p, input raw, send func(agent.Event)) {
	call := &agent.Call{
		ID:      agent.CleanLine(p.get("call_id").text(200), 200),
		Name:    agent.CleanLine(p.get("name").text(200), 100),
		Summary: summarize(input),
	}
	if call.ID == "" {
		call.ID = agent.CleanLine(p.get("id").text(200), 200)
	}
	if call.Name == "" {
		call.Name = strings.TrimSuffix(p.get("type").text(64), "_call")
	}
	rec := codexCall{name: call.Name, summary: call.Summary}
	if id := input.get("session_id"); id.isString() {
		rec.session = id.text(64)
	} else {
		rec.session = string(id)
	}
	if len(c.calls) >= maxKept {
		clear(c.calls)
	}
	c.calls[call.ID] = rec
	c.said = ""
	send(agent.Event{Type: agent.ToolCall, Call: call, Signs: editSigns(call.Name, input)})
}

var (
	stillRuns = regexp.MustCompile(`(?m)^Process running with session ID (\d+)`)
	hasExited = regexp.MustCompile(`(?m)^Process exited with code`)
	noProcess = regexp.MustCompile(`(?i)unknown (process|session)|(process|session) not found`)
)

// output reads a tool's result. What it says of processes stands in the head
// that Codex puts before the output itself.
func (c *codex) output(p raw, send func(agent.Event)) {
	id := agent.CleanLine(p.get("call_id").text(200), 200)
	if id == "" {
		if id = agent.CleanLine(p.get("id").text(200), 200); p.get("type").text(64) == "function_call_output" {
			c.skip("output of no call")
			return
		}
	}
	out := p.get("output")
	text := out.text(4 * maxExcerpt)
	if out.isObject() {
		text = out.get("content").text(4 * maxExcerpt)
	}
	each(out, func(_ int, b raw) bool { text = b.get("text").text(4 * maxExcerpt); return text == "" })
	call := c.calls[id]
	delete(c.calls, id)
	c.said = ""
	send(agent.Event{
		Type: agent.ToolResult, Call: &agent.Call{ID: id}, Text: agent.CleanLine(text, maxExcerpt), Signs: resultSigns(out),
	})
	head, _, _ := strings.Cut(text, "Output:\n")
	switch call.name {
	case "exec_command", "":
		if n := first(stillRuns, head); n != "" {
			c.running(n, id, call.summary, send)
		}
	case "write_stdin":
		if call.session != "" && (hasExited.MatchString(head) || noProcess.MatchString(head)) {
			c.exited(call.session, send)
		}
	case "spawn_agent":
		c.spawned(raw(text), call.summary, send)
	case "close_agent", "wait", "wait_agent":
		c.helped(raw(text), send)
	case "update_goal", "create_goal":
		c.goals(raw(out.text(maxText)).get("goal"), send)
	}
}

// running tells of a background terminal. Codex does not wake the agent when it
// ends.
func (c *codex) running(session, call, summary string, send func(agent.Event)) {
	if _, ok := c.shells[session]; ok {
		return
	}
	if len(c.shells) >= maxKept {
		clear(c.shells)
	}
	c.shells[session] = call
	send(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{
		ID: session, Kind: agent.Shell, Summary: summary, Started: c.at,
	}})
}

func (c *codex) exited(session string, send func(agent.Event)) {
	if _, ok := c.shells[session]; !ok {
		return
	}
	delete(c.shells, session)
	send(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: session}})
}

// spawned tells of a sub-agent, whose end the agent is told of.
func (c *codex) spawned(out raw, summary string, send func(agent.Event)) {
	id := agent.CleanLine(out.get("agent_id").text(100), 100)
	if id == "" || len(c.helpers) >= maxKept {
		return
	}
	c.helpers[id] = true
	send(agent.Event{Type: agent.TaskStarted, Task: &agent.Task{
		ID: id, Kind: agent.SubAgent, Summary: summary, Started: c.at, Wakes: true,
	}})
}

// notice reads <subagent_notification>{"agent_path":ID,"status":{STATE:TEXT}}.
func (c *codex) notice(text string, send func(agent.Event)) {
	n := raw(strings.TrimSpace(between(text, "<subagent_notification>", "</subagent_notification>")))
	if state := helperState(n.get("status")); state != "running" && state != "pending_init" {
		c.helperEnded(n.get("agent_path").text(100), send)
	}
}

// helped reads {"status":{ID:{STATE:TEXT}}}, the answer to a wait.
func (c *codex) helped(out raw, send func(agent.Event)) {
	var over []string
	walk(out.get("status"), func(id string, v raw) bool {
		if state := helperState(v); state != "running" && state != "pending_init" && len(over) < maxKept {
			over = append(over, id)
		}
		return true
	})
	slices.Sort(over)
	for _, id := range over {
		c.helperEnded(id, send)
	}
}

func helperState(v raw) string {
	state := v.text(64)
	walk(v, func(key string, _ raw) bool { state = key; return false })
	return snake(state)
}

func (c *codex) helperEnded(id string, send func(agent.Event)) {
	if id = agent.CleanLine(id, 100); c.helpers[id] {
		delete(c.helpers, id)
		send(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: id}})
	}
}

// goals reads the state of the goal loop.
func (c *codex) goals(g raw, send func(agent.Event)) {
	if g.isObject() && g.get("status").text(64) == "active" {
		c.goal = true
		send(agent.Event{Type: agent.GoalActive, Text: clean(g.get("objective").text(maxText))})
		return
	}
	if c.goal || g.isObject() {
		c.goal = false
		send(agent.Event{Type: agent.GoalDone})
	}
}

// tokens reads token_count. The same count is repeated at will, so what counts
// is by how much the total of the session has grown.
func (c *codex) tokens(p raw, send func(agent.Event)) {
	if info := p.get("info"); info.isObject() {
		if w := info.get("model_context_window").int(); w > 0 {
			c.window = w
		}
		total, last := codexUsage(info.get("total_token_usage")), codexUsage(info.get("last_token_usage"))
		grown := agent.Usage{
			Input: total.Input - c.total.Input, CachedInput: total.CachedInput - c.total.CachedInput,
			Output: total.Output - c.total.Output,
		}
		if grown.Input < 0 || grown.CachedInput < 0 || grown.Output < 0 { // counted anew
			grown = last
		}
		if grown.Input > 0 || grown.CachedInput > 0 || grown.Output > 0 {
			grown.Context, grown.Window = last.Context, c.window
			send(agent.Event{Type: agent.TokenUsage, Usage: &grown})
		}
		c.total = total
	}
	c.quota(p.get("rate_limits"), send)
}

func codexUsage(v raw) agent.Usage {
	cached := v.get("cached_input_tokens").int()
	return agent.Usage{
		Input: v.get("input_tokens").int() - cached, CachedInput: cached,
		Output: v.get("output_tokens").int(), Context: v.get("total_tokens").int(),
	}
}

// quota reads when the quotas reset: that of the window that is used up, or
// else of the one that is nearest to it.
func (c *codex) quota(limits raw, send func(agent.Event)) {
	var resets time.Time
	most := int64(-1)
	for _, window := range []string{"primary", "secondary"} {
		w := limits.get(window)
		at := epoch(w.get("resets_at").int())
		if s := w.get("resets_in_seconds").int(); at.IsZero() && s > 0 && s < 1e8 {
			at = c.at.Add(time.Duration(s) * time.Second)
		}
		used := w.get("used_percent").int()
		if at.IsZero() || used < most || (used == most && at.Before(resets)) {
			continue
		}
		resets, most = at, used
	}
	if resets.IsZero() {
		return
	}
	c.usedUp = most >= 100
	if resets.Equal(c.resets) {
		return
	}
	c.resets = resets
	send(agent.Event{Type: agent.QuotaStatus, Failure: &agent.Failure{Ending: agent.Limit, Resets: resets}})
}
