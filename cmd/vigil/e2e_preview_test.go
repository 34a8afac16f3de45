package main_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// TestE2EPreview shows what would be sent to a stopped agent, and sends nothing.
func TestE2EPreview(t *testing.T) {
	t.Parallel() // it mostly waits
	bin := buildVigil(t)
	c := clients.Start(t, clients.Options{Kind: agent.Codex, Script: modelapi.Script{Turns: []modelapi.Turn{done(stops)}}})
	c.Until(60*time.Second, "the agent's stop", func() bool {
		ends, err := c.TurnEnds()
		return err == nil && len(ends) > 0
	})
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(config, []byte("[messages]\nplain = \"Go on, please (vigil, nudge {{.Count}}).\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	vigil := func(args ...string) (string, int) {
		cmd := exec.CommandContext(t.Context(), bin, args...)
		cmd.Env = []string{
			"HOME=" + c.Home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=dumb",
			"XDG_STATE_HOME=" + dir, "VIGIL_CONFIG=" + config, "VIGIL_TMUX=" + c.Socket,
		}
		out, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	var fleet struct {
		Agents []struct{ Name, State string }
	}
	c.Until(60*time.Second, "vigil to see the stop", func() bool {
		out, _ := vigil("status", "--json")
		return json.Unmarshal([]byte(out), &fleet) == nil && len(fleet.Agents) == 1 && fleet.Agents[0].State == string(agent.Stopped)
	})
	name := fleet.Agents[0].Name
	out, code := vigil("nudge", name, "--preview", "--json")
	var got struct {
		Agent, State, Ending, Text, Wording, Channel, Held string
		WrittenBy                                          string `json:"written_by"`
		Rung                                               int
		Due                                                *time.Time
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatalf("%v, exit code %d: %s", err, code, out)
	}
	if got.Text != "Go on, please (vigil, nudge 1)." || got.Rung != 1 || got.Wording != "plain" || got.WrittenBy != "template" ||
		got.Channel != "tmux" || got.Ending != "terminal" || got.Held != "auto-resume is off" || got.Due != nil {
		t.Errorf("%+v", got)
	}
	if out, code := vigil("nudge", name, "--preview"); code != 0 || !strings.Contains(out, "held: auto-resume is off") || !strings.Contains(out, "\nGo on, please") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	for _, args := range [][]string{{"nudge", "nobody", "--preview"}, {"nudge", name, "a text", "--preview"}, {"nudge", name, "--json"}} {
		if out, code := vigil(args...); code != 2 || out != "" {
			t.Errorf("%v: exit code %d, %q", args, code, out)
		}
	}
	if n := len(nudges(c)); n != 0 {
		t.Errorf("%d nudges were sent", n)
	}
}
