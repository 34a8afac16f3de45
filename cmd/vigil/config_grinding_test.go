package main

import (
	"strings"
	"testing"
	"time"

	"vigil/agent/grind"
)

func TestConfigGrinding(t *testing.T) {
	same := func(s string) string { return s }
	c, err := resolve([]layer{{"c.toml", []byte("[grinding]\nafter = \"4h\"\ntrials = 20\nimprove = 0.001\n[policy]\ngrinding = \"nudge\"\n")}}, same)
	if err != nil {
		t.Fatal(err)
	}
	want := grind.Defaults()
	want.After, want.Trials, want.Improve = 4*time.Hour, 20, 0.001
	if c.Grinding != want || !c.Policy.Grinding {
		t.Errorf("%+v, nudge %v", c.Grinding, c.Policy.Grinding)
	}
	for text, part := range map[string]string{
		"[grinding]\ntrials = 0":              "c.toml:2: grinding.trials is 0: write 1 or more",
		"[grinding]\nthinking = 500":          "write 16384 or more",
		"[grinding]\nsame = 1.5":              "write a share from 0 to 1",
		"[grinding]\nratio = nan":             "write a share from 0 to 1",
		"[grinding]\nimprove = -1.0":          "write 0 or more",
		"[grinding]\ncalm = \"0s\"":           "write a second or more",
		"[grinding]\nafter = 9":               "grinding.after",
		"[grinding]\ntrails = 9":              "did you mean grinding.trials?",
		"[policy]\ngrinding = \"stop\"":       `write "tell" or "nudge"`,
		"[grinding]\nfailures = 1\nedits = 0": "write 1 or more",
	} {
		if _, err := resolve([]layer{{"c.toml", []byte(text)}}, same); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, want %q", text, err, part)
		}
	}
}
