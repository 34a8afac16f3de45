package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEval(t *testing.T) {
	name := filepath.Join(t.TempDir(), "labelled.jsonl")
	doc := `{"id":"end","text":"SESSION FINAL: every lever is exhausted. Stopping the loop here.","last_event":"text","background_alive":false,"label":"terminal"}
{"id":"wait","text":"The 8-trial run is going; I wait for its end.","last_event":"text","background_alive":true,"label":"waiting"}

{"id":"wrong","text":"SESSION FINAL: nothing is left to try.","last_event":"text","background_alive":false,"label":"waiting"}
{"text":"ok","label":"skip"}
`
	if err := os.WriteFile(name, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, string, error) {
		var out, complaints strings.Builder
		e := env{Args: append([]string{"eval"}, args...), Stdout: &out, Stderr: &complaints, Stdin: strings.NewReader(""), Getenv: func(string) string { return "" }}
		err := run(t.Context(), e)
		return out.String(), complaints.String(), err
	}
	out, _, err := run(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 turn ends, 2 judged as labelled", "nudge or leave  0.5000     1.0000  0.6667", "waiting  terminal  1", "wrong: waiting judged terminal"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, _, err = run("--json", name)
	var got struct {
		N        int
		Nudge    struct{ F1 float64 }
		Mistakes []struct{ Name, Label, Ending string }
	}
	if err != nil || json.Unmarshal([]byte(out), &got) != nil || got.N != 3 || len(got.Mistakes) != 1 || got.Mistakes[0].Name != "wrong" {
		t.Errorf("%v: %s", err, out)
	}
	if err := os.WriteFile(name, []byte("{\"text\":\"x\",\"label\":\"finished\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, complaint, err := run(name); err == nil || !strings.Contains(complaint, `labelled.jsonl:1: turn end: label "finished"`) {
		t.Errorf("%v: %q", err, complaint)
	}
	runs := `{"run":"a","i":1,"text":"SESSION FINAL: every lever is exhausted.","last_event":"text","label":"terminal"}
{"run":"a","i":2,"text":"Waiting for the run to end.","last_event":"text","label":"waiting"}
{"run":"b","i":1,"text":"SESSION FINAL. Every lever is exhausted.","last_event":"text","label":"terminal"}
`
	if err := os.WriteFile(name, []byte(runs), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err = run("--by-run", name)
	if err != nil || !strings.Contains(out, "each run left out") || !strings.Contains(out, "waiting-for") {
		t.Errorf("%v:\n%s", err, out)
	}
	out, _, err = run("--by-run", "--json", name)
	var left struct {
		Fit     struct{ F1 float64 }
		LeftOut struct{ F1 float64 } `json:"left_out"`
		Runs    []struct{ Run string }
		Alone   []struct{ Run, Rule, Phrase string }
	}
	if err != nil || json.Unmarshal([]byte(out), &left) != nil || left.Fit.F1 != 1 || len(left.Runs) != 2 || len(left.Alone) == 0 || left.Alone[0].Run != "a" {
		t.Errorf("%v: %s", err, out)
	}
	if err := os.WriteFile(name, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, complaint, err := run("--by-run", name); err == nil || !strings.Contains(complaint, "needs turn ends of several runs") {
		t.Errorf("%v: %q", err, complaint)
	}
}
