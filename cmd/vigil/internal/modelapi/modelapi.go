// Package modelapi is a scripted model API for tests: it speaks the Anthropic
// Messages API, OpenAI's Responses and Chat Completions and the Gemini API
// (streaming, and as much of the rest as the real CLIs ask for), says what its [Script]
// tells it to, and remembers every request with its time. With it, a test can
// say exactly what a real agent does and what it was told.
//
// Start with [New]; the Server is an http.Handler. A user message starts the
// next turn of the script, a tool result takes the next step, and the same
// request once more (a client's retry) gets the same step again. Requests of
// side threads, which only want a title, get a fixed text and take no step.
package modelapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxBody bounds a request's body; real ones grow to about 1 MB.
const maxBody = 64 << 20

// Server answers model requests by a Script. Make one with New; it is safe
// for use by many connections at once.
type Server struct {
	script Script
	mux    *http.ServeMux

	mu      sync.Mutex
	threads map[string]*thread
	log     []Request
	calls   int           // ids of tool calls and messages given out
	changed chan struct{} // closed and replaced at each change of the log
}

// New returns a server that answers by the script.
func New(s Script) *Server {
	srv := &Server{
		script:  s,
		mux:     http.NewServeMux(),
		threads: map[string]*thread{},
		changed: make(chan struct{}),
	}
	srv.mux.HandleFunc("POST /v1/messages", srv.serve(parseMessages, writeMessages))
	srv.mux.HandleFunc("POST /v1/responses", srv.serve(parseResponses, writeResponses))
	srv.mux.HandleFunc("POST /v1/chat/completions", srv.serve(parseCompletions, writeCompletions))
	srv.mux.HandleFunc("POST /v1beta/models/{call}", srv.gemini())
	srv.mux.HandleFunc("POST /v1/messages/count_tokens", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"input_tokens": inputTokens})
	})
	srv.mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{
			"object": "list", "data": []any{map[string]any{"id": Model, "object": "model", "type": "model"}},
		})
	})
	srv.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead { // a HEAD asks whether anybody is there
			writeJSON(w, http.StatusNotFound, apiError("not_found_error", "no such route: "+r.URL.Path))
		}
	})
	return srv
}

// Model is the name of the only model there is.
const Model = "fake-model"

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// serve makes the handler of one API.
func (s *Server) serve(parse func([]byte) (prompt, error), write func(*stream, prompt, []block) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		arrived := time.Now()
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			writeJSON(w, http.StatusBadRequest, apiError("invalid_request_error", err.Error()))
			return
		}
		p, err := parse(raw)
		if err != nil {
			writeJSON(w, http.StatusBadRequest, apiError("invalid_request_error", err.Error()))
			return
		}
		step, n := s.take(p, arrived)
		status, err := s.answer(w, r, p, step, write)
		s.finish(n, status, err)
	}
}

// answer writes what the step says. The status is that of the HTTP reply.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, p prompt, step Step, write func(*stream, prompt, []block) error) (int, error) {
	if err := pause(r.Context(), step.Delay); err != nil {
		return 0, err
	}
	if f, ok := faultReply(p.api, step, time.Now()); ok {
		for k, v := range f.header {
			w.Header().Set(k, v)
		}
		if f.status != http.StatusOK {
			writeJSON(w, f.status, f.body)
			return f.status, nil
		}
	}
	out := &stream{ctx: r.Context(), w: w, pace: step.Pace, cut: step.Fault == CutStream, tooLong: step.Fault == TooLong, id: s.id}
	err := write(out, p, blocks(p, step))
	if errors.Is(err, errCut) {
		// The connection must break, not end: a clean end could be taken for
		// the end of the answer.
		if c, _, herr := http.NewResponseController(w).Hijack(); herr == nil {
			c.Close()
		}
	}
	return http.StatusOK, err
}

// id returns a new identifier with the prefix.
func (s *Server) id(prefix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return fmt.Sprintf("%s%024d", prefix, s.calls)
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errCut says that the script wants the connection dropped.
var errCut = errors.New("stream cut by the script")

// stream writes server-sent events.
type stream struct {
	ctx     context.Context
	w       http.ResponseWriter
	pace    time.Duration
	cut     bool
	tooLong bool
	id      func(prefix string) string
}

// start sends the header of the event stream.
func (s *stream) start() {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	s.w.WriteHeader(http.StatusOK)
}

// data sends one event without a name.
func (s *stream) data(v map[string]any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.w, "data: %s\n\n", raw); err != nil {
		return err
	}
	return http.NewResponseController(s.w).Flush()
}

// event sends one event; its name is the value of "type".
func (s *stream) event(v map[string]any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", v["type"], raw); err != nil {
		return err
	}
	return http.NewResponseController(s.w).Flush()
}

// text sends a text in pieces through send, slowly where the script says so.
func (s *stream) text(text string, send func(piece string) error) error {
	if s.pace <= 0 {
		return send(text)
	}
	for piece := range strings.SplitAfterSeq(text, " ") {
		if err := pause(s.ctx, s.pace); err != nil {
			return err
		}
		if err := send(piece); err != nil {
			return err
		}
	}
	return nil
}

// writeJSON writes a whole reply.
func writeJSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(v) // maps of plain values: cannot fail
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that left is its own business
}
