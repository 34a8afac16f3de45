package tmux

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil/agent"
)

// ErrAgain is what the errors of Again wrap.
var ErrAgain = errors.New("it cannot be started again by vigil")

// resumes is how a CLI's command line becomes one that goes on with a session.
type resumes struct {
	kind agent.Kind
	// many are flags that take all that follows up to the next flag; maybe those
	// whose value may be left out.
	many, maybe []string
	// begins are the flags that choose a session or
	// begin it with something; each goes with its value, if it has one.
	begins []string
	// bars are flags with which the CLI does something else than go on.
	bars []string
	with func(session string) (before, after []string)
}

// The flags are those of each CLI's own --help, as in the table of CLIs.
var again = []resumes{
	{
		kind:   agent.Claude,
		many:   []string{"--add-dir", "--allowedTools", "--allowed-tools", "--betas", "--disallowedTools", "--disallowed-tools", "--file", "--mcp-config", "--tools"},
		maybe:  []string{"-d", "--debug", "--from-pr", "--prompt-suggestions", "--remote-control", "--resume", "-r"},
		begins: []string{"--continue", "-c", "--resume", "-r", "--fork-session", "--from-pr", "--session-id"},
		bars:   []string{"--cloud", "--desktop", "--environment", "--remote", "--teleport", "--tmux", "--worktree", "-w", "--no-session-persistence"},
		with:   func(id string) (before, after []string) { return nil, []string{"--resume", id} },
	},
	{
		kind:   agent.Codex,
		many:   []string{"-i", "--image"},
		begins: []string{"-i", "--image", "--last", "--all", "--include-non-interactive"},
		bars:   []string{"--worktree"},
		with:   func(id string) (before, after []string) { return []string{"resume", id}, nil },
	},
	{
		kind:   agent.Gemini,
		begins: []string{"--resume", "-r", "--prompt-interactive", "-i", "--session-id", "--session-file"},
		bars:   []string{"--worktree", "-w"},
		with:   func(id string) (before, after []string) { return nil, []string{"--resume", id} },
	},
	{
		kind:   agent.Qwen,
		begins: []string{"--resume", "-r", "--continue", "-c", "--prompt-interactive", "-i", "--session-id"},
		bars:   []string{"--worktree"},
		with:   func(id string) (before, after []string) { return nil, []string{"--resume", id} },
	},
	{
		kind:   agent.OpenCode,
		begins: []string{"--session", "-s", "--continue", "-c", "--prompt", "--fork"},
		with:   func(id string) (before, after []string) { return nil, []string{"--session", id} },
	},
}

// Again returns the command line by which a process's CLI is started again with
// the session: its own program and flags, without the prompt and the session
// that it was begun with.
func Again(p Process, session string) ([]string, error) {
	for _, c := range agent.CLIs() {
		g := program(c)
		rest, ok := g.args(p)
		i := slices.IndexFunc(again, func(r resumes) bool { return r.kind == g.Kind })
		if !ok || i < 0 {
			continue
		}
		if len(p.Args) == 1 && len(rest) > 0 {
			return nil, fmt.Errorf("%w: its command line was overwritten by %q", ErrAgain, agent.CleanLine(p.Args[0], 60))
		}
		if session == "" {
			return nil, fmt.Errorf("%w: it has no session yet", ErrAgain)
		}
		r := again[i]
		flags, err := r.flags(g, rest)
		if err != nil {
			return nil, err
		}
		before, after := r.with(session)
		return slices.Concat(p.Args[:len(p.Args)-len(rest)], before, flags, after), nil
	}
	return nil, fmt.Errorf("%w: no resume command is known for it; [[kind]] restart gives one", ErrAgain)
}

// flags returns the arguments that hold for any session.
func (r resumes) flags(g program, args []string) ([]string, error) {
	var keep []string
	for i := 0; i < len(args); {
		a := args[i]
		if a == "--" {
			break // the prompt
		}
		name, _, inline := strings.Cut(a, "=")
		if slices.Contains(r.bars, name) {
			return nil, fmt.Errorf("%w: it was started with %s", ErrAgain, agent.CleanLine(name, 40))
		}
		n := 1
		switch {
		case !strings.HasPrefix(a, "-"), inline:
		case slices.Contains(r.many, a):
			for i+n < len(args) && !strings.HasPrefix(args[i+n], "-") {
				n++
			}
		case slices.Contains(r.maybe, a):
			if i+n < len(args) && !strings.HasPrefix(args[i+n], "-") {
				n++
			}
		case slices.Contains(g.Values, a) && i+n < len(args):
			n++
		}
		if strings.HasPrefix(a, "-") && !slices.Contains(r.begins, name) {
			keep = append(keep, args[i:i+n]...)
		}
		i += n
	}
	return keep, nil
}
