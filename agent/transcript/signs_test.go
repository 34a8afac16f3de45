package transcript_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"vigil/agent"
	"vigil/agent/transcript"
)

// signs reads a session and returns the signs of all its events.
func signs(t *testing.T, lines ...string) (out []agent.Signs) {
	t.Helper()
	r, err := transcript.NewReader(agent.Claude)
	if strings.Contains(lines[0], `"payload"`) {
		r, err = transcript.NewReader(agent.Codex)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		r.Line([]byte(l), func(e agent.Event) {
			if e.Signs != nil {
				out = append(out, *e.Signs)
			}
		})
	}
	return out
}

func claudeResult(text string) string {
	return `{"type":"user","uuid":"r","sessionId":"s","timestamp":"2026-03-04T00:00:02Z","message":{"role":"user","content":[{"tool_use_id":"t","type":"tool_result","content":` + strconv.Quote(text) + `}]}}`
}

func claudeCall(name, input string) string {
	return `{"type":"assistant","uuid":"a","sessionId":"s","timestamp":"2026-03-04T00:00:01Z","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"` + name + `","input":` + input + `}]}}`
}

func codexCall(name, arguments string) string {
	return `{"timestamp":"2026-03-04T00:00:01Z","type":"response_item","payload":{"type":"function_call","name":"` + name + `","call_id":"c","arguments":` + strconv.Quote(arguments) + `}}`
}

const passed = `  logs/a.txt: 3.27702
  logs/a.txt: 3.27825
--------------------------------------------------------
8-trial set   mean = 3.27763   (record bar: < 3.27859)
RESULT: PASS  record-valid (p<0.001)
`

func TestResults(t *testing.T) {
	check := agent.Check{Losses: []float64{3.27702, 3.27825}, Mean: 3.27763, Pass: true}
	for _, tt := range []struct {
		name, text string
		trials     []agent.Trial
		checks     []agent.Check
	}{
		{"a final line", "step:3290/3290 val_loss:3.27700 train_time:505.787s step_avg:138.51ms\n", []agent.Trial{{Horizon: 3290, Loss: 3.277, Took: 505.787}}, nil},
		{"with the name of its file", "logs/a.txt:step:3260/3260 val_loss:3.29818 train_time:420.891s", []agent.Trial{{Horizon: 3260, Loss: 3.29818, Took: 420.891}}, nil},
		{"with the number of its line", "1339:step:3100/3100 val_loss:3.46594 step_avg:1ms", []agent.Trial{{Horizon: 3100, Loss: 3.46594}}, nil},
		{"not done yet", "step:3000/3290 val_loss:3.29818 train_time:420.891s", nil, nil},
		{"the training loss", "step:3290/3290 train_loss:3.27700", nil, nil},
		{"no loss", "step:3290/3290 train_time:505.787s", nil, nil},
		{"retold", "- Final step: `3190/3190`\n- Final val loss: `3.28040`\n", []agent.Trial{{Horizon: 3190, Loss: 3.2804}}, nil},
		{"retold far apart", "step 3190/3190\n\n\n\nval loss 3.28040\n", nil, nil},
		{"a verdict", passed, nil, []agent.Check{check}},
		{"a verdict with numbered lines", "1\t3.27702 3.27825 \n2\t-----\n3\t8-trial set   mean = 3.27763   (record bar: < 3.27859)\n4\tRESULT: PASS  record-valid\n", nil, []agent.Check{check}},
		{"in a program's output", strings.ReplaceAll(passed, "\n", `\n`), nil, []agent.Check{check}},
		{"not passed", strings.ReplaceAll(passed, "PASS  record", "FAIL  mean"), nil, []agent.Check{{Losses: check.Losses, Mean: 3.27763}}},
		{"one run", "  logs/a.txt: 3.28099\nsingle run    val = 3.28099   (promising if < 3.276)\nRESULT: not low enough to be worth confirming on its own\n", nil, []agent.Check{{Losses: []float64{3.28099}}}},
		{"the verifier's own source", `print(f"8-trial set   mean = {mean:.5f}   (record bar: < {BAR})")` + "\n" + `print("RESULT: PASS  record-valid (p<0.001)")`, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := signs(t, claudeResult(tt.text))
			if tt.trials == nil && tt.checks == nil {
				if len(got) != 0 {
					t.Errorf("got %+v, want nothing", got)
				}
				return
			}
			if len(got) != 1 || !reflect.DeepEqual(got[0].Trials, tt.trials) || !reflect.DeepEqual(got[0].Checks, tt.checks) {
				t.Errorf("got %+v, want %+v and %+v", got, tt.trials, tt.checks)
			}
		})
	}
}

func TestResultsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "step:9/9 val_loss:3.%d\nlogs/%d.txt: 3.1\nmean = 3.1\nRESULT: PASS\n", 10000+i, i)
	}
	got := signs(t, claudeResult(b.String()))
	if len(got) != 1 || len(got[0].Trials) != 128 || len(got[0].Checks) != 16 {
		t.Fatalf("%d signs, or not 128 trials and 16 checks", len(got))
	}
}

func TestNoticesTellResults(t *testing.T) {
	got := signs(t, `{"type":"user","uuid":"n","sessionId":"s","timestamp":"2026-03-04T00:00:02Z","message":{"role":"user","content":"<task-notification><task-id>a</task-id><status>completed</status><result>step:9/9 val_loss:3.1</result></task-notification>"}}`)
	if len(got) != 1 || len(got[0].Trials) != 1 {
		t.Errorf("got %+v, want a trial", got)
	}
}

func TestEdits(t *testing.T) {
	const patch = "*** Begin Patch\n*** Update File: train.py\n@@\n-    lr=0.025, weight_decay=0.05)\n+    lr=0.030, weight_decay=0.05)\n@@\n context\n*** Update File: notes.md\n@@\n+- E2 queued\n*** End Patch\n"
	type want struct {
		path  string
		lines int
		knobs string
	}
	for _, tt := range []struct {
		name, line string
		want       []want
	}{
		{"Edit", claudeCall("Edit", `{"file_path":"/w/train.py","old_string":"a = 1\nlr = 0.025","new_string":"a = 1\nlr = 0.03"}`), []want{{"/w/train.py", 1, "lr"}}},
		{"MultiEdit", claudeCall("MultiEdit", `{"file_path":"/w/train.py","edits":[{"old_string":"beta1 = 0.8","new_string":"beta1 = 0.9"},{"old_string":"foo()","new_string":"barbar()"}]}`), []want{{"/w/train.py", 1, "beta1"}, {"/w/train.py", 1, ""}}},
		{"Write", claudeCall("Write", `{"file_path":"/w/train.py","content":"lr = 1"}`), []want{{"/w/train.py", 0, ""}}},
		{"NotebookEdit", claudeCall("NotebookEdit", `{"notebook_path":"/w/a.ipynb","new_source":"lr = 1"}`), []want{{"/w/a.ipynb", 0, ""}}},
		{"apply_patch", codexCall("apply_patch", `{"input":`+strconv.Quote(patch)+`}`), []want{{"train.py", 1, "lr"}, {"notes.md", 0, ""}}},
		{"a patch in a program", codexCall("exec", `{"input":`+strconv.Quote("const patch = "+strconv.Quote(patch)+";\ntext(await tools.apply_patch(patch));\n")+`}`), []want{{"train.py", 1, "lr"}, {"notes.md", 0, ""}}},
		{"a patch in a shell", codexCall("shell", `{"command":["bash","-lc",`+strconv.Quote("apply_patch <<'EOF'\n"+patch+"EOF")+`]}`), []want{{"train.py", 1, "lr"}, {"notes.md", 0, ""}}},
		{"sed", claudeCall("Bash", `{"command":"sed -i 's/train_steps = 3050/train_steps = 3045/; s/warmup_frac=0.1/warmup_frac=0.2/' train.py && python -m py_compile train.py"}`), []want{{"train.py", 2, "train_steps warmup_frac"}}},
		{"a command", claudeCall("Bash", `{"command":"ls"}`), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []agent.Edit
			for _, s := range signs(t, tt.line) {
				got = append(got, s.Edits...)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %+v, want %+v", got, tt.want)
			}
			for i, w := range tt.want {
				if e := got[i]; e.Path != w.path || len(e.Lines) != w.lines || strings.Join(e.Knobs, " ") != w.knobs {
					t.Errorf("edit %d: %+v, want %+v", i, e, w)
				}
			}
		})
	}
}

// An edit that takes another back has its two texts swapped, and one that turns
// the same knob touches the same line.
func TestEditsAreComparable(t *testing.T) {
	edit := func(old, new string) agent.Edit {
		return signs(t, claudeCall("Edit", fmt.Sprintf(`{"file_path":"a.py","old_string":%q,"new_string":%q}`, old, new)))[0].Edits[0]
	}
	a, b, c := edit("rate = 0.1", "rate = 0.2"), edit("rate = 0.2", "rate = 0.1"), edit("    rate=3e-4", "    rate=5e-4")
	if a.Out != b.In || a.In != b.Out || a.Out == a.In {
		t.Errorf("%+v and %+v do not take each other back", a, b)
	}
	if !reflect.DeepEqual(a.Lines, c.Lines) || len(a.Lines) != 1 {
		t.Errorf("lines %v and %v, want the same", a.Lines, c.Lines)
	}
}

func TestDeclared(t *testing.T) {
	for _, line := range []string{
		codexCall("update_goal", `{"status":"complete"}`),
		codexCall("exec", `{"input":"const r = await tools.update_goal({status:\"complete\"});"}`),
	} {
		if got := signs(t, line); len(got) != 1 || !got[0].Done {
			t.Errorf("%s: got %+v, want it declared", line, got)
		}
	}
}

func TestThought(t *testing.T) {
	think := func(text string) []agent.Signs {
		return signs(t, `{"type":"assistant","uuid":"a","sessionId":"s","message":{"id":"m","content":[{"type":"thinking","thinking":`+strconv.Quote(text)+`}]}}`)
	}
	if got := think(strings.Repeat("I need to break out of this loop. ", 1000)); len(got) != 1 || got[0].Thought.Ratio > 0.05 || got[0].Thought.Size != 34000 {
		t.Errorf("thinking in circles: %+v", got)
	}
	if got := think("short"); len(got) != 0 {
		t.Errorf("short thinking: %+v", got)
	}
}

func FuzzSigns(f *testing.F) {
	f.Add(passed, "sed -i 's/lr = 1/lr = 2/' a.py")
	f.Add("step:9/9 val_loss:3.1 train_time:4.5s\n1\t3.1 3.2\n", "*** Begin Patch\n*** Update File: a\n-x = 1\n+x = 2\n*** End Patch")
	f.Fuzz(func(t *testing.T, result, command string) {
		for _, s := range signs(t, claudeResult(result), claudeCall("Bash", `{"command":`+strconv.Quote(command)+`}`)) {
			if len(s.Trials) > 128 || len(s.Checks) > 16 || len(s.Edits) > 32 {
				t.Errorf("unbounded: %d trials, %d checks, %d edits", len(s.Trials), len(s.Checks), len(s.Edits))
			}
			for _, e := range s.Edits {
				if agent.Clean(e.Path) != e.Path || len(e.Knobs) > 8 {
					t.Errorf("edit %+v", e)
				}
			}
		}
	})
}
