package ending_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/agent"
	"vigil/agent/ending"
)

// row is a labelled turn end of the shared collection.
type row struct {
	Run         string   `json:"run"`
	I           int      `json:"i"`
	Label       string   `json:"label"`
	LastType    string   `json:"last_type"`
	ResultAfter bool     `json:"result_after"`
	Registry    any      `json:"bg_registry"` // true, false or "unknown"
	Text        string   `json:"text"`
	Tail        []string `json:"tail"`
	Count       int      `json:"count"` // how often this very text ended a turn
}

// want is the ending of the table that the label means.
func (r row) want() agent.Ending {
	switch r.Label {
	case "killed":
		return agent.Gone
	case "api_error":
		return agent.Failed
	}
	return agent.Ending(r.Label)
}

// classify is the row as a line of the classify command, with or without
// liveness.
func (r row) classify(t *testing.T, liveness bool) agent.Facts {
	t.Helper()
	m := map[string]any{
		"text": r.Text, "last_event": r.LastType, "result_after": r.ResultAfter, "tail": r.Tail, "background_alive": nil,
	}
	if b, ok := r.Registry.(bool); ok && liveness {
		m["background_alive"] = b
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	f, err := ending.ParseLine(b)
	if err != nil {
		t.Fatalf("%s i=%d: %v", r.Run, r.I, err)
	}
	return f
}

// devRows reads the shared collection, or skips.
func devRows(t *testing.T) []row {
	t.Helper()
	shared := os.Getenv("VIGIL_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	name := filepath.Join(shared, "turnends", "dev.jsonl")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Skipf("no labelled turn ends to score: %v", err)
	}
	var rows []row
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var r row
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.Label != "skip" && r.Label != "compaction" {
			rows = append(rows, r)
		}
	}
	return rows
}

func TestRealTurnEnds(t *testing.T) {
	rows := devRows(t)
	for _, mode := range []struct {
		name     string
		liveness bool
		least    float64
	}{{"liveness as recorded", true, 0.99}, {"without liveness", false, 0.98}} {
		t.Run(mode.name, func(t *testing.T) {
			var plain, weighted ending.Score
			buckets := map[float64]*[2]int{}
			for _, r := range rows {
				v := ending.Default().Judge(r.classify(t, mode.liveness))
				want := r.want()
				plain.Add(want, v.Ending)
				for range max(1, r.Count) {
					weighted.Add(want, v.Ending)
				}
				b := buckets[v.Confidence]
				if b == nil {
					b = new([2]int)
					buckets[v.Confidence] = b
				}
				b[1]++
				if want.WantsNudge() == v.Ending.WantsNudge() {
					b[0]++
				} else {
					t.Logf("mistake: %s i=%d %s judged %s (%.2f) alive=%v: %.160q\n%s", r.Run, r.I, want, v.Ending, v.Confidence,
						r.Registry, r.Text, matches(ending.Default().Explain(r.classify(t, mode.liveness))))
				}
			}
			t.Logf("%d turn ends: %s", plain.N, rates(plain))
			t.Logf("by count: %s", rates(weighted))
			for want, found := range plain.Confusion {
				t.Logf("%-11s -> %v", want, found)
			}
			for c, b := range buckets {
				t.Logf("confidence %.2f: right %d of %d (%.3f)", c, b[0], b[1], float64(b[0])/float64(b[1]))
			}
			if f1 := plain.Nudge().F1(); f1 < mode.least {
				t.Errorf("nudge-or-leave F1 %.4f, want at least %.3f", f1, mode.least)
			}
		})
	}
}

func rates(s ending.Score) string {
	r := s.Nudge()
	return fmt.Sprintf("nudge-or-leave F1 %.4f, precision %.4f, recall %.4f, %+v", r.F1(), r.Precision(), r.Recall(), r)
}

// matches lists the rules that matched, for a log.
func matches(rep ending.Report) string {
	var b strings.Builder
	for _, m := range rep.Matches {
		fmt.Fprintf(&b, "    %s %s %.1f: %.100q\n", m.Ending, m.Rule, m.Weight, m.Sentence)
	}
	return b.String()
}
