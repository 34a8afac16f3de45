package supervise

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/transcript"
)

// Whose limits hold for an agent is told by what its CLI was given to log in
// with. What is kept of it is a short hash by which agents of one account are
// known, on whatever machine they run; nobody can tell from it who they are.

const (
	// accountAgain is how often that is looked up again: a person may log in anew.
	accountAgain = time.Hour
	// maxLogin bounds the file in which a CLI keeps it, in bytes. Claude Code keeps
	// much else in the same.
	maxLogin = 8 << 20
)

// Variables that hold what a CLI logs in with, the first that is set counting,
// and those that say where.
var (
	claudeKeys  = []string{"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"}
	claudePlace = []string{"ANTHROPIC_BASE_URL", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"}
	codexKeys   = []string{"CODEX_API_KEY", "OPENAI_API_KEY"}
)

// account names the account of a process's agent. Where nothing tells, agents
// of one kind and home folder on one machine are taken to have the same.
func (f *finder) account(ctx context.Context, x *find) {
	now := time.Now()
	if now.Before(x.accountAt) {
		return
	}
	x.accountAt = now.Add(accountAgain)
	parts, err := f.login(ctx, x)
	switch {
	case err != nil && x.agent.Account != "":
		return // what was known stands
	case err != nil || len(parts) == 0:
		parts = []string{"home", f.host, x.home, x.env["CLAUDE_CONFIG_DIR"], x.env["CODEX_HOME"]}
	}
	x.agent.Account = accountName(x.agent.Kind, parts)
}

// accountName is the hash of what tells an account apart from all others.
func accountName(k agent.Kind, parts []string) string {
	sum := sha256.Sum256([]byte("vigil account\x00" + string(k) + "\x00" + strings.Join(parts, "\x00")))
	return string(k) + ":" + hex.EncodeToString(sum[:5])
}

// login returns what the process logs in with; empty if that is not known. It
// may be a secret, and is forgotten when it is hashed.
func (f *finder) login(ctx context.Context, x *find) ([]string, error) {
	switch x.agent.Kind {
	case agent.Claude:
		env, err := f.machine.Env(ctx, x.proc.PID, slices.Concat(claudeKeys, claudePlace)...)
		if err != nil {
			return nil, err
		}
		return claudeLogin(env, f.readLogin(x, transcript.ClaudeState(x.home, x.env))), nil
	case agent.Codex:
		env, err := f.machine.Env(ctx, x.proc.PID, codexKeys...)
		if err != nil {
			return nil, err
		}
		return codexLogin(env, f.readLogin(x, filepath.Join(transcript.CodexHome(x.home, x.env), "auth.json"))), nil
	}
	return nil, nil
}

// readLogin reads a small file of the machine; nil if it cannot.
func (f *finder) readLogin(x *find, name string) []byte {
	if x.home == "" {
		return nil
	}
	file, err := f.files.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() > maxLogin {
		return nil
	}
	data, err := io.ReadAll(io.NewSectionReader(file, 0, info.Size()))
	if err != nil {
		return nil
	}
	return data
}

// claudeLogin tells an account of Claude Code by its environment and the file
// .claude.json: a key in the environment comes before the account that it is
// logged in to, and that before the only key that a person has approved (of
// which the file has the end).
func claudeLogin(env map[string]string, state []byte) []string {
	place := ""
	for _, k := range claudePlace {
		place += env[k] + "\x00"
	}
	for _, k := range claudeKeys {
		if v := env[k]; v != "" {
			return []string{"key", place, v}
		}
	}
	var s struct {
		OAuthAccount struct {
			AccountUUID string `json:"accountUuid"`
		} `json:"oauthAccount"`
		Keys struct {
			Approved []string `json:"approved"`
		} `json:"customApiKeyResponses"`
	}
	if json.Unmarshal(state, &s) != nil {
		return nil
	}
	switch {
	case s.OAuthAccount.AccountUUID != "":
		return []string{"account", place, s.OAuthAccount.AccountUUID}
	case len(s.Keys.Approved) == 1:
		return []string{"approved", place, s.Keys.Approved[0]}
	}
	return nil
}

// codexLogin tells an account of Codex by its environment and auth.json.
func codexLogin(env map[string]string, auth []byte) []string {
	var a struct {
		Key    string `json:"OPENAI_API_KEY"`
		Tokens struct {
			Account string `json:"account_id"`
		} `json:"tokens"`
	}
	if json.Unmarshal(auth, &a) == nil {
		switch {
		case a.Tokens.Account != "":
			return []string{"account", a.Tokens.Account}
		case a.Key != "":
			return []string{"key", a.Key}
		}
	}
	for _, k := range codexKeys {
		if v := env[k]; v != "" {
			return []string{"key", v}
		}
	}
	return nil
}
