package agent

import "regexp"

// qwenCLI is Qwen Code. Its flags and subcommands are those of --help of 0.24.
var qwenCLI = CLI{
	Kind: Qwen, Program: "qwen", Packages: []string{"/@qwen-code/qwen-code"},
	Values: []string{
		"--add-dir", "--allowed-mcp-server-names", "--allowed-tools", "--append-system-prompt", "--approval-mode", "--auth-type", "--channel",
		"--core-tools", "--disabled-slash-commands", "-e", "--exclude-tools", "--extensions", "--fallback-model", "-i", "--include-directories",
		"--input-file", "--input-format", "--json-fd", "--json-file", "--json-schema", "-m", "--max-session-turns", "--max-subagent-depth",
		"--max-tool-calls", "--max-wall-time", "--mcp-config", "--model", "-o", "--openai-api-key", "--openai-base-url", "--openai-logging-dir",
		"--output-format", "--output-style", "--prompt-interactive", "--proxy", "-r", "--resume", "--sandbox-image", "--session-id",
		"--system-prompt", "--worktree",
	},
	Headless: []string{"-p", "--prompt", "--acp", "-l", "--list-extensions", "-v", "--version", "-h", "--help"},
	Helpers: []string{
		"auth", "board", "channel", "extensions", "hooks", "mcp", "review", "sandbox", "serve", "sessions", "update",
	},

	HomeVar: "QWEN_HOME", HomeDir: ".qwen", Sessions: SessionFiles, Retries: true,
	Resume:  []string{"qwen", "--resume", "{session}", "-p", "{text}"},
	Compact: "/compress", Fresh: "/clear",
	Looks: []Look{qwenLook},
}

// qwenLook is as captured from 0.24. A variation selector may follow the sign in
// its title.
var qwenLook = Look{
	Frame:       RulesFrame,
	Prompt:      regexp.MustCompile(`^ ?[>*!](?:\s|$)`),
	Special:     regexp.MustCompile(`^ ?!`),
	Placeholder: regexp.MustCompile(`^Type your message or @path/to/file$`),
	Busy:        regexp.MustCompile(`\(\d.*\besc to cancel\)`),
	BusyTitle:   regexp.MustCompile(`^[◐◓◑◒]\x{fe0e}? |` + Spinner),
	AskTitle:    regexp.MustCompile(`^✳\x{fe0e}? `),
	IdleTitle:   regexp.MustCompile(`^Qwen - `),
	Dialogs: []DialogLook{
		{PermissionDialog, regexp.MustCompile(`^ *(?:Allow execution of|Apply this change\?|[›❯ ]*\d\. Yes, allow once)`)},
		{QuestionDialog, regexp.MustCompile(`^ *↑/↓: Navigate \| Enter: Select`)},
		{OtherDialog, regexp.MustCompile(`^ *[›❯●] \d+\. |^ *\S+ Waiting for user confirmation`)},
	},
}
