package agent

import "regexp"

// claudeCLI is Claude Code. Its flags and subcommands are those of --help of 1.0
// to 2.1. An unknown subcommand would be taken for a prompt; then the screen
// still decides whether anything is typed.
var claudeCLI = CLI{
	Kind: Claude, Program: "claude", Packages: []string{"/@anthropic-ai/claude-code"},
	Values: []string{
		"--add-dir", "--agent", "--agents", "--allowedTools", "--allowed-tools", "--append-system-prompt",
		"--append-system-prompt-file", "--autocompact", "--betas", "--debug-file", "--disallowedTools", "--disallowed-tools", "--effort",
		"--environment", "--fallback-model", "--file", "--input-format", "--json-schema", "--max-budget-usd", "--max-turns",
		"--mcp-config", "--model", "--name", "-n", "--output-format", "--permission-mode", "--permission-prompt-tool",
		"--permission-prompts", "--plugin-dir", "--plugin-url", "--remote-control-session-name-prefix", "--session-id", "--setting-sources", "--settings", "--system-prompt", "--system-prompt-file",
		"--system-prompt-snapshot", "--tools",
	},
	Headless: []string{"-p", "--print", "-v", "--version", "-h", "--help", "--bg", "--background"},
	Short:    "cdhprvw",
	Helpers: []string{
		"agents", "api-key", "auth", "auto-mode", "config", "daemon", "doctor", "gateway", "import", "install", "kill", "logs", "mcp",
		"migrate-installer", "plugin", "plugins", "project", "purge", "remote-control", "respawn", "rm", "setup-token", "stop", "ultrareview",
		"update", "upgrade",
	},

	HomeVar: "CLAUDE_CONFIG_DIR", HomeDir: ".claude", Sessions: SessionFiles,
	Resume:  []string{"claude", "-p", "--resume", "{session}"},
	Compact: "/compact", Fresh: "/clear",
	Looks: []Look{claudeLook, claudeBoxLook},
}

// claudeLook is as captured from 2.1.197 and 2.1.330.
var claudeLook = Look{
	Frame: RulesFrame,
	// A no-break space follows the prompt in 2.1; "!" is the shell mode.
	Prompt:  regexp.MustCompile(`^[❯>!#](?:[ \x{a0}]|$)`),
	Special: regexp.MustCompile(`^[!#](?:[ \x{a0}]|$)`),
	Menu:    regexp.MustCompile(`^ {1,4}(?:❯ )?(?:/[\w:.-]+(?: {2,}\S|$)|[+*] \S+)`),
	Busy:    regexp.MustCompile(`(?:^ {0,4}(?:⏵⏵|⏸|\?|[a-z]).*|^[^\p{L}\p{N}\s] .*\(.*)\besc to interrupt\b`),
	// The title does not tell in every version.
	BusyTitle: regexp.MustCompile(Spinner),
	Dialogs: []DialogLook{
		{LimitDialog, regexp.MustCompile(`^\s*(?:❯ )?\d\. Stop and wait for limit to reset`)},
		{PermissionDialog, regexp.MustCompile(`^\s*(?:Do you want to (?:proceed|make|create|overwrite|allow|run|use|fetch|edit|delete)|Would you like to proceed)\b.*\?|^ *Esc to cancel · Tab to amend`)},
		{QuestionDialog, regexp.MustCompile(`^Enter to select · .*Esc to cancel|^ *Ready to submit your answers\?`)},
		{OtherDialog, regexp.MustCompile(`^ *(?:Enter to (?:confirm|select|continue)|Press Enter to continue|Esc to (?:cancel|close|exit|go back|dismiss))\b|^ *❯ \d\. |^ *(?:Do you trust the files|Is this a project you)`)},
	},
}

// claudeBoxLook is that of Claude Code 1.0.
var claudeBoxLook = Look{
	Frame:     BoxFrame,
	Prompt:    regexp.MustCompile(`^ *│ [>!#](?: |$)`),
	Special:   regexp.MustCompile(`^ *│ [!#](?: |$)`),
	Menu:      claudeLook.Menu,
	Busy:      claudeLook.Busy,
	BusyTitle: claudeLook.BusyTitle,
}
