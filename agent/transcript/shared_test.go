package transcript_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

// shared returns a folder of the material that is not part of the project; the
// test is skipped where it is not there.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("VIGIL_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no recorded sessions here (%v); set VIGIL_SHARED to their folder", err)
	}
	return dir
}

// label is a labelled end of a turn in a recorded session.
type label struct {
	Run        string
	I          int
	TS         time.Time
	Label      string
	LastType   string `json:"last_type"`
	BgRegistry any    `json:"bg_registry"`
	BgAlive    any    `json:"bg_alive"`
	found      bool
}

func readLabels(t *testing.T, path string) map[string][]*label {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string][]*label{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var l label
		if json.Unmarshal(sc.Bytes(), &l) == nil { // rows of other harnesses have no time
			out[l.Run] = append(out[l.Run], &l)
		}
	}
	return out
}

// TestReplayAgreesWithLabels finds the ends of turns in recorded sessions of
// days and compares them with those that people found.
func TestReplayAgreesWithLabels(t *testing.T) {
	dir := shared(t, "turnends")
	files, _ := filepath.Glob(filepath.Join(dir, "sessions", "*.jsonl.gz"))
	if len(files) == 0 {
		t.Skip("no recorded sessions in " + dir)
	}
	labels := readLabels(t, filepath.Join(dir, "labels.jsonl"))
	var all, found, extra, kinds, bgSame, bgKnown int
	for _, file := range files {
		run := strings.TrimSuffix(filepath.Base(file), ".jsonl.gz")
		rows := labels[run]
		got := replayFile(t, file)
		c := compare(t, got, rows)
		t.Logf("%-42s %3d of %3d found, %d extra, last event as labelled %d, liveness as labelled %d of %d",
			run, c.found, c.all, c.extra, c.kinds, c.bgSame, c.bgKnown)
		all, found, extra = all+c.all, found+c.found, extra+c.extra
		kinds, bgSame, bgKnown = kinds+c.kinds, bgSame+c.bgSame, bgKnown+c.bgKnown
	}
	t.Logf("all: %d of %d found, %d extra; last event %d; liveness %d of %d", found, all, extra, kinds, bgSame, bgKnown)
	if 100*found < 99*all || 100*extra > all {
		t.Errorf("found %d of %d ends and %d extra; want 99 %% and at most 1 %%", found, all, extra)
	}
	if 100*kinds < 99*all {
		t.Errorf("the last event is as labelled in %d of %d", kinds, all)
	}
}

// turnEnd is one end as Replay told it.
type turnEnd struct {
	s    *agent.Session
	next time.Time
}

func replayFile(t *testing.T, file string) []turnEnd {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ends []turnEnd
	st, err := transcript.Replay(f, func(agent.Event) {}, func(s *agent.Session, next time.Time) { ends = append(ends, turnEnd{s, next}) })
	if err != nil {
		t.Fatal(err)
	}
	if n := st.Skipped["broken line"]; n > 0 {
		t.Errorf("%s: %d broken lines", file, n)
	}
	return ends
}

type agreement struct{ all, found, extra, kinds, bgSame, bgKnown int }

func compare(t *testing.T, got []turnEnd, rows []*label) (c agreement) {
	t.Helper()
	match := func(at time.Time, skips bool) *label {
		for _, r := range rows {
			skip := r.Label == "skip" || r.Label == "compaction"
			if d := r.TS.Sub(at); !r.found && skip == skips && d <= time.Second && d >= -time.Second {
				return r
			}
		}
		return nil
	}
	for _, e := range got {
		r := match(e.s.Turn.Ended, false)
		if r == nil {
			c.extra++
			note := "nothing"
			if skip := match(e.s.Turn.Ended, true); skip != nil {
				note = skip.Label
			}
			t.Logf("   extra end at %v (%s, %s, %.60q); there: %s", e.s.Turn.Ended, e.s.Turn.Last, e.s.Turn.Origin, e.s.Turn.Final, note)
			continue
		}
		r.found = true
		c.found++
		if string(e.s.Turn.Last) == r.LastType || e.s.Turn.Failure != nil {
			c.kinds++
		} else {
			t.Logf("   at %v last %s, labelled %s (%s)", r.TS, e.s.Turn.Last, r.LastType, r.Label)
		}
		if bg, ok := r.BgAlive.(bool); ok {
			c.bgKnown++
			if bg == (len(e.s.Tasks) > 0) {
				c.bgSame++
			} else if testing.Verbose() {
				t.Logf("   bg at %v i=%d alive=%v registry=%v label=%s tasks=%v", r.TS, r.I, bg, r.BgRegistry, r.Label, e.s.Tasks)
			}
		}
	}
	for _, r := range rows {
		if r.Label == "skip" || r.Label == "compaction" {
			continue
		}
		c.all++
		if !r.found {
			t.Logf("   missed %v %s (%s)", r.TS, r.Label, r.LastType)
		}
	}
	return c
}

// TestRecordedVersions reads the recorded sessions of each version of the CLIs:
// every line is understood, each turn that the file marks as ended is told, and
// the loop of the recording (a call, a final message, a nudge) is seen whole.
func TestRecordedVersions(t *testing.T) {
	dir := shared(t, "agents", "transcripts")
	files, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		if strings.HasPrefix(name, "gemini") || strings.HasPrefix(name, "qwen") || strings.HasPrefix(name, "agent-") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			events, st := scan(t, file)
			if st.Skipped["broken line"] != 0 || st.Long != 0 {
				t.Errorf("broken lines: %d, too long: %d", st.Skipped["broken line"], st.Long)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			count := func(typ agent.EventType) (n int) {
				for _, e := range events {
					if e.Type == typ {
						n++
					}
				}
				return n
			}
			marks := 0
			for _, m := range []string{`"subtype": "turn_duration"`, `"type": "task_complete"`, `"type": "turn_aborted"`, `"isApiErrorMessage": true`} {
				marks += strings.Count(string(data), m)
			}
			if n := count(agent.TurnEnded) + count(agent.TurnFailed) + count(agent.TurnAborted); n != marks {
				t.Errorf("%d ends told, %d marked in the file", n, marks)
			}
			if calls, results := count(agent.ToolCall), count(agent.ToolResult); results > calls || calls > results+1 {
				t.Errorf("%d calls and %d results", calls, results)
			}
			if strings.HasPrefix(name, "versions_") && !strings.HasSuffix(name, "0.90.0") {
				checkLoop(t, file)
			}
		})
	}
}

// checkLoop checks the three turns that were recorded with every version.
func checkLoop(t *testing.T, file string) {
	t.Helper()
	ends := replayFile(t, file)
	prompts := []string{"start the loop", "keep going: nudge 1", "keep going: nudge 2"}
	if len(ends) != len(prompts) {
		t.Fatalf("%d turns, want %d", len(ends), len(prompts))
	}
	for i, e := range ends {
		turn := e.s.Turn
		if turn.Prompt != prompts[i] || turn.Origin != agent.Human || turn.Last != agent.LastText ||
			turn.Tools != 1 || len(turn.Open) != 0 || turn.Failure != nil {
			t.Errorf("turn %d: %+v", i+1, turn)
		}
	}
	if f := ends[0].s.Turn.Final; !strings.HasPrefix(f, "SESSION FINAL") {
		t.Errorf("final message %q", f)
	}
	u := ends[2].s.Usage
	if u.Input+u.CachedInput != 6*1200 || u.Output != 6*40 {
		t.Errorf("tokens of six messages: %+v", u)
	}
}
