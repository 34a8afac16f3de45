package agent

import "regexp"

// opencodeCLI is opencode. Its flags and subcommands are those of --help of
// 1.18.
var opencodeCLI = CLI{
	Kind: OpenCode, Program: "opencode", Packages: []string{"/opencode-ai", "/opencode-linux-", "/opencode-darwin-"},
	Values: []string{
		"--agent", "--cors", "--hostname", "--log-level", "-m", "--mdns-domain", "--model", "--port", "--prompt", "--replay-limit",
		"-s", "--session",
	},
	Headless: []string{"-h", "--help", "-v", "--version"},
	Helpers: []string{
		"acp", "agent", "auth", "completion", "db", "debug", "export", "github", "import", "mcp", "models", "plug", "plugin", "pr",
		"providers", "run", "serve", "session", "stats", "uninstall", "upgrade", "web",
	},

	HomeVar: "XDG_DATA_HOME", HomePath: "opencode", HomeDir: ".local/share/opencode", Sessions: SessionsInBase,
	Resume:  []string{"opencode", "run", "--session", "{session}", "{text}"},
	Compact: "/compact", Fresh: "/new",
	Looks: []Look{opencodeLook},
}

// opencodeLook is as captured from 1.18. Its title names the session and tells
// nothing of its state.
var opencodeLook = Look{
	Frame:     BarFrame,
	Prompt:    regexp.MustCompile(`^\s*┃`),
	Pasted:    regexp.MustCompile(`^\[Pasted ~\d+ lines?\]$`), // of more than 150 characters
	Footer:    regexp.MustCompile(`\bctrl\+p commands\b|\[retrying `),
	Busy:      regexp.MustCompile(`^ *[⬝■▣◼]+ .*\besc\b|\besc interrupt\b|\[retrying `),
	BusyTitle: regexp.MustCompile(Spinner),
	Dialogs: []DialogLook{
		{PermissionDialog, regexp.MustCompile(`^ *┃ *△ Permission required|^ *┃ *Allow once +Allow always +Reject`)},
		{QuestionDialog, regexp.MustCompile(`^ *┃ .*\benter submit\b.*\besc dismiss\b`)},
		{OtherDialog, regexp.MustCompile(`\besc (?:dismiss|cancel|close)\b`)},
	},
}
