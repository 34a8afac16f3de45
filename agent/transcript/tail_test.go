package transcript_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/agent"
	"vigil/agent/transcript"
)

// claudeTurn is one marked turn of Claude Code.
func claudeTurn(n int, fill string) string {
	at := func(s int) string { return fmt.Sprintf("2026-03-04T%02d:%02d:%02d.000Z", n/3600%24, n/60%60, (n+s)%60) }
	return fmt.Sprintf(`{"type":"user","uuid":"p%d","sessionId":"5e55","cwd":"/srv","version":"2.1.330","timestamp":%q,"message":{"content":"prompt %d"}}
{"type":"assistant","uuid":"a%d","sessionId":"5e55","cwd":"/srv/sub","version":"2.1.330","timestamp":%q,"message":{"id":"m%d","model":"baker","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1},"content":[{"type":"text","text":"answer %d %s"}]}}
{"type":"system","subtype":"turn_duration","uuid":"e%d","sessionId":"5e55","version":"2.1.330","timestamp":%q}
`, n, at(0), n, n, at(1), n, n, fill, n, at(2))
}

func kinds(events []agent.Event) string {
	var out []string
	for _, e := range events {
		out = append(out, names[e.Type])
	}
	return strings.Join(out, " ")
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func add(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func TestTailStartsAtLastTurn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	background := `{"type":"assistant","uuid":"b1","sessionId":"5e55","timestamp":"2026-03-04T00:00:10Z","message":{"id":"mb","content":[{"type":"tool_use","id":"tb","name":"Bash","input":{"command":"train","run_in_background":true}}]}}
{"type":"user","uuid":"b2","sessionId":"5e55","timestamp":"2026-03-04T00:00:11Z","message":{"content":[{"type":"tool_result","tool_use_id":"tb","content":"Command running in background with ID: bg%d. Output"}]},"toolUseResult":{"backgroundTaskId":"bg%d"}}
`
	ended := `{"type":"queue-operation","operation":"remove","timestamp":"2026-03-04T00:00:12Z","content":"<task-notification><task-id>bg1</task-id><status>completed</status></task-notification>"}
`
	var text strings.Builder
	text.WriteString(claudeTurn(1, "") + fmt.Sprintf(background, 1, 1) + claudeTurn(2, "") + fmt.Sprintf(background, 2, 2) + ended)
	for n := 3; n < 2000; n++ {
		text.WriteString(claudeTurn(n, strings.Repeat("x", 500)))
	}
	put(t, path, text.String()+claudeTurn(2000, "")+`{"type":"user","half`)
	tail := transcript.NewTail(transcript.OS{}, path, agent.Claude)
	events, err := tail.Start()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := kinds(events), "session task task task-end prompt session usage message END"; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	var s agent.Session
	for _, e := range events {
		s.Apply(e)
	}
	if s.Info.ID != "5e55" || s.Info.Dir != "/srv" || s.Turn.Prompt != "prompt 2000" || s.Turn.Running() {
		t.Errorf("session %+v, turn %+v", s.Info, s.Turn)
	}
	if len(s.Tasks) != 1 || s.Tasks[0].ID != "bg2" || s.Tasks[0].Summary != "train" {
		t.Errorf("tasks %+v", s.Tasks)
	}
	if !tail.Fresh() || tail.Cut() {
		t.Errorf("fresh %t, cut %t", tail.Fresh(), tail.Cut())
	}

	add(t, path, `-written","message":{}}`+"\n"+claudeTurn(2001, ""))
	if events, err = tail.Poll(); err != nil || kinds(events) != "prompt usage message END" || tail.Fresh() {
		t.Errorf("after growth: %s, %v, fresh %t", kinds(events), err, tail.Fresh())
	}
	if events, err = tail.Poll(); err != nil || len(events) != 0 {
		t.Errorf("nothing new: %s, %v", kinds(events), err)
	}
}

func TestTailStartsAtMarkedCodexTurn(t *testing.T) {
	for file, want := range map[string]string{
		"codex_0.169.jsonl": "session task task-end task task-end prompt prompt compacted message END",
		"codex_0.42.jsonl":  "session prompt call result message",
	} {
		tail := transcript.NewTail(transcript.OS{}, filepath.Join("testdata", file), agent.Codex)
		events, err := tail.Start()
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(events); got != want {
			t.Errorf("%s\n got %s\nwant %s", file, got, want)
		}
	}
}

// TestTailSlashCommand starts at the command, not at its expansion.
func TestTailSlashCommand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	put(t, path, claudeTurn(1, "")+`{"type":"user","uuid":"c1","sessionId":"5e55","timestamp":"2026-03-04T01:00:00Z","message":{"content":"<command-name>/loop</command-name><command-args>taste</command-args>"}}
{"type":"user","uuid":"c2","isMeta":true,"turnCompanion":true,"timestamp":"2026-03-04T01:00:00Z","message":{"content":"# /loop the skill"}}
{"type":"assistant","uuid":"c3","timestamp":"2026-03-04T01:00:01Z","message":{"content":[{"type":"text","text":"tasting"}]}}
`)
	events, err := transcript.NewTail(transcript.OS{}, path, agent.Claude).Start()
	if err != nil || kinds(events) != "session prompt message" || events[1].Text != "/loop taste" {
		t.Errorf("%s, %v", kinds(events), err)
	}
}

func TestTailSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	tail := transcript.NewTail(transcript.OS{}, path, agent.Claude)
	step := func(what, want string, fresh bool) {
		t.Helper()
		events, err := tail.Poll()
		if err != nil || kinds(events) != want || tail.Fresh() != fresh {
			t.Errorf("%s: %q, fresh %t, %v; want %q, fresh %t", what, kinds(events), tail.Fresh(), err, want, fresh)
		}
	}
	step("no file", "", true)
	first := "session prompt session usage message END"
	put(t, path, claudeTurn(1, ""))
	step("it is there", first, false)
	put(t, path, claudeTurn(2, "")[:300])
	step("cut short", "session prompt", true)
	put(t, path, claudeTurn(3, "")+claudeTurn(4, ""))
	step("written anew, longer", "session prompt session usage message END", true)
	next := path + ".new"
	put(t, next, claudeTurn(3, "")+claudeTurn(4, "")+claudeTurn(5, ""))
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	step("replaced", "session prompt session usage message END", true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	step("gone", "", false)
	put(t, path, claudeTurn(6, ""))
	step("back", "session prompt session usage message END", true)

	files := &memory{err: errors.New("link down")}
	remote := transcript.NewTail(files, "s", agent.Claude)
	if _, err := remote.Poll(); err == nil || !strings.Contains(err.Error(), "link down") {
		t.Errorf("error %v", err)
	}
	*files = memory{there: true, data: []byte(claudeTurn(1, ""))}
	if events, err := remote.Poll(); err != nil || kinds(events) != first {
		t.Errorf("after an error: %q, %v", kinds(events), err)
	}
}
