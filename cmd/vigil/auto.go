package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/supervise"
)

func newAuto(e env, given *overrides) *cobra.Command {
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:   "auto",
		Short: "Watch without a screen and get stopped agents going again",
		Long: "Finds the agents that run in tmux, says why a turn ended, and sends the message that gets a\n" +
			"stopped agent going, by the policy. Prints one line an event; stops cleanly on SIGTERM or ctrl+c.\n\n" +
			"--dry-run sends nothing and records what it would have sent.\n" +
			"--json prints one object an event: at (RFC 3339), event (agent, turn, ending, nudge, record,\n" +
			"file, idle or problem), agent, kind, session, state, ending, confidence, evidence, status (of\n" +
			"a nudge: planned, sent, received, effective, wasted, dropped or held), key (of a nudge) and text.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return printEvents(cmd.Context(), e, *given, watchOptions{auto: true, dryRun: dryRun, stands: true}, asJSON)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "send nothing; record what would have been sent")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object an event")
	return cmd
}

// printEvents watches without a screen until it is told to stop, and prints a
// line an event.
func printEvents(ctx context.Context, e env, given overrides, o watchOptions, asJSON bool) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	out := &reporter{w: e.Stdout, json: asJSON}
	o.report = out.report
	w, err := openWatch(ctx, e, given, o)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // stopped before it had begun
	case err != nil:
		return err
	}
	err = w.run(ctx)
	if e := w.close(); err == nil {
		err = e
	}
	return err
}

// reporter prints reports, one line each.
type reporter struct {
	mu   sync.Mutex
	w    io.Writer
	json bool
}

func (r *reporter) report(rep supervise.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.json {
		// An error to write to a closed pipe has nowhere to go.
		_ = json.NewEncoder(r.w).Encode(rep)
		return
	}
	fmt.Fprintln(r.w, line(rep))
}

// line is a report for people.
func line(r supervise.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %-8s", r.At.Local().Format("15:04:05"), r.Event)
	if r.Agent != "" {
		fmt.Fprintf(&b, "  %-16s", r.Agent)
	}
	switch {
	case r.Event == "ending":
		fmt.Fprintf(&b, "  %s (%.2f)", r.Ending, r.Confidence)
		if r.Text != "" {
			fmt.Fprintf(&b, "  %q", agent.CleanLine(r.Text, 100))
		} else if len(r.Evidence) > 0 {
			b.WriteString("  " + r.Evidence[0])
		}
	case r.Event == "nudge" && r.Status != agent.Planned && r.Status != supervise.Held:
		fmt.Fprintf(&b, "  %s", r.Status) // its text has been told
	case r.Event == "nudge":
		fmt.Fprintf(&b, "  %s  %s", r.Status, agent.CleanLine(r.Text, 120))
	default:
		b.WriteString("  " + agent.CleanLine(r.Text, 160))
	}
	return b.String()
}
