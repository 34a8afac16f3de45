package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vigil/agent"
	"vigil/agent/nudge"
	"vigil/remote/runlog"
)

// key describes one key of the configuration. The table made by keys is the
// one source of the reference (docs/configuration.md), of the commented file
// of `vigil config --init`, and of the names of the environment variables.
type key struct {
	name    string // dotted; in the tables of arrays, after "agent.", "kind." or "host."
	kind    valueKind
	example string // a TOML literal for the commented file; empty: the default
	doc     string // one sentence or two
}

// valueKind says what a value looks like, in words that fit an error message.
type valueKind string

const (
	aString   valueKind = `write a string, "..."`
	aBool     valueKind = `write true or false`
	aCount    valueKind = `write a whole number, 0 or more`
	aNumber   valueKind = `write a number`
	aDuration valueKind = `write a duration, like "90s", "2m" or "1h30m"`
	durations valueKind = `write a list of durations, like ["1s", "2m"]`
	aQuiet    valueKind = `write "never" or spans of the day, like "23:00-07:00"`
	aDayTime  valueKind = `write "never" or a time of the day, like "08:00"`
	aRestart  valueKind = `write "never", "on-failure" or "always"`
	aDate     valueKind = `write "never", "2026-11-30 08:00" or an RFC 3339 date`
	stringsK  valueKind = `write a list of strings, ["...", "..."]`
	aPattern  valueKind = `write a regular expression, '...'`
	aGrindAct valueKind = `write "tell" or "nudge"`
	patterns  valueKind = `write a list of regular expressions, ['...', '...']`
)

// short is the kind as the reference's column shows it.
func (k valueKind) short() string {
	switch k {
	case aString:
		return "string"
	case aBool:
		return "true or false"
	case aCount:
		return "whole number"
	case aNumber:
		return "number"
	case aDuration:
		return "duration"
	case durations:
		return "list of durations"
	case aQuiet:
		return "spans of the day"
	case aDate:
		return "date"
	case aDayTime:
		return "time of the day"
	case aRestart:
		return "never, on-failure or always"
	case stringsK:
		return "list of strings"
	case aPattern:
		return "regular expression"
	case aGrindAct:
		return "tell or nudge"
	case patterns:
		return "list of regular expressions"
	}
	return string(k)
}

const defaultTheme = "auto"

// defaultGoal is the speedrun that vigil was made for.
func defaultGoal() agent.GoalLine {
	return agent.GoalLine{Metric: "val_loss", Target: 3.28, Minimize: "step", Record: 2990}
}

// keys lists the keys that hold for all agents, in the order of the file.
func keys() []key {
	return append([]key{
		{"theme", aString, "", "Colours: auto (dark, light or ansi16, by what the terminal is like), a theme that `vigil theme` lists, or the path of a theme's file."},
		{"mouse", aBool, "", "The screen takes clicks and the wheel. With shift held most terminals select text all the same; if false, they always do."},
	}, append(append(append(policyTable("policy."), goalTable("goal.")...), []key{
		{"tmux.sockets", stringsK, `["/tmp/tmux-1000/default"]`, "Look at these tmux servers only. Empty: at every server of the user."},
		{"logs.paths", stringsK, `["logs/**/*.txt"]`, "Globs of the training logs below each workspace, instead of the usual ones."},
		{"logs.lines", patterns, `['^it (?P<step>\d+) .*loss=(?P<train_loss>[\d.]+)']`, "Further lines that tell points: regular expressions with a group step and a group for each metric."},
		{"judge.base_url", aString, `"http://127.0.0.1:8000/v1"`, "Ask a model here (OpenAI's chat completions) about endings of which the rules are not sure. Its key comes from VIGIL_JUDGE_KEY."},
		{"judge.model", aString, `"..."`, "The model to ask. It reads the end of the agent's final message and its last tool calls."},
		{"judge.below", aNumber, "", "It is asked where the rules are less sure than this, 0 to 1."},
		{"judge.tokens_per_day", aCount, "", "It is asked no more once so many tokens went there in 24 hours."},
		{"judge.usd_per_day", aNumber, "", "It is asked no more once so many US dollars went there in 24 hours; 0 is no bound. Needs the prices."},
		{"judge.usd_per_million_input", aNumber, "", "What a million tokens of questions cost, in US dollars."},
		{"judge.usd_per_million_output", aNumber, "", "What a million tokens of answers cost, in US dollars."},
		{"judge.messages", aBool, "", "Have it write one line of a nudge after nudges without effect. The line is checked, shown before it is sent, and quoted."},
	}...), append(grindingTable(), noticesTable()...)...)...)
}

func policyTable(p string) []key {
	return []key{
		{p + "auto", aBool, "", "Whether agents are nudged at all in auto-resume mode."},
		{p + "delay", aDuration, "", "How long to wait after an ending before the first nudge."},
		{p + "backoff", durations, "", "Wait after 0, 1, 2, ... wasted nudges in a row; the last one repeats."},
		{p + "max_per_hour", aCount, "", "At most so many nudges an hour to one agent."},
		{p + "max_wasted", aCount, "", "After so many nudges in a row without effect, tell a person instead."},
		{p + "quiet", aQuiet, `"23:00-07:00"`, "Hours of local time in which nothing is sent."},
		{p + "until", aDate, `"2026-11-30 08:00"`, "No nudges after this moment."},
		{p + "question", aBool, "", `Answer an agent's question with "decide yourself"; if false, tell a person.`},
		{p + "compact", aBool, "", "Compact a full context by the CLI's own command, then nudge; if false, tell a person."},
		{p + "hand_over", aBool, "", "Where compacting did not help, or all rungs of the message ladder were wasted, begin a fresh session in the same pane and hand the work over; what was said in the old one alone is lost to it."},
		{p + "restart", aRestart, "", "Start an agent again whose process is gone, in its pane, by its resume command: never, on-failure (not if a person ended it) or always. true means on-failure."},
		{p + "max_restarts", aCount, "", "After so many restarts within restart_within, tell a person instead."},
		{p + "restart_within", aDuration, "", "The time within which restarts are counted."},
		{p + "typed", aDuration, "", "Leave a pane alone in which a person typed this recently."},
		{p + "native", aBool, "", "Nudge through the CLI's own server where it has one (Codex), instead of typing into its pane."},
		{p + "grinding", aGrindAct, "", "What is done about an agent that grinds: tell (a person) or nudge (told to change direction at its next end)."},
	}
}

func goalTable(p string) []key {
	return []key{
		{p + "metric", aString, "", "The metric that the work is measured by."},
		{p + "target", aNumber, "", "The value that it must fall to."},
		{p + "minimize", aString, "", "What is to be small once the target is met."},
		{p + "record", aNumber, "", "The best known result, to be beaten."},
	}
}

// section is an array of tables.
type section struct {
	name, doc string
	keys      []key
}

// sections lists the arrays of tables and the free-form table of messages.
func sections() []section {
	return []section{
		{"agent", "A name for an agent, and what holds for it alone. It is matched by workspace, and by command where that is given.", append(append([]key{
			{"name", aString, `"opus-v3"`, "The name to show. Needed."},
			{"host", aString, `"local"`, "Where it runs: local, or a [[host]]."},
			{"workspace", aString, `"~/v3/claude-code"`, "The folder it works in."},
			{"kind", aString, `"claude"`, "claude, codex, gemini, qwen, opencode, or a [[kind]]."},
			{"command", aPattern, `'claude .*--continue'`, "Matches the command line of its process."},
			{"prompt", patterns, `['^> ']`, "Match the start of the line of its pane in which it takes input, up to where the text begins."},
			{"resume", stringsK, `["claude", "-p", "--resume", "{session}", "{text}"]`, "Its headless resume command; {session} and {text} are replaced. Nothing goes through a shell."},
		}, policyTable("policy.")...), goalTable("goal.")...)},
		{"kind", "A CLI that vigil does not know by itself.", []key{
			{"name", aString, `"aider"`, "The name of the kind. Needed."},
			{"command", aPattern, `'(^|/)aider( |$)'`, "Matches the command line of its process. Needed."},
			{"prompt", patterns, `['^> ']`, "Match the start of the line of the pane in which it takes input, up to where the text begins."},
			{"resume", stringsK, `["aider", "--message", "{text}"]`, "Its headless resume command."},
			{"restart", stringsK, `["aider", "--restore-chat-history"]`, "Starts it again in its pane; {session} is replaced. Its shell runs it, each argument quoted."},
			{"compact", aString, `"/compact"`, "Its own command that makes a full context smaller."},
			{"fresh", aString, `"/new"`, "Its own command that begins a new session."},
		}},
		{"host", "A machine reached by SSH: its agents, jobs, GPUs and training logs are watched like those of this one.", []key{
			{"name", aString, `"head"`, "As in ssh_config; local for this machine. Needed."},
			{"slurm", aBool, `true`, "It has a Slurm scheduler. On this machine that is found by itself."},
			{"gpus", aBool, `true`, "Watch the GPUs of its jobs' nodes, by nvidia-smi."},
			{"agents", aBool, `true`, "Look for agents there. This machine's are always looked for."},
			{"logs", stringsK, `["~/runs/*.log"]`, "Globs of training logs beside those of agents and jobs."},
			{"ssh_config", aString, `"~/cluster/ssh_config"`, "Read this instead of the user's own ssh_config."},
			{"transport", aString, `"auto"`, "auto, native (vigil's own SSH) or ssh (the ssh program, with its ControlMaster)."},
		}},
	}
}

// env is the environment variable that sets the key.
func (k key) env() string {
	if k.name == "tmux.sockets" {
		return "VIGIL_TMUX"
	}
	return "VIGIL_" + strings.ToUpper(strings.ReplaceAll(k.name, ".", "_"))
}

// layer makes a document of one value given as text, by the environment or a
// flag. Lists are separated by commas, paths by colons as in PATH.
func (k key) layer(name, value string) layer {
	literal := value
	switch k.kind {
	case aString, aDuration, aQuiet, aDate, aRestart, aGrindAct:
		literal = quote(value)
	case patterns: // one: a comma may be part of it
		literal = "[" + quote(value) + "]"
	case durations, stringsK:
		sep := ","
		if k.name == "tmux.sockets" {
			sep = ":"
		}
		var items []string
		for _, s := range strings.Split(value, sep) {
			if s = strings.TrimSpace(s); s != "" {
				items = append(items, quote(s))
			}
		}
		literal = "[" + strings.Join(items, ", ") + "]"
	case aBool, aCount, aNumber:
		if strings.ContainsAny(value, "\n#\"'") { // no more than one value
			literal = quote(value)
		}
	}
	return layer{name, []byte(k.name + " = " + literal + "\n")}
}

// quote writes a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// keyNamed finds a key that holds for all agents.
func keyNamed(name string) (key, bool) {
	for _, k := range keys() {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

// nearestKey returns the known key most like name, or "" if none is close.
func nearestKey(name string) string {
	best, dist := "", 3 // typing errors of up to two letters
	for _, k := range keys() {
		if d := distance(name, k.name); d < dist {
			best, dist = k.name, d
		}
	}
	for _, s := range sections() {
		for _, k := range s.keys {
			if d := distance(name, s.name+"."+k.name); d < dist {
				best, dist = s.name+"."+k.name, d
			}
		}
	}
	return best
}

// distance is the edit distance of two short names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}

// check refuses what no type can: names that are missing, doubled or unknown.
func check(c Config) error {
	at := func(format string, args ...any) string {
		if o := c.Origins[fmt.Sprintf(format, args...)]; o != "" {
			return o
		}
		return "configuration"
	}
	hosts := map[string]bool{local: true}
	for i, h := range c.Hosts {
		if h.Name == "" {
			return fmt.Errorf("%s: host %d has no name: add name = \"...\" as in ssh_config", at("host[%d].slurm", i), i+1)
		}
		switch h.Transport {
		case "auto", "native", "ssh":
		default:
			return fmt.Errorf("%s: unknown transport %q: choose auto, native or ssh", at("host[%d].transport", i), h.Transport)
		}
		if hosts[h.Name] && h.Name != local || slices.ContainsFunc(c.Hosts[:i], func(o HostConfig) bool { return o.Name == h.Name }) {
			return fmt.Errorf("%s: two hosts are called %s: leave one out", at("host[%d].name", i), h.Name)
		}
		hosts[h.Name] = true
	}
	for _, line := range c.Logs.Lines {
		if _, err := runlog.ParsePattern(line); err != nil {
			return fmt.Errorf("%s: %w", at("logs.lines"), err)
		}
	}
	if (c.Judge.BaseURL == "") != (c.Judge.Model == "") {
		return fmt.Errorf("%s: [judge] needs both base_url and model: add the other", cmp.Or(c.Origins["judge.base_url"], at("judge.model")))
	}
	if b := c.Judge.Below; !(b >= 0 && b <= 1) {
		return fmt.Errorf("%s: %v is no confidence: write a number from 0 to 1", at("judge.below"), b)
	}
	if err := checkPrices(c.Judge, at); err != nil {
		return err
	}
	if name, do := checkGrinding(c.Grinding); do != "" {
		return fmt.Errorf("%s: %s", at("grinding.%s", name), do)
	}
	if name, do := checkNotices(c.Notices); do != "" {
		return fmt.Errorf("%s: %s", at("notices.%s", name), do)
	}
	kinds := map[agent.Kind]bool{"": true}
	for _, known := range agent.CLIs() {
		kinds[known.Kind] = true
	}
	for i, k := range c.Kinds {
		if k.Name == "" || k.Command == nil {
			return fmt.Errorf("%s: kind %d needs a name and a command: add them", at("kind[%d].name", i), i+1)
		}
		for _, own := range [][2]string{{"compact", k.Compact}, {"fresh", k.Fresh}} {
			if own[1] != "" && !nudge.IsCommand(own[1]) {
				return fmt.Errorf("%s: %q is no command of a CLI: write one word like \"/compact\"", at("kind[%d]."+own[0], i), own[1])
			}
		}
		kinds[k.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(c.Messages)) {
		if _, err := nudge.NewTemplates(map[string]string{name: c.Messages[name]}); err != nil {
			return fmt.Errorf("%s: %w", at("messages.%s", name), err)
		}
	}
	if err := checkBindings(c, at); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, a := range c.Agents {
		where := at("agent[%d].name", i)
		switch {
		case a.Name == "":
			return fmt.Errorf("%s: agent %d has no name: add name = \"...\"", at("agent[%d].workspace", i), i+1)
		case seen[a.Name]:
			return fmt.Errorf("%s: two agents are called %s: rename one", where, a.Name)
		case !hosts[a.Host]:
			return fmt.Errorf("%s: host %s is not configured: add [[host]] name = %q", at("agent[%d].host", i), a.Host, a.Host)
		case !kinds[a.Kind]:
			return fmt.Errorf("%s: kind %s is not known: use claude, codex, gemini, qwen or opencode, or add [[kind]] name = %q", at("agent[%d].kind", i), a.Kind, a.Kind)
		}
		seen[a.Name] = true
	}
	return nil
}

// checkPrices refuses a budget in money that nothing could be counted against.
func checkPrices(j JudgeConfig, at func(string, ...any) string) error {
	for i, v := range []float64{j.USDPerDay, j.USDInput, j.USDOutput} {
		if !(v >= 0 && v <= 1e6) { // NaN too
			name := [...]string{"usd_per_day", "usd_per_million_input", "usd_per_million_output"}[i]
			return fmt.Errorf("%s: %v is no amount of money: write a number from 0 to a million", at("judge.%s", name), v)
		}
	}
	if j.USDPerDay > 0 && (j.USDInput == 0 || j.USDOutput == 0) {
		return fmt.Errorf("%s: a budget in money needs prices: set usd_per_million_input and usd_per_million_output in [judge] too", at("judge.usd_per_day"))
	}
	return nil
}
