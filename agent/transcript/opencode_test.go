package transcript_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "modernc.org/sqlite"

	"vigil/agent"
	"vigil/agent/transcript"
)

// newBase makes a base as opencode has it open, in its data folder.
func newBase(t testing.TB, home string) (*sql.DB, string) {
	t.Helper()
	path := filepath.Join(home, ".local/share/opencode/opencode.db")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)&_pragma=busy_timeout(0)&_pragma=synchronous(off)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	execute(t, db, `CREATE TABLE session (id text PRIMARY KEY, parent_id text, directory text NOT NULL, title text NOT NULL,
		version text NOT NULL, model text, time_created integer NOT NULL, time_updated integer NOT NULL, time_archived integer)`)
	execute(t, db, `CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
		time_updated integer NOT NULL, data text NOT NULL)`)
	execute(t, db, `CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
		time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL)`)
	return db, path
}

func execute(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// clock is a time of day in the milliseconds of a base.
func clock(s int) int64 { return 1772600700000 + int64(s)*1000 }

func addSession(t testing.TB, db *sql.DB, id, dir string, parent any, at int) {
	t.Helper()
	execute(t, db, `INSERT INTO session VALUES (?, ?, ?, 'a title', '1.18.33', '{"id":"some-model","providerID":"p"}', ?, ?, NULL)`,
		id, parent, dir, clock(at), clock(at))
}

// setMessage writes a message or changes it; setPart the same for a part.
func setMessage(t testing.TB, db *sql.DB, id string, made, at int, data string) {
	t.Helper()
	execute(t, db, `INSERT INTO message VALUES (?, 'ses_1', ?, ?, ?) ON CONFLICT (id) DO UPDATE SET time_updated = excluded.time_updated, data = excluded.data`,
		id, clock(made), clock(at), data)
}

func setPart(t testing.TB, db *sql.DB, id, message string, made, at int, data string) {
	t.Helper()
	execute(t, db, `INSERT INTO part VALUES (?, ?, 'ses_1', ?, ?, ?) ON CONFLICT (id) DO UPDATE SET time_updated = excluded.time_updated, data = excluded.data`,
		id, message, clock(made), clock(at), data)
}

// opencodeStory is what happens to a base, look by look.
var opencodeStory = []struct {
	name string
	do   func(t testing.TB, db *sql.DB)
	want []string // the events of the look after it, without their times
}{
	{"a prompt whose text is not there yet", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_01", 0, 0, `{"role":"user","time":{"created":1}}`)
	}, nil},
	{"its text", func(t testing.TB, db *sql.DB) {
		setPart(t, db, "prt_01", "msg_01", 0, 0, `{"type":"text","text":"start the loop"}`)
		setPart(t, db, "prt_02", "msg_01", 0, 0, `{"type":"text","text":"the files that it names","synthetic":true}`)
	}, []string{`prompt (human) "start the loop" [msg_01]`}},
	{"a text that is being written, a call that is not whole", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_02", 1, 1, `{"role":"assistant","time":{"created":1}}`)
		setPart(t, db, "prt_03", "msg_02", 1, 1, `{"type":"text","text":"I wi","time":{"start":1}}`)
		setPart(t, db, "prt_04", "msg_02", 1, 1, `{"type":"tool","tool":"bash","callID":"call_1","state":{"status":"pending","input":{}}}`)
	}, nil},
	{"both are", func(t testing.TB, db *sql.DB) {
		setPart(t, db, "prt_03", "msg_02", 1, 2, fmt.Sprintf(`{"type":"text","text":"I will train.","time":{"start":1,"end":%d}}`, clock(2)))
		setPart(t, db, "prt_04", "msg_02", 1, 2, fmt.Sprintf(`{"type":"tool","tool":"bash","callID":"call_1","state":{"status":"running","input":{"command":"python train.py"},"time":{"start":%d}}}`, clock(2)))
	}, []string{`message "I will train." [prt_03]`, `call call_1 bash "python train.py" [prt_04]`}},
	{"its result, and the end of the message", func(t testing.TB, db *sql.DB) {
		setPart(t, db, "prt_04", "msg_02", 1, 9, `{"type":"tool","tool":"bash","callID":"call_1","state":{"status":"completed","input":{"command":"python train.py"},"output":"val_loss 3.9\n","time":{"start":1,"end":2}}}`)
		setMessage(t, db, "msg_02", 1, 9, fmt.Sprintf(`{"role":"assistant","time":{"created":1,"completed":%d},"finish":"tool-calls","tokens":{"input":1200,"output":40,"reasoning":2,"cache":{"write":3,"read":5}}}`, clock(9)))
	}, []string{`result "val_loss 3.9" call_1 bash "" [prt_04/result]`, `usage in=1203 cached=5 out=42 context=1208 window=0 [msg_02]`}},
	{"the last message", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_03", 10, 11, fmt.Sprintf(`{"role":"assistant","time":{"created":1,"completed":%d},"finish":"stop"}`, clock(11)))
		setPart(t, db, "prt_05", "msg_03", 10, 11, `{"type":"reasoning","text":"hm","time":{"start":1,"end":2}}`)
		setPart(t, db, "prt_06", "msg_03", 10, 11, `{"type":"text","text":"Every lever is exhausted.","time":{"start":1,"end":2}}`)
	}, []string{`thinking [prt_05]`, `message final "Every lever is exhausted." [prt_06]`, `END [msg_03/end]`}},
	{"the prompt is written again, nothing is new", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_01", 0, 12, `{"role":"user","time":{"created":1},"summary":{"diffs":[]}}`)
	}, nil},
	{"a request that is refused", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_04", 20, 20, `{"role":"user"}`)
		setPart(t, db, "prt_07", "msg_04", 20, 20, `{"type":"text","text":"go on"}`)
		setMessage(t, db, "msg_05", 21, 21, `{"role":"assistant","time":{"created":1,"completed":2},"error":{"name":"APIError","data":{"message":"Incorrect API key provided","statusCode":401}}}`)
	}, []string{`prompt (human) "go on" [msg_04]`, `FAILED error code= person=true "Incorrect API key provided" [msg_05/end]`}},
	{"one that a person stops", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_06", 30, 30, `{"role":"user"}`)
		setPart(t, db, "prt_08", "msg_06", 30, 30, `{"type":"text","text":"go on"}`)
		setMessage(t, db, "msg_07", 31, 32, `{"role":"assistant","time":{"created":1,"completed":2},"error":{"name":"MessageAbortedError","data":{"message":"Aborted"}}}`)
	}, []string{`prompt (human) "go on" [msg_06]`, `ABORTED [msg_07/end]`}},
	{"a compaction, after which the CLI goes on", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_08", 40, 40, `{"role":"user"}`)
		setPart(t, db, "prt_09", "msg_08", 40, 40, `{"type":"compaction","auto":true}`)
		setMessage(t, db, "msg_09", 41, 42, `{"role":"assistant","summary":true,"time":{"created":1,"completed":2},"finish":"stop"}`)
		setMessage(t, db, "msg_10", 43, 43, `{"role":"user"}`)
		setPart(t, db, "prt_10", "msg_10", 43, 43, `{"type":"text","text":"Continue if you have next steps","synthetic":true}`)
	}, []string{`compacted [msg_09/end]`, `prompt (system) "Continue if you have next steps" [msg_10]`}},
	{"an answer that is cut off", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_11", 44, 45, `{"role":"assistant","time":{"created":1,"completed":2},"finish":"length"}`)
	}, []string{`FAILED empty code=max_output_tokens person=false "the answer was cut off at its greatest length" [msg_11/end]`}},
	{"a context that is full", func(t testing.TB, db *sql.DB) {
		setMessage(t, db, "msg_12", 50, 51, `{"role":"assistant","time":{"created":1,"completed":2},"error":{"name":"ContextOverflowError","data":{"message":"too much"}}}`)
	}, []string{`FAILED context code=context_overflow_error person=false "too much" [msg_12/end]`}},
}

func TestOpencode(t *testing.T) {
	home := t.TempDir()
	db, path := newBase(t, home)
	addSession(t, db, "ses_1", "/w/nano", nil, 0)
	tail := transcript.NewTail(transcript.OS{}, path+"#ses_1", agent.OpenCode)
	poll := func() []string {
		t.Helper()
		events, err := tail.Poll()
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range events {
			if e.At.IsZero() {
				t.Errorf("an event without a time: %s", show(e))
			}
			_, line, _ := strings.Cut(show(e), " ")
			out = append(out, line)
		}
		return out
	}
	if got := poll(); len(got) != 1 || !strings.Contains(got[0], "dir=/w/nano version=1.18.33 model=some-model") || !tail.Fresh() {
		t.Fatalf("of an empty session: %q", got)
	}
	for _, step := range opencodeStory {
		step.do(t, db)
		if got := poll(); !slices.Equal(got, step.want) {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
		if tail.Fresh() {
			t.Errorf("%s: read anew", step.name)
		}
	}
	// Who comes later sees the last turn alone.
	late := transcript.NewTail(transcript.OS{}, path+"#ses_1", agent.OpenCode)
	events, err := late.Start()
	if err != nil || len(events) != 4 || events[1].Origin != agent.System {
		t.Errorf("from the last turn on: %d events, %v", len(events), err)
	}
}

// TestOpencodeWriter is no test: it is opencode in TestOpencodeBaseIsLeftAlone,
// which must be another process, since SQLite shares what a process has open.
func TestOpencodeWriter(t *testing.T) {
	home := os.Getenv("VIGIL_TEST_WRITER")
	if home == "" {
		t.Skip("only for TestOpencodeBaseIsLeftAlone")
	}
	db, _ := newBase(t, home)
	addSession(t, db, "ses_1", "/w/nano", nil, 0)
	fmt.Println("open")
	for i := range 200 { // with a busy timeout of zero, any lock in the way is an error
		id := fmt.Sprintf("msg_%03d", i)
		setMessage(t, db, id, i, i, `{"role":"user"}`)
		setPart(t, db, "prt_"+id, id, i, i, `{"type":"text","text":"go on"}`)
		if i%50 == 0 {
			execute(t, db, `PRAGMA wal_checkpoint(PASSIVE)`)
		}
	}
	fmt.Println("written")
	_, _ = io.ReadAll(os.Stdin) // until the other has looked
}

// The base is the user's: reading it changes nothing in its folder, makes no
// writer wait, and is left out while nobody has it open.
func TestOpencodeBaseIsLeftAlone(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, ".local/share/opencode/opencode.db")
	writer := exec.Command(os.Args[0], "-test.run=^TestOpencodeWriter$", "-test.v")
	writer.Env = append(os.Environ(), "VIGIL_TEST_WRITER="+home)
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := writer.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	await := func(word string) {
		t.Helper()
		var said []string
		for lines.Scan() {
			if said = append(said, lines.Text()); lines.Text() == word {
				return
			}
		}
		t.Fatalf("the writer ended: %q", said)
	}
	await("open")
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			tail := transcript.NewTail(transcript.OS{}, path+"#ses_1", agent.OpenCode)
			for {
				if _, err := tail.Start(); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	await("written")
	close(stop)
	readers.Wait()
	before := folder(t, filepath.Dir(path))
	tail := transcript.NewTail(transcript.OS{}, path+"#ses_1", agent.OpenCode)
	if events, err := tail.Start(); err != nil || len(events) != 2 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if after := folder(t, filepath.Dir(path)); after != before {
		t.Errorf("reading changed the folder from\n%sto\n%s", before, after)
	}
	in.Close()
	for lines.Scan() { // to the end
	}
	if err := writer.Wait(); err != nil {
		t.Fatal(err)
	}
	before = folder(t, filepath.Dir(path))
	if events, err := tail.Start(); err != nil || len(events) != 0 {
		t.Errorf("of a base that nobody has open: %d events, %v", len(events), err)
	}
	if after := folder(t, filepath.Dir(path)); after != before || strings.Contains(after, "-wal") {
		t.Errorf("reading changed the folder from\n%sto\n%s", before, after)
	}
}

// folder is what a folder holds, byte by byte.
func folder(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %d %x\n", e.Name(), len(data), hashOf(data))
	}
	return b.String()
}

func hashOf(data []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range data {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

func TestFindOpencode(t *testing.T) {
	home, work := t.TempDir(), t.TempDir()
	db, path := newBase(t, home)
	q := transcript.Query{Kind: agent.OpenCode, Home: home, Dir: work}
	if _, _, err := transcript.Find(q); err == nil {
		t.Error("a session where there is none")
	}
	addSession(t, db, "ses_old", work, nil, 0)
	addSession(t, db, "ses_1", work, nil, 10)
	addSession(t, db, "ses_child", work, "ses_1", 20)
	addSession(t, db, "ses_elsewhere", "/w/other", nil, 30)
	for name, c := range map[string]struct {
		args  []string
		taken string
		want  string
	}{
		"the newest of the folder":   {want: "ses_1"},
		"the other's is taken":       {taken: "ses_1", want: "ses_old"},
		"that of the command line":   {args: []string{"opencode", "-s", "ses_old"}, want: "ses_old"},
		"in the other way to say so": {args: []string{"opencode", "--session=ses_old"}, want: "ses_old"},
	} {
		q.Args = c.args
		q.Taken = func(p string) bool { return c.taken != "" && strings.HasSuffix(p, c.taken) }
		got, id, err := transcript.Find(q)
		if err != nil || id != c.want || got != path+"#"+c.want {
			t.Errorf("%s: %s %s %v, want %s", name, got, id, err, c.want)
		}
	}
}

func FuzzOpencode(f *testing.F) {
	f.Add(`{"role":"assistant","time":{"completed":5},"finish":"stop","error":{"name":"APIError","data":{"message":"no","statusCode":429}}}`,
		`{"type":"tool","tool":"bash","callID":"c","state":{"status":"completed","input":{"command":"x"},"output":"y"}}`)
	f.Add(`{"role":"user"}`, `{"type":"text","text":"go on"}`)
	f.Fuzz(func(t *testing.T, message, part string) {
		events := transcript.OpencodeRows(message, part)
		var s agent.Session
		for _, e := range events {
			check(t, e)
			s.Apply(e)
		}
	})
}
