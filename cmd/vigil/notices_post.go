package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"vigil/agent"
	"vigil/agent/notice"
	"vigil/agent/report"
)

// errUnsure says that a notice was sent and that nobody knows whether it came.
var errUnsure = errors.New("it is not known whether it arrived")

// poster posts notices to addresses.
type poster struct {
	client *http.Client
	token  string // from the environment
	host   string // this machine
	try    time.Duration
	waits  []time.Duration // between tries
}

// maxToken bounds a token's file, in bytes.
const maxToken = 4 << 10

func newPoster(e env) *poster {
	host, _ := os.Hostname() // without it, it is not told
	return &poster{
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		token:  e.Getenv("VIGIL_NOTICES_TOKEN"), host: host,
		try: 10 * time.Second, waits: []time.Duration{time.Second, 5 * time.Second, 20 * time.Second},
	}
}

// posted is what a webhook gets.
type posted struct {
	Key       string      `json:"key"`
	Kind      notice.Kind `json:"kind"`
	At        time.Time   `json:"at"`
	Agent     string      `json:"agent"`
	Host      string      `json:"host"`
	Workspace string      `json:"workspace"`
	Title     string      `json:"title"`
	Text      string      `json:"text"`
	Good      bool        `json:"good"`
	From      string      `json:"from"` // the machine that vigil runs on
}

func (p *poster) webhook(ctx context.Context, c NoticesConfig, n notice.Notice) error {
	body, err := json.Marshal(posted{n.Key, n.Kind, n.At, n.Agent, n.Host, n.Workspace, n.Title, n.Text, n.Good, p.host})
	if err != nil {
		return err
	}
	return p.post(ctx, c.Webhook, http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {n.Key}}, body)
}

func (p *poster) ntfy(ctx context.Context, c NoticesConfig, n notice.Notice) error {
	h := http.Header{"Title": {mime.QEncoding.Encode("utf-8", n.Title)}, "Priority": {"high"}, "Tags": {"warning"}}
	if n.Good {
		h.Set("Priority", "default")
		h.Set("Tags", "tada")
	}
	if n.Kind == notice.Report {
		h.Set("Tags", "memo")
	}
	token, err := p.tokenOf(c.Token)
	if err != nil {
		return err
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	text := n.Text
	if text == "" {
		text = n.Title
	}
	return p.post(ctx, c.Ntfy, h, []byte(text))
}

// ntfyMost is how long a message of ntfy is at the most, in bytes, with room to
// spare; a longer one becomes a file (docs.ntfy.sh/publish).
const ntfyMost = 4000

// ntfyReport writes a report for a phone: in narrow lines, and as many as fit.
func ntfyReport(r report.Report) string {
	const more = "… the rest: vigil report --since 24h\n"
	text := report.Text(r, 60)
	if len(text) <= ntfyMost {
		return text
	}
	text = text[:ntfyMost-len(more)]
	return text[:strings.LastIndexByte(text, '\n')+1] + more
}

// tokenOf reads the token: from its file, which must be the person's alone, else
// from the environment.
func (p *poster) tokenOf(path string) (string, error) {
	if path == "" {
		return p.token, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("notices.token_file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("notices.token_file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("notices.token_file: %s is open to others: chmod 600 %s", path, path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxToken))
	if err != nil {
		return "", fmt.Errorf("notices.token_file: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("notices.token_file: %s holds more than a token", path)
	}
	return token, nil
}

// post posts, with a few more tries where it is known that nothing arrived. Its
// errors name the host alone: the rest of an address may be a secret.
func (p *poster) post(ctx context.Context, address string, h http.Header, body []byte) error {
	for i := 0; ; i++ {
		again, err := p.once(ctx, address, h, body)
		if err == nil || !again || i == len(p.waits) {
			return err
		}
		wait := time.NewTimer(p.waits[i])
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return err
		}
	}
}

// once tries once, and reports whether another try could help and do no harm.
func (p *poster) once(ctx context.Context, address string, h http.Header, body []byte) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.try)
	defer cancel()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(i httptrace.WroteRequestInfo) {
		written.Store(i.Err == nil)
	}})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("its address cannot be used")
	}
	req.Header = h.Clone()
	// Of a request with a body that failed the client itself sends no second one.
	req.GetBody = nil
	where := req.URL.Host
	resp, err := p.client.Do(req)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err
		}
		if written.Load() {
			return false, fmt.Errorf("%s: %w: %w", where, errUnsure, err)
		}
		return true, fmt.Errorf("%s: %w", where, err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode < 300:
		return false, nil
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		return true, fmt.Errorf("%s answers %s", where, agent.CleanLine(resp.Status, 60))
	}
	return false, fmt.Errorf("%s refuses it: %s", where, agent.CleanLine(resp.Status, 60))
}
