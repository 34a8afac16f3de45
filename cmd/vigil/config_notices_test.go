package main

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/notice"
)

func TestConfigNotices(t *testing.T) {
	home := func(s string) string { return strings.Replace(s, "~", "/home/r", 1) }
	c, err := resolve([]layer{file("[notices]\non = [\"permission\", \"idle compute\"]\nquiet = \"23:00-07:00\"\nafter = \"1m\"\nbell = false\n" +
		"desktop = \"osc99\"\nwebhook = \"https://u:p@example.org/secret?x=y\"\nntfy = \"https://ntfy.sh/t\"\ntoken_file = \"~/token\"\nreport = \"08:00\"\n")}, home)
	if err != nil {
		t.Fatal(err)
	}
	want := NoticesConfig{
		Rules: notice.Rules{
			Kinds: []notice.Kind{notice.Permission, notice.IdleCompute}, Quiet: []agent.DaySpan{{From: 23 * time.Hour, To: 7 * time.Hour}},
			After: time.Minute, Broken: 10 * time.Minute,
		},
		Desktop: "osc99", Webhook: "https://u:p@example.org/secret?x=y", Ntfy: "https://ntfy.sh/t", Token: "/home/r/token",
		Report: dayTime{true, 8 * time.Hour},
	}
	if !reflect.DeepEqual(c.Notices, want) {
		t.Errorf("%+v", c.Notices)
	}
	values, err := c.values()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if s := literal(v.Value); strings.Contains(s, "secret") || strings.Contains(s, "u:p") {
			t.Errorf("%s shows a secret: %s", v.Key, s)
		}
		if v.Key == "notices.webhook" && v.Value != "https://example.org/..." {
			t.Errorf("the webhook is shown as %v", v.Value)
		}
	}
	for text, part := range map[string]string{
		"[notices]\non = [\"permision\"]":       `c.toml:2: "permision" is no kind of notice: choose from permission, question`,
		"[notices]\ndesktop = \"growl\"":        "choose from auto, osc9",
		"[notices]\nwebhook = \"example.org\"":  "write it like",
		"[notices]\nntfy = \"ftp://ntfy.sh/t\"": "write it like",
		"[notices]\nntfy = \"https://ntfy.sh\"": "names no topic",
		"[notices]\nbel = true":                 "did you mean notices.bell?",
		"[notices]\nreport = \"8 am\"":          "is no time of the day: write",
		"[notices]\nafter = 3":                  "notices.after",
	} {
		if _, err := resolve([]layer{file(text)}, home); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, want %q", text, err, part)
		}
	}
}
