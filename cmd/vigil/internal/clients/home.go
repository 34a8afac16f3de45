package clients

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"vigil/agent"
	"vigil/cmd/vigil/internal/modelapi"
)

// dummyKey is the API key of the throw-away account. Claude Code asks about a
// key that it has not seen, and remembers its last 20 characters.
const dummyKey = "sk-ant-nobody-0000000000000000"

// composer matches the screen of a CLI that takes input. Codex draws its
// input line before it listens; the line below it comes when it does.
func composer(k agent.Kind) *regexp.Regexp {
	switch k {
	case agent.Codex:
		return regexp.MustCompile(`(?m)^\s*` + modelapi.Model + `( default)? ·`)
	case agent.Gemini, agent.Qwen, agent.OpenCode:
		return othersComposer(k)
	}
	return regexp.MustCompile(`bypass permissions on|manual mode on|\? for shortcuts`)
}

// command is the CLI's command line.
func (c *Client) command(o Options) []string {
	switch {
	case o.Kind == agent.Gemini || o.Kind == agent.Qwen || o.Kind == agent.OpenCode:
		return othersCommand(o)
	case o.Kind == agent.Codex && o.Daemon:
		return []string{"codex"}
	case o.Kind == agent.Codex && o.Hooks:
		return []string{"codex", "--no-daemon", "--dangerously-bypass-hook-trust"}
	case o.Kind == agent.Codex:
		return []string{"codex", "--no-daemon"}
	case o.Ask:
		return []string{"claude", "--permission-mode", "default"}
	}
	return []string{"claude", "--dangerously-skip-permissions"}
}

// env is the whole environment of the tmux server and so of the CLI.
func (c *Client) env() []string {
	const dead = "http://127.0.0.1:9" // the discard port: nobody listens
	path := []string{c.bin}
	if node, err := exec.LookPath("node"); err == nil {
		path = append(path, filepath.Dir(node))
	}
	path = append(path, "/usr/local/bin", "/usr/bin", "/bin")
	env := []string{
		"HOME=" + c.Home, "PATH=" + strings.Join(path, ":"), "TMPDIR=" + c.short,
		"LANG=C.UTF-8", "SHELL=/bin/bash", "TERM=xterm-256color", "COLORTERM=truecolor",
		"HTTPS_PROXY=" + dead, "HTTP_PROXY=" + dead, "NO_PROXY=127.0.0.1,localhost",
		"https_proxy=" + dead, "http_proxy=" + dead, "no_proxy=127.0.0.1,localhost",
		"GIT_CONFIG_NOSYSTEM=1", "FAKE_API_KEY=" + dummyKey,
	}
	for k, v := range c.extra {
		env = append(env, k+"="+v)
	}
	return env
}

// claudeEnv is what only Claude Code needs.
func (c *Client) claudeEnv(o Options) map[string]string {
	e := map[string]string{
		"ANTHROPIC_BASE_URL":                       c.http.URL,
		"DISABLE_AUTOUPDATER":                      "1",
		"DISABLE_TELEMETRY":                        "1",
		"DISABLE_ERROR_REPORTING":                  "1",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
		"CLAUDE_CODE_MAX_RETRIES":                  "2",
		"IS_SANDBOX":                               "1", // lets root leave out permissions
	}
	if o.Subscriber {
		e["CLAUDE_CODE_OAUTH_TOKEN"] = "sk-ant-oat01-nobody-nobody"
	} else {
		e["ANTHROPIC_API_KEY"] = dummyKey
	}
	if o.ByHand {
		e["DISABLE_AUTO_COMPACT"] = "1"
	}
	return e
}

// seed writes the home folder of a CLI that has been used before (no
// onboarding, the workspace trusted) and the workspace itself.
func (c *Client) seed(o Options) error {
	files := map[string]string{
		"tmux.conf": "set -g default-terminal screen-256color\nset -g escape-time 10\n" +
			"set -g history-limit 20000\nset -g status off\nset -g focus-events on\n",
		".gitconfig": "[user]\n\tname = e2e\n\temail = e2e@example.invalid\n",
	}
	switch o.Kind {
	case agent.Codex:
		files[".codex/config.toml"] = c.codexConfig(o)
	case agent.Gemini, agent.Qwen, agent.OpenCode:
		name, text := c.othersConfig(o)
		files[name] = text
		if o.Kind == agent.OpenCode {
			files[opencodeModels] = "{}"
		}
	default:
		files[".claude.json"] = claudeState(c.Work)
		files[".claude/settings.json"] = asJSON(map[string]any{"skipDangerousModePermissionPrompt": true})
	}
	for name, text := range workspace() {
		files[filepath.Join("work", string(o.Kind), name)] = text
	}
	for name, text := range o.Files {
		files[filepath.Join("work", string(o.Kind), name)] = text
	}
	for name, text := range files {
		path := filepath.Join(c.Home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	git := exec.Command("git", "init", "-q", c.Work)
	git.Env = c.env()
	if out, err := git.CombinedOutput(); err != nil {
		return fmt.Errorf("git init: %w: %s", err, out)
	}
	return nil
}

// claudeState is .claude.json of somebody who has used the folder before.
func claudeState(work string) string {
	return asJSON(map[string]any{
		"hasCompletedOnboarding": true, "theme": "dark", "numStartups": 5, "bypassPermissionsModeAccepted": true,
		"customApiKeyResponses": map[string]any{
			"approved": []string{dummyKey[len(dummyKey)-20:]}, "rejected": []string{},
		},
		"projects": map[string]any{work: map[string]any{
			"hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true, "allowedTools": []string{},
		}},
	})
}

// codexConfig is config.toml of the throw-away CODEX_HOME.
func (c *Client) codexConfig(o Options) string {
	approval, sandbox := "never", "danger-full-access"
	if o.Ask {
		approval, sandbox = "on-request", "read-only"
	}
	return fmt.Sprintf(`model = %q
model_provider = "scripted"
approval_policy = %q
sandbox_mode = %q
check_for_update_on_startup = false

[model_providers.scripted]
name = "scripted"
base_url = %q
env_key = "FAKE_API_KEY"
wire_api = "responses"
request_max_retries = 2
stream_max_retries = 2

[projects.%q]
trust_level = "trusted"

[analytics]
enabled = false

[notice]
hide_rate_limit_model_nudge = true

[features]
default_mode_request_user_input = true
`, modelapi.Model, approval, sandbox, c.http.URL+"/v1", c.Work)
}

// workspace is the folder of an agent that does research.
func workspace() map[string]string {
	return map[string]string{
		"AGENTS.md":             "# Rules\n\nWork on your own. Do not stop.\n",
		"goal.md":               "# Goal\n\nReach a validation loss of 3.28 in fewer than 2990 steps.\n",
		"plan.md":               "# Plan\n\n- [x] repeat the baseline\n- [ ] sweep the cooldown\n- [ ] try the other optimiser\n",
		"scratchpad/THREAD.md":  "# Log\n\n- baseline repeated\n",
		"scratchpad/runs.jsonl": `{"run":"baseline-s1","val_loss":3.2801,"step":3000}` + "\n",
	}
}

// asJSON is v as a file's text.
func asJSON(v any) string {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // only plain values come here
	}
	return string(raw) + "\n"
}
