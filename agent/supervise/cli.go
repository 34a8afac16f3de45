package supervise

import (
	"slices"
	"time"

	"vigil/agent"
)

// titleEnd is how long after the last event a title that says that no turn runs
// is believed, looks agreeing: a busy machine's CLI sets it late.
const titleEnd = 10 * time.Second

// tries reports whether the CLI may still make the request again that failed:
// the session of some tells of each failure, and only the screen at rest says
// that it has given up.
func (t *track) tries() bool {
	cli, _ := agent.CLIOf(t.Agent.Kind)
	turn := t.session.Turn
	if !cli.Retries || turn.Failure == nil || turn.Running() || t.Agent.Pane.ID == "" || t.alive == agent.No {
		return false
	}
	return t.screen == nil || !t.screen.At.After(t.heardAt) || t.screen.Busy
}

// titleIdle reports whether the CLI's own title, seen since the last event, says
// that no turn runs.
func (t *track) titleIdle() bool {
	return t.looks >= agreeing && t.screenIdle(t.heardAt) && t.screen.Idle && t.screen.At.Sub(t.heardAt) >= titleEnd
}

// hides reports whether a tool may run of which the session does not tell yet,
// and no screen either.
func (t *track) hides() bool {
	cli, _ := agent.CLIOf(t.Agent.Kind)
	return cli.LateCalls && t.Agent.Pane.ID == "" &&
		slices.ContainsFunc(t.known.Waits, func(k agent.Task) bool { return k.Kind == agent.Child })
}
