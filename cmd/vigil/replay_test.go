package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/grind"
)

// shared finds a file of the research material beside the repository, which
// not everybody has.
func shared(t *testing.T, path string) string {
	t.Helper()
	dir := os.Getenv("VIGIL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	path = filepath.Join(dir, path)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not there: VIGIL_SHARED names the folder of real sessions", path)
	}
	return path
}

// label is one labelled turn end of a real session.
type label struct {
	Run   string
	I     int
	TS    time.Time
	Label string
	Style string
}

// ending is the label in our words.
func (l label) ending() agent.Ending {
	switch l.Label {
	case "killed":
		return agent.Gone
	case "api_error":
		return agent.Failed
	}
	return agent.Ending(l.Label)
}

func readLabels(t *testing.T, path string) map[string][]label {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string][]label{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var l label
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out[l.Run] = append(out[l.Run], l)
	}
	return out
}

// match finds the end that a label speaks of: the nearest within a second.
func match(ends []replayEnd, at time.Time) *replayEnd {
	best := time.Second + time.Millisecond
	var out *replayEnd
	for i := range ends {
		when, err := time.Parse(time.RFC3339, ends[i].At)
		if err != nil {
			continue
		}
		if d := when.Sub(at).Abs(); d <= best {
			best, out = d, &ends[i]
		}
	}
	return out
}

// usualReplay is how replay judges without a configuration.
func usualReplay() replayer {
	return replayer{ending.Default(), agent.DefaultPolicy(), grind.Defaults()}
}

// Over real sessions, replay says of each labelled turn end whether it calls
// for a nudge.
func TestReplayLabels(t *testing.T) {
	dir := shared(t, "turnends/sessions")
	labels := readLabels(t, shared(t, "turnends/labels.jsonl"))
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions in %s: %v", dir, err)
	}
	var tp, fp, fn, tn, lost, right, all int
	for _, path := range files {
		r, err := usualReplay().file(path)
		if err != nil {
			t.Fatal(err)
		}
		run := strings.TrimSuffix(filepath.Base(path), ".jsonl.gz")
		var ends, missed, wrong int
		for _, l := range labels[run] {
			if l.Label == "skip" || l.Label == "compaction" {
				continue
			}
			all++
			ends++
			want, got := l.ending().WantsNudge(), false
			e := match(r.Endings, l.TS)
			if e == nil {
				lost++
				missed++
				t.Logf("%s i=%d %s %s/%s: no end seen", run, l.I, l.TS.Format(time.RFC3339Nano), l.Label, l.Style)
			} else {
				got = e.Nudge
				if e.Ending == string(l.ending()) {
					right++
				}
			}
			switch {
			case want && got:
				tp++
			case want:
				fn++
			case got:
				fp++
			default:
				tn++
			}
			if want != got {
				wrong++
				if e != nil {
					t.Logf("%s i=%d %s %s/%s: judged %s %v", run, l.I, e.At, l.Label, l.Style, e.Ending, e.Evidence)
				}
			}
		}
		t.Logf("%-45s %4d labelled ends, %d not seen, %d wrong; replay saw %d ends in %d turns", run, ends, missed, wrong, len(r.Endings), r.Turns)
	}
	f1 := 2 * float64(tp) / float64(2*tp+fp+fn)
	t.Logf("nudge or leave: F1 %.4f (tp %d, fp %d, fn %d, tn %d); %d of %d ends not seen; ending itself right in %.4f",
		f1, tp, fp, fn, tn, lost, all, float64(right)/float64(all))
	if f1 < 0.99 || math.IsNaN(f1) {
		t.Errorf("F1 %.4f, want at least 0.99", f1)
	}
}

// session is a small Claude Code session: a stop with nothing alive, a nudge,
// and a turn that ends with a background task alive.
const session = `{"type":"user","uuid":"u1","sessionId":"s1","cwd":"/w","version":"2.1.330","timestamp":"2026-05-01T00:00:00.000Z","origin":{"kind":"human"},"message":{"role":"user","content":"start"}}
{"type":"assistant","uuid":"a1","parentUuid":"u1","sessionId":"s1","timestamp":"2026-05-01T00:01:00.000Z","message":{"id":"m1","role":"assistant","content":[{"type":"text","text":"All levers are exhausted. Stopping the loop here; nothing is running."}],"stop_reason":"end_turn","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7}}}
{"type":"system","subtype":"turn_duration","uuid":"d1","parentUuid":"a1","sessionId":"s1","durationMs":1,"timestamp":"2026-05-01T00:01:00.100Z"}
{"type":"user","uuid":"u2","parentUuid":"d1","sessionId":"s1","cwd":"/w","version":"2.1.330","timestamp":"2026-05-01T01:01:00.000Z","origin":{"kind":"human"},"message":{"role":"user","content":"keep going"}}
{"type":"assistant","uuid":"a2","parentUuid":"u2","sessionId":"s1","timestamp":"2026-05-01T01:01:10.000Z","message":{"id":"m2","role":"assistant","content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"bash run.sh","run_in_background":true}}],"stop_reason":"tool_use","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7}}}
{"type":"user","uuid":"u3","parentUuid":"a2","sessionId":"s1","timestamp":"2026-05-01T01:01:11.000Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"Command running in background with ID: b1"}]},"toolUseResult":{"backgroundTaskId":"b1"}}
{"type":"assistant","uuid":"a3","parentUuid":"u3","sessionId":"s1","timestamp":"2026-05-01T01:01:12.000Z","message":{"id":"m3","role":"assistant","content":[{"type":"text","text":"The probe is running in the background."}],"stop_reason":"end_turn","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7}}}
{"type":"system","subtype":"turn_duration","uuid":"d2","parentUuid":"a3","sessionId":"s1","durationMs":1,"timestamp":"2026-05-01T01:01:12.100Z"}
`

func TestReplay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s1.jsonl")
	if err := os.WriteFile(path, []byte(session), 0o600); err != nil {
		t.Fatal(err)
	}
	e, out, _ := testEnv(t, "replay", "--json", path)
	if err := run(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var got replayed
	dec := json.NewDecoder(out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Session != "s1" || got.Kind != agent.Claude || got.Turns != 2 || len(got.Endings) != 2 || got.Tokens.Output != 21 {
		t.Fatalf("%+v", got)
	}
	first, second := got.Endings[0], got.Endings[1]
	if first.Ending != "terminal" || !first.Nudge || first.At != "2026-05-01T00:01:00.000Z" || first.Idle != 3600 || len(first.Evidence) == 0 {
		t.Errorf("first end: %+v", first)
	}
	if second.Ending != "waiting" || second.Nudge || second.Idle != 0 {
		t.Errorf("second end: %+v", second)
	}
	if got.Idle["terminal"] != 3600 {
		t.Errorf("idle: %v", got.Idle)
	}
	e, out, _ = testEnv(t, "replay", path)
	if err := run(t.Context(), e); err != nil || !strings.Contains(out.String(), "2 turns, 2 ends, 1 nudges") || !strings.Contains(out.String(), "1h0m0s") {
		t.Fatalf("%v\n%s", err, out)
	}
	bad := filepath.Join(t.TempDir(), "x.jsonl")
	if err := os.WriteFile(bad, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, _, errs := testEnv(t, "replay", bad)
	if err := run(t.Context(), e); exitCode(err) != 1 || !strings.Contains(errs.String(), "give a session file") {
		t.Fatalf("%v %s", err, errs)
	}
}

func TestClassify(t *testing.T) {
	e, out, _ := testEnv(t, "classify", "--json")
	e.Stdin = strings.NewReader(`{"text":"SESSION FINAL. Every lever is exhausted; the loop ends here.","last_event":"text","background_alive":false}
{"text":"The probe is running; I'll report when it completes.","last_event":"text","background_alive":true}

{"text":"","last_event":"none","background_alive":null}
`)
	if err := run(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n")) {
		var a ending.Answer
		if err := json.Unmarshal(l, &a); err != nil || a.Confidence <= 0 || a.Evidence == nil {
			t.Fatalf("%v: %s", err, l)
		}
		got = append(got, a.Ending)
	}
	if strings.Join(got, " ") != "terminal waiting empty" {
		t.Fatalf("endings %v", got)
	}
	e, out, _ = testEnv(t, "classify")
	e.Stdin = strings.NewReader("All levers exhausted. Stopping here.")
	if err := run(t.Context(), e); err != nil || !strings.HasPrefix(out.String(), "terminal") {
		t.Fatalf("%v %s", err, out)
	}
	e, _, errs := testEnv(t, "classify", "--json")
	e.Stdin = strings.NewReader("{\"text\":\"x\"}\n{\"last_event\":7}\n")
	if err := run(t.Context(), e); exitCode(err) != 1 || !strings.Contains(errs.String(), "stdin:2: ") {
		t.Fatalf("%v %s", err, errs)
	}
}
