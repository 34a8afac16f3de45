package transcript_test

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

func TestFindGemini(t *testing.T) {
	home, now := t.TempDir(), time.Now()
	head := func(id, kind string) string {
		return `{"sessionId":"` + id + `","projectHash":"0","startTime":"2026-03-04T05:00:00Z","kind":"` + kind + `"}` + "\n"
	}
	tmp := filepath.Join(home, ".gemini", "tmp")
	file(t, now, "/srv/my.oven\n", tmp, "my-oven", ".project_root")
	file(t, now, "/srv/other", tmp, "other", ".project_root")
	a := file(t, now.Add(-time.Hour), head(idA, "main"), tmp, "my-oven", "chats", "session-2026-03-04T05-00-aaaaaaaa.jsonl")
	b := file(t, now, head(idB, "main"), tmp, "my-oven", "chats", "session-2026-03-04T06-00-bbbbbbbb.jsonl")
	file(t, now.Add(time.Minute), head(idC, "subagent"), tmp, "my-oven", "chats", "session-2026-03-04T06-01-cccccccc.jsonl")
	file(t, now.Add(time.Minute), head(idC, "subagent"), tmp, "my-oven", "chats", idB, idC+".jsonl")
	file(t, now.Add(time.Minute), head(idC, "main"), tmp, "other", "chats", "session-2026-03-04T06-02-cccccccc.jsonl")
	sum := sha256.Sum256([]byte("/srv/old"))
	c := file(t, now, head(idC, "main"), tmp, hex.EncodeToString(sum[:]), "chats", "session-2026-03-04T06-03-cccccccc.jsonl")

	base := transcript.Query{Kind: agent.Gemini, Home: home, Dir: "/srv/my.oven", PID: 9, Started: now.Add(-time.Minute)}
	for name, x := range map[string]struct {
		change   func(*transcript.Query)
		path, id string
	}{
		"the newest of the folder":        {func(*transcript.Query) {}, b, idB},
		"that of the command line":        {func(q *transcript.Query) { q.Args = []string{"gemini", "--resume", idA} }, a, idA},
		"an old one that is resumed":      {func(q *transcript.Query) { q.Args = []string{"gemini", "-r", "latest"}; q.Taken = is(b) }, a, idA},
		"a folder named by its hash":      {func(q *transcript.Query) { q.Dir = "/srv/old" }, c, idC},
		"a home folder that is elsewhere": {func(q *transcript.Query) { q.Home = "/"; q.Env = map[string]string{"GEMINI_CLI_HOME": home} }, b, idB},
		"none of its own":                 {func(q *transcript.Query) { q.Taken = is(b) }, "", ""},
		"a folder that nobody worked in":  {func(q *transcript.Query) { q.Dir = "/srv" }, "", ""},
	} {
		q := base
		x.change(&q)
		path, id, err := transcript.Find(q)
		if path != x.path || id != x.id || (err != nil) != (x.id == "") {
			t.Errorf("%s: %q %q %v, want %q %q", name, path, id, err, x.path, x.id)
		}
	}
}

func is(path string) func(string) bool { return func(p string) bool { return p == path } }

func TestFindQwen(t *testing.T) {
	home, now := t.TempDir(), time.Now()
	line := func(id string) string {
		return `{"uuid":"u","sessionId":"` + id + `","type":"user","provenance":"real_user"}` + "\n"
	}
	chats := filepath.Join(home, ".qwen", "projects", "-srv-my-oven", "chats")
	a := file(t, now.Add(-time.Hour), line(idA), chats, idA+".jsonl")
	b := file(t, now, line(idB), chats, idB+".jsonl")
	file(t, now, "{}", chats, idB+".runtime.json")
	file(t, now.Add(time.Minute), line(idC), chats, idB, "agent.jsonl")
	file(t, now, `{"pid":21,"sessionId":"`+idA+`","cwd":"/srv/my.oven"}`, home, ".qwen", "sessions", "21.json")
	file(t, now, `{"pid":22,"sessionId":"`+idC+`","cwd":"/srv/my.oven"}`, home, ".qwen", "sessions", "22.json")
	file(t, now, `{"pid":23,"sessionId":"`+idA+`","cwd":"/srv/other"}`, home, ".qwen", "sessions", "23.json")

	base := transcript.Query{Kind: agent.Qwen, Home: home, Dir: "/srv/my.oven", PID: 9, Started: now.Add(-time.Minute)}
	for name, x := range map[string]struct {
		change   func(*transcript.Query)
		path, id string
	}{
		"the newest of the folder":      {func(*transcript.Query) {}, b, idB},
		"that of the registry":          {func(q *transcript.Query) { q.PID = 21 }, a, idA},
		"of a process below":            {func(q *transcript.Query) { q.Below = []int{20, 21} }, a, idA},
		"registered, not written yet":   {func(q *transcript.Query) { q.PID = 22 }, filepath.Join(chats, idC+".jsonl"), idC},
		"left behind in another folder": {func(q *transcript.Query) { q.PID = 23 }, b, idB},
		"that of the command line":      {func(q *transcript.Query) { q.Args = []string{"qwen", "--resume=" + idA} }, a, idA},
		"the last, gone on with":        {func(q *transcript.Query) { q.Args = []string{"qwen", "-c"}; q.Taken = is(b) }, a, idA},
		"none of its own":               {func(q *transcript.Query) { q.Taken = is(b) }, "", ""},
	} {
		q := base
		x.change(&q)
		path, id, err := transcript.Find(q)
		if path != x.path || id != x.id || (err != nil) != (x.id == "") {
			t.Errorf("%s: %q %q %v, want %q %q", name, path, id, err, x.path, x.id)
		}
	}
}
