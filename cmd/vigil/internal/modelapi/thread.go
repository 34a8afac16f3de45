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
	own    bool // the agent's: see Request
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
		rec.Thread, rec.own = name, th.own
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
	name, own, turns, loop := MainThread, true, s.script.Turns, s.script.LoopFrom
	first := ""
	for _, u := range p.users {
		if first = ownText(u); first != "" {
			break
		}
	}
	for _, t := range s.script.Threads {
		if strings.Contains(first, t.Match) {
			name, own, turns, loop = t.Name, t.Fresh, t.Turns, 0
			break
		}
	}
	th := s.threads[name]
	if th == nil {
		th = &thread{own: own, turns: turns, loop: loop, turn: -1, seen: map[string]int{}}
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
		if !th.stuck() {
			th.step++
			th.used = 0
		}
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

// stuck reports whether the current step is a fault that each request gets until
// the next user message: also one that a client has changed to make it pass.
func (th *thread) stuck() bool {
	steps := turn(th.turns, th.loop, th.turn)
	return th.step < len(steps) && steps[th.step].Fault != "" && steps[th.step].Times == 0
}

// reminder matches what Claude Code puts into user messages by itself.
var reminder = regexp.MustCompile(`(?s)<system-reminder>.*?</system-reminder>`)

// ownText returns the part of a user text that did not come from the client
// itself; empty if nothing else is there.
func ownText(text string) string {
	text = strings.TrimSpace(reminder.ReplaceAllString(text, ""))
	for _, mark := range []string{"<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<permissions", "<skills", "<session_context>", "<command-name>", "<local-command-"} {
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
		t := ownText(u)
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
