package supervise

import (
	"cmp"
	"fmt"
	"strings"

	"vigil/agent"
	"vigil/agent/nudge"
)

// need says what only a person can do for the agent now; nil if there is nothing.
func (s *State) need(t *track) *agent.Need {
	if t.away != (away{}) || t.lost {
		return nil // what is not seen is told as a failed source
	}
	typ, text := s.needs(t)
	if typ == "" {
		return nil
	}
	turn := t.session.Turn
	mark := cmp.Or(turn.EndID, turn.LastID, t.judged)
	if c := openCall(turn); c.ID != "" { // other calls may end beside it
		mark = c.ID
	}
	return &agent.Need{Type: typ, Text: agent.CleanLine(text, 200), Mark: string(typ) + "/" + mark}
}

func (s *State) needs(t *track) (agent.NeedType, string) {
	turn := t.session.Turn
	if t.state == agent.Asking {
		if t.verdict.Ending == agent.Permission {
			c := openCall(turn)
			return agent.NeedPermission, strings.TrimSpace("it asks for permission: " + c.Name + " " + c.Summary)
		}
		return agent.NeedAnswer, "it asks: " + t.said("a dialog is open")
	}
	if t.judged == "" || turn.Running() {
		return "", ""
	}
	p, e := s.rules.Policy(t.Agent), t.verdict.Ending
	switch {
	case t.state == agent.Exited:
		return t.needsRestart(p)
	case t.state != agent.Stopped && t.state != agent.Limited:
	case turn.Failure != nil && turn.Failure.Person:
		return agent.NeedHelp, turn.Failure.Text
	case t.stuck != "":
		return agent.NeedHelp, t.stuck
	case e == agent.Question && !p.Question:
		return agent.NeedAnswer, t.said("it asks a question")
	case !e.WantsNudge():
	case t.hold == nudge.NoWayIn:
		return agent.NeedHelp, "it stopped, and there is " + nudge.NoWayIn
	case p.MaxWasted > 0 && t.wasted >= p.MaxWasted && t.due.IsZero() && t.sending == "":
		return agent.NeedHelp, fmt.Sprintf("%d nudges in a row had no effect; it said: %s", t.wasted, t.said("nothing"))
	}
	return "", ""
}

// needsRestart is the need of an agent whose process is gone: none where a person
// ended it, or where the policy starts it again.
func (t *track) needsRestart(p agent.Policy) (agent.NeedType, string) {
	switch {
	case t.left == agent.Yes:
	case t.stuck != "":
		return agent.NeedRestart, t.stuck
	case p.Restart != agent.RestartAlways && p.Restart != agent.RestartOnFailure:
		return agent.NeedRestart, endedBy(t.left)
	}
	return "", ""
}

// said is the agent's words that decided, or what to say without any.
func (t *track) said(otherwise string) string {
	reason, _ := t.verdict.Reason()
	return cmp.Or(reason, otherwise)
}

// openCall is the call that a prompt is about, as far as is known: the last one
// without a result.
func openCall(turn agent.Turn) agent.Call {
	if len(turn.Open) == 0 || !turn.Running() {
		return agent.Call{}
	}
	return turn.Open[len(turn.Open)-1]
}
