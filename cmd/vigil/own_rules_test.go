package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const ownRule = `[[rule]]
name = "moored"
ending = "waiting"
weight = 6.0
phrases = ["moored beneath .. dawn"]
`

// writeRules writes a person's own rules beside the configuration.
func writeRules(t *testing.T, e env, text string) {
	t.Helper()
	config, err := e.configPath()
	if err != nil {
		t.Fatal(err)
	}
	path := rulesPath(config)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	replaceFile(t, path, text)
}

// A person's own rules count in every command that judges.
func TestOwnRules(t *testing.T) {
	const text = "Everything is moored beneath the next dawn."
	classify := func(rules string) (string, error) {
		e, out, _ := testEnv(t, "classify")
		e.Stdin = strings.NewReader(text)
		if rules != "" {
			writeRules(t, e, rules)
		}
		err := run(t.Context(), e)
		return out.String(), err
	}
	if out, err := classify(""); err != nil || strings.HasPrefix(out, "waiting") {
		t.Fatalf("without own rules: %q, %v", out, err)
	}
	out, err := classify(ownRule)
	if err != nil || !strings.HasPrefix(out, "waiting") || !strings.Contains(out, "moored") {
		t.Errorf("with own rules: %q, %v", out, err)
	}
	if _, err := classify(strings.Replace(ownRule, "phrases", "phrase", 1)); err == nil || !strings.Contains(err.Error(), "rules.toml:5") {
		t.Errorf("a wrong key: %v, want one line with file and line", err)
	}
	e, _, _ := testEnv(t)
	writeRules(t, e, "[[rule]]\nname = 7\n")
	c, err := loadConfig(e, overrides{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rulesOf(c); err == nil || !strings.Contains(err.Error(), "rules.toml:2") {
		t.Errorf("the supervisor takes wrong rules: %v", err)
	}
	if fs := checkConfig(c, nil); len(fs) != 1 || fs[0].Level != bad {
		t.Errorf("the doctor says of wrong rules: %+v", fs)
	}
}

// A change of one's own rules is picked up while vigil runs.
func TestOwnRulesAreWatched(t *testing.T) {
	e, _, _ := testEnv(t)
	config, err := e.configPath()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	seen := make(chan int, 16) // how many rules there are
	done := make(chan error, 1)
	go func() { // ends with ctx
		done <- Watch(ctx, config, func() (Config, error) { return loadConfig(e, overrides{}) }, func(c Config, err error) {
			rules, rerr := endingRules(c.Path)
			if err != nil || rerr != nil {
				t.Errorf("%v, %v", err, rerr)
				return
			}
			seen <- rules.Len()
		})
	}()
	first := <-seen
	writeRules(t, e, ownRule)
	for n := first; n != first+1; {
		select {
		case n = <-seen:
		case <-ctx.Done():
			t.Fatal("the new rule was not seen")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
