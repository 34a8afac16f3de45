package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Without a terminal there is no screen, but --plain tells in lines what a
// screen would show, and ends in good order.
func TestPlain(t *testing.T) {
	e, _, _ := testEnv(t)
	if err := run(t.Context(), e); err == nil || !strings.Contains(err.Error(), "vigil --plain") {
		t.Fatalf("no terminal: %v, want a hint at --plain", err)
	}
	e, out, _ := testEnv(t, "--plain", "--set", "tmux.sockets="+filepath.Join(t.TempDir(), "none"))
	work := filepath.Join(e.Home, "work")
	session := filepath.Join(e.Home, ".claude", "projects", strings.ReplaceAll(strings.ReplaceAll(work, "/", "-"), ".", "-"), "7b0c5b0e-0000-4000-8000-000000000001.jsonl")
	for _, dir := range []string{work, filepath.Dir(session)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config, err := e.configPath()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		config: "[[agent]]\nname = \"opus\"\nkind = \"claude\"\nworkspace = \"" + work + "\"\nresume = [\"true\"]\n",
		session: `{"type":"user","uuid":"u1","sessionId":"7b0c5b0e-0000-4000-8000-000000000001","timestamp":"2026-11-01T10:00:00Z","cwd":"` + work + `","version":"2.1.330","message":{"role":"user","content":"start"}}
{"type":"assistant","uuid":"u2","parentUuid":"u1","sessionId":"7b0c5b0e-0000-4000-8000-000000000001","timestamp":"2026-11-01T10:00:09Z","cwd":"` + work + `","version":"2.1.330","message":{"id":"m1","role":"assistant","model":"m","stop_reason":"end_turn","content":[{"type":"text","text":"All levers are exhausted; I stop here."}]}}
`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e.Stdout = &watchedOutput{out: out, until: "opus", then: cancel}
	if err := run(ctx, e); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "agent") || strings.Contains(out.String(), "\x1b") || ctx.Err() != context.Canceled {
		t.Errorf("it printed %q", out)
	}
}

// watchedOutput calls then once the output holds a word.
type watchedOutput struct {
	out   *bytes.Buffer
	until string
	then  func()
}

func (w *watchedOutput) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	if strings.Contains(w.out.String(), w.until) {
		w.then()
	}
	return n, err
}
