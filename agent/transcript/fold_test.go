package transcript_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

// TestReplayEnds checks which ends Replay tells of the project's own sessions,
// and what the fold knows there.
func TestReplayEnds(t *testing.T) {
	type end struct {
		prompt string
		last   agent.LastKind
		ending agent.Ending // of the failure, if there was one
		tasks  int
	}
	tests := []struct {
		file string
		want []end
	}{
		{"claude_1.0", []end{
			{"bake until the crust is right", agent.LastText, "", 0},
			{"keep baking", agent.LastToolUse, agent.Limit, 0},
			{"once more, with rye", agent.LastToolUse, "", 0},
		}},
		{"claude_2.1.330_background", []end{
			{"bake and watch", agent.LastText, "", 4},
			{"<task-notification>", agent.LastText, "", 3},
			{"<task-notification>", agent.LastText, "", 2},
			{"look", agent.LastToolUse, "", 2},
			{"continue", agent.LastText, "", 0},
			{"/loop taste", agent.LastToolUse, "", 0},
		}},
		{"codex_0.118", []end{
			{"bake", agent.LastText, "", 0},
			{"again", agent.LastNone, agent.Limit, 0},
			{"stop this one", agent.LastNone, "", 0},
			{"killed in the middle", agent.LastToolUse, "", 0},
			{"continue", agent.LastText, "", 0},
		}},
		{"codex_0.42", []end{
			{"bake the bread", agent.LastText, "", 0},
			{"another one", agent.LastText, "", 0},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			f, err := os.Open(filepath.Join("testdata", tt.file+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var got []end
			_, err = transcript.Replay(f, func(agent.Event) {}, func(s *agent.Session, _ time.Time) {
				e := end{prompt: s.Turn.Prompt, last: s.Turn.Last, tasks: len(s.Tasks)}
				if s.Turn.Failure != nil {
					e.ending = s.Turn.Failure.Ending
				}
				if s.Turn.Running() || s.Turn.Ended.IsZero() {
					t.Errorf("%q is told as ended and runs", e.prompt)
				}
				got = append(got, e)
			})
			if err != nil {
				t.Fatal(err)
			}
			for i := range max(len(got), len(tt.want)) {
				var g, w end
				if i < len(got) {
					g = got[i]
				}
				if i < len(tt.want) {
					w = tt.want[i]
				}
				if !strings.HasPrefix(g.prompt, w.prompt) || g.last != w.last || g.ending != w.ending || g.tasks != w.tasks {
					t.Errorf("end %d: got %+v, want %+v", i+1, g, w)
				}
			}
		})
	}
}

// TestUnanswered tells apart a prompt in two parts and one that was never
// answered.
func TestUnanswered(t *testing.T) {
	line := func(at, text string) string {
		return `{"type":"user","uuid":"u` + at + `","sessionId":"s","timestamp":"2026-03-04T` + at + `Z","message":{"content":"` + text + `"}}` + "\n"
	}
	session := line("10:00:00.000", "one") + line("10:00:00.500", "one, continued") + line("10:01:00.000", "hello?") +
		line("10:02:00.000", "anybody?")
	var ends []string
	_, err := transcript.Replay(strings.NewReader(session), func(agent.Event) {}, func(s *agent.Session, next time.Time) {
		ends = append(ends, s.Turn.Prompt+" "+string(s.Turn.Last)+" "+next.Format("15:04"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(ends, "; "), "one, continued none 10:01; hello? none 10:02"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDetectAndScanErrors(t *testing.T) {
	for _, text := range []string{"no session\nat all\n", `{"type":"x"}` + "\n"} {
		if _, err := transcript.Scan(strings.NewReader(text), func(agent.Event) {}); err == nil {
			t.Errorf("%q is taken for a session", text)
		}
	}
	if _, err := transcript.NewReader("other"); err == nil {
		t.Error("a reader for a kind without sessions")
	}
	if st, err := transcript.Scan(strings.NewReader(""), func(agent.Event) {}); err != nil || st.Lines != 0 {
		t.Errorf("an empty file: %v, %+v", err, st)
	}
}
