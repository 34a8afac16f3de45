package tui

import tea "charm.land/bubbletea/v2"

// rootKeys work everywhere but in an overlay or an input line.
func rootKeys() []action[*Model] {
	return []action[*Model]{
		act("focus-next", (*Model).nextFocus, "focus the next zone", "tab"),
		act("focus-previous", (*Model).nextFocus, "focus the zone before", "shift+tab"),
		bind("tab-plan", toTab(0), "plan", "1"),
		bind("tab-scratchpad", toTab(1), "scratchpad", "2"),
		bind("tab-curves", toTab(2), "curves", "3"),
		bind("tab-timeline", toTab(3), "timeline", "4"),
		bind("tab-pane", toTab(4), "pane", "5"),
		bind("tab-jobs", toTab(5), "jobs", "6"),
		bind("tab-report", toTab(6), "report", "7"),
		times("agent-next", (*Model).step, 1, "next agent", "J"),
		times("agent-previous", (*Model).step, -1, "agent before", "K"),
		act("zoom", (*Model).toggleZoom, "zoom the detail", "z"),
		times("moment-before", (*Model).stepMoment, -1, "the screen as of the moment before", "("),
		times("moment-after", (*Model).stepMoment, 1, "the screen as of the next moment, or now", ")"),
		steps("fleet-wider", (*Model).widen, 1, "widen the list of agents", "alt+right"),
		steps("fleet-narrower", (*Model).widen, -1, "narrow the list of agents", "alt+left"),
		bind("nudge-now", (*Model).nudgeNow, "send the planned nudge now", "n"),
		bind("nudges-hold", (*Model).hold, "hold this agent's nudges", "h"),
		bind("nudges-release", (*Model).release, "release this agent's nudges", "H"),
		bind("nudge-write", (*Model).writeNudge, "write a nudge by hand", "N"),
		bind("auto", (*Model).toggleAuto, "auto-resume on or off", "a"),
		act("why", (*Model).openWhy, "why? what decided", "w"),
		bind("theme-next", (*Model).nextTheme, "the next theme", "T"),
		bind("filter", (*Model).openFilter, "filter", "/"),
		newAction("back", (*Model).backFrom, "back: the count, to now, the filter, the zoom", []string{"esc", "ctrl+g"}),
		act("palette", (*Model).openPalette, "find and do anything", ":", "ctrl+p"),
		act("help", (*Model).openHelp, "keys", "?"),
		bind("quit", func(*Model) tea.Cmd { return tea.Quit }, "quit", "q", "ctrl+c"),
	}
}

// overlayKeys work while an overlay is open.
func overlayKeys() []action[*Model] {
	return []action[*Model]{
		act("overlay-close", (*Model).closeOverlay, "close", "esc", "ctrl+g", "enter", "w", "?", "q"),
		steps("overlay-down", (*Model).scrollOverlay, 1, "down", "j", "down"),
		steps("overlay-up", (*Model).scrollOverlay, -1, "up", "k", "up"),
		steps("overlay-page-down", (*Model).scrollOverlay, page, "page down", "pgdown", "space", "ctrl+d"),
		steps("overlay-page-up", (*Model).scrollOverlay, -page, "page up", "pgup", "ctrl+u"),
		jumps("overlay-top", (*Model).scrollOverlay, -many, "top", "g", "home"),
		jumps("overlay-end", (*Model).scrollOverlay, many, "end", "G", "end"),
		bind("overlay-quit", func(*Model) tea.Cmd { return tea.Quit }, "quit", "ctrl+c"),
	}
}

// inputKeys work while a line is being written; all else goes into the line.
func inputKeys() []action[*Model] {
	return []action[*Model]{
		bind("input-accept", (*Model).acceptInput, "accept", "enter"),
		bind("input-cancel", (*Model).cancelInput, "cancel", "esc", "ctrl+g"),
		bind("input-quit", func(*Model) tea.Cmd { return tea.Quit }, "quit", "ctrl+c"),
	}
}

// paletteKeys work while the command palette is open; all else goes into its
// line.
func paletteKeys() []action[*Model] {
	return []action[*Model]{
		bind("palette-do", (*Model).acceptInput, "do it, open it", "enter"),
		bind("palette-close", (*Model).cancelInput, "close", "esc", "ctrl+g"),
		steps("palette-down", (*Model).movePalette, 1, "down", "down", "ctrl+n", "tab"),
		steps("palette-up", (*Model).movePalette, -1, "up", "up", "ctrl+p", "shift+tab"),
		steps("palette-page-down", (*Model).movePalette, page, "page down", "pgdown"),
		steps("palette-page-up", (*Model).movePalette, -page, "page up", "pgup"),
		bind("palette-quit", func(*Model) tea.Cmd { return tea.Quit }, "quit", "ctrl+c"),
	}
}

func fleetKeys() []action[*fleetPane] {
	return []action[*fleetPane]{
		steps("fleet-down", (*fleetPane).move, 1, "next agent", "j", "down", "right"),
		steps("fleet-up", (*fleetPane).move, -1, "agent before", "k", "up", "left"),
		jumps("fleet-first", (*fleetPane).move, -many, "first agent", "g", "home"),
		jumps("fleet-last", (*fleetPane).move, many, "last agent", "G", "end"),
		steps("fleet-page-down", (*fleetPane).move, page, "page down", "pgdown", "ctrl+d"),
		steps("fleet-page-up", (*fleetPane).move, -page, "page up", "pgup", "ctrl+u"),
		act("fleet-sort", (*fleetPane).nextSort, "sort: by need, name, idle time, result", "s"),
		act("fleet-group", (*fleetPane).nextGroups, "group: by host, by tmux session", "b"),
		act("fleet-fold", (*fleetPane).fold, "open this group alone, or all", "f"),
	}
}

func planKeys() []action[*planPane] {
	return []action[*planPane]{
		steps("plan-down", (*planPane).scroll, 1, "down", "j", "down"),
		steps("plan-up", (*planPane).scroll, -1, "up", "k", "up"),
		steps("plan-page-down", (*planPane).pages, 1, "half a page down", "pgdown", "space", "ctrl+d"),
		steps("plan-page-up", (*planPane).pages, -1, "half a page up", "pgup", "ctrl+u"),
		jumps("plan-top", (*planPane).scroll, -many, "top", "g", "home"),
		jumps("plan-end", (*planPane).scroll, many, "end", "G", "end"),
		act("plan-change", (*planPane).nextChange, "next changed line", "c"),
		act("plan-seen", (*planPane).markSeen, "mark as seen", "m"),
		act("plan-goal", (*planPane).toggleGoal, "goal or plan", "o"),
		steps("plan-older", (*planPane).revision, -1, "older revision", "["),
		steps("plan-newer", (*planPane).revision, 1, "newer revision", "]"),
	}
}

func scratchKeys() []action[*scratchPane] {
	return []action[*scratchPane]{
		steps("scratch-down", (*scratchPane).move, 1, "next file", "j", "down"),
		steps("scratch-up", (*scratchPane).move, -1, "file before", "k", "up"),
		jumps("scratch-first", (*scratchPane).move, -many, "first file", "g", "home"),
		jumps("scratch-last", (*scratchPane).move, many, "last file", "G", "end"),
		steps("scratch-diff-down", (*scratchPane).pages, 1, "scroll the diff down", "pgdown", "space", "ctrl+d"),
		steps("scratch-diff-up", (*scratchPane).pages, -1, "scroll the diff up", "pgup", "ctrl+u"),
		steps("scratch-right", (*scratchPane).pan, panStep, "long lines to the right", "right"),
		steps("scratch-left", (*scratchPane).pan, -panStep, "long lines to the left", "left"),
		act("scratch-change", (*scratchPane).nextChange, "next change", "c"),
		act("scratch-base", (*scratchPane).nextBase, "compare with: last change, look, turn, hour, start", "b"),
		act("scratch-seen", (*scratchPane).markSeen, "mark all as seen", "m"),
		act("scratch-side", (*scratchPane).toggleSide, "side by side, or unified", "s"),
		act("scratch-table", (*scratchPane).toggleTable, "table or diff", "t"),
	}
}

func curvesKeys() []action[*curvesPane] {
	return []action[*curvesPane]{
		steps("curves-down", (*curvesPane).move, 1, "next run", "j", "down"),
		steps("curves-up", (*curvesPane).move, -1, "run before", "k", "up"),
		jumps("curves-first", (*curvesPane).move, -many, "first run", "g", "home"),
		jumps("curves-last", (*curvesPane).move, many, "last run", "G", "end"),
		steps("curves-page-down", (*curvesPane).move, page, "page down", "pgdown", "ctrl+d"),
		steps("curves-page-up", (*curvesPane).move, -page, "page up", "pgup", "ctrl+u"),
		act("curves-mark", (*curvesPane).mark, "mark the run: it stays drawn", "space"),
		act("curves-pin", (*curvesPane).pinBase, "pin the run as the baseline, or no longer", "p"),
		act("curves-difference", (*curvesPane).toggleDifference, "the difference to the baseline", "d"),
		act("curves-unmark", (*curvesPane).unmark, "unmark all", "u"),
		act("curves-kill", (*curvesPane).nextKill, "next run that may be killed", "c"),
		steps("curves-left", (*curvesPane).point, -1, "cursor to the left", "left"),
		steps("curves-right", (*curvesPane).point, 1, "cursor to the right", "right"),
		steps("curves-far-left", (*curvesPane).point, -page, "cursor far to the left", "ctrl+left"),
		steps("curves-far-right", (*curvesPane).point, page, "cursor far to the right", "ctrl+right"),
		steps("curves-zoom-in", (*curvesPane).zoomX, 1, "zoom in", "+", "="),
		steps("curves-zoom-out", (*curvesPane).zoomX, -1, "zoom out", "-"),
		steps("curves-pan-left", (*curvesPane).panX, -1, "pan to the left", "[", "shift+left"),
		steps("curves-pan-right", (*curvesPane).panX, 1, "pan to the right", "]", "shift+right"),
		steps("curves-zoom-in-y", (*curvesPane).zoomY, 1, "zoom in on y", ">"),
		steps("curves-zoom-out-y", (*curvesPane).zoomY, -1, "zoom out of y", "<"),
		steps("curves-pan-up", (*curvesPane).panY, 1, "pan up", "}", "shift+up"),
		steps("curves-pan-down", (*curvesPane).panY, -1, "pan down", "{", "shift+down"),
		act("curves-box", (*curvesPane).startBox, "zoom into a box: its corners by the arrows and enter", "B"),
		act("curves-show-all", (*curvesPane).showAll, "show all again", "0"),
		act("curves-fit", (*curvesPane).toggleFit, "fit y to the whole curves or their end", "F"),
		act("curves-log-y", (*curvesPane).toggleLogY, "y linear or logarithmic", "y"),
		act("curves-log-x", (*curvesPane).toggleLogX, "x linear or logarithmic", "X"),
		act("curves-axis", (*curvesPane).nextAxis, "x by step, time or tokens", "x"),
		act("curves-smooth", (*curvesPane).nextSmooth, "smooth more", "s"),
		act("curves-metric", (*curvesPane).nextMetric, "next metric", "v"),
		act("curves-group", (*curvesPane).nextGroup, "group by family, or by a setting that differs", "r"),
		act("curves-grid", (*curvesPane).toggleGrid, "small charts: one for each metric, or group", "m"),
		act("curves-best", (*curvesPane).nextBest, "how many of the best runs", "b"),
		act("curves-seeds", (*curvesPane).toggleSeeds, "seeds as one: mean and band", "S"),
		act("curves-crowd", (*curvesPane).toggleCrowd, "all runs in the background", "o"),
		bind("curves-export", (*curvesPane).exportFigure, "write what is shown as PNG and SVG", "E"),
		act("curves-agents", (*curvesPane).toggleAll, "this agent's runs or every agent's", "e"),
		act("curves-frontier", (*curvesPane).toggleFront, "the frontier: best so far over time", "f"),
	}
}

// boxKeys work while a box is drawn among the curves.
func boxKeys() []action[*curvesPane] {
	return []action[*curvesPane]{
		steps("box-left", (*curvesPane).boxAcross, -1, "corner to the left", "left"),
		steps("box-right", (*curvesPane).boxAcross, 1, "corner to the right", "right"),
		steps("box-up", (*curvesPane).boxDown, -1, "corner up", "up", "k"),
		steps("box-down", (*curvesPane).boxDown, 1, "corner down", "down", "j"),
		steps("box-far-left", (*curvesPane).boxAcross, -page, "corner far to the left", "ctrl+left", "shift+left"),
		steps("box-far-right", (*curvesPane).boxAcross, page, "corner far to the right", "ctrl+right", "shift+right"),
		steps("box-far-up", (*curvesPane).boxDown, -page/2, "corner far up", "pgup", "ctrl+u", "shift+up"),
		steps("box-far-down", (*curvesPane).boxDown, page/2, "corner far down", "pgdown", "ctrl+d", "shift+down"),
		jumps("box-top", (*curvesPane).boxDown, -many, "corner to the top", "g", "home"),
		jumps("box-bottom", (*curvesPane).boxDown, many, "corner to the bottom", "G", "end"),
		act("box-corner", (*curvesPane).setCorner, "set the corner; the second one zooms", "enter", "space", "B"),
	}
}

func frontierKeys() []action[*curvesPane] {
	return []action[*curvesPane]{
		steps("frontier-down", (*curvesPane).moveFront, 1, "the milestone before", "j", "down"),
		steps("frontier-up", (*curvesPane).moveFront, -1, "the next milestone", "k", "up"),
		jumps("frontier-first", (*curvesPane).moveFront, -many, "the newest one", "g", "home"),
		jumps("frontier-last", (*curvesPane).moveFront, many, "the first one", "G", "end"),
		steps("frontier-page-down", (*curvesPane).moveFront, page, "page down", "pgdown", "ctrl+d"),
		steps("frontier-page-up", (*curvesPane).moveFront, -page, "page up", "pgup", "ctrl+u"),
		act("frontier-open", (*curvesPane).openMilestone, "its run among the curves", "enter"),
		act("frontier-agents", (*curvesPane).toggleAll, "this agent's or every agent's", "e"),
		act("frontier-curves", (*curvesPane).toggleFront, "back to the curves", "f"),
	}
}

func jobsKeys() []action[*jobsPane] {
	return []action[*jobsPane]{
		steps("jobs-down", (*jobsPane).move, 1, "next job", "j", "down"),
		steps("jobs-up", (*jobsPane).move, -1, "job before", "k", "up"),
		steps("jobs-page-down", (*jobsPane).move, page, "page down", "pgdown", "ctrl+d"),
		steps("jobs-page-up", (*jobsPane).move, -page, "page up", "pgup", "ctrl+u"),
		jumps("jobs-first", (*jobsPane).move, -many, "first job", "g", "home"),
		jumps("jobs-last", (*jobsPane).move, many, "last job", "G", "end"),
		act("jobs-agents", (*jobsPane).toggleAll, "this agent's jobs or all", "e"),
		act("jobs-past", (*jobsPane).togglePast, "jobs that have ended too, or not", "d"),
		act("jobs-nodes-down", (*jobsPane).scrollNodes, "further nodes", "]"),
		act("jobs-nodes-up", (*jobsPane).scrollBack, "nodes before", "["),
		act("jobs-run", func(p *jobsPane) { p.ask(jobRun) }, "its run among the curves", "enter"),
		act("jobs-cancel", func(p *jobsPane) { p.ask(jobCancel) }, "cancel the job, after you confirmed it", "x"),
	}
}

func reportKeys() []action[*reportPane] {
	return []action[*reportPane]{
		steps("report-down", (*reportPane).scroll, 1, "down", "j", "down"),
		steps("report-up", (*reportPane).scroll, -1, "up", "k", "up"),
		steps("report-page-down", (*reportPane).scroll, page, "page down", "pgdown", "space", "ctrl+d"),
		steps("report-page-up", (*reportPane).scroll, -page, "page up", "pgup", "ctrl+u"),
		jumps("report-top", (*reportPane).scroll, -many, "top", "g", "home"),
		jumps("report-end", (*reportPane).scroll, many, "end", "G", "end"),
		times("report-shorter", (*reportPane).other, -1, "a shorter span", "[", "-"),
		times("report-longer", (*reportPane).other, 1, "a longer span", "]", "+", "="),
	}
}

// confirmKeys work while a job's cancellation waits for a yes.
func confirmKeys() []action[*Model] {
	return []action[*Model]{
		bind("confirm-yes", (*Model).cancelJob, "yes, cancel it", "y"),
		act("confirm-no", (*Model).closeOverlay, "no", "n", "esc", "ctrl+g", "q"),
		bind("confirm-quit", func(*Model) tea.Cmd { return tea.Quit }, "quit", "ctrl+c"),
	}
}

func timelineKeys() []action[*timelinePane] {
	return []action[*timelinePane]{
		steps("timeline-down", (*timelinePane).move, 1, "later", "j", "down"),
		steps("timeline-up", (*timelinePane).move, -1, "earlier", "k", "up"),
		steps("timeline-page-down", (*timelinePane).pages, 1, "half a page later", "pgdown", "ctrl+d"),
		steps("timeline-page-up", (*timelinePane).pages, -1, "half a page earlier", "pgup", "ctrl+u"),
		jumps("timeline-first", (*timelinePane).move, -many, "the start", "g", "home"),
		jumps("timeline-last", (*timelinePane).move, many, "now, and follow", "G", "end"),
		act("timeline-travel", (*timelinePane).travel, "the screen as of the moment; again: read it in full", "enter"),
		act("timeline-open", (*timelinePane).openMoment, "read the moment in full", "o"),
		act("timeline-kind", (*timelinePane).nextKind, "all, endings, nudges, runs and jobs, or files", "f"),
		steps("timeline-zoom-in", (*timelinePane).zoom, 1, "a shorter span of time above", "+", "="),
		steps("timeline-zoom-out", (*timelinePane).zoom, -1, "a longer span", "-"),
		act("timeline-show-all", (*timelinePane).showAll, "all of the time", "0"),
	}
}

func screenKeys() []action[*screenPane] {
	return []action[*screenPane]{
		bind("pane-go", (*screenPane).visit, "go to the pane", "enter"),
		bind("pane-popup", (*screenPane).float, "the pane in a popup, to look and type", "p"),
		steps("pane-down", (*screenPane).scroll, 1, "down", "j", "down"),
		steps("pane-up", (*screenPane).scroll, -1, "up", "k", "up"),
		steps("pane-page-down", (*screenPane).pages, 1, "half a page down", "pgdown", "space", "ctrl+d"),
		steps("pane-page-up", (*screenPane).pages, -1, "half a page up", "pgup", "ctrl+u"),
		jumps("pane-top", (*screenPane).scroll, -many, "top", "g", "home"),
		jumps("pane-end", (*screenPane).scroll, many, "the foot, and follow", "G", "end"),
		steps("pane-right", (*screenPane).pan, 8, "right", "right"),
		steps("pane-left", (*screenPane).pan, -8, "left", "left"),
	}
}
