package ending

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"vigil/agent"
)

// line is one turn end as the classify command reads it. Fields that it
// does not know are ignored.
type line struct {
	Text        *string  `json:"text"`
	LastEvent   *string  `json:"last_event"`
	ResultAfter *bool    `json:"result_after"`
	Tail        []string `json:"tail"`
	Alive       any      `json:"background_alive"`
}

// ParseLine reads one turn end in the JSON of the classify command: text,
// last_event (text, thinking, tool_use or none; left out: text, or none where
// text is blank), result_after, tail and background_alive (true, false, or null
// or "unknown" where not known). The texts are cleaned.
func ParseLine(b []byte) (agent.Facts, error) {
	var l line
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&l); err != nil {
		return agent.Facts{}, lineError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return agent.Facts{}, errors.New("turn end: more than one JSON value on the line; want one object")
	}
	if t := bytes.TrimLeft(b, " \t\r\n"); t[0] != '{' {
		return agent.Facts{}, errors.New("turn end: not a JSON object")
	}
	var f agent.Facts
	if l.Text != nil {
		f.Text = agent.Clean(*l.Text)
	}
	if l.ResultAfter != nil {
		f.ResultAfter = *l.ResultAfter
	}
	for _, s := range l.Tail {
		f.Tail = append(f.Tail, agent.Clean(s))
	}
	switch alive := l.Alive.(type) {
	case nil:
	case bool:
		f.Background = agent.TriOf(alive)
	default:
		if alive != "unknown" {
			return agent.Facts{}, fmt.Errorf("turn end: field %q: want true, false or null", "background_alive")
		}
	}
	switch {
	case l.LastEvent == nil && f.Text != "":
		f.Last = agent.LastText
	case l.LastEvent == nil:
		f.Last = agent.LastNone
	default:
		f.Last = agent.LastKind(*l.LastEvent)
	}
	switch f.Last {
	case agent.LastText, agent.LastThinking, agent.LastToolUse, agent.LastNone:
		return f, nil
	}
	return agent.Facts{}, fmt.Errorf("turn end: last_event %q: want text, thinking, tool_use or none",
		agent.CleanLine(string(f.Last), 40))
}

// lineError says in one line what is wrong with a line, and where.
func lineError(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Errorf("turn end: want a JSON object, not %s", wrong.Value)
	case errors.As(err, &wrong):
		return fmt.Errorf("turn end: field %q: want %s, not %s", wrong.Field, wanted(wrong.Field), wrong.Value)
	case errors.Is(err, io.EOF):
		return errors.New("turn end: empty line; want a JSON object")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("turn end: not JSON at byte %d: %w", syntax.Offset, err)
	}
	return fmt.Errorf("turn end: not JSON: %w", err)
}

func wanted(field string) string {
	switch field {
	case "text":
		return "a string"
	case "last_event":
		return "one of the strings text, thinking, tool_use and none"
	case "result_after":
		return "true or false"
	}
	return "a list of strings"
}

// Answer is a verdict as the classify command prints it.
type Answer struct {
	Ending     string   `json:"ending"`
	Confidence float64  `json:"confidence"`
	Evidence   []string `json:"evidence"` // "source: sentence or fact"; never null
}

// AnswerOf turns a verdict into its JSON form.
func AnswerOf(v agent.Verdict) Answer {
	a := Answer{Ending: string(v.Ending), Confidence: v.Confidence, Evidence: []string{}}
	for _, e := range v.Evidence {
		a.Evidence = append(a.Evidence, e.Source+": "+e.Text)
	}
	return a
}
