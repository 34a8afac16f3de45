package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/spf13/cobra"

	"vigil/cmd/vigil/internal/simagent"
)

// newSimAgent is the child process of the demo: a simulated agent. It is
// hidden, since it is of no use by itself.
func newSimAgent(e env, _ *overrides) *cobra.Command {
	cmd := &cobra.Command{
		Use: "simagent", Short: "Play a simulated agent (used by the demo)", Hidden: true,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return usagef("vigil simagent: run or resume?") },
	}
	var path, leash string
	cmd.PersistentFlags().StringVar(&path, "agent", "", "file of the simulated agent")
	run := &cobra.Command{
		Use: "run", Short: "Play it as an interactive CLI", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := simagent.Load(path)
			if err != nil {
				return err
			}
			ctx, stop := context.WithCancel(cmd.Context())
			defer stop()
			if leash != "" {
				c, err := (&net.Dialer{}).DialContext(ctx, "unix", leash)
				if err != nil {
					return fmt.Errorf("simulated agent: the demo is gone: %w", err)
				}
				defer c.Close() // which ends the goroutine, if the demo did not
				go func() {
					_, _ = io.Copy(io.Discard, c)
					stop()
				}()
			}
			in, _ := e.Stdin.(*os.File)
			return a.Run(ctx, in, e.Stdout, e.Getenv("TMUX_PANE"))
		},
	}
	run.Flags().StringVar(&leash, "leash", "", "socket of the demo, with which the agent ends")
	resume := &cobra.Command{
		Use: "resume TEXT", Short: "Play one prompt to the end of its turn", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := simagent.Load(path)
			if err != nil {
				return err
			}
			return a.Resume(cmd.Context(), args[0])
		},
	}
	cmd.AddCommand(run, resume)
	return cmd
}
