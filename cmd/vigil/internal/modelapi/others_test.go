package modelapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// post sends a body and returns the status and what came.
func post(t *testing.T, url string, body any) (int, string) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}

func TestCompletions(t *testing.T) {
	s := New(Script{Turns: []Turn{{{Say: "One step.", Run: "make"}, {Text: "Done."}}}})
	srv := httptest.NewServer(s)
	defer srv.Close()
	msg := func(role, text string) any { return map[string]any{"role": role, "content": text} }
	ask := func(tools bool, msgs ...any) (int, string) {
		body := map[string]any{"model": "m", "stream": true, "messages": msgs}
		if tools {
			body["tools"] = []any{map[string]any{"type": "function", "function": map[string]any{"name": "bash"}}}
		}
		return post(t, srv.URL+"/v1/chat/completions", body)
	}
	for _, c := range []struct {
		name  string
		tools bool
		msgs  []any
		want  []string
	}{
		{"a title", false, []any{msg("user", "Generate a title")}, []string{"Scripted session", "[DONE]"}},
		{"a guess at the next prompt", true, []any{msg("user", "[SUGGESTION MODE: what next]")}, []string{"Scripted session"}},
		{"a turn", true, []any{msg("user", "start")}, []string{"One step.", `"name":"bash"`, `\"command\":\"make\"`, `"finish_reason":"tool_calls"`, "[DONE]"}},
		{"its end", true, []any{msg("user", "start"), msg("assistant", "One step."), msg("tool", "made")}, []string{"Done.", `"finish_reason":"stop"`}},
	} {
		code, got := ask(c.tools, c.msgs...)
		for _, w := range c.want {
			if code != http.StatusOK || !strings.Contains(got, w) {
				t.Errorf("%s: status %d, no %s in %s", c.name, code, w, got)
			}
		}
	}
	if n := s.Main(); n != 2 {
		t.Errorf("%d requests of the agent, want 2", n)
	}
}

func TestGemini(t *testing.T) {
	s := New(Script{Turns: []Turn{{{Say: "One step.", Run: "make"}, {Text: "Done."}}, {{Fault: UsageLimit}}}})
	srv := httptest.NewServer(s)
	defer srv.Close()
	part := func(role string, p map[string]any) any { return map[string]any{"role": role, "parts": []any{p}} }
	text := func(role, text string) any { return part(role, map[string]any{"text": text}) }
	tools := []any{map[string]any{"functionDeclarations": []any{map[string]any{"name": "run_shell_command"}}}}
	context := text("user", "<session_context>\nThe folder.\n</session_context>")
	turn := []any{context, text("user", "start")}
	end := append(turn, text("model", "One step."), part("user", map[string]any{"functionResponse": map[string]any{"name": "run_shell_command", "response": map[string]any{"output": "made"}}}))
	for _, c := range []struct {
		name, call string
		tools      any
		contents   []any
		code       int
		want       []string
	}{
		{"a choice of model", "generateContent", nil, []any{text("user", "which")}, 200, []string{"Scripted session"}},
		{"a count", "countTokens", nil, nil, 200, []string{`"totalTokens":1200`}},
		{"a turn", "streamGenerateContent", tools, turn, 200, []string{"One step.", `"functionCall"`, `"command":"make"`, `"finishReason":"STOP"`}},
		{"its end", "streamGenerateContent", tools, end, 200, []string{"Done.", `"promptTokenCount":1200`}},
		{"a limit", "streamGenerateContent", tools, append(end, text("model", "Done."), text("user", "go on")), 429, []string{"RESOURCE_EXHAUSTED", "PerDay"}},
		{"no call", "embed", nil, nil, 404, nil},
	} {
		code, got := post(t, srv.URL+"/v1beta/models/some-model:"+c.call, map[string]any{"contents": c.contents, "tools": c.tools})
		if code != c.code {
			t.Errorf("%s: status %d", c.name, code)
		}
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %s in %s", c.name, w, got)
			}
		}
	}
	if log := s.Requests(); log[1].Turn != 0 || strings.Join(log[1].New, "|") != "start" {
		t.Errorf("the turn was taken as %+v", log[1])
	}
}
