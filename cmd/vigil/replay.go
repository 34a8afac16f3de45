package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/grind"
	"vigil/agent/transcript"
)

func newReplay(e env, given *overrides) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "replay TRANSCRIPT...",
		Short: "Say what vigil would have seen and done over finished sessions",
		Long: "Reads session files of Claude Code and Codex, also gzipped, and judges each end of a turn by\n" +
			"what was known at that moment.\n\n" +
			"It says how many idle hours vigil would have saved, had each end got its nudge as the policy says and\n" +
			"the turn after it been what it was, how many of those nudges would have been wasted (no tool was used\n" +
			"after them), and where the agent went round in circles, by the [grinding] limits.\n\n" +
			"--json prints one object a session: path, session, kind, turns, tokens (input, cached_input,\n" +
			"output), idle (seconds between an end and the next prompt, by ending), saved_h, wasted_nudges,\n" +
			"conditions, a list of type (grinding, keep-alive, degenerate, reproposing, retry storm), since, until\n" +
			"(RFC 3339) and evidence, and endings, a list of at (RFC 3339, the agent's last event of the turn), ending,\n" +
			"confidence, evidence, idle_s (0 if the session ends there) and nudge (whether the ending calls for one).",
		Example: "vigil replay ~/.claude/projects/*/*.jsonl",
		Args:    usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := loadConfig(e, *given)
			if err != nil {
				return err
			}
			rules, err := endingRules(c.Path)
			if err != nil {
				return err
			}
			return replayer{rules, c.Policy, c.Grinding}.all(cmd.Context(), e.Stdout, args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a session")
	return cmd
}

// replayed is what one session would have looked like.
type replayed struct {
	Path    string             `json:"path"`
	Session string             `json:"session"`
	Kind    agent.Kind         `json:"kind"`
	Turns   int                `json:"turns"`
	Tokens  replayTokens       `json:"tokens"`
	Idle    map[string]float64 `json:"idle"`
	Saved   float64            `json:"saved_h"`
	Wasted  int                `json:"wasted_nudges"`
	Loops   []replayCondition  `json:"conditions"`
	Endings []replayEnd        `json:"endings"`
}

type replayTokens struct {
	Input       int64 `json:"input"`
	CachedInput int64 `json:"cached_input"`
	Output      int64 `json:"output"`
}

type replayEnd struct {
	At         string   `json:"at"`
	Ending     string   `json:"ending"`
	Confidence float64  `json:"confidence"`
	Evidence   []string `json:"evidence"`
	Idle       float64  `json:"idle_s"`
	Nudge      bool     `json:"nudge"`
}

// replayer is what sessions are replayed with.
type replayer struct {
	judge    judger
	policy   agent.Policy
	grinding grind.Limits
}

func (p replayer) all(ctx context.Context, out io.Writer, paths []string, asJSON bool) error {
	var all []replayed
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := p.file(path)
		if err != nil {
			return err
		}
		if asJSON {
			err = json.NewEncoder(out).Encode(r)
		} else {
			err = r.print(out)
		}
		if err != nil {
			return err
		}
		r.Endings = nil // of days, of many sessions
		all = append(all, r)
	}
	if asJSON {
		return nil
	}
	return printLoops(out, all)
}

func (p replayer) file(path string) (replayed, error) {
	f, err := os.Open(path)
	if err != nil {
		return replayed{}, fmt.Errorf("%w: check the path", err)
	}
	defer f.Close()
	r := replayed{Path: path, Idle: map[string]float64{}, Endings: []replayEnd{}}
	l := loops{limits: p.grinding}
	n := nights{policy: p.policy}
	n.policy.Auto = true
	stats, err := transcript.Replay(f, l.event, func(s *agent.Session, next time.Time) {
		at, v := r.end(s, next, p.judge)
		l.declared(at, v, s.Turn)
		n.end(s, v, at, next)
	})
	if err != nil {
		return replayed{}, fmt.Errorf("replay %s: %w: give a session file of Claude Code or Codex", path, err)
	}
	r.Kind, r.Loops = stats.Kind, l.finish()
	r.Saved, r.Wasted = n.saved.Hours(), n.wasted
	return r, nil
}

// end takes in one end of a turn, and returns when and how it ended.
func (r *replayed) end(s *agent.Session, next time.Time, j judger) (time.Time, agent.Verdict) {
	at := lastAct(s.Turn)
	v := j.Judge(agent.FactsOf(s, at))
	a := ending.AnswerOf(v)
	e := replayEnd{
		At: instant(at), Ending: a.Ending, Confidence: a.Confidence,
		Evidence: a.Evidence, Nudge: v.Ending.WantsNudge(),
	}
	if next.After(at) {
		e.Idle = next.Sub(at).Seconds()
	}
	r.Endings = append(r.Endings, e)
	r.Idle[a.Ending] += e.Idle
	r.Session, r.Turns = s.Info.ID, s.Turn.N
	r.Tokens = replayTokens{s.Usage.Input, s.Usage.CachedInput, s.Usage.Output}
	return at, v
}

// lastAct is the time of the last thing that the agent did in the turn: its
// failure, its last act, or where it did nothing at all, the prompt.
func lastAct(t agent.Turn) time.Time {
	switch {
	case t.Failure != nil:
		return t.Ended
	case t.ActedAt.IsZero():
		return t.LastAt
	}
	return t.ActedAt
}

// print writes the summary for people.
func (r *replayed) print(w io.Writer) error {
	count, nudges := map[string]int{}, 0
	for _, e := range r.Endings {
		count[e.Ending]++
		if e.Nudge {
			nudges++
		}
	}
	fmt.Fprintf(w, "%s  %s %s\n  %d turns, %d ends, %d nudges; tokens: %d in, %d cached, %d out\n",
		filepath.Base(r.Path), r.Kind, orDash(r.Session), r.Turns, len(r.Endings), nudges,
		r.Tokens.Input, r.Tokens.CachedInput, r.Tokens.Output)
	for _, e := range agent.Endings() {
		n := count[string(e)]
		if n == 0 {
			continue
		}
		idle := time.Duration(r.Idle[string(e)] * float64(time.Second)).Round(time.Second)
		what := "leave"
		if e.WantsNudge() {
			what = "nudge"
		}
		fmt.Fprintf(w, "  %-11s %5d  %s  %12s until the next prompt\n", e, n, what, idle)
	}
	for _, c := range r.Loops {
		fmt.Fprintf(w, "  %-11s %s to %s  %s\n", c.Type, c.Since[:16], c.Until[:16], strings.Join(c.Evidence, "; "))
	}
	_, err := fmt.Fprintln(w)
	return err
}

// printLoops writes a table of all sessions, with totals.
func printLoops(w io.Writer, all []replayed) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "saved h\twasted nudges\tgrinding h\tother loops\t session")
	var saved, grinding float64
	var wasted, other int
	for _, r := range all {
		var h float64
		n := 0
		for _, c := range r.Loops {
			if c.Type == agent.Grinding {
				h += c.hours
			} else {
				n++
			}
		}
		fmt.Fprintf(tw, "%.1f\t%d\t%.1f\t%d\t %s\n", r.Saved, r.Wasted, h, n, filepath.Base(r.Path))
		saved, wasted, grinding, other = saved+r.Saved, wasted+r.Wasted, grinding+h, other+n
	}
	fmt.Fprintf(tw, "%.1f\t%d\t%.1f\t%d\t in all\n", saved, wasted, grinding, other)
	return tw.Flush()
}
