package modelapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The names of threads in the log that no script gives.
const (
	MainThread = "main"
	SideThread = "side" // titles and the like
)

// Request is one request and how it was answered.
type Request struct {
	N      int       // from 1
	At     time.Time // when its header had arrived
	Done   time.Time // when the last byte of the answer was written; zero before
	API    API
	Thread string
	Kind   string   // who spoke last: "user", "tool" or "assistant"
	Turn   int      // of the script, from 0
	Step   int      // of the turn, from 0
	New    []string // user texts that no earlier request of the thread had, without the client's own insertions
	Result string   // the newest tool result
	Tools  int      // how many the client offered
	Answer Step
	Status int   // HTTP; 0 if the client left before
	Err    error // of writing the answer

	users []string
	own   bool // of the agent itself: the main thread, or a fresh one
}

// Prompt is a user's message at the moment it reached the model.
type Prompt struct {
	At      time.Time
	Text    string
	Turn    int
	MidTurn bool // it came with a tool's result: the agent was at work
}

// Requests returns the log so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Main returns how many requests of the main conversation have arrived.
func (s *Server) Main() int {
	n := 0
	for _, r := range s.Requests() {
		if r.Thread == MainThread {
			n++
		}
	}
	return n
}

// Prompts returns the messages that reached the agent itself, in the main
// conversation or a fresh one, each once for each time it was sent by the user
// (not for each request that repeats it), oldest first.
func (s *Server) Prompts() []Prompt {
	var out []Prompt
	for _, r := range s.Requests() {
		if !r.own {
			continue
		}
		for _, t := range r.New {
			out = append(out, Prompt{At: r.At, Text: t, Turn: r.Turn, MidTurn: r.Kind == "tool"})
		}
	}
	return out
}

// Times returns how often text stands in the user messages of the agent's own
// conversation, whatever it is wrapped in and wherever its lines end: the
// largest number that any one request held.
func (s *Server) Times(text string) int {
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	n := 0
	for _, r := range s.Requests() {
		if r.own {
			n = max(n, strings.Count(words(strings.Join(r.users, "\n")), words(text)))
		}
	}
	return n
}

// Await waits until ok holds of the log; it is asked again at each change. The
// error tells what was waited for and what came instead.
func (s *Server) Await(ctx context.Context, what string, ok func([]Request) bool) error {
	for {
		s.mu.Lock()
		log, changed := slices.Clone(s.log), s.changed
		s.mu.Unlock()
		if ok(log) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("model api: %s did not come: %w\n%s", what, ctx.Err(), s.Dump())
		}
	}
}

// Dump returns the log as text, for a failed test.
func (s *Server) Dump() string {
	var b strings.Builder
	for _, r := range s.Requests() {
		fmt.Fprintf(&b, "%s #%d %s %s %s turn %d.%d status %d", r.At.Format("15:04:05.000"), r.N, r.API, r.Thread, r.Kind, r.Turn, r.Step, r.Status)
		for _, t := range r.New {
			fmt.Fprintf(&b, " << %.160q", t)
		}
		if r.Kind == "tool" {
			fmt.Fprintf(&b, " <= %.80q", r.Result)
		}
		a := r.Answer
		fmt.Fprintf(&b, " >> %.100q", strings.Join(strings.Fields(strings.Join([]string{
			string(a.Fault), a.Say, a.Run, a.Background, a.Permission, a.SubAgent, a.Ask, a.Text,
		}, " ")), " "))
		if r.Err != nil {
			fmt.Fprintf(&b, " (%v)", r.Err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// finish notes how the request n was answered.
func (s *Server) finish(n, status int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.log[n-1]
	r.Done, r.Status, r.Err = time.Now(), status, err
	s.wake()
}

// wake tells those who wait that the log has changed. The caller holds mu.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}
