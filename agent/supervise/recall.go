package supervise

import (
	"context"
	"io"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

// Recalled gives what an agent's session told of its work before the turn that
// ran when vigil came: a night is judged from its beginning, also by a process
// that begins in the middle.
type Recalled struct {
	ID     agent.ID
	Events []agent.Event // that have Signs, in the order of the file
}

func (Recalled) observation() {}

// Bounds on what is recalled of a session.
const (
	maxRecall = 256 << 20 // bytes, of its end
	maxSigns  = 20_000    // events, the newest
)

// lookBack reads the past of an agent's session on this machine. A file that
// cannot be read is told of by who follows it.
func (s *Supervisor) lookBack(ctx context.Context, a agent.Agent) {
	f, err := transcript.OS{}.Open(a.Session)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return
	}
	from := max(info.Size()-maxRecall, 0)
	var events []agent.Event
	_, err = transcript.Scan(cancelled{ctx, io.NewSectionReader(f, from, info.Size()-from)}, func(e agent.Event) {
		if e.Signs == nil {
			return
		}
		if len(events) == maxSigns {
			events = append(events[:0], events[maxSigns/4:]...)
		}
		events = append(events, agent.Event{At: e.At, Signs: e.Signs})
	})
	if err == nil && len(events) > 0 && ctx.Err() == nil {
		s.observe(Recalled{ID: a.ID, Events: events})
	}
}

// cancelled ends a read when its context ends.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c cancelled) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}

// recalled takes in what came before the events that were heard.
func (s *State) recalled(t *track, o Recalled) {
	c := &t.conditions
	newest := time.Time{}
	for _, e := range o.Events {
		if !c.from.IsZero() && !e.At.Before(c.from) {
			break
		}
		c.watch.Recall(s.rules.grinding(), e)
		newest = maxTime(newest, e.At)
	}
	c.seen = maxTime(c.seen, newest)
}
