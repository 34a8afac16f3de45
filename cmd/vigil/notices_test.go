package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigil/agent"
	"vigil/agent/notice"
	"vigil/agent/report"
	"vigil/tui"
)

// inbox is a server that takes notices: it answers each request by the next of
// its answers, the last one again and again. 0 is none at all.
type inbox struct {
	*httptest.Server
	mu      sync.Mutex
	answers []int
	got     []*http.Request
	bodies  []string
}

func newInbox(t *testing.T, answers ...int) *inbox {
	b := &inbox{answers: answers}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		b.got, b.bodies = append(b.got, r), append(b.bodies, string(body))
		code := b.answers[0]
		if len(b.answers) > 1 {
			b.answers = b.answers[1:]
		}
		b.mu.Unlock()
		if code == 0 {
			<-r.Context().Done()
			return
		}
		if code == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *inbox) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.got)
}

func quickPoster() *poster {
	return &poster{
		client: newPoster(envOf(nil)).client, token: "tk_env", host: "desk",
		try: 200 * time.Millisecond, waits: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond},
	}
}

var asks = notice.Notice{
	Key: "permission/local/claude/s1/e1", Kind: notice.Permission, At: time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC),
	Agent: "opus", Host: "local", Workspace: "/w", Title: "opus: asks for permission", Text: "Bash: make größer",
}

// What is known not to have arrived is tried again a few times; what may have
// arrived is not.
func TestPost(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int
		tries   int
		unsure  bool
		err     string
	}{
		"well":            {[]int{200}, 1, false, ""},
		"after a failure": {[]int{503, 429, 204}, 3, false, ""},
		"always failing":  {[]int{500}, 4, false, "500"},
		"refused":         {[]int{403}, 1, false, "refuses it: 403"},
		"elsewhere":       {[]int{302}, 1, false, "refuses it: 302"},
		"hanging":         {[]int{0}, 1, true, "not known whether it arrived"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newInbox(t, c.answers...)
			err := quickPoster().webhook(t.Context(), NoticesConfig{Webhook: b.URL + "/secret"}, asks)
			if b.count() != c.tries || errors.Is(err, errUnsure) != c.unsure || (err == nil) != (c.err == "") {
				t.Errorf("%d requests, error %v", b.count(), err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("error %v", err)
			}
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String() + "/secret"
	l.Close()
	if err := quickPoster().webhook(t.Context(), NoticesConfig{Webhook: address}, asks); err == nil || errors.Is(err, errUnsure) || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestWebhookBody(t *testing.T) {
	b := newInbox(t, 200)
	if err := quickPoster().webhook(t.Context(), NoticesConfig{Webhook: b.URL}, asks); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(b.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"key": asks.Key, "kind": "permission", "at": "2026-05-04T03:00:00Z", "agent": "opus", "host": "local",
		"workspace": "/w", "title": asks.Title, "text": asks.Text, "good": false, "from": "desk",
	}
	if !maps.Equal(got, want) || b.got[0].Header.Get("Content-Type") != "application/json" || b.got[0].Header.Get("Idempotency-Key") != asks.Key {
		t.Errorf("%v\n%v", got, b.got[0].Header)
	}
	if b.got[0].Header.Get("Authorization") != "" {
		t.Error("the token went to a webhook")
	}
}

func TestNtfy(t *testing.T) {
	b := newInbox(t, 200)
	c := NoticesConfig{Ntfy: b.URL + "/topic"}
	if err := quickPoster().ntfy(t.Context(), c, asks); err != nil {
		t.Fatal(err)
	}
	r := b.got[0]
	if r.URL.Path != "/topic" || b.bodies[0] != asks.Text || r.Header.Get("Title") != asks.Title || r.Header.Get("Priority") != "high" || r.Header.Get("Authorization") != "Bearer tk_env" {
		t.Errorf("%s %q %v", r.URL, b.bodies[0], r.Header)
	}
	good := notice.Notice{Key: "record/x", Title: "opus: Rekord größer", Good: true}
	c.Token = filepath.Join(t.TempDir(), "token")
	put := func(text string, mode os.FileMode) {
		t.Helper()
		if err := errors.Join(os.WriteFile(c.Token, []byte(text), mode), os.Chmod(c.Token, mode)); err != nil {
			t.Fatal(err)
		}
	}
	put("tk_file\n", 0o600)
	if err := quickPoster().ntfy(t.Context(), c, good); err != nil {
		t.Fatal(err)
	}
	if r = b.got[1]; r.Header.Get("Authorization") != "Bearer tk_file" || r.Header.Get("Tags") != "tada" || !strings.HasPrefix(r.Header.Get("Title"), "=?utf-8?q?") || b.bodies[1] != good.Title {
		t.Errorf("%q %v", b.bodies[1], r.Header)
	}
	for text, mode := range map[string]os.FileMode{"tk_file": 0o644, "two words": 0o600} {
		put(text, mode)
		if err := quickPoster().ntfy(t.Context(), c, good); err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("%q, mode %o: %v", text, mode, err)
		}
	}
	if b.count() != 2 {
		t.Errorf("%d requests", b.count())
	}
}

// noticeBook is a journal in memory.
type noticeBook struct {
	mu   sync.Mutex
	told map[string]bool
}

func (b *noticeBook) ClaimNotice(_ context.Context, key string, _ time.Time) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.told[key] {
		return false, nil
	}
	b.told[key] = true
	return true, nil
}

func (b *noticeBook) ReleaseNotice(_ context.Context, key string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.told, key)
	return nil
}

// A notice is sent once, whatever happens: a way that fails is tried again
// after a pause, one of which it is not known whether it came is not, and a new
// process repeats nothing.
func TestTeller(t *testing.T) {
	for name, c := range map[string]struct {
		errs []error // of the first sends
		want int
	}{
		"well":     {nil, 1},
		"failing":  {[]error{errors.New("down"), errors.New("down")}, 3},
		"doubtful": {[]error{errUnsure}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				book := &noticeBook{told: map[string]bool{}}
				sent, problems := 0, 0
				snap := &agent.Snapshot{Agents: []agent.View{{
					Agent: agent.Agent{ID: "a", Name: "a"}, Need: &agent.Need{Type: agent.NeedHelp, Text: "stuck", Mark: "e1"},
				}}}
				life := func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					defer cancel()
					(&teller{
						way: "webhook", config: defaultNotices, book: book, pause: tellPause,
						active: func(*agent.Snapshot, NoticesConfig) bool { return true },
						send: func(context.Context, NoticesConfig, notice.Notice) error {
							sent++
							if sent <= len(c.errs) {
								return c.errs[sent-1]
							}
							return nil
						},
						snapshot: func() *agent.Snapshot { return snap },
						problem: func(p agent.Problem) {
							if p.What != "" {
								problems++
							}
						},
					}).run(ctx)
				}
				life()
				life()
				if sent != c.want || problems != len(c.errs) {
					t.Errorf("sent %d times, %d problems", sent, problems)
				}
			})
		})
	}
}

// The day's report is sent once a day at its time, also across restarts; not
// again because one attempt failed on a day, and not for a day without agents.
func TestDailyReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &noticeBook{told: map[string]bool{}}
		var sent []notice.Notice
		fail := 1
		due := time.Now().Add(8 * time.Hour)
		h, m, _ := due.Clock()
		life := func(span time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), span)
			defer cancel()
			(&teller{
				way: "webhook", book: book, pause: tellPause, write: report.Markdown,
				config: func() NoticesConfig {
					c := defaultNotices()
					c.Report = dayTime{true, time.Duration(h)*time.Hour + time.Duration(m)*time.Minute}
					return c
				},
				active: func(*agent.Snapshot, NoticesConfig) bool { return true },
				send: func(_ context.Context, _ NoticesConfig, n notice.Notice) error {
					if fail > 0 {
						fail--
						return errors.New("down")
					}
					sent = append(sent, n)
					return nil
				},
				snapshot: func() *agent.Snapshot { return &agent.Snapshot{} },
				problem:  func(agent.Problem) {},
				report: func(_ context.Context, from, to time.Time) (report.Report, error) {
					if to.Sub(from) != 24*time.Hour || to.Sub(due)%(24*time.Hour) != 0 {
						t.Errorf("a report from %v to %v", from, to)
					}
					r := report.Report{From: from, To: to}
					if to.Sub(due) != 48*time.Hour {
						r.Agents = []report.Agent{{Name: "opus"}}
					}
					return r, nil
				},
			}).run(ctx)
		}
		life(8*time.Hour + 30*time.Second) // the first one fails, and vigil ends
		life(time.Hour)
		life(10 * time.Hour)
		life(3 * 24 * time.Hour)
		var days []string
		for _, n := range sent {
			days = append(days, n.Key)
			if n.Kind != notice.Report || !strings.HasPrefix(n.Title, "vigil: 1 agent, ") || !strings.Contains(n.Text, "opus") {
				t.Errorf("%+v", n)
			}
		}
		var want []string
		for _, day := range []int{0, 1, 3} {
			want = append(want, "report/"+due.AddDate(0, 0, day).Format(time.DateOnly))
		}
		if !slices.Equal(days, want) {
			t.Errorf("%v, want %v", days, want)
		}
	})
}

// The report that arrives is the whole one as Markdown at the webhook, and the
// text of it at ntfy; neither a second look nor a vigil started anew sends it
// again.
func TestDailyReportArrives(t *testing.T) {
	b := newInbox(t, 200)
	p := quickPoster()
	c := defaultNotices()
	c.Webhook, c.Ntfy, c.Report = b.URL+"/hook", b.URL+"/topic", dayTime{true, 8 * time.Hour}
	now := time.Date(2026, 5, 4, 8, 0, 30, 0, time.Local)
	book := &noticeBook{told: map[string]bool{}}
	for range 2 { // lives of vigil
		for _, way := range []*teller{{way: "webhook", send: p.webhook, write: report.Markdown}, {way: "ntfy", send: p.ntfy, write: ntfyReport}} {
			way.book, way.problem = book, func(p agent.Problem) {
				if p.What != "" {
					t.Errorf("%+v", p)
				}
			}
			way.report = func(_ context.Context, from, to time.Time) (report.Report, error) {
				return report.Report{From: from, To: to, Agents: []report.Agent{{Name: "opus"}}}, nil
			}
			for _, at := range []time.Time{now.Add(-time.Minute), now, now.Add(time.Minute)} {
				if err := way.tellDay(t.Context(), c, now, at); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if b.count() != 2 {
		t.Fatalf("%d requests", b.count())
	}
	var got struct{ Kind, Key, Text string }
	if err := json.Unmarshal([]byte(b.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	r := report.Report{From: now.Truncate(time.Minute).Add(-24 * time.Hour), To: now.Truncate(time.Minute), Agents: []report.Agent{{Name: "opus"}}}
	if got.Kind != "report" || got.Key != "report/2026-05-04" || got.Text != report.Markdown(r) {
		t.Errorf("%+v, want\n%s", got, report.Markdown(r))
	}
	if h := b.got[1].Header; b.got[1].URL.Path != "/topic" || h.Get("Tags") != "memo" || !strings.HasPrefix(h.Get("Title"), "vigil: 1 agent") || b.bodies[1] != ntfyReport(r) {
		t.Errorf("%v %q", h, b.bodies[1])
	}
}

// A report for a phone is cut at a line, and says where the rest is.
func TestNtfyReport(t *testing.T) {
	r := report.Report{}
	for i := range 200 {
		r.Agents = append(r.Agents, report.Agent{Name: fmt.Sprintf("agent-%d", i)})
	}
	text := ntfyReport(r)
	if len(text) > ntfyMost || len(text) < ntfyMost/2 || !strings.HasSuffix(text, "\n… the rest: vigil report --since 24h\n") {
		t.Errorf("%d bytes: %q", len(text), text[max(len(text)-200, 0):])
	}
	r.Agents = r.Agents[:1]
	if text := ntfyReport(r); !strings.Contains(text, "agent-0") || strings.Contains(text, "the rest") {
		t.Errorf("%q", text)
	}
}

// One that does no auto-resume leaves it to the one that does, and a way without
// an address does nothing.
func TestTellersActive(t *testing.T) {
	w := &watching{env: envOf(nil)}
	c := NoticesConfig{Webhook: "http://h/x"}
	for _, k := range []struct {
		s    agent.Snapshot
		want bool
	}{{agent.Snapshot{}, false}, {agent.Snapshot{Auto: true}, true}, {agent.Snapshot{Auto: true, DryRun: true}, false}} {
		all := w.tellers()
		if got := all[0].active(&k.s, c); got != k.want || all[1].active(&k.s, c) {
			t.Errorf("%+v: webhook %t", k.s, got)
		}
	}
}

func TestDesktopOf(t *testing.T) {
	for _, c := range []struct {
		how  string
		vars map[string]string
		want tui.Desktop
	}{
		{"off", nil, tui.NoDesktop},
		{"osc99", nil, tui.OSC99},
		{"auto", map[string]string{"TERM": "xterm-kitty"}, tui.OSC99},
		{"auto", map[string]string{"TERM": "xterm-256color", "VTE_VERSION": "7600"}, tui.OSC777},
		{"auto", map[string]string{"TERM": "tmux-256color"}, tui.OSC9},
		{"auto", map[string]string{"TERM": "linux"}, tui.NoDesktop},
		{"auto", map[string]string{"TERM": "xterm-256color", "WT_SESSION": "x"}, tui.NoDesktop},
	} {
		if got := desktopOf(c.how, envOf(c.vars)); got != c.want {
			t.Errorf("%s with %v: %v", c.how, c.vars, got)
		}
	}
}

// A report that could not be made is no problem any more once one is; and a day
// on which the clocks change is a whole one.
func TestDailyReportAfterAFault(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	problems := map[string]string{}
	fault := errors.New("the disk is gone")
	var spans []time.Duration
	tell := &teller{
		way: "webhook", book: &noticeBook{told: map[string]bool{}}, write: report.Markdown,
		send:    func(context.Context, NoticesConfig, notice.Notice) error { return nil },
		problem: func(p agent.Problem) { problems[p.Where] = p.What },
		report: func(_ context.Context, from, to time.Time) (report.Report, error) {
			spans = append(spans, to.Sub(from))
			return report.Report{From: from, To: to}, fault
		},
	}
	c := defaultNotices()
	c.Report = dayTime{true, 8 * time.Hour}
	now := time.Date(2026, 10, 25, 8, 1, 0, 0, zone) // an hour came twice in the night
	if err := tell.tellDay(t.Context(), c, now, now); !errors.Is(err, fault) {
		t.Fatal(err)
	}
	where := "the report by webhook"
	if problems[where] == "" {
		t.Fatalf("the problem is not told: %v", problems)
	}
	fault = nil
	if err := tell.tellDay(t.Context(), c, now, now); err != nil {
		t.Fatal(err)
	}
	if what := problems[where]; what != "" {
		t.Errorf("the problem stands still: %s", what)
	}
	if want := []time.Duration{25 * time.Hour, 25 * time.Hour}; !slices.Equal(spans, want) {
		t.Errorf("the reports are of %v, want %v", spans, want)
	}
}
