package modelapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// completionsBody is what we read of a request to the Chat Completions API.
type completionsBody struct {
	Model  string
	Stream bool
	Tools  []struct{ Function struct{ Name string } }
	Msgs   []struct {
		Role    string
		Content content
	} `json:"messages"`
}

// parseCompletions reads a request to the Chat Completions API. One without
// tools wants a title or the like.
func parseCompletions(raw []byte) (prompt, error) {
	var b completionsBody
	if err := json.Unmarshal(raw, &b); err != nil {
		return prompt{}, fmt.Errorf("chat completions request: %w", err)
	}
	p := prompt{api: Completions, model: b.Model, whole: !b.Stream, side: len(b.Tools) == 0}
	for _, t := range b.Tools {
		p.tools = append(p.tools, t.Function.Name)
	}
	for _, m := range b.Msgs {
		switch m.Role {
		case "user":
			p.users = append(p.users, m.Content.text())
			p.last = "user"
		case "tool":
			p.results = append(p.results, m.Content.text())
			p.last = "tool"
		case "assistant":
			p.last = "assistant"
		}
	}
	// Qwen Code asks with all its tools for what a person might type next.
	p.side = p.side || p.last == "user" && strings.HasPrefix(p.users[len(p.users)-1], "[SUGGESTION MODE")
	return p, nil
}

// writeCompletions writes the blocks as a chat completion.
func writeCompletions(s *stream, p prompt, bs []block) error {
	usage := map[string]any{
		"prompt_tokens": inputTokens, "completion_tokens": outputTokens, "total_tokens": inputTokens + outputTokens,
		"prompt_tokens_details": map[string]any{"cached_tokens": cachedTokens},
	}
	id, text, calls, finish := s.id("chatcmpl-"), "", []any{}, "stop"
	for _, b := range bs {
		if b.tool == "" {
			text += b.text
			continue
		}
		args, _ := json.Marshal(b.args)
		calls = append(calls, map[string]any{
			"index": len(calls), "id": s.id("call_"), "type": "function",
			"function": map[string]any{"name": b.tool, "arguments": string(args)},
		})
		finish = "tool_calls"
	}
	if p.whole {
		message := map[string]any{"role": "assistant", "content": text}
		if len(calls) > 0 {
			message["tool_calls"] = calls
		}
		writeJSON(s.w, http.StatusOK, map[string]any{
			"id": id, "object": "chat.completion", "created": 0, "model": p.model, "usage": usage,
			"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}},
		})
		return nil
	}
	chunk := func(delta map[string]any, finish any) error {
		return s.data(map[string]any{
			"id": id, "object": "chat.completion.chunk", "created": 0, "model": p.model,
			"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}},
		})
	}
	s.start()
	if err := chunk(map[string]any{"role": "assistant", "content": ""}, nil); err != nil {
		return err
	}
	if text != "" {
		if err := s.text(text, func(piece string) error { return chunk(map[string]any{"content": piece}, nil) }); err != nil {
			return err
		}
	}
	if s.cut {
		return errCut
	}
	if len(calls) > 0 {
		if err := chunk(map[string]any{"tool_calls": calls}, nil); err != nil {
			return err
		}
	}
	if err := chunk(map[string]any{}, finish); err != nil {
		return err
	}
	if err := s.data(map[string]any{
		"id": id, "object": "chat.completion.chunk", "created": 0, "model": p.model, "choices": []any{}, "usage": usage,
	}); err != nil {
		return err
	}
	_, err := fmt.Fprint(s.w, "data: [DONE]\n\n")
	return err
}
