package transcript

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
)

// call reads the use of a tool.
func (c *claude) call(b raw, id string, send func(agent.Event)) {
	input := unwrap(b.get("input"))
	name := agent.CleanLine(b.get("name").text(200), 100)
	call := &agent.Call{ID: agent.CleanLine(b.get("id").text(200), 200), Name: name, Summary: summarize(input)}
	rec := claudeCall{name: name, summary: call.Summary}
	switch name {
	case "Agent", "Task":
		if d := input.get("description").text(8 * maxSummary); d != "" {
			rec.summary = agent.CleanLine(d, maxSummary)
		}
	case "CronCreate":
		rec.recurring = string(input.get("recurring")) != "false"
		rec.summary = agent.CleanLine(input.get("prompt").text(8*maxSummary), maxSummary)
	case "SendMessage":
		rec.target = input.get("to").text(100)
	}
	for _, key := range []string{"task_id", "shell_id", "bash_id", "id"} {
		if rec.target == "" {
			rec.target = input.get(key).text(100)
		}
	}
	if len(c.calls) >= maxKept {
		clear(c.calls)
	}
	c.calls[call.ID] = rec
	send(agent.Event{Type: agent.ToolCall, ID: id, Call: call, Signs: editSigns(name, input)})
}

// result reads a tool's result and the background task that it may tell of.
func (c *claude) result(l claudeLine, b raw, send func(agent.Event)) {
	id := agent.CleanLine(b.get("tool_use_id").text(200), 200)
	content := b.get("content")
	text := content.text(4 * maxExcerpt)
	each(content, func(_ int, e raw) bool {
		text = e.get("text").text(4 * maxExcerpt)
		return text == ""
	})
	send(agent.Event{
		Type: agent.ToolResult, Call: &agent.Call{ID: id}, Text: agent.CleanLine(text, maxExcerpt),
		Signs: resultSigns(content),
	})
	call, known := c.calls[id]
	delete(c.calls, id)
	if b.get("is_error").isTrue() {
		return
	}
	if !known { // a tail begins within a turn: go by the words alone
		call.name = toolOf(text)
	}
	c.background(l, call, text, send)
}

// The results that tell of background work. The words are the CLI's own and
// stand at the very beginning of the result of the tool named.
var (
	shellStarted   = regexp.MustCompile(`^Command (?:running in background|was (?:manually )?(?:moved to the )?backgrounded?)[^:]*ID: ?([A-Za-z0-9_-]+)`)
	agentStarted   = regexp.MustCompile(`^Async agent launched successfully[\s\S]*?\bagentId: ?([A-Za-z0-9_-]+)`)
	agentResumed   = regexp.MustCompile(`^\{"success": ?true[\s\S]*?resumed from transcript in the background[\s\S]*?"resumedAgentId": ?"([A-Za-z0-9_-]+)"`)
	monitorStarted = regexp.MustCompile(`^Monitor started \(task ([A-Za-z0-9_-]+)(?:, timeout (\d+)ms)?`)
	wakeupArmed    = regexp.MustCompile(`^Next wakeup scheduled for [^(]*\(in (\d+)s\)`)
	cronCreated    = regexp.MustCompile(`\b([0-9a-f]{8})\b`)
)

// toolOf guesses which tool gave a result, for one whose call was not seen.
func toolOf(text string) string {
	switch {
	case shellStarted.MatchString(text):
		return "Bash"
	case agentStarted.MatchString(text):
		return "Agent"
	case monitorStarted.MatchString(text):
		return "Monitor"
	case wakeupArmed.MatchString(text):
		return "ScheduleWakeup"
	}
	return ""
}

// background tells of a task that a tool's result says has started or ended.
func (c *claude) background(l claudeLine, call claudeCall, text string, send func(agent.Event)) {
	task := agent.Task{Started: c.at, Summary: call.summary, Wakes: true}
	switch call.name {
	case "Bash", "PowerShell":
		task.Kind = agent.Shell
		task.ID = l.result.get("backgroundTaskId").text(100)
		if task.ID == "" && !l.result.isObject() {
			task.ID = first(shellStarted, text)
		}
	case "Agent", "Task":
		task.Kind = agent.SubAgent
		switch {
		case !l.result.isObject():
			task.ID = first(agentStarted, text)
		case l.result.get("isAsync").isTrue() || l.result.get("status").text(64) == "async_launched":
			task.ID = l.result.get("agentId").text(100)
		}
		if task.Summary == "" {
			task.Summary = agent.CleanLine(l.result.get("description").text(8*maxSummary), maxSummary)
		}
	case "Monitor":
		task.Kind = agent.Monitor
		if m := monitorStarted.FindStringSubmatch(text); m != nil {
			task.ID = m[1]
			if ms, err := strconv.ParseInt(m[2], 10, 64); err == nil && ms < 1e10 {
				task.Due = c.at.Add(time.Duration(ms) * time.Millisecond)
			}
		}
	case "ScheduleWakeup":
		c.armed(l, task, text, send)
		return
	case "CronCreate":
		task.Kind = agent.Wakeup
		if task.ID = l.result.get("id").text(100); task.ID == "" {
			task.ID = first(cronCreated, text)
		}
		if task.ID != "" {
			c.wakeups[task.ID] = call.recurring
		}
	case "SendMessage": // a sub-agent that had ended goes on
		// The result names it where it was started again: the agent may have
		// been called by another name, or in a turn that was not read.
		task.Kind, task.ID = agent.SubAgent, l.result.get("resumedAgentId").text(100)
		if task.ID == "" {
			task.ID = first(agentResumed, text)
		}
		summary, was := c.agents[call.target]
		if was && task.ID == "" {
			task.ID = call.target
		}
		if was {
			task.Summary = summary
		}
	case "KillShell", "KillBash", "TaskStop", "CronDelete":
		c.over(call.target, send)
		return
	case "TaskOutput", "BashOutput", "AgentOutput":
		c.asked(call, text, send)
		return
	default:
		return
	}
	if task.ID != "" {
		c.started(task, send)
	}
}

func (c *claude) started(t agent.Task, send func(agent.Event)) {
	t.ID = agent.CleanLine(t.ID, 100)
	if t.Kind == agent.SubAgent {
		if len(c.agents) >= maxKept {
			clear(c.agents)
		}
		c.agents[t.ID] = t.Summary
	}
	send(agent.Event{Type: agent.TaskStarted, Task: &t})
}

// armed tells of a wake-up. The CLI keeps one of this kind: a new one takes the
// place of the old.
func (c *claude) armed(l claudeLine, t agent.Task, text string, send func(agent.Event)) {
	t.Kind, t.ID = agent.Wakeup, loopWakeup
	t.Due = epoch(l.result.get("scheduledFor").int())
	if t.Due.IsZero() {
		n, err := strconv.ParseInt(first(wakeupArmed, text), 10, 64)
		if err != nil || n > 1e8 {
			return
		}
		t.Due = c.at.Add(time.Duration(n) * time.Second)
	}
	c.wakeups[t.ID] = false
	c.started(t, send)
}

// loopWakeup is the id of the wake-up that ScheduleWakeup arms: what the CLI
// calls it is told only when it fires.
const loopWakeup = "wake-up"

// fired tells that a wake-up has come.
func (c *claude) fired(id string, send func(agent.Event)) {
	if again, cron := c.wakeups[id]; cron {
		if !again {
			c.over(id, send)
		}
		return
	}
	if _, armed := c.wakeups[loopWakeup]; armed {
		c.over(loopWakeup, send)
	}
}

// disarm ends every wake-up.
func (c *claude) disarm(send func(agent.Event)) {
	for _, id := range slices.Sorted(maps.Keys(c.wakeups)) {
		if !c.wakeups[id] {
			c.over(id, send)
		}
	}
}

func (c *claude) over(id string, send func(agent.Event)) {
	if id == "" {
		return
	}
	delete(c.wakeups, id)
	send(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: agent.CleanLine(id, 100)}})
}

// asked reads an answer on how a task stands: one that ended sends no notice
// any more.
func (c *claude) asked(call claudeCall, text string, send func(agent.Event)) {
	id := between(text, "<task_id>", "</task_id>")
	if id == "" {
		id = call.target
	}
	if ended(between(text, "<status>", "</status>")) {
		c.over(id, send)
	}
}

// ended reports whether a status is one of a task that is over.
func ended(status string) bool {
	switch status {
	case "completed", "failed", "killed", "stopped", "cancelled", "canceled", "error", "timeout", "timed_out":
		return true
	}
	return false
}

// notices reads task notifications, wherever they stand. One with no status
// tells of something that a task that goes on has seen.
func (c *claude) notices(text string, send func(agent.Event)) {
	for range maxKept {
		_, rest, ok := strings.Cut(text, "<task-notification>")
		if !ok {
			return
		}
		one, after, _ := strings.Cut(rest, "</task-notification>")
		text = after
		one, _, _ = strings.Cut(one, "<result>") // what a sub-agent wrote is not the CLI's
		id := between(one, "<task-id>", "</task-id>")
		status := between(one, "<status>", "</status>")
		timedOut := status == "" && strings.HasPrefix(between(one, "<event>", "</event>"), "[Monitor timed out")
		if ended(status) || timedOut {
			c.over(id, send)
		}
	}
}

// first returns the first group of a match, or nothing.
func first(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}
