package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/nudge"
	"vigil/agent/supervise"
)

func newNudge(e env, given *overrides) *cobra.Command {
	var preview, asJSON bool
	cmd := &cobra.Command{
		Use:   "nudge AGENT [TEXT]",
		Short: "Send a nudge now, and say how it fared",
		Long: "Sends TEXT, or the message that auto-resume would send, to one agent: once, and only if its\n" +
			"input line is free. AGENT is a name of `vigil status`. Exits with 1 if it was not received.\n\n" +
			"--preview sends nothing and prints that message, with its rung of the ladder, its wording, its\n" +
			"channel, and when it is due or why it is held. Exits with 1 if there is nothing that could be sent.\n\n" +
			"--json, with --preview, prints one object: agent, state, ending, text, rung (1 plain, 2 with the plan,\n" +
			"3 change direction, 4 to a fresh session; negative for a command of its CLI), wording (the template), written_by (judge where it wrote a line,\n" +
			"else template), channel, due (null while held), held (empty if it is not) and auto (who holds\n" +
			"auto-resume; empty if nobody).",
		Example: "vigil nudge opus-v3\nvigil nudge opus-v3 \"Look at the last run's curve first.\"\nvigil nudge opus-v3 --preview",
		Args:    usageArgs(cobra.RangeArgs(1, 2)),

		ValidArgsFunction: completeAgent(e),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case preview && len(args) > 1:
				return usagef("--preview shows vigil's own message: leave the text out")
			case preview:
				return runPreview(cmd.Context(), e, *given, args[0], asJSON)
			case asJSON:
				return usagef("--json goes with --preview only")
			}
			text := strings.Join(args[1:], "")
			if text != "" {
				if err := nudge.Check(text); err != nil {
					return usagef("the text cannot be sent: %w", err)
				}
			}
			return runNudge(cmd.Context(), e, *given, args[0], text)
		},
	}
	cmd.Flags().BoolVar(&preview, "preview", false, "print what would be sent, and send nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object (with --preview)")
	return cmd
}

// nudgeWithin bounds the wait for the transcript to show the nudge.
const nudgeWithin = 30 * time.Second

func runNudge(ctx context.Context, e env, given overrides, name, text string) error {
	reports := make(chan supervise.Report, 256)
	w, err := openWatch(ctx, e, given, watchOptions{report: func(r supervise.Report) {
		select {
		case reports <- r:
		default: // nobody reads before the nudge has been asked for
		}
	}})
	if err != nil {
		return err
	}
	defer w.close()
	rctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.run(rctx) }() // ends with rctx
	err = w.nudgeOne(ctx, e, name, text, reports)
	stop()
	if e := <-done; err == nil {
		err = e
	}
	return err
}

func (w *watching) nudgeOne(ctx context.Context, e env, name, text string, reports <-chan supervise.Report) error {
	v, err := agentNamed(w.settled(ctx), name)
	if err != nil {
		return err
	}
	id := v.ID
	for len(reports) > 0 { // what was there before
		<-reports
	}
	w.Send(agent.Intent{Type: agent.NudgeNow, Agent: id, Text: text})
	end := time.NewTimer(nudgeWithin)
	defer end.Stop()
	last := agent.NudgeStatus("")
	for {
		select {
		case r := <-reports:
			if r.Event != "nudge" || r.Agent != name {
				continue
			}
			fmt.Fprintf(e.Stdout, "%s: %s\n", r.Status, agent.CleanLine(r.Text, 200))
			switch last = r.Status; r.Status {
			case agent.Received, agent.Effective:
				return nil
			case supervise.Held, agent.Dropped:
				return fmt.Errorf("%s was not nudged: %s", name, r.Text)
			}
		case <-end.C:
			if last == agent.Sent {
				return fmt.Errorf("%s: sent, but its transcript does not show it after %s: look at its pane", name, nudgeWithin)
			}
			return fmt.Errorf("%s: nothing was sent within %s: see the log in %s", name, nudgeWithin, w.config.State)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// agentNamed finds an agent by the name that people call it by.
func agentNamed(snap *agent.Snapshot, name string) (agent.View, error) {
	var names []string
	for _, v := range snap.Agents {
		if v.Name == name {
			return v, nil
		}
		names = append(names, v.Name)
	}
	known := "no agent was found"
	if len(names) > 0 {
		known = "there are " + strings.Join(names, ", ")
	}
	return agent.View{}, usagef("no agent %q: %s", name, known)
}
