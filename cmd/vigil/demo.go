package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/supervise"
)

// demoLimit is the longest that the headless demo may take at speed 20; slower
// stories get longer.
const demoLimit = 55 * time.Second

func newDemo(e env, given *overrides) *cobra.Command {
	var headless bool
	var speed float64
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch three simulated agents, one of which keeps stopping, and a cluster over SSH",
		Long: "Plays the story that vigil was made for, with simulated agents in a private folder (and in a\n" +
			"private tmux server where tmux is installed): one stops again and again, one grinds, one waits.\n" +
			"Their jobs run on a simulated cluster behind a real SSH server on loopback: queue, GPUs and live logs.\n" +
			"Your own agents and files are not touched. With --headless it runs in auto-resume mode until the\n" +
			"story is told, prints it, and exits with 0 only if every part of it held.",
		Example: "vigil demo\nvigil demo --headless --speed 20",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if speed < 0.1 || speed > 100 {
				return usagef("--speed %g: choose from 0.1 to 100", speed)
			}
			if !headless && !e.Terminal {
				return usagef("no terminal on stdin and stdout, so there is no screen to show: use `vigil demo --headless`")
			}
			w, err := newDemoWorld(cmd.Context(), e, speed, dir, !headless)
			if err != nil {
				return err
			}
			defer func() {
				if cerr := w.Close(); err == nil && cerr != nil {
					err = cerr
				}
			}()
			if headless {
				return w.headless(cmd.Context(), e.Stdout, speed)
			}
			return openScreen(cmd.Context(), w.env, *given, true)
		},
	}
	cmd.Flags().BoolVar(&headless, "headless", false, "no screen: print the story and a report")
	cmd.Flags().Float64Var(&speed, "speed", 4, "story seconds in one real second")
	cmd.Flags().StringVar(&dir, "dir", "", "play in this folder and keep it")
	return cmd
}

// headless runs the supervisor over the world until the story is told or time
// is up.
func (w *demoWorld) headless(ctx context.Context, out io.Writer, speed float64) error {
	w.describe(out)
	began := time.Now()
	limit := max(demoLimit, time.Duration(float64(demoLimit)*20/speed))
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reports := make(chan supervise.Report, 1024) // more than the whole story has
	watch, err := openWatch(ctx, w.env, overrides{}, watchOptions{auto: true, watched: true, report: func(r supervise.Report) {
		select {
		case reports <- r:
		default: // the reader is far behind: the story would not be whole
			cancel()
		}
	}})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- watch.run(ctx) }() // ends with ctx
	story := newDemoStory()
	if w.head != nil {
		story.head = &headStory{}
	}
	story.follow(ctx, out, reports, func() *agent.Snapshot {
		if story.record == "" {
			story.record = w.record(defaultGoal())
		}
		if w.head != nil {
			story.head.look(watch.hosts.cluster(), watch.runs.store.Snapshot(), w.head.cluster)
		}
		return watch.Snapshot()
	}, began)
	story.look(watch.Snapshot())
	cancel()
	if err := errors.Join(<-done, watch.close()); err != nil {
		return err
	}
	story.report(out, time.Since(began), speed)
	if missing := story.missing(); len(missing) > 0 {
		return fmt.Errorf("demo: the story was not told within %s: %s: run it with --dir DIR and look at the files there",
			limit.Round(time.Second), strings.Join(missing, "; "))
	}
	return nil
}

// follow prints each report and returns when the story is complete or ctx
// ends.
func (d *demoStory) follow(ctx context.Context, out io.Writer, reports <-chan supervise.Report, snap func() *agent.Snapshot, began time.Time) {
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case r := <-reports:
			d.hear(r)
			if l := storyLine(r, began); l != "" {
				fmt.Fprintln(out, l)
			}
		case <-look.C:
			d.look(snap())
			if len(d.missing()) == 0 {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// storyLine is one report as a line; empty for those that tell nothing new.
func storyLine(r supervise.Report, began time.Time) string {
	what := ""
	switch r.Event {
	case "agent":
		what = r.Text
	case "turn":
		what = "▶ works"
	case "ending":
		what = fmt.Sprintf("■ %s %.2f  %q", r.Ending, r.Confidence, agent.CleanLine(r.Text, 90))
	case "nudge":
		what = fmt.Sprintf("→ nudge %s", r.Status)
		if r.Status == agent.Planned || r.Status == supervise.Held {
			what += "  " + agent.CleanLine(r.Text, 80)
		}
	case "record":
		what = "★ " + r.Text
	case "problem":
		what = "! " + agent.CleanLine(r.Text, 110)
	default:
		return ""
	}
	return fmt.Sprintf("%6.1fs  %-9s %s", r.At.Sub(began).Seconds(), r.Agent, what)
}
