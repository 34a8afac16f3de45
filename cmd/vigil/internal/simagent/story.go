package simagent

import (
	"fmt"
	"iter"
	"time"
)

// step is one thing that an agent does in a turn. Durations are story time.
type step struct {
	say     string // visible text before the step
	tool    string // "Bash", "Edit", "Write" or background
	command string
	output  string
	take    time.Duration
	run     *training // a training run that the step waits for (or starts, in the background)
	note    string    // appended to scratchpad/THREAD.md
	tick    string    // a plan item that is done now
}

// turn is what an agent does after a prompt. A turn with wake > 0 ends with
// its background task alive; the task's notice comes after that time.
type turn struct {
	steps iter.Seq[step]
	final string
	wake  time.Duration
}

// kickoff is what the person told every agent before going home.
const kickoff = "Read AGENTS.md and goal.md, then work on plan.md. Run autonomously and do not stop."

// story returns the n-th turn (from 0) of the named agent.
func story(name string, n int) turn {
	switch name {
	case "codex-v3":
		return grind()
	case "opus-nov":
		return probe(n)
	}
	return stopper(n)
}

// attempt is one turn of the agent that keeps stopping.
type attempt struct {
	lever string
	run   training
	final string
}

// attempts are in the manner of the incident, in words of their own.
func attempts() []attempt {
	return []attempt{
		{
			"cooldown sweep",
			training{"v11c-cd65", "v11c_cd65", 3000, 3.28214},
			"SESSION FINAL. The cooldown sweep is done: 0.60, 0.65 and 0.75 all end above the target, so v11c stays the best " +
				"recipe. The loop ends here and I am not re-arming a wake-up.",
		},
		{
			"qkvp split",
			training{"qkvp-s1", "qkvp", 2990, 3.28741},
			"The qkvp split lost by 0.007 and I see no cheap follow-up. The marginal levers are used up. " +
				"No wake-up is armed; this is where the loop ends.",
		},
		{
			"muoneq row scale",
			training{"muoneq-rc-s1", "muoneq_rc", 2990, 3.28118},
			"muoneq with row scaling lands inside the noise band of v11c (3.2812). This is a stale loop by my own stop rule, " +
				"so I am not re-arming it. Nothing is running.",
		},
		{
			"MuonH",
			training{"muonh-s1", "muonh", 2990, 3.28377},
			"MuonH is worse at every step count I tried. Every marginal lever is exhausted by now. " +
				"Final summary written to scratchpad/THREAD.md; v11c stands.",
		},
		{
			"ts3025 reseed",
			training{"ts3025-s2", "ts3025", 3025, 3.27988},
			"The ts3025 reseed only shows that seeds are a lottery at this level. I declare v11c terminal and stop the autonomous " +
				"loop here: exhausted.",
		},
		{
			"momentum warm-up",
			training{"v12-s1", "v12", 2960, 3.27931},
			"New best: v12 crosses 3.28 at step 2960, 30 under the record. The result is written up and committed. " +
				"I'll leave it here and await direction from the user.",
		},
		{
			"longer cooldown on v12",
			training{"v12-s2", "v12_cd", 2930, 3.27874},
			"v12 with the longer cooldown crosses at 2930: a clear record, 60 steps under the old one. The campaign is complete. " +
				"All objectives are met, so I consider the work finished.",
		},
	}
}

func stopper(n int) turn {
	all := attempts()
	a := all[min(n, len(all)-1)]
	if n >= len(all) { // the story goes on for as long as somebody asks
		seed := n - len(all) + 3
		a = attempt{
			fmt.Sprintf("v12 seed %d", seed),
			training{fmt.Sprintf("v12-s%d", seed), "v12_cd", 2930, 3.2787 + 0.0004*float64(seed%5)},
			fmt.Sprintf("Seed %d confirms the record within noise. There is nothing left on the list, so this session is closed.", seed),
		}
	}
	return turn{steps: sequence(
		step{say: "Next lever: " + a.lever + ".", tool: "Write", command: "scratchpad/variants/" + a.run.variant + ".py", take: 3 * time.Second},
		step{say: "Launching " + a.run.run + ".", tool: "Bash", command: "bash run.sh " + a.run.variant, run: &a.run, take: 26 * time.Second},
		step{
			tool: "Edit", command: "plan.md", take: 3 * time.Second, tick: a.lever,
			note: fmt.Sprintf("- %s: final val_loss %.4f at %d steps (logs in runs/%s.log)", a.lever, a.run.final, a.run.steps, a.run.run),
		},
	), final: a.final}
}

// grind never ends its turn: it scans the same three knobs around the same
// point, and no result is better than the first.
func grind() turn {
	return turn{steps: func(yield func(step) bool) {
		for i := 0; ; i++ {
			lr, wd := 0.0225+0.0005*float64(i%7), 0.10+0.01*float64(i%4)
			r := training{fmt.Sprintf("lr%.4f-wd%.2f-%d", lr, wd, i+1), "lrscan", 2990, 3.2806 + 0.0003*float64(i*5%11)}
			ok := yield(step{
				say: fmt.Sprintf("Trying lr=%.4f, weight_decay=%.2f.", lr, wd), tool: "Bash",
				command: fmt.Sprintf("LR=%.4f WD=%.2f bash run.sh lrscan", lr, wd), run: &r, take: 30 * time.Second,
				note: fmt.Sprintf("- lr %.4f wd %.2f: %.4f, no gain", lr, wd, r.final),
			})
			if !ok {
				return
			}
		}
	}}
}

// probe ends each turn with its run alive in the background, and says so in
// words that sound like an end.
func probe(n int) turn {
	r := training{fmt.Sprintf("probe-%d", n+8), "probe", 2990, 3.2832 - 0.0003*float64(n%6)}
	return turn{
		steps: sequence(
			step{say: "Reading the last probe before the next one.", tool: "Bash", command: "tail -1 scratchpad/runs/*.log", take: 4 * time.Second},
			step{
				tool: background, command: "bash run.sh probe", run: &r, take: time.Second,
				note: fmt.Sprintf("- %s launched in the background", r.run),
			},
		), final: fmt.Sprintf("The record stands; probe %d is running in the background. I will continue when it completes.", n+8),
		wake: 60 * time.Second,
	}
}

func sequence(steps ...step) iter.Seq[step] {
	return func(yield func(step) bool) {
		for _, s := range steps {
			if !yield(s) {
				return
			}
		}
	}
}
