package transcript

import (
	"io"
	"time"

	"vigil/agent"
)

// apart is how long a person's prompt must have gone without an answer, before
// the next one, to count as a turn of its own: within it they are one message
// in two parts.
const apart = time.Second

// Replay reads a whole session file and calls each for every event, and end at
// each end of a turn, before the event that shows it, with the fold as it stood
// there and the time of the next prompt (zero for the last turn). Turn.Ended is
// the time of the mark of the end or, where the file has none, of the last thing
// that the agent did. The fold is end's to keep.
//
// A turn that goes on in front of the reader at the end of the file counts as
// ended there. Prompts in a row are one turn's, unless a person waited in vain
// between them: that turn has Last none.
func Replay(r io.Reader, each func(agent.Event), end func(s *agent.Session, next time.Time)) (Stats, error) {
	p := replay{end: end}
	st, err := Scan(r, func(e agent.Event) {
		p.apply(e)
		each(e)
	})
	if err == nil {
		p.finish(time.Time{}, "")
	}
	return st, err
}

// replay walks over events and finds the ends of turns.
type replay struct {
	s     agent.Session
	end   func(s *agent.Session, next time.Time)
	did   time.Time // of the last thing the agent did
	didID string
	at    *agent.Session // the fold when the turn had ended; nil while it runs
	done  bool           // the current turn's end has been told
}

func (p *replay) apply(e agent.Event) {
	switch e.Type {
	case agent.Prompt:
		p.prompt(e)
		return
	case agent.Message, agent.Thinking, agent.ToolCall:
		p.did, p.didID, p.at, p.done = e.At, e.ID, nil, false
	case agent.ToolResult, agent.TaskStarted, agent.TokenUsage:
		if p.s.Turn.Running() {
			p.at = nil
		}
	case agent.TurnEnded, agent.TurnFailed, agent.TurnAborted:
		if e.Type == agent.TurnFailed && p.s.Turn.N == 0 {
			p.s.Turn.N, p.s.Turn.Started = 1, e.At
		}
		p.s.Apply(e)
		c := p.s.Clone()
		p.at = &c
		return
	case agent.TaskEnded, agent.Restarted, agent.Absorbed, agent.Queued:
		// These may belong to what comes after the end of the turn.
		if p.at == nil && p.s.Turn.N > 0 {
			c := p.s.Clone()
			p.at = &c
		}
	}
	p.s.Apply(e)
}

// prompt takes a prompt, which ends the turn before it unless it was taken into
// it.
func (p *replay) prompt(e agent.Event) {
	t := &p.s.Turn
	if t.Running() && e.Turn != "" && e.Turn == t.ID {
		p.s.Apply(e)
		return
	}
	if t.N > 0 {
		p.finish(e.At, e.Origin)
	}
	p.s.Apply(e)
	p.at, p.done = nil, false
}

// finish tells the end of the current turn, if it was one. The next prompt came
// at a time and from an origin; both are zero at the end of the file.
func (p *replay) finish(next time.Time, from agent.Origin) {
	if p.done || p.s.Turn.N == 0 {
		return
	}
	s := p.at
	if s == nil || s.Turn.N != p.s.Turn.N {
		c := p.s.Clone()
		s = &c
	}
	t := &s.Turn
	switch {
	case t.Failure != nil && t.Failure.Code == noResponse:
		return // a resume, not an answer
	case t.Last == agent.LastNone && t.Failure == nil:
		human := t.Origin == agent.Human
		marked := !t.Ended.IsZero() && !t.Aborted
		waited := human && from == agent.Human && next.Sub(t.Started) > apart
		if !marked && !(human && t.Aborted) && !waited {
			return
		}
		s.EndTurn(t.Started, t.LastID)
	case t.Ended.IsZero():
		s.EndTurn(p.did, p.didID)
	}
	p.done = true
	p.end(s, next)
}
