package tmux

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Shells are the interactive shells whose input line vigil knows: what kills
// it, and how they read a quoted argument.
var Shells = []string{"bash", "zsh", "fish", "dash", "sh", "ksh", "ksh93", "mksh", "tcsh", "csh"}

// ErrQuote is returned for an argument that a shell would read as another.
var ErrQuote = errors.New("its command line cannot be quoted for this shell")

// ShellLine is the line by which a shell, given by its name, runs the command:
// each argument quoted, so that it means itself. Fish reads a backslash within
// quotes, and the C shells an exclamation mark; such an argument is refused.
func ShellLine(shell string, argv []string) (string, error) {
	special := ""
	switch path.Base(shell) {
	case "fish":
		special = `\`
	case "tcsh", "csh":
		special = `!\`
	}
	words := make([]string, len(argv))
	for i, a := range argv {
		if !pasteable(a) && a != "" || strings.ContainsAny(a, "\n\t"+special) {
			return "", fmt.Errorf("%w: %s", ErrQuote, path.Base(shell))
		}
		words[i] = shellQuote(a)
	}
	return strings.Join(words, " "), nil
}

// Line types one line of text into the pane as keys, with no bracket around it:
// a shell that knows none must get it as well. The conditions are those of
// Paste, and no character but a printable one is taken.
func (s *Server) Line(ctx context.Context, paneID, text string) error {
	if !pasteable(text) || strings.ContainsAny(text, "\n\t") {
		return fmt.Errorf("type into pane %s: %w", paneID, ErrText)
	}
	return s.put(ctx, paneID, text, "-r -d")
}

// killLine goes to the end of a shell's input line and kills it up to its
// start: readline, zsh, fish, the C and Korn shells do, and a terminal without
// an editor kills the whole line.
const killLine = "send-keys -t %s -H 05 15"

// KillLine empties the input line of a pane's shell, under the conditions of
// Paste.
func (s *Server) KillLine(ctx context.Context, paneID string) error {
	if err := checkPane(paneID); err != nil {
		return err
	}
	c, err := s.current()
	if err != nil {
		return err
	}
	if err := s.typeInto(ctx, c, paneID, "", fmt.Sprintf(killLine, paneID), ""); err != nil {
		return fmt.Errorf("clear the input line of pane %s: %w", paneID, err)
	}
	return nil
}

// EndedWell reports whether the process of a dead pane ended with exit code 0.
func (s *Server) EndedWell(ctx context.Context, paneID string) (bool, error) {
	if err := checkPane(paneID); err != nil {
		return false, err
	}
	b, c, err := s.ask(ctx, "look at pane "+paneID, "display-message -p -t "+paneID+` "SEP#{pane_dead}SEP#{pane_dead_status}SEP"`)
	if err != nil {
		return false, err
	}
	f := fields(b[0], c.nonce, 2)
	return len(f) == 1 && f[0][0] == "1" && f[0][1] == "0", nil
}

// Respawn starts a command in a dead pane, in a folder and with no shell
// between. tmux itself refuses it for a pane whose process lives.
func (s *Server) Respawn(ctx context.Context, paneID, dir string, argv []string) error {
	if err := checkPane(paneID); err != nil {
		return err
	}
	if len(argv) < 2 || slices.ContainsFunc(argv, func(a string) bool { return a != "" && !pasteable(a) }) { // one alone would go through a shell
		return fmt.Errorf("start a command in pane %s: %w", paneID, ErrText)
	}
	line := "respawn-pane -t " + paneID
	if dir != "" && pasteable(dir) {
		line += " -c " + quote(dir)
	}
	for _, a := range argv {
		line += " " + quote(a)
	}
	_, _, err := s.ask(ctx, "start a command in pane "+paneID, line)
	return err
}

// BeforeCursor returns what a pane shows before its cursor: the rows above, and
// the cursor's own up to it; nil if the cursor is not known.
func (c Capture) BeforeCursor() []string {
	rows, _ := grid(c.Text)
	if !c.Cursor || c.Y >= len(rows) {
		return nil
	}
	out := make([]string, 0, c.Y+1)
	for _, r := range rows[:c.Y] {
		out = append(out, r.text)
	}
	return append(out, ansi.Truncate(rows[c.Y].text, c.X, ""))
}

// Idle is a shell that has a pane for itself and waits for a command.
type Idle struct {
	Process
	Shell string // its name
}

// IdleShell returns the shell that a pane's keys go to, or why there is none:
// the foreground must be one known shell, with nothing running under it.
func (t Table) IdleShell(panePID int) (Idle, string) {
	group, below := t.Foreground(panePID)
	if len(group) != 1 {
		return Idle{}, "its pane's foreground is not one shell"
	}
	p, ok := t.Details(group[0].PID)
	name := p.Comm
	if ok && len(p.Args) > 0 {
		name = strings.TrimPrefix(path.Base(p.Args[0]), "-")
	}
	switch {
	case !ok || !slices.Contains(Shells, name) || !slices.Contains(Shells, strings.TrimPrefix(p.Comm, "-")):
		return Idle{}, "its pane's foreground is no shell"
	case len(p.Args) > 1 && !onlyFlags(p.Args[1:]):
		return Idle{}, "its pane's shell runs a script"
	case len(below) > 0 || len(t.Tree(p.PID)) > 0:
		return Idle{}, "its pane's shell runs something"
	}
	return Idle{p, name}, ""
}

// onlyFlags reports whether a shell's arguments are flags: a word would
// be a script, and -c a command.
func onlyFlags(args []string) bool {
	for i, a := range args {
		switch {
		case a == "--rcfile" || a == "--init-file" || a == "-o" || a == "-C" || a == "--init-command":
			return onlyFlags(args[min(i+2, len(args)):])
		case !strings.HasPrefix(a, "-"), strings.HasPrefix(a, "-c"), a == "--command":
			return false
		}
	}
	return true
}
