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

func newDoctor(e env, given *overrides) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the terminal, tmux, agents, hosts and the rest, and say what to do",
		Long: "Prints a line for each thing that vigil needs: ok, note (it works, and could work better) or bad, what\n" +
			"was found, and what to do about it. It changes nothing and asks nothing. Each check has a time limit, so\n" +
			"that a host that hangs is a line of its own. Exits with 1 if anything is bad.\n\n" +
			"--json prints one object: checks, a list of area, level (ok, note or bad), what and do (empty where\n" +
			"there is nothing to do), and ok, note and bad, how many there are of each.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), e, *given, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// level says how bad a finding is.
type level string

// The levels.
const (
	fine level = "ok"
	note level = "note" // it works, and could work better
	bad  level = "bad"
)

// finding is one line of the doctor.
type finding struct {
	Area  string `json:"area"`
	Level level  `json:"level"`
	What  string `json:"what"`
	Do    string `json:"do"`
}

// checkup finds out about one area.
type checkup struct {
	area   string
	within time.Duration
	run    func(context.Context) []finding
}

// found makes a check's only finding.
func found(l level, what, do string) []finding { return []finding{{Level: l, What: what, Do: do}} }

// Time limits of the checks.
const (
	checkWithin = 5 * time.Second
	// hostWithin covers a connection through a jump host and a slow scheduler.
	hostWithin = 30 * time.Second
	// checkGrace is what a check gets to end by itself after its limit.
	checkGrace = 500 * time.Millisecond
)

// checks lists what is looked at. A configuration that is not valid is a
// finding, and what needs one is left out then.
func checks(e env, given overrides) []checkup {
	c, err := loadConfig(e, given)
	out := []checkup{
		{"terminal", checkWithin, func(ctx context.Context) []finding { return checkTerminal(ctx, e) }},
		{"config", checkWithin, func(context.Context) []finding { return checkConfig(c, err) }},
	}
	state, serr := e.stateDir()
	if serr != nil {
		return append(out, checkup{"state", checkWithin, func(context.Context) []finding { return found(bad, serr.Error(), "") }})
	}
	c.State = state
	out = append(out,
		checkup{"state", checkWithin, func(ctx context.Context) []finding { return checkState(ctx, state) }},
		checkup{"auto-resume", checkWithin, func(ctx context.Context) []finding { return checkLease(ctx, e, state) }},
		checkup{"tmux", checkWithin, func(ctx context.Context) []finding { return checkTmux(ctx, c.Sockets) }},
		checkup{"hooks", checkWithin, func(context.Context) []finding { return checkHooks(e, c) }},
	)
	if err != nil {
		return out
	}
	out = append(out, checkup{"agents", 2 * firstLook, func(ctx context.Context) []finding { return checkAgents(ctx, e, c) }})
	if c.Judge.on() {
		out = append(out, checkup{"judge", checkWithin, func(ctx context.Context) []finding {
			return checkJudge(ctx, c.Judge.BaseURL, e.Getenv("VIGIL_JUDGE_KEY"))
		}})
	}
	for _, h := range c.Hosts {
		out = append(out, checkup{"host " + h.Name, hostWithin, func(ctx context.Context) []finding { return checkHost(ctx, e, c, h) }})
	}
	return out
}

func runDoctor(ctx context.Context, e env, given overrides, asJSON bool) error {
	all := examine(ctx, checks(e, given))
	var got []finding
	for f := range all {
		got = append(got, f)
		if !asJSON {
			writeFinding(e.Stdout, f)
		}
	}
	n := map[level]int{}
	for _, f := range got {
		n[f.Level]++
	}
	var err error
	if asJSON {
		err = json.NewEncoder(e.Stdout).Encode(struct {
			Checks []finding `json:"checks"`
			OK     int       `json:"ok"`
			Note   int       `json:"note"`
			Bad    int       `json:"bad"`
		}{got, n[fine], n[note], n[bad]})
	} else {
		_, err = fmt.Fprintf(e.Stdout, "\n%d ok, %d to note, %d bad\n", n[fine], n[note], n[bad])
	}
	if err == nil && n[bad] > 0 {
		return exitStatus(1) // the lines have said why
	}
	return err
}

// examine runs the checks side by side and yields their findings in the order of
// the checks, each as soon as those before it are known.
func examine(ctx context.Context, all []checkup) func(yield func(finding) bool) {
	results := make([]<-chan []finding, len(all))
	for i, c := range all {
		results[i] = c.start(ctx)
	}
	return func(yield func(finding) bool) {
		for i, c := range all {
			for _, f := range <-results[i] {
				f.Area = c.area
				f.What, f.Do = agent.CleanLine(f.What, 400), agent.CleanLine(f.Do, 400)
				if !yield(f) {
					return
				}
			}
		}
	}
}

// start runs a check. What does not heed its context (a file system that hangs
// answers nobody) is left behind: the process ends soon.
func (c checkup) start(ctx context.Context) <-chan []finding {
	out, done := make(chan []finding, 1), make(chan []finding, 1)
	ctx, cancel := context.WithTimeout(ctx, c.within)
	go func() { done <- c.run(ctx) }() // ends with ctx, where it can
	go func() {                        // ends with the check, or soon after its limit
		defer cancel()
		late := time.NewTimer(c.within + checkGrace)
		defer late.Stop()
		select {
		case f := <-done:
			out <- f
		case <-late.C:
			out <- found(bad, fmt.Sprintf("no answer within %s", c.within), "see what hangs there: a file system or a program that does not answer")
		}
	}()
	return out
}

func writeFinding(w io.Writer, f finding) {
	do := ""
	if f.Do != "" {
		do = " → " + f.Do
	}
	// A write to a pipe that was closed has nowhere to be told of.
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-4s  %-11s  %s%s", f.Level, f.Area, f.What, do), " "))
}
