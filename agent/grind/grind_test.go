package grind_test

import (
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/grind"
)

var start = time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)

// night is an agent of a test and its clock.
type night struct {
	grind.Watch
	l   grind.Limits
	now time.Time
	n   int // trials so far
}

func newNight() *night { return &night{l: grind.Defaults(), now: start} }

// trial lets d pass and finishes a trial.
func (x *night) trial(d time.Duration, horizon int64, loss float64) {
	x.now = x.now.Add(d)
	x.n++
	x.Event(x.l, agent.Event{Type: agent.ToolResult, At: x.now, Call: &agent.Call{}, Signs: &agent.Signs{
		Trials: []agent.Trial{{Horizon: horizon, Loss: loss, Took: 400 + float64(x.n)}},
	}})
}

// record finishes a set of eight that passes.
func (x *night) record(horizon int64, mean float64) {
	s := &agent.Signs{Checks: []agent.Check{{Mean: mean, Pass: true}}}
	for i := range 8 {
		v := mean + float64(i-4)*1e-5
		s.Trials = append(s.Trials, agent.Trial{Horizon: horizon, Loss: v})
		s.Checks[0].Losses = append(s.Checks[0].Losses, v)
	}
	x.now = x.now.Add(time.Minute)
	x.Event(x.l, agent.Event{Type: agent.ToolResult, At: x.now, Call: &agent.Call{}, Signs: s})
}

func (x *night) edit(lines ...uint64) {
	x.Event(x.l, agent.Event{Type: agent.ToolCall, At: x.now, Call: &agent.Call{Name: "Edit"}, Signs: &agent.Signs{
		Edits: []agent.Edit{{Path: "train.py", Lines: lines, Knobs: []string{"lr"}}},
	}})
}

func (x *night) call(name, command string) {
	x.now = x.now.Add(3 * time.Second)
	x.Event(x.l, agent.Event{Type: agent.ToolCall, At: x.now, Call: &agent.Call{Name: name, Summary: command}})
}

// holds returns the conditions, as one line each.
func (x *night) holds() map[agent.ConditionType]string {
	x.Pass(x.l, x.now)
	out := map[agent.ConditionType]string{}
	for _, c := range x.Conditions(x.l, x.now) {
		out[c.Type] = strings.Join(c.Evidence, " | ")
	}
	return out
}

func TestGrinding(t *testing.T) {
	const noise = 3.2801 // above what the record's trials reached
	scan := func(x *night, n int, every time.Duration) {
		for range n {
			x.trial(every, 3000, noise+float64(x.n%7)*1e-4)
		}
	}
	for _, tt := range []struct {
		name string
		do   func(x *night)
		want string // part of the evidence; empty: does not grind
	}{
		{"long and barren", func(x *night) {
			x.record(3000, 3.278)
			scan(x, 60, 10*time.Minute)
		}, "no new best for 10h: 60 trials since 3000 | 0 of the last 24 trials at 3000 steps improved by 0.0003"},
		{"no best yet", func(x *night) { scan(x, 60, 10*time.Minute) }, "60 trials since the first one"},
		{"many, but not long", func(x *night) {
			x.record(3000, 3.278)
			scan(x, 100, 5*time.Minute)
		}, ""},
		{"long, but few", func(x *night) {
			x.record(3000, 3.278)
			scan(x, 40, 20*time.Minute)
		}, ""},
		{"it improves", func(x *night) {
			for i := range 70 {
				x.trial(10*time.Minute, 3000, noise+float64(i%7)*1e-4)
				x.trial(time.Minute, 3000, 3.28-float64(i)*0.0004)
			}
		}, ""},
		{"a new best", func(x *night) {
			x.record(3000, 3.278)
			scan(x, 60, 10*time.Minute)
			x.record(2990, 3.2781)
			scan(x, 10, 10*time.Minute)
		}, ""},
		{"a record of more steps is none", func(x *night) {
			x.record(3000, 3.278)
			scan(x, 60, 10*time.Minute)
			x.record(3010, 3.2779)
		}, "since 3000"},
		{"the same verdict again", func(x *night) {
			x.record(3000, 3.278)
			scan(x, 60, 10*time.Minute)
			x.record(3000, 3.278)
		}, "since 3000"},
		{"a record whose length is not told", func(x *night) {
			x.record(3000, 3.278)
			scan(x, 60, 10*time.Minute)
			x.Event(x.l, agent.Event{Type: agent.ToolResult, At: x.now, Call: &agent.Call{}, Signs: &agent.Signs{
				Checks: []agent.Check{{Mean: 3.2777, Pass: true}},
			}})
		}, ""},
		{"lengths all over", func(x *night) {
			x.record(3000, 3.278)
			for i := range 60 {
				x.trial(10*time.Minute, int64(2900+i), noise)
			}
		}, ""},
		{"the same lines", func(x *night) {
			x.record(3000, 3.278)
			for i := range 60 {
				x.edit(uint64(i % 3))
				scan(x, 1, 10*time.Minute)
			}
		}, "20 of the last 20 edits of code touched lines edited before | knobs: lr (60 edits)"},
		{"other lines each time", func(x *night) {
			x.record(3000, 3.278)
			for i := range 60 {
				x.edit(uint64(i))
				scan(x, 1, 10*time.Minute)
			}
		}, ""},
		{"a log's trials count once", func(x *night) {
			x.record(3000, 3.278)
			for range 40 {
				scan(x, 1, 20*time.Minute)
				x.Trial(x.l, agent.Trial{At: x.now, Horizon: 3000, Loss: noise + float64((x.n-1)%7)*1e-4, Took: 400 + float64(x.n)})
			}
		}, ""},
		{"a better rank", func(x *night) {
			scan(x, 60, 10*time.Minute)
			x.Best(x.now, 2950)
		}, ""},
		{"and it goes on", func(x *night) {
			x.record(3000, 3.278)
			scan(x, 100, 10*time.Minute)
		}, "so for 7h 40m already"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newNight()
			tt.do(x)
			got, ok := x.holds()[agent.Grinding]
			if ok != (tt.want != "") || !strings.Contains(got, tt.want) {
				t.Errorf("grinding %v %q, want %q", ok, got, tt.want)
			}
		})
	}
}

func TestRevertsAreDropped(t *testing.T) {
	x := newNight()
	x.record(3000, 3.278)
	for i := range 60 {
		put := agent.Edit{Path: "train.py", Lines: []uint64{uint64(i)}, Out: 1, In: uint64(i + 2)}
		back := agent.Edit{Path: "train.py", Lines: []uint64{uint64(i)}, Out: put.In, In: put.Out}
		x.Event(x.l, agent.Event{Type: agent.ToolCall, At: x.now, Call: &agent.Call{}, Signs: &agent.Signs{Edits: []agent.Edit{put, back}}})
		x.trial(10*time.Minute, 3000, 3.29)
	}
	if got, ok := x.holds()[agent.Grinding]; ok {
		t.Errorf("it grinds, though each probe was of another line and taken back: %s", got)
	}
}

func TestLoops(t *testing.T) {
	fail := func(x *night, every time.Duration, n int) {
		for range n {
			x.now = x.now.Add(every)
			x.Event(x.l, agent.Event{Type: agent.TurnFailed, At: x.now, Failure: &agent.Failure{}})
		}
	}
	think := func(x *night, size int, ratio float64) {
		x.now = x.now.Add(time.Minute)
		x.Event(x.l, agent.Event{Type: agent.Thinking, At: x.now, Signs: &agent.Signs{Thought: &agent.Thought{Size: size, Ratio: ratio}}})
	}
	for _, tt := range []struct {
		name string
		do   func(x *night)
		typ  agent.ConditionType
		want string
	}{
		{"five echoes", func(x *night) {
			for range 5 {
				x.call("Bash", "echo idle")
			}
		}, agent.KeepAlive, "5 commands that do nothing in 12s: echo idle"},
		{"sleeps in a shell of another name", func(x *night) {
			for range 6 {
				x.call("exec_command", "sleep 30")
			}
		}, agent.KeepAlive, "6 commands that do nothing"},
		{"four", func(x *night) {
			for range 4 {
				x.call("Bash", "true")
			}
		}, agent.KeepAlive, ""},
		{"work between", func(x *night) {
			for range 4 {
				x.call("Bash", "echo idle")
				x.call("Bash", "echo idle")
				x.call("Bash", "tail -n 1 logs/run.txt")
			}
		}, agent.KeepAlive, ""},
		{"an echo that writes", func(x *night) {
			for range 9 {
				x.call("Bash", "echo done >> notes.md")
			}
		}, agent.KeepAlive, ""},
		{"it is over", func(x *night) {
			for range 5 {
				x.call("Bash", ":")
			}
			x.now = x.now.Add(11 * time.Minute)
		}, agent.KeepAlive, ""},
		{"thinking in circles", func(x *night) { think(x, 90_000, 0.03); think(x, 60_000, 0.05) }, agent.Degenerate, "2 blocks of thinking that repeats itself, 150 kB in all"},
		{"long thinking", func(x *night) { think(x, 90_000, 0.35) }, agent.Degenerate, ""},
		{"short repetition", func(x *night) { think(x, 18_000, 0.02) }, agent.Degenerate, ""},
		{"a storm", func(x *night) { fail(x, 10*time.Second, 20) }, agent.RetryStorm, "20 failed turns in 3m"},
		{"failures far apart", func(x *night) { fail(x, 10*time.Minute, 20) }, agent.RetryStorm, ""},
		{"it works again", func(x *night) { fail(x, 10*time.Second, 20); x.call("Bash", "ls") }, agent.RetryStorm, ""},
		{"the same result", func(x *night) {
			for range 4 {
				x.now = x.now.Add(time.Hour)
				x.Declared(x.l, x.now, grind.Result("Record stands: 3045 train_steps, mean 3.27853"))
			}
		}, agent.Reproposing, "declared 3045 4 times in 3h, with no new best between"},
		{"a goal declared by tool", func(x *night) {
			for range 5 {
				x.now = x.now.Add(time.Minute)
				x.Event(x.l, agent.Event{Type: agent.ToolCall, At: x.now, Call: &agent.Call{Name: "update_goal"}, Signs: &agent.Signs{Done: true}})
			}
		}, agent.Reproposing, "declared its goal 5 times"},
		{"other results", func(x *night) {
			for i := range 8 {
				x.Declared(x.l, x.now, []string{"3045", "3040"}[i%2])
			}
		}, agent.Reproposing, ""},
		{"a best between", func(x *night) {
			for range 2 {
				x.Declared(x.l, x.now, "3045")
				x.Declared(x.l, x.now, "3045")
				x.record(3045-int64(x.n), 3.278+float64(x.n)*1e-5)
				x.trial(time.Minute, 3000, 3.29)
			}
		}, agent.Reproposing, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newNight()
			tt.do(x)
			got, ok := x.holds()[tt.typ]
			if ok != (tt.want != "") || !strings.Contains(got, tt.want) {
				t.Errorf("%s: %v %q, want %q", tt.typ, ok, got, tt.want)
			}
		})
	}
}

func TestResult(t *testing.T) {
	for text, want := range map[string]string{
		"# Record stands: 3045 train_steps, 8-trial mean 3.27853": "3045",
		"Record stands at 2,990 steps.":                           "2990",
		"All 12 levers are exhausted.":                            "",
		"mean 3.27853 after 8 trials":                             "",
		"":                                                        "",
	} {
		if got := grind.Result(text); got != want {
			t.Errorf("Result(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestNextIsWhenTimeChangesSomething(t *testing.T) {
	x := newNight()
	if at := x.Next(x.l, x.now); !at.IsZero() {
		t.Errorf("nothing holds, and something is due at %v", at)
	}
	for range 5 {
		x.call("Bash", "echo idle")
	}
	if at := x.Next(x.l, x.now); !at.Equal(x.now.Add(x.l.Calm)) {
		t.Errorf("due at %v, want %v", at, x.now.Add(x.l.Calm))
	}
}

// A session of any length leaves no more behind than one of days.
func TestMemoryIsBounded(t *testing.T) {
	x := newNight()
	for i := range 20_000 {
		x.trial(time.Second, int64(i), float64(i%5000)/1000+1)
		x.edit(uint64(i))
	}
	if _, n := x.Stale(); n == 0 {
		t.Error("no trial was counted")
	}
	if n := x.Size(); n > 60_000 {
		t.Errorf("%d things are remembered", n)
	}
}
