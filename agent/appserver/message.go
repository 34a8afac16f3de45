package appserver

import (
	"encoding/json"
	"errors"
	"fmt"

	"vigil/agent"
)

// frame is one message of the protocol: an answer (ID, and Result or Error), a
// notification (Method), or a request to us (ID and Method).
type frame struct {
	ID     *int64          `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *Refusal        `json:"error"`
}

// errFrame is of a message that does not follow the protocol. It is passed
// over: a later server may send what this client does not know.
var errFrame = errors.New("not a message of the protocol")

// parse reads a frame. Requests to us are given without their id: what they
// ask for (approvals above all) is a person's to answer.
func parse(data []byte) (frame, error) {
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		// An id that is no number is not of our requests.
		var other struct {
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
		}
		if json.Unmarshal(data, &other) != nil || other.Method == "" {
			return frame{}, errFrame
		}
		return frame{Method: other.Method, Params: other.Params}, nil
	}
	switch {
	case f.Method != "":
		f.ID, f.Result, f.Error = nil, nil, nil
	case f.ID == nil || f.Result == nil && f.Error == nil:
		return frame{}, errFrame
	}
	return f, nil
}

// change reads the params of thread/status/changed.
func change(params json.RawMessage) (id string, s status, ok bool) {
	var p struct {
		ID     string  `json:"threadId"`
		Status *status `json:"status"`
	}
	if json.Unmarshal(params, &p) != nil || p.Status == nil || !plain(p.ID) {
		return "", s, false
	}
	return p.ID, *p.Status, true
}

// plain reports whether an id may be one: it is kept as a key, and shown.
func plain(id string) bool {
	return id != "" && len(id) <= maxID && agent.Clean(id) == id
}

// Refusal is the server's answer that it did not do what it was asked for.
type Refusal struct {
	Code    int64  `json:"code"`
	Message string `json:"message"`
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the app-server refused: %s (%d)", agent.CleanLine(r.Message, maxText), r.Code)
}
