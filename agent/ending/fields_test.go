package ending_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"vigil/agent"
	"vigil/agent/ending"
)

// TestOtherFields judges turn ends of other fields than the rules were gathered
// from. They were written and labelled before any rule was run on them. By one
// half the rules were mended afterwards, where a general idea was missing; the
// other half only checks: do not look at its mistakes to change a rule.
func TestOtherFields(t *testing.T) {
	b, err := os.ReadFile("testdata/fields.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	score := map[string]*ending.Score{"rules": {}, "check": {}}
	for i, l := range bytes.Split(bytes.TrimSpace(b), []byte("\n")) {
		var of struct {
			Label agent.Ending `json:"label"`
			Half  string       `json:"half"`
		}
		if err := json.Unmarshal(l, &of); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		f, err := ending.ParseLine(l)
		if err != nil || score[of.Half] == nil {
			t.Fatalf("line %d, half %q: %v", i+1, of.Half, err)
		}
		rep := ending.Default().Explain(f)
		score[of.Half].Add(of.Label, rep.Verdict.Ending)
		if of.Half == "rules" && rep.Verdict.Ending != of.Label {
			t.Logf("line %d: %s judged %s (%.2f): %.160q\n%s", i+1, of.Label, rep.Verdict.Ending, rep.Verdict.Confidence, f.Text, matches(rep))
		}
	}
	for half, least := range map[string][2]float64{"rules": {0.95, 0.98}, "check": {0.88, 0.95}} {
		s := score[half]
		right := float64(s.Right) / float64(s.N)
		t.Logf("%s: %d of %d endings right (%.3f); %s", half, s.Right, s.N, right, rates(*s))
		if right < least[0] || s.Nudge().F1() < least[1] {
			t.Errorf("%s: %.3f right and F1 %.4f, want at least %v", half, right, s.Nudge().F1(), least)
		}
	}
	if n := score["rules"].N + score["check"].N; n < 120 {
		t.Errorf("%d turn ends, want at least 120", n)
	}
}
