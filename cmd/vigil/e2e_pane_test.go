package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
)

// repl is a CLI that nobody described: it takes a line, works for a while and
// says that it is done. What it is told goes to a file.
const repl = `#!/bin/sh
echo "welcome"
while printf '> ' && IFS= read -r line; do
	echo "$line" >>told
	for i in 1 2 3 4; do echo "working on part $i"; sleep 1; done
	echo "All parts are done and nothing is left to do. Stopping here."
done
`

// A CLI that only a command pattern and a prompt pattern describe is nudged by
// what its pane shows, once for each stop, and not before it was given
// anything to do.
func TestE2EPaneOnly(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatal("tmux is not installed")
		}
		t.Skip("tmux is not installed")
	}
	bin := buildVigil(t)
	dir, err := os.MkdirTemp("", "vglp") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	script, socket := filepath.Join(dir, "mycli"), filepath.Join(dir, "tmux")
	if err := os.WriteFile(script, []byte(repl), 0o700); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, ".config", "vigil", "config.toml")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("[policy]\ndelay = \"0s\"\n[tmux]\nsockets = [%q]\n[[kind]]\nname = \"mycli\"\ncommand = 'mycli$'\nprompt = ['^> ']\n", socket)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=xterm-256color"}
	do := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(tmux, append([]string{"-S", socket, "-f", os.DevNull}, args...)...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	do("new-session", "-d", "-s", "p", "-x", "120", "-y", "40", "-c", dir, script)
	t.Cleanup(func() { do("kill-server") })
	v := &auto{t: t, bin: bin, env: env}
	t.Cleanup(func() { v.kill() })
	v.start()
	told := func() []string {
		b, _ := os.ReadFile(filepath.Join(dir, "told"))
		return strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	if !clients.Poll(20*time.Second, func() bool { return v.has(event{Event: "agent"}) }) {
		t.Fatalf("the CLI was not found\n%s", v.dump())
	}
	if clients.Poll(12*time.Second, func() bool { return v.has(event{Event: "nudge"}) }) {
		t.Fatalf("nudged before it was given anything to do\n%s\n%s", v.dump(), do("capture-pane", "-p", "-t", "p"))
	}
	do("send-keys", "-t", "p", "start the work", "Enter")
	if !clients.Poll(90*time.Second, func() bool { return count(v, "effective") >= 2 }) {
		t.Fatalf("two nudges had no effect\n%s\n%s", v.dump(), do("capture-pane", "-p", "-t", "p"))
	}
	v.stop()
	seen := map[string]int{}
	for _, l := range told() {
		seen[l]++
	}
	for l, n := range seen {
		if n != 1 || l != "start the work" && !strings.Contains(l, nudgeMark) {
			t.Errorf("told %d times: %q", n, l)
		}
	}
	report(t, "%d nudges by the pane alone, each taken once", len(seen)-1)
}
