package transcript

import (
	"testing"
	"time"

	"vigil/agent"
)

func TestWalk(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":{"b":"c\"}"},"d":1}`:         `c"}`,
		`{"d":[1,{"a":2}],"a":{"b":""}}`:   "",
		`{"a":{"b":"é😀"}}`:                 "é😀",
		`{"a":{"b":"\u00e9\ud83d\ude00"}}`: "é😀",
		`{"a":`:                            "",
		`{"a" "b"}`:                        "",
		`[]`:                               "",
	} {
		if got := raw(in).get("a", "b").text(100); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	long := raw(`"` + `\ud83d\ude00é\\x\n` + `"`)
	for n := range len(long) {
		if s := long.text(n); len(s) > 4*n || (n == len(long)-1 && s != "😀é\\x\n") {
			t.Errorf("cut to %d: %q", n, s)
		}
	}
}

// When a limit ends comes from the CLI's structured fields where they say, and
// of several windows from the one that is used up.
func TestResetsOfLimits(t *testing.T) {
	const codexStart = `{"timestamp":"2026-12-30T20:59:00Z","type":"event_msg","payload":{"type":"task_started","turn_id":"t1"}}`
	const codexEnd = `{"timestamp":"2026-12-30T21:00:00Z","type":"event_msg","payload":{"type":"task_complete","turn_id":"t1","last_agent_message":null,` +
		`"error":{"message":"You've hit your usage limit. Try again in 37 minutes.","codex_error_info":"usage_limit_exceeded"}}}`
	limits := func(primary, secondary string) string {
		return `{"timestamp":"2026-12-30T20:59:30Z","type":"event_msg","payload":{"type":"token_count","info":null,"rate_limits":{"primary":` + primary + `,"secondary":` + secondary + `}}}`
	}
	const soon, late = `"window_minutes":300,"resets_at":1798668000`, `"window_minutes":10080,"resets_at":1799000000`
	claude := func(fields, text string) string {
		return `{"type":"assistant","uuid":"u1","sessionId":"s1","timestamp":"2026-12-30T21:00:00Z","isApiErrorMessage":true,"error":"rate_limit",` + fields +
			`"message":{"id":"m1","model":"<synthetic>","content":[{"type":"text","text":"` + text + `"}]}}`
	}
	for _, c := range []struct {
		name  string
		kind  agent.Kind
		lines []string
		want  string
	}{
		{"the window that is used up", agent.Codex, []string{codexStart, limits(`{"used_percent":100.0,`+soon+`}`, `{"used_percent":40.0,`+late+`}`), codexEnd}, "2026-12-30T22:00:00Z"},
		{"the other window", agent.Codex, []string{codexStart, limits(`{"used_percent":12.5,`+soon+`}`, `{"used_percent":100,`+late+`}`), codexEnd}, "2027-01-03T18:13:20Z"},
		{"both", agent.Codex, []string{codexStart, limits(`{"used_percent":100,`+soon+`}`, `{"used_percent":100,`+late+`}`), codexEnd}, "2027-01-03T18:13:20Z"},
		{"none used up: the text", agent.Codex, []string{codexStart, limits(`{"used_percent":60,`+soon+`}`, "null"), codexEnd}, "2026-12-30T21:37:00Z"},
		{"only the text", agent.Codex, []string{codexStart, codexEnd}, "2026-12-30T21:37:00Z"},
		{"seconds", agent.Codex, []string{codexStart, limits(`{"used_percent":100,"resets_in_seconds":90}`, "null"), codexEnd}, "2026-12-30T21:01:00Z"},
		{"quotaLimits", agent.Claude, []string{claude(`"quotaLimits":{"status":"rejected","resetsAt":1798668123},`, "You've hit your 5-hour limit · resets 10:02pm (UTC)")}, "2026-12-30T22:02:03Z"},
		{"only text", agent.Claude, []string{claude("", "You've hit your 5-hour limit · resets 10:02pm (UTC)")}, "2026-12-30T22:02:00Z"},
	} {
		r, err := NewReader(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, l := range c.lines {
			r.Line([]byte(l), func(e agent.Event) {
				if e.Type == agent.TurnFailed {
					got = e.Failure.Resets.UTC().Format(time.RFC3339)
				}
			})
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
