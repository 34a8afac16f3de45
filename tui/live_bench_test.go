package tui

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/remote"
)

// What a person who works with the screen waits for with 50 agents and 10,000
// runs that grow: each message (a point, a snapshot, a key, the mouse, the
// outcome of a command) with the frame after it. The metrics are percentiles
// over single messages, in milliseconds; the aim is a p99 below 8.
func BenchmarkLive(b *testing.B) {
	store := runStore(5000, "a1", "a2")
	for tab := range 7 {
		src := newFake(fleet50())
		src.cluster, src.runs = cluster(), store.Snapshot()
		m := start(src, size{200, 60})
		b.Run(m.tabs[tab].title, func(b *testing.B) {
			m.Update(keyMsg(fmt.Sprint(tab + 1)))
			l := &live{m: m, src: src, rng: rand.New(rand.NewPCG(1, 2))}
			w := store.Writer(remote.Source{Key: "a1", Host: "local", Path: "/w/live.log"})
			for b.Loop() {
				l.n++
				w.Add(remote.Record{Kind: remote.Point, Step: int64(l.n), Plan: 1 << 40, Wall: remote.NoWall(), Metrics: []remote.Metric{
					{Name: "val_loss", Raw: "val_loss", Value: 3 + 1/float64(l.n)},
				}})
				src.runs = store.Snapshot()
				l.step()
			}
			slices.Sort(l.took)
			at := func(p float64) float64 { return l.took[int(p*float64(len(l.took)-1))].Seconds() * 1000 }
			b.ReportMetric(at(0.5), "p50-ms")
			b.ReportMetric(at(0.99), "p99-ms")
			b.ReportMetric(at(1), "max-ms")
		})
	}
}

// fleet50 is a fleet of 50 agents, each with a plan of 200 lines and a day's
// timeline.
func fleet50() *agent.Snapshot {
	s := huge(50)
	for i := range s.Agents {
		v := &s.Agents[i]
		if i == 0 {
			*v = story().Agents[0]
		}
		for n := range 200 {
			v.Plan.Text += fmt.Sprintf("\n- [ ] probe %d of the same lever, with a line that is long enough to be wrapped", n)
		}
		for n := range 1000 {
			v.Moments = append(v.Moments, agent.Moment{At: clock.Add(time.Duration(n) * time.Minute), Type: agent.MFile, Text: fmt.Sprint("scratchpad/runs/r", n, ".log")})
		}
	}
	return s
}

// live feeds a model as the program does, and takes the time of each message.
type live struct {
	m    *Model
	src  *fake
	rng  *rand.Rand
	n    int
	took []time.Duration
}

func (l *live) take(msg tea.Msg) tea.Cmd {
	began := time.Now()
	_, cmd := l.m.Update(msg)
	_ = l.m.View()
	l.took = append(l.took, time.Since(began))
	return cmd
}

// step is one thing that happens, and what follows from it at once.
func (l *live) step() {
	var msg tea.Msg
	switch l.rng.IntN(10) {
	case 0, 1, 2: // an agent's plan, state and screen change
		s := *l.src.snap
		s.Agents = slices.Clone(s.Agents)
		v := &s.Agents[l.rng.IntN(len(s.Agents))]
		v.Plan.Text += fmt.Sprintf("\n- [x] step %d", l.n)
		v.Plan.At = v.Plan.At.Add(time.Second)
		v.State = []agent.State{agent.Working, agent.Waiting, agent.Stopped}[l.n%3]
		l.src.snap = &s
		msg = changed{clock.Add(time.Duration(l.n) * time.Second)}
	case 3, 4, 5: // a point came
		msg = changed{clock.Add(time.Duration(l.n) * time.Second)}
	case 6, 7:
		msg = keyMsg([]string{"j", "k", "G", "g", "J", "K"}[l.rng.IntN(6)])
	case 8:
		msg = tea.MouseWheelMsg{X: 80 + l.rng.IntN(100), Y: 10 + l.rng.IntN(40), Button: tea.MouseWheelDown}
	default:
		msg = tea.MouseMotionMsg{X: 80 + l.rng.IntN(100), Y: 10 + l.rng.IntN(40)}
	}
	l.follow(l.take(msg), 3)
}

// follow carries a command out, untimed, and takes in its outcome.
func (l *live) follow(cmd tea.Cmd, deep int) {
	if cmd == nil || deep == 0 {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			l.follow(c, deep-1)
		}
	default:
		l.follow(l.take(msg), deep-1)
	}
}
