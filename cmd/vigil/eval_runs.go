package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"vigil/agent/ending"
)

// byRun scores each run with the rules that the other runs speak for.
func (v *evaluation) byRun() ([]ending.Left, error) {
	left := v.rules.LeaveOneOut(v.all)
	if len(left) < 2 {
		return nil, errors.New("--by-run needs turn ends of several runs: give each line the run that it is of")
	}
	return left, nil
}

// pooled joins the scores of all runs.
func pooled(left []ending.Left) (fit, out ending.Score) {
	for _, l := range left {
		fit.Merge(l.Fit)
		out.Merge(l.Out)
	}
	return fit, out
}

func leftText(out io.Writer, left []ending.Left) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fit, without := pooled(left)
	row := func(name string, s ending.Score) {
		r := s.Nudge()
		fmt.Fprintf(w, "%s\t%.4f\t%.4f\t%.4f\t%d\t%d\t%d\t%d of %d\n", name, r.Precision(), r.Recall(), r.F1(), r.TruePos, r.FalsePos, r.FalseNeg, s.Right, s.N)
	}
	fmt.Fprintln(w, "nudge or leave\tprecision\trecall\tF1\tright\tfalse\tmissed\tendings right")
	row("with all rules", fit)
	row("each run left out", without)
	fmt.Fprintln(w, "\nrun\tturn ends\tF1 with all\tF1 left out\tright with all\tright left out\tits own phrases")
	for _, l := range left {
		fmt.Fprintf(w, "%s\t%d\t%.4f\t%.4f\t%d\t%d\t%d\n", l.Run, l.Fit.N, l.Fit.Nudge().F1(), l.Out.Nudge().F1(), l.Fit.Right, l.Out.Right, len(l.Alone))
	}
	fmt.Fprintln(w, "\nwhat one run alone speaks for")
	for _, l := range left {
		for _, s := range l.Alone {
			fmt.Fprintf(w, "%s\t%s\t%s\n", l.Run, s.Rule, s.Phrase)
		}
	}
	return w.Flush()
}

func leftJSON(out io.Writer, left []ending.Left) error {
	type run struct {
		Run     string `json:"run"`
		N       int    `json:"n"`
		Fit     rates  `json:"fit"`
		LeftOut rates  `json:"left_out"`
	}
	type single struct {
		Run    string `json:"run"`
		Rule   string `json:"rule"`
		Phrase string `json:"phrase"`
	}
	runs, alone := []run{}, []single{}
	for _, l := range left {
		runs = append(runs, run{l.Run, l.Fit.N, ratesOf(l.Fit.Nudge()), ratesOf(l.Out.Nudge())})
		for _, s := range l.Alone {
			alone = append(alone, single{l.Run, s.Rule, s.Phrase})
		}
	}
	fit, without := pooled(left)
	return json.NewEncoder(out).Encode(struct {
		Fit     rates    `json:"fit"`
		LeftOut rates    `json:"left_out"`
		Runs    []run    `json:"runs"`
		Alone   []single `json:"alone"`
	}{ratesOf(fit.Nudge()), ratesOf(without.Nudge()), runs, alone})
}
