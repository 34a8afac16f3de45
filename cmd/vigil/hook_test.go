package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent/hook"
)

// hookHome is a home folder in which Claude Code has been used.
type hookHome struct {
	t   *testing.T
	dir string
	exe string
}

func newHookHome(t *testing.T) *hookHome {
	h := &hookHome{t: t, dir: t.TempDir(), exe: "/opt/bin/vigil"}
	h.put(".claude/settings.json", "{\n  \"model\": \"opus\"\n}\n")
	return h
}

func (h *hookHome) path(name string) string { return filepath.Join(h.dir, name) }

func (h *hookHome) put(name, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(text), 0o640); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hookHome) text(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(h.path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// run runs `vigil hook` as a person at a terminal does who types the answer, or
// as a program if there is none.
func (h *hookHome) run(answer string, args ...string) (out, errs string, code int) {
	h.t.Helper()
	var stdout, stderr bytes.Buffer
	err := run(h.t.Context(), env{
		Args: append([]string{"hook"}, args...), Getenv: func(string) string { return "" },
		Stdin: strings.NewReader(answer), Stdout: &stdout, Stderr: &stderr, Terminal: answer != "",
		Home: h.dir, Exe: h.exe, Now: time.Now,
	})
	return stdout.String(), stderr.String(), exitCode(err)
}

func TestHookInstall(t *testing.T) {
	h := newHookHome(t)
	const name = ".claude/settings.json"
	before := h.text(name)
	command := hook.Command(h.exe, h.path(".local/state/vigil"))

	out, _, code := h.run("n\n", "install")
	if code != 1 || h.text(name) != before || !strings.Contains(out, "+            \"command\": \""+command+`"`) {
		t.Fatalf("told no: code %d, file %q\n%s", code, h.text(name), out)
	}
	if _, errs, code := h.run("", "install"); code != 2 || h.text(name) != before || !strings.Contains(errs, "--yes") {
		t.Fatalf("nobody to ask: code %d, %s", code, errs)
	}
	if out, errs, code := h.run("y\n", "install"); code != 0 || !strings.Contains(out, "wrote "+h.path(name)) {
		t.Fatalf("told yes: code %d\n%s%s", code, out, errs)
	}
	if own := hook.Own([]byte(h.text(name))); own[hook.Stop] != command || !strings.Contains(h.text(name), `"model": "opus"`) {
		t.Errorf("installed %q in\n%s", own, h.text(name))
	}
	if info, err := os.Stat(h.path(name)); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(h.path(".codex")); err == nil {
		t.Error("Codex, which is not used here, has settings now")
	}
	if out, _, code := h.run("", "install"); code != 0 || !strings.Contains(out, "installed already") {
		t.Errorf("a second time: code %d\n%s", code, out)
	}
	if out, _, code := h.run("", "remove", "--yes"); code != 0 || h.text(name) != before {
		t.Errorf("removed: code %d, file %q\n%s", code, h.text(name), out)
	}
	if out, _, code := h.run("", "remove", "--yes"); code != 0 || !strings.Contains(out, "not installed") {
		t.Errorf("removed twice: code %d\n%s", code, out)
	}
	if left, _ := filepath.Glob(h.path(".claude/.vigil-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestHookInstallForCodex(t *testing.T) {
	h := newHookHome(t)
	h.put(".codex/config.toml", "model = \"m\"\n")
	out, _, code := h.run("", "install", "--yes")
	if code != 0 || !strings.Contains(out, "trusted") || len(hook.Own([]byte(h.text(".codex/hooks.json")))) != 1 {
		t.Fatalf("code %d\n%s", code, out)
	}
	if h.text(".codex/config.toml") != "model = \"m\"\n" {
		t.Error("the trust was written for the person")
	}
	if info, err := os.Stat(h.path(".codex/hooks.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a new file: %v, %v", info.Mode(), err)
	}
}

func TestHookInstallInAProject(t *testing.T) {
	h := newHookHome(t)
	if err := os.MkdirAll(h.path("work"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := h.run("", "install", "--yes", "--project", h.path("work"), "--kind", "claude"); code != 0 {
		t.Fatal(errs)
	}
	if len(hook.Own([]byte(h.text("work/.claude/settings.json")))) != 1 || len(hook.Own([]byte(h.text(".claude/settings.json")))) != 0 {
		t.Error("not in the project alone")
	}
	if _, err := os.Stat(h.path("work/.codex")); err == nil {
		t.Error("--kind was not heeded")
	}
}

func TestHookInstallThroughALink(t *testing.T) {
	h := newHookHome(t)
	h.put("dotfiles/claude.json", "{}\n")
	if err := os.Remove(h.path(".claude/settings.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../dotfiles/claude.json", h.path(".claude/settings.json")); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := h.run("", "install", "--yes"); code != 0 {
		t.Fatal(errs)
	}
	info, err := os.Lstat(h.path(".claude/settings.json"))
	if err != nil || info.Mode()&os.ModeSymlink == 0 || len(hook.Own([]byte(h.text("dotfiles/claude.json")))) != 1 {
		t.Errorf("the link was not followed: %v, %v", info, err)
	}
	if err := os.Remove(h.path("dotfiles/claude.json")); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := h.run("", "install", "--yes"); code != 1 || !strings.Contains(errs, "symbolic link") {
		t.Errorf("a link to nowhere: code %d, %s", code, errs)
	}
}

func TestHookInstallLeavesDamageAlone(t *testing.T) {
	h := newHookHome(t)
	h.put(".codex/hooks.json", "{\n")
	before := h.text(".claude/settings.json")
	for _, verb := range []string{"install", "remove"} {
		_, errs, code := h.run("", verb, "--yes")
		if code != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, h.path(".codex/hooks.json")) {
			t.Errorf("%s: code %d, %q", verb, code, errs)
		}
		if h.text(".codex/hooks.json") != "{\n" || h.text(".claude/settings.json") != before {
			t.Errorf("%s changed something", verb)
		}
	}
}

func TestHookUsage(t *testing.T) {
	for _, args := range [][]string{
		{"install", "--kind", "gemini"},
		{"install", "--project", "/nonexistent"},
		{"install", "--user", "--project", "."},
		{"install", "x"},
		{"stop"},
		{"remove", "--what"},
	} {
		if _, errs, code := newHookHome(t).run("", args...); code != 2 {
			t.Errorf("%v: code %d, %s", args, code, errs)
		}
	}
	h := newHookHome(t)
	h.exe = "/tmp/go-build1/b001/exe/vigil"
	if _, errs, code := h.run("", "install", "--yes"); code != 2 || !strings.Contains(errs, "go install") {
		t.Errorf("a binary that will be gone: code %d, %s", code, errs)
	}
}

func TestHookStatus(t *testing.T) {
	h := newHookHome(t)
	var got struct {
		Hooks []struct {
			Kind, Scope, Path, Problem string
			Installed, Current         bool
		}
		ServedBy string `json:"served_by"`
	}
	status := func() {
		t.Helper()
		out, errs, code := h.run("", "status", "--json", "--user")
		if code != 0 {
			t.Fatal(errs)
		}
		got.Hooks = nil
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Hooks) != 1 || got.Hooks[0].Kind != "claude" || got.Hooks[0].Scope != "user" || got.ServedBy != "" {
			t.Fatalf("status: %s", out)
		}
	}
	if status(); got.Hooks[0].Installed {
		t.Error("installed before it is")
	}
	if _, errs, code := h.run("", "install", "--yes"); code != 0 {
		t.Fatal(errs)
	}
	if status(); !got.Hooks[0].Installed || !got.Hooks[0].Current {
		t.Errorf("after install: %+v", got.Hooks)
	}
	h.exe = "/another/vigil"
	if status(); !got.Hooks[0].Installed || got.Hooks[0].Current {
		t.Errorf("seen by another vigil: %+v", got.Hooks)
	}
	h.put(".claude/settings.json", "{")
	if status(); got.Hooks[0].Problem == "" {
		t.Error("damage is not told")
	}
	if out, _, code := h.run("", "status"); code != 0 || !strings.Contains(out, "nobody answers") {
		t.Errorf("code %d\n%s", code, out)
	}
}
