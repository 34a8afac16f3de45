package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
)

func TestHeadless(t *testing.T) {
	dir := t.TempDir()
	h := headless{filepath.Join(dir, "resume.log")}
	out, err := h.Run(t.Context(), dir, "sh", "-c", "pwd; echo \"$1\"; exit 3", "x", "a 'b' $(c)")
	if err == nil || !strings.Contains(string(out), filepath.Base(dir)) || !strings.Contains(string(out), "a 'b' $(c)") {
		t.Errorf("got %q, %v", out, err)
	}
	if _, err := h.Run(t.Context(), dir, filepath.Join(dir, "none")); err == nil {
		t.Error("a program that is not there ran")
	}
}

func TestHeadlessOutlivesVigil(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		clients.Poll(10*time.Second, func() bool { _, err := os.Stat(filepath.Join(dir, "begun")); return err == nil })
		cancel()
	}()
	_, err := headless{filepath.Join(dir, "resume.log")}.Run(ctx, dir, "sh", "-c", "touch begun; until [ -e go ]; do sleep 0.05; done; touch ended")
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !clients.Poll(10*time.Second, func() bool { _, err := os.Stat(filepath.Join(dir, "ended")); return err == nil }) {
		t.Error("the command ended with vigil")
	}
}
