package ending_test

import (
	"strings"
	"testing"

	"vigil/agent"
	"vigil/agent/ending"
)

const nightShift = `
[[rule]]
name = "night-shift"
ending = "waiting"
weight = 6.0
phrases = ["moored beneath .. dawn|noon"]
kinds = ["claude"]
`

func TestExtend(t *testing.T) {
	f := agent.Facts{Kind: agent.Claude, Last: agent.LastText, Text: "Everything is moored beneath the next dawn."}
	if v := ending.Default().Judge(f); v.Confidence > 0.9 {
		t.Fatalf("without the rule: %+v, want no sure verdict", v)
	}
	r, err := ending.Default().Extend("mine.toml", []byte(nightShift))
	if err != nil {
		t.Fatal(err)
	}
	v := r.Judge(f)
	if v.Ending != agent.Waits || v.Evidence[0].Source != "rule:night-shift" {
		t.Errorf("with the rule: %+v, want waiting by night-shift", v)
	}
	if r.Len() != ending.Default().Len()+1 {
		t.Errorf("%d rules, want one more than %d", r.Len(), ending.Default().Len())
	}
	f.Kind = agent.Codex
	for _, e := range r.Judge(f).Evidence {
		if e.Source == "rule:night-shift" {
			t.Error("a rule for claude matched a codex turn")
		}
	}

	off := strings.Replace(nightShift, "6.0", "0.0", 1)
	r2, err := r.Extend("off.toml", []byte(off))
	if err != nil {
		t.Fatal(err)
	}
	f.Kind = agent.Claude
	for _, m := range r2.Explain(f).Matches {
		if m.Rule == "night-shift" {
			t.Error("a rule of weight 0 matched")
		}
	}
	if r2.Len() != r.Len() {
		t.Errorf("%d rules, want the rule of that name replaced: %d", r2.Len(), r.Len())
	}
	if v := r.Judge(f); v.Evidence[0].Source != "rule:night-shift" {
		t.Error("extending changed the rules that it started from")
	}
}

func TestExtendErrors(t *testing.T) {
	rule := func(lines ...string) string {
		return "# mine\n[[rule]]\nname = \"x\"\nending = \"terminal\"\nweight = 3.0\nphrases = [\"no more\"]\n" + strings.Join(lines, "\n")
	}
	for _, tt := range []struct{ name, toml, want string }{
		{"unknown key", rule("colour = 1"), `my.toml:7:1: unknown key "rule.colour"`},
		{"wrong type", rule("max_chars = \"many\""), "my.toml:7:13: "},
		{"not TOML", "[[rule\n", "my.toml:1:"},
		{"unknown ending", strings.Replace(rule(), "terminal", "exited", 1), `my.toml:2:1: rule "x": ending "exited"`},
		{"no name", strings.Replace(rule(), `"x"`, `""`, 1), "name: want"},
		{"weight", strings.Replace(rule(), "3.0", "11.0", 1), "weight 11: want 0 to 10"},
		{"nan", strings.Replace(rule(), "3.0", "nan", 1), "weight NaN"},
		{"second of a name", rule() + strings.TrimPrefix(rule(), "# mine"), `my.toml:8:1: rule "x": a second rule`},
		{"place", rule(`where = "middle"`), "where \"middle\""},
		{"source", rule(`on = "tool"`), "on \"tool\""},
		{"negative size", rule("min_chars = -1"), "can't be negative"},
		{"nothing to match", strings.Replace(rule(), `"no more"`, "", 1), "nothing to match"},
		{"delegated end", rule("delegated = true"), "delegated is for"},
		{"pattern", rule(`patterns = ["("]`), "missing closing )"},
		{"empty phrase", strings.Replace(rule(), "no more", " ", 1), "empty phrase"},
		{"bare gap", strings.Replace(rule(), "no more", ".. more", 1), "at the start or end"},
		{"no word", strings.Replace(rule(), "no more", "# _", 1), "needs a word"},
		{"mark", strings.Replace(rule(), "no more", "re-arm", 1), `"re-arm" is not a word`},
		{"too many gaps", strings.Replace(rule(), "no more", "a .. b .. c .. d", 1), "at most"},
		{"unless", rule(`unless = ["^"]`), `unless "^"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ending.Default().Extend("my.toml", []byte(tt.toml))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "my.toml:") {
				t.Errorf("error %q, want it to hold %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of more than one line: %q", err)
			}
		})
	}
}

func TestPhrases(t *testing.T) {
	for _, tt := range []struct {
		phrase, text string
		want         bool
	}{
		{"is running", "Probe 8 IS running.", true},
		{"is running", "It is. Running costs nothing.", false},
		{"do more", "Nothing done more often.", false},
		{"notif* me", "It notifies me.", true},
		{"a|an probe", "An probe.", true},
		{"is now? running", "It is running", true},
		{"is now? running", "It is now running", true},
		{"is now? running", "It is not running", false},
		{"seed # done", "Seed 12 done", true},
		{"seed # done", "Seed twelve done", false},
		{"e# next", "E31 next", true},
		{"e# next", "Ever next", false},
		{"after .. hours", "after some four or five hours", true},
		{"after .. hours", "after one two three four five hours", false},
		{"^ waiting $", "All set.\nWaiting.", true},
		{"^ waiting $", "Still waiting.", false},
		{"trial # / #", "Trial 3/8 is in", true},
		{"trial # / #", "Trial 8/8 is in", false},
		{"trial # = #", "Trial 8/8 is in", true},
		{"re arming", "not re-arming", true},
		{"mean #", "mean **3.279**", true},
		{"go on ?", "Shall I go on?", true},
		{"i'll wait", "I’ll wait", true},
		{"_ loss", "val loss", true},
		{"_ loss", "Loss", false},
	} {
		toml := "[[rule]]\nname = \"probe\"\nending = \"waiting\"\nweight = 1.0\nphrases = [\"" + tt.phrase + "\"]\n"
		r, err := new(ending.Rules).Extend("p.toml", []byte(toml))
		if err != nil {
			t.Fatal(err)
		}
		got := len(r.Explain(agent.Facts{Last: agent.LastText, Text: tt.text}).Matches) > 0
		if got != tt.want {
			t.Errorf("phrase %q in %q: %v, want %v", tt.phrase, tt.text, got, tt.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	toml := "[[rule]]\nname = \"w\"\nending = \"waiting\"\nweight = 1.0\nphrases = [\"needle\"]\n"
	text := "One. Two. Three needle. Four. Five. Six. Seven."
	for _, tt := range []struct {
		extra, text string
		want        bool
	}{
		{"", text, true},
		{"where = \"start\"", text, false},
		{"where = \"end\"", text, false},
		{"where = \"start\"", "A needle. Two. Three. Four.", true},
		{"where = \"end\"", "One. Two. Three. Four. Needle.", true},
		{"max_chars = 10", text, false},
		{"min_chars = 10", text, true},
		{"unless = [\"three\"]", text, false},
		{"on = \"call\"", text, false},
	} {
		r, err := new(ending.Rules).Extend("p.toml", []byte(toml+tt.extra))
		if err != nil {
			t.Fatal(err)
		}
		got := len(r.Explain(agent.Facts{Last: agent.LastText, Text: tt.text}).Matches) > 0
		if got != tt.want {
			t.Errorf("%q in %q: %v, want %v", tt.extra, tt.text, got, tt.want)
		}
	}
}

func FuzzExtend(f *testing.F) {
	f.Add([]byte(nightShift))
	f.Add([]byte("[[rule]]\nname='a'\nending='empty'\nweight=1\npatterns=['^.$']\nmax_chars=3"))
	f.Add([]byte("rule = [{name='a', ending='empty', weight=1, phrases=['a| b']}]"))
	f.Add([]byte("[[rule]]\nphrases = ["))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ending.Default().Extend("f.toml", b)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of more than one line: %q", err)
			}
			return
		}
		r.Judge(agent.Facts{Last: agent.LastText, Text: "Everything is moored beneath dawn."})
	})
}
