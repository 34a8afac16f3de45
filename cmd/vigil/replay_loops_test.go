package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

// stamps returns the times of the lines of a session.
func stamps(t *testing.T, path string) []time.Time {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []time.Time
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		var l struct{ Timestamp time.Time }
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l.Timestamp)
	}
	return out
}

// held sums up how long a condition held between two times, and outside.
func held(t *testing.T, r replayed, typ agent.ConditionType, from, to time.Time) (in, out time.Duration) {
	t.Helper()
	for _, c := range r.Loops {
		if c.Type != typ {
			continue
		}
		a, err1 := time.Parse(time.RFC3339, c.Since)
		b, err2 := time.Parse(time.RFC3339, c.Until)
		if err1 != nil || err2 != nil || b.Before(a) {
			t.Fatalf("%+v: %v, %v", c, err1, err2)
		}
		span := b.Sub(a)
		if a.Before(from) {
			a = from
		}
		if b.After(to) {
			b = to
		}
		inside := max(b.Sub(a), 0)
		in, out = in+inside, out+span-inside
	}
	return in, out
}

// Over real sessions, loops are found where people found them and nowhere
// else, and the table says what vigil would have been worth.
func TestReplayLoops(t *testing.T) {
	dir := shared(t, "turnends/sessions")
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions in %s: %v", dir, err)
	}
	// Where each may be flagged, by the lines of the session, and for how long
	// at least.
	type window struct {
		typ      agent.ConditionType
		from, to int
		least    time.Duration
	}
	want := map[string][]window{
		"6e0322": {{agent.Grinding, 799, 1689, 9 * time.Hour}},
		"3b57d9": {{agent.KeepAlive, 1344, 1423, 90 * time.Second}},
		// 2825 stood for half a day, until just before the next record.
		"4ed2e4": {{agent.Grinding, 1800, 2056, time.Hour}},
	}
	var all []replayed
	for _, path := range files {
		r, err := usualReplay().file(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
		lines := stamps(t, path)
		name := filepath.Base(path)
		key := name[strings.LastIndex(name, "--")+2:][:6]
		grinds := false
		for _, w := range want[key] {
			in, out := held(t, r, w.typ, lines[w.from], lines[w.to])
			if in < w.least {
				t.Errorf("%s: %s for %v between lines %d and %d, want at least %v", name, w.typ, in, w.from, w.to, w.least)
			}
			if w.typ == agent.Grinding {
				grinds = true
				if out > 0 {
					t.Errorf("%s: grinding for %v outside lines %d to %d", name, out, w.from, w.to)
				}
			}
		}
		if in, out := held(t, r, agent.Grinding, lines[0], lines[len(lines)-1]); !grinds && in+out > 0 {
			t.Errorf("%s: grinding for %v, want none", name, in+out)
		}
		if r.Saved < 0 || r.Wasted > len(r.Endings) {
			t.Errorf("%s: saved %v h, %d wasted of %d ends", name, r.Saved, r.Wasted, len(r.Endings))
		}
	}
	var b bytes.Buffer
	if err := printLoops(&b, all); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
}

// circle is a session of an agent that finishes the same kind of trial every
// quarter of an hour for a day, each in a turn that it ends; the next prompt
// comes after another quarter.
func circle(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	at := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	line := func(typ, rest string) {
		fmt.Fprintf(&b, `{"type":%q,"uuid":"u%d","sessionId":"5e55","version":"2.1.330","timestamp":%q,%s}`+"\n", typ, b.Len(), at.Format(time.RFC3339), rest)
	}
	for i := range 60 {
		line("user", `"message":{"role":"user","content":"go on"}`)
		if i != 30 && i != 31 { // two turns in which it only talks
			line("assistant", fmt.Sprintf(`"message":{"id":"m%d","content":[{"type":"tool_use","id":"t%d","name":"Bash","input":{"command":"bash run.sh"}}]}`, i, i))
			at = at.Add(15 * time.Minute)
			line("user", fmt.Sprintf(`"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t%d","content":"step:3000/3000 val_loss:3.28%s train_time:4%d.5s"}]}`, i, strconv.Itoa(100+i%9), i))
		}
		line("assistant", fmt.Sprintf(`"message":{"id":"n%d","content":[{"type":"text","text":"The record stands at 2990 steps. All directions are exhausted; stopping here."}],"stop_reason":"end_turn"}`, i))
		line("system", `"subtype":"turn_duration"`)
		at = at.Add(15 * time.Minute)
	}
	path := filepath.Join(t.TempDir(), "circle.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplayTellsLoopsAndWorth(t *testing.T) {
	path := circle(t)
	var out bytes.Buffer
	e := env{Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Home: t.TempDir(), Now: time.Now}
	cmd := newRoot(e)
	cmd.SetArgs([]string{"replay", "--json", path})
	if err := cmd.Execute(); err != nil {
		t.Fatal(err, out.String())
	}
	var r struct {
		Saved      float64 `json:"saved_h"`
		Wasted     int     `json:"wasted_nudges"`
		Conditions []struct {
			Type         agent.ConditionType
			Since, Until time.Time
			Evidence     []string
		}
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err, out.String())
	}
	// 59 ends with a prompt after them, each a quarter of an hour less a second
	// (and two with a longer wait after turns of words alone).
	if r.Saved < 14.5 || r.Saved > 14.75 || r.Wasted != 2 {
		t.Errorf("saved %v h, %d wasted", r.Saved, r.Wasted)
	}
	var types []string
	for _, c := range r.Conditions {
		types = append(types, string(c.Type))
		if c.Until.Before(c.Since) || len(c.Evidence) == 0 {
			t.Errorf("condition %+v", c)
		}
	}
	if got := strings.Join(types, ","); !strings.Contains(got, "grinding") || !strings.Contains(got, "reproposing") {
		t.Errorf("conditions %s", got)
	}
	out.Reset()
	cmd = newRoot(e)
	cmd.SetArgs([]string{"replay", path})
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"grinding", "no new best for", "saved h", "in all"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, out.String())
		}
	}
}
