package supervise

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/agent"
	"vigil/agent/tmux"
	"vigil/agent/transcript"
)

func TestAccountsByWhatACLIKeeps(t *testing.T) {
	const (
		mine  = `{"numStartups":3,"oauthAccount":{"accountUuid":"11111111-2222","emailAddress":"someone@example.invalid"}}`
		hers  = `{"oauthAccount":{"accountUuid":"33333333-4444","emailAddress":"someone@example.invalid"}}`
		saved = `{"customApiKeyResponses":{"approved":["0123456789abcdefghij"],"rejected":[]}}`
		two   = `{"customApiKeyResponses":{"approved":["0123456789abcdefghij","9876543210abcdefghij"]}}`
		plan  = `{"OPENAI_API_KEY":null,"tokens":{"account_id":"aaaa","access_token":"t1"}}`
		paid  = `{"OPENAI_API_KEY":"sk-own"}`
	)
	key := map[string]string{"ANTHROPIC_API_KEY": "sk-ant-1"}
	for _, c := range []struct {
		name string
		a, b []string
		same bool
	}{
		{"the same account on two machines", claudeLogin(nil, []byte(mine)), claudeLogin(map[string]string{}, []byte(mine)), true},
		{"two accounts with one address", claudeLogin(nil, []byte(mine)), claudeLogin(nil, []byte(hers)), false},
		{"a key before an account", claudeLogin(key, []byte(mine)), claudeLogin(key, []byte(hers)), true},
		{"a key at another service", claudeLogin(key, nil), claudeLogin(map[string]string{"ANTHROPIC_API_KEY": "sk-ant-1", "ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}, nil), false},
		{"an approved key", claudeLogin(nil, []byte(saved)), claudeLogin(nil, []byte(saved)), true},
		{"which of two keys is not known", claudeLogin(nil, []byte(two)), nil, true},
		{"half a file", claudeLogin(nil, []byte(mine[:40])), nil, true},
		{"a plan of Codex", codexLogin(nil, []byte(plan)), codexLogin(map[string]string{"OPENAI_API_KEY": "sk-env"}, []byte(strings.Replace(plan, "t1", "t2", 1))), true},
		{"a plan and a key", codexLogin(nil, []byte(plan)), codexLogin(nil, []byte(paid)), false},
		{"a key of the environment", codexLogin(map[string]string{"CODEX_API_KEY": "sk-own"}, nil), codexLogin(nil, []byte(paid)), true},
	} {
		if a, b := accountName(agent.Claude, c.a), accountName(agent.Claude, c.b); (a == b) != c.same {
			t.Errorf("%s: %s and %s", c.name, a, b)
		}
	}
}

// envOf is a machine that only tells a process's environment.
type envOf struct {
	tmux.Machine
	env map[string]string
}

func (m envOf) Env(_ context.Context, _ int, keys ...string) (map[string]string, error) {
	out := map[string]string{}
	for _, k := range keys {
		if v, ok := m.env[k]; ok {
			out[k] = v
		}
	}
	return out, nil
}

func TestAnAccountsNameTellsNothing(t *testing.T) {
	home := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(".claude.json", `{"oauthAccount":{"accountUuid":"11111111-2222","emailAddress":"someone@example.invalid"}}`)
	write("moved/.claude.json", `{"oauthAccount":{"accountUuid":"55555555-6666"}}`)
	write(".codex/auth.json", `{"OPENAI_API_KEY":"sk-very-secret"}`)
	f := &finder{host: local, machine: envOf{}, files: transcript.OS{}}
	name := func(k agent.Kind, env map[string]string) string {
		x := &find{home: home, env: env, agent: agent.Agent{Kind: k}}
		f.account(t.Context(), x)
		return x.agent.Account
	}
	names := []string{
		name(agent.Claude, nil), name(agent.Claude, map[string]string{"CLAUDE_CONFIG_DIR": filepath.Join(home, "moved")}),
		name(agent.Codex, nil), name("other", nil),
	}
	seen := map[string]bool{}
	for _, n := range names {
		kind, hash, ok := strings.Cut(n, ":")
		if !ok || len(hash) != 10 || seen[n] || strings.Contains(n, "example") || strings.Contains(n, "secret") || strings.Contains(n, "1111") {
			t.Errorf("account %q of a %s", n, kind)
		}
		seen[n] = true
	}
	if again := name(agent.Claude, nil); again != names[0] {
		t.Errorf("%s, then %s", names[0], again)
	}
}
