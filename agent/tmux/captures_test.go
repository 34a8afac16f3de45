package tmux_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/agent"
	"vigil/agent/tmux"
)

// What each real screen shows: the input line (- not there, e empty, d draft),
// the dialog, b while a turn runs, and i where
// it says that none does.
var realScreens = map[string]string{
	"claude/*":                         "e",
	"claude/ask_blind_before":          "- question",
	"claude/ask_user_question":         "- question",
	"claude/crashed_kill9":             "-",
	"claude/error_529_retrying":        "e b",
	"claude/exited":                    "- dialog",
	"claude/idle_with_human_draft":     "d half typed human text",
	"claude/interrupted":               "d to be interrupted",
	"claude/limit_seven_day":           "- limit",
	"claude/limit_seven_day_opus":      "- limit",
	"claude/onboarding_1":              "-",
	"claude/permission_prompt":         "- permission",
	"claude/permission_prompt_typed":   "- permission",
	"claude/slash_menu_open":           "d dialog /",
	"claude/working_running_command":   "e b",
	"claude/working_streaming":         "e b",
	"claude/working_waiting_model":     "e b",
	"claude/working_with_queued_nudge": "e b",

	"claude_2_1_197/*": "e",

	"codex/*":                            "e",
	"codex/ask_user_question":            "- question",
	"codex/crashed_kill9":                "-",
	"codex/error_connection_refused_30s": "e b",
	"codex/error_connection_refused_5s":  "e b",
	"codex/error_usage_limit_reached":    "- dialog",
	"codex/exited_quit":                  "-",
	"codex/exited_quit_busy":             "-",
	"codex/goal_active":                  "e b",
	"codex/hooks_trust_screen":           "- dialog",
	"codex/hooks_trusted":                "- dialog",
	"codex/permission_prompt":            "- permission",
	"codex/resumed_with_prompt":          "-", // drawn, but not live: the footer has no model yet
	"codex/subagent_running":             "e b",
	"codex/working_running_command":      "e b",
	"codex/working_streaming":            "e", // only the title tells
	"codex/working_waiting_model":        "e b",
	"codex/working_with_queued_nudge":    "e b",

	"gemini/ask_user":                "- question",
	"gemini/idle_after_final":        "e",
	"gemini/limit":                   "e b",
	"gemini/permission_prompt":       "- permission",
	"gemini/too_long":                "e",
	"gemini/working_running_command": "e b",
	"gemini/working_waiting_model":   "e b",

	"qwen/ask_user":                "- question",
	"qwen/idle_after_final":        "e",
	"qwen/limit":                   "e b",
	"qwen/permission_prompt":       "- permission",
	"qwen/too_long":                "e",
	"qwen/working_running_command": "e b",
	"qwen/working_waiting_model":   "e b",

	"opencode/ask_user":                "- question",
	"opencode/idle_after_final":        "e b", // taken while it still worked
	"opencode/limit":                   "e b",
	"opencode/permission_prompt":       "- permission",
	"opencode/too_long":                "e b", // compacts over and over
	"opencode/working_running_command": "e b",
	"opencode/working_waiting_model":   "e b",
}

// summary puts what is tested of a screen into the words of realScreens.
func summary(s agent.Screen) string {
	out := map[agent.Composer]string{agent.NoComposer: "-", agent.EmptyComposer: "e", agent.DraftComposer: "d"}[s.Composer]
	if s.Dialog != agent.NoDialog {
		out += " " + string(s.Dialog)
	}
	if s.Busy {
		out += " b"
	}
	if s.Idle {
		out += " i"
	}
	if s.Draft != "" {
		out += " " + s.Draft
	}
	return out
}

// Real captures are not part of the project; they are looked for beside it.
func TestRealScreens(t *testing.T) {
	shared := os.Getenv("VIGIL_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	files, err := filepath.Glob(filepath.Join(shared, "agents", "captures", "*", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Skip("no captures of real CLIs beside the project (VIGIL_SHARED)")
	}
	for _, f := range files {
		dir := filepath.Base(filepath.Dir(f))
		name := dir + "/" + strings.TrimSuffix(filepath.Base(f), ".txt")
		t.Run(name, func(t *testing.T) {
			want, ok := realScreens[name]
			if !ok {
				want, ok = realScreens[dir+"/*"]
			}
			if !ok {
				t.Fatal("no expectation for this capture")
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			kind, _, _ := strings.Cut(dir, "_")
			s := tmux.ReadScreen(agent.Kind(kind), tmux.Capture{Text: string(b)})
			if got := summary(s); got != want {
				t.Errorf("got %q, want %q; the foot of the screen:\n%s", got, want, foot(s.Lines))
			}
			if strings.Contains(strings.Join(s.Lines, ""), "\x1b") {
				t.Error("an escape sequence is left")
			}
			// A CLI that nothing is known of is never said to be more ready than it is.
			g := tmux.ReadScreen("other", tmux.Capture{Text: string(b)})
			if strings.HasPrefix(want, "-") && g.Composer != agent.NoComposer {
				t.Errorf("the general look finds an input line: %s", summary(g))
			}
			if strings.HasPrefix(want, "d") && g.Composer == agent.EmptyComposer {
				t.Errorf("the general look overlooks a draft: %s", summary(g))
			}
		})
	}
}

func foot(lines []string) string {
	var keep []string
	for i := len(lines) - 1; i >= 0 && len(keep) < 14; i-- {
		if lines[i] != "" {
			keep = append([]string{fmt.Sprintf("%3d %.110s", i, lines[i])}, keep...)
		}
	}
	return strings.Join(keep, "\n")
}
