package modelapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// block is one part of an answer: a text, or a call of a tool.
type block struct {
	text  string
	tool  string // name; empty for a text
	space string // namespace of the tool, for the Responses API
	args  any    // a map, or a string for a tool that takes free text
}

// blocks turns a step into parts, calling the tools that the client offers.
func blocks(p prompt, st Step) []block {
	var out []block
	say := func(t string) {
		if t != "" {
			out = append(out, block{text: t})
		}
	}
	call := func(b block, ok bool) {
		if ok {
			out = append(out, b)
		} else {
			say(fmt.Sprintf("(the client offers no tool for this; it offers %q)", p.tools))
		}
	}
	say(st.Say)
	switch {
	case st.Run != "":
		call(shell(p.tools, st.Run, nil))
	case st.Background != "":
		call(shell(p.tools, st.Background, map[string]any{"run_in_background": true, "yield_time_ms": 250}))
	case st.Permission != "":
		call(shell(p.tools, st.Permission, map[string]any{
			"sandbox_permissions": "require_escalated", "justification": "May this command run?",
		}))
	case st.WakeUp > 0:
		call(wakeUp(p.tools, st.WakeUp))
	case st.SubAgent != "":
		call(subAgent(p.tools, st.SubAgent))
	case st.Ask != "":
		call(ask(p.tools, st.Ask, st.Options))
	}
	say(st.Text)
	return out
}

// shell returns a call of the client's shell tool. The wish says how it is to
// run; each tool gets those of the wishes that it knows.
func shell(tools []string, cmd string, wish map[string]any) (block, bool) {
	with := func(args map[string]any, known ...string) map[string]any {
		for _, k := range known {
			if v, ok := wish[k]; ok {
				args[k] = v
			}
		}
		return args
	}
	codex := []string{"yield_time_ms", "sandbox_permissions", "justification"}
	has := func(name string) bool { return slices.Contains(tools, name) }
	switch {
	case has("Bash"):
		return block{tool: "Bash", args: with(map[string]any{
			"command": cmd, "description": "Run the next step",
		}, "run_in_background")}, true
	case has("exec_command"):
		return block{tool: "exec_command", args: with(map[string]any{"cmd": cmd}, codex...)}, true
	case has("shell_command"):
		return block{tool: "shell_command", args: with(map[string]any{"command": cmd}, codex[1:]...)}, true
	case has("shell"):
		return block{tool: "shell", args: with(map[string]any{"command": []string{"bash", "-lc", cmd}}, codex[1:]...)}, true
	case has("run_shell_command"): // Gemini CLI and Qwen Code
		_, background := wish["run_in_background"]
		return block{tool: "run_shell_command", args: map[string]any{
			"command": cmd, "description": "Run the next step", "is_background": background,
		}}, true
	case has("bash"): // opencode
		return block{tool: "bash", args: map[string]any{"command": cmd, "description": "Run the next step"}}, true
	case has("exec"): // Codex's code mode: a tool that takes JavaScript
		raw, _ := json.Marshal(with(map[string]any{"cmd": cmd}, codex...))
		return block{tool: "exec", args: "text(JSON.stringify(await tools.exec_command(" + string(raw) + ")));"}, true
	}
	return block{}, false
}

// wakeUp returns a call that arms a wake-up. Codex has none that outlives a
// turn, so there the agent sleeps inside the turn.
func wakeUp(tools []string, d time.Duration) (block, bool) {
	if slices.Contains(tools, "ScheduleWakeup") {
		return block{tool: "ScheduleWakeup", args: map[string]any{
			"delaySeconds": int(d.Seconds()), "reason": "the run needs time", "prompt": "look at the run",
		}}, true
	}
	if slices.Contains(tools, "sleep") {
		return block{tool: "sleep", space: "clock", args: map[string]any{"duration_ms": d.Milliseconds()}}, true
	}
	return block{}, false
}

// subAgent returns a call that gives a task to a sub-agent.
func subAgent(tools []string, task string) (block, bool) {
	for _, name := range []string{"Agent", "Task"} {
		if slices.Contains(tools, name) {
			return block{tool: name, args: map[string]any{
				"description": "side task", "prompt": task, "subagent_type": "general-purpose",
			}}, true
		}
	}
	if slices.Contains(tools, "spawn_agent") {
		return block{tool: "spawn_agent", space: "multi_agent_v1", args: map[string]any{
			"message": task, "agent_type": "default",
		}}, true
	}
	return block{}, false
}

// ask returns a call that opens the client's question dialog.
func ask(tools []string, question string, options []string) (block, bool) {
	type option struct {
		Label       string `json:"label"`
		Description string `json:"description"`
	}
	var opts []option
	for _, o := range options {
		opts = append(opts, option{o, o})
	}
	if slices.Contains(tools, "AskUserQuestion") {
		return block{tool: "AskUserQuestion", args: map[string]any{"questions": []any{map[string]any{
			"question": question, "header": "Choice", "multiSelect": false, "options": opts,
		}}}}, true
	}
	if slices.Contains(tools, "request_user_input") {
		return block{tool: "request_user_input", args: map[string]any{"questions": []any{map[string]any{
			"id": "choice", "question": question, "header": "Choice", "options": opts,
		}}}}, true
	}
	return block{}, false
}
