// Package clients runs the real agent CLIs for tests: in a pane of
// a private tmux server, with a throw-away home folder and a clean
// environment, against a scripted model API on loopback ([modelapi]); a dead
// proxy keeps them from everything else.
//
// Start with [Start]: it returns when the agent has sent its first prompt to
// the model, and ends every process it has started when the test ends. Where
// a CLI is not installed the test is skipped with the reason, or fails if
// VIGIL_E2E=require; see [Find].
package clients

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/modelapi"
)

// Options say how an agent is started.
type Options struct {
	Kind       agent.Kind
	Script     modelapi.Script
	Prompt     string            // the first one; empty means "start the loop"
	Ask        bool              // the CLI asks a person before it runs what changes things
	Subscriber bool              // Claude Code: look like a subscriber, whose limits have a reset
	ByHand     bool              // Claude Code: it does not compact by itself
	Daemon     bool              // Codex: work through its background server, as it does for people
	Files      map[string]string // of the workspace, over the usual ones
	Width      int               // of the pane; 0 means 120
	Height     int               // 0 means 40
	Before     func(c *Client)   // called when the home folder is there, before the CLI is started
	Hooks      bool              // Codex: run hooks that nobody has trusted yet
}

// Client is one agent CLI in a pane.
type Client struct {
	Kind   agent.Kind
	API    *modelapi.Server
	Home   string // of the CLI
	Work   string // the workspace
	Socket string // path of the tmux server's socket
	Pane   string // "%0"

	t       testing.TB
	http    *httptest.Server
	short   string            // folder with a short path, for sockets
	bin     string            // folder of the CLI
	extra   map[string]string // environment of this CLI alone
	prompt  string
	stopped bool
}

// startTimeout bounds the start of a CLI up to its first request. The first
// start of Codex installs things and takes up to 15 s on an idle machine.
const startTimeout = 180 * time.Second

// Start runs a CLI and types its first prompt. It ends the test if that does
// not work.
func Start(t testing.TB, o Options) *Client {
	t.Helper()
	cli := Find(t, o.Kind)
	c := &Client{
		Kind: o.Kind, t: t, bin: filepath.Dir(cli), prompt: o.Prompt,
		API: modelapi.New(o.Script), Home: t.TempDir(), Work: "",
	}
	if c.prompt == "" {
		c.prompt = "start the loop"
	}
	c.Work = filepath.Join(c.Home, "work", string(o.Kind))
	// The path of a Unix socket has at most 104 to 108 bytes, and the folder
	// of a test can be longer.
	short, err := os.MkdirTemp("", "vgl")
	if err != nil {
		t.Fatal(err)
	}
	c.short = short
	c.Socket = filepath.Join(short, fmt.Sprintf("tmux-%d", os.Getuid()), "default") // as with TMUX_TMPDIR
	if err := os.Mkdir(filepath.Dir(c.Socket), 0o700); err != nil {
		t.Fatal(err)
	}
	c.http = httptest.NewServer(c.API)
	t.Cleanup(c.Stop)
	switch o.Kind {
	case agent.Claude:
		c.extra = c.claudeEnv(o)
	case agent.Gemini, agent.Qwen, agent.OpenCode:
		c.extra = c.othersEnv(o)
	}
	if err := c.seed(o); err != nil {
		t.Fatalf("home of %s: %v", o.Kind, err)
	}
	if o.Before != nil {
		o.Before(c)
	}
	c.openPane(o)
	c.first(o)
	return c
}

// openPane starts the tmux server with a shell and runs the CLI in it. There
// is a shell because people start their agents from one, and because it is
// what a pane shows when the agent is gone.
func (c *Client) openPane(o Options) {
	c.t.Helper()
	w, h := o.Width, o.Height
	if w == 0 {
		w = 120
	}
	if h == 0 {
		h = 40
	}
	c.Pane = strings.TrimSpace(c.Tmux("-f", filepath.Join(c.Home, "tmux.conf"),
		"new-session", "-d", "-s", "e2e", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), "-c", c.Work,
		"-P", "-F", "#{pane_id}", "bash --norc --noprofile"))
	c.Until(20*time.Second, "a shell prompt", func() bool { return strings.Contains(c.Screen(), "$") || strings.Contains(c.Screen(), "#") })
	c.Type(strings.Join(c.command(o), " "))
	c.Key("Enter")
}

// first waits until the CLI takes input, and gives it the first prompt.
func (c *Client) first(o Options) {
	c.t.Helper()
	live := composer(o.Kind)
	c.Until(startTimeout, "the composer of "+string(o.Kind), func() bool { return live.MatchString(c.Screen()) })
	c.Settle(700*time.Millisecond, startTimeout)
	c.Type(c.prompt)
	c.Until(20*time.Second, "the first prompt on screen", func() bool { return strings.Contains(c.Screen(), c.prompt) })
	// Enter can be lost while the CLI still starts behind its composer; what
	// was typed stays, so that another Enter is harmless.
	for range 12 {
		c.Key("Enter")
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := c.API.Await(ctx, "the first request", func(log []modelapi.Request) bool {
			for _, r := range log {
				if r.Thread == modelapi.MainThread {
					return true
				}
			}
			return false
		})
		cancel()
		if err == nil {
			return
		}
	}
	c.t.Fatalf("%s never sent its first prompt; its screen:\n%s\n%s", o.Kind, c.Screen(), c.API.Dump())
}

// Stop ends every process that the agent started, also those that left its
// pane, and takes the API away. Start arranges for it.
func (c *Client) Stop() {
	if c.stopped {
		return
	}
	c.stopped = true
	if c.t.Failed() {
		c.t.Logf("screen of %s at the end:\n%s", c.Kind, c.screen())
	}
	_, _ = c.tmux("kill-server") // it may be gone already
	if left := endAll(func() []int { return processesOf(c.Home) }); len(left) > 0 {
		c.t.Errorf("%s: processes %v do not end", c.Kind, left)
	}
	c.http.CloseClientConnections()
	c.http.Close()
	os.RemoveAll(c.short)
}

// Kill9 kills the CLI in its pane, leaving the shell that it was started
// from. It returns when the shell has the pane again.
func (c *Client) Kill9() {
	c.t.Helper()
	shell := c.show("#{pane_pid}")
	pids := descendants(shell)
	if len(pids) == 0 {
		c.t.Fatalf("nothing runs in pane %s", c.Pane)
	}
	killAll(pids)
	c.Until(20*time.Second, "the shell", func() bool { return c.show("#{pane_current_command}") == "bash" })
	c.Settle(500*time.Millisecond, 20*time.Second)
}

// Until waits until ok holds. It ends the test, with the screen, if that takes
// longer than the limit.
func (c *Client) Until(limit time.Duration, what string, ok func() bool) {
	c.t.Helper()
	if !Poll(limit, ok) {
		c.t.Fatalf("%s: %s did not come within %v; the screen:\n%s\n%s", c.Kind, what, limit, c.screen(), c.API.Dump())
	}
}

// Settle waits until the screen has not changed for the time given.
func (c *Client) Settle(quiet, limit time.Duration) {
	c.t.Helper()
	last, since := []string{}, time.Now()
	c.Until(limit, "a quiet screen", func() bool {
		if s := c.Still(); !slices.Equal(s, last) {
			last, since = s, time.Now()
		}
		return time.Since(since) >= quiet
	})
}

// pollEvery is how often a condition that cannot be waited for is looked at.
const pollEvery = 50 * time.Millisecond

// Poll looks at a condition until it holds or the limit is over, and tells
// which.
func Poll(limit time.Duration, ok func() bool) bool {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	end := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(end) {
			return false
		}
		<-tick.C
	}
	return true
}
