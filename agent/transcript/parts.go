package transcript

import (
	"slices"
	"strings"

	"vigil/agent"
)

// Gemini CLI and Qwen Code, which comes from it, keep messages in the form of
// the Gemini API: a list of parts, each a text, a thought, a call or a result.

// message is what a list of parts holds.
type message struct {
	text    string // the visible texts, joined
	thought bool
	calls   []agent.Call
	results []agent.Call // those that the results are of; Summary is an excerpt
}

// maxParts bounds what is read of one message.
const maxParts = 1000

// readParts reads a list of parts, or a text.
func readParts(v raw) message {
	if v.isString() {
		return message{text: clean(v.text(maxText))}
	}
	var m message
	var texts []string
	each(v, func(i int, p raw) bool {
		var text, call, result raw
		thought := false
		walk(p, func(key string, f raw) bool {
			switch key {
			case "text":
				text = f
			case "thought":
				thought = f.isTrue()
			case "functionCall":
				call = f
			case "functionResponse":
				result = f
			}
			return true
		})
		switch {
		case call != nil:
			m.calls = append(m.calls, agent.Call{
				ID: agent.CleanLine(call.get("id").text(200), 200), Name: agent.CleanLine(call.get("name").text(100), 100),
				Summary: summarize(call.get("args")),
			})
		case result != nil:
			m.results = append(m.results, agent.Call{
				ID: agent.CleanLine(result.get("id").text(200), 200), Name: agent.CleanLine(result.get("name").text(100), 100),
				Summary: agent.CleanLine(result.get("response", "output").text(8*maxExcerpt), maxSummary),
			})
		case thought:
			m.thought = true
		case text != nil:
			texts = append(texts, text.text(maxText))
		}
		return i < maxParts
	})
	m.text = clean(strings.TrimSpace(strings.Join(texts, "\n")))
	return m
}

// recent remembers the last things of a kind that a reader has told, by id, so
// that a file cannot grow it for ever.
type recent[T any] struct {
	ids []string
	of  map[string]T
}

// maxRecent is how many things a recent remembers.
const maxRecent = 256

func (r *recent[T]) get(id string) (T, bool) {
	v, ok := r.of[id]
	return v, ok
}

func (r *recent[T]) set(id string, v T) {
	if r.of == nil {
		r.of = map[string]T{}
	}
	if _, ok := r.of[id]; !ok {
		r.ids = append(r.ids, id)
		if len(r.ids) > maxRecent {
			delete(r.of, r.ids[0])
			r.ids = slices.Delete(r.ids, 0, 1)
		}
	}
	r.of[id] = v
}
