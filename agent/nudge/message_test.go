package nudge

import (
	"errors"
	"strings"
	"testing"

	"vigil/agent"
)

func templates(t testing.TB) *Templates {
	t.Helper()
	tm, err := NewTemplates(nil)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// hostile is a text from an agent's files that would like to be more.
var hostile = strings.Repeat("a very long @item with \\ and \x1b[31mcolour\x1b[0m; \"quoted\" “so”\n!", 20)

func TestEveryWordingFits(t *testing.T) {
	tm := templates(t)
	full := Fields{
		Count: 12, Wasted: 3, Goal: hostile, Open: []string{hostile, "!second", hostile, "fourth"}, Best: "2950 steps",
		Record: "2990 steps", Died: []string{hostile}, Overdue: []string{hostile}, Tried: []string{hostile, "a", "b", hostile},
		GPUs: "3 of 8 GPUs are free on node07", Conditions: []string{hostile, hostile}, Line: strings.Repeat("so it goes ", 18),
	}
	seen := map[string]string{}
	for _, f := range families() {
		if n := len(tm.wordings[f]); n < 3 && f != "handover" {
			t.Errorf("%s has %d wordings", f, n)
		}
		for _, w := range tm.wordings[f] {
			for _, fields := range []Fields{full, {Count: 12}} {
				text, err := tm.compose(w, fields)
				if err != nil {
					t.Errorf("%s: %v: %q", w, err, text)
				}
				if !strings.Contains(text, "(vigil, nudge 12)") || strings.Contains(text, "  ") || strings.Contains(text, "..") && !strings.Contains(text, "…") {
					t.Errorf("%s: %q", w, text)
				}
				if fields.Goal == "" {
					if old := seen[mask(text)]; old != "" {
						t.Errorf("%s says the same as %s: %q", w, old, text)
					}
					seen[mask(text)] = w
				}
				if n := strings.Count(text, `"`); n%2 != 0 {
					t.Errorf("%s: a quotation does not end: %q", w, text)
				}
			}
		}
	}
}

func TestMessageTells(t *testing.T) {
	tm := templates(t)
	f := Fields{
		Ending: agent.Terminal, Count: 2, Open: []string{"sweep the cooldown", "try qk-norm"}, Best: "2950 steps", Record: "2990 steps",
		Tried: []string{"muon lr (40 runs)"}, GPUs: "3 of 8 GPUs are free", Conditions: []string{"21 h without a record"},
	}
	for _, c := range []struct {
		wasted int
		want   []string
	}{
		{0, []string{"autonomously"}},
		{1, []string{`"sweep the cooldown"; "try qk-norm"`, "2950 steps", "2990 steps", "3 of 8 GPUs are free"}},
		{2, []string{`"muon lr (40 runs)"`, "not to be tried again", "21 h without a record", "2950 steps"}},
		{3, []string{`"muon lr (40 runs)"`}},
	} {
		f.Wasted = c.wasted
		got, err := tm.Choose(f, History{})
		if err != nil || got.Rung != min(c.wasted+1, topRung) {
			t.Errorf("%d wasted: %+v, %v", c.wasted, got, err)
		}
		for _, want := range c.want {
			if !strings.Contains(got.Text, want) {
				t.Errorf("%d wasted: %q misses %q", c.wasted, got.Text, want)
			}
		}
	}
}

func TestTemplatesOfAPerson(t *testing.T) {
	tm, err := NewTemplates(map[string]string{"plain": "On with it, number {{.Count}}.", "plain-3": "Go."})
	if err != nil {
		t.Fatal(err)
	}
	f := Fields{Ending: agent.Terminal, Count: 3}
	if c, err := tm.Choose(f, History{}); err != nil || c.Text != "On with it, number 3." || c.Wording != "plain" {
		t.Errorf("%+v, %v", c, err)
	}
	if got := tm.wordings["plain"]; len(got) != 2 || got[1] != "plain-3" {
		t.Errorf("wordings %v", got)
	}
	for name, text := range map[string]string{"plane": "x", "plain": "{{.Nothing}}", "question": "{{", "plain-1": "x", "plain-x": "x", "sign": "x"} {
		if _, err := NewTemplates(map[string]string{name: text}); err == nil {
			t.Errorf("template %q with %q was accepted", name, text)
		}
	}
}

func TestCheck(t *testing.T) {
	for text, want := range map[string]error{
		"keep going":                nil,
		"a\nb\nc":                   nil,
		"a\nb\nc\nd":                ErrTooLong,
		strings.Repeat("x", 501):    ErrTooLong,
		"!rm -rf":                   ErrCommand,
		"/compact":                  ErrCommand,
		"look at @file":             ErrCommand,
		`end\`:                      ErrCommand,
		" lead":                     ErrCommand,
		"":                          ErrEmpty,
		"  ":                        ErrEmpty,
		"bad \x1b[2J":               ErrHostile,
		"# leading hash and - dash": nil,
	} {
		if err := Check(text); !errors.Is(err, want) {
			t.Errorf("Check(%q) = %v, want %v", text, err, want)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("goal", "item", "best", "line")
	tm := templates(f)
	f.Fuzz(func(t *testing.T, goal, item, best, line string) {
		fields := Fields{
			Goal: goal, Open: []string{item, item + "x"}, Best: best, Died: []string{item}, Tried: []string{goal, item},
			Conditions: []string{item}, GPUs: best, Line: line,
		}
		for _, name := range families() {
			for _, w := range tm.wordings[name] {
				if text, err := tm.compose(w, fields); err != nil {
					t.Fatalf("%s: %v: %q", w, err, text)
				}
			}
		}
	})
}
