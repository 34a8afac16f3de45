package modelapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// chat is a client that keeps a conversation the way an agent CLI does: it
// sends the whole history with each request.
type chat struct {
	t    *testing.T
	url  string
	api  API
	hist []any
}

// send posts the history and returns the status and the events' data.
func (c *chat) send() (int, []map[string]any) {
	c.t.Helper()
	body := map[string]any{"model": "m", "stream": true}
	path := "/v1/messages"
	switch c.api {
	case Messages:
		body["messages"] = c.hist
		body["tools"] = []any{map[string]any{"name": "Bash"}, map[string]any{"name": "Agent"}}
	case Responses:
		path = "/v1/responses"
		body["input"] = c.hist
		body["tools"] = []any{map[string]any{"type": "function", "name": "exec_command"}}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.Post(c.url+path, "application/json", strings.NewReader(string(raw)))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	var events []map[string]any
	sc := bufio.NewScanner(resp.Body)
	for sc.Scan() {
		data, ok := strings.CutPrefix(sc.Text(), "data: ")
		if !ok {
			continue
		}
		var e map[string]any
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			c.t.Fatalf("event %q: %v", data, err)
		}
		events = append(events, e)
	}
	if sc.Err() != nil {
		events = append(events, map[string]any{"type": "broken"})
	}
	return resp.StatusCode, events
}

func (c *chat) user(text string) {
	c.hist = append(c.hist, map[string]any{"role": "user", "content": text})
}

func (c *chat) assistant(text string) {
	c.hist = append(c.hist, map[string]any{"role": "assistant", "content": []any{map[string]any{"type": "text", "text": text}}})
}

func (c *chat) result(text string) {
	if c.api == Messages {
		c.hist = append(c.hist, map[string]any{"role": "user", "content": []any{
			map[string]any{"type": "tool_result", "tool_use_id": "x", "content": text},
		}})
		return
	}
	c.hist = append(c.hist, map[string]any{"type": "function_call_output", "call_id": "x", "output": text})
}

// said gathers the text and the tool names of a streamed answer.
func said(events []map[string]any) (text string, tools []string) {
	for _, e := range events {
		if d, ok := e["delta"].(string); ok {
			text += d
		}
		if d, ok := e["delta"].(map[string]any); ok {
			if s, ok := d["text"].(string); ok {
				text += s
			}
		}
		for _, k := range []string{"content_block", "item"} {
			if b, ok := e[k].(map[string]any); ok && b["name"] != nil && e["type"] != "response.output_item.done" {
				tools = append(tools, b["name"].(string))
			}
		}
	}
	return text, tools
}

// eachAPI runs the test for both APIs against a server with the script.
func eachAPI(t *testing.T, s Script, test func(t *testing.T, srv *Server, c *chat)) {
	for _, api := range []API{Messages, Responses} {
		t.Run(string(api), func(t *testing.T) {
			srv := New(s)
			ts := httptest.NewServer(srv)
			t.Cleanup(ts.Close)
			test(t, srv, &chat{t: t, url: ts.URL, api: api})
		})
	}
}

func TestTurnsAndSteps(t *testing.T) {
	eachAPI(t, Cycles("The first is done.", "The second is done."), func(t *testing.T, srv *Server, c *chat) {
		for i, want := range []string{"The first is done.", "The second is done.", "The first is done."} {
			c.user(fmt.Sprintf("nudge %d", i))
			_, ev := c.send()
			text, tools := said(ev)
			if text != "One more measurement." || len(tools) != 1 {
				t.Fatalf("turn %d begins with %q and calls %q", i, text, tools)
			}
			c.assistant(text)
			c.result("step")
			_, ev = c.send()
			if text, tools = said(ev); text != want || len(tools) != 0 {
				t.Fatalf("turn %d ends with %q and calls %q, want %q", i, text, tools, want)
			}
			c.assistant(text)
		}
		ps := srv.Prompts()
		if len(ps) != 3 || ps[1].Text != "nudge 1" || ps[1].Turn != 1 || ps[1].MidTurn {
			t.Fatalf("prompts %+v", ps)
		}
		if n := srv.Times("nudge 0"); n != 1 {
			t.Errorf("nudge 0 counted %d times in a history that holds it once", n)
		}
		if srv.Main() != 6 {
			t.Errorf("%d requests, want 6", srv.Main())
		}
	})
}

// The same words sent twice are two messages, however often the history that
// holds them is sent.
func TestSameTextTwice(t *testing.T) {
	eachAPI(t, Cycles("Done."), func(t *testing.T, srv *Server, c *chat) {
		for range 2 {
			c.user("keep going")
			c.send()
			c.result("step")
			c.send()
			c.assistant("Done.")
		}
		if ps := srv.Prompts(); len(ps) != 2 {
			t.Fatalf("%d prompts, want 2: %+v", len(ps), ps)
		}
		if n := srv.Times("keep going"); n != 2 {
			t.Errorf("counted %d times, want 2", n)
		}
	})
}

func TestFaultsAndRetries(t *testing.T) {
	script := Script{Turns: []Turn{{
		{Run: "true"},
		{Fault: Overloaded, Times: 2},
		{Text: "Recovered."},
	}, {
		{Fault: TooLong},
	}, {
		{Fault: UsageLimit, LimitReset: time.Minute},
	}, {
		{Fault: CutStream, Text: "half an ans", Times: 1},
		{Text: "whole"},
	}}}
	eachAPI(t, script, func(t *testing.T, srv *Server, c *chat) {
		c.user("go")
		c.send()
		c.result("ok")
		for i := range 2 {
			if status, _ := c.send(); status < 500 {
				t.Fatalf("request %d: status %d, want an overload", i, status)
			}
		}
		if _, ev := c.send(); !strings.Contains(fmt.Sprint(ev), "Recovered.") {
			t.Fatalf("after the overload: %v", ev)
		}
		c.user("more")
		for range 2 { // holds until the user speaks again
			status, ev := c.send()
			if status == http.StatusOK && !strings.Contains(fmt.Sprint(ev), "context_length_exceeded") {
				t.Fatalf("status %d, events %v: want a full context", status, ev)
			}
		}
		c.user("still more")
		if status, _ := c.send(); status != http.StatusTooManyRequests {
			t.Fatalf("status %d, want a usage limit", status)
		}
		c.user("and on")
		_, ev := c.send()
		if len(ev) == 0 || ev[len(ev)-1]["type"] != "broken" {
			t.Fatalf("the stream was not cut: %v", ev)
		}
		if _, ev = c.send(); !strings.Contains(fmt.Sprint(ev), "whole") {
			t.Fatalf("after the cut: %v", ev)
		}
	})
}

func TestThreads(t *testing.T) {
	script := Script{
		Turns:   []Turn{{{SubAgent: "SIDE TASK: count files"}, {Text: "main waits"}}},
		Threads: []Thread{{Name: "helper", Match: "SIDE TASK", Turns: []Turn{{{Text: "helper is done"}}}}},
	}
	srv := New(script)
	ts := httptest.NewServer(srv)
	defer ts.Close()
	main := &chat{t: t, url: ts.URL, api: Messages}
	main.user("<system-reminder>the rules say SIDE TASK</system-reminder>start")
	_, ev := main.send()
	if _, tools := said(ev); len(tools) != 1 || tools[0] != "Agent" {
		t.Fatalf("tools %v", tools)
	}
	helper := &chat{t: t, url: ts.URL, api: Messages}
	helper.user("SIDE TASK: count files")
	_, ev = helper.send()
	if text, _ := said(ev); text != "helper is done" {
		t.Fatalf("the helper says %q", text)
	}
	main.result("started")
	_, ev = main.send()
	if text, _ := said(ev); text != "main waits" {
		t.Fatalf("the main thread says %q", text)
	}
	if ps := srv.Prompts(); len(ps) != 1 || ps[0].Text != "start" {
		t.Fatalf("prompts %+v", ps)
	}
}

// A context that is full stays so however the client shortens it, until it
// begins anew; what it writes itself before the first message is nobody's.
func TestFreshSession(t *testing.T) {
	srv := New(Script{
		Turns:   []Turn{{{Run: "echo"}, {Fault: TooLong}}},
		Threads: []Thread{{Name: "fresh", Fresh: true, Match: "take over", Turns: []Turn{{{Text: "done"}}}}},
	})
	ts := httptest.NewServer(srv)
	defer ts.Close()
	old := &chat{t: t, url: ts.URL, api: Messages}
	old.user("start")
	old.send()
	for _, result := range []string{"whole", "shortened"} {
		old.result(result)
		if code, _ := old.send(); code != http.StatusBadRequest {
			t.Errorf("the %s context: status %d", result, code)
		}
	}
	fresh := &chat{t: t, url: ts.URL, api: Messages}
	fresh.user("<command-name>/clear</command-name>")
	fresh.user("take over\nhere")
	_, ev := fresh.send()
	if text, _ := said(ev); text != "done" {
		t.Errorf("the fresh session is told %q", text)
	}
	if ps := srv.Prompts(); len(ps) != 2 || ps[1].Text != "take over\nhere" || srv.Times("take over here") != 1 {
		t.Errorf("prompts %+v", ps)
	}
}

func TestSideRequestsTakeNoStep(t *testing.T) {
	for _, c := range []struct{ path, body string }{
		{"/v1/messages", `{"messages":[{"role":"user","content":"name this session"}]}`},
		{"/v1/responses", `{"input":"name it","tools":[{"name":"exec_command"}],"client_metadata":{"x-codex-turn-metadata":"{\"thread_source\":\"thread_title\"}"}}`},
	} {
		srv := New(Cycles("x"))
		ts := httptest.NewServer(srv)
		resp, err := http.Post(ts.URL+c.path, "application/json", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		ts.Close()
		if !json.Valid(raw) || !strings.Contains(string(raw), "Scripted session") {
			t.Errorf("%s: %s", c.path, raw)
		}
		if srv.Main() != 0 || srv.Requests()[0].Thread != SideThread {
			t.Errorf("%s counted as a turn:\n%s", c.path, srv.Dump())
		}
	}
}

func TestToolChoice(t *testing.T) {
	steps := map[string]Step{
		"run":        {Run: "ls"},
		"background": {Background: "sleep 9"},
		"permission": {Permission: "touch x"},
		"wakeup":     {WakeUp: time.Minute},
		"subagent":   {SubAgent: "look"},
		"ask":        {Ask: "A or B?", Options: []string{"A", "B"}},
	}
	for _, c := range []struct {
		step  string
		tools []string
		want  string // tool
		arg   string // in its arguments
	}{
		{"run", []string{"Bash"}, "Bash", `"command":"ls"`},
		{"run", []string{"exec_command"}, "exec_command", `"cmd":"ls"`},
		{"run", []string{"shell"}, "shell", `"-lc"`},
		{"run", []string{"exec"}, "exec", `tools.exec_command`},
		{"run", nil, "", "offers no tool"},
		{"background", []string{"Bash"}, "Bash", `"run_in_background":true`},
		{"background", []string{"exec_command"}, "exec_command", `"yield_time_ms":250`},
		{"permission", []string{"Bash"}, "Bash", `"command":"touch x"`},
		{"permission", []string{"exec_command"}, "exec_command", `require_escalated`},
		{"wakeup", []string{"ScheduleWakeup"}, "ScheduleWakeup", `"delaySeconds":60`},
		{"wakeup", []string{"sleep"}, "sleep", `"duration_ms":60000`},
		{"subagent", []string{"Agent"}, "Agent", `"prompt":"look"`},
		{"subagent", []string{"spawn_agent"}, "spawn_agent", `"message":"look"`},
		{"ask", []string{"AskUserQuestion"}, "AskUserQuestion", `A or B?`},
		{"ask", []string{"request_user_input"}, "request_user_input", `A or B?`},
	} {
		bs := blocks(prompt{tools: c.tools}, steps[c.step])
		if len(bs) != 1 {
			t.Fatalf("%s: %d blocks", c.step, len(bs))
		}
		raw, _ := json.Marshal(bs[0].args)
		if got := bs[0].tool; got != c.want || !strings.Contains(string(raw)+bs[0].text, c.arg) {
			t.Errorf("%s with %q: %q %s %q", c.step, c.tools, got, raw, bs[0].text)
		}
	}
}

func TestPauseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := pause(ctx, time.Hour); err == nil || time.Since(start) != time.Second {
			t.Errorf("pause: %v after %v", err, time.Since(start))
		}
		if err := pause(t.Context(), time.Minute); err != nil || time.Since(start) != time.Second+time.Minute {
			t.Errorf("pause: %v after %v", err, time.Since(start))
		}
	})
}

func TestAwait(t *testing.T) {
	srv := New(Cycles("x"))
	ts := httptest.NewServer(srv)
	defer ts.Close()
	go func() { // a test ends only in its own goroutine, so no chat here
		if resp, err := http.Post(ts.URL+"/v1/responses", "application/json",
			strings.NewReader(`{"input":"go","tools":[{"name":"exec_command"}]}`)); err == nil {
			resp.Body.Close()
		}
	}()
	if err := srv.Await(t.Context(), "an answered request", func(log []Request) bool {
		return len(log) == 1 && log[0].Status == http.StatusOK
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := srv.Await(ctx, "a second one", func(log []Request) bool { return len(log) > 1 })
	if err == nil || !strings.Contains(err.Error(), "a second one did not come") {
		t.Fatalf("err %v", err)
	}
}

// No body, however odd, may break the server: the clients change monthly.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"type":"tool_result","content":"x"}]}],"tools":[{"name":"Bash"}]}`))
	f.Add([]byte(`{"input":[{"type":"function_call_output","output":{"a":1}}],"tools":[{"type":"namespace","tools":[{"name":"x"}]}]}`))
	f.Add([]byte(`{"input":"hi"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, parse := range []func([]byte) (prompt, error){parseMessages, parseResponses} {
			p, err := parse(raw)
			if err != nil {
				continue
			}
			srv := New(Cycles("x"))
			if _, n := srv.take(p, time.Time{}); n != 1 || srv.Dump() == "" {
				t.Fatalf("request %d", n)
			}
		}
	})
}
