package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// action is one thing that keys do to a T. The tables below are the only place
// where keys are named: they dispatch what is pressed and make the help.
type action[T any] struct {
	key.Binding
	do func(T) tea.Cmd
}

// bind makes an action. Its help names all its keys.
func bind[T any](do func(T) tea.Cmd, help string, keys ...string) action[T] {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = keyName(k)
	}
	return action[T]{key.NewBinding(key.WithKeys(keys...), key.WithHelp(strings.Join(names, " "), help)), do}
}

// act makes an action of a method that needs no command.
func act[T any](do func(T), help string, keys ...string) action[T] {
	return bind(func(t T) tea.Cmd { do(t); return nil }, help, keys...)
}

// dispatch does what the pressed key is bound to, and reports whether it was.
func dispatch[T any](actions []action[T], t T, msg tea.KeyPressMsg) (tea.Cmd, bool) {
	for _, a := range actions {
		if key.Matches(msg, a.Binding) {
			return a.do(t), true
		}
	}
	return nil, false
}

// bindings returns the keys of a table, for help.
func bindings[T any](actions []action[T]) []key.Binding {
	out := make([]key.Binding, len(actions))
	for i, a := range actions {
		out[i] = a.Binding
	}
	return out
}

// keyName is how help writes a key.
func keyName(k string) string {
	switch k {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "pgdown":
		return "PgDn"
	case "pgup":
		return "PgUp"
	}
	return k
}

// rootKeys work everywhere but in an overlay or an input line.
func rootKeys() []action[*Model] {
	return []action[*Model]{
		act((*Model).nextFocus, "focus the next zone", "tab"),
		act((*Model).nextFocus, "focus the zone before", "shift+tab"),
		bind(toTab(0), "plan", "1"),
		bind(toTab(1), "scratchpad", "2"),
		bind(toTab(2), "curves", "3"),
		bind(toTab(3), "timeline", "4"),
		bind(toTab(4), "pane", "5"),
		bind(toTab(5), "jobs", "6"),
		bind(toTab(6), "report", "7"),
		bind(func(m *Model) tea.Cmd { return m.step(1) }, "next agent", "J"),
		bind(func(m *Model) tea.Cmd { return m.step(-1) }, "agent before", "K"),
		act((*Model).toggleZoom, "zoom the detail", "z"),
		bind((*Model).nudgeNow, "send the planned nudge now", "n"),
		bind((*Model).hold, "hold this agent's nudges", "h"),
		bind((*Model).release, "release them", "H"),
		bind((*Model).writeNudge, "write a nudge by hand", "N"),
		bind((*Model).toggleAuto, "auto-resume on or off", "a"),
		act((*Model).openWhy, "why? what decided", "w"),
		bind((*Model).openFilter, "filter", "/"),
		act((*Model).back, "back: clear the filter, leave the zoom", "esc"),
		act((*Model).openHelp, "keys", "?"),
		bind(func(*Model) tea.Cmd { return tea.Quit }, "quit", "q", "ctrl+c"),
	}
}

// overlayKeys work while an overlay is open.
func overlayKeys() []action[*Model] {
	return []action[*Model]{
		act((*Model).closeOverlay, "close", "esc", "enter", "w", "?", "q"),
		act(func(m *Model) { m.scrollOverlay(1) }, "down", "j", "down"),
		act(func(m *Model) { m.scrollOverlay(-1) }, "up", "k", "up"),
		act(func(m *Model) { m.scrollOverlay(page) }, "page down", "pgdown", "space", "ctrl+d"),
		act(func(m *Model) { m.scrollOverlay(-page) }, "page up", "pgup", "ctrl+u"),
		bind(func(*Model) tea.Cmd { return tea.Quit }, "quit", "ctrl+c"),
	}
}

// inputKeys work while a line is being written; all else goes into the line.
func inputKeys() []action[*Model] {
	return []action[*Model]{
		bind((*Model).acceptInput, "accept", "enter"),
		bind((*Model).cancelInput, "cancel", "esc"),
		bind(func(*Model) tea.Cmd { return tea.Quit }, "quit", "ctrl+c"),
	}
}

func fleetKeys() []action[*fleetPane] {
	return []action[*fleetPane]{
		act(func(p *fleetPane) { p.move(1) }, "next agent", "j", "down", "right"),
		act(func(p *fleetPane) { p.move(-1) }, "agent before", "k", "up", "left"),
		act(func(p *fleetPane) { p.move(-many) }, "first agent", "g", "home"),
		act(func(p *fleetPane) { p.move(many) }, "last agent", "G", "end"),
		act(func(p *fleetPane) { p.move(page) }, "page down", "pgdown", "ctrl+d"),
		act(func(p *fleetPane) { p.move(-page) }, "page up", "pgup", "ctrl+u"),
	}
}

func planKeys() []action[*planPane] {
	return []action[*planPane]{
		act(func(p *planPane) { p.scroll(1) }, "down", "j", "down"),
		act(func(p *planPane) { p.scroll(-1) }, "up", "k", "up"),
		act(func(p *planPane) { p.scroll(p.h / 2) }, "half a page down", "pgdown", "space", "ctrl+d"),
		act(func(p *planPane) { p.scroll(-p.h / 2) }, "half a page up", "pgup", "ctrl+u"),
		act(func(p *planPane) { p.scroll(-many) }, "top", "g", "home"),
		act(func(p *planPane) { p.scroll(many) }, "end", "G", "end"),
		act((*planPane).nextChange, "next changed line", "c"),
		act((*planPane).markSeen, "mark as seen", "m"),
		act((*planPane).toggleGoal, "goal or plan", "o"),
		bind(func(p *planPane) tea.Cmd { return p.revision(-1) }, "older revision", "["),
		bind(func(p *planPane) tea.Cmd { return p.revision(1) }, "newer revision", "]"),
	}
}

func scratchKeys() []action[*scratchPane] {
	return []action[*scratchPane]{
		act(func(p *scratchPane) { p.move(1) }, "next file", "j", "down"),
		act(func(p *scratchPane) { p.move(-1) }, "file before", "k", "up"),
		act(func(p *scratchPane) { p.move(-many) }, "first file", "g", "home"),
		act(func(p *scratchPane) { p.move(many) }, "last file", "G", "end"),
		act(func(p *scratchPane) { p.scroll(p.h / 2) }, "scroll the diff down", "pgdown", "space", "ctrl+d"),
		act(func(p *scratchPane) { p.scroll(-p.h / 2) }, "scroll the diff up", "pgup", "ctrl+u"),
	}
}

func curvesKeys() []action[*curvesPane] {
	return []action[*curvesPane]{
		act(func(p *curvesPane) { p.move(1) }, "next run", "j", "down"),
		act(func(p *curvesPane) { p.move(-1) }, "run before", "k", "up"),
		act(func(p *curvesPane) { p.move(-many) }, "first run", "g", "home"),
		act(func(p *curvesPane) { p.move(many) }, "last run", "G", "end"),
		act((*curvesPane).mark, "mark the run: it stays drawn", "space"),
		act((*curvesPane).unmark, "unmark all", "u"),
		act((*curvesPane).nextKill, "next run that may be killed", "c"),
		act(func(p *curvesPane) { p.point(-1) }, "cursor to the left", "left"),
		act(func(p *curvesPane) { p.point(1) }, "cursor to the right", "right"),
		act(func(p *curvesPane) { p.point(-page) }, "cursor far to the left", "ctrl+left"),
		act(func(p *curvesPane) { p.point(page) }, "cursor far to the right", "ctrl+right"),
		act(func(p *curvesPane) { p.zoomX(0.6) }, "zoom in", "+", "="),
		act(func(p *curvesPane) { p.zoomX(1 / 0.6) }, "zoom out", "-"),
		act(func(p *curvesPane) { p.panX(-0.2) }, "pan to the left", "[", "shift+left"),
		act(func(p *curvesPane) { p.panX(0.2) }, "pan to the right", "]", "shift+right"),
		act(func(p *curvesPane) { p.zoomY(0.6) }, "zoom in on y", ">"),
		act(func(p *curvesPane) { p.zoomY(1 / 0.6) }, "zoom out of y", "<"),
		act(func(p *curvesPane) { p.panY(0.2) }, "pan up", "}", "shift+up"),
		act(func(p *curvesPane) { p.panY(-0.2) }, "pan down", "{", "shift+down"),
		act((*curvesPane).showAll, "show all again", "0"),
		act((*curvesPane).toggleFit, "fit y to the whole curves or their end", "F"),
		act((*curvesPane).toggleLogY, "y linear or logarithmic", "y"),
		act((*curvesPane).toggleLogX, "x linear or logarithmic", "X"),
		act((*curvesPane).nextAxis, "x by step, time or tokens", "x"),
		act((*curvesPane).nextSmooth, "smooth more", "s"),
		act((*curvesPane).nextMetric, "next metric", "v"),
		act((*curvesPane).nextBest, "how many of the best runs", "b"),
		act((*curvesPane).toggleSeeds, "seeds as one: mean and band", "S"),
		act((*curvesPane).toggleCrowd, "all runs in the background", "o"),
		act((*curvesPane).toggleAll, "this agent's runs or every agent's", "e"),
		act((*curvesPane).toggleFront, "the frontier: best so far over time", "f"),
	}
}

func frontierKeys() []action[*curvesPane] {
	return []action[*curvesPane]{
		act(func(p *curvesPane) { p.front.move(1) }, "the milestone before", "j", "down"),
		act(func(p *curvesPane) { p.front.move(-1) }, "the next milestone", "k", "up"),
		act(func(p *curvesPane) { p.front.move(-many) }, "the newest one", "g", "home"),
		act(func(p *curvesPane) { p.front.move(many) }, "the first one", "G", "end"),
		act((*curvesPane).openMilestone, "its run among the curves", "enter"),
		act((*curvesPane).toggleAll, "this agent's or every agent's", "e"),
		act((*curvesPane).toggleFront, "back to the curves", "f"),
	}
}

func jobsKeys() []action[*jobsPane] {
	return []action[*jobsPane]{
		act(func(p *jobsPane) { p.move(1) }, "next job", "j", "down"),
		act(func(p *jobsPane) { p.move(-1) }, "job before", "k", "up"),
		act(func(p *jobsPane) { p.move(page) }, "page down", "pgdown", "ctrl+d"),
		act(func(p *jobsPane) { p.move(-page) }, "page up", "pgup", "ctrl+u"),
		act(func(p *jobsPane) { p.move(-many) }, "first job", "g", "home"),
		act(func(p *jobsPane) { p.move(many) }, "last job", "G", "end"),
		act((*jobsPane).toggleAll, "this agent's jobs or all", "e"),
		act((*jobsPane).togglePast, "jobs that have ended too, or not", "d"),
		act((*jobsPane).scrollNodes, "further nodes", "]"),
		act((*jobsPane).scrollBack, "nodes before", "["),
		act(func(p *jobsPane) { p.ask(jobRun) }, "its run among the curves", "enter"),
		act(func(p *jobsPane) { p.ask(jobCancel) }, "cancel the job, after you confirmed it", "x"),
	}
}

func reportKeys() []action[*reportPane] {
	return []action[*reportPane]{
		act(func(p *reportPane) { p.scroll(1) }, "down", "j", "down"),
		act(func(p *reportPane) { p.scroll(-1) }, "up", "k", "up"),
		act(func(p *reportPane) { p.scroll(p.h / 2) }, "half a page down", "pgdown", "space", "ctrl+d"),
		act(func(p *reportPane) { p.scroll(-p.h / 2) }, "half a page up", "pgup", "ctrl+u"),
		act(func(p *reportPane) { p.scroll(-many) }, "top", "g", "home"),
		act(func(p *reportPane) { p.scroll(many) }, "end", "G", "end"),
		bind(func(p *reportPane) tea.Cmd { return p.other(-1) }, "a shorter span", "[", "-"),
		bind(func(p *reportPane) tea.Cmd { return p.other(1) }, "a longer span", "]", "+", "="),
	}
}

// confirmKeys work while a job's cancellation waits for a yes.
func confirmKeys() []action[*Model] {
	return []action[*Model]{
		bind((*Model).cancelJob, "yes, cancel it", "y"),
		act((*Model).closeOverlay, "no", "n", "esc", "q"),
		bind(func(*Model) tea.Cmd { return tea.Quit }, "quit", "ctrl+c"),
	}
}

func timelineKeys() []action[*timelinePane] {
	return []action[*timelinePane]{
		act(func(p *timelinePane) { p.move(1) }, "later", "j", "down"),
		act(func(p *timelinePane) { p.move(-1) }, "earlier", "k", "up"),
		act(func(p *timelinePane) { p.move(p.h / 2) }, "half a page later", "pgdown", "ctrl+d"),
		act(func(p *timelinePane) { p.move(-p.h / 2) }, "half a page earlier", "pgup", "ctrl+u"),
		act(func(p *timelinePane) { p.move(-many) }, "the start", "g", "home"),
		act(func(p *timelinePane) { p.move(many) }, "now, and follow", "G", "end"),
		act((*timelinePane).openMoment, "open the moment", "enter"),
	}
}

func screenKeys() []action[*screenPane] {
	return []action[*screenPane]{
		bind((*screenPane).goTo, "go to the pane", "enter"),
		act(func(p *screenPane) { p.scroll(1) }, "down", "j", "down"),
		act(func(p *screenPane) { p.scroll(-1) }, "up", "k", "up"),
		act(func(p *screenPane) { p.pan(8) }, "right", "right"),
		act(func(p *screenPane) { p.pan(-8) }, "left", "left"),
	}
}

// Amounts to scroll by.
const (
	page = 10
	many = 1 << 30
)
