package tmux_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
)

// What each screen of testdata shows, in the words of realScreens.
var screens = map[string]string{
	"claude_idle":                "e",
	"claude_placeholder":         "e",
	"claude_draft":               "d wait for job 811 before you",
	"claude_draft_cursor_inside": "d wait for job 811",
	"claude_draft_one_letter":    "d y",
	"claude_draft_rows":          "d first line of a note that a person writes and that goes over the edge of the window - and has a list",
	"claude_draft_rule_in_text":  "d mind the gap",
	"claude_shell_mode":          "d !",
	"claude_history":             "d keep going",
	"claude_busy":                "e b",
	"claude_busy_old":            "e b",
	"claude_says_esc":            "e",
	"claude_slash_below":         "d dialog /co",
	"claude_box":                 "e",
	"claude_box_draft":           "d fix the loader, then run it again",
	"claude_edit":                "- permission",
	"claude_plan":                "- permission",
	"claude_trust":               "- dialog",
	"claude_model":               "- dialog",
	"claude_limit":               "- limit",
	"claude_quotes_dialog":       "e",
	"claude_killed":              "-",

	"codex_idle":       "e",
	"codex_idle_older": "e",
	"codex_not_live":   "-",
	"codex_draft":      "d wait for 811",
	"codex_draft_rows": "d first third, after a blank one",
	"codex_draft_list": "d 1. a numbered draft",
	"codex_shell_mode": "d !",
	"codex_busy":       "e b",
	"codex_slash":      "d dialog /mo",
	"codex_approve":    "- permission",
	"codex_apply":      "- permission",
	"codex_question":   "- question",
	"codex_model":      "- dialog",
	"codex_ended":      "-",

	"gemini_draft":   "d go on",
	"gemini_tool":    "e b", // a tool that may ask takes the place of the usual sign
	"gemini_quota":   "- limit",
	"gemini_approve": "- permission",
	"gemini_error":   "e",
	"qwen_draft":     "d go on",
	"qwen_busy":      "e b",
	"qwen_approve":   "- permission",
	"qwen_error":     "e",
	"opencode_idle":  "e",
	"opencode_draft": "d go on",
	"opencode_busy":  "e b",
	"opencode_retry": "e b",
	"opencode_error": "e",

	"other_idle":  "e",
	"other_draft": "d hello",
	"other_yn":    "- permission",
	"other_menu":  "- dialog",

	"shell":          "-",
	"shell_starship": "-",
	"less":           "-",
}

func screenFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "screens", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

func TestReadScreen(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "screens", "*.txt"))
	if err != nil || len(files) != len(screens) {
		t.Fatalf("%d screens and %d expectations (%v)", len(files), len(screens), err)
	}
	for name, want := range screens {
		t.Run(name, func(t *testing.T) {
			text := screenFile(t, name)
			kind, _, _ := strings.Cut(name, "_")
			s := tmux.ReadScreen(agent.Kind(kind), tmux.Capture{Text: text})
			if got := summary(s); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("shells are no agent of any kind", func(t *testing.T) {
		for _, name := range []string{"shell", "shell_starship", "less", "codex_ended", "claude_killed"} {
			for _, kind := range []agent.Kind{agent.Claude, agent.Codex, "gemini", "qwen", "opencode", "other"} {
				if s := tmux.ReadScreen(kind, tmux.Capture{Text: screenFile(t, name)}); s.Composer != agent.NoComposer {
					t.Errorf("%s as %s: %s", name, kind, summary(s))
				}
			}
		}
	})
}

func TestReadScreenBesideTheText(t *testing.T) {
	idle, codex := screenFile(t, "claude_idle"), screenFile(t, "codex_idle")
	y := strings.Count(idle[:strings.Index(idle, "❯")], "\n")
	for _, c := range []struct {
		name string
		kind agent.Kind
		c    tmux.Capture
		want string
	}{
		{"cursor in the input line", agent.Claude, tmux.Capture{Text: idle, Cursor: true, CursorVisible: true, X: 2, Y: y}, "e"},
		{"cursor elsewhere", agent.Claude, tmux.Capture{Text: idle, Cursor: true, CursorVisible: true, Y: y + 2}, "-"},
		{"hidden cursor elsewhere", agent.Claude, tmux.Capture{Text: idle, Cursor: true, Y: y + 2}, "e"},
		{"dead pane", agent.Claude, tmux.Capture{Text: idle, Dead: true}, "-"},
		{"spinner in the title", agent.Codex, tmux.Capture{Text: codex, Title: "⠋ run"}, "e b"},
		{"title of an idle one", agent.Codex, tmux.Capture{Text: codex, Title: "run"}, "e"},
		{"title asks", agent.Codex, tmux.Capture{Text: codex, Title: "[ ! ] Action Required | run"}, "e dialog"},
		{"title of a Gemini CLI that works", agent.Gemini, tmux.Capture{Text: screenFile(t, "gemini_error"), Title: "✦  Working… (nano)"}, "e b"},
		{"... in silence", agent.Gemini, tmux.Capture{Text: screenFile(t, "gemini_error"), Title: "⏲  Working… (nano)"}, "e b"},
		{"... at rest", agent.Gemini, tmux.Capture{Text: screenFile(t, "gemini_error"), Title: "◇  Ready (nano)"}, "e i"},
		{"... asks", agent.Gemini, tmux.Capture{Text: screenFile(t, "gemini_error"), Title: "✋  Action Required (nano)"}, "e dialog"},
		{"title of a Qwen Code that works", agent.Qwen, tmux.Capture{Text: screenFile(t, "qwen_error"), Title: "◐\ufe0e Qwen - nano"}, "e b"},
		{"... at rest", agent.Qwen, tmux.Capture{Text: screenFile(t, "qwen_error"), Title: "Qwen - nano"}, "e i"},
		{"... asks", agent.Qwen, tmux.Capture{Text: screenFile(t, "qwen_error"), Title: "✳\ufe0e Qwen - nano"}, "e dialog"},
		{"title asks, blinking", agent.Codex, tmux.Capture{Text: "?", Title: "[ . ] Action Required | run"}, "- dialog"},
		{"nothing", agent.Claude, tmux.Capture{}, "-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := summary(tmux.ReadScreen(c.kind, c.c)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	at := time.Unix(1, 0)
	a := tmux.ReadScreen(agent.Claude, tmux.Capture{Text: idle, Mode: true, At: at})
	b := tmux.ReadScreen(agent.Claude, tmux.Capture{Text: idle + "\n\x1b[31m!"})
	if !a.Mode || !a.At.Equal(at) || a.Hash == b.Hash {
		t.Errorf("mode %v, at %v, hashes %d and %d", a.Mode, a.At, a.Hash, b.Hash)
	}
	if c := tmux.ReadScreen(agent.Claude, tmux.Capture{Text: strings.ReplaceAll(idle, "\x1b[39m", "")}); c.Hash != a.Hash {
		t.Error("colours change the hash")
	}
}

func TestScreenText(t *testing.T) {
	for _, c := range []struct{ name, in, plain, styled string }{
		{"colours go over ends of lines", "a\x1b[31mb\nc\x1b[0md", "ab|cd", "a\x1b[0;31mb\x1b[0m|\x1b[0;31mc\x1b[0md"},
		{"colour spaces", "\x1b[38;5;7;48;2;1;2;3mx\x1b[39;49my", "xy", "\x1b[0;38;5;7;48;2;1;2;3mx\x1b[0my"},
		{"subparameters", "\x1b[38:2::1:2:3mx\x1b[4:3my\x1b[4:0mz", "xyz", "\x1b[0;38:2::1:2:3mx\x1b[0;4;38:2::1:2:3my\x1b[0;38:2::1:2:3mz\x1b[0m"},
		{"bold and dim", "\x1b[1;2mx\x1b[22my", "xy", "\x1b[0;1;2mx\x1b[0my"},
		{"cut colour", "\x1b[38;5mx\x1b[38mz", "xz", "xz"},
		{"links", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "text", "text"},
		{"clipboard", "a\x1b]52;c;aGk=\x07b", "ab", "ab"},
		{"unfinished string", "a\x1b]52;c;aGk\nb", "a|b", "a|b"},
		{"cursor moves", "a\x1b[2J\x1b[1;1Hb\x1bcc", "abc", "abc"},
		{"broken", "a\x1b[3\nb\x1b", "a|b", "a|b"},
		{"bidi", "a\u202eb", "ab", "ab"},
		{"line drawing", "\x0elqk\x0fq", "┌─┐q", "┌─┐q"},
		{"tab", "a\tb", "a    b", "a    b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := tmux.ReadScreen("other", tmux.Capture{Text: c.in})
			if got := strings.Join(s.Lines, "|"); got != c.plain {
				t.Errorf("plain: got %q, want %q", got, c.plain)
			}
			if got := strings.ReplaceAll(s.Styled, "\n", "|"); got != c.styled {
				t.Errorf("styled: got %q, want %q", got, c.styled)
			}
		})
	}
}

func FuzzReadScreen(f *testing.F) {
	for name := range screens {
		f.Add(screenFile(f, name), "⠋ x", 3)
	}
	f.Add("\x1b[38;5;1;2m\x0eqq\x1b]8;;x\x07\n\x1b[1", "", -1)
	f.Fuzz(func(t *testing.T, text, title string, y int) {
		for _, kind := range []agent.Kind{agent.Claude, agent.Codex, "gemini", "opencode", "other"} {
			s := tmux.ReadScreen(kind, tmux.Capture{Text: text, Title: title, Cursor: true, CursorVisible: true, Y: y})
			if n := strings.Count(text, "\n") + 1; len(s.Lines) != n || strings.Count(s.Styled, "\n")+1 != n {
				t.Fatalf("%d lines became %d, styled %d", n, len(s.Lines), strings.Count(s.Styled, "\n")+1)
			}
			for _, l := range s.Lines {
				if agent.Clean(l) != l {
					t.Fatalf("line %q is not clean", l)
				}
			}
			if (s.Draft != "") != (s.Composer == agent.DraftComposer) {
				t.Fatalf("composer %d with draft %q", s.Composer, s.Draft)
			}
			// What is left of the styled text is SGR and clean text.
			again := tmux.ReadScreen(kind, tmux.Capture{Text: s.Styled})
			if strings.Join(again.Lines, "\n") != strings.Join(s.Lines, "\n") || again.Styled != s.Styled {
				t.Fatalf("styled %q reads as %q", s.Styled, again.Styled)
			}
		}
	})
}

func BenchmarkReadScreen(b *testing.B) {
	c := tmux.Capture{Text: strings.Repeat("\x1b[38;5;246msome \x1b[1mtext\x1b[0m of a transcript, which goes on\n", 35) + screenFile(b, "claude_idle")}
	for b.Loop() {
		if tmux.ReadScreen(agent.Claude, c).Composer != agent.EmptyComposer {
			b.Fatal("wrong")
		}
	}
}
