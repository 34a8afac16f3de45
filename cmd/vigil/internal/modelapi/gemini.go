package modelapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// geminiBody is what we read of a request to the Gemini API.
type geminiBody struct {
	Tools    []struct{ FunctionDeclarations []struct{ Name string } }
	Contents []struct {
		Role  string
		Parts []struct {
			Text             string
			FunctionResponse *struct{ Response json.RawMessage }
		}
	}
}

// parseGemini reads a request to the Gemini API. One without tools wants a
// choice of model or the like.
func parseGemini(raw []byte) (prompt, error) {
	var b geminiBody
	if err := json.Unmarshal(raw, &b); err != nil {
		return prompt{}, fmt.Errorf("gemini request: %w", err)
	}
	p := prompt{api: Gemini, model: Model}
	for _, t := range b.Tools {
		for _, f := range t.FunctionDeclarations {
			p.tools = append(p.tools, f.Name)
		}
	}
	p.side = len(p.tools) == 0
	for _, c := range b.Contents {
		if c.Role == "model" {
			p.last = "assistant"
			continue
		}
		for _, part := range c.Parts {
			switch {
			case part.FunctionResponse != nil:
				p.results = append(p.results, string(part.FunctionResponse.Response))
				p.last = "tool"
			case part.Text != "":
				p.users = append(p.users, part.Text)
				p.last = "user"
			}
		}
	}
	return p, nil
}

// writeGemini writes the blocks as a generated content.
func writeGemini(s *stream, p prompt, bs []block) error {
	answer := func(finish string, parts ...any) map[string]any {
		candidate := map[string]any{"index": 0, "content": map[string]any{"role": "model", "parts": parts}}
		if finish != "" {
			candidate["finishReason"] = finish
		}
		return map[string]any{
			"candidates": []any{candidate}, "modelVersion": p.model, "responseId": s.id("resp-"),
			"usageMetadata": map[string]any{
				"promptTokenCount": inputTokens, "cachedContentTokenCount": cachedTokens,
				"candidatesTokenCount": outputTokens, "totalTokenCount": inputTokens + outputTokens,
			},
		}
	}
	var parts []any
	for _, b := range bs {
		if b.tool == "" {
			parts = append(parts, map[string]any{"text": b.text})
		} else {
			parts = append(parts, map[string]any{"functionCall": map[string]any{"name": b.tool, "args": b.args}})
		}
	}
	if p.whole {
		writeJSON(s.w, http.StatusOK, answer("STOP", parts...))
		return nil
	}
	s.start()
	for i, b := range bs {
		if b.tool != "" {
			if err := s.data(answer("", parts[i])); err != nil {
				return err
			}
			continue
		}
		err := s.text(b.text, func(piece string) error { return s.data(answer("", map[string]any{"text": piece})) })
		if err != nil {
			return err
		}
	}
	if s.cut {
		return errCut
	}
	return s.data(answer("STOP", map[string]any{"text": ""}))
}

// gemini answers the calls of the Gemini API, whose names are in the path.
func (s *Server) gemini() http.HandlerFunc {
	stream := s.serve(parseGemini, writeGemini)
	whole := s.serve(func(raw []byte) (prompt, error) {
		p, err := parseGemini(raw)
		p.whole = true
		return p, err
	}, writeGemini)
	return func(w http.ResponseWriter, r *http.Request) {
		switch _, call, _ := strings.Cut(r.PathValue("call"), ":"); call {
		case "streamGenerateContent":
			stream(w, r)
		case "generateContent":
			whole(w, r)
		case "countTokens":
			writeJSON(w, http.StatusOK, map[string]any{"totalTokens": inputTokens})
		default:
			writeJSON(w, http.StatusNotFound, geminiError(http.StatusNotFound, "NOT_FOUND", "no such call"))
		}
	}
}

// geminiError is an error body of the Gemini API.
func geminiError(code int, status, text string, details ...any) map[string]any {
	return map[string]any{"error": map[string]any{"code": code, "message": text, "status": status, "details": details}}
}

// geminiFault is faultReply for the Gemini API.
func geminiFault(st Step) (failure, bool) {
	fail := func(code int, status, text string, details ...any) (failure, bool) {
		return failure{code, nil, geminiError(code, status, text, details...)}, true
	}
	switch st.Fault {
	case RateLimited:
		return fail(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "Resource has been exhausted.")
	case ServerError:
		return fail(http.StatusInternalServerError, "INTERNAL", "Something broke on our side.")
	case BadKey:
		return fail(http.StatusBadRequest, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
	case Overloaded:
		return fail(http.StatusServiceUnavailable, "UNAVAILABLE", "The model is overloaded. Please try again later.")
	case TooLong:
		return fail(http.StatusBadRequest, "INVALID_ARGUMENT", "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).")
	case UsageLimit:
		return fail(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "You exceeded your current quota.",
			map[string]any{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []any{map[string]any{
				"quotaMetric": "generativelanguage.googleapis.com/generate_content_requests", "quotaId": "GenerateRequestsPerDayPerProjectPerModel",
			}}},
			map[string]any{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": fmt.Sprintf("%ds", int(st.LimitReset.Seconds()))})
	}
	return failure{status: http.StatusOK}, true // CutStream
}
