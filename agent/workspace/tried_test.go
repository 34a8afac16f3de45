package workspace

import (
	"slices"
	"strings"
	"testing"
)

func TestClosedItems(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"below a heading": {"# Notes\n## EXHAUSTED\n- learning rate 0.01 to 0.04\n- warm-up\n  - of 100 steps\n### of the optimiser\n- beta2\n## Next\n- cooldown\n", []string{"learning rate 0.01 to 0.04", "warm-up", "beta2"}},
		"below a label":   {"**Ruled out:**\n- wider MLP\n\n**Next:**\n- depth\n", []string{"wider MLP"}},
		"by its own word": {"## Ideas\n- [x] label smoothing - FAILED (+0.002)\n- [ ] rotary base\n- ~~fp8 head~~ → REJECTED\n- ❌ z-loss\n", []string{"label smoothing", "fp8 head", "❌ z-loss"}},
		"not yet closed":  {"## Untried\n- a\n## Not yet tested\n- b\n## Ideas to try\n- c\n", nil},
		"hostile":         {"## Failed\n- \x1b[31mred\x1b[0m\u202e thing\n", []string{"red thing"}},
		"empty":           {"", nil},
	} {
		if got := closedItems(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLedgerNames(t *testing.T) {
	text := `{"name":"qkvp-s1","loss":3.28}
{"name":"qkvp-s2","loss":3.281}
{"name":"warm-up_seed3"}
{"run":"qkvp-s3"}
{"name":7}
not json
{"family":"bigger head","name":"x"}
`
	if got, want := ledgerNames(text), []string{"qkvp (3 runs)", "bigger head", "warm-up"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := tail(strings.Repeat("x", triedTail) + "\nlast"); got != "last" {
		t.Errorf("the tail begins within a line: %.20q", got)
	}
}

func FuzzTried(f *testing.F) {
	f.Add("## Failed\n- a\n- b — FAILED\n**Tried:**\n- c")
	f.Add(`{"name":"a-s1"}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"plan.md", "runs.jsonl"} {
			for _, s := range triedIn(name, text) {
				if s == "" || strings.ContainsAny(s, "\n\x1b") || len(s) > maxName+20 {
					t.Errorf("%s: %q is no clean line", name, s)
				}
			}
		}
	})
}
