package tui

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"vigil/agent"
	"vigil/agent/report"
	"vigil/agent/report/figure"
	"vigil/remote"
	"vigil/remote/curve"
)

// clock is the time at which the pictures of the tests are taken.
var clock = time.Date(2026, 5, 4, 3, 6, 42, 0, time.UTC)

// fake is a source whose snapshot a test sets.
type fake struct {
	snap     *agent.Snapshot
	runs     *curve.Set
	changed  chan struct{}
	sent     chan agent.Intent
	versions map[string]string
	older    map[string][]agent.Version // all of them, by path
	cluster  *Cluster
	past     agent.Past // what reports are made of

	mu        sync.Mutex
	cancelled []string // jobs
	refuses   error    // to cancel, to export
	answers   []string
	spans     []time.Duration // of the reports asked for
	lost      error           // instead of a report, and of versions
	exports   map[string]figure.Figure
}

var _ Source = (*fake)(nil)

func newFake(s *agent.Snapshot) *fake {
	var set *curve.Set
	var past agent.Past
	if s != nil && len(s.Agents) > 0 {
		set, past = runs(12, "a1", "a2"), night()
	}
	return &fake{
		past: past,
		snap: s, runs: set, changed: make(chan struct{}, 1), sent: make(chan agent.Intent, 100),
		versions: contents(),
	}
}

func (f *fake) Snapshot() *agent.Snapshot { return f.snap }
func (f *fake) Changed() <-chan struct{}  { return f.changed }
func (f *fake) Send(in agent.Intent)      { f.sent <- in }
func (f *fake) Curves() *curve.Set        { return f.runs }
func (f *fake) Cluster() *Cluster         { return f.cluster }

func (f *fake) Report(span time.Duration) (report.Report, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spans = append(f.spans, span)
	from := clock.Add(-span)
	if span == 0 {
		from = time.Time{}
	}
	return report.Build(f.past, from, clock), f.lost
}

func (f *fake) Export(name string, fig figure.Figure) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.exports == nil {
		f.exports = map[string]figure.Figure{}
	}
	f.exports[name] = fig
	return []string{"/state/pictures/" + name + ".png", "/state/pictures/" + name + ".svg"}, f.refuses
}

func (f *fake) Cancel(host, job string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, host+" "+job)
	return f.refuses
}

func (f *fake) Answer(id, text string, refused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if refused {
		text = "refused"
	}
	f.answers = append(f.answers, id+": "+text)
}

func (f *fake) Versions(id agent.ID, path string) ([]agent.Version, error) {
	return f.older[path], f.lost
}

func (f *fake) Content(hash string) (string, error) {
	if t, ok := f.versions[hash]; ok {
		return t, nil
	}
	return "", errors.New("the journal has no version " + hash)
}

const planText = `# Plan: below 2930 steps

Objective: reach **val_loss 3.28** in fewer steps than the record. See ` + "`goal.md`" + ` and [the rules](AGENTS.md).

## Next probes

- [x] cooldown 0.60, 0.65, 0.75: all fail by 0.002 to 0.004
- [x] qkvp projection split
- [ ] muoneq-rc with the *row* norm only
- [ ] MuonH, seed 1 and 2
  - needs val_loss_every = 125
- [ ] ts3025 reseed

## Results so far

| run | val_loss | steps | note |
|-----|---------:|------:|------|
| v11c-s2 | 3.2791 | 2935 | best so far |
| muoneq-s1 | 3.2812 | 2975 | misses the target |
| qkvp | 3.2874 | 3000 | **fails** |

> Do not re-run a lever that has failed twice.

1. launch with ` + "`sbatch scratchpad/run.sbatch`" + `
2. read the log after 20 minutes

` + "```sh\nfor s in 1 2; do\n\tsbatch --export=SEED=$s run.sbatch\ndone\n```\n"

const diffText = `--- a/scratchpad/THREAD.md
+++ b/scratchpad/THREAD.md
@@ -40,6 +40,9 @@
 ## T+46h: ts3025

-seed 1 running
+seed 1: 3.2807 at 2950, misses
+seed 2: 3.2799 at 2950, *hits*
+
+Verdict: a lottery. The record stands.
 next: decide whether to reseed
`

// contents are the texts of the story's versions, by their hash.
func contents() map[string]string {
	thread := "# Thread\n\n" + strings.Repeat("A note of an earlier night.\n", 37) + "## T+46h: ts3025\n\n"
	ledger := "{\"run\": \"v11b-s1\", \"steps\": 3000, \"val_loss\": 3.2851, \"note\": \"base\"}\n" +
		"{\"run\": \"v11c-s2\", \"steps\": 2935, \"val_loss\": 3.2791, \"note\": \"best so far\"}\n"
	code := "import torch\n\n\ndef step(w, lr=0.02):\n    \"\"\"One step\n    of the optimiser.\"\"\"\n    for p in w:  # in place\n        p.data -= lr * p.grad\n    return w\n"
	return map[string]string{
		"h1": "# Plan\n\n- [ ] probe 1\n", "h2": "# Plan\n\n- [x] probe 1\n- [ ] probe 2\n", "h3": planText,
		"t1": thread, "t2": thread + "seed 1 running\nnext: decide whether to reseed\n",
		"t3": thread + "seed 1: 3.2807 at 2950, misses\nseed 2: 3.2799 at 2950, *hits*\n\nVerdict: a lottery. The record stands.\nnext: decide whether to reseed\n",
		"l1": ledger, "l2": ledger + "{\"run\": \"qkvp\", \"steps\": 3000, \"val_loss\": 3.2874, \"note\": \"fails\"}\n",
		"l3": ledger + "{\"run\": \"qkvp\", \"steps\": 3000, \"val_loss\": 3.2874, \"note\": \"fails\"}\n{\"run\": \"ts3025-s1\", \"steps\": 2950, \"val_loss\": 3.2807, \"note\": \"misses\", \"gpus\": 8}\n",
		"c1": code, "c2": strings.Replace(strings.Replace(code, "lr=0.02", "lr=0.03, wd=0.1", 1), "lr * p.grad", "lr * (p.grad + wd * p.data)  # decoupled from the learning rate, as the paper that the plan names has it", 1),
	}
}

// story is a fleet in the middle of the night: one agent declared itself done,
// one works, one waits for its job.
func story() *agent.Snapshot {
	start := clock.Add(-47*time.Hour - 6*time.Minute)
	ago := func(d time.Duration) time.Time { return clock.Add(-d) }
	opus := agent.View{
		Agent: agent.Agent{
			ID: "a1", Name: "opus-v3", Kind: agent.Claude, Host: "local", Workspace: "/home/r/v3/claude-code",
			Session: "/home/r/.claude/projects/v3/0d1f.jsonl", PID: 4711,
			Pane: agent.Pane{Socket: "/run/tmux", ID: "%3", Target: "v3:1.0"},
		},
		State: agent.Stopped, Since: ago(8 * time.Second), Started: start,
		Verdict: agent.Verdict{Ending: agent.Terminal, Confidence: 0.97, Evidence: []agent.Evidence{
			{Source: "rule:stops-the-loop", Text: "Stopping the autonomous loop here: every lever is exhausted.", At: ago(8 * time.Second)},
			{Source: "transcript", Text: "the turn ended with a message; no background task is alive", At: ago(8 * time.Second)},
			{Source: "pane", Text: "empty input line, no dialog", At: ago(7 * time.Second)},
		}},
		Turn: agent.Turn{
			N: 212, Prompt: "keep going", Started: ago(42 * time.Minute), Ended: ago(8 * time.Second), EndID: "e9",
			Final: "Stopping the autonomous loop here: every lever is exhausted.", Tools: 61, Last: agent.LastText,
			Tail: []string{"Bash: squeue -u r", "Read: scratchpad/runs/ts3025-s2.log", "Edit: scratchpad/THREAD.md"},
		},
		Next:      &agent.Next{At: clock.Add(3 * time.Second), Text: "Keep going."},
		LastNudge: &agent.Nudge{Status: agent.Effective, Channel: agent.ViaTmux, Text: "Keep going."},
		Recent: []agent.Nudge{
			{Status: agent.Wasted, Channel: agent.ViaTmux, Text: "Keep going.", PlannedAt: ago(3 * time.Hour), Note: "it stopped again without using a tool"},
			{Status: agent.Effective, Channel: agent.ViaTmux, Text: "Keep going.", PlannedAt: ago(42 * time.Minute)},
		},
		Trace: &agent.Trace{Ending: agent.Terminal, Decided: "words", Scores: map[agent.Ending]float64{agent.Terminal: 5.4, agent.Waits: 1}, Rules: []agent.RuleMatch{
			{Name: "stops-the-loop", Ending: agent.Terminal, Weight: 5, Sentence: "Stopping the autonomous loop here: every lever is exhausted."},
			{Name: "exhausted", Ending: agent.Terminal, Weight: 2, Sentence: "Stopping the autonomous loop here: every lever is exhausted."},
		}},
		Sources: []agent.Sight{
			{Source: "hook", Text: "has not asked this vigil"},
			{Source: "registry", Text: "says idle", At: ago(7 * time.Second)},
			{Source: "transcript", Text: "turn 212 ended; last event: a text", At: ago(8 * time.Second)},
			{Source: "process", Text: "4711 lives", At: start, Since: true},
			{Source: "pane", Text: "shows an empty input line", At: ago(7 * time.Second)},
			{Source: "workspace", Text: "scratchpad/THREAD.md changed last", At: ago(2 * time.Minute)},
		},
		Nudges: 7, Idle: 4 * time.Minute,
		Best: &agent.Best{Run: "v11c-s2", Value: 2930, At: ago(5 * time.Hour)},
		Goal: agent.Document{Path: "/home/r/v3/claude-code/goal.md", Text: "# Goal\n\nBeat 2990 steps.\n", At: start},
		Plan: agent.Document{
			Path: "/home/r/v3/claude-code/plan.md", Text: planText, At: ago(12 * time.Minute),
			Versions: []agent.Version{{At: start, Hash: "h1"}, {At: ago(3 * time.Hour), Turn: 200, Hash: "h2"}, {At: ago(12 * time.Minute), Turn: 212, Hash: "h3"}},
		},
		Files: []agent.FileChange{
			{Path: "scratchpad/THREAD.md", At: ago(2 * time.Minute), Turn: 212, Added: 4, Removed: 1, Diff: diffText, Versions: []agent.Version{
				{At: ago(48 * time.Hour), Hash: "t1"}, {At: ago(70 * time.Minute), Turn: 211, Hash: "t2"}, {At: ago(2 * time.Minute), Turn: 212, Hash: "t3"},
			}},
			{Path: "scratchpad/runs.jsonl", At: ago(9 * time.Minute), Turn: 212, Added: 1, Diff: "@@ -1 +1,2 @@\n {\"run\":1}\n+{\"run\":2}\n", Versions: []agent.Version{
				{At: ago(5 * time.Hour), Hash: "l1"}, {At: ago(2 * time.Hour), Turn: 210, Hash: "l2"}, {At: ago(9 * time.Minute), Turn: 212, Hash: "l3"},
			}},
			{Path: "scratchpad/variants/ts3025.py", At: ago(95 * time.Minute), Turn: 211, Added: 2, Removed: 2, Diff: "@@ -0,0 +1 @@\n+import torch\n", Versions: []agent.Version{
				{At: ago(4 * time.Hour), Turn: 208, Hash: "c1"}, {At: ago(95 * time.Minute), Turn: 211, Hash: "c2"},
			}},
			{Path: "scratchpad/ckpt.pt", At: ago(3 * time.Hour), Binary: true},
			{Path: "scratchpad/old.md", At: ago(30 * time.Hour), Deleted: true, Removed: 12},
		},
		Moments: []agent.Moment{
			{At: start, Type: agent.MTurnStart, Text: "Read AGENTS.md and goal.md, then begin."},
			{At: start.Add(9 * time.Hour), Type: agent.MRecord, Text: "v4-s1: 2985 steps, 5 below the record"},
			{At: start.Add(43*time.Hour + 25*time.Minute), Type: agent.MTurnEnd, Ending: agent.Terminal, Text: `"SESSION FINAL"; loop ended; not re-arming wakeup`},
			{At: start.Add(43*time.Hour + 26*time.Minute), Type: agent.MNudge, Text: "keep going: received, effective"},
			{At: start.Add(43*time.Hour + 26*time.Minute), Type: agent.MTurnStart, Text: "keep going"},
			{At: start.Add(43*time.Hour + 43*time.Minute), Type: agent.MFile, Text: "scratchpad/variants/qkvp.py +88"},
			{At: start.Add(44 * time.Hour), Type: agent.MTurnEnd, Ending: agent.Waits, Text: "a background shell runs: tail -F runs/qkvp.log"},
			{At: start.Add(44*time.Hour + 40*time.Minute), Type: agent.MIdle, For: 2*time.Hour + 31*time.Minute},
			{At: start.Add(47*time.Hour + 6*time.Minute), Type: agent.MTurnEnd, Ending: agent.Terminal, Text: "Stopping the autonomous loop here: every lever is exhausted.", For: 42 * time.Minute},
		},
		Screen: &agent.Screen{
			At: clock, Composer: agent.EmptyComposer,
			Styled: "\x1b[38;5;174m✻\x1b[39m Stopping the autonomous loop here: every lever is exhausted.\n\n" +
				"\x1b[2m────────────────────────────────────────\x1b[0m\n> \n\x1b[2m────────────────────────────────────────\x1b[0m\n  \x1b[35m⏵⏵ bypass permissions on\x1b[39m",
		},
	}
	codex := agent.View{
		Agent: agent.Agent{ID: "a2", Name: "codex-v3", Kind: agent.Codex, Host: "head", Workspace: "/home/r/v3/codex"},
		State: agent.Working, Since: ago(130 * time.Minute), Started: start.Add(time.Minute),
		Turn: agent.Turn{N: 3, Started: ago(130 * time.Minute), Tools: 240, Open: []agent.Call{{Name: "shell", Summary: "python sweep.py --lr 0.02 0.021 0.022"}}},
		Best: &agent.Best{Run: "sweep-118", Value: 2950}, Idle: 0,
	}
	nov := agent.View{
		Agent: agent.Agent{ID: "a3", Name: "opus-nov", Kind: agent.Claude, Host: "local", Workspace: "/home/r/nov"},
		State: agent.Waiting, Since: ago(17 * time.Minute), Started: ago(9 * time.Hour),
		Verdict: agent.Verdict{Ending: agent.Waits, Confidence: 1},
		Turn:    agent.Turn{N: 31, Started: ago(40 * time.Minute), Ended: ago(17 * time.Minute), Final: "Probe 8 is running; I will continue when it ends."},
		Tasks: []agent.Task{{
			ID: "t", Kind: agent.Shell, Summary: "tail -F runs/probe8.log", Started: ago(25 * time.Minute), Wakes: true,
			State: agent.TaskAlive, Source: "process", Sign: ago(40 * time.Second), Until: ago(-9 * time.Minute),
		}},
	}
	return &agent.Snapshot{
		At: clock, Agents: []agent.View{opus, codex, nov}, Auto: true,
		Goal: agent.GoalLine{Metric: "val_loss", Target: 3.28, Minimize: "step", Record: 2990},
	}
}

// runs are n training runs of each agent, made by the same shape with other
// numbers: some meet the target, some miss it, one runs, one runs and will miss
// it, one failed, one lost its way for a while.
func runs(n int, ids ...string) *curve.Set { return runStore(n, ids...).Snapshot() }

func runStore(n int, ids ...string) *curve.Store {
	store := curve.NewStore()
	for _, id := range ids {
		host := map[string]string{"a2": "head"}[id]
		if host == "" {
			host = "local"
		}
		for i := range n {
			path := fmt.Sprintf("scratchpad/runs/%s-s%d.log", []string{"v11b", "v11c", "qkvp", "ts3025", "muonh"}[i%5], i/5+1)
			w := store.Writer(remote.Source{Key: id, Host: host, Path: "/w/" + id + "/" + path})
			last, miss := int64(3000), map[string]float64{"a2": 0.002}[id]
			switch i {
			case 1:
				last = 1400
			case 5:
				last, miss = 2100, 0.15
			}
			for step := int64(0); step <= last; step += 25 {
				x := float64(step) / 3000
				v := 3.27 + miss + 0.004*float64(6-i%7) + 7.5*math.Exp(-9*x) + 0.25*(1-x) + 0.01*math.Sin(float64(step*int64(i+3)))*(1-x)
				if i == 3 && step >= 1000 && step < 1100 {
					v = math.NaN()
				}
				w.Add(remote.Record{Kind: remote.Point, Step: step, Plan: 3000, Wall: float64(step) * 0.3, Metrics: []remote.Metric{
					{Name: "train_loss", Raw: "train_loss", Value: v + 0.05},
					{Name: "val_loss", Raw: "val_loss", Value: v},
				}})
			}
			if i == 2 {
				w.Add(remote.Record{Kind: remote.Failure, Text: "CUDA out of memory"})
			}
			seen := clock.Add(time.Duration(i-n) * 47 * time.Hour / time.Duration(n+1))
			if last < 3000 {
				seen = clock.Add(-20 * time.Second)
			}
			w.Seen(seen)
		}
	}
	return store
}

// unkept is the story with no old versions of anything.
func unkept() *agent.Snapshot {
	s := story()
	v := &s.Agents[0]
	v.Plan.Versions = v.Plan.Versions[2:]
	for i := range v.Files {
		v.Files[i].Versions = nil
	}
	return s
}

// failing is the story with sources that fail.
func failing() *agent.Snapshot {
	s := story()
	s.Problems = []agent.Problem{
		{At: clock, Where: "tmux /run/tmux", What: "connection refused", Do: "start tmux, or take the socket out of the configuration"},
		{At: clock.Add(-time.Minute), Where: "head", What: "unknown host key", Do: "ssh head once and check the key"},
	}
	s.Agents[0].Problem = "session file is gone; is the disk mounted?"
	s.Agents[0].Plan = agent.Document{Path: "plan.md", Problem: "permission denied"}
	s.Agents[0].Files, s.Agents[0].Moments, s.Agents[0].Screen = nil, nil, nil
	s.Agents[0].Next = &agent.Next{Held: "a person typed 4 s ago", Text: "Keep going."}
	s.Holder = "vigil auto on host head (pid 99)"
	return s
}

// crowd is huge on a few machines.
func crowd(n int) *agent.Snapshot {
	s := huge(n)
	for i := range s.Agents {
		v := &s.Agents[i]
		v.Host = []string{"local", "head", "lab-2"}[i*i%3]
		v.Since = clock.Add(-time.Duration(i*i*37%5000) * time.Second)
	}
	return s
}

// huge is a fleet of n agents with much in it.
func huge(n int) *agent.Snapshot {
	s := story()
	states := []agent.State{agent.Working, agent.Waiting, agent.Stopped, agent.Limited, agent.Asking, agent.Exited, agent.Unknown}
	for len(s.Agents) < n {
		i := len(s.Agents)
		v := s.Agents[i%3]
		v.ID, v.Name = agent.ID(fmt.Sprint("h", i)), fmt.Sprintf("agent-%03d", i)
		v.State = states[i%len(states)]
		s.Agents = append(s.Agents, v)
	}
	v := &s.Agents[0]
	v.Plan.Text += strings.Repeat("\n- [ ] one more probe of the same lever, with a line that is long enough to be wrapped at any width that a person uses", 2000)
	for i := range 5000 {
		v.Moments = append(v.Moments, agent.Moment{At: clock, Type: agent.MFile, Text: fmt.Sprint("scratchpad/runs/r", i, ".log")})
		v.Files = append(v.Files, agent.FileChange{Path: fmt.Sprint("scratchpad/runs/r", i, ".log"), At: clock, Added: i, Diff: strings.Repeat("+line\n", 3)})
	}
	return s
}
