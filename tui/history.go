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
	of     map[fileID]kept
	asking bool
	gen    int // grows with what was read

	// The last view that was widened, and what it was made from.
	view, from *agent.View
	made       int
}

// kept are the versions that were read of a file, and since when a snapshot
// listed its own then.
type kept struct {
	versions []agent.Version
	listed   time.Time
}

// meets reports whether no version is missing between those that were read and
// those that are listed since a time.
func (k kept) meets(listed time.Time) bool {
	n := len(k.versions)
	return n > 0 && !k.versions[n-1].At.Before(listed)
}

// fileID names a file of an agent.
type fileID struct {
	agent agent.ID
	path  string
}

// historyRead brings the versions of a file; none where they cannot be read,
// which is then told as what is not kept is.
type historyRead struct {
	file fileID
	kept kept
}

func (h *history) take(msg historyRead) {
	h.asking = false
	if h.of == nil {
		h.of = map[fileID]kept{}
	}
	h.of[msg.file] = msg.kept
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
		n, _ := slices.BinarySearchFunc(old.versions, vs[0].At, func(x agent.Version, t time.Time) int { return x.At.Compare(t) })
		return append(slices.Clip(old.versions[:n]), vs...)
	}
	c.Plan.Versions, c.Goal.Versions = more(v.Plan.Path, v.Plan.Versions), more(v.Goal.Path, v.Goal.Versions)
	for i := range c.Files {
		c.Files[i].Versions = more(c.Files[i].Path, c.Files[i].Versions)
	}
	h.view, h.from, h.made = &c, v, h.gen
	return h.view
}

// lacks reports whether versions may be kept of a time that are not listed. What
// was read is read again where a file has come so far since that versions are
// missing between it and the list.
func (h *history) lacks(file fileID, vs []agent.Version, at time.Time) bool {
	if len(vs) < workspace.Listed || !vs[0].At.After(at) {
		return false
	}
	k, read := h.of[file]
	return !read || !k.meets(vs[0].At) && !k.listed.Equal(vs[0].At)
}

// readHistory has the versions of a file read that the open tab lacks.
func (m *Model) readHistory() tea.Cmd {
	v := m.view()
	if v == nil || m.history.asking {
		return nil
	}
	file, listed, ok := m.lacking(v)
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
		return historyRead{file, kept{vs, listed}}
	}
}

// lacking returns a file of which the open tab lacks versions, and since when
// they are listed.
func (m *Model) lacking(v *agent.View) (file fileID, listed time.Time, ok bool) {
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
		if id := (fileID{v.ID, d.Path}); m.history.lacks(id, d.Versions, at) {
			return id, d.Versions[0].At, true
		}
	case pane(&m.files):
		at := m.now
		if m.past.on() {
			at = m.past.at
		}
		if m.files.look.v != nil && m.files.base != lastChange && m.files.baseTime().Before(at) {
			at = m.files.baseTime()
		}
		for i := range v.Files {
			vs := v.Files[i].Versions
			if id := (fileID{v.ID, v.Files[i].Path}); m.history.lacks(id, vs, at) {
				return id, vs[0].At, true
			}
		}
	}
	return fileID{}, time.Time{}, false
}
