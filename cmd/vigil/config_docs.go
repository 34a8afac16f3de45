package main

import (
	"fmt"
	"strings"

	"vigil/agent"
	"vigil/agent/grind"
)

// commentedConfig is the file that `vigil config --init` writes: every key,
// commented out, with what it does and its default.
func commentedConfig() string {
	var b strings.Builder
	b.WriteString("# The configuration of vigil. Every key is optional; `vigil config` shows the result.\n" +
		"# Changes are picked up while vigil runs.\n\n")
	def := defaultValues()
	table := ""
	for _, k := range keys() {
		head, last, dotted := strings.Cut(k.name, ".")
		if !dotted {
			head, last = "", k.name
		}
		if head != table {
			fmt.Fprintf(&b, "\n[%s]\n", head)
			table = head
		}
		value := k.example
		if value == "" {
			value = literal(def[k.name])
		}
		fmt.Fprintf(&b, "# %s\n# %s = %s\n", k.doc, last, value)
	}
	b.WriteString("\n# Texts of the nudges, as Go templates: plain, question, stalled, error, limit, empty, exited, context, plan, change, handover;\n# plain-2, plain-3, ... are further wordings.\n# [messages]\n")
	b.WriteString("\n[keys]\n# Your own keys, by action: one, or a list. docs/keys.md lists the actions.\n# zoom = [\"z\", \"f11\"]\n")
	for _, s := range sections() {
		fmt.Fprintf(&b, "\n# %s\n# [[%s]]\n", s.doc, s.name)
		for _, k := range s.keys {
			if !strings.Contains(k.name, ".") { // those are as above
				fmt.Fprintf(&b, "# %s = %s\n", k.name, k.example)
			}
		}
	}
	return b.String()
}

// configDocs is docs/configuration.md.
func configDocs() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\n" +
		"vigil reads `$XDG_CONFIG_HOME/vigil/config.toml` (by default `~/.config/vigil/config.toml`; `VIGIL_CONFIG` names\n" +
		"another file). Every key is optional. An unknown key or a wrong type is an error that names the line and the\n" +
		"column. Flags (`--set key=value`) beat environment variables, which beat the file, which beats the defaults.\n" +
		"Changes of the file are picked up while vigil runs.\n\n" +
		"`vigil config` prints the result and where each value comes from; `vigil config --init` writes a commented\n" +
		"file. This page is made from the same table: `go test ./cmd/vigil -run Docs -update`.\n\n" +
		"| key | variable | value | default | what it does |\n|---|---|---|---|---|\n")
	def := defaultValues()
	for _, k := range keys() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | `%s` | %s |\n", k.name, k.env(), k.kind.short(), literal(def[k.name]), k.doc)
	}
	b.WriteString("\nIn a variable, a list is separated by commas; `VIGIL_TMUX` is a list of socket paths separated by colons.\n")
	for _, s := range sections() {
		fmt.Fprintf(&b, "\n## `[[%s]]`\n\n%s\n\n| key | value | what it does |\n|---|---|---|\n", s.name, s.doc)
		for _, k := range s.keys {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.name, k.kind.short(), k.doc)
		}
	}
	b.WriteString("\n## `[keys]`\n\nYour own keys, by action: one, or a list; an empty list leaves an action to the palette and the mouse. [keys.md](keys.md) lists\n" +
		"the actions. An unknown action, and a key that does two things in one place, are errors that name both. They are read at the start.\n\n" +
		"```toml\n[keys]\nzoom = \"f11\"\nnudge-now = [\"n\", \"ctrl+n\"]\n```\n")
	b.WriteString("\n## `[messages]`\n\nTexts of the nudges, as Go templates, in place of the built-in ones: `plain`, `question`, `stalled`, `error`,\n" +
		"`limit`, `empty`, `exited` and `context` (after a compaction), by why the agent stopped; while nudges have no effect,\n" +
		"`plan`, then `change`; and `handover`, to a fresh session. `plain-2` to `plain-9` are further wordings of `plain`, and so on: words that had no effect are not used\n" +
		"again in the same session, and those that worked for an agent come first. Your wordings of a name stand in place of\n" +
		"all built-in ones of that name. A template can use `.Count`, `.Wasted`, `.Goal`, `.Open` (the plan's open items),\n" +
		"`.Best`, `.Record`, `.Tried` (families of runs, and what the notes call closed), `.Died`, `.Overdue`, `.GPUs` (those\n" +
		"that are free, in words), `.Conditions`, `.Notes` (files to read first) and `.Line` (the judge's). Texts from files arrive in quotation marks. At most\n" +
		"three lines and 500 bytes are sent; `vigil nudge AGENT --preview` shows the message.\n")
	return b.String()
}

// defaultValues are the defaults by key.
func defaultValues() map[string]any {
	c := Config{Theme: defaultTheme, Mouse: true, Policy: agent.DefaultPolicy(), Goal: defaultGoal(), Judge: defaultJudge(), Grinding: grind.Defaults(), Notices: defaultNotices()}
	flat, err := flatten(c.settings())
	if err != nil {
		return nil // the docs test would show it: every default would be empty
	}
	return flat
}
