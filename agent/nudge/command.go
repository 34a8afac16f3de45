package nudge

import (
	"regexp"

	"vigil/agent"
)

// Commands are the commands by which a CLI itself helps an agent whose context
// is full. They are constants, or the words of the person's configuration, and
// never text from outside: what begins with a slash makes a CLI act.
type Commands struct {
	Compact string // makes the context smaller; empty: the CLI has none
	Fresh   string // begins a new session in place of this one
}

// CommandsOf returns the commands of the CLIs that vigil knows.
func CommandsOf(k agent.Kind) Commands {
	cli, _ := agent.CLIOf(k)
	return Commands{cli.Compact, cli.Fresh}
}

var command = regexp.MustCompile(`^/[a-z][a-z-]{0,30}$`)

// IsCommand reports whether a text is one word that a CLI can take for a
// command of its own, and nothing more.
func IsCommand(text string) bool { return command.MatchString(text) }
