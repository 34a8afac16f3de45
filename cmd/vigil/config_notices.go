package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"vigil/agent/notice"
)

// NoticesConfig is the [notices] table.
type NoticesConfig struct {
	Rules   notice.Rules
	Bell    bool
	Desktop string // "auto", "osc9", "osc777", "osc99" or "off"
	Webhook string // empty: none, as for Ntfy
	Ntfy    string
	Token   string // file with the token of Ntfy; empty: from the environment
	Report  dayTime
}

// desktops are the ways to have a terminal tell the desktop something.
var desktops = []string{"auto", "osc9", "osc777", "osc99", "off"}

// defaultNotices is what holds where the configuration says nothing.
func defaultNotices() NoticesConfig {
	return NoticesConfig{
		Rules: notice.Rules{Kinds: notice.Kinds(), After: 10 * time.Second, Broken: 10 * time.Minute},
		Bell:  true, Desktop: "auto",
	}
}

type noticesKeys struct {
	On      *[]string `toml:"on,omitempty"`
	Quiet   *quiet    `toml:"quiet,omitempty"`
	After   *duration `toml:"after,omitempty"`
	Broken  *duration `toml:"broken_after,omitempty"`
	Bell    *bool     `toml:"bell,omitempty"`
	Desktop *string   `toml:"desktop,omitempty"`
	Webhook *string   `toml:"webhook,omitempty"`
	Ntfy    *string   `toml:"ntfy,omitempty"`
	Token   *string   `toml:"token_file,omitempty"`
	Report  *dayTime  `toml:"report,omitempty"`
}

// over returns n with the keys that are set.
func (k noticesKeys) over(n NoticesConfig, expand func(string) string) NoticesConfig {
	if k.On != nil {
		n.Rules.Kinds = []notice.Kind{}
		for _, s := range *k.On {
			n.Rules.Kinds = append(n.Rules.Kinds, notice.Kind(s))
		}
	}
	if k.Quiet != nil {
		n.Rules.Quiet = *k.Quiet
	}
	put(&n.Rules.After, (*time.Duration)(k.After))
	put(&n.Rules.Broken, (*time.Duration)(k.Broken))
	put(&n.Bell, k.Bell)
	put(&n.Desktop, k.Desktop)
	put(&n.Webhook, k.Webhook)
	put(&n.Ntfy, k.Ntfy)
	if k.Token != nil && *k.Token != "" {
		n.Token = expand(*k.Token)
	}
	put(&n.Report, k.Report)
	return n
}

// noticesKeysOf is the reverse of over, for people to see: an address is shown
// without what may be a secret in it.
func noticesKeysOf(n NoticesConfig) noticesKeys {
	kinds := []string{}
	for _, k := range n.Rules.Kinds {
		kinds = append(kinds, string(k))
	}
	q, after, broken := quiet(n.Rules.Quiet), duration(n.Rules.After), duration(n.Rules.Broken)
	webhook, ntfy := veiled(n.Webhook), veiled(n.Ntfy)
	return noticesKeys{&kinds, &q, &after, &broken, &n.Bell, &n.Desktop, &webhook, &ntfy, &n.Token, &n.Report}
}

// veiled is an address without its user, path and query: whoever knows those of
// a webhook may post to it.
func veiled(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/..."
}

func noticesTable() []key {
	return []key{
		{"notices.on", stringsK, "", "What a person is told of who does not look: permission (a prompt waits), question (left to a person), stuck (nudges had no effect, or cannot help), exited (and not started again), grinding, idle compute, broken (a source fails for long), goal (the target was reached) and record (it was beaten). Each event is told once, also after a restart."},
		{"notices.quiet", aQuiet, `"23:00-07:00"`, "Hours of local time in which nobody is told; what still holds at their end is told then."},
		{"notices.after", aDuration, "", "A prompt or question must have waited for so long: somebody may be there."},
		{"notices.broken_after", aDuration, "", "A source must have failed for so long."},
		{"notices.bell", aBool, "", "Ring the terminal's bell, while the screen is open."},
		{"notices.desktop", aString, "", "Have the terminal show a notice on the desktop, while the screen is open: auto (as the terminal is known to do it), osc9, osc777, osc99 or off. In tmux it needs allow-passthrough."},
		{"notices.webhook", aString, `"https://example.org/hook"`, "Post notices here as JSON, in auto-resume mode: key, kind, at, agent, host, workspace, title, text and good."},
		{"notices.ntfy", aString, `"https://ntfy.sh/my-topic"`, "Post notices to this topic of an ntfy server, in auto-resume mode."},
		{"notices.token_file", aString, `"~/.config/vigil/ntfy-token"`, "File of mode 0600 with the ntfy server's access token. Without it, VIGIL_NOTICES_TOKEN, if it is set."},
		{"notices.report", aDayTime, `"08:00"`, "Send the report of the 24 hours before, each day at this local time, to the webhook (kind report, its text in Markdown) and the ntfy topic."},
	}
}

// checkNotices returns the key that makes no sense, and what to write.
func checkNotices(n NoticesConfig) (name, do string) {
	for _, k := range n.Rules.Kinds {
		if !slices.Contains(notice.Kinds(), k) {
			return "on", fmt.Sprintf("%q is no kind of notice: choose from %s", k, kindsInWords())
		}
	}
	if !slices.Contains(desktops, n.Desktop) {
		return "desktop", fmt.Sprintf("%q is no way to the desktop: choose from %s", n.Desktop, strings.Join(desktops, ", "))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"after", n.Rules.After}, {"broken_after", n.Rules.Broken}} {
		if d.value > 0 && d.value < time.Second { // a bare number counts nanoseconds
			return d.name, fmt.Sprintf(`notices.%s is %v: write it like "10s", or "0s"`, d.name, d.value)
		}
	}
	for _, a := range []struct{ name, address string }{{"webhook", n.Webhook}, {"ntfy", n.Ntfy}} {
		u, err := url.Parse(a.address)
		if a.address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return a.name, "notices." + a.name + ` is no address: write it like "https://example.org/..."`
		}
	}
	if u, err := url.Parse(n.Ntfy); n.Ntfy != "" && err == nil && strings.Trim(u.Path, "/") == "" {
		return "ntfy", `notices.ntfy names no topic: write it like "https://ntfy.sh/my-topic"`
	}
	return "", ""
}

func kindsInWords() string {
	var out []string
	for _, k := range notice.Kinds() {
		out = append(out, string(k))
	}
	return strings.Join(out, ", ")
}
