package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/agent/workspace"
)

// history is what the journal keeps of the versions of files that have more of
// them than a snapshot lists. It is read when a moment is looked at that is
// older than those.
type history struct {
	of     map[fileID][]agent.Version
	asking bool
	gen    int // grows with what was read

	// The last view that was widened, and what it was made from.
	view, from *agent.View
	made       int
}

// fileID names a file of an agent.
type fileID struct {
	agent agent.ID
	path  string
}

// historyRead brings the versions of a file; none where they cannot be read,
// which is then told as what is not kept is.
type historyRead struct {
	file     fileID
	versions []agent.Version
}

func (h *history) take(msg historyRead) {
	h.asking = false
	if h.of == nil {
		h.of = map[fileID][]agent.Version{}
	}
	h.of[msg.file] = msg.versions
	h.gen++
}

// widen returns an agent's view with the versions that were read besides.
func (h *history) widen(v *agent.View) *agent.View {
	if len(h.of) == 0 {
		return v
	}
	if h.from == v && h.made == h.gen {
		return h.view
	}
	c := *v
	c.Files = slices.Clone(v.Files)
	more := func(path string, vs []agent.Version) []agent.Version {
		old, ok := h.of[fileID{v.ID, path}]
		if !ok || len(vs) == 0 {
			return vs
		}
		n, _ := slices.BinarySearchFunc(old, vs[0].At, func(x agent.Version, t time.Time) int { return x.At.Compare(t) })
		return append(slices.Clip(old[:n]), vs...)
	}
	c.Plan.Versions, c.Goal.Versions = more(v.Plan.Path, v.Plan.Versions), more(v.Goal.Path, v.Goal.Versions)
	for i := range c.Files {
		c.Files[i].Versions = more(c.Files[i].Path, c.Files[i].Versions)
	}
	h.view, h.from, h.made = &c, v, h.gen
	return h.view
}

// lacks reports whether versions may be kept of a time that are not listed.
func (h *history) lacks(file fileID, vs []agent.Version, at time.Time) bool {
	if len(vs) < workspace.Listed || !vs[0].At.After(at) {
		return false
	}
	_, read := h.of[file]
	return !read
}

// readHistory has the versions of a file read that the open tab lacks.
func (m *Model) readHistory() tea.Cmd {
	v := m.view()
	if v == nil || m.history.asking {
		return nil
	}
	file, ok := m.lacking(v)
	if !ok {
		return nil
	}
	m.history.asking = true
	src := m.src
	return func() tea.Msg {
		vs, err := src.Versions(file.agent, file.path)
		if err != nil {
			vs = nil
		}
		return historyRead{file, vs}
	}
}

// lacking returns a file of which the open tab lacks versions.
func (m *Model) lacking(v *agent.View) (fileID, bool) {
	switch m.tabs[m.tab].pane {
	case pane(&m.plan):
		d := &v.Plan
		if m.plan.goal {
			d = &v.Goal
		}
		at := m.past.at
		if !m.past.on() {
			if at = m.now; m.plan.back > 0 && m.plan.back >= len(d.Versions)-1 {
				at = time.Time{} // the oldest one that is listed is shown
			}
		}
		id := fileID{v.ID, d.Path}
		return id, m.history.lacks(id, d.Versions, at)
	case pane(&m.files):
		at := m.now
		if m.past.on() {
			at = m.past.at
		}
		if m.files.look.v != nil && m.files.base != lastChange && m.files.baseTime().Before(at) {
			at = m.files.baseTime()
		}
		for i := range v.Files {
			if id := (fileID{v.ID, v.Files[i].Path}); m.history.lacks(id, v.Files[i].Versions, at) {
				return id, true
			}
		}
	}
	return fileID{}, false
}
