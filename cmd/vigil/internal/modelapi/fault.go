package modelapi

import (
	"net/http"
	"strconv"
	"time"
)

// Token counts that every answer claims.
const (
	inputTokens  = 1200
	cachedTokens = 800
	outputTokens = 40
)

// failure is an HTTP reply that is no answer. With status 200 the fault shows
// inside the stream.
type failure struct {
	status int
	header map[string]string
	body   any
}

// apiError is an error body as both APIs have it, more or less.
func apiError(kind, text string) map[string]any {
	return map[string]any{"type": "error", "error": map[string]any{"type": kind, "code": kind, "message": text}}
}

// faultReply returns what a request with the step's fault gets, in the form
// of the API; ok is false where the step has no fault. The bodies follow the
// public documentation of the two APIs.
func faultReply(api API, st Step, now time.Time) (f failure, ok bool) {
	if api == Gemini && st.Fault != "" {
		return geminiFault(st)
	}
	switch st.Fault {
	case "":
		return failure{}, false
	case RateLimited:
		return failure{http.StatusTooManyRequests, nil, apiError("rate_limit_error", "Too many requests; slow down.")}, true
	case ServerError:
		return failure{http.StatusInternalServerError, nil, apiError("api_error", "Something broke on our side.")}, true
	case BadKey:
		return failure{http.StatusUnauthorized, nil, apiError("authentication_error", "invalid api key")}, true
	case Overloaded:
		if api == Messages {
			return failure{529, nil, apiError("overloaded_error", "Overloaded")}, true
		}
		return failure{http.StatusServiceUnavailable, nil, apiError("server_is_overloaded", "The servers are overloaded; try later.")}, true
	case TooLong:
		if api == Messages {
			return failure{http.StatusBadRequest, nil, apiError("invalid_request_error", "prompt is too long: 201000 tokens > 200000 maximum")}, true
		}
		if api == Completions {
			return failure{http.StatusBadRequest, nil, apiError("context_length_exceeded", "This model's maximum context length is 131072 tokens. However, your messages resulted in 150000 tokens.")}, true
		}
		return failure{status: http.StatusOK}, true // response.failed in the stream
	case UsageLimit:
		return usageLimit(api, st.LimitReset, now), true
	}
	return failure{status: http.StatusOK}, true // CutStream
}

// usageLimit is the reply of a subscription whose quota is used up.
func usageLimit(api API, left time.Duration, now time.Time) failure {
	secs := int64(left.Seconds())
	reset := strconv.FormatInt(now.Unix()+secs, 10)
	if api == Messages {
		return failure{http.StatusTooManyRequests, map[string]string{
			"anthropic-ratelimit-unified-status":               "rejected",
			"anthropic-ratelimit-unified-reset":                reset,
			"anthropic-ratelimit-unified-representative-claim": "five_hour",
			"anthropic-ratelimit-unified-overage-status":       "rejected",
			"retry-after": strconv.FormatInt(secs, 10),
		}, apiError("rate_limit_error", "This request would exceed the rate limit of the account.")}
	}
	return failure{http.StatusTooManyRequests, map[string]string{
		"x-codex-primary-used-percent":   "100",
		"x-codex-primary-window-minutes": "300",
		"x-codex-primary-reset-at":       reset,
	}, map[string]any{"error": map[string]any{
		"type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
		"resets_at": now.Unix() + secs, "resets_in_seconds": secs,
	}}}
}
