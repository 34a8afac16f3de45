package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/ending"
)

func newEval(e env, _ *overrides) *cobra.Command {
	var asJSON, textOnly, byRun bool
	cmd := &cobra.Command{
		Use:   "eval FILE...",
		Short: "Score the judgement of turn ends against labels",
		Long: "Reads labelled turn ends, one JSON object a line as for `vigil classify --json` with a label (an\n" +
			"ending; killed means exited, api_error means error; skip and compaction are left out) and, to name\n" +
			"it, an id or a run and i. Prints how well nudge-or-leave and each ending are told, what is mistaken\n" +
			"for what, and every mistake with its evidence, so that you can tune rules on your own sessions.\n\n" +
			"--json prints one object: n, right, nudge and endings (by name; each precision, recall, f1, and the\n" +
			"counts), confusion (by label, then by what was found) and mistakes (name, label, ending, confidence,\n" +
			"evidence, text).\n\n" +
			"--by-run tells how much of that is learnt by heart: each run is judged without the phrases of waiting\n" +
			"and terminal that tell rightly in no other run, as if the rules had been gathered from the others.\n" +
			"With --json, it prints fit and left_out (rates over all runs), runs (run, n, fit, left_out) and alone\n" +
			"(run, rule and phrase of what one run alone speaks for).",
		Example: "vigil eval labelled.jsonl\nvigil eval --by-run --text-only labelled.jsonl",
		Args:    usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := rulesFor(e)
			if err != nil {
				return err
			}
			res := evaluation{rules: rules, textOnly: textOnly}
			for _, name := range args {
				if err := res.file(cmd.Context(), name); err != nil {
					return err
				}
			}
			switch {
			case byRun:
				left, err := res.byRun()
				if err != nil {
					return err
				}
				if asJSON {
					return leftJSON(e.Stdout, left)
				}
				return leftText(e.Stdout, left)
			case asJSON:
				return res.json(e.Stdout)
			}
			return res.text(e.Stdout)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&byRun, "by-run", false, "score each run with the rules that other runs speak for")
	cmd.Flags().BoolVar(&textOnly, "text-only", false, "judge without background_alive, as if liveness were not known")
	return cmd
}

// evaluation is what comes of judging labelled turn ends.
type evaluation struct {
	rules    *ending.Rules
	textOnly bool
	all      []ending.Labelled
	score    ending.Score
	mistakes []mistake
}

// mistake is a verdict that is not what the label says.
type mistake struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	ending.Answer
	Text string `json:"text"`
}

func (v *evaluation) file(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("%w: check the path", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 1<<16), maxClassifyLine)
	for n := 1; lines.Scan() && ctx.Err() == nil; n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		l, ok, err := ending.ParseLabelled(lines.Bytes())
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if ok {
			v.judge(l)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return ctx.Err()
}

func (v *evaluation) judge(l ending.Labelled) {
	if v.textOnly {
		l.Facts.Background = agent.Unsure
	}
	v.all = append(v.all, l)
	verdict := v.rules.Judge(l.Facts)
	v.score.Add(l.Want, verdict.Ending)
	if verdict.Ending != l.Want {
		const shown = 300 // bytes of the message
		v.mistakes = append(v.mistakes, mistake{
			Name: l.Name, Label: string(l.Want), Answer: ending.AnswerOf(verdict), Text: agent.CleanLine(l.Facts.Text, shown),
		})
	}
}

func (v *evaluation) text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	row := func(name string, r ending.Rates) {
		fmt.Fprintf(w, "%s\t%.4f\t%.4f\t%.4f\t%d\t%d\t%d\n", name, r.Precision(), r.Recall(), r.F1(), r.TruePos, r.FalsePos, r.FalseNeg)
	}
	fmt.Fprintf(w, "%d turn ends, %d judged as labelled\n\n", v.score.N, v.score.Right)
	fmt.Fprintln(w, "\tprecision\trecall\tF1\tright\tfalse\tmissed")
	row("nudge or leave", v.score.Nudge())
	for _, e := range agent.Endings() {
		if r := v.score.Of(e); r.TruePos+r.FalsePos+r.FalseNeg > 0 {
			row(string(e), r)
		}
	}
	fmt.Fprintln(w, "\nlabel\tjudged\ttimes")
	for _, want := range agent.Endings() {
		for _, got := range agent.Endings() {
			if n := v.score.Confusion[want][got]; n > 0 && want != got {
				fmt.Fprintf(w, "%s\t%s\t%d\n", want, got, n)
			}
		}
	}
	for _, m := range v.mistakes {
		fmt.Fprintf(w, "\n%s: %s judged %s (%.2f)\n  %q\n", m.Name, m.Label, m.Ending, m.Confidence, m.Text)
		for _, e := range m.Evidence {
			fmt.Fprintf(w, "  %s\n", agent.CleanLine(e, 200))
		}
	}
	return w.Flush()
}

// rates is ending.Rates in JSON.
type rates struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Right     int     `json:"right"`
	False     int     `json:"false"`
	Missed    int     `json:"missed"`
}

func ratesOf(r ending.Rates) rates {
	return rates{r.Precision(), r.Recall(), r.F1(), r.TruePos, r.FalsePos, r.FalseNeg}
}

func (v *evaluation) json(out io.Writer) error {
	endings := map[agent.Ending]rates{}
	for _, e := range agent.Endings() {
		endings[e] = ratesOf(v.score.Of(e))
	}
	return json.NewEncoder(out).Encode(struct {
		N         int                                   `json:"n"`
		Right     int                                   `json:"right"`
		Nudge     rates                                 `json:"nudge"`
		Endings   map[agent.Ending]rates                `json:"endings"`
		Confusion map[agent.Ending]map[agent.Ending]int `json:"confusion"`
		Mistakes  []mistake                             `json:"mistakes"`
	}{v.score.N, v.score.Right, ratesOf(v.score.Nudge()), endings, v.score.Confusion, append([]mistake{}, v.mistakes...)})
}
