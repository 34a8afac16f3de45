package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil/agent"
)

func newStatus(e env, given *overrides) *cobra.Command {
	var asJSON, forTmux bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Print the fleet once",
		Long: "Prints each agent, what it does, why it stopped and since when.\n\n" +
			"--json prints one object: at, auto (who holds auto-resume; empty if nobody), problems, judge (null\n" +
			"without one; tokens, tokens_per_day, usd and usd_per_day of the last 24 hours), and agents,\n" +
			"a list of name, kind, host, workspace, session, pane, state, since, ending, confidence, evidence,\n" +
			"final (the last message), waits (what is alive, in words), waits_for (what it waits for: kind, summary,\n" +
			"source of what is known, state \"alive\", \"unsure\", \"overdue\", \"hollow\" (it only watches what is dead) or\n" +
			"\"dead\", since, sign (of life, the last) and until (when it is believed in at most); these times are null\n" +
			"where there is none), held (why the next nudge is held back), nudges, wasted (in a row), idle_s,\n" +
			"tokens, best, conditions (what lies over its state, a list of type, since and evidence; type is grinding,\n" +
			"keep-alive, degenerate, reproposing, retry storm or idle compute) and problem.\n\n" +
			"--tmux prints one short line for tmux's status line, with its colours: how many agents are asking ▲,\n" +
			"stopped ■, exited ×, limited ◆, working ● and waiting ○, who needs you, and whether auto-resume is on. It\n" +
			"tells what a vigil that runs (the screen or vigil auto) saw last, and costs little more than its start.",
		Example: "vigil status --json\n# in .tmux.conf:\nset -g status-right '#(vigil status --tmux) %H:%M'",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if forTmux {
				if asJSON {
					return usagef("--tmux and --json exclude each other: leave one out")
				}
				return statusTmux(cmd.Context(), e)
			}
			l, err := lookOnce(cmd.Context(), e, *given)
			if err != nil {
				return err
			}
			if asJSON {
				return statusJSON(e.Stdout, l)
			}
			return statusText(e.Stdout, l)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&forTmux, "tmux", false, "print one line for tmux's status line")
	return cmd
}

// looked is the fleet at one moment.
type looked struct {
	*agent.Snapshot
	holder string     // of auto-resume
	judge  *judgeCost // nil without one
}

// lookOnce watches until every agent has been looked at once.
func lookOnce(ctx context.Context, e env, given overrides) (l looked, err error) {
	w, err := openWatch(ctx, e, given, watchOptions{})
	if err != nil {
		return l, err
	}
	defer w.close()
	lease, err := w.journal.Lease(ctx, time.Now())
	if err != nil {
		return l, err
	}
	l.holder = lease.Holder
	if l.judge, err = w.judgeCost(ctx); err != nil {
		return l, err
	}
	rctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.run(rctx) }() // ends with rctx
	l.Snapshot = w.settled(ctx)
	stop()
	if err := <-done; err != nil {
		return l, err
	}
	return l, ctx.Err()
}

// judgeCost tells what the judge has cost lately; nil if there is none.
func (w *watching) judgeCost(ctx context.Context) (*judgeCost, error) {
	c := w.config.Judge
	if !c.on() {
		return nil, nil
	}
	tokens, usd, err := w.journal.Spent(ctx, time.Now().Add(-24*time.Hour))
	return &judgeCost{Tokens: tokens, TokensPerDay: c.PerDay, USD: usd, USDPerDay: c.USDPerDay}, err
}

// Bounds of the first look.
const (
	firstLook = 5 * time.Second
	calm      = 700 * time.Millisecond // no change for so long: all has been seen
)

// settled returns the first snapshot in which everything found has been read,
// or the one that there is when that takes too long.
func (w *watching) settled(ctx context.Context) *agent.Snapshot {
	changed, cancel := w.Subscribe()
	defer cancel()
	end := time.NewTimer(firstLook)
	defer end.Stop()
	quiet := time.NewTimer(2 * calm) // the first scan takes a moment
	defer quiet.Stop()
	for {
		select {
		case <-changed:
			quiet.Reset(calm)
		case <-quiet.C:
			return w.Snapshot()
		case <-end.C:
			return w.Snapshot()
		case <-ctx.Done():
			return w.Snapshot()
		}
	}
}

// statusAgent is one agent in the JSON form.
type statusAgent struct {
	Name       string       `json:"name"`
	Kind       agent.Kind   `json:"kind"`
	Host       string       `json:"host"`
	Workspace  string       `json:"workspace"`
	Session    string       `json:"session"`
	Pane       string       `json:"pane"`
	State      agent.State  `json:"state"`
	Since      time.Time    `json:"since"`
	Ending     agent.Ending `json:"ending"`
	Confidence float64      `json:"confidence"`
	Evidence   []string     `json:"evidence"`
	Final      string       `json:"final"`
	Waits      []string     `json:"waits"`
	Held       string       `json:"held"`
	WaitsFor   []statusWait `json:"waits_for"`
	Nudges     int          `json:"nudges"`
	Wasted     int          `json:"wasted"`
	Idle       float64      `json:"idle_s"`
	Tokens     int64        `json:"tokens"`
	Best       *float64     `json:"best"`
	Conditions []statusCond `json:"conditions"`
	Problem    string       `json:"problem"`
}

// statusWait is one thing that an agent waits for in the JSON form.
type statusWait struct {
	Kind    agent.TaskKind `json:"kind"`
	Summary string         `json:"summary"`
	Source  string         `json:"source"`
	State   string         `json:"state"`
	Since   *time.Time     `json:"since"`
	Sign    *time.Time     `json:"sign"`
	Until   *time.Time     `json:"until"`
}

func waitOf(t agent.Task) statusWait {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return statusWait{t.Kind, t.Summary, t.Source, cmp.Or(string(t.State), "unsure"), at(t.Started), at(t.Sign), at(t.Until)}
}

// waitText says in one line what an agent waits for, or what it waits for in
// vain.
func waitText(now time.Time, v agent.View) string {
	for i := len(v.Tasks) - 1; i >= 0; i-- {
		t := v.Tasks[i]
		lives := t.State == agent.TaskAlive || t.State == agent.TaskUnsure
		if v.State == agent.Waiting && lives || v.Verdict.Ending == agent.Stalled && !lives {
			s := fmt.Sprintf("%s %s", cmp.Or(string(t.State), "unsure"), t.Kind)
			if !t.Started.IsZero() {
				s += " for " + now.Sub(t.Started).Truncate(time.Second).String()
			}
			if t.Until.After(now) {
				s += ", until " + t.Until.In(now.Location()).Format("15:04") + " at most"
			}
			return s + ": " + agent.CleanLine(t.Summary, 60)
		}
	}
	return ""
}

// statusCond is one condition of an agent in the JSON form.
type statusCond struct {
	Type     agent.ConditionType `json:"type"`
	Since    time.Time           `json:"since"`
	Evidence []string            `json:"evidence"`
}

func statusOf(v agent.View) statusAgent {
	s := statusAgent{
		Name: v.Name, Kind: v.Kind, Host: v.Host, Workspace: v.Workspace, Session: v.SessionID, Pane: v.Pane.Target,
		State: v.State, Since: v.Since, Ending: v.Verdict.Ending, Confidence: v.Verdict.Confidence,
		Evidence: []string{}, Waits: []string{}, WaitsFor: []statusWait{}, Final: agent.CleanLine(v.Turn.Final, 400),
		Nudges: v.Nudges, Wasted: v.Wasted, Idle: v.Idle.Seconds(),
		Tokens: v.Usage.Input + v.Usage.Output, Problem: v.Problem,
	}
	for _, ev := range v.Verdict.Evidence {
		s.Evidence = append(s.Evidence, ev.Source+": "+ev.Text)
	}
	for _, t := range v.Tasks {
		if t.State == agent.TaskAlive || t.State == agent.TaskUnsure {
			s.Waits = append(s.Waits, string(t.Kind)+": "+t.Summary)
		}
		s.WaitsFor = append(s.WaitsFor, waitOf(t))
	}
	if v.Next != nil {
		s.Held = v.Next.Held
	}
	s.Conditions = []statusCond{}
	for _, c := range v.Conditions {
		s.Conditions = append(s.Conditions, statusCond{c.Type, c.Since, c.Evidence})
	}
	if v.Best != nil {
		s.Best = &v.Best.Value
	}
	return s
}

func statusJSON(w io.Writer, l looked) error {
	snap := l.Snapshot
	out := struct {
		At       time.Time     `json:"at"`
		Auto     string        `json:"auto"`
		Problems []string      `json:"problems"`
		Judge    *judgeCost    `json:"judge"`
		Agents   []statusAgent `json:"agents"`
	}{At: snap.At, Auto: l.holder, Judge: l.judge, Problems: []string{}, Agents: []statusAgent{}}
	for _, p := range snap.Problems {
		out.Problems = append(out.Problems, p.Where+": "+p.What+"; "+p.Do)
	}
	for _, v := range snap.Agents {
		out.Agents = append(out.Agents, statusOf(v))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func statusText(w io.Writer, l looked) error {
	snap := l.Snapshot
	if len(snap.Agents) == 0 {
		fmt.Fprintln(w, "No agent found. Start claude or codex in tmux, or `vigil demo` to see how it looks.")
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, v := range snap.Agents {
		why := ""
		if v.Verdict.Ending != "" {
			why = fmt.Sprintf("%s (%.2f)", v.Verdict.Ending, v.Verdict.Confidence)
			reason, _ := v.Verdict.Reason()
			why += "  " + agent.CleanLine(reason, 60)
		}
		if wait := waitText(snap.At, v); wait != "" {
			why += "  [" + wait + "]"
		}
		if v.Next != nil && v.Next.Held != "" {
			why += "; " + v.Next.Held
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%d nudges\t%s\n", v.Name, v.Kind, v.Pane.Target, v.State,
			snap.At.Sub(v.Since).Truncate(time.Second), v.Nudges, why)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, v := range snap.Agents {
		for _, c := range v.Conditions {
			fmt.Fprintf(w, "~ %s: %s for %s: %s\n", v.Name, c.Type, snap.At.Sub(c.Since).Truncate(time.Minute), strings.Join(c.Evidence, "; "))
		}
	}
	if l.holder != "" {
		fmt.Fprintln(w, "auto-resume: "+l.holder)
	}
	if l.judge != nil {
		fmt.Fprintln(w, "judge: "+l.judge.String())
	}
	for _, p := range snap.Problems {
		fmt.Fprintf(w, "! %s: %s; %s\n", p.Where, p.What, p.Do)
	}
	return nil
}
