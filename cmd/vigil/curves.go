package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/report/figure"
	"vigil/remote/curve"
)

func newCurves(e env, given *overrides) *cobra.Command {
	var asJSON bool
	var pngFile, svgFile string
	cmd := &cobra.Command{
		Use:   "curves [HOST:]PATH...",
		Short: "Read training logs: their runs, last and best values, and who met the target",
		Long: "Reads training logs (files, folders and globs, on this machine or, as HOST:PATH, on a [[host]] or an\n" +
			"alias of ssh_config) and prints a line for each run: its last step, the metric's last and best value,\n" +
			"and the step at which it first met the target of [goal]. A relative path on a host is under the home\n" +
			"folder there.\n\n" +
			"--png and --svg draw them instead. --json prints one object a run: host, path, index (of the run in the file),\n" +
			"name, label, status (running, finished, failed or stopped), cause, step, plan (planned steps, 0 if not\n" +
			"told), metric, last, best, best_step, crossing (null if the target was not met) and series, a list of\n" +
			"name, points and last.",
		Example: "vigil curves scratchpad/runs 'logs/*.txt'\nvigil curves --png runs.png --svg runs.svg 'head:work/runs/*.log'",
		Args:    usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON && (pngFile != "" || svgFile != "") {
				return usagef("curves: --json and a picture exclude each other: leave one out")
			}
			c, err := loadConfig(e, *given)
			if err != nil {
				return err
			}
			r := newCurveReader(e, c)
			defer r.close()
			missing := r.find(cmd.Context(), args)
			if len(r.files) == 0 {
				return missing
			}
			set, bad := r.read(cmd.Context())
			switch {
			case pngFile != "" || svgFile != "":
				err = drawCurves(set, c.Goal, pngFile, svgFile)
			case asJSON:
				err = writeCurvesJSON(e.Stdout, set, c.Goal)
			default:
				err = writeCurves(e.Stdout, set, c.Goal)
			}
			return errors.Join(err, missing, bad)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a run")
	cmd.Flags().StringVar(&pngFile, "png", "", "draw the curves into this file")
	cmd.Flags().StringVar(&svgFile, "svg", "", "draw them as a vector drawing into this file")
	return cmd
}

// drawCurves draws the runs into the files that are named.
func drawCurves(set *curve.Set, goal agent.GoalLine, pngFile, svgFile string) error {
	f, err := figureOf(set, "", goal)
	if err != nil {
		return fmt.Errorf("draw %s: %w", cmp.Or(pngFile, svgFile), err)
	}
	if pngFile != "" {
		err = writeFigure(pngFile, f, encodePNG)
	}
	if svgFile != "" {
		err = errors.Join(err, writeFigure(svgFile, f, figure.SVG))
	}
	return err
}

// metricOf is the goal's metric where the run has it, else its first loss.
func metricOf(r *curve.Run, goal agent.GoalLine) string {
	if r.Metric(goal.Metric) != nil {
		return goal.Metric
	}
	for _, s := range r.Series {
		if strings.Contains(s.Name, "loss") {
			return s.Name
		}
	}
	return ""
}

func writeCurves(out io.Writer, set *curve.Set, goal agent.GoalLine) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "run\tstatus\tstep\tplan\tmetric\tlast\tbest\tat\t%s ≤ %g\n", goal.Metric, goal.Target)
	for _, r := range inOrder(set) {
		metric := metricOf(r, goal)
		last, best, at, cross := "-", "-", "-", "-"
		if s := r.Metric(metric); s != nil {
			if p, ok := s.Last(); ok {
				last = fmt.Sprintf("%.5g", p.Value)
			}
			if p, ok := s.Min(); ok {
				best, at = fmt.Sprintf("%.5g", p.Value), fmt.Sprint(p.Step)
			}
		}
		if x, ok := r.Crossing(goal.Metric, goal.Target); ok {
			cross = fmt.Sprintf("step %.0f", x)
		}
		plan := "-"
		if r.Plan > 0 {
			plan = fmt.Sprint(r.Plan)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Status, r.Step, plan, orDash(metric), last, best, at, cross)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%d runs\n", set.Len())
	return err
}

type curveLine struct {
	Host     string       `json:"host"`
	Path     string       `json:"path"`
	Index    int          `json:"index"`
	Name     string       `json:"name"`
	Label    string       `json:"label,omitempty"`
	Status   string       `json:"status"`
	Cause    string       `json:"cause,omitempty"`
	Step     int64        `json:"step"`
	Plan     int64        `json:"plan"`
	Metric   string       `json:"metric"`
	Last     *float64     `json:"last"`
	Best     *float64     `json:"best"`
	BestStep *int64       `json:"best_step"`
	Crossing *float64     `json:"crossing"`
	Series   []seriesLine `json:"series"`
}

type seriesLine struct {
	Name   string   `json:"name"`
	Points int      `json:"points"`
	Last   *float64 `json:"last"`
}

func writeCurvesJSON(out io.Writer, set *curve.Set, goal agent.GoalLine) error {
	enc := json.NewEncoder(out)
	for _, r := range inOrder(set) {
		l := curveLine{
			Host: r.Host, Path: r.Path, Index: r.Index, Name: r.Name, Label: r.Label, Status: string(r.Status), Cause: r.Cause,
			Step: r.Step, Plan: r.Plan, Metric: metricOf(r, goal), Series: []seriesLine{},
		}
		if s := r.Metric(l.Metric); s != nil {
			l.Last = lastOf(s)
			if p, ok := s.Min(); ok {
				l.Best, l.BestStep = &p.Value, &p.Step
			}
		}
		if x, ok := r.Crossing(goal.Metric, goal.Target); ok {
			l.Crossing = &x
		}
		for i := range r.Series {
			s := &r.Series[i]
			l.Series = append(l.Series, seriesLine{s.Name, s.Len(), lastOf(&s.Series)})
		}
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// lastOf is the last value, or nil where there is none that JSON can hold.
func lastOf(s *curve.Series) *float64 {
	if p, ok := s.Last(); ok && p.Value == p.Value && p.Value-p.Value == 0 {
		return &p.Value
	}
	return nil
}
