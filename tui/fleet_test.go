package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

// crew is a fleet of five agents on two machines.
func crew() *agent.Snapshot {
	s := &agent.Snapshot{At: clock}
	add := func(name, host, target string, state agent.State, since time.Duration, best float64) {
		v := agent.View{
			Agent: agent.Agent{ID: agent.ID(name), Name: name, Host: host, Pane: agent.Pane{Target: target}},
			State: state, Since: clock.Add(-since),
		}
		if best > 0 {
			v.Best = &agent.Best{Value: best}
		}
		s.Agents = append(s.Agents, v)
	}
	add("delta", "local", "night:0.0", agent.Working, 5*time.Hour, 0)
	add("alpha", "head", "sweep:1.0", agent.Waiting, 2*time.Hour, 2950)
	add("Bravo", "head", "sweep:2.0", agent.Stopped, time.Hour, 2990)
	add("echo", "local", "night:1.0", agent.Working, time.Minute, 2930)
	add("charlie", "local", "", agent.Waiting, 3*time.Hour, 0)
	s.Agents[4].Need = &agent.Need{Type: agent.NeedHelp}
	return s
}

func TestFleetOrder(t *testing.T) {
	m := start(newFake(crew()), size{120, 40})
	listed := func() string {
		var out []string
		for i, row := range m.fleet.rows {
			for _, g := range m.fleet.groups {
				if g.from == i {
					out = append(out, g.name+":")
				}
			}
			out = append(out, m.snap.Agents[row].Name)
		}
		return strings.Join(out, " ")
	}
	m.openFleet()
	press(m, "G")
	for _, c := range []struct{ key, want string }{
		{"", "delta alpha Bravo echo charlie"},
		{"s", "charlie Bravo delta echo alpha"},
		{"s", "alpha Bravo charlie delta echo"},
		{"s", "charlie alpha Bravo delta echo"},
		{"s", "echo alpha Bravo delta charlie"},
		{"s", "delta alpha Bravo echo charlie"},
		{"b", "head: alpha Bravo local: delta echo charlie"},
		{"s", "head: Bravo alpha local: charlie delta echo"},
		{"b", "head sweep: Bravo alpha night: delta echo outside tmux: charlie"},
		{"b", "charlie Bravo delta echo alpha"},
	} {
		if c.key != "" {
			press(m, c.key)
		}
		if got := listed(); got != c.want {
			t.Errorf("after %s: %s\nwant %s", c.key, got, c.want)
		}
		if m.fleet.sel != "charlie" {
			t.Errorf("after %s %s is selected", c.key, m.fleet.sel)
		}
	}
}

// Of folded groups the selected agent's is open, and the next one opens as one
// goes on.
func TestFleetFold(t *testing.T) {
	m := start(newFake(crew()), size{120, 40})
	m.openFleet()
	press(m, "b", "f", "g")
	seen := func(names ...string) {
		t.Helper()
		view := m.fleet.View()
		for _, name := range []string{"alpha", "Bravo", "delta", "echo", "charlie"} {
			want := false
			for _, n := range names {
				want = want || n == name
			}
			if strings.Contains(view, name) != want {
				t.Errorf("%s is seen: %t\n%s", name, !want, view)
			}
		}
	}
	seen("alpha", "Bravo")
	press(m, "j", "j")
	seen("delta", "echo", "charlie")
	m.fleet.click(3, 0) // the head of the first group
	seen("alpha", "Bravo")
	press(m, "f")
	seen("alpha", "Bravo", "delta", "echo", "charlie")
}

// However many agents there are, and however they are grouped, the selected one
// is in view.
func TestFleetFollowsSelection(t *testing.T) {
	for _, n := range []int{1, 7, 12, 40, 500} {
		src := newFake(huge(n))
		for i := range src.snap.Agents {
			src.snap.Agents[i].Host = fmt.Sprintf("head-%d", i%7)
		}
		m := start(src, size{120, 40})
		m.openFleet()
		for _, how := range [][]string{nil, {"b"}, {"f"}, {"s", "s"}} {
			press(m, append(how, "g")...)
			for range n {
				if name := m.view().Name; !strings.Contains(m.fleet.View(), name) {
					t.Fatalf("%d agents, %q: %s is selected and not seen\n%s", n, how, name, m.fleet.View())
				}
				press(m, "j")
			}
		}
	}
}
