package modelapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// responsesBody is what we read of a request to the Responses API.
type responsesBody struct {
	Model    string
	Stream   bool
	Tools    []responsesTool
	Input    responsesInput
	Metadata struct {
		Turn string `json:"x-codex-turn-metadata"` // JSON in a string
	} `json:"client_metadata"`
}

// responsesTool is a tool, or a namespace that holds some.
type responsesTool struct {
	Name, Type string
	Tools      []responsesTool
}

type responsesItem struct {
	Type, Role string
	Content    content
	Output     outputText
	Tools      []responsesTool
}

// responsesInput is a string or a list of items.
type responsesInput []responsesItem

// UnmarshalJSON reads either form.
func (in *responsesInput) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var c content
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		*in = responsesInput{{Role: "user", Content: c}}
		return nil
	}
	return json.Unmarshal(raw, (*[]responsesItem)(in))
}

// outputText is a tool's output: a string, a list of parts, or an object.
type outputText string

// UnmarshalJSON reads any of the forms; an object stays JSON.
func (o *outputText) UnmarshalJSON(raw []byte) error {
	var c content
	if err := json.Unmarshal(raw, &c); err == nil {
		*o = outputText(c.text())
		return nil
	}
	*o = outputText(raw)
	return nil
}

// parseResponses reads a request to the Responses API. Codex tells in its
// metadata which thread asks: those that only want a title are side threads.
func parseResponses(raw []byte) (prompt, error) {
	var b responsesBody
	if err := json.Unmarshal(raw, &b); err != nil {
		return prompt{}, fmt.Errorf("responses request: %w", err)
	}
	p := prompt{api: Responses, model: b.Model, whole: !b.Stream}
	addTools := func(ts []responsesTool) {
		for _, t := range ts {
			for _, sub := range append([]responsesTool{t}, t.Tools...) {
				if sub.Name == "" {
					sub.Name = sub.Type
				}
				p.tools = append(p.tools, sub.Name)
			}
		}
	}
	addTools(b.Tools)
	for _, it := range b.Input {
		switch {
		case it.Type == "additional_tools":
			addTools(it.Tools)
		case strings.HasSuffix(it.Type, "_output"):
			p.results = append(p.results, string(it.Output))
			p.last = "tool"
		case it.Role == "user":
			p.users = append(p.users, it.Content.text())
			p.last = "user"
		case it.Role == "assistant":
			p.last = "assistant"
		}
	}
	p.side = sideThread(b.Metadata.Turn, p.tools)
	return p, nil
}

// sideThread reports whether a request is none of an agent's turns.
func sideThread(turn string, tools []string) bool {
	var m struct {
		Source string `json:"thread_source"`
		Kind   string `json:"request_kind"`
	}
	if turn == "" || json.Unmarshal([]byte(turn), &m) != nil {
		return len(tools) == 0
	}
	return slices.Contains([]string{"thread_title", "system"}, m.Source) ||
		slices.Contains([]string{"prewarm", "prediction"}, m.Kind)
}

// writeResponses writes the blocks as a response.
func writeResponses(s *stream, p prompt, bs []block) error {
	resp := map[string]any{
		"id": s.id("resp_"), "object": "response", "created_at": 0, "model": p.model,
		"status": "in_progress", "output": []any{},
	}
	items := []any{}
	for _, b := range bs {
		items = append(items, s.responseItem(b))
	}
	if p.whole {
		s.completed(resp, items)
		writeJSON(s.w, http.StatusOK, resp)
		return nil
	}
	s.start()
	if err := s.event(map[string]any{"type": "response.created", "response": resp}); err != nil {
		return err
	}
	if s.tooLong {
		resp["status"] = "failed"
		resp["error"] = map[string]any{
			"code": "context_length_exceeded", "message": "The input exceeds the context window of this model.",
		}
		return s.event(map[string]any{"type": "response.failed", "response": resp})
	}
	for i, it := range items {
		if err := s.responseBlock(i, bs[i], it.(map[string]any)); err != nil {
			return err
		}
	}
	if s.cut {
		return errCut
	}
	s.completed(resp, items)
	return s.event(map[string]any{"type": "response.completed", "response": resp})
}

// completed turns a response that has begun into one that is done.
func (s *stream) completed(resp map[string]any, items []any) {
	resp["status"], resp["output"] = "completed", items
	resp["usage"] = map[string]any{
		"input_tokens": inputTokens, "input_tokens_details": map[string]any{"cached_tokens": cachedTokens},
		"output_tokens": outputTokens, "output_tokens_details": map[string]any{"reasoning_tokens": 0},
		"total_tokens": inputTokens + outputTokens,
	}
}

// responseItem is a whole output item.
func (s *stream) responseItem(b block) map[string]any {
	if b.tool == "" {
		return map[string]any{
			"type": "message", "id": s.id("msg_"), "role": "assistant", "status": "completed",
			"content": []any{map[string]any{"type": "output_text", "text": b.text, "annotations": []any{}}},
		}
	}
	if text, ok := b.args.(string); ok {
		return map[string]any{
			"type": "custom_tool_call", "id": s.id("ctc_"), "call_id": s.id("call_"),
			"name": b.tool, "input": text, "status": "completed",
		}
	}
	raw, _ := json.Marshal(b.args)
	it := map[string]any{
		"type": "function_call", "id": s.id("fc_"), "call_id": s.id("call_"),
		"name": b.tool, "arguments": string(raw), "status": "completed",
	}
	if b.space != "" {
		it["namespace"] = b.space
	}
	return it
}

// responseBlock streams one output item.
func (s *stream) responseBlock(i int, b block, it map[string]any) error {
	head := it
	if b.tool == "" {
		head = map[string]any{
			"type": "message", "id": it["id"], "role": "assistant", "status": "in_progress", "content": []any{},
		}
	}
	if err := s.event(map[string]any{"type": "response.output_item.added", "output_index": i, "item": head}); err != nil {
		return err
	}
	if b.tool == "" {
		err := s.text(b.text, func(piece string) error {
			return s.event(map[string]any{
				"type": "response.output_text.delta", "item_id": it["id"],
				"output_index": i, "content_index": 0, "delta": piece,
			})
		})
		if err != nil {
			return err
		}
	}
	if s.cut {
		return errCut
	}
	return s.event(map[string]any{"type": "response.output_item.done", "output_index": i, "item": it})
}
