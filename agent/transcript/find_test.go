package transcript_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

const (
	idA = "aaaaaaaa-0000-4000-8000-000000000001"
	idB = "bbbbbbbb-0000-4000-8000-000000000002"
	idC = "cccccccc-0000-4000-8000-000000000003"
)

// file writes a file, with its folders, that was last written at a time.
func file(t *testing.T, at time.Time, text string, parts ...string) string {
	t.Helper()
	path := mkdir(t, filepath.Join(parts...))
	put(t, path, text)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindClaude(t *testing.T) {
	home := t.TempDir()
	now := time.Now()
	project := filepath.Join(home, ".claude", "projects", "-srv-my-oven")
	a := file(t, now.Add(-time.Hour), claudeTurn(1, ""), project, idA+".jsonl")
	b := file(t, now, claudeTurn(1, ""), project, idB+".jsonl")
	file(t, now.Add(time.Minute), claudeTurn(1, ""), project, idB, "subagents", "agent-x.jsonl")
	file(t, now.Add(time.Minute), claudeTurn(1, ""), project, "agent-abcdef.jsonl")
	c := file(t, now.Add(-time.Hour), claudeTurn(1, ""), home, ".claude", "projects", "-elsewhere", idC+".jsonl")
	registry := `{"pid":7,"sessionId":"` + idA + `","cwd":"/srv/my.oven","version":"2.1.330","kind":"interactive","procStart":"4711","tmux":"w:@0.%3","status":"waiting","waitingFor":"permission prompt","statusUpdatedAt":1772622000123}`
	file(t, now, registry, home, ".claude", "sessions", "7.json")
	file(t, now, `{"pid":8,"sessionId":"dddddddd-0000-4000-8000-000000000004","cwd":"/srv/my.oven"}`, home, ".claude", "sessions", "8.json")

	base := transcript.Query{Kind: agent.Claude, Home: home, Dir: "/srv/my.oven", PID: 9, Started: now.Add(-time.Minute)}
	with := func(f func(*transcript.Query)) transcript.Query {
		q := base
		f(&q)
		return q
	}
	tests := []struct {
		name     string
		q        transcript.Query
		path, id string
	}{
		{"registry", with(func(q *transcript.Query) { q.PID, q.ProcStart = 7, "4711" }), a, idA},
		{"stale registry", with(func(q *transcript.Query) { q.PID, q.ProcStart = 7, "4712" }), b, idB},
		{"registered, not written yet", with(func(q *transcript.Query) { q.PID = 8 }), filepath.Join(project, "dddddddd-0000-4000-8000-000000000004.jsonl"), "dddddddd-0000-4000-8000-000000000004"},
		{"open file", with(func(q *transcript.Query) { q.Open = func() []string { return []string{"/dev/null", a} } }), a, idA},
		{"resumed", with(func(q *transcript.Query) { q.Args = []string{"claude", "--resume", idA} }), a, idA},
		{"resumed, other form", with(func(q *transcript.Query) { q.Args = []string{"claude", "--resume=" + idA} }), a, idA},
		{"resumed from elsewhere", with(func(q *transcript.Query) { q.Args = []string{"claude", "-r", idC} }), c, idC},
		{"newest", base, b, idB},
		{"newest is taken", with(func(q *transcript.Query) { q.Taken = func(p string) bool { return p == b } }), "", ""},
		{"goes on with an old one", with(func(q *transcript.Query) {
			q.Args = []string{"claude", "--continue"}
			q.Taken = func(p string) bool { return p == b }
		}), a, idA},
		{"other folder", with(func(q *transcript.Query) { q.Dir = "/srv/else" }), "", ""},
		{"an id that is a path", with(func(q *transcript.Query) { q.Args = []string{"--resume", "../../../../" + idA}; q.Dir = "/srv/else" }), "", ""},
		{"other configuration", with(func(q *transcript.Query) { q.Env = map[string]string{"CLAUDE_CONFIG_DIR": t.TempDir()} }), "", ""},
	}
	runFind(t, tests)

	r, err := readRegistry(home, 7)
	want := transcript.Registry{
		PID: 7, SessionID: idA, Dir: "/srv/my.oven", Version: "2.1.330", Kind: "interactive", ProcStart: "4711",
		Tmux: "w:@0.%3", Status: "waiting", WaitingFor: "permission prompt", UpdatedAt: time.UnixMilli(1772622000123).UTC(),
	}
	if err != nil || r != want {
		t.Errorf("registry %+v, %v", r, err)
	}
	if _, err := readRegistry(home, 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no registry: %v", err)
	}
	file(t, now, `{"pid":11,"sess`, home, ".claude", "sessions", "11.json")
	if _, err := readRegistry(home, 11); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a registry: %v", err)
	}
}

func runFind(t *testing.T, tests []struct {
	name     string
	q        transcript.Query
	path, id string
},
) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, id, err := transcript.Find(tt.q)
			if path != tt.path || id != tt.id || (tt.id == "") != errors.Is(err, transcript.ErrNoSession) {
				t.Errorf("got %s %s, %v; want %s %s", path, id, err, tt.path, tt.id)
			}
		})
	}
}

func TestFindCodex(t *testing.T) {
	home := t.TempDir()
	now := time.Now()
	meta := func(id, dir, more string) string {
		return fmt.Sprintf(`{"timestamp":"2026-03-04T10:00:00.000Z","type":"session_meta","payload":{"id":%q,"cwd":%q,"cli_version":"0.169.0"%s}}`+"\n", id, dir, more)
	}
	root := filepath.Join(home, ".codex", "sessions")
	today, long := now.Format("2006/01/02"), now.AddDate(0, 0, -40).Format("2006/01/02")
	old := file(t, now.Add(-time.Hour), meta(idA, "/srv/oven", ""), root, long, "rollout-x-"+idA+".jsonl")
	mine := file(t, now, meta(idB, "/srv/oven", `,"thread_source":"user"`), root, today, "rollout-x-"+idB+".jsonl")
	file(t, now.Add(time.Minute), meta(idC, "/srv/oven", `,"thread_source":"subagent","parent_thread_id":"`+idB+`"`), root, today, "rollout-y-"+idC+".jsonl")
	file(t, now.Add(time.Minute), meta(idC, "/srv/oven", `,"thread_source":"thread_title"`), root, today, "rollout-z-"+idC+".jsonl")
	file(t, now.Add(time.Minute), meta(idC, "/srv/else", ""), root, today, "rollout-w-"+idC+".jsonl")

	base := transcript.Query{Kind: agent.Codex, Home: home, Dir: "/srv/oven", PID: 9, Started: now.Add(-time.Minute)}
	resume, last, open, taken, later := base, base, base, base, base
	resume.Args = []string{"codex", "resume", idA}
	last.Args = []string{"codex", "resume", "--last"}
	last.Taken = func(p string) bool { return p == mine }
	open.Open = func() []string { return []string{old} }
	taken.Taken = func(p string) bool { return p == mine }
	later.Started = now.Add(time.Hour)
	runFind(t, []struct {
		name     string
		q        transcript.Query
		path, id string
	}{
		{"newest of the folder", base, mine, idB},
		{"resumed", resume, old, idA},
		{"goes on with the last", last, old, idA},
		{"open file", open, old, idA},
		{"taken", taken, "", ""},
		{"none since the start", later, "", ""},
	})
}

// mkdir makes the folder of a path and returns the path.
func mkdir(t *testing.T, path string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func readRegistry(home string, pid int) (transcript.Registry, error) {
	return transcript.ReadRegistry(transcript.OS{}, transcript.RegistryPath(home, nil, pid))
}
