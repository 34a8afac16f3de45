package tmux

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"vigil/agent"
)

// Errors of a Visitor.
var (
	// ErrOutside says that the person's terminal is no client of the tmux server
	// that would be needed.
	ErrOutside = errors.New("vigil runs outside that tmux server")
	// ErrNoPopup says that the person's tmux is too old to have popups.
	ErrNoPopup = errors.New("this tmux has no popups: they need tmux 3.2 or newer")
	// ErrControlled says that the person's client draws tmux's windows itself
	// (tmux -CC), and no popup: tmux would wait for ever.
	ErrControlled = errors.New("this terminal draws tmux's windows itself (tmux -CC) and shows no popups")
)

// Visitor takes a person to panes, by the terminal that they sit at: one runs
// vigil in a pane of a tmux server, or in none. Its commands are a person's
// own, so they are no [Server]'s, which disturbs nobody.
type Visitor struct {
	Own  string // socket of the server that the person is in; empty outside tmux
	Tmux string // name or path of the program; empty means "tmux"
}

// Switch switches the person's client to a pane of the server they are in. Of
// another one it is ErrOutside.
func (v Visitor) Switch(ctx context.Context, p agent.Pane) error {
	if v.Own == "" || v.Own != p.Socket {
		return ErrOutside
	}
	for _, command := range []string{"switch-client", "select-window", "select-pane"} {
		if err := v.run(ctx, command, "-t", p.ID); err != nil {
			return fmt.Errorf("go to %s: %w", p.Target, err)
		}
	}
	return nil
}

// Popup runs a command in a popup over the person's client, and returns when
// the popup is closed. The popup closes by itself if the command ends well.
func (v Visitor) Popup(ctx context.Context, argv []string) error {
	if v.Own == "" {
		return ErrOutside
	}
	if mode, _ := v.command(ctx, "display-message", "-p", "#{client_control_mode}").Output(); strings.TrimSpace(string(mode)) == "1" {
		return ErrControlled
	}
	args := []string{"display-popup", "-E", "-E", "-w", "90%", "-h", "90%"}
	for _, a := range argv {
		if rest, ok := strings.CutSuffix(a, ";"); ok { // it would end the command
			a = rest + `\;`
		}
		args = append(args, a)
	}
	return v.run(ctx, args...)
}

func (v Visitor) command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, cmp.Or(v.Tmux, "tmux"), append([]string{"-S", v.Own}, args...)...)
}

func (v Visitor) run(ctx context.Context, args ...string) error {
	out, err := v.command(ctx, args...).CombinedOutput()
	said := agent.CleanLine(strings.TrimSpace(string(out)), 120)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case strings.Contains(said, "unknown command"):
		return ErrNoPopup
	case said != "":
		return errors.New(said)
	case errors.As(err, &exit) && args[0] == "display-popup":
		return nil // the person closed what ran in it, and saw why it ended
	}
	return err
}

// Look is the command that shows a pane of the server on this machine, live,
// to one who wants no more than a look: a client with a session of its own over
// the same windows, which ends with it. Neither the size of the windows nor
// which of them others see changes. It needs tmux 3.2 or newer.
func (v Visitor) Look(p agent.Pane) []string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	own := fmt.Sprintf("vigil-look-%x", b)
	// The window by its number, since its id alone could mean it in another session.
	window, _, _ := strings.Cut(p.Target[strings.LastIndex(p.Target, ":")+1:], ".")
	return []string{
		"env", "TMUX=", cmp.Or(v.Tmux, "tmux"), "-u", "-S", p.Socket,
		"new-session", "-f", "ignore-size", "-s", own, "-t", p.ID, ";",
		"set-option", "destroy-unattached", "on", ";",
		"set-option", "status", "on", ";",
		"set-option", "status-left-length", "60", ";",
		"set-option", "status-left", " #{prefix} d: back to vigil  ", ";",
		"set-option", "status-right", "", ";",
		"select-window", "-t", "=" + own + ":" + window, ";",
		"select-pane", "-t", p.ID,
	}
}

// Typed is a command as a person would type it in a shell: quoted where it must
// be.
func Typed(argv []string) string {
	words := make([]string, len(argv))
	for i, a := range argv {
		if words[i] = a; a == "" || strings.ContainsFunc(a, func(r rune) bool { return !strings.ContainsRune(bareRunes, r) }) {
			words[i] = shellQuote(a)
		}
	}
	return strings.Join(words, " ")
}

// bareRunes need no quotes in any shell, wherever they stand in a word.
const bareRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:@_"

// Attach is the command by which a person's terminal comes to a pane.
func Attach(p agent.Pane) []string {
	return []string{"tmux", "-S", p.Socket, "attach", "-t", p.ID}
}
