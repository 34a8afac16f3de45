package agent

import "regexp"

// geminiCLI is Gemini CLI. Its flags and subcommands are those of --help of
// 0.61.
var geminiCLI = CLI{
	Kind: Gemini, Program: "gemini", Packages: []string{"/@google/gemini-cli"},
	Values: []string{
		"--admin-policy", "--allowed-mcp-server-names", "--allowed-tools", "--approval-mode", "--delete-session", "-e", "--extensions",
		"-i", "--include-directories", "-m", "--model", "-o", "--output-format", "--policy", "--prompt-interactive", "-r", "--resume",
		"--session-file", "--session-id", "-w", "--worktree",
	},
	Headless: []string{
		"-p", "--prompt", "--acp", "--experimental-acp", "-l", "--list-extensions", "--list-sessions", "--delete-session", "-v", "--version", "-h", "--help",
	},
	Helpers: []string{"mcp", "extensions", "extension", "skills", "skill", "hooks", "hook", "gemma"},

	HomeVar: "GEMINI_CLI_HOME", HomePath: ".gemini", HomeDir: ".gemini", Sessions: SessionFiles, LateCalls: true,
	Resume:  []string{"gemini", "--resume", "{session}", "-p", "{text}"},
	Compact: "/compress", Fresh: "/clear",
	Looks: []Look{geminiLook},
}

// geminiLook is as captured from 0.61. Its title tells what it does whatever the
// screen shows; a person can switch that off.
var geminiLook = Look{
	Frame:       RulesFrame,
	Prompt:      regexp.MustCompile(`^ ?[>*!](?:\s|$)`),
	Special:     regexp.MustCompile(`^ ?!`),
	Placeholder: regexp.MustCompile(`^Type your message or @path/to/file$`),
	Busy:        regexp.MustCompile(`\(esc to cancel, \d|^ *! Shell awaiting input`),
	BusyTitle:   regexp.MustCompile(`^[✦⏲]\x{fe0e}? |` + Spinner),
	IdleTitle:   regexp.MustCompile(`^◇\x{fe0e}? `),
	AskTitle:    regexp.MustCompile(`^✋`),
	Dialogs: []DialogLook{
		{LimitDialog, regexp.MustCompile(`^[│ ]*(?:Usage limit reached for |●?\x{fe0e}? *\d+\. Keep trying)`)},
		{PermissionDialog, regexp.MustCompile(`^[│ ]*(?:Allow execution of|Apply this change\?|Do you want to proceed\?|[●○ ]*\d\. Allow (?:once|for this session))`)},
		{QuestionDialog, regexp.MustCompile(`^[│ ]*(?:Answer Questions|Enter to select · )`)},
		{OtherDialog, regexp.MustCompile(`^[│ ]*●︎? *\d+\. |^[│ ]*\(?(?:Use )?(?:Press )?(?:Enter|Esc) to (?:select|confirm|close|cancel)`)},
	},
}
