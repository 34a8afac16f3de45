package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"vigil/agent"
)

// usageError is a command line that makes no sense: exit code 2.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// usagef makes a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitCode turns the result of run into what the shell sees: 0 all well,
// 1 failed, 2 wrong usage.
func exitCode(err error) int {
	var usage usageError
	var status exitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &usage):
		return 2
	}
	return 1
}

// run is the whole program. An error has been printed, on one line, when it is
// returned.
func run(ctx context.Context, e env) error {
	root := newRoot(e)
	return fang.Execute(ctx, root,
		fang.WithErrorHandler(func(_ io.Writer, _ fang.Styles, err error) {
			if _, said := errors.AsType[exitStatus](err); !said {
				printError(e.Stderr, err)
			}
		}),
	)
}

// printError writes an error as one line, whatever it holds.
func printError(w io.Writer, err error) {
	const most = 1000 // bytes; a path and a cause fit
	fmt.Fprintln(w, "vigil: "+agent.CleanLine(err.Error(), most))
}

// newRoot builds the command tree. The tree is built anew for each run, so
// that no state outlives one.
func newRoot(e env) *cobra.Command {
	var given overrides
	var auto, plain bool
	root := &cobra.Command{
		Use:   "vigil",
		Short: "Supervise autonomous AI research agents",
		Long: "vigil finds the coding agents that run in tmux, shows what they do, says why one\n" +
			"stopped the moment it does, and gets it going again.",
		Example: "vigil demo\nvigil auto --dry-run",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := "vigil --help lists the commands"
			if s := c.SuggestionsFor(args[0]); len(s) > 0 {
				hint = "did you mean " + strings.Join(s, " or ") + "?"
			}
			return usagef("unknown command %q: %s", args[0], hint)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if plain {
				return printEvents(cmd.Context(), e, given, watchOptions{auto: auto, stands: true}, false)
			}
			if !e.Terminal {
				return usagef("no terminal on stdin and stdout, so there is no screen to show: " +
					"use `vigil status`, `vigil auto` or `vigil --plain`, or start vigil in a terminal")
			}
			return openScreen(cmd.Context(), e, given, auto)
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetArgs(e.Args)
	root.SetIn(e.Stdin)
	root.SetOut(e.Stdout)
	root.SetErr(e.Stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w: %s --help tells the flags", err, c.CommandPath())
	})
	given.bind(root.PersistentFlags())
	root.Flags().BoolVar(&auto, "auto", false, "begin with auto-resume on (`a` switches it)")
	root.Flags().BoolVar(&plain, "plain", false, "print a line an event in place of the screen, as for a screen reader; nothing is sent without --auto")
	for _, build := range commands() {
		root.AddCommand(build(e, &given))
	}
	return root
}

// commands lists the subcommands, each in a file of its own name. A builder
// gets the flags that beat the configuration by reference, since they are
// parsed after the tree is built.
func commands() []func(env, *overrides) *cobra.Command {
	return []func(env, *overrides) *cobra.Command{
		newAuto, newClassify, newConfig, newCurves, newDemo, newDemoTool, newDoctor, newEval, newExplain, newHook, newJobs, newNudge, newReplay, newReport, newSimAgent, newStatus, newTheme,
	}
}

// usageArgs makes the complaint of an argument check a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usagef("%s: %w: %s --help tells what it takes", c.CommandPath(), err, c.CommandPath())
		}
		return nil
	}
}
