package tui

import (
	"strings"
	"time"

	"vigil/agent"
)

// viewHeader draws the fleet at a glance. Where there is no room for all, the
// parts that come last in the list give way first; auto-resume and the clock
// stay.
func (m *Model) viewHeader(w int) string {
	st := m.st
	right := m.headerRight()
	left := " " + st.title.Render("vigil")
	parts := append([]string{m.countPart()}, m.linkParts()...)
	for _, part := range append(parts, m.bestPart(), m.jobsPart(), m.idlePart(), m.runsPart()) {
		if part == "" {
			continue
		}
		if cells(left)+3+cells(part)+2+cells(right) > w {
			break
		}
		left += "   " + part
	}
	return spread(left, right, w)
}

// headerRight is who sends nudges, and the clock.
func (m *Model) headerRight() string {
	return m.autoPart() + "  " + m.st.muted.Render(m.now.Format("15:04")) + " "
}

// spelt is the width from which every state in the header has its word; from
// wide on, those have it that may need a person.
const spelt = 150

// countPart counts the agents by state, the ones that need a look first.
func (m *Model) countPart() string {
	st := m.st
	if m.snap == nil {
		return st.muted.Render("looking for agents")
	}
	n := map[agent.State]int{}
	for i := range m.snap.Agents {
		n[stateOf(&m.snap.Agents[i])]++
	}
	worded := func(s agent.State) bool {
		return m.w >= spelt || m.w >= wide && s != agent.Working && s != agent.Waiting
	}
	parts := append([]string{st.text.Render(plural(len(m.snap.Agents), "agent"))}, st.counts(n, worded)...)
	return strings.Join(parts, "  ")
}

// bestPart sets the best result of all against the record.
func (m *Model) bestPart() string {
	st := m.st
	best := bestOf(m.snap)
	if best == nil {
		return ""
	}
	s := st.muted.Render("best ") + st.good.Render(number(best.Value))
	record := m.snap.Goal.Record
	if record == 0 {
		return s
	}
	switch d := record - best.Value; {
	case d > 0:
		s += st.good.Render(" ▼" + number(d))
	case d < 0:
		s += st.muted.Render(" ▲" + number(-d))
	}
	return s + st.muted.Render(" record ") + st.record.Render(number(record))
}

// bestOf returns the best result of the fleet, or nil.
func bestOf(s *agent.Snapshot) *agent.Best {
	var best *agent.Best
	if s == nil {
		return nil
	}
	for i := range s.Agents {
		if b := s.Agents[i].Best; b != nil && (best == nil || b.Value < best.Value) {
			best = b
		}
	}
	return best
}

// idlePart says how much of the agents' time was idle.
func (m *Model) idlePart() string {
	if m.snap == nil || len(m.snap.Agents) == 0 {
		return ""
	}
	var idle, all time.Duration
	for i := range m.snap.Agents {
		v := &m.snap.Agents[i]
		idle += m.idle(v)
		if !v.Started.IsZero() {
			all += max(m.now.Sub(v.Started), 0)
		}
	}
	if all == 0 {
		return ""
	}
	look := m.st.muted
	if idle > all/10 {
		look = m.st.warn
	}
	return m.st.muted.Render("idle ") + look.Render(age(idle)) + m.st.muted.Render("/"+age(all))
}

// runsPart counts the runs.
func (m *Model) runsPart() string {
	if m.runs == nil || m.runs.Len() == 0 {
		return ""
	}
	return m.st.muted.Render(counted(m.runs.Len(), "run"))
}

// idle is an agent's idle time up to what the clock shows: while it is stopped
// no new snapshot need come.
func (m *Model) idle(v *agent.View) time.Duration {
	if v.State == agent.Stopped && m.now.After(m.snap.At) {
		return v.Idle + m.now.Sub(m.snap.At)
	}
	return v.Idle
}

// autoPart says who sends nudges.
func (m *Model) autoPart() string {
	st := m.st
	switch {
	case m.snap == nil:
		return ""
	case m.snap.Holder != "":
		return st.muted.Render("auto ") + st.warn.Render("◌ "+cut(line(m.snap.Holder), 24))
	case m.snap.Auto && m.snap.DryRun:
		return st.muted.Render("auto ") + st.warn.Render("◌ dry run")
	case m.snap.Auto:
		return st.muted.Render("auto ") + st.good.Render("● on")
	}
	return st.muted.Render("auto ○ off")
}
