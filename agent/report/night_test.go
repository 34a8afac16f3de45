package report

import (
	"time"

	"vigil/agent"
)

// dawn is when the report of the tests is asked for.
var dawn = time.Date(2026, 5, 4, 7, 0, 0, 0, time.UTC)

// h is hours before dawn.
func h(hours float64) time.Time { return dawn.Add(-time.Duration(hours * float64(time.Hour))) }

var goal = agent.GoalLine{Metric: "val_loss", Target: 3.28, Minimize: "step", Record: 2990}

func turn(n int, from, to float64, e agent.Ending, tools int, words string) agent.PastTurn {
	t := agent.PastTurn{
		Turn:    agent.Turn{N: n, Started: h(from), Ended: h(to), EndID: words, Tools: tools, Final: words},
		Verdict: agent.Verdict{Ending: e, Confidence: 0.9},
	}
	if words != "" {
		t.Verdict.Evidence = []agent.Evidence{{Source: "rule:x", Text: words}}
	}
	return t
}

func result(run string, at, reached, least float64) agent.Result {
	return agent.Result{
		Host: "head", Path: "/w/" + run + ".log", Run: run, Status: "finished", Metric: "val_loss", Target: 3.28,
		Least: least, Reached: reached, Hit: reached > 0, At: h(at), Ended: h(at),
	}
}

func nudge(at float64, end string, s agent.NudgeStatus) agent.Nudge {
	n := agent.Nudge{Key: end, EndID: end, Ending: agent.Terminal, Text: "Keep going.", Status: s, Rung: 1, PlannedAt: h(at)}
	if s != agent.Dropped {
		n.SentAt, n.ReceivedAt = h(at), h(at).Add(2*time.Second)
	}
	return n
}

// night is one in which an agent stopped again and again, one worked on and on,
// and one rightly waited.
func night() agent.Past {
	const again = "Stopping the autonomous loop here: every lever is exhausted."
	opus := agent.PastAgent{
		Agent: agent.Agent{ID: "a1", Name: "opus-v3", Kind: agent.Claude, Host: "local", Workspace: "/w/opus"},
		Goal:  goal, First: h(47), Last: h(11),
		Turns: []agent.PastTurn{
			turn(1, 13, 10, agent.Terminal, 61, "SESSION FINAL"),
			turn(2, 9.9, 7, agent.Terminal, 40, again),
			turn(3, 6.5, 6.4, agent.Terminal, 0, "The record stands. <script>alert(1)</script>"),
			turn(4, 6.3, 6.2, agent.Terminal, 9, "a wrong guess at the end"),
			turn(4, 6.3, 3, agent.Limit, 30, "You've hit your limit"),
			turn(5, 1, 0.5, agent.Terminal, 12, ""),
		},
		Idle: []agent.Stretch{
			{From: h(10), To: h(9.9), Cause: agent.Terminal},
			{From: h(7), To: h(6.5), Cause: agent.Terminal},
			{From: h(6.9), To: h(6.45), Cause: agent.Terminal}, // by another process
			{From: h(6.4), To: h(6.3), Cause: agent.Terminal},
			{From: h(0.5), To: h(-1), Cause: agent.Question},
		},
		Nudges: []agent.Nudge{
			nudge(9.99, "SESSION FINAL", agent.Effective),
			nudge(6.9, again, agent.Wasted),
			nudge(6.4, "x", agent.Effective),
			nudge(2, "y", agent.Dropped),
			{Key: "s", Status: agent.Effective, Rung: agent.StepCompact, PlannedAt: h(5)},
			{Key: "d", Status: agent.Planned, DryRun: true, PlannedAt: h(4), Text: "Keep going."},
		},
		Moments: []agent.Moment{
			{At: h(9.9), Type: agent.MTurnStart, Text: "Keep going."},
			{At: h(0.4), Type: agent.MNudge, Text: "held: a person typed 4 s ago"},
			{At: h(0.3), Type: agent.MNudge, Text: "held: a person typed 2 s ago"},
			{At: h(0.2), Type: agent.MNudge, Text: "held: the pane is in copy mode"},
		},
		Results: []agent.Result{
			result("v4-s1", 38, 2985, 3.2795), result("v10", 20, 2960, 3.2799), result("v11a", 8, 2965, 3.2790),
			result("v11c-s1", 5, 2945, 3.2797), result("qkvp", 4.5, 0, 3.2874), result("v11c-s2", 4, 2930, 3.2791),
		},
		Usage: []agent.UsageAt{
			{Started: h(47), At: h(12.01), Usage: agent.Usage{Input: 1_000_000, CachedInput: 900_000, Output: 50_000}},
			{Started: h(47), At: h(6), Usage: agent.Usage{Input: 2_500_000, CachedInput: 2_000_000, Output: 80_000}},
			{Started: h(47), At: h(1), Usage: agent.Usage{Input: 4_100_000, CachedInput: 3_500_000, Output: 120_000}},
		},
		GPUs: []agent.GPUTime{
			{At: h(6), Held: 40 * time.Hour, Busy: 36 * time.Hour, Idle: 3 * time.Hour},
			{At: h(5), Held: 8 * time.Hour, Busy: 8 * time.Hour},
		},
	}
	opus.Results[4].Status, opus.Results[4].Cause = "failed", "CUDA out of memory"
	codex := agent.PastAgent{
		Agent: agent.Agent{ID: "a2", Name: "codex-v3", Kind: agent.Codex, Host: "head", Workspace: "/w/codex"},
		Goal:  goal, First: h(47), Last: h(47), Open: h(11),
		Moments: []agent.Moment{{At: h(11), Type: agent.MTurnStart, Text: "Begin."}},
		Usage: []agent.UsageAt{
			{Started: h(47), At: h(13), Turn: h(11), Usage: agent.Usage{Input: 7_000_000}}, {Started: h(47), At: h(0.1), Turn: h(11), Usage: agent.Usage{Input: 9_000_000}},
		},
		Results: []agent.Result{result("sweep-118", 30, 2950, 3.2789), result("sweep-300", 3, 2955, 3.2788)},
	}
	nov := agent.PastAgent{
		Agent: agent.Agent{ID: "a3", Name: "opus-nov", Kind: agent.Claude, Host: "local", Workspace: "/w/nov"},
		Goal:  goal, First: h(9), Last: h(9),
		Turns: []agent.PastTurn{
			turn(1, 9, 8, agent.Waits, 20, "Probe 8 is running."), turn(2, 5, 4.5, agent.Waits, 7, "Probe 9 is running."),
		},
		Usage: []agent.UsageAt{{Started: h(9), At: h(4.5), Usage: agent.Usage{Input: 300_000, Output: 9_000}}},
	}
	before := agent.PastAgent{ // an agent of the week before
		Agent:   agent.Agent{ID: "a0", Name: "old", Kind: agent.Claude, Host: "local", Workspace: "/w/old"},
		Results: []agent.Result{result("o1", 200, 2999, 3.2791)},
	}
	return agent.Past{Agents: []agent.PastAgent{opus, codex, nov, before}, JudgeTokens: 5200, JudgeUSD: 0.031}
}
