package nudge

import (
	"context"
	"fmt"
	"strings"

	"vigil/agent"
)

// Placeholder stands for the message in a resume command.
const Placeholder = "{text}"

// Runner runs a command in a folder on the agent's host until it ends and
// returns what it printed. The arguments reach the program as they are.
type Runner interface {
	Run(ctx context.Context, dir string, argv ...string) (output []byte, err error)
}

// Resume sends the text by the CLI's own headless resume: argv with the text
// in place of the placeholder, or behind it. It returns when the command ends,
// which is a whole turn later; until then the transcript tells how it fares.
func Resume(ctx context.Context, r Runner, dir string, argv []string, text string) (Result, error) {
	if len(argv) == 0 {
		return Result{agent.Planned, "no resume command"}, nil
	}
	out, err := r.Run(ctx, dir, withText(argv, text)...)
	if err != nil {
		last := agent.CleanLine(lastLine(string(out)), maxField)
		return Result{agent.Sent, "the resume command failed: " + last}, fmt.Errorf("resume with %s: %w: %s", argv[0], err, last)
	}
	return Result{agent.Sent, ""}, nil
}

// withText puts the text into a command.
func withText(argv []string, text string) []string {
	out := make([]string, 0, len(argv)+1)
	found := false
	for _, a := range argv {
		if a == Placeholder {
			a, found = text, true
		}
		out = append(out, a)
	}
	if !found {
		out = append(out, text)
	}
	return out
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
