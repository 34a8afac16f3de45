// Command vigil supervises autonomous AI research agents from a terminal.
// Start with run in root.go: it parses the command line and hands an env to
// one of the subcommands, which live one a file.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"vigil/agent/hook"
)

func main() {
	if hook.Run(os.Args[1:], os.Stdin, os.Stdout, os.Exit) { // a CLI waits for it
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	home, _ := os.UserHomeDir() // empty is handled where a folder is needed
	exe, _ := os.Executable()
	seat, _, _ := strings.Cut(os.Getenv("TMUX"), ",")
	err := run(ctx, env{
		Args: os.Args[1:], Getenv: os.Getenv, Environ: os.Environ(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: term.IsTerminal(os.Stdin.Fd()) && term.IsTerminal(os.Stdout.Fd()),
		Seat:     seat, Home: home, Exe: exe, Now: time.Now,
	})
	stop()
	os.Exit(exitCode(err))
}
