package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vigil/cmd/vigil/internal/simcluster"
)

// exitStatus is how a tool of the demo ended. It has said why itself.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// newDemoTool plays Slurm's programs and nvidia-smi on the demo's head node. It
// is hidden, since it is of no use by itself.
func newDemoTool(e env, _ *overrides) *cobra.Command {
	return &cobra.Command{
		Use: "demo-tool FOLDER PROGRAM [ARGUMENT...]", Short: "Play a program of the demo's head node", Hidden: true,
		DisableFlagParsing: true, // the flags are the program's
		Args:               usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			code := simcluster.Tool(cmd.Context(), args[1], simcluster.Call{
				Dir: args[0], Args: args[2:], Stdin: e.Stdin, Stdout: e.Stdout, Stderr: e.Stderr, Getenv: e.Getenv, Environ: e.Environ,
			})
			if code != 0 {
				return exitStatus(code)
			}
			return nil
		},
	}
}
