package ending_test

import (
	"testing"

	"vigil/agent"
	"vigil/agent/ending"
)

// TestLeaveOneRunOut scores the rules on each run of the shared collection
// without what that run alone speaks for.
func TestLeaveOneRunOut(t *testing.T) {
	rows := devRows(t)
	for _, liveness := range []bool{true, false} {
		var all []ending.Labelled
		for _, r := range rows {
			all = append(all, ending.Labelled{Run: r.Run, Want: r.want(), Facts: r.classify(t, liveness)})
		}
		var fit, out ending.Score
		alone := 0
		for _, l := range ending.Default().LeaveOneOut(all) {
			fit.Merge(l.Fit)
			out.Merge(l.Out)
			alone += len(l.Alone)
			if a, b := l.Fit.Right, l.Out.Right; a != b {
				t.Logf("%s: %d of %d right, without its own phrases %d", l.Run, a, l.Fit.N, b)
			}
		}
		t.Logf("liveness %v: with all rules %s", liveness, rates(fit))
		t.Logf("  each run left out: %s, %d of %d endings right, %d phrases of one run alone", rates(out), out.Right, out.N, alone)
		if f1 := out.Nudge().F1(); f1 < 0.98 {
			t.Errorf("F1 %.4f with each run left out, want at least 0.98", f1)
		}
		if out.N != len(rows) || fit.N != len(rows) {
			t.Errorf("%d and %d of %d turn ends scored", fit.N, out.N, len(rows))
		}
	}
}

// TestLeaveOneOut takes out what one run alone speaks for, and nothing else.
func TestLeaveOneOut(t *testing.T) {
	rules, err := ending.Default().Extend("own.toml", []byte(`[[rule]]
name = "own"
ending = "waiting"
weight = 5.0
phrases = ["zubbing the knobs", "frobbing the knobs"]
`))
	if err != nil {
		t.Fatal(err)
	}
	end := func(run, text string) ending.Labelled {
		return ending.Labelled{Run: run, Want: agent.Waits, Facts: agent.Facts{Text: text, Last: agent.LastText}}
	}
	left := rules.LeaveOneOut([]ending.Labelled{
		end("a", "Zubbing the knobs."), end("a", "Frobbing the knobs."), end("b", "Zubbing the knobs."),
	})
	if len(left) != 2 || left[0].Run != "a" || left[1].Run != "b" {
		t.Fatalf("%+v", left)
	}
	if l := left[0]; l.Fit.Right != 2 || l.Out.Right != 1 || len(l.Alone) != 1 || l.Alone[0] != (ending.Single{Rule: "own", Phrase: "frobbing the knobs"}) {
		t.Errorf("a: %+v", l)
	}
	if l := left[1]; l.Fit.Right != 1 || l.Out.Right != 1 || len(l.Alone) != 0 {
		t.Errorf("b: %+v", l)
	}
}
