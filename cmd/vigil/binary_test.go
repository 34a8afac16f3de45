package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// have reports whether a program is installed.
func have(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// buildSelf builds the binary under test.
func buildSelf(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "vigil")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// runSelf runs it with a home and temporary folder in tmp, and returns what it
// printed and how long it took.
func runSelf(t *testing.T, bin, tmp, path string, args ...string) (string, time.Duration, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, args...)
	cmd.Env = []string{"PATH=" + path, "HOME=" + tmp, "TMPDIR=" + tmp, "LANG=C.UTF-8", "TERM=dumb"}
	began := time.Now()
	out, err := cmd.CombinedOutput()
	return string(out), time.Since(began), err
}
