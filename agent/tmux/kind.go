package tmux

import (
	"path"
	"slices"
	"strings"

	"vigil/agent"
)

// program is a CLI as its processes show it.
type program agent.CLI

// interpreters run a CLI's script.
var interpreters = []string{"node", "nodejs", "bun", "deno"}

// KindOf tells which agent CLI a process (with its Args) is: one with a screen
// and a session that a person could type into, be it the native program or the
// script that wraps it.
func KindOf(p Process) (agent.Kind, bool) {
	for _, c := range agent.CLIs() {
		g := program(c)
		if args, ok := g.args(p); ok && g.interactive(args) {
			return g.Kind, true
		}
	}
	return "", false
}

// args returns the arguments after the program's name, if the process is that
// program.
func (g program) args(p Process) ([]string, bool) {
	if len(p.Args) == 0 {
		return nil, false // a kernel thread, or a process that hides its arguments
	}
	// A program that sets its title overwrites its arguments by one text.
	args := p.Args
	if len(args) == 1 && strings.HasPrefix(args[0], g.Program+" ") {
		args = strings.Fields(args[0])
	}
	if path.Base(args[0]) == g.Program || g.packaged(args[0]) {
		return args[1:], true
	}
	if !slices.Contains(interpreters, path.Base(args[0])) {
		return nil, false
	}
	// The script is the interpreter's first argument that is no flag of its own.
	for i, a := range args[1:] {
		if strings.HasPrefix(a, "-") {
			continue
		}
		script := strings.TrimSuffix(strings.TrimSuffix(path.Base(a), ".js"), ".mjs")
		if script == g.Program || g.packaged(a) {
			return args[i+2:], true
		}
		return nil, false
	}
	return nil, false
}

// packaged reports whether a path lies in a folder of the CLI's package (or of
// its native part, whose name only begins so) and can start it.
func (g program) packaged(p string) bool {
	for _, folder := range g.Packages {
		_, rest, ok := strings.Cut(p, folder)
		if !ok {
			continue
		}
		base := strings.TrimSuffix(strings.TrimSuffix(path.Base(rest), ".js"), ".mjs")
		if base == "cli" || base == g.Program {
			return true
		}
	}
	return false
}

// interactive reports whether the arguments are those of a session with a
// screen.
func (g program) interactive(args []string) bool {
	first := true
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			return true // what follows is a prompt
		}
		if strings.HasPrefix(a, "-") {
			if g.isHeadless(a) {
				return false
			}
			if slices.Contains(g.Values, a) {
				i++
			}
			continue
		}
		if first && slices.Contains(g.Helpers, a) {
			return false
		}
		first = false
	}
	return true
}

func (g program) isHeadless(a string) bool {
	if slices.Contains(g.Headless, a) {
		return true
	}
	letters := a[1:]
	if g.Short == "" || strings.Trim(letters, g.Short) != "" {
		return false
	}
	return slices.ContainsFunc(g.Headless, func(h string) bool { return len(h) == 2 && strings.Contains(letters, h[1:]) })
}
