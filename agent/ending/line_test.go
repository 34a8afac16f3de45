package ending_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vigil/agent"
	"vigil/agent/ending"
)

func TestParseLine(t *testing.T) {
	f, err := ending.ParseLine([]byte(`{"text":"\u001b[1mdone\u001b[0m","last_event":"text","result_after":true,` +
		`"tail":["Bash: ls"],"background_alive":false,"model":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	if f.Text != "done" || f.Last != agent.LastText || !f.ResultAfter || f.Background != agent.No || !slices.Equal(f.Tail, []string{"Bash: ls"}) {
		t.Errorf("have %+v", f)
	}
	for line, want := range map[string]agent.Tri{
		`{"background_alive":null}`: agent.Unsure, `{"background_alive":"unknown"}`: agent.Unsure, `{"background_alive":true}`: agent.Yes, `{}`: agent.Unsure,
	} {
		if f, err := ending.ParseLine([]byte(line)); err != nil || f.Background != want {
			t.Errorf("%s: background %v, %v; want %v", line, f.Background, err, want)
		}
	}
	for line, want := range map[string]agent.LastKind{`{}`: agent.LastNone, `{"text":"x"}`: agent.LastText} {
		if f, err := ending.ParseLine([]byte(line)); err != nil || f.Last != want {
			t.Errorf("%s: last %q, %v; want %q", line, f.Last, err, want)
		}
	}
}

func TestParseLineErrors(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{``, "empty line"},
		{`{"text":1}`, `field "text": want a string, not number`},
		{`{"result_after":"yes"}`, `field "result_after": want true or false, not string`},
		{`{"background_alive":"yes"}`, `field "background_alive": want true, false or null`},
		{`{"background_alive":[1]}`, `field "background_alive": want true, false or null`},
		{`{"tail":"ls"}`, `field "tail": want a list of strings, not string`},
		{`{"last_event":"tool"}`, `last_event "tool": want text, thinking, tool_use or none`},
		{`[1]`, "want a JSON object, not array"},
		{`null`, "not a JSON object"},
		{`{"text":"a"} {"text":"b"}`, "more than one JSON value"},
		{`{"text":`, "not JSON"},
		{`{text}`, "not JSON at byte 2"},
	} {
		_, err := ending.ParseLine([]byte(tt.line))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", tt.line, err, tt.want)
		}
	}
}

func TestAnswer(t *testing.T) {
	b, err := json.Marshal(ending.AnswerOf(agent.Verdict{
		Ending: agent.Stalled, Confidence: 0.85, Evidence: []agent.Evidence{{Source: "fact", Text: "nothing alive"}},
	}))
	if want := `{"ending":"stalled","confidence":0.85,"evidence":["fact: nothing alive"]}`; err != nil || string(b) != want {
		t.Errorf("%s, %v; want %s", b, err, want)
	}
	if b, _ = json.Marshal(ending.AnswerOf(agent.Verdict{})); !strings.Contains(string(b), `"evidence":[]`) {
		t.Errorf("%s: evidence must never be null", b)
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(`{"text":"Waiting for exp 3.","last_event":"text","tail":["Bash: x"],"background_alive":null}`))
	f.Add([]byte(`{"last_event":"tool_use","result_after":true}`))
	f.Add([]byte(`{"tail":[1]}`))
	f.Add([]byte("{\"text\":\"\xff\\u202e\"}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		facts, err := ending.ParseLine(b)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of more than one line: %q", err)
			}
			return
		}
		judged(t, facts)
	})
}

func FuzzJudge(f *testing.F) {
	f.Add("Waiting for trial 3/8, ~5 min to go?", uint8(0), uint8(1))
	f.Add("API Error: 529 Overloaded", uint8(2), uint8(0))
	f.Add(strings.Repeat("é’ 3/3 ", 3000), uint8(1), uint8(2))
	f.Add("\xf0\x28\x8c\x28 İstanbul ẞ. ..?", uint8(3), uint8(2))
	kinds := []agent.LastKind{agent.LastText, agent.LastThinking, agent.LastToolUse, agent.LastNone}
	f.Fuzz(func(t *testing.T, text string, last, alive uint8) {
		judged(t, agent.Facts{Text: text, Last: kinds[last%4], Background: agent.Tri(alive % 3), Tail: []string{text}})
	})
}

// judged checks what holds of every verdict.
func judged(t *testing.T, f agent.Facts) {
	t.Helper()
	v := ending.Default().Judge(f)
	if !slices.Contains(agent.Endings(), v.Ending) {
		t.Errorf("ending %q is none of the table", v.Ending)
	}
	if v.Confidence < 0.5 || v.Confidence > 1 || len(v.Evidence) == 0 {
		t.Errorf("confidence %v, evidence %v", v.Confidence, v.Evidence)
	}
	for _, e := range v.Evidence {
		if !utf8.ValidString(e.Text) || strings.ContainsAny(e.Text, "\n\x1b\u202e") || len(e.Text) > 1000 {
			t.Errorf("evidence is not one clean line: %q", e.Text)
		}
	}
}
