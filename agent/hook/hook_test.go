package hook

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vigil/agent"
)

const claudeStop = `{"session_id":"aaaa-1","transcript_path":"/home/u/.claude/projects/-w/aaaa-1.jsonl","cwd":"/w","prompt_id":"p-7",
"permission_mode":"bypassPermissions","effort":{"level":"medium"},"hook_event_name":"Stop","stop_hook_active":true,
"last_assistant_message":"The run is on.","background_tasks":[
{"id":"b1","type":"shell","status":"running","description":"train","command":"sleep 20"},
{"id":"b2","type":"shell","status":"completed","command":"true"},
{"id":"a1","type":"local_agent","description":"count the runs"},
{"id":"m1","type":"monitor","status":"running","description":"loss"}],
"session_crons":[{"id":"c1","schedule":"6 22 * * *","recurring":false,"prompt":"check the build"}]}`

func TestParse(t *testing.T) {
	task := func(id string, k agent.TaskKind, summary string) agent.Task {
		return agent.Task{ID: id, Kind: k, Summary: summary, Wakes: true, State: agent.TaskAlive, Source: "hook"}
	}
	for _, c := range []struct {
		name, in string
		want     Call
	}{
		{"Claude Code", claudeStop, Call{
			Event: Stop, Session: "aaaa-1", Transcript: "/home/u/.claude/projects/-w/aaaa-1.jsonl", Turn: "p-7", Active: true,
			Message: "The run is on.", HasMessage: true, HasTasks: true, HasCrons: true,
			Tasks: []agent.Task{
				task("b1", agent.Shell, "sleep 20"), task("a1", agent.SubAgent, "count the runs"), task("m1", agent.Monitor, "loss"),
				task("c1", agent.Wakeup, "6 22 * * * check the build"),
			},
		}},
		{"Codex", `{"session_id":"01a2","turn_id":"t-1","transcript_path":null,"cwd":"/w","hook_event_name":"Stop","model":"m",
			"stop_hook_active":false,"last_assistant_message":null}`, Call{Event: Stop, Session: "01a2", Turn: "t-1", HasMessage: true}},
		{"an older one, of a sub-agent", `{"session_id":"s","agent_id":"x","hook_event_name":"Stop"}`, Call{Event: Stop, Session: "s", SubAgent: true}},
		{"other types than ours", `{"session_id":"s","hook_event_name":"Stop","prompt_id":7,"stop_hook_active":"yes","last_assistant_message":["x"],
			"background_tasks":{"a":1},"session_crons":[7,null]}`, Call{
			Event: Stop, Session: "s", HasCrons: true, Tasks: []agent.Task{task("", agent.Wakeup, ""), task("", agent.Wakeup, "")},
		}},
		{
			"hostile text", `{"session_id":"s\u001b[2J","hook_event_name":"Stop","last_assistant_message":"a\u001b]52;c;eA==\u0007b\u202ec","transcript_path":"/a\u001bb"}`,
			Call{Event: Stop, Session: "s", Message: "abc", HasMessage: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
	for _, bad := range []string{"", "null", "[]", "{", "{}", `{"hook_event_name":"Stop"}`, `{"session_id":"s"}`, `{"session_id":"` + strings.Repeat("s", 300) + `","hook_event_name":"Stop"}`} {
		if c, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%.40q was read as %+v", bad, c)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(claudeStop))
	f.Add([]byte(`{"session_id":"s","hook_event_name":"Stop","background_tasks":[{"id":1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			return
		}
		for _, s := range []string{c.Event, c.Session, c.Turn, c.Transcript, c.Message} {
			if agent.Clean(s) != s || !utf8.ValidString(s) {
				t.Errorf("not clean: %q", s)
			}
		}
		if len(c.Tasks) > 2*maxTasks {
			t.Errorf("%d tasks", len(c.Tasks))
		}
	})
}

func TestChecked(t *testing.T) {
	for in, want := range map[string]string{
		`{"decision":"block","reason":"go on\nnow"}`:         `{"decision":"block","reason":"go on\nnow"}`,
		`{"decision":"block","reason":"x","continue":false}`: `{"decision":"block","reason":"x"}`,
		`{"decision":"approve","reason":"x"}`:                "",
		`{"decision":"block","reason":""}`:                   "",
		`{"decision":"block","reason":"\u001b[2J"}`:          "",
		`garbage`: "", "": "", `[]`: "",
	} {
		if got := string(checked([]byte(in))); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
