package agent

import "regexp"

// codexCLI is Codex. Its flags and subcommands are those of --help of 0.42 to
// 0.169.
var codexCLI = CLI{
	Kind: Codex, Program: "codex", Packages: []string{"/@openai/codex"},
	Values: []string{
		"-a", "--ask-for-approval", "--add-dir", "-c", "--config", "-C", "--cd", "--disable", "--enable", "-i", "--image",
		"--local-provider", "-m", "--model", "-p", "--profile", "--remote", "--remote-auth-token-env", "-s", "--sandbox",
	},
	Headless: []string{"-V", "--version", "-h", "--help"},
	Helpers: []string{
		"a", "agents", "app", "app-server", "apply", "archive", "cloud", "completion", "debug", "delete", "doctor", "e", "exec",
		"exec-server", "execpolicy", "features", "generate-ts", "help", "login", "logout", "mcp", "mcp-server", "migrate-nfs-db",
		"migrate-rollouts", "plugin", "proto",
		"queue", "remote-control", "responses-api-proxy", "review", "sandbox", "stdio-to-uds", "unarchive", "update",
	},

	HomeVar: "CODEX_HOME", HomeDir: ".codex", Sessions: SessionFiles,
	Resume:  []string{"codex", "exec", "resume", "{session}"},
	Compact: "/compact", Fresh: "/clear", // not /new, which asks in what worktree (0.171)
	Looks: []Look{codexLook},
}

// codexLook is as captured from 0.169. What the patterns are keyed on is what
// older versions share with it where that is known.
var codexLook = Look{
	Frame:  FooterFrame,
	Prompt: regexp.MustCompile(`^[›!](?: |$)`),
	// An exclamation mark is the shell mode.
	Special: regexp.MustCompile(`^!(?: |$)`),
	// Without the model and the folder the input line is drawn but not live yet.
	Footer:    regexp.MustCompile(`^  \S.* · [~/]|^  .*\bcontext left\b`),
	Menu:      regexp.MustCompile(`^[› ] /[\w:-]+ {2,}\S|\benter(?:/tab)? insert\b`),
	Busy:      regexp.MustCompile(`^[•◦] .*\besc to interrupt\b`),
	BusyTitle: regexp.MustCompile(Spinner),
	AskTitle:  regexp.MustCompile(`^\[ [!.] \]`),
	Dialogs: []DialogLook{
		{PermissionDialog, regexp.MustCompile(`^ *Would you like to (?:run|make|grant|allow|send|use)\b.*\?|^[› ] *\d\. Yes, proceed`)},
		{QuestionDialog, regexp.MustCompile(`^ *Question \d+/\d+ \(|\benter to submit (?:answer|all)\b`)},
		{OtherDialog, regexp.MustCompile(`^› \d+\. |^ *(?:press )?enter(?: to)? (?:select|confirm|continue)\b|^› /\w*$|\besc(?: to)? (?:back|skip|cancel|close|go back|dismiss)\b`)},
	},
}
