package transcript

import (
	"regexp"
	"strings"
	"time"

	"vigil/agent"
)

// failure is what a CLI records of an error, in the terms of either format.
type failure struct {
	code   string // the CLI's own name, in snake case
	status int64  // HTTP status; zero if not told
	cut    string // what cut an answer short: output_limit, context_window
	text   string // what the CLI showed
	resets time.Time
	at     time.Time // when it was recorded: clock times are meant from here on
}

var (
	usageLimit = regexp.MustCompile(`(?i)\bhit your\b.{0,40}\blimit|usage limit reached|limit reached\b.{0,4}resets|` +
		`reached your specified api usage limits|usage_limit|out of extra usage`)
	tooLong = regexp.MustCompile(`(?i)prompt is too long|context window|context limit|` +
		`maximum context length|request too large`)
	overloaded  = regexp.MustCompile(`(?i)\b529\b|\boverloaded\b|selected model is at capacity`)
	needsPerson = regexp.MustCompile(`(?i)credit balance|invalid api key|/login|organization has (been )?disabled|` +
		`billing|oauth token|unauthorized|issue with the selected model|payment`)
)

// judge says how a turn with this error ended. The structured fields decide;
// the text, which the CLI composed, only where they say nothing.
func (f failure) judge() *agent.Failure {
	out := &agent.Failure{
		Ending: agent.Failed, Code: agent.CleanLine(f.code, 64), Text: clean(f.text), Resets: f.resets,
	}
	switch {
	case f.isContext():
		out.Ending = agent.Context
	case f.isLimit():
		out.Ending = agent.Limit
		if out.Resets.IsZero() {
			out.Resets = agent.Reset(f.text, f.at, nil)
		}
	case f.isOverload():
		out.Ending, out.Code = agent.Limit, agent.Overloaded
	case f.code == "max_output_tokens":
		out.Ending = agent.Empty
	case f.isPerson():
		out.Person = true
	}
	return out
}

func (f failure) isContext() bool {
	switch f.code {
	case "context_window_exceeded", "request_too_large":
		return true
	case "max_output_tokens":
		return f.cut == "context_window"
	}
	return f.cut == "context_window" || f.status == 413 || tooLong.MatchString(f.text)
}

func (f failure) isLimit() bool {
	switch f.code {
	case "usage_limit_reached", "usage_limit_exceeded", "rate_limit", "rate_limit_exceeded", "insufficient_quota":
		return true
	}
	return f.status == 429 || usageLimit.MatchString(f.text)
}

// isOverload reports whether the service turned the request away because of
// its own load: a limit that passes within minutes.
func (f failure) isOverload() bool {
	switch f.code {
	case "overloaded", "overloaded_error", "server_overloaded":
		return true
	}
	return f.status == 529 || overloaded.MatchString(f.text)
}

func (f failure) isPerson() bool {
	switch f.code {
	case "billing_error", "authentication_failed", "authentication_error", "oauth_org_not_allowed",
		"permission_error", "model_not_found", "unauthorized", "session_budget_exceeded", "budget_limited":
		return true
	}
	switch f.status {
	case 401, 402, 403, 404:
		return true
	}
	return f.code != "server_error" && needsPerson.MatchString(f.text)
}

// snake turns camelCase into snake_case: both are written.
func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
