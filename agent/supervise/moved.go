package supervise

import (
	"time"

	"vigil/agent"
)

// now is the id that the agent has today: a session that another one goes on
// with has that one's.
func (s *State) now(id agent.ID) agent.ID {
	for range len(s.moves) { // ids may come back, in a ring
		next, ok := s.moves[id]
		if _, here := s.agents[id]; here || !ok {
			break
		}
		id = next
	}
	return id
}

// moved takes in that an agent's process goes on with another session. What
// people know it by stays: its name, its timeline, the nudges and how they
// fared, its idle time. What the old session's file told does not.
func (s *State) moved(now time.Time, o Moved) *track {
	t, ok := s.agents[o.From]
	if _, there := s.agents[o.Agent.ID]; !ok || there || o.From == o.Agent.ID {
		if o.From != o.Agent.ID {
			delete(s.agents, o.From)
		}
		return s.seen(now, o.Agent)
	}
	s.endIdle(now, t)
	delete(s.agents, o.From)
	delete(s.moves, o.Agent.ID)
	s.agents[o.Agent.ID], s.moves[o.From] = t, o.Agent.ID
	o.Agent.Name = t.Agent.Name
	t.Agent = o.Agent
	t.session, t.heard, t.heardAt, t.toldTurn = agent.Session{}, false, time.Time{}, 0
	t.screen, t.looks, t.stirs, t.looking, t.lookErr = nil, 0, 0, false, ""
	t.verdict, t.judged, t.spoken, t.appeal = agent.Verdict{}, "", "", appeal{}
	t.calmFrom, t.retryAt, t.due, t.hold, t.toldHold, t.words.of = time.Time{}, time.Time{}, time.Time{}, "", "", ""
	t.alive, t.problem, t.server = agent.Unsure, "", hosted{}
	s.become(now, t, agent.Unknown, now)
	s.do(Follow{Agent: o.Agent, From: o.From})
	s.tell(now, t, Report{Event: "agent", Text: "continues as a new session, " + o.Agent.SessionID})
	return t
}
