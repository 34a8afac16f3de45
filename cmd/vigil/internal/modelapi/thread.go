package modelapi

import (
	"crypto/sha256"
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// API names the protocol of a request.
type API string

// The APIs.
const (
	Messages    API = "messages"    // Anthropic's, as Claude Code speaks it
	Responses   API = "responses"   // OpenAI's, as Codex speaks it
	Completions API = "completions" // OpenAI's older one, as opencode and Qwen Code speak it
	Gemini      API = "gemini"      // Google's, as Gemini CLI speaks it
)

// prompt is what a request of either API says, as far as a script turns on it.
type prompt struct {
	api     API
	model   string
	users   []string // texts from the user's side, oldest first
	results []string // tool results, oldest first
	last    string   // "user", "tool" or "assistant": who spoke last
	tools   []string
	side    bool // wants a title or the like; not a turn of an agent
	whole   bool // the reply is to be one JSON document, not a stream
}

// digest tells two requests apart; a retry has the same.
func (p prompt) digest() [sha256.Size]byte {
	raw, _ := json.Marshal([]any{p.users, p.results, p.last})
	return sha256.Sum256(raw)
}

// thread is where a conversation stands in its script.
type thread struct {
	turns  []Turn
	loop   int
	turn   int // -1 before the first message
	step   int
	used   int // requests that got the current fault
	digest [sha256.Size]byte
	seen   map[string]int // user texts: how many of each an earlier request held
}

// take chooses the step for a request and logs the request. It returns the
// number of the log entry.
func (s *Server) take(p prompt, at time.Time) (Step, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := Request{N: len(s.log) + 1, At: at, API: p.api, Kind: p.last, Tools: len(p.tools)}
	if len(p.results) > 0 {
		rec.Result = p.results[len(p.results)-1]
	}
	var step Step
	if p.side {
		rec.Thread, step = SideThread, Step{Text: s.title()}
	} else {
		name, th := s.thread(p)
		rec.Thread = name
		rec.New = th.news(p.users)
		step = th.next(p)
		rec.Turn, rec.Step = th.turn, th.step
		rec.users = p.users
	}
	rec.Answer = step
	s.log = append(s.log, rec)
	s.wake()
	return step, rec.N
}

// title is the answer to a side request: JSON, since some ask for it, that
// reads as a title where plain text is wanted.
func (s *Server) title() string {
	if s.script.Title != "" {
		return s.script.Title
	}
	return `{"title":"Scripted session","isNewTopic":false}`
}

// thread finds the conversation that a request belongs to.
func (s *Server) thread(p prompt) (string, *thread) {
	name, turns, loop := MainThread, s.script.Turns, s.script.LoopFrom
	first := ""
	for _, u := range p.users {
		if first = own(u); first != "" {
			break
		}
	}
	for _, t := range s.script.Threads {
		if strings.Contains(first, t.Match) {
			name, turns, loop = t.Name, t.Turns, 0
			break
		}
	}
	th := s.threads[name]
	if th == nil {
		th = &thread{turns: turns, loop: loop, turn: -1, seen: map[string]int{}}
		s.threads[name] = th
	}
	return name, th
}

// next moves the conversation on and returns the step it has come to.
func (th *thread) next(p prompt) Step {
	d := p.digest()
	switch {
	case th.turn >= 0 && d == th.digest:
		th.used++
	case p.last == "tool" && th.turn >= 0:
		th.step++
		th.used = 0
	default:
		th.turn++
		th.step, th.used = 0, 0
	}
	th.digest = d
	steps := turn(th.turns, th.loop, th.turn)
	for th.step < len(steps) {
		st := steps[th.step]
		if st.Fault == "" || st.Times == 0 || th.used < st.Times {
			return st
		}
		th.step++
		th.used = 0
	}
	return Step{Text: "The script has nothing more for this turn."}
}

// reminder matches what Claude Code puts into user messages by itself.
var reminder = regexp.MustCompile(`(?s)<system-reminder>.*?</system-reminder>`)

// own returns the part of a user text that did not come from the client
// itself; empty if nothing else is there.
func own(text string) string {
	text = strings.TrimSpace(reminder.ReplaceAllString(text, ""))
	for _, mark := range []string{"<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<permissions", "<skills", "<session_context>"} {
		if strings.HasPrefix(text, mark) {
			return ""
		}
	}
	return text
}

// news returns the user texts that no earlier request held as often, and
// remembers them. Counting, not comparing positions, is what holds while
// clients move their own insertions about.
func (th *thread) news(users []string) []string {
	var out []string
	count := map[string]int{}
	for _, u := range users {
		t := own(u)
		if t == "" {
			continue
		}
		count[t]++
		if count[t] > th.seen[t] {
			th.seen[t] = count[t]
			out = append(out, t)
		}
	}
	return out
}
