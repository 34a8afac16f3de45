package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/journal"
	"vigil/agent/report"
)

// textWidth is how wide a report is that is not written to a terminal.
const textWidth = 100

func newReport(e env, given *overrides) *cobra.Command {
	var since, format, file string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Say what happened while you were away",
		Long: "Says what vigil has seen of the agents in the last hours: turns and why they ended, idle time and its\n" +
			"causes, nudges and their effect, new bests against the record, the best runs, tokens and GPU hours, for\n" +
			"each agent and for all. It comes from the journal: what no vigil watched is not in it.\n\n" +
			"--since is a span (90m, 12h, 7d), a time (2026-05-04T22:00:00Z, or 22:00 for the last one) or \"all\".\n" +
			"--format html is one page that needs nothing else; md is Markdown. The end of --output's name stands\n" +
			"for its format.\n\n" +
			"--format json prints one object: from, to, span_s, all (from is the beginning of what is known), fleet,\n" +
			"best (of all; null without one), agents, records (new bests, oldest first), best_runs (of this time) and\n" +
			"judge (tokens and usd that it was paid). fleet and each of agents have turns (that ended), tools (calls in\n" +
			"them), worked_s, idle_s, endings (turns by ending), idle_by_cause (a list of ending, idle_s, times, longest_s,\n" +
			"agent and at), nudges (planned, sent, received, effective, wasted, dropped, manual, steps, dry_run, after_s:\n" +
			"from an end to the nudge, median; held: times, and held_why, a list of why and times), runs (ended, hit: reached\n" +
			"the target, failed), tokens (input, cached_input, output; null where not known) and gpu (held_h, busy_h, idle_h;\n" +
			"null where not known). An agent also has name, kind, host, workspace, sessions, open (when the turn began that\n" +
			"has not ended, or null), best, best_before (at from) and events, a list of at, type (ending, nudge or record),\n" +
			"ending, status and text. A best is agent, run, at, value (the step at which the target was reached, else the\n" +
			"metric), hit, metric, least, before and record (null without one), beats_record and failed (why, or empty).",
		Example: "vigil report\nvigil report --since 7d -o week.html",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := e.Now()
			from, err := parseSince(since, now)
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("format") {
				format = formatOf(file)
			}
			if !slices.Contains(reportFormats(), format) {
				return usagef("--format %s: choose one of %s", format, strings.Join(reportFormats(), ", "))
			}
			c, err := loadConfig(e, *given)
			if err != nil {
				return err
			}
			r, err := reportOnce(cmd.Context(), c, from, now)
			if err != nil {
				return err
			}
			var out bytes.Buffer
			if err := writeReport(&out, r, format, e.width(file)); err != nil {
				return err
			}
			if file == "" || file == "-" {
				_, err = out.WriteTo(e.Stdout)
				return err
			}
			if err := os.WriteFile(e.expand(file), out.Bytes(), 0o600); err != nil {
				return fmt.Errorf("%w: choose another place for the report", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&since, "since", "12h", "from when on: a span, a time, or all")
	cmd.Flags().StringVar(&format, "format", "text", "text, md, json or html")
	cmd.Flags().StringVarP(&file, "output", "o", "", "write to this file")
	return cmd
}

func reportFormats() []string { return []string{"text", "md", "json", "html"} }

// formatOf is the format that a file's name stands for.
func formatOf(file string) string {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".html", ".htm":
		return "html"
	case ".md", ".markdown":
		return "md"
	case ".json":
		return "json"
	}
	return "text"
}

// width is how wide a text report is: as the terminal, where it goes to one.
func (e env) width(file string) int {
	if f, ok := e.Stdout.(*os.File); ok && e.Terminal && file == "" {
		if w, _, err := term.GetSize(f.Fd()); err == nil && w > 0 {
			return w
		}
	}
	return textWidth
}

// parseSince reads from when on a report is: zero for everything.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "all" {
		return time.Time{}, nil
	}
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.ParseFloat(n, 64); err == nil && days > 0 && days < 36500 {
			return now.Add(-time.Duration(days * 24 * float64(time.Hour))), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.Before(now) {
		return t, nil
	}
	if t, err := time.ParseInLocation("15:04", s, now.Location()); err == nil {
		t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
		if !t.Before(now) {
			t = t.AddDate(0, 0, -1)
		}
		return t, nil
	}
	return time.Time{}, usagef("--since %q: give a span like 90m, 12h or 7d, a past time like %s or 22:00, or all", s, now.Add(-12*time.Hour).Format(time.RFC3339))
}

// reportOnce makes a report from the journal that there is. Without one nothing
// was ever watched, and none is made.
func reportOnce(ctx context.Context, c Config, from, now time.Time) (report.Report, error) {
	path := filepath.Join(c.State, "journal.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return report.Build(agent.Past{}, from, now), nil
	}
	j, err := journal.Open(ctx, path)
	if err != nil {
		return report.Report{}, err
	}
	defer j.Close()
	return readReport(ctx, j, c, from, now)
}

// readReport makes a report of what the journal holds from a time up to now; a
// zero time means everything.
func readReport(ctx context.Context, j *journal.Journal, c Config, from, now time.Time) (report.Report, error) {
	past, err := j.Past(ctx, from, now)
	if err != nil {
		return report.Report{}, err
	}
	for i := range past.Agents {
		a := &past.Agents[i]
		a.Goal = c.goal(a.Agent)
	}
	return report.Build(past, from, now), nil
}

// writeReport writes a report in one of the formats.
func writeReport(out *bytes.Buffer, r report.Report, format string, width int) error {
	switch format {
	case "json":
		return report.JSON(out, r)
	case "html":
		return report.HTML(out, r)
	case "md":
		out.WriteString(report.Markdown(r))
	default:
		out.WriteString(report.Text(r, width))
	}
	return nil
}
