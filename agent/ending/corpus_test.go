package ending_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"vigil/agent"
	"vigil/agent/ending"
)

// TestCorpus judges the project's own turn ends: lines of the classify command
// with the right ending and, for a look-alike, its number in the list below.
//
//	1 the watcher lives, the run is dead       8 announces a step and takes none
//	2 waits for what has ended                 9 progress report without a word of waiting
//	3 what a sub-agent waits for is dead      10 "overloaded" and limits in plain prose
//	4 a sub-agent's own task, in no list      11 stale entries in the list of tasks
//	5 the CLI's exit killed its children      12 a tool call declares completion
//	6 a status summary, and a run is alive    13 another branch of the session went on
//	7 a promise with nothing alive            14 one end, several prompts after it
//
// Permission and interrupted are never told by a line: see TestStructure.
func TestCorpus(t *testing.T) {
	b, err := os.ReadFile("testdata/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var score ending.Score
	right, total := 0, 0
	endings, cases := map[agent.Ending]int{}, map[string]int{}
	for i, l := range bytes.Split(bytes.TrimSpace(b), []byte("\n")) {
		var want struct {
			Label agent.Ending `json:"label"`
			Case  string       `json:"case"`
		}
		if err := json.Unmarshal(l, &want); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		f, err := ending.ParseLine(l)
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		v := ending.Default().Judge(f)
		total++
		endings[want.Label]++
		cases[want.Case]++
		score.Add(want.Label, v.Ending)
		if v.Ending == want.Label {
			right++
		} else {
			t.Logf("line %d (case %s): %s judged %s (%.2f): %.120q\n%s", i+1, want.Case, want.Label, v.Ending, v.Confidence,
				f.Text, matches(ending.Default().Explain(f)))
		}
		if want.Label.WantsNudge() != v.Ending.WantsNudge() {
			t.Errorf("line %d: %s judged %s: %.120q", i+1, want.Label, v.Ending, f.Text)
		}
		if len(v.Evidence) == 0 {
			t.Errorf("line %d: no evidence", i+1)
		}
	}
	t.Logf("%d turn ends, %d right (%.3f); %s", total, right, float64(right)/float64(total), rates(score))
	if total < 150 {
		t.Errorf("%d turn ends, want at least 150", total)
	}
	if float64(right) < 0.97*float64(total) {
		t.Errorf("%d of %d endings right, want 97 %%", right, total)
	}
	for _, e := range agent.Endings() {
		if e != agent.Permission && e != agent.Interrupted && endings[e] == 0 {
			t.Errorf("no turn end is %s", e)
		}
	}
	for n := 1; n <= 14; n++ {
		if cases[fmt.Sprint(n)] == 0 {
			t.Errorf("no turn end of look-alike %d", n)
		}
	}
}
