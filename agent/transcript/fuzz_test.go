package transcript_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"vigil/agent"
	"vigil/agent/transcript"
)

// seed adds the lines of the project's own sessions to a corpus.
func seed(f *testing.F, pattern string) {
	files, _ := filepath.Glob(filepath.Join("testdata", pattern))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			f.Add(line)
		}
		f.Add(data)
	}
}

func FuzzClaude(f *testing.F) {
	seed(f, "claude*.jsonl")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzLines(t, agent.Claude, data) })
}

func FuzzCodex(f *testing.F) {
	seed(f, "codex*.jsonl")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzLines(t, agent.Codex, data) })
}

func FuzzGemini(f *testing.F) {
	seed(f, "gemini*.jsonl")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzLines(t, agent.Gemini, data) })
}

func FuzzQwen(f *testing.F) {
	seed(f, "qwen*.jsonl")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzLines(t, agent.Qwen, data) })
}

// fuzzLines reads any bytes as a session: events are complete and clean, the
// same each time, and the fold takes them.
func fuzzLines(t *testing.T, kind agent.Kind, data []byte) {
	read := func() []agent.Event {
		r, err := transcript.NewReader(kind)
		if err != nil {
			t.Fatal(err)
		}
		var events []agent.Event
		for line := range bytes.Lines(data) {
			r.Line(line, func(e agent.Event) { events = append(events, e) })
		}
		return events
	}
	events := read()
	var s agent.Session
	for _, e := range events {
		check(t, e)
		s.Apply(e)
	}
	if a, b := marshal(t, events), marshal(t, read()); !bytes.Equal(a, b) {
		t.Error("the same lines gave other events")
	}
	transcript.Detect(data)
}

// check checks what the fold relies on.
func check(t *testing.T, e agent.Event) {
	t.Helper()
	switch e.Type {
	case agent.SessionMeta:
		must(t, e.Session != nil, e)
	case agent.ToolCall, agent.ToolResult:
		must(t, e.Call != nil && len(e.Call.Summary) <= 200, e)
	case agent.TaskStarted, agent.TaskEnded:
		must(t, e.Task != nil && e.Task.ID != "", e)
	case agent.TokenUsage:
		must(t, e.Usage != nil, e)
	case agent.TurnFailed, agent.QuotaStatus:
		must(t, e.Failure != nil, e)
	case 0:
		t.Errorf("an event of no type: %+v", e)
	}
	must(t, utf8.ValidString(e.Text) && agent.Clean(e.Text) == e.Text, e)
}

func must(t *testing.T, ok bool, e agent.Event) {
	t.Helper()
	if !ok {
		t.Errorf("bad event: %+v", e)
	}
}

func marshal(t *testing.T, events []agent.Event) []byte {
	t.Helper()
	b, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzTail writes the same bytes in pieces: the events are those of the whole.
func FuzzTail(f *testing.F) {
	for _, name := range []string{"claude_2.1.330_background.jsonl", "codex_0.169.jsonl", "codex_0.42.jsonl"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		codex := strings.HasPrefix(name, "codex")
		f.Add(data, []byte{3, 200, 1, 1, 90, 255, 0, 17}, codex)
		f.Add(data[:min(len(data), 2000)], []byte{0}, codex)
	}
	f.Fuzz(func(t *testing.T, data, cuts []byte, codex bool) {
		kind := agent.Claude
		if codex {
			kind = agent.Codex
		}
		r, err := transcript.NewReader(kind)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []agent.Event
		for line := range bytes.Lines(data) {
			if line[len(line)-1] == '\n' { // a half line waits
				r.Line(line, func(e agent.Event) { want = append(want, e) })
			}
		}
		files := &memory{}
		tail := transcript.NewTail(files, "s", kind)
		poll := func() {
			events, err := tail.Poll()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, events...)
		}
		poll() // there is no file yet
		files.there = true
		poll()
		for i := 0; len(files.data) < len(data); i++ {
			n := 1 + len(data)/3
			if len(cuts) > 0 {
				n = max(1+int(cuts[i%len(cuts)]), len(data)/100)
			}
			files.data = data[:min(len(files.data)+n, len(data))]
			poll()
		}
		poll()
		if !bytes.Equal(marshal(t, got), marshal(t, want)) {
			t.Errorf("%d events in pieces, %d of the whole", len(got), len(want))
		}
	})
}
