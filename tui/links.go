package tui

import (
	"time"

	"vigil/remote"
)

// link returns how the connection to a host stands, or nil.
func (c *Cluster) link(host string) *remote.Link {
	if c == nil {
		return nil
	}
	for i := range c.Links {
		if c.Links[i].Host == host {
			return &c.Links[i]
		}
	}
	return nil
}

// stale says how old what is shown of a host is, or nothing while it is
// connected. Seconds are told only while the next try is counted down to: they
// would have to be drawn each second.
func (l look) stale(host string) string {
	k := l.cluster.link(host)
	if k == nil || k.State == remote.LinkUp || k.State == remote.LinkIdle || k.Since.IsZero() {
		return ""
	}
	d := l.now.Sub(k.Since)
	if k.State == remote.LinkDown && k.Retry.After(l.now) && d >= 0 && d < 100*time.Second {
		return "stale " + seconds(d)
	}
	return "stale " + age(d)
}

// linkParts draws the connections that are not as they should be, for the
// header.
func (m *Model) linkParts() []string {
	if m.cluster == nil {
		return nil
	}
	var out []string
	for _, l := range m.cluster.Links {
		if sign, look := m.st.linkSign(l.State); sign != "" {
			out = append(out, look.Render(sign+" "+line(l.Host)+" "+linkWord(l.State, l.Since, l.Retry, m.now)))
		}
	}
	return out
}

// linkSign returns the sign and the paint of a connection's state; no sign where
// there is nothing to tell.
func (s *styles) linkSign(state remote.LinkState) (string, paint) {
	switch state {
	case remote.LinkConnecting:
		return "◌", s.muted
	case remote.LinkNeeds:
		return "▲", s.warn
	case remote.LinkDown:
		return "×", s.bad
	case remote.LinkRefused:
		return "■", s.bad
	}
	return "", s.text
}

func linkWord(state remote.LinkState, since, retry, now time.Time) string {
	switch state {
	case remote.LinkConnecting:
		return "connecting"
	case remote.LinkNeeds:
		return "asks"
	case remote.LinkRefused:
		return "refused"
	}
	s := "down"
	if d := now.Sub(since); !since.IsZero() && d >= time.Minute {
		s += " " + age(d)
	}
	if retry.After(now) {
		s += ", again in " + countdown(now, retry)
	}
	return s
}

// linkProblems tells what is wrong with connections and what to do about it,
// one line each.
func (m *Model) linkProblems() []string {
	if m.cluster == nil {
		return nil
	}
	var out []string
	for _, l := range m.cluster.Links {
		switch l.State {
		case remote.LinkDown, remote.LinkRefused, remote.LinkNeeds:
		default:
			continue
		}
		s := line(l.Host) + ": " + line(l.What)
		if l.What == "" {
			s = line(l.Host) + ": " + linkWord(l.State, l.Since, time.Time{}, m.now)
		}
		if l.Do != "" {
			s += " → " + line(l.Do)
		}
		out = append(out, s)
	}
	return out
}

// jobsPart counts the jobs that are alive, and the GPUs that are in use.
func (m *Model) jobsPart() string {
	if m.cluster == nil || len(m.cluster.Clusters) == 0 {
		return ""
	}
	jobs, used, all, told := 0, 0, 0, false
	for _, c := range m.cluster.Clusters {
		told = told || !c.At.IsZero()
		for i := range c.Jobs {
			if c.Jobs[i].State.Alive() {
				jobs++
			}
		}
		u, a := gpusOf(c)
		used, all = used+u, all+a
	}
	if !told {
		return ""
	}
	s := m.st.text.Render(counted(jobs, "job"))
	if all > 0 {
		s += m.st.muted.Render(" · ") + m.st.text.Render(thousands(used)+"/"+thousands(all)) + m.st.muted.Render(" GPUs")
	}
	return s
}
