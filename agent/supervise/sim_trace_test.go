package supervise

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// trace follows the agents that VIGIL_FOLLOW names ("agent-3,agent-7"), to see
// how one night went wrong: what they do, what is seen of them, what is done.
func (w *sim) trace(name, format string, args ...any) {
	if w.follow != nil && (name == "" || slices.Contains(w.follow, name)) {
		w.t.Logf("%s %s: %s", w.now.Format("15:04:05.000"), name, fmt.Sprintf(format, args...))
	}
}

func followed() []string {
	names := os.Getenv("VIGIL_FOLLOW")
	if names == "" {
		return nil
	}
	return strings.Split(names, ",")
}

// nameOf is the name of the agent with the id.
func (w *sim) nameOf(id agent.ID) string { return w.actor(id).Name }

func (w *sim) traceSeen(v *simVigil, o Observation) {
	if w.follow == nil {
		return
	}
	switch o := o.(type) {
	case Heard:
		var what []string
		for _, e := range o.Events {
			what = append(what, fmt.Sprintf("%s %s", e.ID, simEvents[e.Type]))
		}
		w.trace(w.nameOf(o.ID), "%s hears (anew: %v) %s", v.name, o.First, strings.Join(what, ", "))
	case Registered:
		w.trace(w.nameOf(o.ID), "%s reads in the registry: %s since %s", v.name, o.Status, o.At.Format(time.TimeOnly))
	case Fared:
		w.trace(w.nameOf(o.ID), "%s sees the nudge fare: %+v, %v", v.name, o.Result, o.Err)
	case Restored:
		for _, n := range o.Nudges {
			w.trace(w.nameOf(o.ID), "%s restores %s of %s: %s", v.name, n.Key, n.EndID, n.Status)
		}
	case Seen, Process, Entered, Backed, Looked, Tick:
	default:
		w.trace("", "%s takes in %T %+v", v.name, o, o)
	}
}

func (w *sim) traceDone(v *simVigil, x Action) {
	if w.follow == nil {
		return
	}
	switch x := x.(type) {
	case Tell:
		w.trace(x.Report.Agent, "%s tells: %s %s %s%s %s", v.name, x.Report.Event, x.Report.State, x.Report.Ending, x.Report.Status, x.Report.Text)
	case Send:
		w.trace(x.Agent.Name, "%s sends %s (%s) of %s, try %d, again %v", v.name, x.Nudge.Key, x.Nudge.Ending, x.Nudge.EndID, x.Nudge.Tries, x.Again)
	case Advance:
		if n := w.journal[x.Key]; n != nil {
			w.trace(w.nameOf(n.Agent), "%s notes %s as %s (it was %s)", v.name, x.Key, x.To, n.Status)
		}
	}
}

// simEvents are the names of the events that actors write.
var simEvents = map[agent.EventType]string{
	agent.Prompt: "prompt", agent.Message: "message", agent.ToolCall: "call", agent.ToolResult: "result", agent.TurnEnded: "end",
	agent.TurnFailed: "failure", agent.TurnAborted: "abort", agent.TaskStarted: "task", agent.TaskEnded: "end of task",
	agent.Restarted: "restart", agent.Compacted: "compaction",
}
