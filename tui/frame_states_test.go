package tui

import (
	"errors"
	"fmt"
	"image/color"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"vigil/agent"
	"vigil/remote"
)

// silent is a cluster whose scheduler does not answer, and never has with first.
func silent(first bool) *Cluster {
	const problem = "the scheduler does not answer: slurm_load_jobs error: Unable to contact slurm controller"
	c := &remote.Cluster{Host: "head", Problem: problem}
	if !first {
		k := *cluster().Clusters[0]
		k.Problem = problem
		c = &k
	}
	return &Cluster{Clusters: []*remote.Cluster{c}, Links: []remote.Link{{Host: "head", State: remote.LinkUp}}}
}

// queue is a cluster with n jobs on as many nodes.
func queue(n int) *Cluster {
	c := cluster()
	k := *c.Clusters[0]
	for i := len(k.Jobs); i < n; i++ {
		j := k.Jobs[i%6]
		j.ID, j.Name = fmt.Sprint(50000+i), fmt.Sprintf("sweep-%04d", i)
		k.Jobs = append(k.Jobs[:len(k.Jobs):len(k.Jobs)], j)
	}
	for i := len(k.Nodes); i < n; i++ {
		node := k.Nodes[i%4]
		node.Name = fmt.Sprintf("gpu%04d", i)
		k.Nodes = append(k.Nodes[:len(k.Nodes):len(k.Nodes)], node)
	}
	c.Clusters[0] = &k
	return c
}

// tmuxless is the story after its tmux server has gone.
func tmuxless() *agent.Snapshot {
	s := story()
	s.Problems = []agent.Problem{{At: clock, Where: "tmux server /run/tmux", What: "connection refused", Do: "its agents are watched without their panes, and not nudged, until it answers"}}
	for i := range s.Agents {
		s.Agents[i].Pane, s.Agents[i].Screen = agent.Pane{}, nil
	}
	return s
}

// longNight is the night of n agents.
func longNight(n int) agent.Past {
	p := night()
	for i := len(p.Agents); i < n; i++ {
		a := p.Agents[i%3]
		a.ID, a.Name = agent.ID(fmt.Sprint("h", i)), fmt.Sprintf("agent-%03d", i)
		p.Agents = append(p.Agents, a)
	}
	return p
}

// pending is behind a key whose commands have not come back yet.
const pending = "pending"

// TestFrameStates keeps pictures of the zones in each state that they can be
// in: nothing yet, nothing at all, something broken, one agent and very many.
func TestFrameStates(t *testing.T) {
	one := story()
	one.Agents = one.Agents[1:2]
	for _, f := range []struct {
		name string
		snap *agent.Snapshot
		keys []string
		net  *Cluster
		set  func(*fake) // nil for nothing
	}{
		{"loading", nil, nil, nil, nil},
		{"empty", &agent.Snapshot{At: clock}, nil, nil, nil},
		{"fleet-one", one, nil, nil, nil},
		{"fleet-twelve", crowd(12), nil, nil, nil},
		{"fleet-grouped", crowd(12), []string{"b", "s"}, nil, nil},
		{"fleet-huge", crowd(500), []string{"pgdown", "pgdown", "j"}, cluster(), nil},
		{"fleet-none-match", crowd(500), []string{"/", "q", "q", "q"}, nil, nil},
		{"host-away", story(), []string{"J", "J"}, offline(), nil},
		{"pane-loading", func() *agent.Snapshot { s := story(); s.Agents[0].Screen = nil; return s }(), []string{"5"}, nil, nil},
		{"pane-tmux-gone", tmuxless(), []string{"5"}, nil, nil},
		{"pane-huge", huge(200), []string{"5", "k", "k"}, nil, nil},
		{"jobs-loading", story(), []string{"6"}, &Cluster{Clusters: []*remote.Cluster{{Host: "head"}}}, nil},
		{"jobs-silent", story(), []string{"J", "6"}, silent(false), nil},
		{"jobs-silent-first", story(), []string{"6"}, silent(true), nil},
		{"jobs-huge", story(), []string{"J", "6", "e", "G"}, queue(2000), nil},
		{"report-loading", story(), []string{"7", pending}, nil, nil},
		{"report-empty", &agent.Snapshot{At: clock}, []string{"7"}, nil, nil},
		{"report-error", story(), []string{"7"}, nil, func(f *fake) {
			f.lost = errors.New("journal: database disk image is malformed: move it away; a new one is made")
		}},
		{"report-huge", huge(200), []string{"7", "]", "]", "]", "G"}, nil, func(f *fake) { f.past = longNight(60) }},
	} {
		for _, s := range []size{{80, 24}, {120, 40}, {200, 60}} {
			for _, dark := range []bool{true, false} {
				name := fmt.Sprintf("%s-%dx%d-%s", f.name, s.w, s.h, map[bool]string{true: "dark", false: "light"}[dark])
				t.Run(name, func(t *testing.T) {
					src := newFake(f.snap)
					src.cluster = f.net
					if f.set != nil {
						f.set(src)
					}
					m := start(src, s)
					if !dark {
						m.Update(tea.BackgroundColorMsg{Color: color.White})
					}
					for i, k := range f.keys {
						if i+1 < len(f.keys) && f.keys[i+1] == pending {
							m.Update(keyMsg(k))
							break
						}
						press(m, k)
					}
					got := m.View().Content
					check(t, got, s)
					golden.RequireEqual(t, got)
				})
			}
		}
	}
}
