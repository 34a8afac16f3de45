package tui

import (
	"cmp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/remote/curve"
)

// listAgents lists the agents and their files.
func (m *Model) listAgents() {
	if m.snap == nil {
		return
	}
	for i := range m.snap.Agents {
		v := &m.snap.Agents[i]
		id := v.ID
		where := string(v.Kind)
		if v.Host != "" && v.Host != "local" {
			where += " on " + v.Host
		}
		m.palette.add(entry{kind: "agent", text: line(v.Name), more: line(word(v) + " · " + where), do: func(m *Model) tea.Cmd {
			return m.goAgent(id)
		}})
	}
	for i := range m.snap.Agents {
		v := &m.snap.Agents[i]
		id, name := v.ID, line(v.Name)
		for _, goal := range []bool{false, true} {
			d := &v.Plan
			if goal {
				d = &v.Goal
			}
			if d.Path == "" && d.Text == "" {
				continue
			}
			m.palette.add(entry{kind: "file", text: line(cmp.Or(within(v, d.Path), "plan")), more: name, do: func(m *Model) tea.Cmd {
				return m.goPlan(id, goal)
			}})
		}
		for j := range v.Files {
			path := v.Files[j].Path
			m.palette.add(entry{kind: "file", text: line(path), more: name, do: func(m *Model) tea.Cmd {
				return m.goFile(id, path)
			}})
		}
	}
}

// within returns a path as seen from an agent's workspace.
func within(v *agent.View, path string) string {
	if v.Workspace == "" {
		return path
	}
	return strings.TrimPrefix(path, strings.TrimSuffix(v.Workspace, "/")+"/")
}

// listJobs lists the schedulers' jobs.
func (m *Model) listJobs() {
	if m.cluster == nil {
		return
	}
	for _, c := range m.cluster.Clusters {
		for i := range c.Jobs {
			j := &c.Jobs[i]
			id := idOf(j)
			m.palette.add(entry{kind: "job", text: line(j.ID + " " + j.Name), more: line(jobWord(j) + " · " + j.Host), do: func(m *Model) tea.Cmd {
				return m.goJob(id)
			}})
		}
	}
}

// listRuns lists the runs, the newest first.
func (m *Model) listRuns() {
	if m.runs == nil {
		return
	}
	names := map[string]string{}
	if m.snap != nil {
		for i := range m.snap.Agents {
			v := &m.snap.Agents[i]
			names[string(v.ID)] = line(v.Name)
		}
	}
	for i := m.runs.Len() - 1; i >= 0; i-- {
		r := m.runs.At(i)
		id := r.ID
		m.palette.add(entry{kind: "run", text: line(r.Name), more: cmp.Or(names[r.Key], line(r.Host)), do: func(m *Model) tea.Cmd {
			return m.goRun(id)
		}})
	}
}

// goAgent selects an agent, if it is still there.
func (m *Model) goAgent(id agent.ID) tea.Cmd {
	if m.snap.Find(id) == nil {
		return m.say(m.st.warn, "this agent is gone")
	}
	m.fleet.sel = id
	m.show()
	if m.fleet.sel != id { // the filter leaves it out
		m.fleet.SetFilter("")
		m.fleet.sel = id
	}
	return m.selected()
}

// goPlan opens an agent's plan or goal.
func (m *Model) goPlan(id agent.ID, goal bool) tea.Cmd {
	cmd := m.goAgent(id)
	m.plan.goal = goal
	return tea.Batch(cmd, m.openTab(&m.plan))
}

// goFile opens a file of an agent's scratchpad.
func (m *Model) goFile(id agent.ID, path string) tea.Cmd {
	m.files.SetFilter("")
	cmd := tea.Batch(m.goAgent(id), m.openTab(&m.files))
	m.files.sel = path
	m.show()
	return cmd
}

// goJob opens a job.
func (m *Model) goJob(id jobID) tea.Cmd {
	p := &m.jobs
	p.SetFilter("")
	cmd := m.openTab(p)
	p.sel = id
	m.show()
	if !p.selects(id) { // another agent's, or one that ended long ago
		p.all, p.past, p.sel = true, true, id
		m.show()
	}
	if !p.selects(id) {
		return tea.Batch(cmd, m.say(m.st.warn, "job "+line(id.id)+" is no longer known"))
	}
	return cmd
}

// goRun shows a run among the curves of its agent.
func (m *Model) goRun(id curve.ID) tea.Cmd {
	r := m.runs.Find(id)
	if r == nil {
		return m.say(m.st.warn, "this run is no longer known")
	}
	var cmd tea.Cmd
	if m.snap != nil && m.snap.Find(agent.ID(r.Key)) != nil {
		cmd = m.goAgent(agent.ID(r.Key))
	} else {
		m.curves.all = true
	}
	m.curves.open(r)
	return tea.Batch(cmd, m.openTab(&m.curves))
}
