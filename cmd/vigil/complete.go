package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// completeAgent completes the name of an agent, the first argument, by what a
// vigil that watches has written down: a shell's user does not wait for a look at
// every agent.
func completeAgent(e env) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		state, err := e.stateDir()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		st, _, err := standings(cmd.Context(), filepath.Join(state, "journal.db"), e.Now())
		if err != nil || st == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp // nobody watches
		}
		var out []cobra.Completion
		for _, name := range st.Agents {
			if strings.HasPrefix(name, begun) {
				out = append(out, name)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}
