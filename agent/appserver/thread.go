package appserver

import (
	"encoding/json"
	"time"

	"vigil/agent"
)

// State is what a thread does, in the server's own words.
type State string

// The states of a thread.
const (
	Untold    State = ""            // the connection is lost, or was never there
	Idle      State = "idle"        // loaded, and no turn runs
	Active    State = "active"      // a turn runs
	Failed    State = "systemError" // loaded; its last turn failed
	NotLoaded State = "notLoaded"   // the server does not hold it
	Ended     State = "ended"       // nothing listens any more: the server has ended
)

// Loaded reports whether the server holds the thread.
func (s State) Loaded() bool { return s == Idle || s == Active || s == Failed }

// Thread is what is known of one thread. Those of sub-agents and titles are
// left out.
type Thread struct {
	ID       string // also that of the session file
	State    State
	Approval bool           // Active, and a person must approve something
	Input    bool           // Active, and a person must answer a question
	Failure  *agent.Failure // of the last turn, if State is Failed and the server told
	At       time.Time      // when it was told, by our clock
}

// Bounds on what is taken from a server.
const (
	maxThreads = 1024
	maxID      = 128 // bytes of a thread's id
	maxText    = 300 // bytes of an error message
)

// status is the server's word on a thread.
type status struct {
	Type        string   `json:"type"`
	ActiveFlags []string `json:"activeFlags"`
}

// thread turns the server's word into ours. A type that is not known says
// nothing.
func (s status) thread(id string, at time.Time) Thread {
	t := Thread{ID: id, At: at}
	switch st := State(s.Type); st {
	case Idle, Active, Failed, NotLoaded:
		t.State = st
	}
	for _, f := range s.ActiveFlags {
		t.Approval = t.Approval || t.State == Active && f == "waitingOnApproval"
		t.Input = t.Input || t.State == Active && f == "waitingOnUserInput"
	}
	return t
}

// meta is the part of a thread's description that is read.
type meta struct {
	ID        string `json:"id"`
	Ephemeral bool   `json:"ephemeral"`
	Parent    string `json:"parentThreadId"`
	Source    string `json:"threadSource"`
	Direct    *bool  `json:"canAcceptDirectInput"`
	Status    status `json:"status"`
}

// own reports whether the thread is one that a person talks to.
func (m meta) own() bool {
	return !m.Ephemeral && m.Parent == "" && (m.Source == "" || m.Source == "user")
}

// turnError is how a turn failed.
type turnError struct {
	Message string          `json:"message"`
	Info    json.RawMessage `json:"codexErrorInfo"` // a name, or an object with one key
}

// failure says what the error means for the agent.
func (e turnError) failure() *agent.Failure {
	code, status := errorInfo(e.Info)
	f := &agent.Failure{Ending: agent.Failed, Code: agent.CleanLine(code, 64), Text: agent.CleanLine(e.Message, maxText)}
	switch {
	case code == "contextWindowExceeded":
		f.Ending = agent.Context
	case code == "usageLimitExceeded", code == "rateLimitExceeded", status == 429:
		f.Ending = agent.Limit
	case code == "serverOverloaded", status == 529:
		f.Ending, f.Code = agent.Limit, agent.Overloaded
	case code == "unauthorized", code == "modelNotFound", code == "sessionBudgetExceeded", status == 401, status == 402, status == 403:
		f.Person = true
	}
	return f
}

// errorInfo reads a codexErrorInfo: "other", or {"httpConnectionFailed":
// {"httpStatusCode": 401}}.
func errorInfo(raw json.RawMessage) (code string, status int) {
	if json.Unmarshal(raw, &code) == nil {
		return code, 0
	}
	var named map[string]struct {
		Status int `json:"httpStatusCode"`
	}
	if json.Unmarshal(raw, &named) != nil || len(named) != 1 {
		return "", 0
	}
	for k, v := range named {
		code, status = k, v.Status
	}
	return code, status
}
