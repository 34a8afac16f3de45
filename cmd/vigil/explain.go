package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil/agent"
)

func newExplain(e env, given *overrides) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain AGENT",
		Short: "Say why vigil thinks what it thinks of an agent",
		Long: "Prints what each source saw of the agent and when, which rules matched its last words and with what\n" +
			"weight, what decided, what it waits for, and what the policy does next or why it holds. AGENT is a name\n" +
			"of `vigil status`; the `w` key of the screen shows the same.\n\n" +
			"--json prints one object: name, kind, host, state, since, problem, ending, confidence, decided_by (in\n" +
			"words), resets (of a limit; null if not told), evidence (a list of source, text and at), rules_said (the\n" +
			"rules' own ending; empty where they were not asked), rules (those that matched, a list of rule, ending,\n" +
			"weight and sentence), scores (by ending), sources (what each saw: source, saw and at, null where nothing\n" +
			"tells; of process, since when it lives), waits_for (as in status), next (what would be sent: text, rung,\n" +
			"wording, written_by, channel, due and held, as in nudge --preview), auto (who holds auto-resume; empty\n" +
			"if nobody), nudges (the last few, newest last: at, ending, text, channel, status, note, manual and\n" +
			"dry_run), sent, wasted (in a row), and conditions (as in status).",
		Example: "vigil explain opus-v3",
		Args:    usageArgs(cobra.ExactArgs(1)),

		ValidArgsFunction: completeAgent(e),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runExplain(cmd.Context(), e, *given, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// runExplain looks at the fleet and tells of one agent.
func runExplain(ctx context.Context, e env, given overrides, name string, asJSON bool) error {
	snap, v, p, err := lookAt(ctx, e, given, name)
	if err != nil {
		return err
	}
	if asJSON {
		return explainJSON(e.Stdout, v, p)
	}
	return explainText(e.Stdout, snap.At, v, p)
}

// explainText prints what the screen's `w` key shows, with what comes next.
func explainText(out io.Writer, now time.Time, v agent.View, p preview) error {
	v.Next = &agent.Next{Text: p.Text, Held: p.Held, Rung: p.Rung, Wording: p.Wording, Channel: p.Channel}
	if p.Due != nil {
		v.Next.At = *p.Due
	}
	if p.WrittenBy == agent.ByJudge {
		v.Next.By = agent.ByJudge
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s on %s\n", v.Name, v.Kind, v.Host)
	for _, s := range v.Why(now) {
		fmt.Fprintf(&b, "\n%s\n", s.Title)
		for _, f := range s.Facts {
			fmt.Fprintf(&b, "  %-22s %s\n", agent.CleanLine(f.Name, 60), agent.CleanLine(f.Text, 2000))
		}
	}
	if p.Auto != "" {
		fmt.Fprintf(&b, "\nauto-resume: %s\n", p.Auto)
	}
	_, err := io.WriteString(out, agent.Clean(b.String()))
	return err
}

// explained is an agent with all that is known of it, in the JSON form.
type explained struct {
	Name       string           `json:"name"`
	Kind       agent.Kind       `json:"kind"`
	Host       string           `json:"host"`
	State      agent.State      `json:"state"`
	Since      *time.Time       `json:"since"`
	Problem    string           `json:"problem"`
	Ending     agent.Ending     `json:"ending"`
	Confidence float64          `json:"confidence"`
	DecidedBy  string           `json:"decided_by"`
	Resets     *time.Time       `json:"resets"`
	Evidence   []explainedFact  `json:"evidence"`
	RulesSaid  agent.Ending     `json:"rules_said"`
	Rules      []explainedRule  `json:"rules"`
	Scores     map[string]any   `json:"scores"`
	Sources    []explainedSight `json:"sources"`
	WaitsFor   []statusWait     `json:"waits_for"`
	Next       nextNudge        `json:"next"`
	Auto       string           `json:"auto"`
	Nudges     []explainedNudge `json:"nudges"`
	Sent       int              `json:"sent"`
	Wasted     int              `json:"wasted"`
	Conditions []statusCond     `json:"conditions"`
}

type explainedFact struct {
	Source string     `json:"source"`
	Text   string     `json:"text"`
	At     *time.Time `json:"at"`
}

type explainedRule struct {
	Rule     string       `json:"rule"`
	Ending   agent.Ending `json:"ending"`
	Weight   float64      `json:"weight"`
	Sentence string       `json:"sentence"`
}

type explainedSight struct {
	Source string     `json:"source"`
	Saw    string     `json:"saw"`
	At     *time.Time `json:"at"`
}

type explainedNudge struct {
	At      *time.Time        `json:"at"`
	Ending  agent.Ending      `json:"ending"`
	Text    string            `json:"text"`
	Channel agent.Channel     `json:"channel"`
	Status  agent.NudgeStatus `json:"status"`
	Note    string            `json:"note"`
	Manual  bool              `json:"manual"`
	DryRun  bool              `json:"dry_run"`
}

func explainJSON(out io.Writer, v agent.View, p preview) error {
	s := statusOf(v)
	x := explained{
		Name: v.Name, Kind: v.Kind, Host: v.Host, State: v.State, Since: timeOf(v.Since), Problem: v.Problem,
		Ending: v.Verdict.Ending, Confidence: v.Verdict.Confidence, DecidedBy: v.DecidedBy(), Resets: timeOf(v.Verdict.Resets),
		Evidence: []explainedFact{}, Rules: []explainedRule{}, Scores: map[string]any{}, Sources: []explainedSight{},
		WaitsFor: s.WaitsFor, Auto: p.Auto, Nudges: []explainedNudge{}, Sent: v.Nudges, Wasted: v.Wasted, Conditions: s.Conditions,
		Next: p.nextNudge,
	}
	for _, ev := range v.Verdict.Evidence {
		x.Evidence = append(x.Evidence, explainedFact{ev.Source, ev.Text, timeOf(ev.At)})
	}
	if t := v.Trace; t != nil {
		x.RulesSaid = t.Ending
		for _, r := range t.Rules {
			x.Rules = append(x.Rules, explainedRule{r.Name, r.Ending, r.Weight, r.Sentence})
		}
		for ending, score := range t.Scores {
			x.Scores[string(ending)] = score
		}
	}
	for _, sight := range v.Sources {
		x.Sources = append(x.Sources, explainedSight{sight.Source, agent.CleanLine(sight.Text, 400), timeOf(sight.At)})
	}
	for _, n := range v.Recent {
		x.Nudges = append(x.Nudges, explainedNudge{
			timeOf(n.PlannedAt), n.Ending, n.Text, n.Channel, n.Status, n.Note, n.Manual, n.DryRun,
		})
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(x)
}
