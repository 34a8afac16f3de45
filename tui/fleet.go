package tui

import (
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/remote/curve"
)

// fleetPane lists the agents: three, two or one line each, as there is room,
// or all in one line on a narrow terminal.
type fleetPane struct {
	w, h  int
	strip bool
	keys  []action[*fleetPane]
	look  look

	sel    agent.ID // stays with the agent when the list changes
	filter string
	sort   fleetSort
	by     fleetBy
	folded bool         // of the groups, only the selected agent's is open
	rows   []int        // the agents that the filter leaves, by their place in the snapshot, in the list's order
	groups []fleetGroup // none where they are not grouped
	items  []fleetItem  // what the list shows
	lines  int          // ... and how many lines that takes
	at     int          // where sel is in rows
	per    int          // lines of an agent
	gap    int          // lines between two
	top    int          // the first line drawn
	loose  bool         // scrolled away from the selected one

	falls  map[agent.ID][]float64 // how each agent's best result fell, run by run
	fallsN int                    // how many runs there were then
	fallsT time.Time              // and when that was
}

// SetSize sets the room inside the border.
func (p *fleetPane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys returns what the keys do here.
func (p *fleetPane) Keys() []bound { return tie(p.keys, p) }

// Filter returns the word that narrows the list down.
func (p *fleetPane) Filter() string { return p.filter }

// SetFilter narrows the list down to agents with the word in their name, kind,
// host, state or workspace.
func (p *fleetPane) SetFilter(s string) { p.filter = s }

// Show takes a snapshot over. An agent that is gone hands the selection on to
// the one that took its place.
func (p *fleetPane) Show(l look) {
	p.look = l
	p.rows = p.rows[:0]
	if l.snap == nil {
		p.sel = ""
		return
	}
	p.follow(l)
	for i := range l.snap.Agents {
		v := &l.snap.Agents[i]
		if matches(p.filter, v.Name, string(v.Kind), v.Host, word(v), string(v.State), v.Workspace) {
			p.rows = append(p.rows, i)
		}
	}
	p.order()
	if len(p.rows) == 0 {
		p.sel = ""
		return
	}
	found := slices.IndexFunc(p.rows, func(i int) bool { return l.snap.Agents[i].ID == p.sel })
	if found < 0 {
		found = min(max(p.at, 0), len(p.rows)-1)
	}
	p.at = found
	p.sel = l.snap.Agents[p.rows[p.at]].ID
	p.window()
}

// follow works out anew how the agents' best results fell: when a run came,
// and once a minute, since that looks at every run.
func (p *fleetPane) follow(l look) {
	if l.runs == nil || l.runs.Len() == p.fallsN && l.now.Sub(p.fallsT) < time.Minute {
		return
	}
	p.fallsN, p.fallsT = l.runs.Len(), l.now
	p.falls = falls(l.runs, l.snap.Goal)
}

// falls returns the best result so far after each run that had one, by agent.
func falls(runs *curve.Set, g agent.GoalLine) map[agent.ID][]float64 {
	out := map[agent.ID][]float64{}
	for _, r := range runs.All() {
		v, ok := result(r, g)
		if !ok {
			continue
		}
		id := agent.ID(r.Key)
		if n := len(out[id]); n > 0 {
			v = min(v, out[id][n-1])
		}
		out[id] = append(out[id], v)
	}
	return out
}

// result is what a run reached, by the goal line: the step at which the metric
// met the target, or else the metric's least value.
func result(r *curve.Run, g agent.GoalLine) (float64, bool) {
	if g.Minimize == "step" {
		return r.Crossing(g.Metric, g.Target)
	}
	p, ok := r.Best(g.Metric)
	return p.Value, ok
}

// matches reports whether one of the texts holds the filter, letter case aside.
func matches(filter string, texts ...string) bool {
	if filter == "" {
		return true
	}
	filter = strings.ToLower(filter)
	for _, t := range texts {
		if strings.Contains(strings.ToLower(t), filter) {
			return true
		}
	}
	return false
}

// window chooses how many lines an agent gets, and keeps the selection in view.
func (p *fleetPane) window() {
	n, heads := p.seen()
	p.per, p.gap = 1, 0
	switch room := p.h - heads; {
	case p.strip:
	case n*4-1 <= room:
		p.per, p.gap = 3, 1
	case n*3 <= room:
		p.per = 3
	case n*2 <= room:
		p.per = 2
	}
	p.lines = p.list()
	if !p.loose {
		from, to := p.span()
		p.top = min(max(p.top, to-p.h), from)
	}
	p.top = max(min(p.top, p.lines-p.h), 0)
}

// clampTop scrolls a list of n entries, of which fits are seen, as little as
// shows entry at.
func clampTop(top, at, n, fits int) int {
	top = min(max(top, at-fits+1), at)
	return max(min(top, n-fits), 0)
}

func (p *fleetPane) move(n int) {
	if len(p.rows) == 0 {
		return
	}
	p.at, p.loose = min(max(p.at+n, 0), len(p.rows)-1), false
	p.sel = p.look.snap.Agents[p.rows[p.at]].ID
	p.window()
}

// Note says how much of the list is seen.
func (p *fleetPane) Note() string {
	st := p.look.st
	how := sortWords[p.sort]
	if p.filter != "" {
		s := st.accent.Render("/"+cut(p.filter, 16)) + st.muted.Render(" "+plural(len(p.rows), "agent"))
		if how != "" && p.w >= fleetMin {
			s += st.muted.Render(" " + how)
		}
		return s
	}
	var parts []string
	if how != "" {
		parts = append(parts, how)
	}
	if p.lines > p.h {
		parts = append(parts, number(float64(p.at+1))+" of "+number(float64(len(p.rows))))
	}
	return st.muted.Render(strings.Join(parts, ", "))
}

// View draws the list, or the strip.
func (p *fleetPane) View() string {
	if p.look.snap == nil || p.w <= 0 || p.h <= 0 {
		return ""
	}
	if len(p.rows) == 0 {
		return p.look.st.muted.Render(cut(" no agent matches "+p.filter, p.w))
	}
	if p.strip {
		return p.viewStrip()
	}
	lines := make([]string, min(p.lines-p.top, p.h))
	for _, it := range p.items {
		y := it.y - p.top
		if y >= len(lines) {
			break
		}
		if y+p.per <= 0 {
			continue
		}
		drawn := []string{""}
		if it.group != nil {
			drawn[0] = p.head(it.group)
		} else {
			drawn = p.entry(&p.look.snap.Agents[p.rows[it.row]], it.row == p.at)
		}
		for i, l := range drawn {
			if y+i >= 0 && y+i < len(lines) {
				lines[y+i] = l
			}
		}
	}
	return strings.Join(lines, "\n")
}

// entry draws one agent in p.per lines.
func (p *fleetPane) entry(v *agent.View, selected bool) []string {
	st := p.look.st
	mark, name := " ", st.text
	if selected {
		mark, name = st.accent.Render("▌"), st.strong
	}
	sign, look := st.shape(v.State)
	ago := since(p.look.now, v.Since)
	right := look.Render(word(v)) + st.muted.Render(" "+pad(6-len(ago))+ago)
	stale := p.look.stale(v.Host)
	switch {
	case stale != "":
		right = st.muted.Render(word(v)) + " " + st.warn.Render(stale)
	case p.per == 1 && v.Next != nil:
		n := p.next(v)
		right = look.Render(word(v)) + " " + pad(6-cells(n)) + n
	}
	room := p.w - 3 - 1
	called := name.Render(line(v.Name))
	if len(v.Conditions) > 0 && p.per < 3 {
		called += " " + p.conditionSigns(v)
	}
	first := mark + look.Render(sign) + " " + spread(called, right, room) + " "
	lines := []string{first}
	if p.per > 1 {
		where := string(v.Kind)
		if v.Host != "" && v.Host != "local" {
			where += " · " + line(v.Host)
		}
		right := p.next(v)
		if right == "" && v.Nudges > 0 {
			right = st.muted.Render(plural(v.Nudges, "nudge"))
		}
		left := st.muted.Render(line(where)) + st.faint.Render("  ") +
			st.muted.Render(elapsed(v.Started, p.look.now))
		lines = append(lines, mark+"  "+spread(left, right, room)+" ")
	}
	if p.per > 2 {
		lines = append(lines, mark+"  "+fit(p.third(v, room), room)+" ")
	}
	if selected {
		for i := range lines {
			lines[i] = st.selected(fit(lines[i], p.w))
		}
	}
	return lines
}

// next says when the agent is nudged next.
func (p *fleetPane) next(v *agent.View) string {
	st := p.look.st
	switch {
	case v.Next == nil:
		return ""
	case v.Next.Held != "":
		return st.warn.Render("held")
	case v.Next.At.IsZero():
		return ""
	}
	return st.accent.Render("→ " + countdown(p.look.now, v.Next.At))
}

// third is an agent's last line: how its best result came, or what fails, or
// what it does.
func (p *fleetPane) third(v *agent.View, w int) string {
	st := p.look.st
	switch {
	case v.Problem != "":
		return st.bad.Render("! ") + st.warn.Render(line(v.Problem))
	case len(v.Conditions) > 0:
		return p.condition(v)
	case v.Best != nil:
		bars := spark(p.falls[v.ID], 8)
		if bars != "" {
			bars += " "
		}
		return st.accent.Render(bars) + st.muted.Render("best ") + st.good.Render(number(v.Best.Value)) + " " +
			st.muted.Render(line(v.Best.Run))
	}
	return st.muted.Render(doing(p.look.now, v))
}

// doing says in a few words what an agent is at.
func doing(now time.Time, v *agent.View) string {
	switch {
	case v.Turn.Running() && len(v.Turn.Open) > 0:
		c := v.Turn.Open[len(v.Turn.Open)-1]
		return line(c.Name + ": " + c.Summary)
	case v.Turn.Running():
		return "turn " + number(float64(v.Turn.N)) + ", " + plural(v.Turn.Tools, "tool call")
	}
	if s := waited(now, v); s != "" {
		return s
	}
	return line(v.Turn.Final)
}

// stripParts draws the agents for the strip, and returns the first one to show,
// so that the selected one is in view.
func (p *fleetPane) stripParts() (parts []string, from int) {
	st := p.look.st
	if len(p.rows) == 0 {
		return nil, 0
	}
	parts = make([]string, len(p.rows))
	for i := range p.rows {
		if i > p.at && i-p.at > p.w { // further than any screen
			parts = parts[:i]
			break
		}
		v := &p.look.snap.Agents[p.rows[i]]
		sign, look := st.shape(v.State)
		name, mark := st.muted, " "
		if i == p.at {
			name, mark = st.strong, st.accent.Render("▌")
		}
		c := mark + look.Render(sign) + " " + name.Render(cut(line(v.Name), 20)) + " " +
			look.Render(word(v)) + " "
		if len(v.Conditions) > 0 {
			c += p.conditionSigns(v) + " "
		}
		if s := p.look.stale(v.Host); s != "" {
			c += st.warn.Render(s) + " "
		} else if n := p.next(v); n != "" {
			c += n + " "
		} else {
			c += st.muted.Render(since(p.look.now, v.Since)) + " "
		}
		if i == p.at {
			c = st.selected(c)
		}
		parts[i] = c
	}
	from, used := p.at, cells(parts[p.at])
	for from > 0 {
		n := cells(parts[from-1])
		if used+n > p.w-2 {
			break
		}
		from, used = from-1, used+n
	}
	return parts, from
}

// viewStrip draws the agents beside one another.
func (p *fleetPane) viewStrip() string {
	st := p.look.st
	parts, from := p.stripParts()
	s := strings.Join(parts[from:], "")
	if from > 0 {
		s = st.muted.Render("‹") + s
	}
	return fit(s, p.w)
}
