package ending_test

import (
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
)

const (
	saysWaiting  = "Probe 8 is running on the node; waiting for its result."
	saysTerminal = "Every marginal lever is exhausted. Stopping the autonomous loop here."
	saysNothing  = "The parser takes both date formats."
)

func TestStructure(t *testing.T) {
	task := []agent.Task{{ID: "b1", Kind: agent.Shell, Summary: "bash run.sh 8"}}
	full := &agent.Failure{Ending: agent.Context, Code: "context_window_exceeded"}
	for _, tt := range []struct {
		name string
		f    agent.Facts
		want agent.Ending
	}{
		{"an interrupt is first", agent.Facts{Aborted: true, Dialog: agent.PermissionDialog, Failure: full}, agent.Interrupted},
		{"a permission prompt beats the rest", agent.Facts{Dialog: agent.PermissionDialog, Failure: full, Background: agent.Yes}, agent.Permission},
		{"a question dialog", agent.Facts{Dialog: agent.QuestionDialog, Last: agent.LastToolUse}, agent.Question},
		{"a limit dialog", agent.Facts{Dialog: agent.LimitDialog, Last: agent.LastText, Text: saysTerminal}, agent.Limit},
		{"another dialog decides nothing", agent.Facts{Dialog: agent.OtherDialog, Last: agent.LastText, Text: saysTerminal}, agent.Terminal},
		{"a failure beats liveness", agent.Facts{Failure: full, Background: agent.Yes, Last: agent.LastText, Text: "x"}, agent.Context},
		{"a failure of no known kind", agent.Facts{Failure: &agent.Failure{Ending: "odd"}, Last: agent.LastText}, agent.Failed},
		{"a call without a result", agent.Facts{Last: agent.LastToolUse, Text: "bash run.sh"}, agent.Gone},
		{"a call without a result, with work alive", agent.Facts{Last: agent.LastToolUse, Text: "bash run.sh", Background: agent.Yes}, agent.Gone},
		{"a result and nothing after it", agent.Facts{Last: agent.LastText, Text: saysWaiting, ResultAfter: true}, agent.Gone},
		{"thinking with a result after it", agent.Facts{Last: agent.LastThinking, ResultAfter: true}, agent.Gone},
		{"the same, but the process lives", agent.Facts{Last: agent.LastThinking, ResultAfter: true, Process: agent.Yes}, agent.Empty},
		{"the same, and something alive", agent.Facts{Last: agent.LastToolUse, Process: agent.Yes, Background: agent.Yes}, agent.Waits},
		{"the process died in a turn", agent.Facts{Last: agent.LastThinking, Process: agent.No}, agent.Gone},
		{"a call that declares the goal complete", agent.Facts{Last: agent.LastToolUse, ResultAfter: true, Text: `{"status": "complete"}`}, agent.Terminal},
		{"the same, told by the tail", agent.Facts{Last: agent.LastToolUse, ResultAfter: true, Tail: []string{`update_goal: {"status":"complete"}`}}, agent.Terminal},
		{"nothing at all", agent.Facts{Last: agent.LastNone}, agent.Empty},
		{"thinking only, with work alive", agent.Facts{Last: agent.LastThinking, Background: agent.Yes}, agent.Empty},
		{"blank text", agent.Facts{Last: agent.LastText, Text: " \n"}, agent.Empty},
		{"work alive beats words", agent.Facts{Last: agent.LastText, Text: saysTerminal, Background: agent.Yes, Waits: task}, agent.Waits},
		{"the CLI's own line beats work alive", agent.Facts{Last: agent.LastText, Text: "Prompt is too long", Background: agent.Yes}, agent.Context},
		{"waits, and nothing alive", agent.Facts{Last: agent.LastText, Text: saysWaiting, Background: agent.No}, agent.Stalled},
		{"waits for what died", agent.Facts{Last: agent.LastText, Text: saysWaiting, Died: task}, agent.Stalled},
		{"waits for what is overdue", agent.Facts{Last: agent.LastText, Text: saysWaiting, Overdue: task}, agent.Stalled},
		{"declares its end, beside something dead", agent.Facts{Last: agent.LastText, Text: saysTerminal, Background: agent.No, Died: task}, agent.Terminal},
		{"a sub-agent's work outlives an empty list", agent.Facts{Last: agent.LastText, Text: "Waiting for the subagent's report.", Background: agent.No}, agent.Waits},
		{"but not when it is known to be dead", agent.Facts{Last: agent.LastText, Text: "Waiting for the subagent's report.", Background: agent.No, Died: task}, agent.Stalled},
		{"nor without a process", agent.Facts{Last: agent.LastText, Text: "Waiting for the subagent's report.", Background: agent.No, Process: agent.No}, agent.Stalled},
		{"waits, and the process is gone", agent.Facts{Last: agent.LastText, Text: saysWaiting, Process: agent.No}, agent.Gone},
		{"words alone: waiting", agent.Facts{Last: agent.LastText, Text: saysWaiting}, agent.Waits},
		{"words alone: terminal", agent.Facts{Last: agent.LastText, Text: saysTerminal}, agent.Terminal},
		{"no words at all", agent.Facts{Last: agent.LastText, Text: saysNothing}, agent.Terminal},
		{"no words, nothing alive", agent.Facts{Last: agent.LastText, Text: saysNothing, Background: agent.No}, agent.Terminal},
		{"nothing known", agent.Facts{}, agent.Empty},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := ending.Default().Judge(tt.f)
			if v.Ending != tt.want {
				t.Errorf("ending %s, want %s; evidence %v", v.Ending, tt.want, v.Evidence)
			}
			if v.Confidence < 0.5 || v.Confidence > 1 {
				t.Errorf("confidence %v, want 0.5 to 1", v.Confidence)
			}
			if len(v.Evidence) == 0 {
				t.Error("no evidence")
			}
		})
	}
}

// TestFinalWords judges the words in which agents ended their loops in May 2026.
func TestFinalWords(t *testing.T) {
	for _, said := range []string{
		"SESSION FINAL", "loop ended; not re-arming wakeup", "every marginal lever exhausted", "v11c terminal",
		"awaiting user direction", "no wakeup armed; loop ends", "retune or accept v11c final",
		"Stopping the autonomous loop here -- exhausted.", "SESSION FINAL: v11c at 2950. Awaiting user direction.",
	} {
		for _, alive := range []agent.Tri{agent.Unsure, agent.No} {
			v := ending.Default().Judge(agent.Facts{Last: agent.LastText, Text: said, Background: alive})
			if v.Ending != agent.Terminal || v.Confidence < 0.8 {
				t.Errorf("%q: %s (%.2f), want terminal", said, v.Ending, v.Confidence)
			}
		}
	}
}

func TestEvidence(t *testing.T) {
	now := time.Date(2026, 5, 3, 4, 5, 6, 0, time.UTC)
	v := ending.Default().Judge(agent.Facts{
		Last: agent.LastText, Background: agent.No, Now: now,
		Text: "The ledger is up to date.\nThe \x1b[31mwatcher\x1b[0m is armed for job 12.",
	})
	if v.Ending != agent.Stalled {
		t.Fatalf("ending %s, want stalled", v.Ending)
	}
	want := []agent.Evidence{
		{Source: "fact", Text: "nothing alive will wake the agent", At: now},
		{Source: "rule:watcher-armed", Text: "The watcher is armed for job 12.", At: now},
	}
	for i, w := range want {
		if i >= len(v.Evidence) || v.Evidence[i] != w {
			t.Errorf("evidence %d: have %+v, want %+v", i, v.Evidence, w)
		}
	}
}

func TestResets(t *testing.T) {
	stated := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	v := ending.Default().Judge(agent.Facts{
		Last: agent.LastText, Text: "API Error: 400 You have reached your specified API usage limits. You will regain access on 2026-08-01 at 00:00 UTC.",
	})
	if v.Ending != agent.Limit || !v.Resets.Equal(stated) {
		t.Errorf("%s until %v, want limit until %v", v.Ending, v.Resets, stated)
	}
	v = ending.Default().Judge(agent.Facts{Failure: &agent.Failure{Ending: agent.Limit, Resets: stated}})
	if !v.Resets.Equal(stated) {
		t.Errorf("reset %v, want the failure's own %v", v.Resets, stated)
	}
}

func TestExplain(t *testing.T) {
	rep := ending.Default().Explain(agent.Facts{
		Kind: agent.Claude, Last: agent.LastText, Background: agent.Yes, Text: "Record stands at 2990. Probe 8 is running.",
		Waits: []agent.Task{{Kind: agent.Shell, Summary: "bash run.sh 8"}},
	})
	if rep.Verdict.Ending != agent.Waits || rep.Decided != "liveness" {
		t.Errorf("%s decided by %s, want waiting by liveness", rep.Verdict.Ending, rep.Decided)
	}
	decided := ""
	for _, f := range rep.Facts {
		if f.Decided {
			decided += f.Fact
		}
	}
	if want := "something alive will wake the agent: shell bash run.sh 8"; decided != want {
		t.Errorf("decided by %q, want %q", decided, want)
	}
	seen := map[agent.Ending]bool{}
	for _, m := range rep.Matches {
		seen[m.Ending] = true
		if m.Rule == "" || m.Weight <= 0 {
			t.Errorf("match without name or weight: %+v", m)
		}
	}
	if !seen[agent.Waits] || !seen[agent.Terminal] {
		t.Errorf("matches of waiting and terminal both wanted: %+v", rep.Matches)
	}
}

// A long text is judged by its head and tail, in bounded time.
func TestLongText(t *testing.T) {
	filler := strings.Repeat("| E12 | 3.28 | worse |\n", 50_000)
	v := ending.Default().Judge(agent.Facts{Last: agent.LastText, Text: "# Results\n" + filler + "\nThe sweep of c12 is running; waiting for it."})
	if v.Ending != agent.Waits {
		t.Errorf("ending %s, want waiting from the last sentence", v.Ending)
	}
}

func report(size int) string {
	const s = "Probe 12 came in at 3.2791, worse by 0.0004; reverted. Every knob is confirmed locally optimal from both sides, " +
		"and the watcher for the next set is armed. "
	return strings.Repeat(s, size/len(s)+1)[:size]
}

func BenchmarkJudge4K(b *testing.B) {
	f := agent.Facts{Last: agent.LastText, Text: report(4 << 10)}
	r := ending.Default()
	b.SetBytes(int64(len(f.Text)))
	for b.Loop() {
		r.Judge(f)
	}
}

func BenchmarkJudgeShort(b *testing.B) {
	f := agent.Facts{Last: agent.LastText, Text: "Watcher armed for the 8-seed verdict."}
	r := ending.Default()
	for b.Loop() {
		r.Judge(f)
	}
}
