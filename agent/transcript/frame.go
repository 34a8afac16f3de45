package transcript

import (
	"io"
	"time"

	"vigil/agent"
)

// frame is what the readers of formats with one JSON object a line have in
// common: what was skipped, when the last line was written, and what was told
// of the session.
type frame struct {
	counter
	at   time.Time
	info agent.SessionInfo // as last told
}

func newFrame() frame { return frame{counter: counter{}} }

// Skipped counts what was not understood or does not matter, by type.
func (f *frame) Skipped() map[string]int { return f.counter }

// marks is for formats without echoes, of which it is never asked.
func (f *frame) marks(io.ReaderAt) (bool, error) { return false, nil }

// sender gives the events of a line its time and its id, where they have none
// of their own.
func (f *frame) sender(id string, emit func(agent.Event)) func(agent.Event) {
	return func(e agent.Event) {
		if e.At.IsZero() {
			e.At = f.at
		}
		if e.ID == "" {
			e.ID = id
		}
		emit(e)
	}
}

// inform notes and tells what is new in a SessionInfo, if anything is.
func (f *frame) inform(in agent.SessionInfo, send func(agent.Event)) {
	some := false
	for _, s := range []struct{ known, v *string }{
		{&f.info.ID, &in.ID}, {&f.info.Dir, &in.Dir}, {&f.info.Version, &in.Version}, {&f.info.Model, &in.Model},
	} {
		if *s.v == *s.known {
			*s.v = ""
		}
		if *s.v != "" {
			*s.known, some = *s.v, true
		}
	}
	if some {
		told := in
		send(agent.Event{Type: agent.SessionMeta, Session: &told})
	}
}
