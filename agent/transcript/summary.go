package transcript

import (
	"strings"

	"vigil/agent"
)

// telling are the fields of a tool's input that say what a call does, the most
// telling first.
var telling = []string{
	"command", "cmd", "file_path", "path", "notebook_path", "url", "query", "pattern",
	"description", "reason", "question", "message", "prompt", "task_id", "shell_id", "name", "input",
}

// summarize says in one line what a call with this input does.
func summarize(input raw) string {
	fields := map[string]raw{}
	walk(input, func(key string, v raw) bool {
		if len(fields) < 64 {
			fields[key] = v
		}
		return true
	})
	for _, key := range telling {
		v := fields[key]
		if v.isArray() { // ["bash","-lc","make"]: the last part is the command
			each(v, func(_ int, e raw) bool { v = e; return true })
		}
		if s := v.text(8 * maxSummary); strings.TrimSpace(s) != "" {
			return agent.CleanLine(s, maxSummary)
		}
	}
	if q := fields["questions"]; q.isArray() {
		var s string
		each(q, func(_ int, e raw) bool { s = e.get("question").text(8 * maxSummary); return false })
		if s != "" {
			return agent.CleanLine(s, maxSummary)
		}
	}
	if s := input.text(8 * maxSummary); s != "" {
		return agent.CleanLine(s, maxSummary)
	}
	if len(input) > 8*maxSummary {
		input = input[:8*maxSummary]
	}
	return agent.CleanLine(string(input), maxSummary)
}

// unwrap returns the input of a call that was written as JSON within a string,
// which some records of sessions do; other inputs are returned as they are.
func unwrap(input raw) raw {
	in := input.get("input")
	if !in.isString() {
		return input
	}
	if s := raw(in.text(maxText)); s.isObject() {
		return s
	}
	return input
}
