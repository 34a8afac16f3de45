package modelapi

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// messagesBody is what we read of a request to the Messages API.
type messagesBody struct {
	Model  string
	Stream bool
	Tools  []struct{ Name, Type string }
	Msgs   []struct {
		Role    string
		Content content
	} `json:"messages"`
}

// content is a string or a list of parts, as both APIs allow.
type content []part

type part struct {
	Type    string
	Text    string
	Content content // of a tool result
}

// UnmarshalJSON reads either form.
func (c *content) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*c = content{{Type: "text", Text: s}}
		return nil
	}
	return json.Unmarshal(raw, (*[]part)(c))
}

// text returns the text of the parts, joined.
func (c content) text() string {
	s := ""
	for _, p := range c {
		if p.Text != "" {
			if s != "" {
				s += "\n"
			}
			s += p.Text
		}
	}
	return s
}

// parseMessages reads a request to the Messages API. One without tools wants
// a title or the like.
func parseMessages(raw []byte) (prompt, error) {
	var b messagesBody
	if err := json.Unmarshal(raw, &b); err != nil {
		return prompt{}, fmt.Errorf("messages request: %w", err)
	}
	p := prompt{api: Messages, model: b.Model, whole: !b.Stream, side: len(b.Tools) == 0}
	for _, t := range b.Tools {
		p.tools = append(p.tools, t.Name)
	}
	for _, m := range b.Msgs {
		if m.Role != "user" {
			// Newer clients put their insertions into system messages in
			// mid-conversation; those are nobody's turn.
			if m.Role == "assistant" {
				p.last = "assistant"
			}
			continue
		}
		p.last = "user"
		for _, c := range m.Content {
			switch c.Type {
			case "tool_result":
				p.results = append(p.results, c.Content.text())
				p.last = "tool"
			case "text":
				p.users = append(p.users, c.Text)
			}
		}
	}
	return p, nil
}

// writeMessages writes the blocks as a message.
func writeMessages(s *stream, p prompt, bs []block) error {
	stop := "end_turn"
	for _, b := range bs {
		if b.tool != "" {
			stop = "tool_use"
		}
	}
	usage := map[string]any{
		"input_tokens": inputTokens - cachedTokens, "cache_read_input_tokens": cachedTokens,
		"cache_creation_input_tokens": 0, "output_tokens": outputTokens,
	}
	msg := map[string]any{
		"id": s.id("msg_"), "type": "message", "role": "assistant", "model": p.model,
		"content": []any{}, "stop_reason": nil, "stop_sequence": nil, "usage": usage,
	}
	s.w.Header().Set("request-id", s.id("req_"))
	if p.whole {
		parts := []any{}
		for _, b := range bs {
			parts = append(parts, s.messagePart(b))
		}
		msg["content"], msg["stop_reason"] = parts, stop
		writeJSON(s.w, http.StatusOK, msg)
		return nil
	}
	s.start()
	if err := s.event(map[string]any{"type": "message_start", "message": msg}); err != nil {
		return err
	}
	for i, b := range bs {
		if err := s.messageBlock(i, b); err != nil {
			return err
		}
	}
	if s.cut {
		return errCut
	}
	if err := s.event(map[string]any{
		"type": "message_delta", "usage": map[string]any{"output_tokens": outputTokens},
		"delta": map[string]any{"stop_reason": stop, "stop_sequence": nil},
	}); err != nil {
		return err
	}
	return s.event(map[string]any{"type": "message_stop"})
}

// messagePart is a whole content block.
func (s *stream) messagePart(b block) map[string]any {
	if b.tool != "" {
		return map[string]any{"type": "tool_use", "id": s.id("toolu_"), "name": b.tool, "input": b.args}
	}
	return map[string]any{"type": "text", "text": b.text}
}

// messageBlock streams one content block.
func (s *stream) messageBlock(i int, b block) error {
	head := s.messagePart(b)
	if b.tool != "" {
		head["input"] = map[string]any{}
	} else {
		head["text"] = ""
	}
	if err := s.event(map[string]any{"type": "content_block_start", "index": i, "content_block": head}); err != nil {
		return err
	}
	delta := func(d map[string]any) error {
		return s.event(map[string]any{"type": "content_block_delta", "index": i, "delta": d})
	}
	var err error
	if b.tool != "" {
		raw, _ := json.Marshal(b.args)
		err = delta(map[string]any{"type": "input_json_delta", "partial_json": string(raw)})
	} else {
		err = s.text(b.text, func(piece string) error {
			return delta(map[string]any{"type": "text_delta", "text": piece})
		})
	}
	if err != nil {
		return err
	}
	if s.cut {
		return errCut
	}
	return s.event(map[string]any{"type": "content_block_stop", "index": i})
}
